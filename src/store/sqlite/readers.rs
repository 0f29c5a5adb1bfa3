//! The connections that read.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};

use rusqlite::Connection;

use super::failure::Failure;

/// A few read-only connections. Whoever reads takes a free one, or waits for the one it came to first.
pub(super) struct Readers {
    connections: Vec<Mutex<Connection>>,
    next: AtomicUsize,
}

impl Readers {
    pub(super) fn new(connections: Vec<Connection>) -> Self {
        Self {
            connections: connections.into_iter().map(Mutex::new).collect(),
            next: AtomicUsize::new(0),
        }
    }

    pub(super) fn read<T>(&self, read: impl FnOnce(&Connection) -> Result<T, Failure>) -> Result<T, Failure> {
        let conn = self.take().ok_or(Failure::Setup("has no connection to read with"))?;
        read(&conn)
    }

    fn take(&self) -> Option<MutexGuard<'_, Connection>> {
        let count = self.connections.len();
        let start = self.next.fetch_add(1, Ordering::Relaxed);
        let in_turn = |step: usize| self.connections.get(start.wrapping_add(step).checked_rem(count)?);
        // A reader that panicked has rolled its transaction back on the way out: its connection is as good as before.
        for step in 0..count {
            match in_turn(step)?.try_lock() {
                Ok(conn) => return Some(conn),
                Err(TryLockError::Poisoned(poisoned)) => return Some(poisoned.into_inner()),
                Err(TryLockError::WouldBlock) => {}
            }
        }
        Some(in_turn(0)?.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Every connection, one after the other.
    #[cfg(test)]
    pub(super) fn each(&self, mut visit: impl FnMut(&mut Connection)) {
        for connection in &self.connections {
            visit(&mut connection.lock().unwrap());
        }
    }
}
