//! What logins cost, and what they cost everybody else: `cargo bench --bench sign_in`.
//!
//! Logins a second beside the floor: bare Argon2id with the same parameters, on as many threads, with memory that is reused.
//! Then how long an authenticated request takes while 64 logins wait for the hashing threads. All in one run. Without `--bench`
//! (as `cargo test` calls it) it runs a handful of logins with cheap hashes, to show that it works.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::cast_precision_loss,
    reason = "a bench reads the clock, and stops at the first thing that is not as it should be"
)]

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use argon2::{Algorithm, Argon2, Block, Params, Version};
use tenure::clock::{Clock, SystemClock};
use tenure::id::Seed;
use tenure::mail::{CourierMode, LinkBase, MemoryMailer};
use tenure::model::{Credential, Entry, Record};
use tenure::password::HashingParams;
use tenure::secret::{OsRandom, random_bytes};
use tenure::store::{Change, Commit, MemoryStore, SqliteStore, Store, StoreExt};
use tenure::text::{EmailAddress, UserName};
use tenure::{Client, Founding, NewUser, Policy, SignIn, TenantId, Tenure, User, UserKind};
use tokio::task::JoinSet;

const PASSWORD: &str = "Correct-Horse-7";

#[derive(Clone, Copy)]
struct Size {
    hashing: HashingParams,
    logins: u64,
    waiting: usize,
    watched: Duration,
}

/// A back office with a user for each task.
struct Office {
    tenure: Tenure,
    tenant: TenantId,
    /// The owner's session.
    token: String,
}

fn main() {
    let size = if std::env::args().any(|argument| argument == "--bench") {
        Size {
            hashing: HashingParams::default(),
            logins: 1_200,
            waiting: 64,
            watched: Duration::from_secs(8),
        }
    } else {
        Size {
            hashing: HashingParams::weak_for_tests(),
            logins: 16,
            waiting: 4,
            watched: Duration::from_millis(50),
        }
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(run(size));
}

async fn run(size: Size) {
    let cores = std::thread::available_parallelism().unwrap();
    println!("logins, {cores} hashing threads, {} at a time\n", size.waiting);
    println!("{:<34} {:>12} {:>8}", "", "logins/s", "ratio");
    for (name, store) in stores() {
        let office = Arc::new(Office::open(Arc::clone(&store.1), size, Some(cores)).await);
        // The floor on both sides, so that what else the machine does falls on all three.
        let before = floor(size, cores);
        let rate = logins(&office, size).await;
        let floor = f64::midpoint(before, floor(size, cores));
        println!("{:<34} {floor:>12.1}", "bare Argon2id");
        println!("{name:<34} {rate:>12.1} {:>8.2}", rate / floor);
    }
    println!("\nauthenticate while {} logins wait, default threads\n", size.waiting);
    println!("{:<34} {:>10} {:>10} {:>10}", "", "p50, ms", "p99, ms", "most, ms");
    for (name, store) in stores() {
        let office = Arc::new(Office::open(Arc::clone(&store.1), size, None).await);
        latencies(&format!("{name}, nobody logs in"), &office, size, false).await;
        latencies(&format!("{name}, logins wait"), &office, size, true).await;
    }
}

type Kept = (Option<tempfile::TempDir>, Arc<dyn Store>);

fn stores() -> Vec<(&'static str, Kept)> {
    let folder = tempfile::tempdir().unwrap();
    let sqlite = SqliteStore::open(folder.path().join("tenure.db")).unwrap();
    vec![
        ("memory", (None, Arc::new(MemoryStore::new()))),
        ("SQLite", (Some(folder), Arc::new(sqlite))),
    ]
}

impl Office {
    async fn open(store: Arc<dyn Store>, size: Size, threads: Option<NonZeroUsize>) -> Self {
        let mut policy = Policy::default();
        policy.hashing = size.hashing;
        let builder = Tenure::builder(Arc::clone(&store), Arc::new(MemoryMailer::new()))
            .links(LinkBase::new("https://backoffice.example.com").unwrap())
            .courier(CourierMode::Manual)
            .policy(policy);
        let places = NonZeroUsize::new(2 * size.waiting).unwrap();
        let builder = match threads {
            Some(threads) => builder.hash_threads(threads, places),
            None => builder,
        };
        let tenure = builder.build().unwrap();
        let owner = NewUser::new("Ada", "Lovelace", "ada@example.com");
        let founded = tenure.found(Founding::new("Bench", owner, PASSWORD)).await.unwrap();
        let tenant = founded.tenant.id;
        add_users(&*store, &founded.owner, tenant, size.waiting).await;
        let login = tenure.sign_in(SignIn::new(tenant, "ada@example.com", PASSWORD)).await;
        let token = login.unwrap().token.expose().to_owned();
        Self { tenure, tenant, token }
    }

    async fn sign_in(&self, task: usize) -> bool {
        let login = SignIn::new(self.tenant, address(task), PASSWORD);
        self.tenure.sign_in(login).await.is_ok()
    }
}

fn address(task: usize) -> String {
    format!("user{task}@example.com")
}

/// Users with the owner's password.
async fn add_users(store: &dyn Store, owner: &User, tenant: TenantId, users: usize) {
    let secret = store.get::<Credential>(tenant, owner.id).await.unwrap().unwrap();
    let now = SystemClock.now();
    let seed = Seed {
        at: now,
        random: random_bytes(&OsRandom).unwrap(),
    };
    let changes = (0..users).flat_map(|number| {
        let user = User {
            id: seed.id(u16::try_from(number).unwrap()),
            kind: UserKind::Program,
            user_name: UserName::new(address(number)).unwrap(),
            address: EmailAddress::new(address(number)).unwrap(),
            ..owner.clone()
        };
        let credential = Credential {
            user: user.id,
            ..secret.value.clone()
        };
        [Record::User(user), Record::Credential(credential)].map(|record| Change::Insert(Entry::new(record)))
    });
    let commit = Commit {
        id: seed.id(u16::MAX),
        tenant,
        at: now,
        guards: Vec::new(),
        changes: changes.collect(),
        events: Vec::new(),
        mail: Vec::new(),
    };
    store.commit(commit).await.unwrap();
}

/// Bare Argon2id hashes a second, on so many threads.
fn floor(size: Size, threads: NonZeroUsize) -> f64 {
    let params = Params::new(
        size.hashing.memory_kib(),
        size.hashing.iterations(),
        size.hashing.parallelism(),
        Some(32),
    )
    .unwrap();
    let each = size.logins / threads.get() as u64;
    let began = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..threads.get() {
            scope.spawn(|| {
                let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params.clone());
                let mut memory = vec![Block::default(); params.block_count()];
                let mut output = [0; 32];
                for number in 0..each {
                    let salt = number.to_le_bytes().repeat(2);
                    argon2
                        .hash_password_into_with_memory(PASSWORD.as_bytes(), &salt, &mut output, &mut memory)
                        .unwrap();
                }
                std::hint::black_box(output);
            });
        }
    });
    (each * threads.get() as u64) as f64 / began.elapsed().as_secs_f64()
}

/// Logins a second, where so many people log in at a time.
async fn logins(office: &Arc<Office>, size: Size) -> f64 {
    let next = Arc::new(AtomicU64::new(0));
    let began = Instant::now();
    let people = (0..size.waiting).map(|task| {
        let (next, office) = (Arc::clone(&next), Arc::clone(office));
        async move {
            while next.fetch_add(1, Ordering::Relaxed) < size.logins {
                assert!(office.sign_in(task).await);
            }
        }
    });
    people.collect::<JoinSet<()>>().join_all().await;
    size.logins as f64 / began.elapsed().as_secs_f64()
}

/// How long authenticated requests take, one after the other with a pause between them.
async fn latencies(name: &str, office: &Arc<Office>, size: Size, busy: bool) {
    let over = Arc::new(AtomicBool::new(!busy));
    let people = (0..if busy { size.waiting } else { 0 }).map(|task| {
        let (over, office) = (Arc::clone(&over), Arc::clone(office));
        async move {
            while !over.load(Ordering::Relaxed) {
                // `Busy` is an answer too, and a fast one.
                if !office.sign_in(task).await {
                    tokio::task::yield_now().await;
                }
            }
        }
    });
    let people = people.collect::<JoinSet<()>>();
    let office = Arc::clone(office);
    // Wherever a request is served: on the threads that serve the logins, too.
    let requests = tokio::spawn(async move {
        let mut took = Vec::new();
        let (client, began) = (Client::unknown(), Instant::now());
        while began.elapsed() < size.watched {
            let sent = Instant::now();
            office.tenure.authenticate(&office.token, &client).await.unwrap();
            took.push(sent.elapsed());
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        took
    });
    let mut took = requests.await.unwrap();
    over.store(true, Ordering::Relaxed);
    people.join_all().await;
    took.sort_unstable();
    let at = |percent: usize| took[(took.len() - 1) * percent / 100].as_secs_f64() * 1e3;
    println!("{name:<34} {:>10.2} {:>10.2} {:>10.2}", at(50), at(99), at(100));
}
