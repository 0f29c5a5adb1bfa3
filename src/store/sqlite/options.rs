//! How a file is opened.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use super::failure::{Failure, kind_of};
use super::{SqliteStore, schema, search, sets};
use crate::store::{StoreError, StoreErrorKind};

/// The oldest SQLite with all that the statements use: `STRICT` tables, `RETURNING`, JSON always there.
const OLDEST_SQLITE: i32 = 3_038_000;
/// How many statements each connection keeps prepared. There are about 150 in all.
const STATEMENTS: usize = 256;
/// How long to wait between two attempts to open a file that somebody else is just making.
const PAUSE: Duration = Duration::from_millis(10);

/// How to open a [`SqliteStore`].
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// use tenure::store::sqlite::{SqliteOptions, Synchronous};
///
/// let store = SqliteOptions::new(folder.path().join("back_office.db"))
///     .synchronous(Synchronous::Normal)
///     .readers(4)
///     .open()?;
/// # drop(store);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct SqliteOptions {
    path: PathBuf,
    synchronous: Synchronous,
    readers: usize,
    busy_timeout: Duration,
    memory_map: u64,
}

/// When a commit counts as written. Closed: SQLite's other levels lose more than a commit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Synchronous {
    /// When the disk has it. What was acknowledged survives a power cut (law 1).
    #[default]
    Full,
    /// When the operating system has it. What was acknowledged survives the end of the program; a power cut may take the
    /// last commits, whole, and leaves the file sound. Ten times faster on a slow disk, and a weaker promise than law 1.
    Normal,
}

impl SqliteOptions {
    /// A file, with everything as it is by default: [`Synchronous::Full`], two readers, a busy time-out of five seconds, no memory
    /// map.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            synchronous: Synchronous::Full,
            readers: 2,
            busy_timeout: Duration::from_secs(5),
            memory_map: 0,
        }
    }

    /// When a commit counts as written.
    pub fn synchronous(self, synchronous: Synchronous) -> Self {
        Self { synchronous, ..self }
    }

    /// How many connections serve the short reads; as many again serve the long ones. At least one; as many as there are
    /// cores is plenty.
    pub fn readers(self, readers: usize) -> Self {
        let readers = readers.max(1);
        Self { readers, ..self }
    }

    /// How long to wait, in all, while another process writes; then the call fails as
    /// [`Transient`](crate::store::StoreErrorKind::Transient).
    pub fn busy_timeout(self, busy_timeout: Duration) -> Self {
        Self { busy_timeout, ..self }
    }

    /// Up to so many bytes of the file are read as memory (`PRAGMA mmap_size`), without a call to the operating system for each
    /// page. Worth it for files of gigabytes that fit into the machine's memory: searches that go through much take up to half
    /// the time less. None by default, because a disk that fails to read, or a program that truncates the file, then ends the whole process
    /// with a signal (`SIGBUS`) where a call would fail. SQLite has a limit of its own, 2 GiB unless it was built with another.
    pub fn memory_map(self, bytes: u64) -> Self {
        Self {
            memory_map: bytes,
            ..self
        }
    }

    /// Opens the file, or makes it, and brings its tables to the version of this release. Blocks while it does.
    ///
    /// # Errors
    /// [`NewerSchema`](crate::store::StoreErrorKind::NewerSchema) where a newer release made the tables,
    /// [`Corrupt`](crate::store::StoreErrorKind::Corrupt) where the file is no database,
    /// [`Transient`](crate::store::StoreErrorKind::Transient) where another process kept it busy,
    /// [`Unsupported`](crate::store::StoreErrorKind::Unsupported) where SQLite was built without FTS5, which search needs, and
    /// [`Other`](crate::store::StoreErrorKind::Other) where it cannot be opened, read or written.
    pub fn open(&self) -> Result<SqliteStore, StoreError> {
        let writer = self.writer()?;
        let readers = self.some_readers()?;
        let long_readers = self.some_readers()?;
        SqliteStore::start(self.path.clone(), writer, readers, long_readers)
    }

    /// Brings the tables to the version of this release and opens nothing: for a step of a deployment.
    /// [`open`](Self::open) does so too.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn migrate(&self) -> Result<(), StoreError> {
        self.writer().map(drop)
    }

    /// The connection that writes, with the tables up to date.
    fn writer(&self) -> Result<Connection, StoreError> {
        if rusqlite::version_number() < OLDEST_SQLITE {
            return Err(Failure::Setup("needs SQLite 3.38 or newer").into());
        }
        if self.path.as_os_str().is_empty() || self.path == Path::new(":memory:") {
            return Err(Failure::Setup("needs a file: its connections cannot share one in memory").into());
        }
        Ok(self.ready_writer()?)
    }

    fn ready_writer(&self) -> Result<Connection, Failure> {
        let conn = self.connect(OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE)?;
        self.switch_to_wal(&conn)?;
        let synchronous = match self.synchronous {
            Synchronous::Full => "FULL",
            Synchronous::Normal => "NORMAL",
        };
        conn.execute_batch(&format!(
            "PRAGMA synchronous = {synchronous}; PRAGMA foreign_keys = ON; PRAGMA journal_size_limit = 67108864; PRAGMA cache_size = -16384"
        ))?;
        search::check(&conn)?;
        schema::migrate(&conn)?;
        Ok(conn)
    }

    /// Changing a new file to WAL fails at once where another process is about to, without the usual wait: so wait here.
    fn switch_to_wal(&self, conn: &Connection) -> Result<(), Failure> {
        conn.busy_timeout(PAUSE)?;
        let mut attempts = self.busy_timeout.as_millis() / PAUSE.as_millis();
        let mode: String = loop {
            match conn.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0)) {
                Err(error) if attempts > 0 && kind_of(&error) == StoreErrorKind::Transient => {
                    attempts -= 1;
                    std::thread::sleep(PAUSE);
                }
                other => break other?,
            }
        };
        conn.busy_timeout(self.busy_timeout)?;
        if mode.eq_ignore_ascii_case("wal") {
            Ok(())
        } else {
            Err(Failure::Setup(
                "needs write-ahead logging, which this file does not take",
            ))
        }
    }

    fn some_readers(&self) -> Result<Vec<Connection>, StoreError> {
        let reader = |_| {
            let conn = self.connect(OpenFlags::SQLITE_OPEN_READ_ONLY)?;
            let memory_map = i64::try_from(self.memory_map).unwrap_or(i64::MAX);
            conn.execute_batch(&format!("PRAGMA query_only = ON; PRAGMA mmap_size = {memory_map}"))?;
            Ok(conn)
        };
        (0..self.readers)
            .map(reader)
            .collect::<Result<_, Failure>>()
            .map_err(StoreError::from)
    }

    fn connect(&self, flags: OpenFlags) -> Result<Connection, Failure> {
        // One thread at a time uses a connection; a mutex of SQLite's own would only cost.
        let conn = Connection::open_with_flags(&self.path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
        conn.busy_timeout(self.busy_timeout)?;
        conn.set_prepared_statement_cache_capacity(STATEMENTS);
        conn.execute_batch("PRAGMA cache_size = -8192")?;
        search::register(&conn)?;
        sets::register(&conn)?;
        Ok(conn)
    }
}
