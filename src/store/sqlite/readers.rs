//! The connections that read.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};

use rusqlite::Connection;

use super::failure::Failure;
use super::known::Known;

/// A few read-only connections. Whoever reads takes a free one, or waits for the one it came to first.
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

    fn take(&self) -> Option<MutexGuard<'_, Reader>> {
        let count = self.readers.len();
        let start = self.next.fetch_add(1, Ordering::Relaxed);
        let in_turn = |step: usize| self.readers.get(start.wrapping_add(step).checked_rem(count)?);
        // A reader that panicked has rolled its transaction back on the way out: its connection is as good as before.
        for step in 0..count {
            match in_turn(step)?.try_lock() {
                Ok(reader) => return Some(reader),
                Err(TryLockError::Poisoned(poisoned)) => return Some(poisoned.into_inner()),
                Err(TryLockError::WouldBlock) => {}
            }
        }
        Some(in_turn(0)?.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Every connection, one after the other.
    #[cfg(test)]
    pub(super) fn each(&self, mut visit: impl FnMut(&mut Connection)) {
        for reader in &self.readers {
            visit(&mut reader.lock().unwrap().conn);
        }
    }
}
