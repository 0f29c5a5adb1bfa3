//! Commits that are sent in portions do what the store in memory does with the same commit: in what they write, what they are
//! refused for, and in which place.

use tenure::clock::Timestamp;
use tenure::id::EmployeeId;
use tenure::model::{
    Actor, Affected, Employee, Employment, Entry, Event, RecordId, RecordKind, Reference, Version, What,
};
use tenure::store::{
    Change, Commit, CommitError, Counter, FeedPosition, Guard, MemoryStore, PostgresStore, Query, SetChange, Store,
    StoreExt,
};
use tenure::text::{PersonName, Signature};
use uuid::Uuid;

use crate::{TENANT, commit, open, role};

/// More than go into one portion.
const MANY: u128 = 2_500;

fn id(number: u128) -> EmployeeId {
    Uuid::from_u128(number).into()
}

fn employee(number: u128) -> Employee {
    Employee {
        id: id(number),
        first_name: PersonName::new(format!("Given {number}")).unwrap(),
        last_name: PersonName::new("Example").unwrap(),
        signature: Some(Signature::new(format!("S{number}")).unwrap()),
        email: None,
        supervisor: None,
        unit: None,
        employment: Employment::default(),
        created_at: Timestamp::EPOCH,
    }
}

fn insert(employee: Employee) -> Change {
    Change::Insert(Entry::new(employee))
}

pub(crate) fn added(subject: impl Into<RecordId>) -> Event {
    Event {
        at: Timestamp::EPOCH,
        actor: Actor::Founder,
        subject: subject.into(),
        what: What::EmployeeAdded,
        affected: None,
        version: None,
    }
}

/// All report to the last; what is named comes after those who name it.
fn many(number: u128, from: u128) -> Commit {
    let last = from + MANY - 1;
    let staff = (from..=last).map(|number| Employee {
        supervisor: (number != last).then_some(id(last)),
        ..employee(number)
    });
    let mut commit = commit(number, staff.map(insert).collect());
    commit.events = (from..=last).map(|number| added(id(number))).collect();
    commit
}

fn move_all(from: u128, to: u128) -> Change {
    Change::Set(SetChange::MoveReports {
        from: id(from),
        to: Some(id(to)),
        except: None,
    })
}

/// The same commit on both: the same answer, the same records, the same log.
struct Both {
    memory: MemoryStore,
    postgres: PostgresStore,
}

impl Both {
    async fn commit(&self, commit: &Commit) -> Result<Vec<u64>, String> {
        let answer = |answer: Result<tenure::store::Committed, CommitError>| match answer {
            Ok(committed) => Ok(committed.touched),
            Err(refusal) => Err(format!("{refusal:?}")),
        };
        let expected = answer(self.memory.commit(commit.clone()).await);
        assert_eq!(answer(self.postgres.commit(commit.clone()).await), expected);
        let logs = [
            self.memory.feed(TENANT, FeedPosition::START, 100_000),
            self.postgres.feed(TENANT, FeedPosition::START, 100_000),
        ];
        let [one, other] = logs;
        let events =
            |log: Vec<tenure::store::FeedEntry>| log.into_iter().map(|it| (it.commit, it.event)).collect::<Vec<_>>();
        assert!(events(one.await.unwrap()) == events(other.await.unwrap()));
        let query = || Query::new(RecordKind::Employee, Timestamp::EPOCH);
        let one = self.memory.all::<Employee>(TENANT, query()).await.unwrap();
        assert!(one == self.postgres.all::<Employee>(TENANT, query()).await.unwrap());
        let seats = self.memory.counter(TENANT, Counter::Seats).await.unwrap();
        assert_eq!(self.postgres.counter(TENANT, Counter::Seats).await.unwrap(), seats);
        expected
    }

    async fn refuses(&self, commit: &Commit, why: &str) {
        let refused = self.commit(commit).await.unwrap_err();
        assert!(refused.contains(why), "{refused}");
    }
}

#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::too_many_lines, reason = "a list of commits")]
async fn a_large_commit_is_written_or_refused_as_a_small_one_is() {
    let (_, database) = crate::database!();
    let both = Both {
        memory: MemoryStore::new(),
        postgres: open(&database.url()).await,
    };
    let first = many(1, 0);
    assert_eq!(both.commit(&first).await.unwrap().len(), first.changes.len());
    // Law 7.
    assert_eq!(both.commit(&first).await.unwrap().len(), first.changes.len());
    let mut other = first.clone();
    other.events.pop();
    both.refuses(&other, "IdReused").await;

    let next = 10_000;
    let changed = |number: u128, change: &dyn Fn(&mut Commit)| {
        let mut commit = many(number, next);
        change(&mut commit);
        commit
    };
    let signed = |number: u128, like: u128| {
        insert(Employee {
            signature: employee(like).signature,
            ..employee(number)
        })
    };
    // A key of a record that is there, of an earlier row of the portion, and of one of an earlier portion; the first counts.
    let taken = changed(2, &|it| it.changes[2_400] = signed(next + 2_400, 7));
    both.refuses(&taken, "Duplicate").await;
    let twice = changed(3, &|it| it.changes[2_401] = signed(next + 2_401, next + 2_400));
    both.refuses(&twice, "Duplicate").await;
    let far = changed(4, &|it| {
        it.changes[2_401] = signed(next + 2_401, next + 1);
        it.changes[3] = signed(next + 3, 9);
    });
    both.refuses(&far, "Duplicate").await;
    // An id that is there, before and behind a key that is taken.
    let there = changed(5, &|it| {
        it.changes[2_100] = insert(employee(5));
        it.changes[2_101] = signed(next + 2_101, 7);
    });
    both.refuses(&there, "Conflict").await;
    let behind = changed(6, &|it| {
        it.changes[2_101] = insert(employee(5));
        it.changes[2_100] = signed(next + 2_100, 7);
    });
    both.refuses(&behind, "Duplicate").await;
    let repeated = changed(7, &|it| it.changes[2_101] = insert(employee(next + 2_050)));
    both.refuses(&repeated, "Conflict").await;
    // What is named and missing; what names more than its columns say.
    let missing = changed(8, &|it| {
        let lost = |number| {
            insert(Employee {
                supervisor: Some(id(99_999)),
                ..employee(number)
            })
        };
        it.changes[2_440] = lost(next + 2_440);
        it.changes[2_441] = lost(next + 2_441);
    });
    both.refuses(&missing, "MissingReference").await;
    let odd = changed(9, &|it| {
        let mut entry = Entry::new(employee(next + 2_440));
        entry.references = vec![Reference {
            to: role(1).id.into(),
            owned: true,
        }];
        it.changes[2_440] = Change::Insert(entry);
    });
    both.refuses(&odd, "MissingReference").await;
    // Guards and bounds, of which any refuses all.
    let guarded = changed(10, &|it| {
        it.guards = (0..2_100)
            .map(|number| Guard {
                record: id(number).into(),
                version: Version::FIRST,
            })
            .collect();
        it.guards.push(Guard {
            record: id(2_101).into(),
            version: Version::new(2),
        });
    });
    both.refuses(&guarded, "Conflict").await;
    let counted = |at_most| Change::Count {
        counter: Counter::Seats,
        delta: 5,
        at_least: None,
        at_most: Some(at_most),
    };
    both.refuses(&changed(11, &|it| it.changes.push(counted(4))), "OutOfBounds")
        .await;
    both.refuses(
        &changed(12, &|it| it.changes.push(Change::Unknown("a thing".to_owned()))),
        "Unsupported",
    )
    .await;
    // Sets among many steps, with their counts in the log; updates, removals, and what they leave.
    let mixed = changed(13, &|it| {
        it.guards = vec![Guard {
            record: id(1).into(),
            version: Version::FIRST,
        }];
        it.changes.insert(2_400, move_all(MANY - 1, next + 1));
        it.changes.push(move_all(next + MANY - 1, 0));
        it.changes.push(counted(5));
        it.changes.push(Change::Remove {
            record: id(next + 77).into(),
            expected: Version::new(2),
        });
        let moved = Event {
            affected: Some(Affected::ByChange(2_400)),
            ..added(id(1))
        };
        it.events.insert(1, moved);
    });
    let touched = both.commit(&mixed).await.unwrap();
    let expected = u64::try_from(MANY - 1).unwrap();
    assert_eq!((touched[2_400], touched.len()), (expected, mixed.changes.len()));
    let in_use = commit(
        14,
        vec![Change::Remove {
            record: id(next + 1).into(),
            expected: Version::new(2),
        }],
    );
    let mut in_use = in_use;
    in_use.events = (0..2_000).map(|number| added(id(number))).collect();
    both.refuses(&in_use, "InUse").await;
    let updates: Vec<Change> = (0..1_500)
        .map(|number| Change::Update {
            expected: Version::new(if number == 1_400 { 7 } else { 2 }),
            entry: Entry::new(Employee {
                email: None,
                ..employee(number)
            }),
        })
        .collect();
    both.refuses(&commit(15, updates), "Conflict").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn large_commits_of_a_tenant_at_once_follow_one_another() {
    let (_, database) = crate::database!();
    let store = std::sync::Arc::new(open(&database.url()).await);
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..4 {
        let store = store.clone();
        // Two have the same people, so one of the two is refused.
        tasks.spawn(async move { store.commit(many(number + 1, (number / 2) * 10_000)).await.is_ok() });
    }
    let written = tasks.join_all().await.into_iter().filter(|written| *written).count();
    assert_eq!(written, 2);
    let log = store.feed(TENANT, FeedPosition::START, 100_000).await.unwrap();
    assert_eq!(log.len(), 2 * usize::try_from(MANY).unwrap());
    let commits: Vec<_> = log.iter().map(|entry| entry.commit).collect();
    assert_eq!(
        commits.chunk_by(|one, next| one == next).count(),
        2,
        "the events of a commit stand together"
    );
}

/// What stands of the commits of `many`: how many employees, how many events, and how many keys.
async fn standing(store: &PostgresStore, host: &tokio_postgres::Client) -> (usize, usize, i64) {
    let query = Query::new(RecordKind::Employee, Timestamp::EPOCH);
    let staff = store.all::<Employee>(TENANT, query).await.unwrap();
    let log = store.feed(TENANT, FeedPosition::START, 100_000).await.unwrap();
    let keys = host.query_one("SELECT count(*) FROM tenure_key", &[]).await.unwrap();
    (staff.len(), log.len(), keys.get(0))
}

#[tokio::test(flavor = "multi_thread")]
async fn d5_a_large_commit_that_fails_midway_leaves_nothing() {
    let (_, database) = crate::database!();
    let store = open(&database.url()).await;
    let host = crate::client(&database.url()).await;
    store.commit(many(1, 0)).await.unwrap();
    let before = standing(&store, &host).await;
    host.batch_execute(
        "CREATE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'the disk is broken'; END $$",
    )
    .await
    .unwrap();
    // The last rows of each table: all before them is written by then.
    for (table, last) in [
        ("tenure_employee", "NEW.signature = 'S12499'"),
        ("tenure_employee_listed", "NEW.found LIKE '%s12499%'"),
        ("tenure_event", "NEW.seq = 5000"),
        ("tenure_commit", "true"),
    ] {
        let trigger = format!(
            "CREATE TRIGGER broken BEFORE INSERT ON {table} FOR EACH ROW WHEN ({last}) EXECUTE FUNCTION broken()"
        );
        host.batch_execute(&trigger).await.unwrap();
        let refused = store.commit(many(2, 10_000)).await.unwrap_err();
        assert!(matches!(refused, CommitError::Store(_)), "{table}: {refused:?}");
        host.batch_execute(&format!("DROP TRIGGER broken ON {table}"))
            .await
            .unwrap();
        assert_eq!(standing(&store, &host).await, before, "{table}");
    }
    store.commit(many(2, 10_000)).await.unwrap();
    host.batch_execute("DROP FUNCTION broken").await.unwrap();
}

/// Ends the server process that waits for a lock.
async fn kill_who_waits(host: &tokio_postgres::Client) {
    let kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = 'Lock'";
    while host.query(kill, &[]).await.unwrap().is_empty() {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn d5_a_large_commit_that_loses_its_connection_or_is_dropped_midway_leaves_nothing() {
    let (_, database) = crate::database!();
    let options = tenure::store::postgres::PostgresOptions::new(&database.url()).unwrap();
    let store = std::sync::Arc::new(options.writers(1).open().await.unwrap());
    let (host, other) = (
        crate::client(&database.url()).await,
        crate::client(&database.url()).await,
    );
    store.commit(many(1, 0)).await.unwrap();
    let before = standing(&store, &other).await;
    // Its records are written, and it waits for the log.
    let lock = "BEGIN; LOCK TABLE tenure_event";
    host.batch_execute(lock).await.unwrap();
    let (writer, commit) = (store.clone(), many(2, 10_000));
    let writing = tokio::spawn(async move { writer.commit(commit).await });
    kill_who_waits(&other).await;
    let lost = writing.await.unwrap().unwrap_err();
    assert_eq!(
        crate::kind_of(&lost),
        Some(tenure::store::StoreErrorKind::Transient),
        "{lost:?}"
    );
    host.batch_execute("ROLLBACK").await.unwrap();
    assert_eq!(standing(&store, &other).await, before);

    host.batch_execute(lock).await.unwrap();
    let (writer, commit) = (store.clone(), many(2, 10_000));
    let writing = tokio::spawn(async move { writer.commit(commit).await });
    let waits = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    while other.query(waits, &[]).await.unwrap().is_empty() {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    writing.abort();
    assert!(writing.await.unwrap_err().is_cancelled());
    host.batch_execute("ROLLBACK").await.unwrap();
    // The next of the tenant waits for whatever is left of it.
    store.commit(commit_of_nothing()).await.unwrap();
    assert_eq!(standing(&store, &other).await, before);
    store.commit(many(2, 10_000)).await.unwrap();
}

fn commit_of_nothing() -> Commit {
    commit(99, Vec::new())
}
