//! [`SqliteStore`]: everything in one file, on the SQLite of the system or (feature `sqlite-bundled`) one compiled in.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = tempfile::tempdir()?;
//! # let tenant = tenure::id::TenantId::from_uuid(uuid::Uuid::nil());
//! use tenure::store::{Counter, SqliteStore, Store};
//!
//! let store = SqliteStore::open(folder.path().join("back_office.db"))?;
//! assert_eq!(store.counter(tenant, Counter::Seats).await?, 0);
//! # Ok(())
//! # }
//! ```
//!
//! # How it works
//! Short reads run where they are called, on a few read-only connections with their statements prepared: a read takes some
//! microseconds, less than a change of threads. Listings, the feed and what is due run on connections of their own, on the
//! blocking threads of Tokio where there is a Tokio. One thread writes. It takes all commits that wait, up to 64, into one
//! transaction, where there are several each in a savepoint, and answers when that is on disk: under load, one wait for the
//! disk serves many. Dropping the store waits for that thread to finish what it was given.
//!
//! Statements are shown to [`tracing`] as they are run: level `TRACE`, target `tenure::sqlite`, field `sql`. Their values
//! are not.
//!
//! Listings go one of two ways. Where a filter with an index of its own (what is found by a pattern, by trigrams; a unit, a
//! role, a supervisor, a state) lets little pass, that is looked up and sorted; otherwise the index of the order is walked until
//! the page is full. Which it is, is counted beforehand, up to 4,096. Patterns are compared by a function that this store
//! makes known to its connections, so that they match as everywhere else.
//!
//! # One process at a time should write
//! The laws hold with several processes on one file: SQLite's lock lets one of them write at a time, the others wait for
//! [`busy_timeout`](SqliteOptions::busy_timeout). But SQLite before 3.51.3 can, very rarely, damage a file in WAL mode when
//! two connections write or checkpoint at the same instant. This store writes with one connection only; let one process at a
//! time hold it, or use a newer SQLite. The file must be on a local disk: WAL does not work over a network.
//!
//! # Building
//! Feature `sqlite` links the SQLite that the program has anyway (3.38 or newer), so that it goes along with another crate
//! that brings one; it must have FTS5 and its trigrams, which opening a file looks at. `sqlite-bundled` compiles it in. With the latter, this in the environment of the build makes reads 20 to
//! 70 % faster, by not keeping statistics that nobody asks for:
//! ```sh
//! LIBSQLITE3_FLAGS="-USQLITE_ENABLE_MEMORY_MANAGEMENT -DSQLITE_DEFAULT_MEMSTATUS=0"
//! ```
//!
//! # Backup
//! Copying the file of a running program copies half of it. `VACUUM INTO 'copy.db'` from any connection, or `.backup` of
//! the `sqlite3` shell, makes a whole copy while the program runs. The copy holds password hashes, and hashes of tokens.
//!
//! # Your own SQL
//! All tables are called `tenure_…`; a host may have its own in the same file, with foreign keys to `(tenant, id)` of these
//! (`ON DELETE CASCADE` or `SET NULL`, or a removal fails with SQLite's error), and may read these in any query. Each row has the record itself as JSON in `body`, and columns for what one queries and
//! joins: names, addresses, states, instants (microseconds since 1970 in UTC), who belongs to what. The comments in
//! `migrations/0001_initial.sql` say what each means. For example, who works under a unit, with the state of their access:
//! ```sql
//! SELECT e.last_name, e.first_name,
//!        CASE WHEN u.status_until <= :now THEN u.status_next ELSE u.status END AS status
//! FROM tenure_unit_path p
//! JOIN tenure_employee e ON e.tenant = p.tenant AND e.unit = p.unit
//! LEFT JOIN tenure_user u ON u.tenant = e.tenant AND u.employee = e.id AND u.status <> 'deleted'
//! WHERE p.tenant = :tenant AND p.ancestor = :unit
//! ORDER BY e.name_key, e.id;
//! ```
//! Writing to them by hand breaks what the columns say of the body, and is nobody's law. Columns may be added by later
//! releases, so name those you select.

mod commit;
mod failure;
mod keys;
mod known;
mod list;
mod mail;
mod options;
mod question;
mod read;
mod readers;
mod references;
mod rows;
mod schema;
mod search;
mod sets;
mod sql;
#[cfg(test)]
pub(in crate::store) mod tests;
mod writer;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use rusqlite::Connection;
use tokio::runtime::Handle;

pub use self::options::{SqliteOptions, Synchronous};

use self::commit::Plan;
use self::failure::Failure;
use self::readers::Readers;
use self::writer::Writer;
use super::{
    Commit, CommitError, Committed, Counter, DueItem, FeedEntry, FeedPosition, Lookup, MailBacklog, Page,
    PrincipalRecords, Query, Store, StoreError,
};
use crate::clock::Timestamp;
use crate::id::TenantId;
use crate::model::{ApiKey, Loaded, QueuedMail, Record, RecordId};
use crate::secret::TokenHash;

/// Keeps everything in one SQLite file. See the [module](self).
pub struct SqliteStore {
    path: PathBuf,
    readers: Readers,
    long_readers: Arc<Readers>,
    /// Up to how many records are looked up and sorted for a page.
    narrow: u32,
    // After the readers: the last connection to go tidies up the log, and only one that writes can.
    writer: Writer,
}

impl SqliteStore {
    /// Opens a file, or makes it, with everything as it is by default. Blocks while it does.
    ///
    /// # Errors
    /// As [`SqliteOptions::open`].
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, StoreError> {
        SqliteOptions::new(path).open()
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn start(
        path: PathBuf,
        writer: Connection,
        readers: Vec<Connection>,
        long_readers: Vec<Connection>,
    ) -> Result<Self, StoreError> {
        Ok(Self {
            path,
            readers: Readers::new(readers),
            long_readers: Arc::new(Readers::new(long_readers)),
            narrow: list::NARROW,
            writer: Writer::start(writer).map_err(StoreError::other)?,
        })
    }

    /// A read that takes microseconds, here and now.
    fn read<T>(&self, read: impl FnOnce(&Connection) -> Result<T, Failure>) -> Result<T, StoreError> {
        Ok(self.readers.read(read)?)
    }

    /// A read that may take longer, on a thread where that harms nobody.
    async fn read_long<T, F>(&self, read: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, Failure> + Send + 'static,
    {
        let readers = Arc::clone(&self.long_readers);
        let answer = match Handle::try_current() {
            Ok(runtime) => runtime
                .spawn_blocking(move || readers.read(read))
                .await
                .map_err(StoreError::other)?,
            Err(_) => readers.read(read),
        };
        Ok(answer?)
    }
}

impl fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteStore")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl Store for SqliteStore {
    async fn load(&self, tenant: TenantId, wanted: &[Lookup]) -> Result<Vec<Option<Loaded<Record>>>, StoreError> {
        self.read(|conn| read::load(conn, tenant, wanted))
    }

    async fn list(&self, tenant: TenantId, query: &Query) -> Result<Page<Loaded<Record>>, StoreError> {
        query.check()?;
        let query = query.clone();
        let narrow = self.narrow;
        self.read_long(move |conn| list::list(conn, tenant, &query, narrow))
            .await
    }

    async fn principal_by_session(
        &self,
        tenant: TenantId,
        token: &TokenHash,
    ) -> Result<Option<PrincipalRecords>, StoreError> {
        let principal = |conn: &_, known: &mut _| read::principal(conn, known, read::BY_SESSION, tenant, token);
        Ok(self.readers.read_known(principal)?)
    }

    async fn principal_by_api_key(
        &self,
        tenant: TenantId,
        token: &TokenHash,
    ) -> Result<Option<PrincipalRecords<ApiKey>>, StoreError> {
        let principal = |conn: &_, known: &mut _| read::principal(conn, known, read::BY_API_KEY, tenant, token);
        Ok(self.readers.read_known(principal)?)
    }

    async fn counter(&self, tenant: TenantId, counter: Counter) -> Result<i64, StoreError> {
        self.read(|conn| commit::value(conn, tenant, counter))
    }

    async fn due(
        &self,
        tenant: Option<TenantId>,
        as_of: Timestamp,
        after: Option<DueItem>,
        limit: u32,
    ) -> Result<Vec<DueItem>, StoreError> {
        self.read_long(move |conn| read::due(conn, tenant, as_of, after, limit))
            .await
    }

    async fn lease_mail(
        &self,
        now: Timestamp,
        until: Timestamp,
        limit: u32,
    ) -> Result<Vec<(TenantId, Loaded<QueuedMail>)>, StoreError> {
        let leased = self.writer.write(move |conn| mail::lease(conn, now, until, limit));
        Ok(leased.await?)
    }

    async fn mail_backlog(&self) -> Result<MailBacklog, StoreError> {
        self.read_long(mail::backlog).await
    }

    async fn feed(&self, tenant: TenantId, after: FeedPosition, limit: u32) -> Result<Vec<FeedEntry>, StoreError> {
        self.read_long(move |conn| read::feed(conn, tenant, after, limit)).await
    }

    async fn events_about(
        &self,
        tenant: TenantId,
        subject: RecordId,
        before: Option<FeedPosition>,
        limit: u32,
    ) -> Result<Vec<FeedEntry>, StoreError> {
        self.read_long(move |conn| read::events_about(conn, tenant, subject, before, limit))
            .await
    }

    async fn commit(&self, commit: Commit) -> Result<Committed, CommitError> {
        let plan = Plan::new(commit)?;
        Ok(self.writer.write(move |conn| plan.write(conn)).await?)
    }
}
