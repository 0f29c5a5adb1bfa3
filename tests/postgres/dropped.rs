//! Calls that are given up midway: what they began does not stay on the connection.

use std::time::Duration;

use tenure::clock::Timestamp;
use tenure::store::postgres::PostgresOptions;
use tenure::store::{PostgresStore, Store};

use crate::{added, adding, client, has, open};

/// Leases mail while the queue is locked, and goes away before there is an answer.
pub(crate) async fn drop_a_lease(url: &str, store: &PostgresStore) {
    let host = client(url).await;
    host.batch_execute("BEGIN; LOCK TABLE tenure_mail").await.unwrap();
    let lease = store.lease_mail(Timestamp::EPOCH, Timestamp::EPOCH, 10);
    let given_up = tokio::time::timeout(Duration::from_millis(300), lease).await;
    assert!(given_up.is_err(), "the queue is locked");
    host.batch_execute("ROLLBACK").await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn d5_a_commit_after_a_dropped_lease_stands() {
    let (_, database) = crate::database!();
    let options = PostgresOptions::new(&database.url()).unwrap().writers(1);
    let store = options.open().await.unwrap();
    drop_a_lease(&database.url(), &store).await;
    assert_eq!(store.commit(adding(1)).await.unwrap(), added());
    assert!(has(&open(&database.url()).await, 1).await, "others see it");
}
