//! How a store fails.

use std::error::Error as StdError;

use crate::model::{KeySpace, RecordId, RecordKind, UniqueKey};
use crate::store::Counter;

/// A failure of the store itself. Opaque: the cause is its [`source`](std::error::Error::source).
#[derive(Debug, thiserror::Error)]
#[error("{kind}")]
pub struct StoreError {
    kind: StoreErrorKind,
    #[source]
    source: Option<Box<dyn StdError + Send + Sync>>,
}

/// What kind of failure it is. More may come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum StoreErrorKind {
    /// It did not work now and may work later: busy, out of connections, timed out before anything was sent.
    #[error("the store cannot be reached or is busy")]
    Transient,
    /// The answer was lost while a commit was under way: it stands whole or not at all. Repeating the commit with the
    /// same id resolves which (law 7).
    #[error("the answer of the store was lost")]
    UnknownOutcome,
    /// The store does not know this filter or sort order.
    #[error("the store does not support this")]
    Unsupported,
    /// What is stored cannot be read back: written by something else, or damaged.
    #[error("a stored record cannot be read")]
    Corrupt,
    /// The tables were made by a newer release of this crate.
    #[error("the tables are of a newer release")]
    NewerSchema,
    /// The database does not let this account in: a wrong name or password, or no right to connect.
    #[error("the database does not accept the credentials")]
    Credentials,
    /// The database lets this account in and forbids it what the store needs, such as to create its tables.
    #[error("the account lacks a right in the database")]
    NotPermitted,
    /// The database takes no writes: a standby, or set to read only.
    #[error("the database is read-only")]
    ReadOnly,
    /// The line to the database is not secure enough: TLS is asked for and not to be had, or the certificate is not trusted,
    /// names another host, or is out of date.
    #[error("the line to the database is not secure")]
    Untrusted,
    /// Anything else.
    #[error("the store failed")]
    Other,
}

impl StoreError {
    /// A failure of a kind.
    pub fn new(kind: StoreErrorKind, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self {
            kind,
            source: Some(source.into()),
        }
    }

    /// A failure that may pass.
    pub fn transient(source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::new(StoreErrorKind::Transient, source)
    }

    /// A failure that will not pass by itself.
    pub fn other(source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::new(StoreErrorKind::Other, source)
    }

    /// What kind of failure it is.
    pub fn kind(&self) -> StoreErrorKind {
        self.kind
    }

    /// Whether the same call may succeed later. After [`StoreErrorKind::UnknownOutcome`] only the same *commit* may be
    /// sent again, with its id.
    pub fn is_retryable(&self) -> bool {
        self.kind == StoreErrorKind::Transient
    }
}

/// Why a commit was refused; nothing of it was written, unless it says otherwise. Closed, so that the facade answers
/// each.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// A record is not at the version that was named, in a change or a guard: changed, removed, or already there.
    #[error("{record} was changed meanwhile")]
    Conflict {
        /// Which record.
        record: RecordId,
    },
    /// Another record of the tenant has this key.
    #[error("a key is taken in {}", key.space.as_str())]
    Duplicate {
        /// The key.
        key: UniqueKey,
    },
    /// A record names one that does not exist in this tenant.
    #[error("{from} names {to}, which does not exist")]
    MissingReference {
        /// The record that names.
        from: RecordId,
        /// The record named.
        to: RecordId,
    },
    /// A record to be removed is still named by others.
    #[error("{record} is named by {count} of kind {by}")]
    InUse {
        /// The record to be removed.
        record: RecordId,
        /// What names it; where several kinds do, the first in the order of [`RecordKind`].
        by: RecordKind,
        /// How many of that kind do.
        count: u64,
    },
    /// A counter would leave its bounds.
    #[error("the counter {} would be {value}", counter.key())]
    OutOfBounds {
        /// Which counter.
        counter: Counter,
        /// What it would have become.
        value: i64,
    },
    /// The commit's id was used in the last 24 hours, for another commit.
    #[error("the commit id was used for another commit")]
    IdReused,
    /// The store does not know this change.
    #[error("the store does not know the change {what}")]
    Unsupported {
        /// Which change.
        what: String,
    },
    /// The store failed. Of [`StoreErrorKind::UnknownOutcome`] it is not known whether the commit stands.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl CommitError {
    /// The space of the key that is taken, if that is why.
    pub fn duplicate(&self) -> Option<KeySpace> {
        match self {
            Self::Duplicate { key } => Some(key.space),
            _ => None,
        }
    }
}
