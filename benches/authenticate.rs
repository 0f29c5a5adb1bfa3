//! What a request pays for: `cargo bench --bench authenticate`.
//!
//! Authenticate on the memory store and on SQLite, beside the floor: a bare `rusqlite` connection on the calling thread that
//! runs one cached statement for the same rows and decodes nothing. All in one run, so that the ratios hold whatever else the
//! machine does. Without `--bench` (as `cargo test` calls it) it runs on a handful of users, to show that it works.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    clippy::cast_precision_loss,
    reason = "a bench reads the clock, and stops at the first thing that is not as it should be"
)]

use std::sync::Arc;
use std::time::{Duration, Instant};

use rusqlite::{Connection, OpenFlags, params};
use tenure::clock::{Clock, SystemClock};
use tenure::id::Seed;
use tenure::mail::{CourierMode, LinkBase, MemoryMailer};
use tenure::model::{Client, Entry, Record, SessionState};
use tenure::secret::{OsRandom, Token, TokenPurpose, random_bytes};
use tenure::store::sqlite::{SqliteOptions, Synchronous};
use tenure::store::{Change, Commit, MemoryStore, Store};
use tenure::text::{EmailAddress, UserName};
use tenure::{Founding, NewUser, Session, Tenure, User, UserKind};

struct Size {
    users: usize,
    requests: usize,
    tasks: usize,
}

fn main() {
    let full = std::env::args().any(|argument| argument == "--bench");
    let size = if full {
        Size {
            users: 100_000,
            requests: 200_000,
            tasks: 64,
        }
    } else {
        Size {
            users: 50,
            requests: 200,
            tasks: 4,
        }
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(run(&size));
}

async fn run(size: &Size) {
    println!("{} users, one session each\n", size.users);
    println!("{:<34} {:>10} {:>12} {:>8}", "", "µs a call", "calls/s", "ratio");

    let memory: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let (tenure, tokens) = fill(Arc::clone(&memory), size.users).await;
    line(
        "memory, 1 task",
        one_task(&tenure, &tokens, size.requests).await,
        size.requests,
        None,
    );

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tenure.db");
    let store = SqliteOptions::new(&path)
        .synchronous(Synchronous::Normal)
        .open()
        .unwrap();
    let (tenure, tokens) = fill(Arc::new(store), size.users).await;
    let hashes: Vec<_> = tokens
        .iter()
        .map(|token| {
            let token = Token::parse(TokenPurpose::Session, token).unwrap();
            (*token.tenant().as_bytes(), *token.hash().as_bytes())
        })
        .collect();
    let floor = floor(&path, &hashes, size.requests);
    line("SQLite, the floor, 1 task", floor, size.requests, None);
    line(
        "SQLite, 1 task",
        one_task(&tenure, &tokens, size.requests).await,
        size.requests,
        Some(floor),
    );
    let many = many_tasks(&tenure, &tokens, size).await;
    line(
        &format!("SQLite, {} tasks", size.tasks),
        many,
        size.requests,
        Some(floor),
    );
}

fn line(name: &str, took: Duration, requests: usize, floor: Option<Duration>) {
    let each = took.as_secs_f64() / requests as f64;
    let ratio = floor.map_or(String::new(), |floor| {
        format!("{:.2}", took.as_secs_f64() / floor.as_secs_f64())
    });
    println!("{name:<34} {:>10.1} {:>12.0} {ratio:>8}", each * 1e6, 1.0 / each);
}

/// A tenant with so many active users, and the token of a session of each.
async fn fill(store: Arc<dyn Store>, users: usize) -> (Tenure, Vec<String>) {
    let tenure = Tenure::builder(Arc::clone(&store), Arc::new(MemoryMailer::new()))
        .links(LinkBase::new("https://backoffice.example.com").unwrap())
        .courier(CourierMode::Manual)
        .build()
        .unwrap();
    let owner = NewUser::new("Ada", "Lovelace", "ada@example.com");
    let founded = tenure
        .found(Founding::new("Bench", owner, "Correct-Horse-7"))
        .await
        .unwrap();
    let now = SystemClock.now();
    let mut tokens = Vec::with_capacity(users);
    let mut number = 0;
    while number < users {
        let seed = Seed {
            at: now,
            random: random_bytes(&OsRandom).unwrap(),
        };
        let mut changes = Vec::new();
        for step in 0..500.min(users - number) {
            let name = format!("user{}@example.com", number + step);
            let user = User {
                id: seed.id(u16::try_from(2 * step).unwrap()),
                kind: UserKind::Program,
                user_name: UserName::new(&name).unwrap(),
                address: EmailAddress::new(&name).unwrap(),
                ..founded.owner.clone()
            };
            let token = Token::mint(TokenPurpose::Session, *founded.tenant.id.as_uuid(), &OsRandom).unwrap();
            let session = Session {
                id: seed.id(u16::try_from(2 * step + 1).unwrap()),
                user: user.id,
                token: token.hash(),
                client: Client::unknown(),
                started_at: now,
                expires_at: now.saturating_add(time::Duration::hours(12)),
                seen_at: now.saturating_add(time::Duration::minutes(5)),
                limited: None,
                state: SessionState::Open,
            };
            tokens.push(token.expose().to_owned());
            changes.push(Change::Insert(Entry::new(Record::User(user))));
            changes.push(Change::Insert(Entry::new(Record::Session(session))));
        }
        number += 500;
        let commit = Commit {
            id: seed.id(u16::MAX),
            tenant: founded.tenant.id,
            at: now,
            guards: Vec::new(),
            changes,
            events: Vec::new(),
            mail: Vec::new(),
        };
        store.commit(commit).await.unwrap();
    }
    (tenure, tokens)
}

async fn one_task(tenure: &Tenure, tokens: &[String], requests: usize) -> Duration {
    let client = Client::unknown();
    let began = Instant::now();
    for number in 0..requests {
        let token = &tokens[spread(number, tokens.len())];
        tenure.authenticate(token, &client).await.unwrap();
    }
    began.elapsed()
}

async fn many_tasks(tenure: &Tenure, tokens: &[String], size: &Size) -> Duration {
    let (tokens, each) = (Arc::new(tokens.to_vec()), size.requests / size.tasks);
    let began = Instant::now();
    let tasks: Vec<_> = (0..size.tasks)
        .map(|task| {
            let (tenure, tokens) = (tenure.clone(), Arc::clone(&tokens));
            tokio::spawn(async move {
                let client = Client::unknown();
                for number in 0..each {
                    let token = &tokens[spread(task * each + number, tokens.len())];
                    tenure.authenticate(token, &client).await.unwrap();
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    began.elapsed()
}

/// One cached statement for the rows of a session, its user, its tenant and its roles.
fn floor(path: &std::path::Path, hashes: &[([u8; 16], [u8; 32])], requests: usize) -> Duration {
    let conn = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    let mut statement = conn
        .prepare(
            "SELECT s.body, u.body, t.body, (SELECT group_concat(r.body) FROM tenure_user_role g
                 JOIN tenure_role r ON r.tenant = g.tenant AND r.id = g.role
                 WHERE g.tenant = u.tenant AND g.user = u.id)
             FROM tenure_session s
             JOIN tenure_user u ON u.tenant = s.tenant AND u.id = s.user
             JOIN tenure_tenant t ON t.tenant = s.tenant AND t.id = s.tenant
             WHERE s.tenant = ?1 AND s.token = ?2",
        )
        .unwrap();
    let began = Instant::now();
    for number in 0..requests {
        let (tenant, token) = &hashes[spread(number, hashes.len())];
        let read: usize = statement
            .query_row(params![tenant, token], |row| {
                Ok((0..4)
                    .map(|column| row.get_ref(column).unwrap().as_str().unwrap().len())
                    .sum())
            })
            .unwrap();
        assert!(read > 0);
    }
    began.elapsed()
}

/// Visits all of them in an order that no cache foresees.
fn spread(number: usize, of: usize) -> usize {
    number.wrapping_mul(7_919) % of
}
