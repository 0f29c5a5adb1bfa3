//! The security report of a user (CP12): what they may do, what they prove themselves with, who was logged in as them, and what
//! was changed of the account. Data first; the mail is written from it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::attempt::Attempt;
use super::event::Actor;
use super::session::Client;
use super::user::StatusKind;
use crate::clock::Timestamp;
use crate::id::{SessionId, UnitId, UserId};
use crate::rules::effective::{EffectiveRights, GivenBy};
use crate::text::{DisplayName, Name, UserName};

/// What an administrator, an auditor or the user looks at to see whether an account is in order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SecurityReport {
    /// Whose account.
    pub user: UserId,
    /// The name that others see.
    pub display_name: DisplayName,
    /// What they log in with.
    pub user_name: UserName,
    /// As of when.
    pub made_at: Timestamp,
    /// Where their access stands.
    pub status: StatusKind,
    /// Whether they may call APIs only.
    pub api_only: bool,
    /// Roles and single permissions, as they were given.
    pub grants: Vec<GivenBy>,
    /// Every permission, with the reason for each, and what stands against using them.
    pub rights: EffectiveRights,
    /// The names of the units that the rights lie in and the user belongs to, as far as the reader may learn them.
    pub units: BTreeMap<UnitId, Name>,
    /// How many more units these are: those outside the reader's part of the tree. Of these the grants have the ids, as the user's
    /// own record does, and nobody tells the names.
    #[serde(default)]
    pub elsewhere: usize,
    /// What they prove themselves with.
    pub factors: Factors,
    /// Who is logged in as them now, the newest first; at most [`MOST`](Self::MOST).
    pub sessions: Vec<OpenSession>,
    /// The newest logins and failures, the newest first; at most [`MOST`](Self::MOST).
    pub attempts: Vec<Attempt>,
    /// The newest changes of the account, the newest first; at most [`MOST`](Self::MOST).
    pub changes: Vec<AccountChange>,
}

/// What a user proves themselves with, and how old it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Factors {
    /// The password.
    pub password: PasswordFactor,
    /// The external provider through which they log in, if they do.
    pub provider: Option<Name>,
    /// How many API keys are usable.
    pub api_keys: u64,
}

/// Where a user's password stands. Closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "password")]
pub enum PasswordFactor {
    /// There is none.
    None,
    /// A one-time password was asked for, and no password was set since.
    OneTime {
        /// When.
        issued_at: Timestamp,
    },
    /// A password.
    Set {
        /// When it was set.
        set_at: Timestamp,
    },
}

/// A login that is usable now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct OpenSession {
    /// Which.
    pub session: SessionId,
    /// Since when.
    pub started_at: Timestamp,
    /// When it was last used, to the minute.
    pub seen_at: Timestamp,
    /// From where and with what it began.
    pub client: Client,
}

/// One change of the account, as the log tells it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AccountChange {
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub by: ChangedBy,
    /// What happened, by its name in the log: `grants_changed`.
    pub what: String,
    /// The fields that it changed, as far as the log tells.
    pub fields: Vec<String>,
}

/// Who changed an account, or another record. Closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangedBy {
    /// The user themselves, whose account it is.
    Themselves,
    /// A user, where it is not their own account.
    Other(UserId),
    /// Another user, and the reader is not told which.
    Another,
    /// The host's own code, or whoever signed up.
    Host,
    /// Time: something that was due.
    Time,
}

impl ChangedBy {
    /// Who did something to an account, or to any other record; reasons of the host's own code are not told.
    pub fn of(actor: &Actor, account: Option<UserId>) -> Self {
        match actor {
            Actor::User(by) | Actor::Subject(by) if Some(*by) == account => Self::Themselves,
            Actor::User(by) | Actor::Subject(by) => Self::Other(*by),
            Actor::System(_) | Actor::Founder => Self::Host,
            Actor::Schedule => Self::Time,
        }
    }
}

impl SecurityReport {
    /// How many sessions, attempts and changes it has at most, each.
    pub const MOST: u32 = 20;
    /// How many permissions a mailed one has at most. Whoever needs more of them asks for the data.
    pub const MOST_MAILED: usize = 200;

    /// The report as it waits in the queue of mail: with so many permissions at most.
    pub fn to_be_mailed(mut self) -> Self {
        self.rights.permissions.truncate(Self::MOST_MAILED);
        self
    }

    /// The same without what only those may read who may read the login history, and without the names of units, since it may have
    /// been made for somebody who sees more of the tree: what lists of mails show.
    pub fn outline(self) -> Self {
        Self {
            elsewhere: self.elsewhere + self.units.len(),
            units: BTreeMap::new(),
            sessions: Vec::new(),
            attempts: Vec::new(),
            changes: Vec::new(),
            ..self
        }
    }
}
