//! Connections: how they are kept, shared, and made anew.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::{Mutex as AsyncMutex, MutexGuard};
use tokio_postgres::Row;

use super::dial::Dial;
use super::failure::Failure;
use super::link::Line;
use super::param::Params;

/// The place of a connection.
struct Slot {
    line: AsyncMutex<Option<Arc<Line>>>,
    /// How many share it at this moment.
    busy: AtomicUsize,
}

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
            slots: (0..count).map(|_| Slot::with(first.take())).collect(),
            next: AtomicUsize::new(0),
        }
    }

    /// The rows that a statement gives, through a connection shared with others. A read that loses its connection is sent
    /// once more, through a new one.
    pub(super) async fn read(&self, sql: &str, params: Params<'_>) -> Result<Vec<Row>, Failure> {
        match self.read_once(sql, params).await {
            Err(failure) if failure.is_lost() => self.read_once(sql, params).await,
            answer => answer,
        }
    }

    async fn read_once(&self, sql: &str, params: Params<'_>) -> Result<Vec<Row>, Failure> {
        // The first of those that are least busy: one caller at a time stays with one connection, whose server process has
        // all in its caches.
        let Some(slot) = self.slots.iter().min_by_key(|slot| slot.busy.load(Ordering::Relaxed)) else {
            return self.dial.connect().await?.rows(sql, params).await;
        };
        let _busy = Busy::on(slot);
        let line = self.fill(&mut *slot.line.lock().await).await?;
        line.rows(sql, params).await
    }

    fn turn(&self) -> Option<&Slot> {
        let turn = self.next.fetch_add(1, Ordering::Relaxed);
        self.slots.get(turn.checked_rem(self.slots.len())?)
    }

    /// A connection that nobody else uses meanwhile: the first that is free, so that no more are made than are needed, or
    /// else the one whose turn it is.
    pub(super) async fn own(&self) -> Result<Own<'_>, Failure> {
        let free = self.slots.iter().find_map(|slot| slot.line.try_lock().ok());
        let mut slot = match (free, self.turn()) {
            (Some(slot), _) => Some(slot),
            (None, Some(slot)) => Some(slot.line.lock().await),
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

impl Slot {
    fn with(line: Option<Arc<Line>>) -> Self {
        Self {
            line: AsyncMutex::new(line),
            busy: AtomicUsize::new(0),
        }
    }
}

/// One of those who share a connection, while they do.
struct Busy<'a>(&'a AtomicUsize);

impl<'a> Busy<'a> {
    fn on(slot: &'a Slot) -> Self {
        slot.busy.fetch_add(1, Ordering::Relaxed);
        Self(&slot.busy)
    }
}

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
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
