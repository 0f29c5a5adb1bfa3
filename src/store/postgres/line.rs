//! Connections: how they are kept, shared, and made anew.

use std::collections::HashMap;
use std::future::Future;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{Mutex as AsyncMutex, MutexGuard};
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Row, Statement};

use super::dial::Dial;
use super::failure::Failure;

/// What is bound to the places of a statement.
pub(super) type Params<'a> = &'a [&'a (dyn ToSql + Sync)];

/// How many statements a connection keeps prepared. There are fewer, unless somebody lists by ever new filters.
const STATEMENTS: usize = 512;
/// How much longer than the server may take an answer may be on its way.
const GRACE: Duration = Duration::from_secs(5);

/// A connection with its prepared statements. Statements of several callers go through it one behind the other, none waiting
/// for the answers to those before it.
pub(super) struct Line {
    client: Client,
    statements: Mutex<HashMap<Box<str>, Statement>>,
    /// Not to be used again: a transaction is open on it, or an answer never came.
    spoilt: AtomicBool,
    patience: Duration,
}

impl Line {
    pub(super) fn new(client: Client, statement_timeout: Duration) -> Self {
        Self {
            client,
            statements: Mutex::default(),
            spoilt: AtomicBool::new(false),
            patience: statement_timeout.saturating_add(GRACE),
        }
    }

    /// The rows that a statement gives.
    pub(super) async fn rows(&self, sql: &str, params: Params<'_>) -> Result<Vec<Row>, Failure> {
        self.in_time(async {
            let statement = self.statement(sql).await?;
            tracing::trace!(target: "tenure::postgres", sql);
            Ok(self.client.query(&statement, params).await?)
        })
        .await
    }

    /// Several statements without places, in the simple protocol.
    pub(super) async fn batch(&self, sql: &str) -> Result<(), Failure> {
        self.in_time(async { Ok(self.client.batch_execute(sql).await?) }).await
    }

    /// Begins a transaction. Until it is [settled](Self::settle) the connection is of no use to others, and where the caller
    /// goes away before, it is closed: the transaction ends with it.
    pub(super) async fn begin(&self, sql: &str) -> Result<(), Failure> {
        self.spoil();
        self.batch(sql).await
    }

    /// Ends a transaction.
    pub(super) async fn settle(&self, sql: &str) -> Result<(), Failure> {
        self.batch(sql).await?;
        self.spoilt.store(false, Ordering::Release);
        Ok(())
    }

    /// Prepares a statement where this connection has not, so that what comes after is one round trip.
    pub(super) async fn ready(&self, sql: &str) -> Result<(), Failure> {
        self.in_time(async { self.statement(sql).await.map(drop) }).await
    }

    async fn statement(&self, sql: &str) -> Result<Statement, Failure> {
        if let Some(statement) = self.cached(sql) {
            return Ok(statement);
        }
        let statement = self.client.prepare(sql).await?;
        let mut statements = self.statements.lock().unwrap_or_else(PoisonError::into_inner);
        if statements.len() >= STATEMENTS {
            statements.clear();
        }
        statements.insert(sql.into(), statement.clone());
        Ok(statement)
    }

    fn cached(&self, sql: &str) -> Option<Statement> {
        let statements = self.statements.lock().unwrap_or_else(PoisonError::into_inner);
        statements.get(sql).cloned()
    }

    async fn in_time<T>(&self, answer: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
        let answer = tokio::time::timeout(self.patience, answer).await;
        answer.unwrap_or_else(|_| {
            self.spoil();
            Err(Failure::TimedOut)
        })
    }

    fn spoil(&self) {
        self.spoilt.store(true, Ordering::Release);
    }

    fn is_usable(&self) -> bool {
        !self.client.is_closed() && !self.spoilt.load(Ordering::Acquire)
    }
}

/// Some connections, each made when it is first wanted, and made anew after it was lost.
pub(super) struct Lines {
    dial: Dial,
    slots: Vec<AsyncMutex<Option<Arc<Line>>>>,
    next: AtomicUsize,
}

impl Lines {
    /// So many connections, the first of which may be there already.
    pub(super) fn new(dial: &Dial, count: usize, first: Option<Line>) -> Self {
        let mut first = first.map(Arc::new);
        Self {
            dial: dial.clone(),
            slots: (0..count.max(1)).map(|_| AsyncMutex::new(first.take())).collect(),
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
        let mut slot = self.turn()?.lock().await;
        self.fill(&mut slot).await
    }

    fn turn(&self) -> Result<&AsyncMutex<Option<Arc<Line>>>, Failure> {
        let turn = self.next.fetch_add(1, Ordering::Relaxed);
        let slot = turn
            .checked_rem(self.slots.len())
            .and_then(|place| self.slots.get(place));
        slot.ok_or(Failure::Setup("has no connections"))
    }

    /// A connection that nobody else uses meanwhile: the first that is free, so that no more are made than are needed, or
    /// else the one whose turn it is.
    pub(super) async fn own(&self) -> Result<Own<'_>, Failure> {
        let mut guard = match self.slots.iter().find_map(|slot| slot.try_lock().ok()) {
            Some(guard) => guard,
            None => self.turn()?.lock().await,
        };
        let line = self.fill(&mut guard).await?;
        Ok(Own { guard, line })
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
    guard: MutexGuard<'a, Option<Arc<Line>>>,
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
        if !self.line.is_usable() {
            *self.guard = None;
        }
    }
}
