//! Passes: what somebody proves with who they are, a session or an API key.

use super::rights::{Rights, Units};
use crate::clock::Timestamp;
use crate::id::{ApiKeyId, SessionId};
use crate::model::{ApiKey, Client, Kept, RecordId, Session, SessionLimit, User};
use crate::policy::Policy;
use crate::secret::TokenHash;

/// What somebody proved with who they are. Closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Pass {
    /// They are logged in.
    Session(SessionId),
    /// A program acts for them.
    ApiKey(ApiKeyId),
    /// A program acts for them, which showed their password.
    ApiSession(SessionId),
}

impl Pass {
    /// The login that it is, by hand or by a program; none, where it is a key.
    pub fn login(self) -> Option<SessionId> {
        match self {
            Self::Session(session) | Self::ApiSession(session) => Some(session),
            Self::ApiKey(_) => None,
        }
    }
}

impl From<Pass> for RecordId {
    fn from(pass: Pass) -> Self {
        match pass {
            Pass::Session(session) | Pass::ApiSession(session) => session.into(),
            Pass::ApiKey(key) => key.into(),
        }
    }
}

/// A record that is a pass. The rule that makes principals is written once, over this.
pub(crate) trait Proof: Kept {
    fn pass(&self) -> Pass;
    fn token(&self) -> TokenHash;
    /// Stored as open and in time.
    fn is_live(&self, policy: &Policy, now: Timestamp) -> bool;
    /// Whether this user may come in this way, from this client.
    fn admits(&self, user: &User, client: &Client, policy: &Policy) -> bool;
    /// What it is good for, where that is not everything.
    fn limit(&self) -> Option<SessionLimit>;
    /// What of the user's rights it carries.
    fn carried(&self, rights: Rights, units: &Units) -> Rights;
    /// When the user logged in, if they did.
    fn signed_in_at(&self) -> Option<Timestamp>;
    fn seen_at(&self) -> Option<Timestamp>;
}

impl Proof for Session {
    fn pass(&self) -> Pass {
        if self.is_programs() {
            Pass::ApiSession(self.id)
        } else {
            Pass::Session(self.id)
        }
    }

    fn token(&self) -> TokenHash {
        self.token
    }

    fn is_live(&self, policy: &Policy, now: Timestamp) -> bool {
        Session::is_live(self, policy.session_idle, now)
    }

    fn admits(&self, user: &User, client: &Client, policy: &Policy) -> bool {
        let from_here = user.allowlist.allows(client.address);
        if self.is_programs() {
            user.api_only && policy.api_passwords.is_some() && from_here
        } else {
            !user.api_only && (!policy.allowlist_on_every_request || from_here)
        }
    }

    fn limit(&self) -> Option<SessionLimit> {
        self.limited
    }

    fn carried(&self, rights: Rights, _: &Units) -> Rights {
        rights
    }

    fn signed_in_at(&self) -> Option<Timestamp> {
        // What takes a recent login takes that of a person.
        (!self.is_programs()).then_some(self.started_at)
    }

    fn seen_at(&self) -> Option<Timestamp> {
        Some(self.seen_at)
    }
}

impl Proof for ApiKey {
    fn pass(&self) -> Pass {
        Pass::ApiKey(self.id)
    }

    fn token(&self) -> TokenHash {
        self.token
    }

    fn is_live(&self, _: &Policy, now: Timestamp) -> bool {
        ApiKey::is_live(self, now)
    }

    fn admits(&self, user: &User, client: &Client, _: &Policy) -> bool {
        // On every request, whatever the policy says of sessions: a key has no login at which it was asked (BI10).
        user.allowlist.allows(client.address)
    }

    fn limit(&self) -> Option<SessionLimit> {
        None
    }

    fn carried(&self, rights: Rights, units: &Units) -> Rights {
        rights.limited_to(&self.permissions, &self.scope, units)
    }

    fn signed_in_at(&self) -> Option<Timestamp> {
        None
    }

    fn seen_at(&self) -> Option<Timestamp> {
        self.seen_at
    }
}
