//! What a user proves themselves with.

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::id::{TicketId, UserId};
use crate::password::PasswordHash;
use crate::secret::TokenHash;

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
        /// The [digest](PasswordHash::digest) of the hash that this one took the place of, where the same password was hashed
        /// anew at a login (P5). Whoever compared it with that one meanwhile compared it with this.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        rehash_of: Option<TokenHash>,
    },
}

impl Secret {
    /// A password that was set at this instant.
    pub fn password(hash: PasswordHash, set_at: Timestamp) -> Self {
        let rehash_of = None;
        Self::Password {
            hash,
            set_at,
            rehash_of,
        }
    }

    /// Whether what was compared with `compared` was compared with this: it is the same, or the same password hashed anew.
    pub fn is_still(&self, compared: &Self) -> bool {
        match (self, compared) {
            (
                Self::Password {
                    rehash_of: Some(digest),
                    ..
                },
                Self::Password { hash, .. },
            ) if *digest == hash.digest() => true,
            _ => self == compared,
        }
    }
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
