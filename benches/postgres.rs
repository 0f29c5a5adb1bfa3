//! What a request pays for on PostgreSQL: `cargo bench --bench postgres`.
//!
//! Authenticate beside the floor: bare `tokio-postgres` that runs one prepared statement for the same rows over as many
//! connections, and decodes nothing. Then sign-ins, with a hash that costs nothing, for what a commit takes. All in one run
//! on a server of its own that does not wait for the disk (`fsync = off`), so that ratios hold whatever else the machine
//! does. Without `--bench` (as `cargo test` calls it) it runs a few requests, to show that it works.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    clippy::cast_precision_loss,
    reason = "a bench reads the clock, and stops at the first thing that is not as it should be"
)]

use std::sync::Arc;
use std::time::{Duration, Instant};

use tenure::mail::{CourierMode, LinkBase, MemoryMailer};
use tenure::model::Client;
use tenure::password::HashingParams;
use tenure::secret::{Token, TokenPurpose};
use tenure::store::PostgresStore;
use tenure::testing::postgres::PostgresServer;
use tenure::{Founding, NewUser, Policy, SignIn, TenantId, Tenure};
use tokio_postgres::NoTls;

const PASSWORD: &str = "Correct-Horse-7";
/// As many as a store has for short reads by default.
const CONNECTIONS: usize = 2;

fn main() {
    let full = std::env::args().any(|argument| argument == "--bench");
    let (sessions, requests, tasks) = if full { (5_000, 100_000, 64) } else { (20, 100, 4) };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(run(sessions, requests, tasks));
}

async fn run(sessions: usize, requests: usize, tasks: usize) {
    let Some(server) = PostgresServer::shared() else { return };
    let database = server.database();
    let tenants = 8.min(sessions);
    let tenure = set_up(&database.url()).await;
    let mut founded = Vec::new();
    for number in 0..tenants {
        let owner = NewUser::new("Ada", "Lovelace", "ada@example.com");
        let founding = Founding::new(format!("Bench {number}"), owner, PASSWORD);
        founded.push(tenure.found(founding).await.unwrap().tenant.id);
    }
    println!("{:<44} {:>10} {:>10} {:>7}", "", "µs a call", "calls/s", "ratio");

    line(
        "sign in, tasks 1",
        sign_in(&tenure, &founded[..1], sessions / 5, 1).await.1,
        sessions / 5,
        None,
    );
    let (_, one) = sign_in(&tenure, &founded[..1], sessions, tasks).await;
    line(&format!("sign in, tasks {tasks}, tenants 1"), one, sessions, None);
    let (tokens, many) = sign_in(&tenure, &founded, sessions, tasks).await;
    line(
        &format!("sign in, tasks {tasks}, tenants {tenants}"),
        many,
        sessions,
        None,
    );

    let tokens = Arc::new(tokens);
    for tasks in [1, tasks] {
        let floor = floor(&database.url(), &tokens, requests, tasks).await;
        let name = format!("the floor, tasks {tasks}, connections {}", CONNECTIONS.min(tasks));
        line(&name, floor, requests, None);
        let ours = authenticate(&tenure, &tokens, requests, tasks).await;
        line(&format!("authenticate, tasks {tasks}"), ours, requests, Some(floor));
    }
}

async fn set_up(url: &str) -> Tenure {
    let store = PostgresStore::connect(url).await.unwrap();
    let mut policy = Policy::default();
    policy.hashing = HashingParams::weak_for_tests();
    Tenure::builder(Arc::new(store), Arc::new(MemoryMailer::new()))
        .links(LinkBase::new("https://backoffice.example.com").unwrap())
        .courier(CourierMode::Manual)
        .policy(policy)
        .build()
        .unwrap()
}

fn line(name: &str, took: Duration, calls: usize, floor: Option<Duration>) {
    let each = took.as_secs_f64() / calls as f64;
    let ratio = floor.map_or(String::new(), |floor| {
        format!("{:.2}", took.as_secs_f64() / floor.as_secs_f64())
    });
    println!("{name:<44} {:>10.1} {:>10.0} {ratio:>7}", each * 1e6, 1.0 / each);
}

/// Calls so often, in so many tasks at once; the number of the call goes in, and the answers come out.
async fn many<T, F>(
    calls: usize,
    tasks: usize,
    call: impl Fn(usize) -> F + Clone + Send + 'static,
) -> (Vec<T>, Duration)
where
    T: Send + 'static,
    F: Future<Output = T> + Send,
{
    let began = Instant::now();
    let running: Vec<_> = (0..tasks)
        .map(|task| {
            let call = call.clone();
            tokio::spawn(async move {
                let mut answers = Vec::new();
                for number in (task..calls).step_by(tasks) {
                    answers.push(call(number).await);
                }
                answers
            })
        })
        .collect();
    let mut answers = Vec::new();
    for task in running {
        answers.extend(task.await.unwrap());
    }
    (answers, began.elapsed())
}

async fn sign_in(tenure: &Tenure, tenants: &[TenantId], calls: usize, tasks: usize) -> (Vec<String>, Duration) {
    let (tenure, tenants) = (tenure.clone(), tenants.to_vec());
    let sign_in = move |number: usize| {
        let (tenure, tenant) = (tenure.clone(), tenants[number % tenants.len()]);
        async move {
            let sign_in = SignIn::new(tenant, "ada@example.com", PASSWORD);
            tenure.sign_in(sign_in).await.unwrap().token.expose().to_owned()
        }
    };
    many(calls.max(tasks), tasks, sign_in).await
}

async fn authenticate(tenure: &Tenure, tokens: &Arc<Vec<String>>, calls: usize, tasks: usize) -> Duration {
    let (tenure, tokens) = (tenure.clone(), Arc::clone(tokens));
    let authenticate = move |number: usize| {
        let (tenure, tokens) = (tenure.clone(), Arc::clone(&tokens));
        async move {
            let token = &tokens[spread(number, tokens.len())];
            tenure.authenticate(token, &Client::unknown()).await.unwrap();
        }
    };
    many(calls, tasks, authenticate).await.1
}

/// Session, user, tenant and roles by one statement.
async fn floor(url: &str, tokens: &[String], calls: usize, tasks: usize) -> Duration {
    let sql = "SELECT s.body, u.body, t.body, (SELECT string_agg(r.body, ',') FROM tenure_user_role g
            JOIN tenure_role r ON r.tenant = g.tenant AND r.id = g.role
            WHERE g.tenant = u.tenant AND g.user = u.id)
        FROM tenure_session s
        JOIN tenure_user u ON u.tenant = s.tenant AND u.id = s.user
        JOIN tenure_tenant t ON t.tenant = s.tenant AND t.id = s.tenant
        WHERE s.tenant = $1 AND s.token = $2";
    let mut connections = Vec::new();
    for _ in 0..CONNECTIONS.min(tasks) {
        let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
        tokio::spawn(connection);
        let statement = client.prepare(sql).await.unwrap();
        connections.push((client, statement));
    }
    let hashes = tokens.iter().map(|token| {
        let token = Token::parse(TokenPurpose::Session, token).unwrap();
        (token.tenant(), token.hash().as_bytes().to_vec())
    });
    let shared = Arc::new((connections, hashes.collect::<Vec<_>>()));
    let select = move |number: usize| {
        let shared = Arc::clone(&shared);
        async move {
            let (connections, hashes) = &*shared;
            let (client, statement) = &connections[number % connections.len()];
            let (tenant, token) = &hashes[spread(number, hashes.len())];
            let row = client.query_one(statement, &[tenant, token]).await.unwrap();
            let read: usize = (0..4).map(|column| row.get::<_, &str>(column).len()).sum();
            assert!(read > 0);
        }
    };
    many(calls, tasks, select).await.1
}

/// Visits all of them in an order that no cache foresees.
fn spread(number: usize, of: usize) -> usize {
    number.wrapping_mul(7_919) % of
}
