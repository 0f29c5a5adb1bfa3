//! The shipped stores obey the contract, and so does the store of `examples/custom_store.rs`.

#![expect(clippy::expect_used, reason = "a store that cannot be opened fails its test")]

mod memory {
    use std::sync::Arc;

    use tenure::store::{MemoryStore, Store};

    async fn open() -> Arc<dyn Store> {
        Arc::new(MemoryStore::new())
    }

    tenure::conformance!(open);
}

mod sqlite {
    use std::sync::Arc;

    use tempfile::TempDir;
    use tenure::store::{SqliteStore, Store};

    async fn open() -> (Arc<dyn Store>, TempDir) {
        let folder = tempfile::tempdir().expect("a folder");
        let store = SqliteStore::open(folder.path().join("tenure.db")).expect("a new file");
        (Arc::new(store), folder)
    }

    tenure::conformance!(open);
}

/// On PostgreSQL in each way there is to come by a connection.
mod postgres {
    use std::sync::Arc;

    use tenure::store::postgres::PostgresOptions;
    use tenure::store::{MemoryStore, Store};
    use tenure::testing::postgres::{PostgresServer, TestDatabase};

    async fn opened(options: impl FnOnce(&str) -> PostgresOptions) -> (Arc<dyn Store>, Option<TestDatabase>) {
        let Some(server) = PostgresServer::shared() else {
            // Said to be skipped; the suite still wants a store.
            return (Arc::new(MemoryStore::new()), None);
        };
        let database = server.database();
        let store = options(&database.url()).open().await.expect("a new database");
        (Arc::new(store), Some(database))
    }

    fn own(url: &str) -> PostgresOptions {
        PostgresOptions::new(url).expect("the address of a database")
    }

    async fn open() -> (Arc<dyn Store>, Option<TestDatabase>) {
        opened(own).await
    }

    tenure::conformance!(open);

    /// Connections of a host's pool, which are taken for each call, and statements without names, each with the types of its
    /// values: both at once, because the suite takes its time.
    mod lent_and_unnamed {
        use deadpool_postgres::{Manager, Pool};
        use tokio_postgres::NoTls;

        use super::*;

        fn lent(url: &str) -> PostgresOptions {
            let manager = Manager::new(url.parse().expect("the address of a database"), NoTls);
            let pool = Pool::builder(manager).max_size(4).build();
            PostgresOptions::lent(pool.expect("a pool")).behind_pooler(true)
        }

        async fn open() -> (Arc<dyn Store>, Option<TestDatabase>) {
            opened(lent).await
        }

        tenure::conformance!(open);
    }
}

/// The store of `examples/custom_store.rs`, which was written from the documentation of the contract alone.
mod custom {
    use std::sync::Arc;

    use tempfile::TempDir;
    use tenure::store::Store;

    use crate::custom_store::LogStore;

    async fn open() -> (Arc<dyn Store>, TempDir) {
        let folder = tempfile::tempdir().expect("a folder");
        let store = LogStore::open(folder.path().join("tenure.log")).expect("a new file");
        (Arc::new(store), folder)
    }

    tenure::conformance!(open);
}

#[path = "../examples/custom_store.rs"]
#[expect(dead_code, unreachable_pub, reason = "an example, whose `main` is run by itself")]
mod custom_store;
