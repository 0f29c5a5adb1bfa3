//! The shipped stores obey the contract.

mod memory {
    use std::sync::Arc;

    use tenure::store::{MemoryStore, Store};

    async fn open() -> Arc<dyn Store> {
        Arc::new(MemoryStore::new())
    }

    tenure::conformance!(open);
}
