//! A connection, and what is said on it.

use std::collections::HashMap;
use std::future::Future;
use std::mem;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Row, Statement};

use super::failure::Failure;
use super::lent::Connection;
use super::param::Params;

/// How many statements a connection keeps prepared. There are fewer, unless somebody lists by ever new filters.
const STATEMENTS: usize = 512;
/// How much longer than the server may take an answer may be on its way.
const GRACE: Duration = Duration::from_secs(5);

/// A connection with its prepared statements. Statements of several callers go through it one behind the other, none waiting
/// for the answers to those before it.
pub(super) struct Line {
    link: Link,
    /// Not to be used again: a transaction is open on it, or an answer never came.
    spoilt: AtomicBool,
    /// Whether statements are prepared. Behind a pooler the next one may run on another connection, where they are not.
    prepares: bool,
    patience: Duration,
}

enum Link {
    Own(Client, Mutex<HashMap<Box<str>, Statement>>),
    Lent(Box<dyn Connection>),
    GivenBack,
}

impl Line {
    pub(super) fn own(client: Client, prepares: bool, statement_timeout: Duration) -> Self {
        Self::new(Link::Own(client, Mutex::default()), prepares, statement_timeout)
    }

    pub(super) fn lent(connection: Box<dyn Connection>, prepares: bool, statement_timeout: Duration) -> Self {
        Self::new(Link::Lent(connection), prepares, statement_timeout)
    }

    fn new(link: Link, prepares: bool, statement_timeout: Duration) -> Self {
        Self {
            link,
            spoilt: AtomicBool::new(false),
            prepares,
            patience: statement_timeout.saturating_add(GRACE),
        }
    }

    /// The rows that a statement gives.
    pub(super) async fn rows(&self, sql: &str, params: Params<'_>) -> Result<Vec<Row>, Failure> {
        self.in_time(async {
            if !self.prepares {
                tracing::trace!(target: "tenure::postgres", sql);
                let params: Vec<(&(dyn ToSql + Sync), Type)> =
                    params.iter().map(|param| (*param as _, param.ty())).collect();
                return Ok(self.link.client()?.query_typed(sql, &params).await?);
            }
            let statement = self.link.statement(sql).await?;
            tracing::trace!(target: "tenure::postgres", sql);
            let params: Vec<&(dyn ToSql + Sync)> = params.iter().map(|param| *param as _).collect();
            Ok(self.link.client()?.query(&statement, &params).await?)
        })
        .await
    }

    /// Several statements without places, in the simple protocol.
    pub(super) async fn batch(&self, sql: &str) -> Result<(), Failure> {
        self.in_time(async { Ok(self.link.client()?.batch_execute(sql).await?) })
            .await
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
        if !self.prepares {
            return Ok(());
        }
        self.in_time(async { self.link.statement(sql).await.map(drop) }).await
    }

    async fn in_time<T>(&self, answer: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
        let answer = tokio::time::timeout(self.patience, answer).await;
        let answer = answer.unwrap_or(Err(Failure::TimedOut));
        if answer.as_ref().is_err_and(Failure::is_lost) {
            self.spoil();
        }
        answer
    }

    /// Sees to it that nobody uses the connection again.
    pub(super) fn spoil(&self) {
        self.spoilt.store(true, Ordering::Release);
    }

    pub(super) fn is_usable(&self) -> bool {
        let open = self.link.client().is_ok_and(|client| !client.is_closed());
        open && !self.spoilt.load(Ordering::Acquire)
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        let usable = self.is_usable();
        if let Link::Lent(connection) = mem::replace(&mut self.link, Link::GivenBack)
            && !usable
        {
            connection.close();
        }
    }
}

impl Link {
    fn client(&self) -> Result<&Client, Failure> {
        match self {
            Self::Own(client, _) => Ok(client),
            Self::Lent(connection) => Ok(connection.client()),
            Self::GivenBack => Err(Failure::Setup("the connection was given back")),
        }
    }

    async fn statement(&self, sql: &str) -> Result<Statement, Failure> {
        let (client, statements) = match self {
            Self::Own(client, statements) => (client, statements),
            Self::Lent(connection) => return Ok(connection.prepare(sql).await?),
            Self::GivenBack => return Err(Failure::Setup("the connection was given back")),
        };
        let prepared = statements
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(sql)
            .cloned();
        if let Some(statement) = prepared {
            return Ok(statement);
        }
        let statement = client.prepare(sql).await?;
        let mut statements = statements.lock().unwrap_or_else(PoisonError::into_inner);
        if statements.len() >= STATEMENTS {
            statements.clear();
        }
        statements.insert(sql.into(), statement.clone());
        Ok(statement)
    }
}
