//! Sessions: one login of one user from one client.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};
use time::Duration;

use crate::clock::Timestamp;
use crate::error::Denied;
use crate::id::{SessionId, UserId};
use crate::secret::TokenHash;
use crate::text::UserAgent;

/// One login of one user from one client. Found by the hash of its token; the token itself is nowhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// Which session, for lists and for ending it.
    pub id: SessionId,
    /// Whose.
    pub user: UserId,
    /// SHA-256 of the token that proves it.
    pub token: TokenHash,
    /// From where and with what it began.
    pub client: Client,
    /// When the user logged in.
    pub started_at: Timestamp,
    /// When it is over however busy it is; at exactly this instant it is over.
    pub expires_at: Timestamp,
    /// When it was last used, to the minute: written at most once a minute, outside the version.
    pub seen_at: Timestamp,
    /// What it is good for, where that is not everything its user may.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limited: Option<SessionLimit>,
    /// Open, or how it ended.
    pub state: SessionState,
}

/// What a session is good for, where that is not everything its user may. Closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SessionLimit {
    /// To set a new password in place of the one-time password that it began with (PS2).
    PasswordChange,
    /// To call APIs, as far as its user may: it began with the password of a user who may do nothing else (BI2).
    Api,
}

/// Where a session stands. Closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum SessionState {
    /// Usable, while it is in time and its user may.
    Open,
    /// Over for good.
    Ended {
        /// When.
        at: Timestamp,
        /// Why.
        reason: EndReason,
    },
}

/// Why a session ended. More may come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum EndReason {
    /// The user signed out.
    SignedOut,
    /// The user ended it from another session.
    EndedByUser,
    /// Somebody with the permission ended it.
    EndedByAdministrator,
    /// A newer one took its place: the user had as many as there can be at once.
    TooMany,
    /// The user can no longer log in: suspended, disabled, made inactive or deleted.
    AccessEnded,
    /// The user has another password.
    PasswordChanged,
}

impl Session {
    /// How long an ended session stays on record before it is removed.
    pub const KEPT_AFTER_END: Duration = Duration::days(30);
    /// How often the last use is written down at most (E8).
    pub const TOUCHED_EVERY: Duration = Duration::MINUTE;

    /// Whether it is stored as open and its time is not over. Whether its *user* may is another question.
    pub fn is_live(&self, idle: Duration, now: Timestamp) -> bool {
        matches!(self.state, SessionState::Open) && now < self.expires_at && now < self.seen_at.saturating_add(idle)
    }

    /// Whether it is the login of a program, at the API (BI2).
    pub fn is_programs(&self) -> bool {
        self.limited == Some(SessionLimit::Api)
    }

    /// Ends it.
    ///
    /// # Errors
    /// [`Denied::SessionEnded`] where it is over already.
    pub fn end(self, at: Timestamp, reason: EndReason) -> Result<Self, Denied> {
        match self.state {
            SessionState::Open => Ok(Self {
                state: SessionState::Ended { at, reason },
                ..self
            }),
            SessionState::Ended { .. } => Err(Denied::SessionEnded),
        }
    }
}

/// Where a request came from, as the host saw it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Client {
    /// The network address, if the host knows it. The host resolves proxies; the library believes it.
    pub address: Option<IpAddr>,
    /// What the client said it is. Cut and cleaned, never believed.
    pub user_agent: Option<UserAgent>,
}

impl Client {
    /// A client of which nothing is known.
    pub fn unknown() -> Self {
        Self::default()
    }

    /// A client at a network address. `::ffff:a.b.c.d` is kept as `a.b.c.d` (N2).
    pub fn at(address: IpAddr) -> Self {
        Self {
            address: Some(address.to_canonical()),
            user_agent: None,
        }
    }

    /// The same client, with what it said it is.
    pub fn user_agent(self, user_agent: impl AsRef<str>) -> Self {
        Self {
            user_agent: Some(UserAgent::new(user_agent)),
            ..self
        }
    }
}
