//! Mail as it waits: typed, without secrets.

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::id::{MailId, TicketId, UserId};
use crate::text::{DisplayName, EmailAddress, Locale, Message, Name};

/// A mail in the queue. It holds what the text needs and names its ticket; the link's token is minted when it is sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueuedMail {
    /// Which mail; also the stable part of its message id, so that a repeated delivery can be told (D7).
    pub id: MailId,
    /// The user it is about.
    pub user: UserId,
    /// The exact address it goes to.
    pub to: EmailAddress,
    /// The language of the text.
    pub locale: Locale,
    /// The ticket whose token it carries, if any.
    pub ticket: Option<TicketId>,
    /// What it says.
    pub mail: Mail,
    /// When the act that it tells of was committed.
    pub queued_at: Timestamp,
    /// Waiting, on its way, or done.
    pub state: MailState,
}

/// What a mail says, one variant a mail; the compiler leads from here to its text. More may come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
#[non_exhaustive]
pub enum Mail {
    /// The offer of access, with the link to accept it.
    Invitation {
        /// Who offers.
        tenant: Name,
        /// Whom.
        recipient: DisplayName,
        /// The name to log in with.
        user_name: String,
        /// A personal message. Plain text, escaped wherever markup is made of it.
        message: Option<Message>,
        /// Until when the link is good.
        expires_at: Timestamp,
        /// Whether an earlier link is now worthless, which the text then says (CP8).
        again: bool,
    },
}

/// Where a mail stands. Closed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum MailState {
    /// To be sent when its time has come.
    Queued {
        /// Not before.
        ready_at: Timestamp,
        /// How often it was tried.
        attempts: u32,
    },
    /// A courier has it; when the lease runs out, another may take it.
    Leased {
        /// How long.
        until: Timestamp,
        /// How often it was tried, this time included.
        attempts: u32,
    },
    /// The mailer took it.
    Sent {
        /// When.
        at: Timestamp,
        /// How often it was tried.
        attempts: u32,
    },
    /// It was not sent, since its ticket was worthless by then.
    Superseded {
        /// When that was seen.
        at: Timestamp,
    },
    /// The mailer refused it for good, or too often.
    Failed {
        /// When.
        at: Timestamp,
        /// How often it was tried.
        attempts: u32,
    },
}

impl QueuedMail {
    /// The instant from which a courier may take it; none when it is done.
    pub fn ready_at(&self) -> Option<Timestamp> {
        match self.state {
            MailState::Queued { ready_at, .. } => Some(ready_at),
            MailState::Leased { until, .. } => Some(until),
            MailState::Sent { .. } | MailState::Superseded { .. } | MailState::Failed { .. } => None,
        }
    }

    /// How often it was tried.
    pub fn attempts(&self) -> u32 {
        match self.state {
            MailState::Queued { attempts, .. }
            | MailState::Leased { attempts, .. }
            | MailState::Sent { attempts, .. }
            | MailState::Failed { attempts, .. } => attempts,
            MailState::Superseded { .. } => 0,
        }
    }

    /// The same mail in the hands of a courier. For stores, in `lease_mail`.
    pub fn leased(self, until: Timestamp) -> Self {
        let attempts = self.attempts() + 1;
        Self {
            state: MailState::Leased { until, attempts },
            ..self
        }
    }
}
