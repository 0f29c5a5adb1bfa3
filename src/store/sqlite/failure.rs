//! How SQLite fails, and what that means to a caller.

use std::sync::Arc;

use rusqlite::ErrorCode;

use crate::store::table::Malformed;
use crate::store::{CommitError, StoreError, StoreErrorKind};

/// What goes wrong inside this store. At its border it becomes a [`StoreError`] or a [`CommitError`] with its source.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
    #[error(transparent)]
    Malformed(#[from] Malformed),
    #[error("the tables have version {found}, and this release knows {known}")]
    NewerSchema { found: i64, known: usize },
    #[error("{0}")]
    Setup(&'static str),
    #[error("this SQLite was built without FTS5 and its trigrams, which search needs")]
    WithoutSearch(#[source] rusqlite::Error),
    #[error("the thread that writes is gone")]
    WriterGone,
    #[error("the transaction that this commit was part of failed")]
    Group(StoreErrorKind, #[source] Arc<rusqlite::Error>),
    #[error("the work was cut short")]
    CutShort,
    #[error(transparent)]
    Refused(Box<CommitError>),
}

impl Failure {
    pub(super) fn column(holds: &'static str) -> Self {
        Self::Malformed(Malformed::Column(holds))
    }

    fn kind(&self) -> StoreErrorKind {
        match self {
            Self::Sqlite(error) => kind_of(error),
            Self::Malformed(_) => StoreErrorKind::Corrupt,
            Self::NewerSchema { .. } => StoreErrorKind::NewerSchema,
            Self::WithoutSearch(_) => StoreErrorKind::Unsupported,
            Self::Group(kind, _) => *kind,
            Self::CutShort => StoreErrorKind::UnknownOutcome,
            Self::Setup(_) | Self::WriterGone | Self::Refused(_) => StoreErrorKind::Other,
        }
    }
}

/// What kind of failure an error of SQLite is, where nothing was written.
pub(super) fn kind_of(error: &rusqlite::Error) -> StoreErrorKind {
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => StoreErrorKind::Transient,
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => StoreErrorKind::Corrupt,
        Some(_) => StoreErrorKind::Other,
        None => match error {
            rusqlite::Error::FromSqlConversionFailure(..)
            | rusqlite::Error::IntegralValueOutOfRange(..)
            | rusqlite::Error::Utf8Error(..)
            | rusqlite::Error::InvalidColumnType(..) => StoreErrorKind::Corrupt,
            _ => StoreErrorKind::Other,
        },
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
            Failure::Sqlite(error) => Self::new(kind, error),
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
