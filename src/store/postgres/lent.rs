//! Connections that a host lends.

use std::error::Error as StdError;

use async_trait::async_trait;
use tokio_postgres::{Client, Error, Statement};

/// Where a host's own connections come from: its pool. [`PostgresOptions::lent`](super::PostgresOptions::lent) takes one.
///
/// With feature `postgres-deadpool`, `deadpool_postgres::Pool` is one.
///
/// Every call of the store takes a connection, and has given it back when it returns. Nothing of a session is changed, so
/// its settings are the host's to choose, and two have to be right, or opening fails: transactions run under READ COMMITTED
/// by default, and `synchronous_commit` is not off.
#[async_trait]
pub trait Connections: Send + Sync {
    /// A connection that nobody else uses until it is dropped, with no transaction open. Dropping it gives it back.
    ///
    /// # Errors
    /// Whatever there is: where a [`tokio_postgres::Error`] is among the sources, that decides the kind of failure, else it
    /// is [`Transient`](crate::store::StoreErrorKind::Transient).
    async fn get(&self) -> Result<Box<dyn Connection>, Box<dyn StdError + Send + Sync>>;
}

/// A connection that a host lends for a call.
#[async_trait]
pub trait Connection: Send + Sync {
    /// The connection.
    fn client(&self) -> &Client;

    /// A statement that is prepared on this connection. The same few are asked for again and again, so keep them with the
    /// connection.
    ///
    /// # Errors
    /// What [`Client::prepare`] fails with.
    async fn prepare(&self, sql: &str) -> Result<Statement, Error>;

    /// Closes the connection, and does not give it back: it was lost, or a transaction is open on it.
    fn close(self: Box<Self>);
}
