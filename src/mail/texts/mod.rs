//! What mails say. The sentences stand in one table a language, their order in `letters`; text and HTML are both made of a
//! letter, and escaped in one place.

mod de;
mod en;
mod facts;
mod language;
mod letter;
mod letters;
mod report;
mod sv;

#[cfg(not(feature = "mail-templates"))]
use self::facts::Facts;
pub(crate) use self::facts::{Enclosed, NothingEnclosed};
#[cfg(feature = "mail-templates")]
pub(super) use self::facts::{Fact, Facts, one_line};
use self::language::Language;
use self::letters::compose;
#[cfg(feature = "mail-templates")]
use super::Templates;
use super::{DateFormat, Message};
use crate::id::TenantId;
use crate::model::QueuedMail;

/// What mails say, and how: the built-in texts, in the recipient's language where it is English, German or Swedish, and in
/// English where it is another. Dates follow the recipient's time zone.
///
/// The builder takes one ([`Builder::texts`](crate::Builder::texts)).
#[derive(Debug, Clone, Default)]
pub struct Texts {
    dates: Dates,
    #[cfg(feature = "mail-templates")]
    templates: Templates,
}

#[derive(Debug, Clone, Copy, Default)]
enum Dates {
    #[default]
    Plain,
    #[cfg(feature = "localised-dates")]
    Localised,
}

impl Texts {
    /// The built-in texts, with dates that read the same everywhere ([`DateFormat::plain`]).
    pub fn new() -> Self {
        Self::default()
    }

    /// The same, with dates by the customs of the recipient's locale ([`DateFormat::for_profile`], BI11).
    #[cfg(feature = "localised-dates")]
    pub fn localised_dates(mut self) -> Self {
        self.dates = Dates::Localised;
        self
    }

    /// The same, with texts of the host's own where these templates have one (BI8). The host keeps a clone, and can replace
    /// them at any time.
    #[cfg(feature = "mail-templates")]
    pub fn templates(mut self, templates: &Templates) -> Self {
        self.templates = templates.clone();
        self
    }

    /// Writes the message of a mail.
    pub(crate) fn render(
        &self,
        tenant: TenantId,
        queued: &QueuedMail,
        enclosed: Enclosed<'_>,
    ) -> Result<Message, NothingEnclosed> {
        let language = Language::of(&queued.locale);
        let facts = Facts::of(queued, enclosed, language, &self.dates(queued))?;
        #[cfg(feature = "mail-templates")]
        if let Some(message) = self.templates.render(tenant, queued, &facts) {
            return Ok(message);
        }
        #[cfg(not(feature = "mail-templates"))]
        let _ = tenant;
        let letter = compose(&queued.mail, &facts, language);
        let (subject, text, html) = (letter.subject(), letter.text(), letter.html());
        Ok(Message::new(queued.id, queued.to.clone(), subject, text, html))
    }

    fn dates(&self, queued: &QueuedMail) -> DateFormat {
        match self.dates {
            Dates::Plain => DateFormat::plain(&queued.time_zone),
            #[cfg(feature = "localised-dates")]
            Dates::Localised => DateFormat::for_profile(&queued.locale, &queued.time_zone),
        }
    }
}

#[cfg(all(test, feature = "mail-templates"))]
pub(super) fn facts_of(
    queued: &QueuedMail,
    enclosed: Enclosed<'_>,
    dates: &DateFormat,
) -> Result<Facts, NothingEnclosed> {
    Facts::of(queued, enclosed, Language::of(&queued.locale), dates)
}

#[cfg(test)]
pub(super) mod samples;
#[cfg(test)]
mod tests;
