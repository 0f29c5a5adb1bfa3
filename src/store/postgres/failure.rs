//! How PostgreSQL fails, and what that means to a caller.

use std::error::Error as StdError;
use std::io;

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
    #[cfg(not(feature = "postgres-tls"))]
    #[error("{0}")]
    Untrusted(&'static str),
    #[error("the host lends no connection")]
    NotLent(#[source] Box<dyn StdError + Send + Sync>),
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
            #[cfg(not(feature = "postgres-tls"))]
            Self::Untrusted(_) => StoreErrorKind::Untrusted,
            Self::NotLent(error) => kind_of_lender(error.as_ref()),
            Self::TimedOut => StoreErrorKind::Transient,
            Self::Lost(_) => StoreErrorKind::UnknownOutcome,
            Self::Setup(_) | Self::Refused(_) => StoreErrorKind::Other,
        }
    }

    /// Whether the answer will never come, though the server may have done what it was asked for.
    pub(super) fn is_lost(&self) -> bool {
        match self {
            Self::Postgres(error) => match error.code() {
                Some(code) => is_end(code),
                None => error.is_closed() || is_io(error),
            },
            Self::TimedOut => true,
            _ => false,
        }
    }

    /// Whether TLS was not to be had, or the server could not prove who it is.
    #[cfg(feature = "postgres-tls")]
    pub(super) fn is_untrusted(&self) -> bool {
        self.kind() == StoreErrorKind::Untrusted
    }

    /// Whether the transaction fell victim to another one, and may be sent again as it is.
    pub(super) fn is_collision(&self) -> bool {
        let Self::Postgres(error) = self else { return false };
        [SqlState::T_R_SERIALIZATION_FAILURE, SqlState::T_R_DEADLOCK_DETECTED]
            .iter()
            .any(|code| error.code() == Some(code))
    }
}

/// Whether it is the last that is heard. A pooler reports the loss of its own line in the class of broken connections; an
/// engine of several nodes may say in so many words that it does not know.
fn is_end(code: &SqlState) -> bool {
    let ends = [
        SqlState::ADMIN_SHUTDOWN,
        SqlState::CRASH_SHUTDOWN,
        SqlState::DATABASE_DROPPED,
        SqlState::T_R_STATEMENT_COMPLETION_UNKNOWN,
    ];
    ends.contains(code) || code.code().starts_with("08")
}

fn is_io(error: &Error) -> bool {
    io_error(error).is_some()
}

fn io_error(error: &Error) -> Option<&io::Error> {
    let mut source = error.source();
    while let Some(error) = source {
        if let Some(io) = error.downcast_ref() {
            return Some(io);
        }
        source = error.source();
    }
    None
}

/// Whether TLS failed for another reason than that the line broke. The driver tells by its words alone.
fn is_untrusted(error: &Error) -> bool {
    let broke = io_error(error).is_some_and(|error| {
        // What is wrong with what was said on the line, certificates among it.
        !matches!(error.kind(), io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput)
    });
    error.to_string() == "error performing TLS handshake" && !broke
}

/// Whether the server wants a password and there is none. The driver tells by its words alone.
fn lacks_password(error: &Error) -> bool {
    error
        .source()
        .is_some_and(|source| source.to_string() == "password missing")
}

/// What kind of failure it is where a host cannot lend a connection.
fn kind_of_lender(error: &(dyn StdError + 'static)) -> StoreErrorKind {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref() {
            return kind_of(error);
        }
        cause = error.source();
    }
    StoreErrorKind::Transient
}

/// What kind of failure an error of PostgreSQL is, where nothing was written.
fn kind_of(error: &Error) -> StoreErrorKind {
    let Some(code) = error.code() else {
        return match error {
            error if is_untrusted(error) => StoreErrorKind::Untrusted,
            error if lacks_password(error) => StoreErrorKind::Credentials,
            error if error.is_closed() || is_io(error) => StoreErrorKind::Transient,
            _ => StoreErrorKind::Other,
        };
    };
    match code.code() {
        // Invalid authorization; insufficient privilege.
        code if code.starts_with("28") => StoreErrorKind::Credentials,
        "42501" => StoreErrorKind::NotPermitted,
        "25006" => StoreErrorKind::ReadOnly,
        // Lost connections, rollbacks, exhausted resources, intervention by the operator, locks not to be had in time.
        code if ["08", "40", "53", "57"].iter().any(|class| code.starts_with(class)) => StoreErrorKind::Transient,
        // The last two: a transaction that took too long.
        "55P03" | "25P03" | "25P04" => StoreErrorKind::Transient,
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
