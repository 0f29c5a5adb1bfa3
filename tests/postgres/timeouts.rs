//! Whoever does not answer is not waited for for ever.

use std::time::{Duration, Instant};

use tenure::clock::Timestamp;
use tenure::store::postgres::PostgresOptions;
use tenure::store::{Store, StoreErrorKind};
use tenure::testing::postgres::TestDatabase;

use crate::pool::pool;
use crate::proxy::Proxy;
use crate::{added, adding, client, database, has, kind_of};

const SHORT: Duration = Duration::from_millis(200);

fn impatient(url: &str) -> PostgresOptions {
    let options = PostgresOptions::new(url).unwrap().statement_timeout(SHORT);
    options.readers(1).writers(1)
}

#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "measures how long it waits")]
async fn connecting_ends_when_its_time_is_over() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let url = format!("host=127.0.0.1 port={port} user=tenure");
    let begun = Instant::now();
    let silent = PostgresOptions::new(&url).unwrap().connect_timeout(SHORT);
    assert_eq!(silent.open().await.unwrap_err().kind(), StoreErrorKind::Transient);
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn waiting_for_a_lent_connection_ends_when_its_time_is_over() {
    let (_, database) = database!();
    let pool = pool(&database.url(), 1);
    let options = PostgresOptions::lent(pool.clone()).connect_timeout(SHORT);
    let store = options.open().await.unwrap();
    let taken = pool.get().await.unwrap();
    assert_eq!(
        kind_of(&store.commit(adding(1)).await.unwrap_err()),
        Some(StoreErrorKind::Transient)
    );
    drop(taken);
    assert_eq!(store.commit(adding(1)).await.unwrap(), added());
}

/// A line on which nothing comes any more, and which nobody closes: neither side hears of it.
#[tokio::test(flavor = "multi_thread")]
async fn a_line_that_falls_silent_is_given_up_and_made_anew() {
    let (server, database) = database!();
    let proxy = Proxy::start(server).await;
    let store = impatient(&proxy.url(&database.url())).open().await.unwrap();
    store.commit(adding(1)).await.unwrap();
    assert!(has(&store, 1).await);

    proxy.hold_after(0);
    let (read, written) = tokio::join!(
        // Asked again on a new line, which is as silent.
        tokio::time::timeout(Duration::from_secs(7), has(&store, 1)),
        store.commit(adding(2)),
    );
    read.unwrap_err();
    assert_eq!(kind_of(&written.unwrap_err()), Some(StoreErrorKind::UnknownOutcome));
    proxy.mend();
    assert!(has(&store, 1).await);
    assert_eq!(store.commit(adding(2)).await.unwrap(), added());
}

/// How many connections of a database have a transaction open in which nothing happens.
async fn idle_in_transaction(database: &TestDatabase) -> i64 {
    let sql = "SELECT count(*) FROM pg_stat_activity
        WHERE datname = current_database() AND state = 'idle in transaction'";
    let host = client(&database.url()).await;
    host.query_one(sql, &[]).await.unwrap().get(0)
}

#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::disallowed_methods, reason = "measures how long it waits")]
async fn the_server_ends_a_transaction_whose_client_fell_silent() {
    let (server, database) = database!();
    let proxy = Proxy::start(server).await;
    let store = impatient(&proxy.url(&database.url())).open().await.unwrap();
    let lease = || store.lease_mail(Timestamp::EPOCH, Timestamp::EPOCH, 10);
    lease().await.unwrap();
    // BEGIN and its two answers; then the answers to the question for mail are held back.
    proxy.hold_after(6);
    let watch = async {
        while idle_in_transaction(&database).await == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let begun = Instant::now();
        while idle_in_transaction(&database).await > 0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        begun.elapsed()
    };
    tokio::select! {
        took = watch => assert!(took < Duration::from_secs(4), "{took:?}"),
        _ = lease() => panic!("the client gave up first"),
    }
}
