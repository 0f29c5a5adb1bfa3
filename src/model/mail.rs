//! Mail as it waits: typed, without secrets.

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::id::{MailId, TicketId, UserId};
use crate::model::{SecurityReport, TicketPurpose, User};
use crate::text::{DisplayName, EmailAddress, Locale, Message, Name, TimeZone};

/// A mail in the queue. It holds what the text needs and names its ticket; the token of its link, or its one-time password, is
/// minted when it is sent.
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
    /// Where the recipient's clock stands: dates in the text are told by it.
    #[serde(default)]
    pub time_zone: TimeZone,
    /// The ticket whose token or one-time password it carries, if any.
    pub ticket: Option<TicketId>,
    /// What it says.
    pub mail: Mail,
    /// When the act that it tells of was committed.
    pub queued_at: Timestamp,
    /// Waiting, on its way, or done.
    pub state: MailState,
}

/// What a mail says, one variant a mail; the compiler leads from here to its text. None holds a secret. More may come.
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
    /// The link to set a new password (BI8, IF12).
    PasswordReset {
        /// Whose back office.
        tenant: Name,
        /// Whose password.
        recipient: DisplayName,
        /// The name to log in with.
        user_name: String,
        /// Whether an administrator asked for it; else somebody at the login page did.
        requested_by_administrator: bool,
    },
    /// User name and a generated password that is good for one login (PS2).
    OneTimePassword {
        /// Whose back office.
        tenant: Name,
        /// Whose access.
        recipient: DisplayName,
        /// The name to log in with.
        user_name: String,
        /// Whether an earlier password is now void, which the text then says.
        again: bool,
    },
    /// A notice that the password is another one now. Nothing to click on.
    PasswordChanged {
        /// Whose back office.
        tenant: Name,
        /// Whose password.
        recipient: DisplayName,
        /// When.
        at: Timestamp,
    },
    /// To the new address of a user: the link that confirms it (PS7).
    ConfirmAddress {
        /// Whose back office.
        tenant: Name,
        /// Whose address.
        recipient: DisplayName,
        /// The new one.
        address: EmailAddress,
        /// Before when it does not take effect; if not said, it does when it is confirmed.
        effective_at: Option<Timestamp>,
    },
    /// To the new address of a user, where none has to be confirmed: from when it is theirs (PS7).
    AddressAnnounced {
        /// Whose back office.
        tenant: Name,
        /// Whose address.
        recipient: DisplayName,
        /// The new one.
        address: EmailAddress,
        /// When it takes effect.
        effective_at: Timestamp,
    },
    /// To the old address of a user: that another is to take its place, with the link that stops it (PS7). The text shows the
    /// new address in part only: who reads the old mailbox need not be the user any more.
    AddressChangeRequested {
        /// Whose back office.
        tenant: Name,
        /// Whose address.
        recipient: DisplayName,
        /// The new one.
        to: EmailAddress,
        /// Before when it does not take effect.
        effective_at: Timestamp,
    },
    /// To the old address and to the new: a notice that it was changed. Nothing to click on.
    AddressChanged {
        /// Whose back office.
        tenant: Name,
        /// Whose address.
        recipient: DisplayName,
        /// When.
        at: Timestamp,
    },
    /// To a user whom an external provider signs in, when somebody asked for a new password: it is kept there (IF10, IF12).
    SignInAtProvider {
        /// Whose back office.
        tenant: Name,
        /// Whose password.
        recipient: DisplayName,
        /// Where it is changed, as the host words it: an address on the web, or who to ask.
        place: Option<String>,
    },
    /// A notice that the user logs in through an account at an external provider from now on, through another one, or no longer
    /// (IF10, BI7). Nothing to click on.
    IdentityChanged {
        /// Whose back office.
        tenant: Name,
        /// Whose login.
        recipient: DisplayName,
        /// The provider; none where they no longer log in through one.
        provider: Option<Name>,
        /// Who did it.
        by: DoneBy,
        /// When.
        at: Timestamp,
    },
    /// A notice of a new API key, with which a program can act for the user (E6). Nothing to click on.
    ApiKeyCreated {
        /// Whose back office.
        tenant: Name,
        /// For whom the key acts.
        recipient: DisplayName,
        /// What the key is called. None in lists of mails.
        key: Option<Name>,
        /// When it is over, if ever. None in lists of mails.
        expires_at: Option<Timestamp>,
        /// Who made it.
        by: DoneBy,
        /// When.
        at: Timestamp,
    },
    /// The security report of a user, to whoever asked for it or to the user (CP11). Its facts are those of the moment when it was
    /// asked for.
    SecurityReport {
        /// Whose back office.
        tenant: Name,
        /// Who reads it.
        recipient: DisplayName,
        /// What it says. The mail belongs to the user whom it is about, and goes with them.
        report: Box<SecurityReport>,
    },
}

/// Who did what a notice tells of, as its reader is told. Closed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "who")]
pub enum DoneBy {
    /// Whoever was logged in as the reader.
    Recipient,
    /// Another user.
    Other {
        /// The name that others saw at that moment.
        name: DisplayName,
    },
    /// The host's own code, on behalf of the tenant.
    Tenant,
    /// Somebody. So it stands in lists of mails, whose readers may not see who it was; never in a mail that leaves.
    Untold,
}

/// Which mail it is: for templates, and where the text does not matter. More may come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum MailKind {
    /// [`Mail::Invitation`].
    Invitation,
    /// [`Mail::PasswordReset`].
    PasswordReset,
    /// [`Mail::OneTimePassword`].
    OneTimePassword,
    /// [`Mail::PasswordChanged`].
    PasswordChanged,
    /// [`Mail::ConfirmAddress`].
    ConfirmAddress,
    /// [`Mail::AddressAnnounced`].
    AddressAnnounced,
    /// [`Mail::AddressChangeRequested`].
    AddressChangeRequested,
    /// [`Mail::AddressChanged`].
    AddressChanged,
    /// [`Mail::SignInAtProvider`].
    SignInAtProvider,
    /// [`Mail::SecurityReport`].
    SecurityReport,
    /// [`Mail::IdentityChanged`].
    IdentityChanged,
    /// [`Mail::ApiKeyCreated`].
    ApiKeyCreated,
}

impl MailKind {
    /// Every kind.
    pub const ALL: &'static [Self] = &[
        Self::Invitation,
        Self::PasswordReset,
        Self::OneTimePassword,
        Self::PasswordChanged,
        Self::ConfirmAddress,
        Self::AddressAnnounced,
        Self::AddressChangeRequested,
        Self::AddressChanged,
        Self::SignInAtProvider,
        Self::SecurityReport,
        Self::IdentityChanged,
        Self::ApiKeyCreated,
    ];

    /// The purpose of the ticket that such a mail carries a link or a one-time password of; none where it carries neither.
    pub fn ticket(self) -> Option<TicketPurpose> {
        match self {
            Self::Invitation => Some(TicketPurpose::Invitation),
            Self::PasswordReset => Some(TicketPurpose::Reset),
            Self::OneTimePassword => Some(TicketPurpose::OneTimePassword),
            Self::ConfirmAddress => Some(TicketPurpose::ConfirmAddress),
            Self::AddressChangeRequested => Some(TicketPurpose::StopChange),
            Self::PasswordChanged
            | Self::AddressAnnounced
            | Self::AddressChanged
            | Self::SignInAtProvider
            | Self::SecurityReport
            | Self::IdentityChanged
            | Self::ApiKeyCreated => None,
        }
    }
}

impl Mail {
    /// Which mail it is.
    pub fn kind(&self) -> MailKind {
        match self {
            Self::Invitation { .. } => MailKind::Invitation,
            Self::PasswordReset { .. } => MailKind::PasswordReset,
            Self::OneTimePassword { .. } => MailKind::OneTimePassword,
            Self::PasswordChanged { .. } => MailKind::PasswordChanged,
            Self::ConfirmAddress { .. } => MailKind::ConfirmAddress,
            Self::AddressAnnounced { .. } => MailKind::AddressAnnounced,
            Self::AddressChangeRequested { .. } => MailKind::AddressChangeRequested,
            Self::AddressChanged { .. } => MailKind::AddressChanged,
            Self::SignInAtProvider { .. } => MailKind::SignInAtProvider,
            Self::SecurityReport { .. } => MailKind::SecurityReport,
            Self::IdentityChanged { .. } => MailKind::IdentityChanged,
            Self::ApiKeyCreated { .. } => MailKind::ApiKeyCreated,
        }
    }
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
    /// A mail to one of a user's addresses, ready at once.
    pub fn new(
        id: MailId,
        user: &User,
        to: &EmailAddress,
        ticket: Option<TicketId>,
        mail: Mail,
        now: Timestamp,
    ) -> Self {
        Self {
            id,
            user: user.id,
            to: to.clone(),
            locale: user.profile.locale.clone(),
            time_zone: user.profile.time_zone.clone(),
            ticket,
            mail,
            queued_at: now,
            state: MailState::Queued {
                ready_at: now,
                attempts: 0,
            },
        }
    }

    /// The mail as lists show it: only what those may read who may see its user. They do not learn from a notice who did what it
    /// tells of, nor what a key is called.
    pub fn outline(self) -> Self {
        let mail = match self.mail {
            Mail::SecurityReport {
                tenant,
                recipient,
                report,
            } => Mail::SecurityReport {
                tenant,
                recipient,
                report: Box::new(report.outline()),
            },
            Mail::IdentityChanged {
                tenant,
                recipient,
                provider,
                at,
                ..
            } => Mail::IdentityChanged {
                tenant,
                recipient,
                provider,
                by: DoneBy::Untold,
                at,
            },
            Mail::ApiKeyCreated {
                tenant, recipient, at, ..
            } => Mail::ApiKeyCreated {
                tenant,
                recipient,
                key: None,
                expires_at: None,
                by: DoneBy::Untold,
                at,
            },
            other => other,
        };
        Self { mail, ..self }
    }

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
