//! Mail: what is said ([`Mail`](crate::model::Mail)), how it leaves ([`Mailer`]), and who carries it ([`courier`]).
//!
//! A command queues typed mail in its own commit, without secrets. The courier leases it, mints the token of its link,
//! commits the token's hash, renders the text, and hands the message to the host's [`Mailer`].

pub mod courier;
mod dates;
#[cfg(feature = "mail-file")]
mod file;
mod link;
mod memory;
#[cfg(feature = "mail-templates")]
mod templates;
mod texts;

use std::fmt;

use async_trait::async_trait;
use secrecy::{ExposeSecret, SecretString};

pub use courier::{Courier, CourierMode, CourierTask, Delivered, NoRuntime};
pub use dates::DateFormat;
#[cfg(feature = "mail-file")]
pub use file::FileMailer;
pub use link::{LinkBase, LinkBaseError};
pub use memory::{Failure, MemoryMailer, links, passwords};
#[cfg(feature = "mail-templates")]
pub use templates::{Audience, Template, TemplateError, TemplatePart, Templates};
pub use texts::Texts;

use crate::id::MailId;
use crate::text::EmailAddress;

/// Delivers messages. The host implements it or picks one of the shipped ones.
#[async_trait]
pub trait Mailer: Send + Sync + fmt::Debug {
    /// Hands one message over. A message may come again with the same [`Message::id`]: at least once, not exactly once.
    ///
    /// # Errors
    /// [`MailError::Temporary`] to be tried again later, [`MailError::Permanent`] to give up.
    async fn send(&self, message: &Message) -> Result<(), MailError>;

    /// Whether mail can be sent at all, as far as that can be told without sending any. Asked before a command that needs
    /// a mail, and by the health check.
    ///
    /// # Errors
    /// [`MailError::NotReady`] with what is missing, in words for an administrator.
    async fn ready(&self) -> Result<(), MailError>;
}

/// One message, ready to be sent. `Debug` does not show the body: it carries a link that is as good as a key.
#[derive(Clone)]
#[non_exhaustive]
pub struct Message {
    /// The same for every attempt to deliver this mail; part of the `Message-ID` header.
    pub id: MailId,
    /// Whom it goes to.
    pub to: EmailAddress,
    /// The subject. One line, without personal text.
    pub subject: String,
    text: SecretString,
    html: SecretString,
}

impl Message {
    /// A message. The bodies hold secrets, so they are kept apart from what `Debug` shows.
    pub fn new(id: MailId, to: EmailAddress, subject: String, text: String, html: String) -> Self {
        Self {
            id,
            to,
            subject,
            text: text.into(),
            html: html.into(),
        }
    }

    /// The plain text body.
    pub fn text(&self) -> &str {
        self.text.expose_secret()
    }

    /// The HTML body.
    pub fn html(&self) -> &str {
        self.html.expose_secret()
    }
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Message")
            .field("id", &self.id)
            .field("subject", &self.subject)
            .finish_non_exhaustive()
    }
}

/// Why a mail did not leave. More may come.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MailError {
    /// The set-up is not complete.
    #[error("mail is not set up: {missing}")]
    NotReady {
        /// What is missing, in words for an administrator.
        missing: String,
    },
    /// It may work later.
    #[error("the mail could not be sent now")]
    Temporary(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// It will never work for this message.
    #[error("the mail was refused")]
    Permanent(#[source] Box<dyn std::error::Error + Send + Sync>),
}
