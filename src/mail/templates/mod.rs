//! Texts of the host's own, in place of the built-in ones (BI8).

mod error;
mod template;
mod variables;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

pub use self::error::{TemplateError, TemplatePart};
use self::template::Compiled;
pub use self::template::Template;
use super::Message;
use super::texts::Facts;
use crate::id::TenantId;
use crate::model::{MailKind, QueuedMail};
use crate::text::Locale;

/// Templates that take the place of built-in texts: for a kind of mail, and where wanted for one tenant, one language, or both.
///
/// A handle: clones share what they hold, so that a host gives one to [`Texts::templates`](super::Texts::templates), keeps
/// another, and replaces texts while the courier runs. Nothing is kept in the store; at its start, the host registers again
/// what its tenants have saved.
///
/// For a mail the first of these that there is: the tenant's own in the recipient's locale (`de-CH`, then `de`), the tenant's
/// own for any locale, everybody's in the recipient's locale, everybody's for any, and at last the built-in text.
///
/// ```
/// # use tenure::{mail::{Audience, Template, Templates, TemplateError}, model::MailKind, text::Locale};
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let templates = Templates::new();
/// let german = Audience::everybody().locale(Locale::new("de")?);
/// let template = Template::new(
///     "{{ tenant }}: neues Passwort",
///     "Hallo {{ recipient }}, hier geht es weiter (bis {{ until }}): {{ link }}",
///     r#"<p>Hallo {{ recipient }}, <a href="{{ link }}">hier geht es weiter</a>, bis {{ until }}.</p>"#,
/// );
/// templates.replace(MailKind::PasswordReset, german.clone(), &template)?;
///
/// let linkless = Template::new("Hallo", "Hallo {{ recipient }}", "<p>Hallo</p>");
/// let refused = templates.replace(MailKind::PasswordReset, german, &linkless);
/// assert!(matches!(refused, Err(TemplateError::NothingOffered { .. })));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Default)]
pub struct Templates {
    kept: Arc<RwLock<Kept>>,
}

type Kept = BTreeMap<(MailKind, Audience), Arc<Compiled>>;

/// For whom a template is.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Audience {
    tenant: Option<TenantId>,
    locale: Option<Locale>,
}

impl Audience {
    /// Users of all tenants and languages.
    pub fn everybody() -> Self {
        Self::default()
    }

    /// Those of one tenant only.
    pub fn tenant(self, tenant: TenantId) -> Self {
        let tenant = Some(tenant);
        Self { tenant, ..self }
    }

    /// Those with this locale only. `de` is for `de-CH` too, where that has none of its own.
    pub fn locale(self, locale: Locale) -> Self {
        let locale = Some(locale);
        Self { locale, ..self }
    }

    /// All that a recipient belongs to, the narrowest first.
    fn of(tenant: TenantId, locale: &Locale) -> impl Iterator<Item = Self> {
        let locales: Vec<_> = wider(locale).map(Some).chain([None]).collect();
        let tenants = [Some(tenant), None];
        tenants
            .into_iter()
            .flat_map(move |tenant| locales.clone().into_iter().map(move |locale| Self { tenant, locale }))
    }
}

/// The locale, and what is left of it as its last subtags are dropped: `zh-Hant-TW`, `zh-Hant`, `zh`.
fn wider(locale: &Locale) -> impl Iterator<Item = Locale> {
    let tag = locale.as_str();
    let ends = tag.rmatch_indices('-').map(|(end, _)| end);
    // Not every beginning of a tag is one: `en-x` of `en-x-a` is not.
    [tag.len()]
        .into_iter()
        .chain(ends)
        .filter_map(|end| Locale::new(&tag[..end]).ok())
}

impl Templates {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Puts a template in the place of the built-in text, or of an earlier template for the same audience. It was tried with
    /// sample data before; see [`Template`].
    ///
    /// # Errors
    /// A [`TemplateError`]; what was there stays.
    pub fn replace(&self, kind: MailKind, audience: Audience, template: &Template) -> Result<(), TemplateError> {
        let compiled = template.compile(kind)?;
        self.kept
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .insert((kind, audience), Arc::new(compiled));
        Ok(())
    }

    /// Takes a template back; whether there was one.
    pub fn remove(&self, kind: MailKind, audience: &Audience) -> bool {
        self.kept
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&(kind, audience.clone()))
            .is_some()
    }

    /// The message by the template for this recipient; none where there is no template, or where it fails with this mail after
    /// all, which is logged.
    pub(super) fn render(&self, tenant: TenantId, queued: &QueuedMail, facts: &Facts) -> Option<Message> {
        let kind = queued.mail.kind();
        let compiled = self.find(kind, tenant, &queued.locale)?;
        match compiled.write(facts) {
            Ok(written) => {
                let (id, to) = (queued.id, queued.to.clone());
                Some(Message::new(id, to, written.subject, written.text, written.html))
            }
            Err(error) => {
                // Not the error itself: it may quote what was to be written.
                let (part, line) = (error.part(), error.line());
                tracing::warn!(%tenant, mail = %queued.id, ?kind, ?part, ?line, "a template failed; the built-in text is sent");
                None
            }
        }
    }

    fn find(&self, kind: MailKind, tenant: TenantId, locale: &Locale) -> Option<Arc<Compiled>> {
        let kept = self.kept.read().unwrap_or_else(PoisonError::into_inner);
        Audience::of(tenant, locale).find_map(|audience| kept.get(&(kind, audience)).cloned())
    }
}

impl fmt::Debug for Templates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kept = self.kept.read().unwrap_or_else(PoisonError::into_inner);
        f.debug_set().entries(kept.keys()).finish()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
