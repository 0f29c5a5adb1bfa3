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

mod postgres {
    use std::sync::Arc;

    use tenure::store::{MemoryStore, PostgresStore, Store};
    use tenure::testing::postgres::{PostgresServer, TestDatabase};

    async fn open() -> (Arc<dyn Store>, Option<TestDatabase>) {
        let Some(server) = PostgresServer::shared() else {
            // Said to be skipped; the suite still wants a store.
            return (Arc::new(MemoryStore::new()), None);
        };
        let database = server.database();
        let store = PostgresStore::connect(&database.url()).await.expect("a new database");
        (Arc::new(store), Some(database))
    }

    tenure::conformance!(open);
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
