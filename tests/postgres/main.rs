//! What is true of `PostgresStore` alone: servers, lines, accounts. The laws are tested with those of the other stores.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "in a test a panic is the report; the lint sees test functions only"
)]

mod dropped;
mod large;
mod lists;
mod mail;
mod pool;
mod pooler;
mod proxy;
mod timeouts;
mod tls;

use std::error::Error as _;
use std::time::Duration;

use proxy::Proxy;
use tenure::clock::Timestamp;
use tenure::id::{CommitId, SessionId, TenantId};
use tenure::model::{Entry, PermissionSet, RecordId, RecordKind, Role};
use tenure::secret::TokenHash;
use tenure::store::postgres::PostgresOptions;
use tenure::store::{
    Change, Commit, CommitError, Committed, Counter, FeedPosition, Lookup, PostgresStore, Query, Store, StoreErrorKind,
    StoreExt,
};
use tenure::testing::postgres::{PostgresServer, TestDatabase};
use tenure::text::Name;
use tokio_postgres::{Client, NoTls};
use uuid::Uuid;

/// The server of these tests with a new database; where there is none, the test that asks is passed over, and says so.
macro_rules! database {
    () => {
        match tenure::testing::postgres::PostgresServer::shared() {
            Some(server) => (server, server.database()),
            None => return,
        }
    };
}
use database;

const TENANT: TenantId = TenantId::from_uuid(Uuid::from_u128(7));

fn role(number: u128) -> Role {
    Role {
        id: Uuid::from_u128(number).into(),
        name: Name::new(format!("Role {number}")).unwrap(),
        permissions: PermissionSet::All,
        built_in: false,
        created_at: Timestamp::EPOCH,
    }
}

fn commit(number: u128, changes: Vec<Change>) -> Commit {
    Commit {
        id: CommitId::from_uuid(Uuid::from_u128(number)),
        tenant: TENANT,
        at: Timestamp::EPOCH,
        guards: Vec::new(),
        changes,
        events: Vec::new(),
        mail: Vec::new(),
    }
}

/// Adds a role, and one to a counter: twice would show.
fn adding(number: u128) -> Commit {
    let counted = Change::Count {
        counter: Counter::Seats,
        delta: 1,
        at_least: None,
        at_most: None,
    };
    commit(number, vec![Change::Insert(Entry::new(role(number))), counted])
}

fn added() -> Committed {
    Committed { touched: vec![1, 1] }
}

async fn has(store: &PostgresStore, number: u128) -> bool {
    store.get::<Role>(TENANT, role(number).id).await.unwrap().is_some()
}

async fn open(url: &str) -> PostgresStore {
    PostgresStore::connect(url).await.unwrap()
}

/// How opening a store there fails.
async fn fails(url: &str) -> StoreErrorKind {
    PostgresStore::connect(url).await.unwrap_err().kind()
}

fn kind_of(error: &CommitError) -> Option<StoreErrorKind> {
    match error {
        CommitError::Store(error) => Some(error.kind()),
        _ => None,
    }
}

/// A connection of the host's own.
async fn client(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_that_start_at_once_make_the_tables_once() {
    let Some(server) = PostgresServer::shared() else { return };
    let database = server.empty_database();
    let starts: Vec<_> = (0..10)
        .map(|number| {
            let url = database.url();
            tokio::spawn(async move {
                let store = PostgresStore::connect(&url).await.unwrap();
                store.commit(adding(number)).await.unwrap()
            })
        })
        .collect();
    for start in starts {
        assert_eq!(start.await.unwrap(), added());
    }
    let store = open(&database.url()).await;
    assert_eq!(store.counter(TENANT, Counter::Seats).await.unwrap(), 10);
}

#[tokio::test]
async fn tables_of_a_newer_release_are_refused() {
    let Some(server) = PostgresServer::shared() else { return };
    let database = server.empty_database();
    open(&database.url()).await;
    database.run("UPDATE tenure_schema SET version = 99");
    let error = PostgresStore::connect(&database.url()).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::NewerSchema);
    let why = error.source().unwrap().to_string();
    assert_eq!(why, "the tables have version 99, and this release knows 1");
}

#[tokio::test]
async fn a_server_that_only_reads_is_refused() {
    let Some(server) = PostgresServer::shared() else { return };
    let database = server.empty_database();
    let store = open(&database.url()).await;
    database.run(&format!(
        "ALTER DATABASE {} SET default_transaction_read_only = on",
        database.name()
    ));
    assert_eq!(fails(&database.url()).await, StoreErrorKind::ReadOnly);
    database.run(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
         WHERE datname = current_database() AND pid <> pg_backend_pid()",
    );
    let mut kind = kind_of(&store.commit(adding(1)).await.unwrap_err());
    if kind == Some(StoreErrorKind::UnknownOutcome) {
        // It had not heard yet that its line was dead.
        kind = kind_of(&store.commit(adding(1)).await.unwrap_err());
    }
    assert_eq!(kind, Some(StoreErrorKind::ReadOnly));
}

#[tokio::test]
async fn an_account_that_is_not_let_in_is_told_so() {
    let (_, database) = database!();
    let stranger = format!("{} user=nobody_of_that_name password=guess", without_account(&database));
    assert_eq!(fails(&stranger).await, StoreErrorKind::Credentials);
    let nowhere = database.url().replace(database.name(), "no_such_database");
    assert_eq!(fails(&nowhere).await, StoreErrorKind::Other);
}

#[tokio::test]
async fn an_account_without_rights_cannot_make_tables_and_can_use_them() {
    let Some(server) = PostgresServer::shared() else { return };
    let database = server.empty_database();
    let guest = format!("guest_of_{}", database.name());
    server.run(&format!("CREATE ROLE {guest} LOGIN PASSWORD 'guest'"));
    database.run("REVOKE CREATE ON SCHEMA public FROM PUBLIC");
    let url = format!("{} user={guest} password=guest", without_account(&database));
    assert_eq!(fails(&url).await, StoreErrorKind::NotPermitted);

    PostgresOptions::new(&database.url()).unwrap().migrate().await.unwrap();
    assert_eq!(
        fails(&url).await,
        StoreErrorKind::NotPermitted,
        "no right to read either"
    );
    database.run(&format!(
        "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {guest}"
    ));
    let store = open(&url).await;
    assert_eq!(store.commit(adding(1)).await.unwrap(), added());
    drop(store);
    drop(database);
    server.run(&format!("DROP ROLE {guest}"));
}

fn without_account(database: &TestDatabase) -> String {
    let url = database.url();
    let others = url
        .split(' ')
        .filter(|part| !part.starts_with("user=") && !part.starts_with("password="));
    others.collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn a_server_that_is_not_there_may_come_later() {
    let url = "host=127.0.0.1 port=1 user=nobody dbname=nothing";
    assert_eq!(fails(url).await, StoreErrorKind::Transient);
    assert_eq!(fails("no address at all").await, StoreErrorKind::Other);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_outlives_a_restart_of_the_server() {
    let Some(server) = PostgresServer::alone() else { return };
    let database = server.database();
    let store = open(&database.url()).await;
    store.commit(adding(1)).await.unwrap();
    assert!(has(&store, 1).await);
    tokio::task::spawn_blocking(|| server.restart()).await.unwrap();
    assert!(has(&store, 1).await);
    // The store may not have heard yet that the line it writes on is dead; then it says so, and repeating resolves it.
    let mut answer = store.commit(adding(2)).await;
    if let Err(error) = &answer {
        assert_eq!(kind_of(error), Some(StoreErrorKind::UnknownOutcome));
        answer = store.commit(adding(2)).await;
    }
    assert_eq!(answer.unwrap(), added());
    assert_eq!(store.counter(TENANT, Counter::Seats).await.unwrap(), 2);
}

/// Counted where they pass: a round trip ends with the server saying that it is ready for the next.
#[tokio::test(flavor = "multi_thread")]
async fn authenticating_and_committing_are_one_round_trip_each() {
    let (server, database) = database!();
    let proxy = Proxy::start(server).await;
    let options = PostgresOptions::new(&proxy.url(&database.url())).unwrap();
    let store = options.readers(1).writers(1).open().await.unwrap();
    let token = TokenHash::from_bytes([7; 32]);
    let keys: Vec<Lookup> = (1..20).map(|number| role(number).id.into()).collect();
    let listing = Query::new(RecordKind::Role, Timestamp::EPOCH).count_up_to(100);
    let mut counted = Vec::new();
    // The first time, connections are made and statements prepared.
    for turn in 1..=2 {
        counted.clear();
        let mut before = proxy.round_trips();
        let mut count = |what| {
            let now = proxy.round_trips();
            counted.push((what, now - before));
            before = now;
        };
        store.principal_by_session(TENANT, &token).await.unwrap();
        count("authenticate");
        store.commit(adding(turn)).await.unwrap();
        count("commit");
        store.commit(adding(1)).await.unwrap();
        count("repeated commit");
        store.load(TENANT, &keys).await.unwrap();
        count("load");
        store.list(TENANT, &listing).await.unwrap();
        count("list and count");
        store.feed(TENANT, FeedPosition::START, 10).await.unwrap();
        count("feed");
        let subject = RecordId::Role(role(1).id);
        store.events_about(TENANT, subject, None, 10).await.unwrap();
        count("events about");
        store.due(None, Timestamp::EPOCH, None, 10).await.unwrap();
        count("due");
    }
    let expected = [
        "authenticate",
        "commit",
        "repeated commit",
        "load",
        "list and count",
        "feed",
        "events about",
        "due",
    ];
    assert_eq!(counted, expected.map(|what| (what, 1)));
}

/// Cuts the line at each message of a commit in turn, until it gets through uncut. Whatever was cut: the store says that
/// the outcome is unknown or that nothing was written, and committing again resolves it.
async fn cut_everywhere(warm: bool) {
    let (server, database) = database!();
    let proxy = Proxy::start(server).await;
    let options = PostgresOptions::new(&proxy.url(&database.url())).unwrap().writers(1);
    let (mut unknown, mut clean) = (0, 0);
    for messages in 0.. {
        assert!(messages < 200, "the commit never gets through");
        let number = 1_000 + u128::try_from(messages).unwrap();
        let store = options.open().await.unwrap();
        if warm {
            store.commit(commit(number + 1_000_000, Vec::new())).await.unwrap();
        }
        let before = store.counter(TENANT, Counter::Seats).await.unwrap();
        proxy.cut_after(messages);
        let answer = store.commit(adding(number)).await;
        proxy.mend();
        let first = answer.as_ref().map_err(kind_of).copied_outcome();
        match first {
            None => {
                assert_eq!(answer.unwrap(), added());
                break;
            }
            Some(StoreErrorKind::UnknownOutcome) => unknown += 1,
            Some(StoreErrorKind::Transient) => {
                clean += 1;
                assert!(
                    !has(&store, number).await,
                    "cut after {messages}: said to be transient, and stands"
                );
            }
            Some(kind) => panic!("cut after {messages}: {kind:?}"),
        }
        assert_eq!(
            store.commit(adding(number)).await.unwrap(),
            added(),
            "cut after {messages}"
        );
        assert!(has(&store, number).await);
        let after = store.counter(TENANT, Counter::Seats).await.unwrap();
        assert_eq!(after, before + 1, "cut after {messages}: written twice");
    }
    assert!(unknown >= 7, "{unknown} cuts while a commit was under way");
    assert_eq!(clean > 0, !warm, "{clean} cuts before");
}

trait Outcome {
    fn copied_outcome(self) -> Option<StoreErrorKind>;
}

impl<T> Outcome for Result<T, Option<StoreErrorKind>> {
    fn copied_outcome(self) -> Option<StoreErrorKind> {
        match self {
            Ok(_) => None,
            Err(kind) => Some(kind.unwrap_or(StoreErrorKind::Other)),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_cut_at_any_message_of_a_commit_is_resolved_by_repeating_it() {
    cut_everywhere(true).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_cut_while_connecting_or_preparing_writes_nothing() {
    cut_everywhere(false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_commits_of_the_same_tenant_wait_for_each_other_and_not_for_ever() {
    let (_, database) = database!();
    let options = PostgresOptions::new(&database.url()).unwrap();
    let store = options
        .statement_timeout(Duration::from_millis(200))
        .open()
        .await
        .unwrap();
    store.commit(adding(1)).await.unwrap();
    let host = client(&database.url()).await;
    host.batch_execute("BEGIN; SELECT * FROM tenure_head FOR UPDATE")
        .await
        .unwrap();

    let error = store.commit(adding(2)).await.unwrap_err();
    assert_eq!(kind_of(&error), Some(StoreErrorKind::Transient), "{error:?}");
    let neighbour = TenantId::from_uuid(Uuid::from_u128(8));
    let theirs = Commit {
        tenant: neighbour,
        ..adding(2)
    };
    assert_eq!(store.commit(theirs).await.unwrap(), added());
    let touch = Change::Touch {
        record: SessionId::from_uuid(Uuid::from_u128(1)).into(),
        seen_at: Timestamp::EPOCH,
    };
    let touched = store.commit(commit(3, vec![touch])).await.unwrap();
    assert_eq!(touched, Committed { touched: vec![1] });

    host.batch_execute("ROLLBACK").await.unwrap();
    assert!(!has(&store, 2).await);
    assert_eq!(store.commit(adding(2)).await.unwrap(), added());
}

#[tokio::test]
async fn the_longest_names_fit_the_indexes() {
    let (_, database) = database!();
    let store = open(&database.url()).await;
    // One character that is 18 when compared, and many that are four.
    let spread: String = ('\u{3300}'..='\u{3357}').cycle().take(Name::MAX_CHARS).collect();
    for (number, name) in ["\u{fdfa}".repeat(Name::MAX_CHARS), spread].into_iter().enumerate() {
        let role = Role {
            name: Name::new(name).unwrap(),
            ..role(number as u128)
        };
        let change = Change::Insert(Entry::new(role.clone()));
        store.commit(commit(number as u128, vec![change])).await.unwrap();
        let found = store.load(TENANT, &[RecordId::from(role.id).into()]).await.unwrap();
        assert_eq!(found[0].clone().unwrap().value, role.into());
    }
}

#[test]
fn passwords_are_not_shown() {
    let options = PostgresOptions::new("postgres://kate:very-secret@localhost/back_office").unwrap();
    let shown = format!("{options:?}");
    assert!(!shown.contains("very-secret"), "{shown}");
    assert!(shown.contains("back_office"), "{shown}");
}
