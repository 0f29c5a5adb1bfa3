//! Connections: how they are kept, shared, and made anew.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::{Mutex as AsyncMutex, MutexGuard};
use tokio_postgres::Row;

use super::dial::Dial;
use super::failure::Failure;
use super::link::Line;
use super::param::Params;

type Slot = AsyncMutex<Option<Arc<Line>>>;

/// Some connections, each made when it is first wanted, and made anew after it was lost. Of those that a host lends none is
/// kept: every call takes one and gives it back.
pub(super) struct Lines {
    dial: Dial,
    slots: Vec<Slot>,
    next: AtomicUsize,
}

impl Lines {
    /// So many connections, the first of which may be there already.
    pub(super) fn new(dial: &Dial, count: usize, first: Option<Line>) -> Self {
        let count = if dial.lends() { 0 } else { count.max(1) };
        let mut first = first.map(Arc::new);
        Self {
            dial: dial.clone(),
            slots: (0..count).map(|_| AsyncMutex::new(first.take())).collect(),
            next: AtomicUsize::new(0),
        }
    }

    /// The rows that a statement gives, through a connection shared with others. A read that loses its connection is sent
    /// once more, through a new one.
    pub(super) async fn read(&self, sql: &str, params: Params<'_>) -> Result<Vec<Row>, Failure> {
        match self.shared().await?.rows(sql, params).await {
            Err(failure) if failure.is_lost() => self.shared().await?.rows(sql, params).await,
            answer => answer,
        }
    }

    async fn shared(&self) -> Result<Arc<Line>, Failure> {
        match self.turn() {
            Some(slot) => self.fill(&mut *slot.lock().await).await,
            None => self.dial.connect().await.map(Arc::new),
        }
    }

    fn turn(&self) -> Option<&Slot> {
        let turn = self.next.fetch_add(1, Ordering::Relaxed);
        self.slots.get(turn.checked_rem(self.slots.len())?)
    }

    /// A connection that nobody else uses meanwhile: the first that is free, so that no more are made than are needed, or
    /// else the one whose turn it is.
    pub(super) async fn own(&self) -> Result<Own<'_>, Failure> {
        let free = self.slots.iter().find_map(|slot| slot.try_lock().ok());
        let mut slot = match (free, self.turn()) {
            (Some(slot), _) => Some(slot),
            (None, Some(slot)) => Some(slot.lock().await),
            (None, None) => None,
        };
        let line = match &mut slot {
            Some(slot) => self.fill(slot).await?,
            None => Arc::new(self.dial.connect().await?),
        };
        Ok(Own { slot, line })
    }

    async fn fill(&self, slot: &mut Option<Arc<Line>>) -> Result<Arc<Line>, Failure> {
        if let Some(line) = slot
            && line.is_usable()
        {
            return Ok(Arc::clone(line));
        }
        let line = Arc::new(self.dial.connect().await?);
        *slot = Some(Arc::clone(&line));
        Ok(line)
    }
}

/// A connection in the hands of one caller.
pub(super) struct Own<'a> {
    slot: Option<MutexGuard<'a, Option<Arc<Line>>>>,
    pub(super) line: Arc<Line>,
}

impl Own<'_> {
    /// Closes the connection: who knows what state it is in.
    pub(super) fn give_up(self) {
        self.line.spoil();
    }
}

impl Drop for Own<'_> {
    fn drop(&mut self) {
        if let Some(slot) = &mut self.slot
            && !self.line.is_usable()
        {
            **slot = None;
        }
    }
}
