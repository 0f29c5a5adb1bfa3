//! A comparison with the memory store, over many random commits: the same that the SQLite store is put through.

use std::sync::Arc;

use super::PostgresStore;
use crate::store::sqlite::tests::twins::live_alike;
use crate::testing::postgres::PostgresServer;

#[tokio::test(flavor = "multi_thread")]
async fn this_store_and_the_memory_store_answer_alike() {
    let Some(server) = PostgresServer::shared() else { return };
    let mut written = 0;
    for seed in 0..2 {
        let database = server.database();
        let store = PostgresStore::connect(&database.url()).await.unwrap();
        written += live_alike(Arc::new(store), seed, 400).await;
    }
    assert!(written > 200, "much of it is refused, but not all: {written}");
}
