//! The connections that read.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};

use rusqlite::Connection;

use super::failure::Failure;
use super::known::Known;

/// A few read-only connections.
pub(super) struct Readers {
    readers: Vec<Mutex<Reader>>,
    next: AtomicUsize,
}

/// A connection, and what was read with it.
struct Reader {
    conn: Connection,
    known: Known,
}

impl Readers {
    pub(super) fn new(connections: Vec<Connection>) -> Self {
        let reader = |conn| {
            Mutex::new(Reader {
                conn,
                known: Known::default(),
            })
        };
        Self {
            readers: connections.into_iter().map(reader).collect(),
            next: AtomicUsize::new(0),
        }
    }

    pub(super) fn read<T>(&self, read: impl FnOnce(&Connection) -> Result<T, Failure>) -> Result<T, Failure> {
        self.read_known(|conn, _| read(conn))
    }

    /// Reads with the help of what was read lately.
    pub(super) fn read_known<T>(
        &self,
        read: impl FnOnce(&Connection, &mut Known) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let mut reader = self.take().ok_or(Failure::Setup("has no connection to read with"))?;
        let Reader { conn, known } = &mut *reader;
        read(conn, known)
    }

    /// The first that is free, so that few requests are served by one connection, whose pages are at hand. If none is, each
    /// waits for another.
    fn take(&self) -> Option<MutexGuard<'_, Reader>> {
        // A reader that panicked has rolled its transaction back on the way out: its connection is as good as before.
        for reader in &self.readers {
            match reader.try_lock() {
                Ok(reader) => return Some(reader),
                Err(TryLockError::Poisoned(poisoned)) => return Some(poisoned.into_inner()),
                Err(TryLockError::WouldBlock) => {}
            }
        }
        let turn = self.next.fetch_add(1, Ordering::Relaxed);
        let reader = self.readers.get(turn.checked_rem(self.readers.len())?)?;
        Some(reader.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Every connection, one after the other.
    #[cfg(test)]
    pub(super) fn each(&self, mut visit: impl FnMut(&mut Connection)) {
        for reader in &self.readers {
            visit(&mut reader.lock().unwrap().conn);
        }
    }
}
