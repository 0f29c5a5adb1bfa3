//! What is true of `SqliteStore` alone: files, processes, the disk. The laws are tested with those of the other stores.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "in a test a panic is the report; the lint sees test functions only"
)]

use std::error::Error as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use rusqlite::Connection;
use tenure::clock::Timestamp;
use tenure::id::{CommitId, TenantId};
use tenure::mail::{CourierMode, LinkBase, MemoryMailer};
use tenure::model::{Entry, PermissionSet, RecordKind, Role};
use tenure::store::sqlite::{SqliteOptions, Synchronous};
use tenure::store::{
    Change, Commit, CommitError, Committed, Query, SqliteStore, Store, StoreError, StoreErrorKind, StoreExt,
};
use tenure::text::Name;
use tenure::{Access, Founding, NewUser, Policy, Tenure};
use uuid::Uuid;

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

fn adding(number: u128) -> Commit {
    Commit {
        id: CommitId::from_uuid(Uuid::from_u128(number)),
        tenant: TENANT,
        at: Timestamp::EPOCH,
        guards: Vec::new(),
        changes: vec![Change::Insert(Entry::new(role(number)))],
        events: Vec::new(),
        mail: Vec::new(),
    }
}

async fn has(store: &SqliteStore, number: u128) -> bool {
    store.get::<Role>(TENANT, role(number).id).await.unwrap().is_some()
}

async fn roles(store: &SqliteStore) -> usize {
    let query = Query::new(RecordKind::Role, Timestamp::EPOCH);
    store.all::<Role>(TENANT, query).await.unwrap().len()
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

fn refused(path: impl Into<PathBuf>, kind: StoreErrorKind) -> StoreError {
    let error = SqliteStore::open(path).unwrap_err();
    assert_eq!(error.kind(), kind, "{error:?}");
    assert!(error.source().is_some(), "{error:?} says why");
    error
}

#[tokio::test]
async fn what_was_acknowledged_is_there_after_reopening() {
    let folder = folder();
    let path = folder.path().join("a.db");
    let store = SqliteStore::open(&path).unwrap();
    assert_eq!(store.path(), path);
    assert_eq!(store.commit(adding(1)).await.unwrap(), Committed { touched: vec![1] });
    drop(store);
    assert!(
        !path.with_extension("db-wal").exists(),
        "the log is tidied up at the end"
    );
    let store = SqliteStore::open(&path).unwrap();
    assert!(has(&store, 1).await);
    assert_eq!(store.commit(adding(1)).await.unwrap(), Committed { touched: vec![1] });
    assert_eq!(roles(&store).await, 1);
}

#[test]
fn tables_of_a_newer_release_are_refused() {
    let folder = folder();
    let path = folder.path().join("a.db");
    drop(SqliteStore::open(&path).unwrap());
    let conn = Connection::open(&path).unwrap();
    conn.execute_batch("UPDATE tenure_schema SET version = 99").unwrap();
    let error = refused(&path, StoreErrorKind::NewerSchema);
    assert!(error.source().unwrap().to_string().contains("99"), "{error:?}");
    assert!(SqliteOptions::new(&path).migrate().is_err());
}

#[test]
fn a_host_has_its_tables_and_its_user_version_in_the_same_file() {
    let folder = folder();
    let path = folder.path().join("a.db");
    let conn = Connection::open(&path).unwrap();
    conn.execute_batch("PRAGMA user_version = 5; CREATE TABLE price (id INTEGER PRIMARY KEY)")
        .unwrap();
    SqliteOptions::new(&path).migrate().unwrap();
    SqliteOptions::new(&path).migrate().unwrap();
    let version: i64 = conn.query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap();
    assert_eq!(version, 5);
    let tables: Vec<String> = conn
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    let ours = tables.iter().filter(|name| name.starts_with("tenure_")).count();
    assert_eq!(ours, tables.len() - 1, "every other table says whose it is: {tables:?}");
}

/// Read as memory, a file shows what others write into it and how they pack it anew, in the middle of everything.
#[tokio::test]
async fn a_file_that_is_read_as_memory_shows_what_others_write() {
    let folder = folder();
    let path = folder.path().join("a.db");
    let store = SqliteOptions::new(&path).memory_map(1 << 30).open().unwrap();
    for round in 0..4_u32 {
        let other = SqliteStore::open(&path).unwrap();
        for number in 1..=50 {
            other.commit(adding(u128::from(round) * 50 + number)).await.unwrap();
        }
        drop(other);
        assert_eq!(roles(&store).await, (round as usize + 1) * 50);
        let host = Connection::open(&path).unwrap();
        host.execute_batch("PRAGMA wal_checkpoint (TRUNCATE); VACUUM").unwrap();
        assert!(has(&store, 1).await);
        assert_eq!(roles(&store).await, (round as usize + 1) * 50);
    }
}

#[test]
fn what_is_no_database_is_refused() {
    let folder = folder();
    let path = folder.path().join("a.db");
    fs::write(
        &path,
        "This is a text of some length, and certainly no database. ".repeat(99),
    )
    .unwrap();
    refused(&path, StoreErrorKind::Corrupt);
    assert!(
        fs::read_to_string(&path).unwrap().starts_with("This is"),
        "and left alone"
    );
}

#[test]
fn what_cannot_be_opened_is_refused() {
    let folder = folder();
    refused(folder.path().join("nowhere/a.db"), StoreErrorKind::Other);
    refused(folder.path(), StoreErrorKind::Other);
    refused(":memory:", StoreErrorKind::Other);
    refused("", StoreErrorKind::Other);
}

#[cfg(unix)]
#[test]
fn what_cannot_be_written_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let folder = folder();
    let allow = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    let path = folder.path().join("a.db");
    drop(SqliteStore::open(&path).unwrap());
    allow(&path, 0o444);
    allow(folder.path(), 0o555);
    // To root nothing is read-only, so somebody else has a look.
    let looker = as_nobody(&child("look", &path));
    let answer = looker.spawn_and_wait();
    allow(folder.path(), 0o755);
    assert_eq!(answer, "Other Other", "the file, and a new one in its folder");
}

#[tokio::test]
async fn threads_may_open_a_new_file_at_once() {
    let folder = folder();
    let path = folder.path().join("a.db");
    let stores: Vec<SqliteStore> = thread::scope(|scope| {
        let opening: Vec<_> = (0..8).map(|_| scope.spawn(|| SqliteStore::open(&path))).collect();
        opening
            .into_iter()
            .map(|opened| opened.join().unwrap().unwrap())
            .collect()
    });
    for (number, store) in (0..).zip(&stores) {
        store.commit(adding(number)).await.unwrap();
    }
    for store in &stores {
        assert_eq!(roles(store).await, stores.len());
    }
}

#[tokio::test]
async fn processes_may_open_and_write_a_new_file_at_once() {
    let folder = folder();
    let path = folder.path().join("a.db");
    let children: Vec<Running> = (0..4)
        .map(|number| Running::start(child(&format!("write {number}"), &path)))
        .collect();
    for running in children {
        assert_eq!(running.wait(), "written");
    }
    let store = SqliteStore::open(&path).unwrap();
    assert_eq!(roles(&store).await, 4 * 25);
}

#[tokio::test]
async fn a_process_that_dies_leaves_whole_commits_and_all_that_it_acknowledged() {
    let folder = folder();
    let path = folder.path().join("a.db");
    let acknowledged = Running::start(child("die", &path)).wait();
    let acknowledged: Vec<u128> = acknowledged
        .split_whitespace()
        .map(|number| number.parse().unwrap())
        .collect();
    assert!(acknowledged.len() >= 10, "{acknowledged:?}");
    let store = SqliteStore::open(&path).unwrap();
    for number in acknowledged {
        assert!(has(&store, number).await, "{number} was acknowledged");
    }
}

#[tokio::test]
async fn whoever_waits_too_long_for_another_process_may_try_again() {
    let folder = folder();
    let path = folder.path().join("a.db");
    let options = SqliteOptions::new(&path).busy_timeout(Duration::from_millis(50));
    let store = options.open().unwrap();
    let other = Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    match store.commit(adding(1)).await {
        Err(CommitError::Store(error)) => {
            assert!(error.is_retryable(), "{error:?}");
            assert!(error.source().is_some());
        }
        other => panic!("{other:?}"),
    }
    assert!(!has(&store, 1).await, "reading goes on");
    other.execute_batch("COMMIT").unwrap();
    store.commit(adding(1)).await.unwrap();
    assert!(has(&store, 1).await);
}

#[tokio::test]
async fn dropping_the_store_finishes_what_it_was_given() {
    let folder = folder();
    let path = folder.path().join("a.db");
    let options = SqliteOptions::new(&path).synchronous(Synchronous::Normal).readers(0);
    let store = options.open().unwrap();
    for number in 0..100 {
        // Polled once, it is on its way; then nobody waits for it any more.
        let _ = tokio::time::timeout(Duration::ZERO, store.commit(adding(number))).await;
    }
    drop(store);
    assert_eq!(roles(&SqliteStore::open(&path).unwrap()).await, 100);
}

#[test]
fn it_works_without_a_runtime() {
    let folder = folder();
    let store = SqliteStore::open(folder.path().join("a.db")).unwrap();
    let mut listing = std::pin::pin!(roles(&store));
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    assert_eq!(listing.as_mut().poll(&mut context), std::task::Poll::Ready(0));
}

/// This binary again, to do one thing with a file: see [`act_as_a_child`].
fn child(act: &str, path: &Path) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", "act_as_a_child", "--nocapture"])
        .env("TENURE_SQLITE_ACT", act)
        .env("TENURE_SQLITE_PATH", path)
        .stdout(Stdio::piped());
    command
}

/// The same by somebody who is not root, with a copy of this binary where they can run it.
#[cfg(unix)]
fn as_nobody(command: &Command) -> Nobody {
    use std::os::unix::fs::PermissionsExt;
    use std::os::unix::process::CommandExt;
    let folder = folder();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let binary = folder.path().join("test");
    fs::copy(command.get_program(), &binary).unwrap();
    let is_root = Command::new("id").arg("-u").output().unwrap().stdout == b"0\n";
    let mut copy = Command::new(&binary);
    copy.args(command.get_args()).stdout(Stdio::piped()).current_dir("/");
    for (name, value) in command.get_envs() {
        copy.env(name, value.unwrap());
    }
    if is_root {
        copy.uid(65_534).gid(65_534);
    }
    Nobody {
        command: copy,
        _folder: folder,
    }
}

#[cfg(unix)]
struct Nobody {
    command: Command,
    _folder: tempfile::TempDir,
}

#[cfg(unix)]
impl Nobody {
    fn spawn_and_wait(self) -> String {
        Running::start(self.command).wait()
    }
}

struct Running(Child);

impl Running {
    fn start(mut command: Command) -> Self {
        Self(command.spawn().unwrap())
    }

    /// What it said between the lines of the test harness.
    fn wait(self) -> String {
        let output = self.0.wait_with_output().unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        let said = said.split("<<").nth(1).unwrap_or_else(|| panic!("{said}"));
        said.split(">>").next().unwrap().trim().to_owned()
    }
}

/// No test of its own: what the other processes of the tests above do.
#[test]
fn act_as_a_child() {
    let Ok(act) = std::env::var("TENURE_SQLITE_ACT") else {
        return;
    };
    let path = PathBuf::from(std::env::var_os("TENURE_SQLITE_PATH").unwrap());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    match act.split_once(' ').unwrap_or((&act, "")) {
        ("look", _) => {
            let kind = |path: PathBuf| SqliteStore::open(path).map_err(|error| error.kind());
            let answers = [path.clone(), path.with_file_name("b.db")].map(|path| kind(path).unwrap_err());
            println!("<<{:?} {:?}>>", answers[0], answers[1]);
        }
        ("write", number) => {
            let from = number.parse::<u128>().unwrap() * 100;
            let store = SqliteStore::open(path).unwrap();
            for number in from..from + 25 {
                runtime.block_on(store.commit(adding(number))).unwrap();
            }
            println!("<<written>>");
        }
        ("die", _) => {
            let store = SqliteStore::open(path).unwrap();
            print!("<<");
            for number in 0..10 {
                runtime.block_on(store.commit(adding(number))).unwrap();
                print!("{number} ");
            }
            println!(">>");
            for number in 10..200 {
                let _ = runtime
                    .block_on(async { tokio::time::timeout(Duration::ZERO, store.commit(adding(number))).await });
            }
            std::process::abort();
        }
        (other, _) => panic!("{other}"),
    }
}

#[tokio::test]
async fn d7_a_mail_that_cannot_be_read_keeps_no_other_from_leaving() {
    let folder = folder();
    let path = folder.path().join("mail.db");
    let (mailer, clock) = (Arc::new(MemoryMailer::new()), tenure::testing::ManualClock::default());
    let mut policy = Policy::default();
    policy.hashing = tenure::password::HashingParams::weak_for_tests();
    let tenure = Tenure::builder(Arc::new(SqliteOptions::new(&path).open().unwrap()), mailer.clone())
        .links(LinkBase::new("https://backoffice.example.com").unwrap())
        .courier(CourierMode::Manual)
        .clock(Arc::new(clock.clone()))
        .policy(policy)
        .build()
        .unwrap();
    let owner = NewUser::new("Ada", "Lovelace", "ada@example.com");
    let founding = Founding::new("Nordwind", owner, "Correct-Horse-7");
    let tenant = tenure.found(founding).await.unwrap().tenant;
    let desk = tenure.system(tenant.id, "a test").unwrap();
    for name in ["a", "b", "c"] {
        let user = NewUser::new(name, "Example", format!("{name}@example.com"));
        desk.users().create(user, Access::none().invite()).await.unwrap();
    }
    let host = Connection::open(&path).unwrap();
    let damage = "UPDATE tenure_mail SET body = '{\"later\":' || body || '}'
        WHERE address IN ('a@example.com', 'b@example.com')";
    assert_eq!(host.execute(damage, []).unwrap(), 2);
    assert_eq!(tenure.courier().deliver_due().await.unwrap().sent, 1);
    assert_eq!(mailer.sent().len(), 1, "c's, though it waited behind the two");
    assert_eq!(
        tenure.courier().deliver_due().await.unwrap().sent,
        0,
        "they are put off"
    );
    // Who can read it sends it when its turn comes again: a newer release, or whoever mended it.
    let mend = "UPDATE tenure_mail SET body = json_extract(body, '$.later') WHERE address = 'a@example.com'";
    assert_eq!(host.execute(mend, []).unwrap(), 1);
    clock.advance(time::Duration::hours(1));
    assert_eq!(tenure.courier().deliver_due().await.unwrap().sent, 1);
    assert_eq!(mailer.sent().len(), 2);
}

/// How many more rows than FTS5 gathers before it writes them out.
const MANY: u128 = 4_000;

fn adding_many(number: u128, from: u128) -> Commit {
    let mut commit = adding(number);
    let all = from..from + MANY;
    commit.changes = all
        .clone()
        .map(|number| Change::Insert(Entry::new(role(number))))
        .collect();
    commit.events = all
        .map(|number| tenure::model::Event {
            at: Timestamp::EPOCH,
            actor: tenure::model::Actor::Founder,
            subject: role(number).id.into(),
            what: tenure::model::What::EmployeeAdded,
            affected: None,
            version: None,
        })
        .collect();
    commit
}

/// How many rows there are of each table that a commit of roles writes; the index of trigrams is sound.
fn standing(host: &Connection) -> Vec<i64> {
    host.execute_batch("INSERT INTO tenure_search_index (tenure_search_index, rank) VALUES ('integrity-check', 1)")
        .unwrap();
    let count = |from: &str| host.query_row(&format!("SELECT count(*) FROM {from}"), [], |row| row.get(0));
    let found = "tenure_search_index WHERE tenure_search_index MATCH '\"rol\"'";
    [
        "tenure_role",
        "tenure_key",
        "tenure_search",
        found,
        "tenure_event",
        "tenure_commit",
    ]
    .map(|from| count(from).unwrap())
    .to_vec()
}

#[tokio::test]
async fn d5_a_large_commit_that_fails_midway_leaves_nothing() {
    let folder = folder();
    let path = folder.path().join("tenure.db");
    let store = SqliteStore::open(&path).unwrap();
    let host = Connection::open(&path).unwrap();
    store.commit(adding_many(1, 0)).await.unwrap();
    let before = standing(&host);
    assert_eq!(before[..4], [4_000; 4]);
    // The last row of each table: all before it is written by then.
    for (table, last) in [
        ("tenure_role", "NEW.name = 'Role 7999'"),
        ("tenure_key", "NEW.key = CAST('role 7999' AS BLOB)"),
        ("tenure_search", "NEW.text LIKE '%role 7999%'"),
        ("tenure_event", "(SELECT count(*) FROM tenure_event) = 7999"),
        ("tenure_commit", "1"),
    ] {
        host.execute_batch(&format!(
            "CREATE TRIGGER broken BEFORE INSERT ON {table} WHEN {last}
             BEGIN SELECT RAISE(ABORT, 'the disk is broken'); END"
        ))
        .unwrap();
        let refused = store.commit(adding_many(2, MANY)).await.unwrap_err();
        assert!(matches!(refused, CommitError::Store(_)), "{table}: {refused:?}");
        host.execute_batch("DROP TRIGGER broken").unwrap();
        assert_eq!(standing(&host), before, "{table}");
    }
    store.commit(adding_many(2, MANY)).await.unwrap();
    assert_eq!(standing(&host), [8_000, 8_000, 8_000, 8_000, 8_000, 2]);
}
