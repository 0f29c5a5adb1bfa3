//! API keys: what a program proves itself with (BI2, E6). Not sessions: they are made once, last long, and carry scopes.

use serde::{Deserialize, Serialize};
use time::Duration;

use super::event::Actor;
use super::grant::Scope;
use super::permission::PermissionSet;
use crate::clock::Timestamp;
use crate::error::Denied;
use crate::id::{ApiKeyId, UserId};
use crate::secret::TokenHash;
use crate::text::Name;

/// A key with which a program acts for a user. Found by the hash of its token; the token itself is nowhere.
///
/// It allows what both the user's rights and its own scopes allow at the moment of the request: what the user loses, the key
/// loses with the next request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiKey {
    /// Which key, for lists and for revoking it.
    pub id: ApiKeyId,
    /// For whom it acts.
    pub user: UserId,
    /// What it is called, for people to tell keys apart.
    pub name: Name,
    /// SHA-256 of the token that proves it.
    pub token: TokenHash,
    /// The most that it allows.
    pub permissions: PermissionSet,
    /// Where.
    pub scope: Scope,
    /// Who made it.
    pub created_by: Actor,
    /// When.
    pub created_at: Timestamp,
    /// When it is over, if ever; at exactly this instant it is over.
    pub expires_at: Option<Timestamp>,
    /// When it was last used, to the minute: written at most once a minute, outside the version.
    pub seen_at: Option<Timestamp>,
    /// In use, or revoked.
    pub state: ApiKeyState,
}

/// Where an API key stands. Closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum ApiKeyState {
    /// Usable, while it is in time and its user may.
    Open,
    /// Over for good.
    Revoked {
        /// When.
        at: Timestamp,
    },
}

impl ApiKey {
    /// How long a key that is over stays on record before it is removed.
    pub const KEPT_AFTER_END: Duration = Duration::days(30);
    /// How many usable keys one user can have.
    pub const MAX_OPEN: u64 = 50;

    /// Whether it is stored as open and its time is not over. Whether its *user* may is another question.
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.state == ApiKeyState::Open && self.expires_at.is_none_or(|expires_at| now < expires_at)
    }

    /// Makes it worthless.
    ///
    /// # Errors
    /// [`Denied::ApiKeyRevoked`] where it was revoked before.
    pub fn revoke(self, at: Timestamp) -> Result<Self, Denied> {
        match self.state {
            ApiKeyState::Open => Ok(Self {
                state: ApiKeyState::Revoked { at },
                ..self
            }),
            ApiKeyState::Revoked { .. } => Err(Denied::ApiKeyRevoked),
        }
    }
}
