//! D5 for many at once: an import of thousands, which stores write in another way than a few, is written whole or not at all,
//! whatever fails and whenever its future is dropped.

use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use tenure::desk::Desk;
use tenure::id::CommitId;
use tenure::store::{Commit, Counter, FeedPosition, Store};
use tenure::testing::{FailingStore, Moment};
use tenure::text::SearchField;
use tenure::{EmployeeRow, Error, Import, Listing, Policy, UserRow};
use uuid::Uuid;

use crate::support::{Firm, World, for_every_store};

for_every_store!(Policy::default();
    d5_a_large_import_that_fails_at_a_step_is_written_whole_or_not_at_all,
    d5_a_large_import_that_is_dropped_is_written_whole_or_not_at_all,
);

/// So many employees, and as many users: of each kind of record, of keys and of events more than PostgreSQL is sent at once.
const ROWS: usize = 2_100;

/// The rows of one import of several, none of which has anything of another's.
fn rows(import: usize) -> Import {
    let signature = |number: usize| format!("I{import}E{number}");
    let staff = (0..ROWS).map(|number| {
        let mut row = EmployeeRow::new(format!("First{number}"), "Example");
        row.signature = Some(signature(number));
        row.email = Some(format!("{}@nordwind.example", signature(number)));
        row.supervisor = (number > 0).then(|| signature(0));
        row
    });
    let users = (0..ROWS).map(|number| {
        let mut row = UserRow::of_employee(signature(number));
        row.status = Some("active".to_owned());
        row
    });
    Import::new().employees(staff).users(users)
}

/// What there is of an import, and how many events and seats there are in all.
#[derive(Debug, PartialEq, Eq)]
struct Standing {
    employees: u64,
    users: u64,
    /// How many of its rows could still be written.
    free: usize,
    events: usize,
    seats: i64,
}

impl Standing {
    async fn of(world: &World, firm: &Firm, import: usize) -> Self {
        let found = || {
            Listing::new()
                .search_in(SearchField::Signature, format!("i{import}e*"))
                .total()
        };
        let employees = firm.desk.employees().list(found()).await.unwrap().total.unwrap();
        let users = firm.desk.users().list(found()).await.unwrap().total.unwrap();
        let report = firm.desk.bulk().check(&rows(import)).await.unwrap();
        let log = world.store.feed(firm.id(), FeedPosition::START, 1_000_000).await;
        Self {
            employees,
            users,
            free: 2 * ROWS - report.refused.len(),
            events: log.unwrap().len(),
            seats: world.store.counter(firm.id(), Counter::Seats).await.unwrap(),
        }
    }

    /// What there is after this one, where all of the import was written.
    fn whole(&self) -> Self {
        Self {
            employees: ROWS as u64,
            users: ROWS as u64,
            free: 0,
            events: self.events + 2 * ROWS,
            seats: self.seats + i64::try_from(ROWS).unwrap(),
        }
    }
}

async fn d5_a_large_import_that_fails_at_a_step_is_written_whole_or_not_at_all(world: World) {
    let firm = world.found().await;
    let failing = Arc::new(FailingStore::new(world.store.clone()));
    let store: Arc<dyn Store> = failing.clone();
    let desk = world.over(&store).desk(&world.principal(&firm.login).await.unwrap());
    failing.clear();
    desk.bulk().import(&rows(0)).await.unwrap();
    let calls = failing.calls();
    let last = calls.len();
    assert_eq!(calls.last(), Some(&"commit"));
    let steps = [
        (1, Moment::Before),
        (last / 2, Moment::After),
        (last, Moment::Before),
        (last, Moment::After),
    ];
    for (number, (call, moment)) in steps.into_iter().enumerate() {
        let import = number + 1;
        let before = Standing::of(&world, &firm, import).await;
        failing.clear();
        failing.fail(call, moment);
        let answer = desk.bulk().import(&rows(import)).await;
        let after = Standing::of(&world, &firm, import).await;
        if (call, moment) == (last, Moment::After) {
            // Asked again, and told what was written.
            answer.unwrap();
            assert_eq!(after, before.whole());
        } else {
            assert!(
                matches!(answer, Err(Error::Store(_))),
                "call {call}, {moment:?}: {answer:?}"
            );
            assert_eq!(after, before, "call {call}, {moment:?}");
        }
    }
}

/// Polls an import so often and drops it. Whether it was done by then.
async fn poll_so_often(desk: &Desk, import: &Import, times: usize) -> bool {
    let bulk = desk.bulk();
    let mut future = Box::pin(bulk.import(import));
    for _ in 0..times {
        if let Poll::Ready(answer) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            answer.unwrap();
            return true;
        }
        // What it waits for, a disk or a server, goes on elsewhere meanwhile.
        tokio::time::sleep(std::time::Duration::from_micros(150)).await;
    }
    false
}

/// Waits for what was begun: a commit that was handed over is written, whether or not anybody waits for it.
async fn settle(world: &World, firm: &Firm, number: usize) {
    let empty = Commit {
        id: CommitId::from_uuid(Uuid::from_u128(number as u128)),
        tenant: firm.id(),
        at: world.now(),
        guards: Vec::new(),
        changes: Vec::new(),
        events: Vec::new(),
        mail: Vec::new(),
    };
    world.store.commit(empty).await.unwrap();
}

async fn d5_a_large_import_that_is_dropped_is_written_whole_or_not_at_all(world: World) {
    let world = world.contended();
    let firm = world.found().await;
    let desk = world.desk(&firm.login).await;
    let mut dropped = 0;
    for import in 0_u32.. {
        let times = 3_usize.pow(import);
        assert!(times < 100_000, "it does not end");
        let import = usize::try_from(import).unwrap();
        let before = Standing::of(&world, &firm, import).await;
        let done = poll_so_often(&desk, &rows(import), times).await;
        settle(&world, &firm, import).await;
        let after = Standing::of(&world, &firm, import).await;
        assert!(
            after == before.whole() || !done && after == before,
            "dropped after {times} polls: {before:?}, {after:?}"
        );
        if done {
            break;
        }
        dropped += 1;
    }
    assert!(dropped > 1, "in flight at least for a few polls");
}
