//! A pool of `deadpool-postgres`.

use std::error::Error as StdError;

use async_trait::async_trait;
use deadpool_postgres::{Object, Pool};
use tokio_postgres::{Client, Error, Statement};

use super::lent::{Connection, Connections};

#[async_trait]
impl Connections for Pool {
    async fn get(&self) -> Result<Box<dyn Connection>, Box<dyn StdError + Send + Sync>> {
        Ok(Box::new(Self::get(self).await?))
    }
}

#[async_trait]
impl Connection for Object {
    fn client(&self) -> &Client {
        self
    }

    async fn prepare(&self, sql: &str) -> Result<Statement, Error> {
        self.prepare_cached(sql).await
    }

    fn close(self: Box<Self>) {
        drop(Self::take(*self));
    }
}
