//! The login history: every attempt, successful or not (L4).

use std::fmt;

use serde::{Deserialize, Serialize};

use super::session::Client;
use crate::clock::Timestamp;
use crate::id::{AttemptId, SessionId, UserId};

/// One attempt to log in. What was typed as an unknown login name is not kept: people type passwords there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// Which attempt.
    pub id: AttemptId,
    /// When.
    pub at: Timestamp,
    /// Whose login name it was; none where nobody has it.
    pub user: Option<UserId>,
    /// From where and with what.
    pub client: Client,
    /// How it ended.
    pub outcome: AttemptOutcome,
    /// Until when it is kept; then it is removed.
    pub keep_until: Timestamp,
}

/// How an attempt ended. Closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "result")]
pub enum AttemptOutcome {
    /// It is being decided, or whoever decided it never came to an end. Counts as a failure until then.
    Pending,
    /// It began a session.
    Success {
        /// Which.
        session: SessionId,
    },
    /// It was refused. The stranger is told nothing of the reason.
    Refused {
        /// The true reason, for those who may read the history.
        reason: RefusalReason,
    },
}

/// How an attempt ended, as it is looked for. Closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ended {
    /// In a session.
    Succeeded,
    /// In a refusal, for whatever reason.
    Refused,
    /// In a refusal for this reason.
    RefusedFor(RefusalReason),
    /// Not at all: it is being decided, or whoever decided it never came to an end.
    Pending,
}

impl Ended {
    /// Whether an attempt ended so.
    pub fn is(self, outcome: AttemptOutcome) -> bool {
        match (self, outcome) {
            (Self::Succeeded, AttemptOutcome::Success { .. })
            | (Self::Refused, AttemptOutcome::Refused { .. })
            | (Self::Pending, AttemptOutcome::Pending) => true,
            (Self::RefusedFor(wanted), AttemptOutcome::Refused { reason }) => reason == wanted,
            _ => false,
        }
    }
}

/// Why a login was refused. More may come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum RefusalReason {
    /// Nobody has this login name.
    UnknownLogin,
    /// The password does not match.
    WrongPassword,
    /// The user has no password.
    NoPassword,
    /// The invitation is still open.
    Invited,
    /// The user is inactive: not yet or no longer in use.
    Inactive,
    /// The user is suspended.
    Suspended,
    /// The user is disabled.
    Disabled,
    /// The user may call APIs only.
    ApiOnly,
    /// The tenant is suspended.
    TenantSuspended,
    /// Too many attempts failed in a row; for a while nothing is tried.
    Locked,
    /// Too many attempts from this network failed; for a while nothing is tried from there.
    TooManyFromNetwork,
    /// The user may not come from this address.
    WrongNetwork,
    /// The user has no password here and logs in through an external provider.
    ExternalOnly,
    /// The one-time password was used, its time is over, or a newer one was asked for.
    OneTimePasswordOver,
    /// The user has as many sessions as there can be at once.
    TooManySessions,
    /// A password at the API, which the policy takes from nobody, or not from this user: they log in by hand.
    NotAtApi,
}

/// As an administrator reads it in the login history, in English: `wrong password`.
impl fmt::Display for RefusalReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::UnknownLogin => "nobody has this login name",
            Self::WrongPassword => "wrong password",
            Self::NoPassword => "no password is set",
            Self::Invited => "the invitation is not accepted",
            Self::Inactive => "the user is inactive",
            Self::Suspended => "the user is suspended",
            Self::Disabled => "the user is disabled",
            Self::ApiOnly => "the user is for APIs only",
            Self::TenantSuspended => "the tenant is suspended",
            Self::Locked => "the account is locked after too many failures",
            Self::TooManyFromNetwork => "too many failures from this network",
            Self::WrongNetwork => "not from this network",
            Self::ExternalOnly => "an external provider keeps the password",
            Self::OneTimePasswordOver => "the one-time password is over",
            Self::TooManySessions => "too many sessions at once",
            Self::NotAtApi => "no password is taken at the API",
        })
    }
}
