//! What a page of a million users costs: `TENURE_BENCH_USERS=1000000 cargo bench --bench lists`.
//!
//! First and deep pages of every order, searches, and totals, on SQLite and PostgreSQL, with the quotient deep to first;
//! beside them the floor: one statement of the driver for as many rows of the same table by an index. Then a change of the
//! supervisor of many in one act, beside the bare `UPDATE` of a table that has nothing else. Most users are copies, under
//! ids of their own, of a few thousand whom the store made. `TENURE_BENCH_STORE` says which store (`sqlite`, `postgres`),
//! `TENURE_BENCH_ONLY` a part of the names of what is measured,
//! `TENURE_BENCH_SQLITE_MAP` how many bytes of the file are read as memory, `TENURE_BENCH_SQLITE_FILE` a file that is filled if it is not there, and taken as it is if it is,
//! `TENURE_BENCH_POSTGRES_URL` a database that an earlier run filled. Without `--bench` (as `cargo test` calls it) it lists a
//! few, to show that it works.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::format_push_string,
    clippy::cast_sign_loss,
    reason = "a bench reads the clock, and stops at the first thing that is not as it should be"
)]

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use tenure::clock::Timestamp;
use tenure::id::{CommitId, EmployeeId, TenantId};
use tenure::model::{
    Employee, Employment, Entry, Kept, Profile, RecordId, RecordKind, SortBy, Start, User, UserKind, UserStatus,
};
use tenure::store::sqlite::SqliteOptions;
use tenure::store::{Change, Commit, Cursor, Filter, PostgresStore, Query, SetChange, SqliteStore, Store};
use tenure::testing::postgres::{PostgresServer, TestDatabase};
use tenure::text::{
    Allowlist, DisplayName, EmailAddress, Locale, PersonName, SearchPattern, Signature, TimeZone, UserName,
};
use tokio_postgres::NoTls;
use uuid::Uuid;

const TENANT: TenantId = TenantId::from_uuid(Uuid::from_u128(7));
const PAGE: u32 = 50;
const FIRST: [&str; 20] = [
    "Anna", "Bert", "Clara", "Dora", "Emil", "Åsa", "Gus", "Hana", "Ida", "Jo", "Karl", "Lena", "Max", "Nils", "Olga",
    "Pia", "Quentin", "Rosa", "Sven", "Tom",
];
const LAST: [&str; 20] = [
    "Meier",
    "Müller",
    "Smith",
    "Jones",
    "Larsson",
    "Novák",
    "Rossi",
    "Silva",
    "Kowalski",
    "Zimmermann",
    "Becker",
    "Wolf",
    "Hansen",
    "Dubois",
    "García",
    "Ivanov",
    "Okafor",
    "Tanaka",
    "Nguyen",
    "Haddad",
];

fn main() {
    let full = std::env::args().any(|argument| argument == "--bench");
    let users = std::env::var("TENURE_BENCH_USERS")
        .ok()
        .and_then(|users| users.parse().ok());
    let users: usize = users.unwrap_or(if full { 20_000 } else { 1_000 });
    let runs = if full { 200 } else { 2 };
    let only = std::env::var("TENURE_BENCH_STORE").unwrap_or_default();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    println!("{users} users, {PAGE} a page; least, median and 99th in a hundred of {runs}");
    if only != "postgres" {
        runtime.block_on(sqlite(users, runs));
    }
    if only != "sqlite" {
        runtime.block_on(postgres(users, runs));
    }
}

// The people.

fn user(number: usize) -> User {
    let (first, last) = (FIRST[number % 20], LAST[number / 20 % 20]);
    // One in a hundred of those made is somebody whose name is not common.
    let last = if number % 100 == 99 {
        format!("{last}quist")
    } else {
        last.to_owned()
    };
    let domain = if number % 10 < 7 { "example.com" } else { "partner.test" };
    User {
        id: Uuid::from_u128(1_000_000 + number as u128).into(),
        kind: UserKind::Program,
        user_name: UserName::new(format!("{}{number}", (b'a' + (number % 26) as u8) as char)).unwrap(),
        address: EmailAddress::new(format!("u{number}@{domain}")).unwrap(),
        pending_address: None,
        profile: Profile {
            first_name: PersonName::new(first).unwrap(),
            last_name: PersonName::new(&last).unwrap(),
            display_name: DisplayName::new(format!("{first} {last}")).unwrap(),
            locale: Locale::new("en").unwrap(),
            time_zone: TimeZone::new("UTC").unwrap(),
        },
        grants: Vec::new(),
        memberships: BTreeSet::new(),
        api_only: false,
        start: Start::Now,
        status: UserStatus::Active {
            since: Timestamp::EPOCH,
            until: None,
        },
        hold: None,
        allowlist: Allowlist::any(),
        identity: None,
        signature: Some(Signature::new(format!("S{number}")).unwrap()),
        last_login_at: Some(at(number)),
        created_at: at(number),
    }
}

fn employee(number: usize) -> Employee {
    let user = user(number);
    Employee {
        id: employee_id(number),
        first_name: user.profile.first_name,
        last_name: user.profile.last_name,
        signature: user.signature,
        email: Some(user.address),
        supervisor: (number > 1).then(|| employee_id(0)),
        unit: None,
        employment: Employment::default(),
        created_at: user.created_at,
    }
}

fn employee_id(number: usize) -> EmployeeId {
    Uuid::from_u128(9_000_000 + number as u128).into()
}

fn at(number: usize) -> Timestamp {
    Timestamp::from_unix_micros(1_700_000_000_000_000 + number as i64).unwrap()
}

fn insert<T: Kept>(record: T) -> Change {
    Change::Insert(Entry::new(record))
}

async fn commit(store: &dyn Store, changes: Vec<Change>) {
    static NEXT: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(1);
    let number = NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed) << 32 | u64::from(std::process::id());
    let commit = Commit {
        id: CommitId::from_uuid(Uuid::from_u128(number.into())),
        tenant: TENANT,
        at: Timestamp::EPOCH,
        guards: Vec::new(),
        changes,
        events: Vec::new(),
        mail: Vec::new(),
    };
    store.commit(commit).await.unwrap();
}

/// Those whom the store makes; the rest are copies of them, so many each.
async fn make(store: &dyn Store, users: usize) -> usize {
    let made = 2_000.min(users / 10).max(1);
    for first in (0..made).step_by(500) {
        let numbers = first..made.min(first + 500);
        commit(store, numbers.map(|number| insert(user(number))).collect()).await;
    }
    commit(store, (0..100).map(|number| insert(employee(number))).collect()).await;
    users / made
}

/// Three whom nobody is a copy of.
async fn make_rare(store: &dyn Store) {
    let rare = (500_000..500_003).map(|number| {
        let mut user = user(number);
        user.profile.last_name = PersonName::new("Xyzzywick").unwrap();
        insert(user)
    });
    commit(store, rare.collect()).await;
}

// The stores.

async fn sqlite(users: usize, runs: usize) {
    let folder = tempfile::tempdir().unwrap();
    let kept = std::env::var_os("TENURE_BENCH_SQLITE_FILE").map(std::path::PathBuf::from);
    let is_filled = kept.as_ref().is_some_and(|file| file.exists());
    let path = kept.unwrap_or_else(|| folder.path().join("lists.db"));
    let began = Instant::now();
    if !is_filled {
        let store = SqliteStore::open(&path).unwrap();
        let copies = make(&store, users).await;
        drop(store);
        copy_in_sqlite(&path, copies, 100_000.min(users));
    }
    let map = std::env::var("TENURE_BENCH_SQLITE_MAP").map_or(0, |bytes| bytes.parse().unwrap());
    let store = SqliteOptions::new(&path).memory_map(map).open().unwrap();
    if !is_filled {
        make_rare(&store).await;
    }
    println!("\nSQLite (filled in {:.0} s)", began.elapsed().as_secs_f64());
    let conn = rusqlite::Connection::open(&path).unwrap();
    let mut floor = Vec::new();
    let mut select = conn
        .prepare("SELECT version, body FROM tenure_user WHERE tenant = ?1 ORDER BY name_key, id LIMIT 51")
        .unwrap();
    for _ in 0..runs {
        let began = Instant::now();
        let mut rows = select.query([TENANT.as_uuid().as_bytes().as_slice()]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            assert!(row.get_ref(1).unwrap().as_str().unwrap().len() > 10);
        }
        floor.push(began.elapsed());
    }
    let mut middles = Vec::new();
    for (by, column) in MIDDLES {
        let sql = format!(
            "SELECT CAST({column} AS BLOB), id FROM tenure_user WHERE tenant = ?1 ORDER BY {column}, id LIMIT 1 OFFSET {}",
            users / 2
        );
        let tenant = [TENANT.as_uuid().as_bytes().as_slice()];
        let row = |row: &rusqlite::Row<'_>| Ok((row.get::<_, Vec<u8>>(0)?, row.get::<_, Vec<u8>>(1)?));
        let (key, id) = conn.query_row(&sql, tenant, row).unwrap();
        middles.push((by, cursor(key, Uuid::from_slice(&id).unwrap())));
    }
    lists(&store, &middles, runs, floor).await;
    drop(select);
    let narrow =
        "DROP TABLE IF EXISTS bench_narrow; CREATE TABLE bench_narrow (tenant BLOB, id BLOB, version INTEGER, supervisor BLOB, PRIMARY KEY (tenant, id));
        INSERT INTO bench_narrow SELECT tenant, id, version, supervisor FROM tenure_employee;
        CREATE INDEX bench_narrow_supervisor ON bench_narrow (tenant, supervisor)";
    conn.execute_batch(narrow).unwrap();
    let raw = || {
        let began = Instant::now();
        let (from, to) = (employee_id(0), employee_id(1));
        let ids = [from.as_uuid().as_bytes().as_slice(), to.as_uuid().as_bytes().as_slice()];
        let sql = "UPDATE bench_narrow SET version = version + 1, supervisor = ?2 WHERE supervisor = ?1";
        conn.execute("BEGIN IMMEDIATE", []).unwrap();
        let moved = conn.execute(sql, ids).unwrap();
        conn.execute("COMMIT", []).unwrap();
        (moved, began.elapsed())
    };
    bulk(&store, raw()).await;
}

async fn postgres(users: usize, runs: usize) {
    if let Ok(url) = std::env::var("TENURE_BENCH_POSTGRES_URL") {
        // Filled by an earlier run.
        return measure_postgres(&url, users, runs).await;
    }
    let Some(server) = PostgresServer::alone() else { return };
    server.run("ALTER SYSTEM SET shared_buffers = '1GB'");
    server.run("ALTER SYSTEM SET maintenance_work_mem = '256MB'");
    server.restart();
    let database = server.database();
    let store = PostgresStore::connect(&database.url()).await.unwrap();
    let copies = make(&store, users).await;
    let began = Instant::now();
    let reports = 100_000.min(users);
    copy_in_postgres(&database, copies, reports);
    make_rare(&store).await;
    database.run("VACUUM ANALYZE");
    println!("\nPostgreSQL (copied in {:.0} s)", began.elapsed().as_secs_f64());
    measure_postgres(&database.url(), users, runs).await;
}

async fn measure_postgres(url: &str, users: usize, runs: usize) {
    let store = PostgresStore::connect(url).await.unwrap();
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    let select = client
        .prepare(
            "SELECT r.version, r.body FROM (SELECT id, name_key FROM tenure_user_listed t WHERE tenant = $1
                 ORDER BY name_key, id LIMIT 51) t
             JOIN tenure_user r ON r.tenant = $1 AND r.id = t.id ORDER BY name_key, t.id",
        )
        .await
        .unwrap();
    let mut floor = Vec::new();
    for _ in 0..runs {
        let began = Instant::now();
        let rows = client.query(&select, &[TENANT.as_uuid()]).await.unwrap();
        assert!(rows.iter().all(|row| row.get::<_, &str>(1).len() > 10));
        floor.push(began.elapsed());
    }
    let mut middles = Vec::new();
    for (by, column) in MIDDLES {
        let table = if by == SortBy::LastLogin {
            "tenure_user_login"
        } else {
            "tenure_user_listed"
        };
        let sql = format!(
            "SELECT {column}, id FROM {table} WHERE tenant = $1 ORDER BY {column}, id LIMIT 1 OFFSET {}",
            users / 2
        );
        let row = client.query_one(&sql, &[TENANT.as_uuid()]).await.unwrap();
        middles.push((by, cursor(row.get(0), row.get(1))));
    }
    lists(&store, &middles, runs, floor).await;
    let narrow =
        "DROP TABLE IF EXISTS bench_narrow; CREATE TABLE bench_narrow (tenant uuid, id uuid, version bigint, supervisor uuid, PRIMARY KEY (tenant, id));
        INSERT INTO bench_narrow SELECT tenant, id, version, supervisor FROM tenure_employee;
        CREATE INDEX bench_narrow_supervisor ON bench_narrow (tenant, supervisor)";
    client.batch_execute(narrow).await.unwrap();
    client.batch_execute("VACUUM ANALYZE bench_narrow").await.unwrap();
    let began = Instant::now();
    let sql = "UPDATE bench_narrow SET version = version + 1, supervisor = $2 WHERE supervisor = $1";
    let moved = client
        .execute(sql, &[employee_id(0).as_uuid(), employee_id(1).as_uuid()])
        .await
        .unwrap();
    bulk(&store, (moved as usize, began.elapsed())).await;
}

/// Copies go in by SQL, in no order, each made at another second, with their indexes made afterwards.
fn copy_in_postgres(database: &TestDatabase, copies: usize, reports: usize) {
    let kind = |kind: &str, copies: usize| {
        format!(
            "CREATE TEMP TABLE made AS
                 SELECT old, new, second * 1000000 AS at, set_byte(key, 0, get_byte(key, 0) # 128) AS created,
                        to_char(to_timestamp(second) AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"') AS told
                 FROM (SELECT t.id AS old, md5(t.id::text || n)::uuid AS new,
                              1600000000 + floor(random() * 100000000)::bigint AS second
                       FROM tenure_{kind} t, generate_series(1, {copies} - 1) AS n) AS made
                 CROSS JOIN LATERAL int8send(second * 1000000) AS key ORDER BY new;
             CREATE TEMP TABLE defined AS SELECT indexname, indexdef FROM pg_indexes
                 WHERE tablename = 'tenure_{kind}_listed' AND indexname NOT LIKE '%_pkey';
             DO $$ DECLARE name text; BEGIN
                 FOR name IN SELECT indexname FROM defined LOOP EXECUTE 'DROP INDEX ' || name; END LOOP;
             END $$;
             INSERT INTO tenure_{kind} SELECT r.* FROM made JOIN tenure_{kind} t ON t.id = made.old
                 CROSS JOIN LATERAL jsonb_populate_record(t, jsonb_build_object(
                     'id', new, 'created_at', at, 'body', jsonb_set(
                         replace(t.body, t.id::text, new::text)::jsonb, '{{created_at}}', to_jsonb(told)))) AS r;
             INSERT INTO tenure_{kind}_listed SELECT r.* FROM made JOIN tenure_{kind}_listed t ON t.id = made.old
                 CROSS JOIN LATERAL jsonb_populate_record(
                     t, jsonb_build_object('id', new, 'created_key', created)) AS r;
             DO $$ DECLARE def text; BEGIN
                 FOR def IN SELECT indexdef FROM defined LOOP EXECUTE def; END LOOP;
             END $$;
             DROP TABLE defined;"
        )
    };
    database.run(&format!(
        "SET session_replication_role = replica;
         {}
         INSERT INTO tenure_user_login SELECT r.* FROM made JOIN tenure_user_login t ON t.id = made.old
             CROSS JOIN LATERAL jsonb_populate_record(t, jsonb_build_object('id', new)) AS r;
         DROP TABLE made;
         {}
         DROP TABLE made",
        kind("user", copies),
        kind("employee", reports / 100)
    ));
}

/// Copies go in by SQL, in no order, each made at another second, with their indexes made afterwards.
fn copy_in_sqlite(path: &std::path::Path, copies: usize, reports: usize) {
    let conn = rusqlite::Connection::open(path).unwrap();
    let texts = |sql: &str| -> Vec<String> {
        let mut statement = conn.prepare(sql).unwrap();
        let rows = statement.query_map([], |row| row.get(0)).unwrap();
        rows.map(Result::unwrap).collect()
    };
    let columns = |table: &str, values: &dyn Fn(&str) -> String| {
        let names = texts(&format!("SELECT name FROM pragma_table_info('{table}')"));
        let values: Vec<String> = names.iter().map(|name| values(name)).collect();
        (names.join(", "), values.join(", "))
    };
    let text = |id: &str| {
        let part = |from: u8, count: u8| format!("substr(lower(hex({id})), {from}, {count})");
        let parts = [part(1, 8), part(9, 4), part(13, 4), part(17, 4), part(21, 12)];
        parts.join(" || '-' || ")
    };
    let later = "SELECT sql FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL
                     AND tbl_name IN ('tenure_user', 'tenure_employee')
                 UNION ALL SELECT sql FROM sqlite_schema WHERE name = 'tenure_search_added'";
    let made_later = texts(later);
    let dropped = "SELECT 'DROP ' || type || ' ' || name FROM sqlite_schema WHERE sql IN";
    let dropped = texts(&format!("{dropped} ({later})"));
    let mut sql = "PRAGMA cache_size = -400000; PRAGMA foreign_keys = OFF; BEGIN;".to_owned();
    sql.push_str(&format!("{};", dropped.join(";")));
    let created_at = "strftime('%Y-%m-%dT%H:%M:%SZ', second, 'unixepoch')";
    let created_key = "unhex(printf('%016x', second * 1000000 + -9223372036854775808))";
    for (kind, place, copies) in [("user", 4, copies), ("employee", 3, reports / 100)] {
        let body = format!(
            "json_set(replace(t.body, {}, {}), '$.created_at', {created_at})",
            text("t.id"),
            text("made.new")
        );
        let (names, values) = columns(&format!("tenure_{kind}"), &|name| match name {
            "number" => "NULL".to_owned(),
            "id" => "made.new".to_owned(),
            "body" => body.clone(),
            "created_at" => "second * 1000000".to_owned(),
            "created_key" => created_key.to_owned(),
            name => format!("t.{name}"),
        });
        let (found, found_values) = columns("tenure_search", &|name| match name {
            "doc" => format!("u.rowid * 8 + {place}"),
            "id" => "made.new".to_owned(),
            "created_key" => created_key.to_owned(),
            name => format!("t.{name}"),
        });
        sql.push_str(&format!(
            "CREATE TEMP TABLE made AS
                 WITH RECURSIVE number (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < {copies} - 1)
                 SELECT t.id AS old, randomblob(16) AS new, 1600000000 + abs(random()) % 100000000 AS second
                 FROM tenure_{kind} t, number ORDER BY 2;
             INSERT INTO tenure_{kind} ({names}) SELECT {values} FROM made CROSS JOIN tenure_{kind} t
                 ON t.tenant = x'{tenant}' AND t.id = made.old;
             INSERT INTO tenure_search ({found}) SELECT {found_values} FROM made
                 CROSS JOIN tenure_{kind} u ON u.tenant = x'{tenant}' AND u.id = made.new
                 CROSS JOIN tenure_search t ON t.tenant = x'{tenant}' AND t.kind = '{kind}' AND t.id = made.old;
             DROP TABLE made;",
            tenant = TENANT.as_uuid().simple(),
        ));
    }
    sql.push_str(&format!(
        "{};
         INSERT INTO tenure_search_index (tenure_search_index) VALUES ('rebuild');
         COMMIT; PRAGMA optimize = 0x10002;",
        made_later.join(";\n")
    ));
    conn.execute_batch(&sql).unwrap();
}

// What is measured.

async fn lists(store: &dyn Store, middles: &[(SortBy, Cursor)], runs: usize, floor: Vec<Duration>) {
    println!(
        "{:<48} {:>8} {:>8} {:>8} {:>9} {:>8} {:>8} {:>7}",
        "", "first µs", "median", "p99", "deep µs", "median", "p99", "ratio"
    );
    tell("the floor: first page by name", of(floor), None);
    for (by, middle) in middles {
        for descending in [false, true] {
            let mut query = every().sort(*by);
            query.descending = descending;
            let name = format!("by {by:?}{}", if descending { ", down" } else { "" });
            compare(store, &name, &query, Some(middle.clone()), runs).await;
        }
    }
    let searches = [
        ("prefix, dense", "ann*"),
        ("prefix, one name in 20", "zim*"),
        ("prefix, rare", "xyz*"),
        ("infix, dense", "exam"),
        ("infix, one name in 20", "mmerm"),
        ("infix, one in 100", "quist"),
        ("infix, one in 2,000", "zimmermannquist"),
        ("infix, rare", "zywick"),
        ("infix, none", "qqqqq"),
        ("two words", "anna meier"),
        ("beginning and end", "an*ier"),
    ];
    for (name, pattern) in searches {
        for by in [SortBy::Created, SortBy::Name] {
            let query = every()
                .sort(by)
                .filter(Filter::Text(SearchPattern::new(pattern).unwrap()));
            let next = store.list(TENANT, &query).await.unwrap().next;
            compare(store, &format!("{name}, by {by:?}: {pattern}"), &query, next, runs).await;
        }
    }
    for (name, pattern) in [
        ("all", "*"),
        ("dense", "exam"),
        ("one in 100", "quist"),
        ("rare", "zywick"),
    ] {
        for (most, what) in [(10_000, "capped"), (u64::MAX, "exact")] {
            let query = every()
                .filter(Filter::Text(SearchPattern::new(pattern).unwrap()))
                .count_up_to(most);
            let query = if pattern == "*" {
                every().count_up_to(most)
            } else {
                query
            };
            compare(
                store,
                &format!("total, {what}: {name}"),
                &query,
                None,
                runs.div_ceil(20),
            )
            .await;
        }
    }
}

fn every() -> Query {
    Query::new(RecordKind::User, Timestamp::EPOCH).limit(PAGE)
}

/// Where each order has its middle, from the rows themselves.
const MIDDLES: [(SortBy, &str); 10] = [
    (SortBy::Created, "created_key"),
    (SortBy::Name, "name_key"),
    (SortBy::Signature, "signature_key"),
    (SortBy::FirstName, "first_name_key"),
    (SortBy::LastName, "name_key"),
    (SortBy::DisplayName, "display_name_key"),
    (SortBy::UserName, "user_name_key"),
    (SortBy::Address, "address_key"),
    (SortBy::Status, "status"),
    (SortBy::LastLogin, "last_login_key"),
];

fn cursor(key: Vec<u8>, id: Uuid) -> Cursor {
    Cursor {
        key,
        id: RecordId::User(id.into()),
    }
}

async fn compare(store: &dyn Store, name: &str, query: &Query, deep: Option<Cursor>, runs: usize) {
    if std::env::var("TENURE_BENCH_ONLY").is_ok_and(|only| !name.contains(&only)) {
        return;
    }
    let first = time(store, query, runs).await;
    let deep = match deep {
        Some(deep) => Some(time(store, &query.clone().after(Some(deep)), runs).await),
        None => None,
    };
    tell(name, first, deep);
}

/// The least, the median and what all but one in a hundred take at most: the slowest of fewer.
type Times = [Duration; 3];

/// The quotient is that of the medians.
fn tell(name: &str, first: Times, deep: Option<Times>) {
    let [least, median, slow] = first.map(micros);
    print!("{name:<48} {least:>8.0} {median:>8.0} {slow:>8.0}");
    match deep.map(|deep| deep.map(micros)) {
        Some([deep, middle, slow]) => println!(" {deep:>9.0} {middle:>8.0} {slow:>8.0} {:>7.2}", middle / median),
        None => println!(),
    }
}

async fn time(store: &dyn Store, query: &Query, runs: usize) -> Times {
    store.list(TENANT, query).await.unwrap();
    let mut times = Vec::new();
    for _ in 0..runs {
        let began = Instant::now();
        store.list(TENANT, query).await.unwrap();
        times.push(began.elapsed());
        // What takes long is not taken often.
        if times.iter().sum::<Duration>() > Duration::from_secs(4) {
            break;
        }
    }
    of(times)
}

fn of(mut times: Vec<Duration>) -> Times {
    times.sort_unstable();
    [
        times[0],
        times[times.len() / 2],
        times[(times.len() * 99).div_ceil(100) - 1],
    ]
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

/// All who report to one move to another, in one act.
async fn bulk(store: &dyn Store, (raw, floor): (usize, Duration)) {
    let set = SetChange::MoveReports {
        from: employee_id(0),
        to: Some(employee_id(1)),
        except: None,
    };
    let began = Instant::now();
    commit(store, vec![Change::Set(set)]).await;
    let took = began.elapsed();
    let ratio = took.as_secs_f64() / floor.as_secs_f64();
    println!(
        "supervisor of {raw}: {:.0} ms, bare UPDATE of a narrow table {:.0} ms, ratio {ratio:.2}",
        took.as_secs_f64() * 1e3,
        floor.as_secs_f64() * 1e3
    );
}
