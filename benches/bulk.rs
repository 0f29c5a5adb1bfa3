//! What changes many at once costs beside bare SQL: `cargo bench --bench bulk`.
//!
//! Import: as many employees and as many users are imported in one act, into SQLite and PostgreSQL; then the very rows, keys
//! and events that this wrote are written once more by bare inserts, with the same indexes, in the same file or database.
//! There are two such floors: with what records are searched and sorted by, which is the same work, and without it.
//!
//! Supervisor: all who report to one report to another, in one act; then one bare `UPDATE` of the same rows, of the column, the
//! body and the version, moves them back, and so on in turn.
//!
//! All is done several times in one run and the shortest of each counts, so that ratios hold whatever else the machine does.
//! `TENURE_BENCH_ROWS` says how many rows (100,000), `TENURE_BENCH_ROUNDS` how often (3), `TENURE_BENCH_ONLY` which
//! (`import`, `supervisor`, `sqlite`, `postgres`). Without `--bench` (as `cargo test` calls it) it is a few, to show that it
//! works.
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

use tenure::id::EmployeeId;
use tenure::mail::{CourierMode, LinkBase, MemoryMailer};
use tenure::password::HashingParams;
use tenure::store::sqlite::SqliteOptions;
use tenure::store::{PostgresStore, Store};
use tenure::testing::postgres::PostgresServer;
use tenure::{Desk, EmployeeRow, Founding, Import, NewRole, NewUnit, NewUser, Policy, Tenure, UserRow};
use tokio_postgres::NoTls;

/// The tables that an import writes, but for those by which records are searched and sorted.
const TABLES: [&str; 7] = [
    "tenure_employee",
    "tenure_user",
    "tenure_user_role",
    "tenure_user_unit",
    "tenure_credential",
    "tenure_key",
    "tenure_event",
];
/// Those by which records are searched and, in PostgreSQL, sorted.
const SQLITE_SEARCHED: [&str; 1] = ["tenure_search"];
const POSTGRES_SEARCHED: [&str; 3] = ["tenure_employee_listed", "tenure_user_listed", "tenure_user_login"];

/// As the store has it, so that both write under the same conditions.
const PRAGMAS: &str = "PRAGMA foreign_keys = OFF; PRAGMA synchronous = FULL;
    PRAGMA journal_size_limit = 67108864; PRAGMA cache_size = -16384";

/// The index of trigrams, all at once: the fastest way that there is.
const BARE_INDEX: &str = "INSERT INTO bare_tenure_search_index (rowid, scope, text)
    SELECT doc, scope, text FROM bare_tenure_search";

struct Asked {
    rows: usize,
    rounds: usize,
    only: Option<String>,
}

impl Asked {
    fn of_the_environment() -> Self {
        let full = std::env::args().any(|argument| argument == "--bench");
        let number = |name| std::env::var(name).ok().and_then(|number| number.parse().ok());
        Self {
            rows: number("TENURE_BENCH_ROWS").unwrap_or(if full { 100_000 } else { 2_000 }),
            rounds: number("TENURE_BENCH_ROUNDS").unwrap_or(if full { 3 } else { 1 }),
            only: std::env::var("TENURE_BENCH_ONLY").ok(),
        }
    }

    fn wants(&self, work: &str, store: &str) -> bool {
        self.only.as_deref().is_none_or(|only| only == work || only == store)
    }
}

fn main() {
    let asked = Asked::of_the_environment();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    println!(
        "{:<56} {:>8} {:>10} {:>7} {:>7}",
        "", "seconds", "rows/s", "ratio", "without"
    );
    runtime.block_on(async {
        for work in ["import", "supervisor"] {
            for store in ["sqlite", "postgres"] {
                if asked.wants(work, store) {
                    run(work, store, &asked).await;
                }
            }
        }
    });
}

async fn run(work: &str, store: &str, asked: &Asked) {
    match (work, store) {
        ("import", "sqlite") => import_sqlite(asked).await,
        ("import", _) => import_postgres(asked).await,
        (_, "sqlite") => move_sqlite(asked).await,
        _ => move_postgres(asked).await,
    }
}

fn line(name: &str, took: Duration, rows: usize, floors: &[Duration]) {
    let seconds = took.as_secs_f64();
    let ratios = floors
        .iter()
        .map(|floor| format!("{:>7.2}", seconds / floor.as_secs_f64()));
    let ratios: Vec<String> = ratios.collect();
    println!(
        "{name:<56} {seconds:>8.2} {:>10.0} {}",
        rows as f64 / seconds,
        ratios.join(" ")
    );
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

fn employee(number: usize, supervisor: Option<String>) -> EmployeeRow {
    let mut row = EmployeeRow::new(format!("First{number}"), format!("Last{}", number % 977));
    row.signature = Some(format!("S{number}"));
    row.email = Some(format!("person{number}@example.org"));
    row.unit = Some(format!("Unit {}", number % 20));
    row.supervisor = supervisor;
    row
}

/// What a round took.
struct Round {
    checked: Duration,
    imported: Duration,
    /// Bare inserts of the records.
    bare: Duration,
    /// Bare inserts of what they are searched and sorted by.
    searched: Duration,
}

fn tell(store: &str, rounds: &[Round], rows: usize) {
    let least = |took: fn(&Round) -> Duration| rounds.iter().map(took).min().unwrap();
    let (bare, full) = (least(|round| round.bare), least(|round| round.bare + round.searched));
    line(&format!("{store}: bare inserts of the same rows"), full, rows, &[]);
    line(&format!("{store}: without what they are searched by"), bare, rows, &[]);
    line(
        &format!("{store}: dry run"),
        least(|round| round.checked),
        rows,
        &[full, bare],
    );
    line(
        &format!("{store}: import"),
        least(|round| round.imported),
        rows,
        &[full, bare],
    );
}

/// Half of the rows are employees, who report to one of a hundred; the other half are their users.
fn rows(count: usize) -> Import {
    let employees =
        (0..count / 2).map(|number| employee(number, (number >= 100).then(|| format!("S{}", number % 100))));
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

async fn import_sqlite(asked: &Asked) {
    let mut rounds = Vec::new();
    for _ in 0..asked.rounds {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("bulk.db");
        let store = SqliteOptions::new(&path).open().unwrap();
        let desk = founded(Arc::new(store)).await;
        let (checked, imported) = import(&desk, asked.rows).await;
        drop(desk);
        rounds.push(Round {
            checked,
            imported,
            bare: sqlite_floor(&path, &TABLES),
            searched: sqlite_floor(&path, &SQLITE_SEARCHED),
        });
    }
    tell("SQLite", &rounds, asked.rows);
}

/// The same rows into tables that are made alike, by one prepared statement each, in one transaction.
fn sqlite_floor(path: &Path, tables: &[&str]) -> Duration {
    let mut conn = rusqlite::Connection::open(path).unwrap();
    conn.execute_batch(PRAGMAS).unwrap();
    let made: Vec<(String, &str)> = tables.iter().map(|table| (sqlite_twin(&conn, table), *table)).collect();
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
        if table == "tenure_search" {
            transaction.execute(BARE_INDEX, []).unwrap();
        }
        took += began.elapsed();
    }
    let began = Instant::now();
    transaction.commit().unwrap();
    took + began.elapsed()
}

/// A table like another, empty, with the same indexes, and that of trigrams.
fn sqlite_twin(conn: &rusqlite::Connection, table: &str) -> String {
    let mut made = conn
        .prepare(
            "SELECT sql FROM sqlite_schema
             WHERE sql IS NOT NULL AND (tbl_name = ?1 OR name = ?1 || '_index')
             ORDER BY sql LIKE 'CREATE TABLE%' DESC, type = 'trigger'",
        )
        .unwrap();
    let sql: Vec<String> = made
        .query_map([table], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    for sql in sql {
        conn.execute_batch(&sql.replace("tenure_", "bare_tenure_")).unwrap();
    }
    format!("bare_{table}")
}

async fn import_postgres(asked: &Asked) {
    let Some(server) = PostgresServer::shared() else { return };
    let mut rounds = Vec::new();
    for _ in 0..asked.rounds {
        let database = server.database();
        let store = PostgresStore::connect(&database.url()).await.unwrap();
        let desk = founded(Arc::new(store)).await;
        let (checked, imported) = import(&desk, asked.rows).await;
        rounds.push(Round {
            checked,
            imported,
            bare: postgres_floor(&database.url(), &TABLES).await,
            searched: postgres_floor(&database.url(), &POSTGRES_SEARCHED).await,
        });
    }
    tell("PostgreSQL", &rounds, asked.rows);
}

/// The same rows into tables that are made alike, from a client, thousands a statement, in one transaction.
async fn postgres_floor(url: &str, tables: &[&str]) -> Duration {
    let mut client = connected(url).await;
    let mut took = Duration::ZERO;
    let transaction = client.transaction().await.unwrap();
    for table in tables {
        let twin = format!("bare_{table}");
        let like = format!("DROP TABLE IF EXISTS {twin}; CREATE TABLE {twin} (LIKE {table} INCLUDING ALL)");
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

async fn connected(url: &str) -> tokio_postgres::Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

/// Two employees, and everybody else, who report to the first.
async fn two_and_their_reports(desk: &Desk, count: usize) -> (EmployeeId, EmployeeId) {
    let all = (0..count + 2).map(|number| employee(number, (number > 1).then(|| "S0".to_owned())));
    let import = Import::new().employees(all);
    let imported = desk.bulk().import(&import).await.unwrap();
    (imported.employees[0], imported.employees[1])
}

/// The bare `UPDATE`, with parameters in the way of the store: `:from` and `:to` are what stands in the column, `:before` and
/// `:after` what stands in the body.
const BARE_UPDATE: &str = "UPDATE tenure_employee SET version = version + 1, supervisor = :to,
    body = replace(body, :before, :after) WHERE supervisor = :from";

fn in_body(employee: EmployeeId) -> String {
    format!("\"supervisor\":\"{employee}\"")
}

fn tell_moves(store: &str, moved: &[Duration], bare: &[Duration], rows: usize) {
    let (moved, bare) = (*moved.iter().min().unwrap(), *bare.iter().min().unwrap());
    line(&format!("{store}: bare UPDATE of the supervisor"), bare, rows, &[]);
    line(&format!("{store}: change of the supervisor"), moved, rows, &[bare]);
}

async fn move_sqlite(asked: &Asked) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bulk.db");
    let desk = founded(Arc::new(SqliteOptions::new(&path).open().unwrap())).await;
    let (one, other) = two_and_their_reports(&desk, asked.rows).await;
    let conn = rusqlite::Connection::open(&path).unwrap();
    conn.execute_batch(PRAGMAS).unwrap();
    let (mut moved, mut bare) = (Vec::new(), Vec::new());
    for _ in 0..asked.rounds {
        let began = Instant::now();
        desk.employees().move_reports(one, other).await.unwrap();
        moved.push(began.elapsed());
        let began = Instant::now();
        let back = rusqlite::named_params! {
            ":to": one.as_uuid().as_bytes(), ":from": other.as_uuid().as_bytes(),
            ":before": in_body(other), ":after": in_body(one),
        };
        assert_eq!(conn.execute(BARE_UPDATE, back).unwrap(), asked.rows);
        bare.push(began.elapsed());
    }
    tell_moves("SQLite", &moved, &bare, asked.rows);
}

async fn move_postgres(asked: &Asked) {
    let Some(server) = PostgresServer::shared() else { return };
    let database = server.database();
    let desk = founded(Arc::new(PostgresStore::connect(&database.url()).await.unwrap())).await;
    let (one, other) = two_and_their_reports(&desk, asked.rows).await;
    let client = connected(&database.url()).await;
    let update = [(":to", "$1"), (":from", "$2"), (":before", "$3"), (":after", "$4")]
        .iter()
        .fold(BARE_UPDATE.to_owned(), |sql, (name, place)| sql.replace(name, place));
    let update = client.prepare(&update).await.unwrap();
    let (mut moved, mut bare) = (Vec::new(), Vec::new());
    for _ in 0..asked.rounds {
        // Each finds the table as the other does, without what the one before left behind.
        client.batch_execute("VACUUM tenure_employee").await.unwrap();
        let began = Instant::now();
        desk.employees().move_reports(one, other).await.unwrap();
        moved.push(began.elapsed());
        client.batch_execute("VACUUM tenure_employee").await.unwrap();
        let began = Instant::now();
        let back: [&(dyn tokio_postgres::types::ToSql + Sync); 4] =
            [one.as_uuid(), other.as_uuid(), &in_body(other), &in_body(one)];
        assert_eq!(client.execute(&update, &back).await.unwrap(), asked.rows as u64);
        bare.push(began.elapsed());
    }
    tell_moves("PostgreSQL", &moved, &bare, asked.rows);
}
