//! The shipped stores obey the contract.

mod memory {
    use std::sync::Arc;

    use tenure::store::{MemoryStore, Store};

    async fn open() -> Arc<dyn Store> {
        Arc::new(MemoryStore::new())
    }

    tenure::conformance!(open);
}

#[path = "../examples/custom_store.rs"]
#[expect(dead_code, reason = "its `main` is for `cargo run --example custom_store`")]
mod custom_store;

mod custom {
    use std::sync::Arc;

    use tempfile::TempDir;
    use tenure::store::Store;

    use crate::custom_store::LogStore;

    async fn open() -> (Arc<dyn Store>, TempDir) {
        let folder = tempfile::tempdir().expect("a folder");
        let store = LogStore::open(folder.path().join("log")).expect("an empty log");
        (Arc::new(store), folder)
    }

    tenure::conformance!(open);
}
