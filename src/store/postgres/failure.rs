//! How PostgreSQL fails, and what that means to a caller.

use tokio_postgres::Error;
use tokio_postgres::error::SqlState;

use crate::store::table::Malformed;
use crate::store::{CommitError, StoreError, StoreErrorKind};

/// What goes wrong inside this store. At its border it becomes a [`StoreError`] or a [`CommitError`] with its source.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    #[error(transparent)]
    Postgres(#[from] Error),
    #[error(transparent)]
    Malformed(#[from] Malformed),
    #[error("the tables have version {found}, and this release knows {known}")]
    NewerSchema { found: i64, known: usize },
    #[error("the server takes no writes: it is a standby, or set to read only")]
    ReadOnly,
    #[error("{0}")]
    Setup(&'static str),
    #[error("the server does not answer in time")]
    TimedOut,
    #[error("the line was lost while a commit was under way")]
    Lost(#[source] Box<Failure>),
    #[error(transparent)]
    Refused(Box<CommitError>),
}

impl Failure {
    pub(super) fn column(holds: &'static str) -> Self {
        Self::Malformed(Malformed::Column(holds))
    }

    pub(super) fn kind(&self) -> StoreErrorKind {
        match self {
            Self::Postgres(error) => kind_of(error),
            Self::Malformed(_) => StoreErrorKind::Corrupt,
            Self::NewerSchema { .. } => StoreErrorKind::NewerSchema,
            Self::ReadOnly => StoreErrorKind::ReadOnly,
            Self::TimedOut => StoreErrorKind::Transient,
            Self::Lost(_) => StoreErrorKind::UnknownOutcome,
            Self::Setup(_) | Self::Refused(_) => StoreErrorKind::Other,
        }
    }

    /// Whether the answer will never come, though the server may have done what it was asked for.
    pub(super) fn is_lost(&self) -> bool {
        match self {
            Self::Postgres(error) => match error.code() {
                Some(code) => is_shutdown(code),
                None => error.is_closed() || is_io(error),
            },
            Self::TimedOut => true,
            _ => false,
        }
    }

    /// Whether the transaction fell victim to another one, and may be sent again as it is.
    pub(super) fn is_collision(&self) -> bool {
        let Self::Postgres(error) = self else { return false };
        [SqlState::T_R_SERIALIZATION_FAILURE, SqlState::T_R_DEADLOCK_DETECTED]
            .iter()
            .any(|code| error.code() == Some(code))
    }
}

fn is_shutdown(code: &SqlState) -> bool {
    [
        SqlState::ADMIN_SHUTDOWN,
        SqlState::CRASH_SHUTDOWN,
        SqlState::DATABASE_DROPPED,
    ]
    .contains(code)
}

fn is_io(error: &Error) -> bool {
    let mut source = std::error::Error::source(error);
    while let Some(error) = source {
        if error.is::<std::io::Error>() {
            return true;
        }
        source = error.source();
    }
    false
}

/// What kind of failure an error of PostgreSQL is, where nothing was written.
fn kind_of(error: &Error) -> StoreErrorKind {
    let Some(code) = error.code() else {
        return if error.is_closed() || is_io(error) {
            StoreErrorKind::Transient
        } else {
            StoreErrorKind::Other
        };
    };
    match code.code() {
        // Invalid authorization; insufficient privilege.
        code if code.starts_with("28") => StoreErrorKind::Credentials,
        "42501" => StoreErrorKind::NotPermitted,
        "25006" => StoreErrorKind::ReadOnly,
        // Lost connections, rollbacks, exhausted resources, intervention by the operator, locks not to be had in time.
        code if ["08", "40", "53", "57"].iter().any(|class| code.starts_with(class)) => StoreErrorKind::Transient,
        "55P03" => StoreErrorKind::Transient,
        // Damaged data or index.
        "XX001" | "XX002" => StoreErrorKind::Corrupt,
        _ => StoreErrorKind::Other,
    }
}

impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Self {
        Self::Malformed(error.into())
    }
}

impl From<CommitError> for Failure {
    fn from(refusal: CommitError) -> Self {
        Self::Refused(Box::new(refusal))
    }
}

impl From<Failure> for StoreError {
    fn from(failure: Failure) -> Self {
        let kind = failure.kind();
        match failure {
            Failure::Postgres(error) => Self::new(kind, error),
            Failure::Malformed(Malformed::Body(error)) => Self::new(kind, error),
            other => Self::new(kind, other),
        }
    }
}

impl From<Failure> for CommitError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Refused(refusal) => *refusal,
            failure => Self::Store(failure.into()),
        }
    }
}
