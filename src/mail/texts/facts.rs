//! What a mail may tell, in words: the same names for the built-in sentences and for a host's templates.

use std::collections::BTreeMap;

use secrecy::{ExposeSecret, SecretString};

use super::language::Language;
use super::report::body;
use crate::clock::Timestamp;
use crate::mail::DateFormat;
use crate::model::{DoneBy, Mail, QueuedMail, TicketPurpose};
use crate::secret::OneTimePassword;
use crate::text::EmailAddress;

/// What a mail carries that its queue does not: minted for this one attempt to send it.
#[derive(Clone, Copy)]
pub(crate) enum Enclosed<'a> {
    Nothing,
    Link {
        link: &'a SecretString,
        until: Timestamp,
    },
    Password {
        password: &'a OneTimePassword,
        sign_in: &'a str,
        until: Timestamp,
    },
    /// Stands for whatever will be minted, for somebody who looks at the mail before it is sent.
    Preview {
        sign_in: &'a str,
    },
}

/// A mail tells somebody to open a link or to use a password, and carries none: it names no ticket, or the wrong one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the mail offers something and does not carry it")]
pub(crate) struct NothingEnclosed;

/// By name. Not `Debug`: among them is the link or the password.
pub(in crate::mail) struct Facts(BTreeMap<&'static str, Fact>);

pub(in crate::mail) enum Fact {
    /// On one line, whatever was put into it.
    Text(String),
    /// A personal message, with its line breaks.
    Message(String),
    /// The built-in letters look at the mail itself; templates have only this.
    Flag(#[cfg_attr(not(feature = "mail-templates"), expect(dead_code, reason = "for templates"))] bool),
    /// This mail has none.
    Absent,
}

#[cfg(feature = "mail-templates")]
impl FromIterator<(&'static str, Fact)> for Facts {
    fn from_iter<T: IntoIterator<Item = (&'static str, Fact)>>(facts: T) -> Self {
        Self(facts.into_iter().collect())
    }
}

impl Facts {
    pub(super) fn of(
        queued: &QueuedMail,
        enclosed: Enclosed<'_>,
        language: &Language,
        dates: &DateFormat,
    ) -> Result<Self, NothingEnclosed> {
        let mut facts = Self(BTreeMap::new());
        facts.told(&queued.mail, language, dates);
        facts.enclosed(&queued.mail, enclosed, language, dates)?;
        Ok(facts)
    }

    #[expect(clippy::too_many_lines, reason = "one arm a mail, in a row")]
    fn told(&mut self, mail: &Mail, language: &Language, dates: &DateFormat) {
        let date = |instant| dates.date_time_zone(instant);
        match mail {
            Mail::Invitation {
                tenant,
                recipient,
                user_name,
                message,
                expires_at: _,
                again,
            } => {
                self.names(tenant, recipient)
                    .text("user_name", user_name)
                    .flag("again", *again);
                let message = message.as_ref().map(|message| Fact::Message(message.to_string()));
                self.put("message", message.unwrap_or(Fact::Absent));
            }
            Mail::PasswordReset {
                tenant,
                recipient,
                user_name,
                requested_by_administrator,
            } => {
                self.names(tenant, recipient)
                    .text("user_name", user_name)
                    .flag("requested_by_administrator", *requested_by_administrator);
            }
            Mail::OneTimePassword {
                tenant,
                recipient,
                user_name,
                again,
            } => {
                self.names(tenant, recipient)
                    .text("user_name", user_name)
                    .flag("again", *again);
            }
            Mail::PasswordChanged { tenant, recipient, at } | Mail::AddressChanged { tenant, recipient, at } => {
                self.names(tenant, recipient).text("at", date(*at));
            }
            Mail::ConfirmAddress {
                tenant,
                recipient,
                address,
                effective_at,
            } => {
                self.names(tenant, recipient)
                    .text("address", address)
                    .maybe("effective_at", effective_at.map(date));
            }
            Mail::AddressAnnounced {
                tenant,
                recipient,
                address,
                effective_at,
            } => {
                self.names(tenant, recipient)
                    .text("address", address)
                    .text("effective_at", date(*effective_at));
            }
            Mail::AddressChangeRequested {
                tenant,
                recipient,
                to,
                effective_at,
            } => {
                self.names(tenant, recipient)
                    .text("address", in_part(to))
                    .text("effective_at", date(*effective_at));
            }
            Mail::SignInAtProvider {
                tenant,
                recipient,
                place,
            } => {
                self.names(tenant, recipient).maybe("place", place.as_ref());
            }
            Mail::IdentityChanged {
                tenant,
                recipient,
                provider,
                by,
                at,
            } => {
                self.names(tenant, recipient)
                    .done_by(by)
                    .maybe("provider", provider.as_ref())
                    .text("at", date(*at));
            }
            Mail::ApiKeyCreated {
                tenant,
                recipient,
                key,
                expires_at,
                by,
                at,
            } => {
                self.names(tenant, recipient)
                    .done_by(by)
                    .maybe("key", key.as_ref())
                    .maybe("expires_at", expires_at.map(date))
                    .text("at", date(*at));
            }
            Mail::SecurityReport {
                tenant,
                recipient,
                report,
            } => {
                self.names(tenant, recipient)
                    .text("user", &report.display_name)
                    .text("at", date(report.made_at))
                    .put("report", Fact::Message(body(report, &language.report, dates)));
            }
        }
    }

    fn enclosed(
        &mut self,
        mail: &Mail,
        enclosed: Enclosed<'_>,
        language: &Language,
        dates: &DateFormat,
    ) -> Result<(), NothingEnclosed> {
        let Some(purpose) = mail.kind().ticket() else {
            return Ok(());
        };
        let is_password = purpose == TicketPurpose::OneTimePassword;
        match enclosed {
            Enclosed::Link { link, until } if !is_password => {
                self.text("link", link.expose_secret())
                    .text("until", dates.date_time_zone(until));
            }
            Enclosed::Password {
                password,
                sign_in,
                until,
            } if is_password => {
                self.text("password", password.expose())
                    .text("sign_in", sign_in)
                    .text("until", dates.date_time_zone(until));
            }
            Enclosed::Preview { sign_in } if is_password => {
                self.text("password", language.no_password)
                    .text("sign_in", sign_in)
                    .text("until", language.no_time);
            }
            Enclosed::Preview { .. } => {
                let until = match mail {
                    Mail::Invitation { expires_at, .. } => dates.date_time_zone(*expires_at),
                    _ => language.no_time.to_owned(),
                };
                self.text("link", language.no_link).text("until", until);
            }
            Enclosed::Nothing | Enclosed::Link { .. } | Enclosed::Password { .. } => return Err(NothingEnclosed),
        }
        Ok(())
    }

    /// The text of this name; none where there is none, in this mail or at all.
    pub(in crate::mail) fn get(&self, name: &str) -> Option<&str> {
        match self.0.get(name)? {
            Fact::Text(text) | Fact::Message(text) => Some(text),
            Fact::Flag(_) | Fact::Absent => None,
        }
    }

    /// What nobody but the recipient may see, if there is any.
    #[cfg(feature = "mail-templates")]
    pub(in crate::mail) fn secret(&self) -> Option<&str> {
        self.get("link").or_else(|| self.get("password"))
    }

    #[cfg(feature = "mail-templates")]
    pub(in crate::mail) fn iter(&self) -> impl Iterator<Item = (&'static str, &Fact)> {
        self.0.iter().map(|(name, fact)| (*name, fact))
    }

    /// The sentence with the facts that it names in braces. In one pass: a fact that looks like a name stays what it is.
    pub(super) fn fill(&self, sentence: &str) -> String {
        let mut filled = String::with_capacity(sentence.len() + 64);
        let mut rest = sentence;
        while let Some((before, after)) = rest.split_once('{') {
            let (name, after) = after.split_once('}').unwrap_or((after, ""));
            filled.push_str(before);
            filled.push_str(self.get(name).unwrap_or_default());
            rest = after;
        }
        filled.push_str(rest);
        filled
    }

    fn names(&mut self, tenant: impl AsRef<str>, recipient: impl AsRef<str>) -> &mut Self {
        self.text("tenant", tenant).text("recipient", recipient)
    }

    fn done_by(&mut self, by: &DoneBy) -> &mut Self {
        let name = match by {
            DoneBy::Other { name } => Some(name),
            DoneBy::Recipient | DoneBy::Tenant | DoneBy::Untold => None,
        };
        self.maybe("by", name).flag("own", *by == DoneBy::Recipient)
    }

    fn text(&mut self, name: &'static str, text: impl AsRef<str>) -> &mut Self {
        self.put(name, Fact::Text(one_line(text.as_ref())))
    }

    fn maybe(&mut self, name: &'static str, text: Option<impl AsRef<str>>) -> &mut Self {
        match text {
            Some(text) => self.text(name, text),
            None => self.put(name, Fact::Absent),
        }
    }

    fn flag(&mut self, name: &'static str, flag: bool) -> &mut Self {
        self.put(name, Fact::Flag(flag))
    }

    fn put(&mut self, name: &'static str, fact: Fact) -> &mut Self {
        self.0.insert(name, fact);
        self
    }
}

/// The text on one line, whatever was put into it: a header, or a sentence that must not look like two.
pub(in crate::mail) fn one_line(text: &str) -> String {
    text.split(|c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}'))
        .filter(|piece| !piece.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

/// As much of an address as its owner needs to know it: `k…@example.org`.
fn in_part(address: &EmailAddress) -> String {
    let initial: String = address.as_str().chars().take_while(|c| *c != '@').take(1).collect();
    format!("{initial}…@{}", address.domain())
}
