//! What listings say of a record: its state, whose it is, where it stands in each order, and what it is found by.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{ApiKeyState, InvitationState, MailState, Record, SessionState, TicketState, UserKind};
use crate::clock::Timestamp;
use crate::id::{EmployeeId, UserId};
use crate::text::{EmailAddress, SearchField, SearchText, Signature, SortKey};

/// How listings are ordered; equal keys by id. What has no such thing comes before all that have. More orders may come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SortBy {
    /// When the record came to be.
    #[default]
    Created,
    /// By name: last name, then first name; for what has a single name, that. Accents aside, case aside.
    Name,
    /// By signature: of employees and their users.
    Signature,
    /// By first name, then last name: of employees and users.
    FirstName,
    /// By last name, then first name: of employees and users.
    LastName,
    /// By the name that others see: of users.
    DisplayName,
    /// By the name to log in with: of users.
    UserName,
    /// By e-mail address: of users, employees and invitations.
    Address,
    /// By the name of the state as it is written down, in the alphabet. What is due and not yet written down by
    /// [`Tenure::settle_due`](crate::Tenure::settle_due) stands where it stood.
    Status,
    /// By the last login: of users. Who never logged in comes first.
    LastLogin,
}

impl SortBy {
    /// Every order.
    pub const ALL: &'static [Self] = &[
        Self::Created,
        Self::Name,
        Self::Signature,
        Self::FirstName,
        Self::LastName,
        Self::DisplayName,
        Self::UserName,
        Self::Address,
        Self::Status,
        Self::LastLogin,
    ];
}

/// What kind of user, as they are looked for. Closed: one for each [`UserKind`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UserType {
    /// [`UserKind::Internal`].
    Internal,
    /// [`UserKind::External`].
    External,
    /// [`UserKind::Program`].
    Program,
}

impl UserType {
    /// The name in columns and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Internal => "internal",
            Self::External => "external",
            Self::Program => "program",
        }
    }
}

/// The name in columns and JSON. It keeps to a width, as in `{:<10}`.
impl fmt::Display for UserType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl UserKind {
    /// Which kind it is.
    pub fn user_type(&self) -> UserType {
        match self {
            Self::Internal { .. } => UserType::Internal,
            Self::External { .. } => UserType::External,
            Self::Program => UserType::Program,
        }
    }

    /// The employee whose access it is, if it is one's.
    pub fn employee(&self) -> Option<EmployeeId> {
        match self {
            Self::Internal { employee } => Some(*employee),
            Self::External { .. } | Self::Program => None,
        }
    }
}

impl Record {
    /// The bytes that this record is ordered by; equal ones are ordered by id. None at all where it has no such thing.
    pub fn sort_key(&self, by: SortBy) -> Vec<u8> {
        match by {
            SortBy::Created => instant_key(self.created_at()),
            SortBy::Name => name_key(&self.names()),
            SortBy::Signature => self
                .signature()
                .map_or_else(Vec::new, |text| name_key(&[text.as_str()])),
            SortBy::FirstName => match self {
                Self::Employee(employee) => name_key(&[employee.first_name.as_str(), employee.last_name.as_str()]),
                Self::User(user) => name_key(&[user.profile.first_name.as_str(), user.profile.last_name.as_str()]),
                _ => Vec::new(),
            },
            SortBy::LastName => match self {
                Self::Employee(_) | Self::User(_) => name_key(&self.names()),
                _ => Vec::new(),
            },
            SortBy::DisplayName => match self {
                Self::User(user) => name_key(&[user.profile.display_name.as_str()]),
                _ => Vec::new(),
            },
            SortBy::UserName => match self {
                Self::User(user) => name_key(&[user.user_name.as_str()]),
                _ => Vec::new(),
            },
            SortBy::Address => self.address().map_or_else(Vec::new, |text| name_key(&[text.as_str()])),
            SortBy::Status => self
                .written_status()
                .map_or_else(Vec::new, |name| name.as_bytes().to_vec()),
            SortBy::LastLogin => match self {
                Self::User(user) => user.last_login_at.map_or_else(Vec::new, instant_key),
                _ => Vec::new(),
            },
        }
    }

    fn names(&self) -> Vec<&str> {
        match self {
            Self::Tenant(tenant) => vec![tenant.name.as_str()],
            Self::Unit(unit) => vec![unit.name.as_str()],
            Self::Role(role) => vec![role.name.as_str()],
            Self::Employee(employee) => vec![employee.last_name.as_str(), employee.first_name.as_str()],
            Self::User(user) => vec![user.profile.last_name.as_str(), user.profile.first_name.as_str()],
            Self::Invitation(invitation) => vec![invitation.address.as_str()],
            Self::ApiKey(key) => vec![key.name.as_str()],
            Self::Ticket(_)
            | Self::Credential(_)
            | Self::Session(_)
            | Self::Attempt(_)
            | Self::Mail(_)
            | Self::Throttle(_) => Vec::new(),
        }
    }

    fn signature(&self) -> Option<&Signature> {
        match self {
            Self::Employee(employee) => employee.signature.as_ref(),
            Self::User(user) => user.signature.as_ref(),
            _ => None,
        }
    }

    fn address(&self) -> Option<&EmailAddress> {
        match self {
            Self::Employee(employee) => employee.email.as_ref(),
            Self::User(user) => Some(&user.address),
            Self::Invitation(invitation) => Some(&invitation.address),
            _ => None,
        }
    }

    /// All that this record is found by, in the form in which stores keep and index it; none where it is found by nothing of
    /// its own. (What belongs to a user and has no name is found by the user.)
    pub fn search_text(&self) -> Option<SearchText> {
        use SearchField as F;
        let signature = self.signature().map(|text| (F::Signature, text.as_str()));
        let address = self.address().map(|text| (F::Address, text.as_str()));
        let names: Vec<(F, &str)> = match self {
            Self::Employee(employee) => vec![
                (F::FirstName, employee.first_name.as_str()),
                (F::LastName, employee.last_name.as_str()),
            ],
            Self::User(user) => vec![
                (F::FirstName, user.profile.first_name.as_str()),
                (F::LastName, user.profile.last_name.as_str()),
                (F::DisplayName, user.profile.display_name.as_str()),
                (F::UserName, user.user_name.as_str()),
            ],
            Self::Tenant(_) | Self::Unit(_) | Self::Role(_) | Self::ApiKey(_) => {
                self.names().into_iter().map(|name| (F::DisplayName, name)).collect()
            }
            Self::Invitation(_)
            | Self::Ticket(_)
            | Self::Credential(_)
            | Self::Session(_)
            | Self::Attempt(_)
            | Self::Mail(_)
            | Self::Throttle(_) => return None,
        };
        Some(SearchText::of(signature.into_iter().chain(names).chain(address)))
    }

    /// The state that this record is in at `as_of`, by the name that listings filter by; none for what has no states.
    pub fn status(&self, as_of: Timestamp) -> Option<&'static str> {
        Some(match self {
            Self::User(user) => user.status.clone().as_of(as_of).kind().as_str(),
            Self::Invitation(invitation) => match invitation.state {
                InvitationState::Pending if invitation.expires_at <= as_of => "expired",
                ref state => state.kind().as_str(),
            },
            Self::Session(session) => match session.state {
                SessionState::Open if session.expires_at <= as_of => "expired",
                SessionState::Open => "open",
                SessionState::Ended { .. } => "ended",
            },
            Self::ApiKey(key) => match key.state {
                ApiKeyState::Open if !key.is_live(as_of) => "expired",
                ApiKeyState::Open => "open",
                ApiKeyState::Revoked { .. } => "revoked",
            },
            Self::Ticket(ticket) => match ticket.state {
                TicketState::Open if ticket.expires_at <= as_of => "expired",
                TicketState::Open => "open",
                TicketState::Consumed { .. } => "consumed",
                TicketState::Ended { .. } => "ended",
            },
            Self::Mail(mail) => match mail.state {
                MailState::Queued { .. } => "queued",
                MailState::Leased { .. } => "leased",
                MailState::Sent { .. } => "sent",
                MailState::Superseded { .. } => "superseded",
                MailState::Failed { .. } => "failed",
            },
            Self::Tenant(_)
            | Self::Unit(_)
            | Self::Role(_)
            | Self::Employee(_)
            | Self::Credential(_)
            | Self::Throttle(_)
            | Self::Attempt(_) => return None,
        })
    }

    /// The state as it is written down, whatever is due.
    pub fn written_status(&self) -> Option<&'static str> {
        self.status(Timestamp::EPOCH.saturating_add(time::Duration::MIN))
    }

    /// The user that this record belongs to, if it belongs to one.
    pub fn owner(&self) -> Option<UserId> {
        match self {
            Self::Invitation(invitation) => Some(invitation.user),
            Self::Ticket(ticket) => Some(ticket.user),
            Self::Credential(credential) => Some(credential.user),
            Self::Session(session) => Some(session.user),
            Self::Attempt(attempt) => attempt.user,
            Self::Mail(mail) => Some(mail.user),
            Self::Throttle(throttle) => throttle.user,
            Self::ApiKey(key) => Some(key.user),
            Self::Tenant(_) | Self::Unit(_) | Self::Role(_) | Self::Employee(_) | Self::User(_) => None,
        }
    }
}

/// Flipping the sign bit makes the order of the bytes the order of the numbers.
pub(crate) fn instant_key(at: Timestamp) -> Vec<u8> {
    (at.unix_micros() ^ i64::MIN).to_be_bytes().to_vec()
}

fn name_key(names: &[&str]) -> Vec<u8> {
    SortKey::of(names).as_bytes().to_vec()
}
