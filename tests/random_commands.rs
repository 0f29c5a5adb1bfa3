//! Random commands: people of unequal rights do what they like while deadlines pass, on two stores side by side,
//! memory and another. The answers
//! are the same, and after every step all of [`INVARIANTS`](tenure::testing::invariants::INVARIANTS) hold.
//!
//! A run is the same every time. `TENURE_RANDOM_SEED=…` makes it another one, `TENURE_RANDOM_CASES=…` a longer one.

#[path = "random_commands/tampered.rs"]
mod tampered;

use std::any::Any;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::error::Error;
use std::sync::Arc;

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};
use tenure::Policy;
use tenure::store::sqlite::{SqliteOptions, Synchronous};
use tenure::store::{MemoryStore, PostgresStore, Store};
use tenure::testing::commands::{Command, Step, shortened};
use tenure::testing::postgres::PostgresServer;
use tenure::testing::{World, invariants, strategies};

/// How many sequences a run has.
const CASES: u32 = 200;
/// How many of PostgreSQL.
const POSTGRES_CASES: u32 = 6;
/// How often each command has to succeed in a run.
const SUCCESSES: u32 = 100;
/// After how many steps everything in both stores is compared. Answers are compared after each.
const COMPARED_EVERY: usize = 50;

/// How often a command was done, and how often not.
#[derive(Debug, Default, Clone)]
struct Tally {
    done: u32,
    refused: BTreeMap<String, u32>,
}

type Tallies = BTreeMap<&'static str, Tally>;

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

/// One half of a run: each has its own seed, so that two threads share the work.
fn runner(half: u8, cases: u32) -> TestRunner {
    let asked_for = number("TENURE_RANDOM_CASES").and_then(|cases| u32::try_from(cases).ok());
    let config = Config {
        cases: asked_for.unwrap_or(cases).div_ceil(2),
        failure_persistence: None,
        // Leaving steps out is ours: `shortened`.
        max_shrink_iters: 0,
        ..Config::default()
    };
    let mut seed = [0; 32];
    seed[31] = half;
    seed[..8].copy_from_slice(&number("TENURE_RANDOM_SEED").unwrap_or(0).to_be_bytes());
    TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &seed))
}

fn sequences() -> impl Strategy<Value = Sequence> {
    (any::<u64>(), strategies::policies(), strategies::sequences())
}

/// What went wrong: which kind of thing, and all about it.
#[derive(Debug)]
struct Failure {
    kind: &'static str,
    why: String,
}

impl Failure {
    fn new(kind: &'static str, why: String) -> Self {
        Self { kind, why }
    }
}

impl<E: Error> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::new("a call failed", format!("{error:?}"))
    }
}

/// Two worlds that are alike, but for the store.
struct SideBySide {
    memory: World,
    other: World,
    // Behind the store: the place that it is in goes last.
    _place: Box<dyn Any>,
}

/// The store beside the one in memory.
#[derive(Debug, Clone, Copy)]
enum Beside {
    Sqlite,
    Postgres(&'static PostgresServer),
}

impl Beside {
    async fn open(self) -> Result<(Arc<dyn Store>, Box<dyn Any>), Failure> {
        match self {
            Self::Sqlite => {
                let folder = tempfile::tempdir()?;
                let file = SqliteOptions::new(folder.path().join("random.db")).synchronous(Synchronous::Normal);
                Ok((Arc::new(file.readers(1).open()?), Box::new(folder)))
            }
            Self::Postgres(server) => {
                let database = server.database();
                Ok((
                    Arc::new(PostgresStore::connect(&database.url()).await?),
                    Box::new(database),
                ))
            }
        }
    }
}

impl SideBySide {
    async fn new(beside: Beside, seed: u64, policy: &Policy) -> Result<Self, Failure> {
        let (other, place) = beside.open().await?;
        Ok(Self {
            memory: World::new(Arc::new(MemoryStore::new()), seed, policy.clone()).await?,
            other: World::new(other, seed, policy.clone()).await?,
            _place: place,
        })
    }

    async fn run(&mut self, steps: &[Step], tallies: &RefCell<Tallies>) -> Result<(), Failure> {
        let mut before = self.memory.snapshot(None).await?;
        let mut compared = (before.clone(), self.other.snapshot(None).await?);
        for (index, step) in steps.iter().enumerate() {
            let ran = self.memory.run(step, &before).await;
            let other = self.other.run(step, &before).await;
            if ran != other {
                return Err(Failure::new(
                    "answers differ",
                    format!("{step:?}: {ran:?}, elsewhere {other:?}"),
                ));
            }
            let after = self.memory.snapshot(Some(&before)).await?;
            invariants::check(&before, &after, step, &ran, self.memory.policy())
                .map_err(|broken| Failure::new(broken.name, format!("{step:?}: {broken}; {ran:?}")))?;
            count(tallies, &step.command, &ran);
            before = after;
            if (index + 1) % COMPARED_EVERY == 0 || index + 1 == steps.len() {
                let memory = self.memory.snapshot(Some(&compared.0)).await?;
                let other = self.other.snapshot(Some(&compared.1)).await?;
                if let Some(difference) = memory.difference(&other) {
                    return Err(Failure::new("stores differ", difference));
                }
                compared = (memory, other);
            }
        }
        Ok(())
    }
}

fn count(tallies: &RefCell<Tallies>, command: &Command, ran: &tenure::testing::Ran) {
    let mut tallies = tallies.borrow_mut();
    let tally = tallies.entry(command.name()).or_default();
    match ran.answer.code() {
        ("done", _) => tally.done += 1,
        (code, _) => *tally.refused.entry(code.to_owned()).or_default() += 1,
    }
}

type Sequence = (u64, Policy, Vec<Step>);

/// Runs one sequence in two fresh worlds.
fn run(beside: Beside, (seed, policy, steps): &Sequence, tallies: &RefCell<Tallies>) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut worlds = SideBySide::new(beside, *seed, policy).await?;
        worlds.run(steps, tallies).await
    })
}

/// The shortest sequence that fails like this one, and how.
fn report(beside: Beside, (seed, policy, steps): Sequence) -> String {
    let tallies = RefCell::default();
    let fails = |steps: &[Step]| run(beside, &(seed, policy.clone(), steps.to_vec()), &tallies).err();
    let kind = fails(&steps).map(|failure| failure.kind);
    let steps = shortened(&steps, |steps| fails(steps).map(|failure| failure.kind) == kind);
    let why = fails(&steps).map(|failure| failure.why).unwrap_or_default();
    let listed: Vec<String> = steps
        .iter()
        .enumerate()
        .map(|(index, step)| format!("{index}: {step:?}"))
        .collect();
    format!("{kind:?}\n{why}\nseed {seed}, {policy:?}\n{}", listed.join("\n"))
}

/// Half of so many sequences, and how often each command was done.
fn half(beside: Beside, number: u8, cases: u32) -> Tallies {
    let tallies = RefCell::default();
    let result = runner(number, cases).run(&sequences(), |sequence| {
        run(beside, &sequence, &tallies).map_err(|failure| TestCaseError::fail(failure.why))
    });
    match result {
        Ok(()) => tallies.into_inner(),
        Err(TestError::Fail(_, sequence)) => panic!("{}", report(beside, sequence)),
        Err(TestError::Abort(why)) => panic!("{why}"),
    }
}

/// Fewer of them: every call crosses to another process.
#[test]
fn r2_r5_e4_d1_d2_random_commands_keep_every_invariant_in_postgres_too() {
    if let Some(server) = PostgresServer::shared() {
        half(Beside::Postgres(server), 2, POSTGRES_CASES);
    }
}

#[test]
fn r2_r5_e4_d1_d2_random_commands_keep_every_invariant_and_both_stores_agree() {
    let half = |number| half(Beside::Sqlite, number, CASES);
    let (one, other) = std::thread::scope(|scope| {
        let one = scope.spawn(|| half(0));
        (half(1), one.join())
    });
    let other = other.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
    assert_each_command_succeeds_often(&[one, other]);
}

/// A generator whose commands are mostly refused would prove little.
fn assert_each_command_succeeds_often(halves: &[Tallies]) {
    let mut tallies = Tallies::new();
    for (name, tally) in halves.iter().flatten() {
        let sum = tallies.entry(name).or_default();
        sum.done += tally.done;
        for (code, count) in &tally.refused {
            *sum.refused.entry(code.clone()).or_default() += count;
        }
    }
    let none = Tally::default();
    let done = |name: &&&str| tallies.get(**name).unwrap_or(&none).done;
    let table: Vec<String> = Command::NAMES
        .iter()
        .map(|name| {
            let tally = tallies.get(name).unwrap_or(&none);
            format!("{name:22} {:5} done, refused {:?}", tally.done, tally.refused)
        })
        .collect();
    println!("{}", table.join("\n"));
    let seldom: Vec<_> = Command::NAMES.iter().filter(|name| done(name) < SUCCESSES).collect();
    assert!(
        seldom.is_empty(),
        "these succeeded fewer than {SUCCESSES} times: {seldom:?}\n{}",
        table.join("\n")
    );
}
