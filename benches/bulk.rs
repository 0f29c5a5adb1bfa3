//! What an import costs beside bare inserts: `cargo bench --bench bulk`.
//!
//! As many employees and as many users are imported in one act, into SQLite and PostgreSQL; then the very rows, keys and events
//! that this wrote are written once more by bare inserts, with the same indexes, in the same file or database, in one run. So
//! the ratio holds whatever else the machine does. `TENURE_BENCH_ROWS` says how many in all (100,000). Without `--bench` (as
//! `cargo test` calls it) it is a few, to show that it works.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    clippy::cast_precision_loss,
    reason = "a bench reads the clock, and stops at the first thing that is not as it should be"
)]

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tenure::mail::{CourierMode, LinkBase, MemoryMailer};
use tenure::password::HashingParams;
use tenure::store::sqlite::SqliteOptions;
use tenure::store::{PostgresStore, Store};
use tenure::testing::postgres::PostgresServer;
use tenure::{Desk, EmployeeRow, Founding, Import, NewRole, NewUnit, NewUser, Policy, Tenure, UserRow};
use tokio_postgres::NoTls;

/// The tables that an import writes, in an order in which rows may be written.
const TABLES: [&str; 7] = [
    "tenure_employee",
    "tenure_user",
    "tenure_user_role",
    "tenure_user_unit",
    "tenure_credential",
    "tenure_key",
    "tenure_event",
];

fn main() {
    let full = std::env::args().any(|argument| argument == "--bench");
    let asked = std::env::var("TENURE_BENCH_ROWS")
        .ok()
        .and_then(|rows| rows.parse().ok());
    let rows: usize = asked.unwrap_or(if full { 100_000 } else { 2_000 });
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    println!("{:<52} {:>8} {:>10} {:>7}", "", "seconds", "rows/s", "ratio");
    runtime.block_on(async {
        sqlite(rows).await;
        postgres(rows).await;
    });
}

fn line(name: &str, took: Duration, rows: usize, floor: Option<Duration>) {
    let seconds = took.as_secs_f64();
    let ratio = floor.map_or(String::new(), |floor| format!("{:.2}", seconds / floor.as_secs_f64()));
    println!("{name:<52} {seconds:>8.2} {:>10.0} {ratio:>7}", rows as f64 / seconds);
}

async fn founded(store: Arc<dyn Store>) -> Desk {
    let mut policy = Policy::default();
    policy.hashing = HashingParams::weak_for_tests();
    let tenure = Tenure::builder(store, Arc::new(MemoryMailer::new()))
        .links(LinkBase::new("https://backoffice.example.com").unwrap())
        .courier(CourierMode::Manual)
        .policy(policy)
        .build()
        .unwrap();
    let owner = NewUser::new("Ada", "Lovelace", "ada@example.com");
    let tenant = tenure
        .found(Founding::new("Bench", owner, "Correct-Horse-7"))
        .await
        .unwrap()
        .tenant;
    let desk = tenure.system(tenant.id, "a bench").unwrap();
    for number in 0..20 {
        let unit = NewUnit::department(format!("Unit {number}"));
        desk.units().add(unit).await.unwrap();
    }
    desk.roles()
        .add(NewRole::new("Clerk").permissions(["orders.read"]))
        .await
        .unwrap();
    desk
}

/// Half of the rows are employees, who report to one of a hundred; the other half are their users.
fn rows(count: usize) -> Import {
    let employees = (0..count / 2).map(|number| {
        let mut row = EmployeeRow::new(format!("First{number}"), format!("Last{}", number % 977));
        row.signature = Some(format!("S{number}"));
        row.email = Some(format!("person{number}@example.org"));
        row.supervisor = (number >= 100).then(|| format!("S{}", number % 100));
        row.unit = Some(format!("Unit {}", number % 20));
        row
    });
    let users = (0..count / 2).map(|number| {
        let mut row = UserRow::of_employee(format!("S{number}"));
        row.role = Some("Clerk".to_owned());
        row.role_units = Some(format!("Unit {}", number % 20));
        row.status = Some("active".to_owned());
        row
    });
    Import::new().employees(employees).users(users)
}

async fn import(desk: &Desk, count: usize) -> (Duration, Duration) {
    let import = rows(count);
    let began = Instant::now();
    assert_eq!(desk.bulk().check(&import).await.unwrap().refused, []);
    let checked = began.elapsed();
    let began = Instant::now();
    let imported = desk.bulk().import(&import).await.unwrap();
    assert_eq!(imported.employees.len() + imported.users.len(), count / 2 * 2);
    (checked, began.elapsed())
}

async fn sqlite(count: usize) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bulk.db");
    let store = SqliteOptions::new(&path).open().unwrap();
    let desk = founded(Arc::new(store)).await;
    let (checked, took) = import(&desk, count).await;
    drop(desk);
    let floor = sqlite_floor(&path);
    line("SQLite: bare inserts of the same rows", floor, count, None);
    line("SQLite: dry run", checked, count, Some(floor));
    line("SQLite: import", took, count, Some(floor));
}

/// The same rows into tables that are made alike, by one prepared statement each, in one transaction.
fn sqlite_floor(path: &Path) -> Duration {
    let mut conn = rusqlite::Connection::open(path).unwrap();
    conn.execute_batch("PRAGMA foreign_keys = OFF; PRAGMA synchronous = FULL")
        .unwrap();
    let made: Vec<(String, String)> = TABLES
        .iter()
        .map(|table| (sqlite_twin(&conn, table), (*table).to_owned()))
        .collect();
    let mut took = Duration::ZERO;
    let transaction = conn.transaction().unwrap();
    for (twin, table) in made {
        let mut rows: Vec<Vec<rusqlite::types::Value>> = Vec::new();
        let mut select = transaction.prepare(&format!("SELECT * FROM {table}")).unwrap();
        let columns = select.column_count();
        let mut found = select.query([]).unwrap();
        while let Some(row) = found.next().unwrap() {
            rows.push((0..columns).map(|column| row.get(column).unwrap()).collect());
        }
        let places = vec!["?"; columns].join(", ");
        let mut insert = transaction
            .prepare(&format!("INSERT INTO {twin} VALUES ({places})"))
            .unwrap();
        let began = Instant::now();
        for row in rows {
            insert.execute(rusqlite::params_from_iter(row)).unwrap();
        }
        took += began.elapsed();
    }
    let began = Instant::now();
    transaction.commit().unwrap();
    took + began.elapsed()
}

/// A table like another, empty, with the same indexes.
fn sqlite_twin(conn: &rusqlite::Connection, table: &str) -> String {
    let twin = format!("bare_{table}");
    let mut made = conn
        .prepare("SELECT sql FROM sqlite_schema WHERE tbl_name = ?1 AND sql IS NOT NULL ORDER BY type DESC")
        .unwrap();
    let sql: Vec<String> = made
        .query_map([table], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    for sql in sql {
        let sql = sql
            .replacen(&format!("CREATE TABLE {table}"), &format!("CREATE TABLE {twin}"), 1)
            .replacen("INDEX ", "INDEX bare_", 1)
            .replacen(&format!(" ON {table} "), &format!(" ON {twin} "), 1);
        conn.execute_batch(&sql).unwrap();
    }
    twin
}

async fn postgres(count: usize) {
    let Some(server) = PostgresServer::shared() else { return };
    let database = server.database();
    let store = PostgresStore::connect(&database.url()).await.unwrap();
    let desk = founded(Arc::new(store)).await;
    let (checked, took) = import(&desk, count).await;
    let floor = postgres_floor(&database.url()).await;
    line("PostgreSQL: bare inserts of the same rows", floor, count, None);
    line("PostgreSQL: dry run", checked, count, Some(floor));
    line("PostgreSQL: import", took, count, Some(floor));
}

/// The same rows into tables that are made alike, from a client, thousands a statement, in one transaction.
async fn postgres_floor(url: &str) -> Duration {
    let (mut client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    let mut took = Duration::ZERO;
    let transaction = client.transaction().await.unwrap();
    for table in TABLES {
        let twin = format!("bare_{table}");
        let like = format!("CREATE TABLE {twin} (LIKE {table} INCLUDING ALL)");
        transaction.batch_execute(&like).await.unwrap();
        let rows = transaction
            .query(&format!("SELECT to_jsonb(t)::text FROM {table} t"), &[])
            .await
            .unwrap();
        let rows: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
        let insert =
            format!("INSERT INTO {twin} SELECT r.* FROM jsonb_populate_recordset(NULL::{twin}, $1::text::jsonb) r");
        let insert = transaction.prepare(&insert).await.unwrap();
        for rows in rows.chunks(2_000) {
            let rows = format!("[{}]", rows.join(","));
            let began = Instant::now();
            transaction.execute(&insert, &[&rows]).await.unwrap();
            took += began.elapsed();
        }
    }
    let began = Instant::now();
    transaction.commit().await.unwrap();
    took + began.elapsed()
}
