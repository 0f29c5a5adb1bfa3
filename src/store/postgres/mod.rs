//! [`PostgresStore`]: everything in a PostgreSQL database, for hosts that outgrow one machine.
//!
//! ```no_run
//! # async fn open() -> Result<(), tenure::store::StoreError> {
//! use tenure::store::PostgresStore;
//!
//! let store = PostgresStore::connect("postgres://back_office:secret@db.example.com/back_office").await?;
//! # drop(store);
//! # Ok(())
//! # }
//! ```
//! Any number of processes may have the same database. `docs/postgres.md` says how to set one up, size it and back it up.
//!
//! # How it works
//! Reads go through a few connections that all callers share, each through the one that is least busy: statements are
//! prepared once a connection, and sent one behind the other without waiting for the answers to those before. To
//! authenticate is one round trip. Listings, the feed and what is due have connections of their own, so that nobody waits
//! behind them.
//!
//! A commit is one statement, and so one round trip: a function that the migration creates takes it as JSON, looks at ids,
//! guards, keys and references, and writes. Every commit locks one row of its tenant first, so those of a tenant follow
//! one another and each sees all that was before it: no law needs more than that under READ COMMITTED, no two commits
//! deadlock, and the numbers of the feed are the order in which commits became visible. The lock is held while the server
//! works and makes the commit durable, never while the network carries anything. Commits of different tenants do not wait
//! for each other. Commits that only touch sessions lock nothing but those sessions.
//!
//! Statements are shown to [`tracing`] as they are run: level `TRACE`, target `tenure::postgres`, field `sql`. Their values
//! are not.
//!
//! # Whose connections
//! The store makes its own; TLS (feature `postgres-tls`) is as `sslmode` in the address says. [`PostgresOptions::lent`] takes
//! those of a host for a call at a time: then nothing is shared or changed for a session. Behind a pooler that changes
//! connections between transactions, [`PostgresOptions::behind_pooler`] does without named statements.
//!
//! # When the line is lost
//! A read is sent once more through a new connection. A commit whose answer does not come fails as
//! [`UnknownOutcome`](crate::store::StoreErrorKind::UnknownOutcome): commit it again with its id, and either it stands by
//! then or it is written now. When the server restarts, the next call makes new connections.
//!
//! # Your own SQL
//! Tables and columns have the same names as in [`sqlite`](crate::store), so queries carry over; ids are of type `uuid`.
//! Mind that `user` is a reserved word: `s.user` or `"user"`.

mod begun;
mod check;
mod columns;
mod commit;
#[cfg(feature = "postgres-deadpool")]
mod deadpool;
mod dial;
mod failure;
mod grams;
mod large;
mod lent;
mod line;
mod link;
mod list;
mod mail;
mod options;
mod param;
mod pattern;
mod people;
mod plan;
mod read;
mod schema;
mod source;
mod statement;
#[cfg(all(test, feature = "sqlite", feature = "testing"))]
mod tests;
#[cfg(feature = "postgres-tls")]
mod tls;
mod together;

use std::fmt;

use async_trait::async_trait;

pub use self::lent::{Connection, Connections};
pub use self::options::PostgresOptions;

use self::dial::Dial;
use self::line::Lines;
use self::link::Line;
use super::{
    Commit, CommitError, Committed, Counter, DueItem, FeedEntry, FeedPosition, Lookup, MailBacklog, Page,
    PrincipalRecords, Query, Store, StoreError,
};
use crate::clock::Timestamp;
use crate::id::TenantId;
use crate::model::{ApiKey, Loaded, QueuedMail, Record, RecordId};
use crate::secret::TokenHash;

/// Keeps everything in a PostgreSQL database. See the [module](self).
pub struct PostgresStore {
    database: Option<String>,
    readers: Lines,
    long_readers: Lines,
    writers: Lines,
}

impl PostgresStore {
    /// Connects to a database with everything as it is by default, and brings its tables to the version of this release.
    ///
    /// # Errors
    /// As [`PostgresOptions::open`].
    pub async fn connect(url: &str) -> Result<Self, StoreError> {
        PostgresOptions::new(url)?.open().await
    }

    fn start(dial: &Dial, first: Line, readers: usize, writers: usize) -> Self {
        Self {
            database: dial.database().map(str::to_owned),
            readers: Lines::new(dial, readers, None),
            long_readers: Lines::new(dial, readers, None),
            writers: Lines::new(dial, writers, Some(first)),
        }
    }
}

impl fmt::Debug for PostgresStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresStore")
            .field("database", &self.database)
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl Store for PostgresStore {
    async fn load(&self, tenant: TenantId, wanted: &[Lookup]) -> Result<Vec<Option<Loaded<Record>>>, StoreError> {
        Ok(read::load(&self.readers, tenant, wanted).await?)
    }

    async fn list(&self, tenant: TenantId, query: &Query) -> Result<Page<Loaded<Record>>, StoreError> {
        query.check()?;
        Ok(list::list(&self.long_readers, tenant, query).await?)
    }

    async fn principal_by_session(
        &self,
        tenant: TenantId,
        token: &TokenHash,
    ) -> Result<Option<PrincipalRecords>, StoreError> {
        Ok(read::principal(&self.readers, read::BY_SESSION, tenant, token).await?)
    }

    async fn principal_by_api_key(
        &self,
        tenant: TenantId,
        token: &TokenHash,
    ) -> Result<Option<PrincipalRecords<ApiKey>>, StoreError> {
        Ok(read::principal(&self.readers, read::BY_API_KEY, tenant, token).await?)
    }

    async fn counter(&self, tenant: TenantId, counter: Counter) -> Result<i64, StoreError> {
        Ok(read::counter(&self.readers, tenant, counter).await?)
    }

    async fn due(
        &self,
        tenant: Option<TenantId>,
        as_of: Timestamp,
        after: Option<DueItem>,
        limit: u32,
    ) -> Result<Vec<DueItem>, StoreError> {
        Ok(read::due(&self.long_readers, tenant, as_of, after, limit).await?)
    }

    async fn lease_mail(
        &self,
        now: Timestamp,
        until: Timestamp,
        limit: u32,
    ) -> Result<Vec<(TenantId, Loaded<QueuedMail>)>, StoreError> {
        Ok(mail::lease(&self.writers, now, until, limit).await?)
    }

    async fn mail_backlog(&self) -> Result<MailBacklog, StoreError> {
        Ok(mail::backlog(&self.long_readers).await?)
    }

    async fn feed(&self, tenant: TenantId, after: FeedPosition, limit: u32) -> Result<Vec<FeedEntry>, StoreError> {
        Ok(read::feed(&self.long_readers, tenant, after, limit).await?)
    }

    async fn events_about(
        &self,
        tenant: TenantId,
        subject: RecordId,
        before: Option<FeedPosition>,
        limit: u32,
    ) -> Result<Vec<FeedEntry>, StoreError> {
        Ok(read::events_about(&self.long_readers, tenant, subject, before, limit).await?)
    }

    async fn commit(&self, commit: Commit) -> Result<Committed, CommitError> {
        Ok(commit::write(&self.writers, commit).await?)
    }
}
