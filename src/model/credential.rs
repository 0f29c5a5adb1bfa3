//! What a user proves themselves with.

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::id::{TicketId, UserId};
use crate::password::PasswordHash;

/// A user's password, or the fact that there is none. Kept apart from the user, so that a change of one never makes
/// an edit of the other stale.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credential {
    /// Whose.
    pub user: UserId,
    /// What they have.
    pub secret: Secret,
}

/// What a user can prove. More kinds may come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "state")]
#[non_exhaustive]
pub enum Secret {
    /// No password: every verification fails, at the usual cost (P7).
    None,
    /// A one-time password that is mailed; its digest stands with the ticket (PS2).
    OneTime {
        /// The ticket.
        ticket: TicketId,
        /// When it was asked for.
        issued_at: Timestamp,
    },
    /// A password.
    Password {
        /// Its hash, a PHC string. `Debug` does not show it.
        hash: PasswordHash,
        /// When it was set.
        set_at: Timestamp,
    },
}

impl Credential {
    /// The hash to verify against, if there is a password.
    pub fn hash(&self) -> Option<&PasswordHash> {
        match &self.secret {
            Secret::Password { hash, .. } => Some(hash),
            Secret::None | Secret::OneTime { .. } => None,
        }
    }
}
