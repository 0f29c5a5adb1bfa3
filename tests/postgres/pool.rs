//! Connections that a host lends.

use std::collections::HashMap;
use std::error::Error;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use deadpool_postgres::{Manager, ManagerConfig, Pool, RecyclingMethod};
use tenure::clock::Timestamp;
use tenure::model::RecordKind;
use tenure::secret::TokenHash;
use tenure::store::postgres::{Connection, Connections, PostgresOptions};
use tenure::store::{Counter, FeedPosition, Lookup, PostgresStore, Query, Store, StoreErrorKind};
use tokio_postgres::{Client, NoTls, Statement};

use crate::dropped::drop_a_lease;
use crate::proxy::Proxy;
use crate::{TENANT, added, adding, client, database, has, open, role};

pub(crate) fn pool(url: &str, size: usize) -> Pool {
    let recycling_method = RecyclingMethod::Fast;
    let manager = Manager::from_config(url.parse().unwrap(), NoTls, ManagerConfig { recycling_method });
    Pool::builder(manager).max_size(size).build().unwrap()
}

async fn over(pool: &Pool) -> PostgresStore {
    PostgresOptions::lent(pool.clone()).open().await.unwrap()
}

fn held(pool: &Pool) -> usize {
    let status = pool.status();
    status.size - status.available
}

/// Every kind of call of a store, one after the other.
pub(crate) async fn call_everything(store: &PostgresStore, number: u128, mut after: impl FnMut(&str)) {
    store.commit(adding(number)).await.unwrap();
    after("commit");
    let keys = [role(1).id.into(), Lookup::from(role(2).id)];
    store.load(TENANT, &keys[..1]).await.unwrap();
    after("load one");
    store.load(TENANT, &keys).await.unwrap();
    after("load");
    let listing = Query::new(RecordKind::Role, Timestamp::EPOCH).count_up_to(100);
    store.list(TENANT, &listing).await.unwrap();
    after("list");
    store
        .principal_by_session(TENANT, &TokenHash::from_bytes([7; 32]))
        .await
        .unwrap();
    after("authenticate");
    store.counter(TENANT, Counter::Seats).await.unwrap();
    after("counter");
    store.due(None, Timestamp::EPOCH, None, 10).await.unwrap();
    after("due");
    store.lease_mail(Timestamp::EPOCH, Timestamp::EPOCH, 10).await.unwrap();
    after("lease");
    store.mail_backlog().await.unwrap();
    after("backlog");
    store.feed(TENANT, FeedPosition::START, 10).await.unwrap();
    after("feed");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_connection_is_held_across_calls() {
    let (_, database) = database!();
    let pool = pool(&database.url(), 1);
    let store = over(&pool).await;
    assert_eq!(held(&pool), 0, "opened");
    call_everything(&store, 1, |what| assert_eq!(held(&pool), 0, "{what}")).await;
    // What is refused gives its connection back too.
    store.commit(adding(1)).await.unwrap();
    let mut again = adding(2);
    again.changes.extend(adding(1).changes);
    store.commit(again).await.unwrap_err();
    assert_eq!(held(&pool), 0);

    // One connection is enough for many at once.
    let store = Arc::new(store);
    let commits: Vec<_> = (10..30)
        .map(|number| {
            let store = Arc::clone(&store);
            tokio::spawn(async move { store.commit(adding(number)).await.unwrap() })
        })
        .collect();
    for commit in commits {
        assert_eq!(commit.await.unwrap(), added());
    }
    assert_eq!(pool.status().size, 1, "never another connection");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_of_the_host_stays_as_it_is() {
    let (_, database) = database!();
    let pool = pool(&database.url(), 1);
    let settings = "SELECT coalesce(string_agg(name || '=' || setting, ' ' ORDER BY name), '')
        FROM pg_settings WHERE source = 'session'";
    let all = async || -> String {
        let connection = pool.get().await.unwrap();
        connection.query_one(settings, &[]).await.unwrap().get(0)
    };
    let before = all().await;
    let store = over(&pool).await;
    call_everything(&store, 1, |_| ()).await;
    assert_eq!(all().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn statements_are_prepared_once_a_connection() {
    let (server, database) = database!();
    let proxy = Proxy::start(server).await;
    let pool = pool(&proxy.url(&database.url()), 1);
    let store = over(&pool).await;
    call_everything(&store, 1, |_| ()).await;
    let prepared = proxy.named_statements();
    let before = proxy.round_trips();
    assert!(prepared > 5, "{prepared}");
    call_everything(&store, 2, |_| ()).await;
    assert_eq!(proxy.named_statements(), prepared);
    // One each, and for leasing mail one more for each end of its transaction.
    assert_eq!(proxy.round_trips() - before, 12);
}

#[tokio::test(flavor = "multi_thread")]
async fn d5_a_dropped_lease_gives_no_transaction_back() {
    let (_, database) = database!();
    let pool = pool(&database.url(), 1);
    let store = over(&pool).await;
    drop_a_lease(&database.url(), &store).await;
    assert_eq!(pool.status().size, 0, "closed, and not given back");
    assert_eq!(store.commit(adding(1)).await.unwrap(), added());
    assert!(has(&open(&database.url()).await, 1).await, "others see it");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_broke_is_not_given_back() {
    let (server, database) = database!();
    let proxy = Proxy::start(server).await;
    let pool = pool(&proxy.url(&database.url()), 1);
    let store = over(&pool).await;
    store.commit(adding(1)).await.unwrap();
    proxy.cut_after(0);
    store.commit(adding(2)).await.unwrap_err();
    assert_eq!(pool.status().size, 0);
    proxy.mend();
    assert_eq!(store.commit(adding(2)).await.unwrap(), added());
}

#[tokio::test]
async fn a_pool_that_has_nothing_to_lend_says_why() {
    let nowhere = pool("host=127.0.0.1 port=1 user=nobody dbname=nothing", 1);
    let kind = async |pool: Pool| PostgresOptions::lent(pool).open().await.unwrap_err().kind();
    assert_eq!(kind(nowhere).await, StoreErrorKind::Transient);
    let (_, database) = database!();
    let stranger = pool(&format!("{} user=nobody_of_that_name", database.url()), 1);
    assert_eq!(kind(stranger).await, StoreErrorKind::Credentials);
}

#[tokio::test]
async fn settings_that_would_break_a_law_are_refused() {
    let Some(server) = tenure::testing::postgres::PostgresServer::shared() else {
        return;
    };
    for setting in [
        "synchronous_commit = off",
        "default_transaction_isolation = 'repeatable read'",
    ] {
        let database = server.empty_database();
        database.run(&format!("ALTER DATABASE {} SET {setting}", database.name()));
        let lent = PostgresOptions::lent(pool(&database.url(), 1));
        let pooled = PostgresOptions::new(&database.url()).unwrap().behind_pooler(true);
        for options in [lent, pooled] {
            let error = options.open().await.unwrap_err();
            assert_eq!(error.kind(), StoreErrorKind::Other, "{setting}");
        }
        // Connections of the store's own are set as they have to be.
        assert_eq!(open(&database.url()).await.commit(adding(1)).await.unwrap(), added());
    }
}

/// A host without a pool: a connection for each call.
struct Fresh(String);

struct Made(Client, Mutex<HashMap<String, Statement>>);

#[async_trait]
impl Connections for Fresh {
    async fn get(&self) -> Result<Box<dyn Connection>, Box<dyn Error + Send + Sync>> {
        Ok(Box::new(Made(client(&self.0).await, Mutex::default())))
    }
}

#[async_trait]
impl Connection for Made {
    fn client(&self) -> &Client {
        &self.0
    }

    async fn prepare(&self, sql: &str) -> Result<Statement, tokio_postgres::Error> {
        let known = self.1.lock().unwrap().get(sql).cloned();
        if let Some(statement) = known {
            return Ok(statement);
        }
        let statement = self.0.prepare(sql).await?;
        self.1.lock().unwrap().insert(sql.to_owned(), statement.clone());
        Ok(statement)
    }

    fn close(self: Box<Self>) {}
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_can_lend_connections_in_its_own_way() {
    let (_, database) = database!();
    let store = PostgresOptions::lent(Fresh(database.url())).open().await.unwrap();
    call_everything(&store, 1, |_| ()).await;
    assert!(has(&store, 1).await);
}
