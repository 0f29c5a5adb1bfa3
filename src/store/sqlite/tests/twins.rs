//! A store and the memory store, given the same commits, answer the same and show the same. For every SQL store.

use std::fmt::Debug;
use std::sync::Arc;

use super::samples::{
    TENANT, active, api_key, at, attempt, commit, credential, employee, id, insert, invitation, mail, nth, role,
    session, tenant, throttle, ticket, token, unit, user,
};
use crate::clock::Timestamp;
use crate::id::TenantId;
use crate::model::{
    Actor, Affected, EndReason, Entry, Event, Grant, Hold, Inactivity, Record, RecordId, RecordKind, Reference, Scope,
    SessionState, SortBy, Start, TicketPurpose, TicketState, UniqueKey, User, UserKind, UserStatus, Version, What,
};
use crate::store::sqlite::{SqliteOptions, Synchronous};
use crate::store::{
    Change, Commit, Counter, Cursor, FeedPosition, Filter, Guard, Lookup, MemoryStore, Query, SetChange, Store,
};

/// How many records of a kind there can be.
const EACH: u64 = 6;

/// Numbers in an order that looks like none.
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }

    fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        let number = self.below(1 << 20);
        nth(number, of)
    }

    fn few(&mut self, bound: u32) -> u32 {
        1 + u32::try_from(self.below(u64::from(bound))).unwrap()
    }

    fn one_in(&mut self, count: u64) -> bool {
        self.below(count) == 0
    }

    fn id<T: From<uuid::Uuid>>(&mut self) -> T {
        id(self.below(EACH))
    }

    fn maybe<T: From<uuid::Uuid>>(&mut self) -> Option<T> {
        (!self.one_in(2)).then(|| self.id())
    }

    fn kind(&mut self) -> RecordKind {
        self.pick(RecordKind::ALL)
    }

    fn status(&mut self) -> UserStatus {
        let until = (!self.one_in(3)).then(|| at(self.below(40)));
        match self.below(6) {
            0 => UserStatus::Active { since: at(1), until },
            1 => UserStatus::Suspended {
                since: at(1),
                until,
                reason: None,
            },
            2 => UserStatus::Inactive {
                since: at(1),
                because: self.pick(&[Inactivity::SetUp, Inactivity::InvitationExpired]),
                starts_at: until,
            },
            3 => UserStatus::Disabled { since: at(1) },
            4 => UserStatus::Deleted {
                at: at(1),
                erase_at: at(30),
            },
            _ => UserStatus::Invited {
                invitation: self.id(),
                expires_at: at(self.below(40)),
                start: Start::Now,
            },
        }
    }

    fn scope(&mut self) -> Scope {
        if self.one_in(2) {
            return Scope::All;
        }
        let count = self.below(3);
        (0..count).map(|_| self.id()).collect::<Vec<_>>().into()
    }

    fn user(&mut self, number: u64) -> User {
        let kind = match self.below(3) {
            0 => UserKind::Internal { employee: self.id() },
            1 => UserKind::External { client: self.id() },
            _ => UserKind::Program,
        };
        let grants = (0..self.below(3))
            .map(|_| Grant::role(self.id(), self.scope()))
            .collect();
        let mut user = user(number, kind, self.status(), grants);
        user.memberships = (0..self.below(2)).map(|_| self.id()).collect();
        user.hold = self.one_in(4).then(|| Hold {
            by: None,
            at: at(0),
            until: at(25),
        });
        user
    }

    fn record(&mut self, kind: RecordKind, number: u64) -> Record {
        match kind {
            RecordKind::Tenant => tenant(self.id(), self.id()).into(),
            RecordKind::Unit => {
                let above = self.maybe().map(|parent| unit_path(number, parent));
                unit(number, above.as_ref()).into()
            }
            RecordKind::Role => role(number, self.pick(&["Clerk", "Boss", "clerk", "Ärzte", "Zoo"])).into(),
            RecordKind::Employee => employee(number, self.maybe(), self.maybe()).into(),
            RecordKind::User if self.one_in(3) => active(number, self.id()).into(),
            RecordKind::User => self.user(number).into(),
            RecordKind::Invitation => invitation(number, self.id()).into(),
            RecordKind::Ticket => {
                let purpose = self.pick(&[TicketPurpose::Reset, TicketPurpose::Invitation]);
                let mut ticket = ticket(number, self.id(), purpose);
                if self.one_in(3) {
                    ticket.state = TicketState::Consumed { at: at(9) };
                }
                ticket.into()
            }
            RecordKind::Credential => credential(id(number)).into(),
            RecordKind::Session => {
                let mut session = session(number, self.id());
                session.seen_at = at(self.below(20));
                session.token = token(self.below(2 * EACH));
                if self.one_in(3) {
                    session.state = SessionState::Ended {
                        at: at(8),
                        reason: EndReason::SignedOut,
                    };
                }
                session.into()
            }
            RecordKind::Attempt => attempt(number, self.maybe()).into(),
            RecordKind::Mail => mail(number, self.id()).into(),
            RecordKind::Throttle => throttle(number, self.maybe()).into(),
            RecordKind::ApiKey => api_key(number, self.id()).into(),
        }
    }

    /// An entry; at times with keys, references and a due change that the record does not say.
    fn entry(&mut self, kind: RecordKind, number: u64) -> Entry {
        let mut entry = Entry::new(self.record(kind, number));
        let plain = matches!(kind, RecordKind::Role | RecordKind::Unit);
        if plain && self.one_in(4) {
            entry.references.push(Reference {
                to: RecordId::new(self.kind(), self.id()),
                owned: self.one_in(2),
            });
            entry.keys.push(UniqueKey::session_token(&token(self.below(2 * EACH))));
            entry.due_at = Some(at(self.below(40)));
        }
        entry
    }

    fn set(&mut self, at: Timestamp) -> SetChange {
        match self.below(4) {
            0 => SetChange::EndSessions {
                user: self.id(),
                except: self.maybe(),
                at,
                reason: EndReason::AccessEnded,
            },
            1 => SetChange::EndTickets {
                user: self.id(),
                purpose: self.one_in(2).then_some(TicketPurpose::Reset),
                at,
            },
            2 => SetChange::RevokeApiKeys { user: self.id(), at },
            _ => SetChange::MoveReports {
                from: self.id(),
                to: self.maybe(),
                except: self.maybe(),
            },
        }
    }

    fn filter(&mut self) -> Filter {
        match self.below(10) {
            0 | 1 => Filter::Status(
                [
                    "active", "inactive", "deleted", "invited", "open", "expired", "pending", "leased", "ended",
                ]
                .into_iter()
                .filter(|_| self.one_in(2))
                .map(str::to_owned)
                .collect(),
            ),
            2 => Filter::OfUser(self.id()),
            3 => Filter::Within(self.id()),
            4 => Filter::WithRole(self.id()),
            5 => Filter::ReportsTo(self.id()),
            6 => Filter::Above(self.id()),
            7 => Filter::HasUser(self.one_in(2)),
            8 => Filter::HasAddress(self.one_in(2)),
            _ => Filter::SeenAfter(at(self.below(20))),
        }
    }

    fn query(&mut self) -> Query {
        let mut query = Query::new(self.kind(), at(self.below(50))).limit(self.few(4));
        for _ in 0..self.below(3) {
            query = query.filter(self.filter());
        }
        if self.one_in(3) {
            query = query.scope(self.scope());
        }
        if self.one_in(2) {
            query = query.sort(SortBy::Name);
        }
        if self.one_in(2) {
            query = query.descending();
        }
        if self.one_in(8) {
            // A place out of another listing.
            query = query.after(Some(Cursor {
                key: vec![0x80],
                id: RecordId::new(self.kind(), self.id()),
            }));
        }
        query.count_up_to(self.below(6))
    }
}

/// A path below a unit, whether or not that is where it stands.
fn unit_path(number: u64, parent: crate::id::UnitId) -> crate::model::UnitPath {
    let top = crate::model::UnitPath::root(id(number % 2));
    if top.unit() == Some(parent) {
        top
    } else {
        top.child(parent)
    }
}

struct Twins {
    memory: MemoryStore,
    other: Arc<dyn Store>,
    chance: Chance,
}

impl Twins {
    async fn version(&self, record: RecordId) -> Option<Version> {
        let found = self.memory.load(TENANT, &[Lookup::Id(record)]).await.unwrap();
        found[0].as_ref().map(|found| found.version)
    }

    async fn change(&mut self, now: Timestamp) -> Change {
        let kind = self.chance.kind();
        let number = if kind == RecordKind::Tenant {
            1
        } else {
            self.chance.below(EACH)
        };
        let record = RecordId::new(kind, id(number));
        let expected = match self.version(record).await {
            Some(version) if !self.chance.one_in(12) => version,
            Some(version) => version.next(),
            None if self.chance.one_in(12) => Version::FIRST,
            None => return Change::Insert(self.chance.entry(kind, number)),
        };
        match self.chance.below(24) {
            0..=12 => Change::Update {
                expected,
                entry: self.chance.entry(kind, number),
            },
            13 => Change::Remove { record, expected },
            14..=17 => Change::Set(self.chance.set(now)),
            18 | 19 => Change::Count {
                counter: Counter::Seats,
                delta: self.chance.pick(&[-2, -1, 0, 1, 2]),
                at_least: Some(0),
                at_most: Some(6),
            },
            20..=22 => Change::Touch {
                record: if self.chance.one_in(3) {
                    RecordId::ApiKey(self.chance.id())
                } else {
                    RecordId::Session(self.chance.id())
                },
                seen_at: at(self.chance.below(30)),
            },
            _ => Change::Insert(self.chance.entry(kind, number)),
        }
    }

    async fn commit(&mut self, number: u64) -> Commit {
        let now = at(number * 3_600);
        let repeated = self.chance.one_in(10);
        let mut commit = commit(
            if repeated {
                number.saturating_sub(self.chance.below(40))
            } else {
                number
            },
            Vec::new(),
        );
        commit.at = now;
        let changes = if self.chance.one_in(3) {
            1 + self.chance.below(3)
        } else {
            1
        };
        for _ in 0..changes {
            let change = self.change(now).await;
            commit.changes.push(change);
        }
        if self.chance.one_in(6) {
            let record = RecordId::new(self.chance.kind(), self.chance.id());
            let version = self.version(record).await.unwrap_or(Version::FIRST);
            commit.guards.push(Guard { record, version });
        }
        if self.chance.one_in(6) {
            commit.mail.push(mail(100 + number, self.chance.id()));
        }
        if self.chance.one_in(40) {
            commit.changes.push(Change::Unknown("new".to_owned()));
        }
        commit.events.push(Event {
            at: now,
            actor: Actor::Founder,
            subject: RecordId::new(self.chance.kind(), self.chance.id()),
            what: What::UserErased,
            affected: Some(Affected::ByChange(0)),
            version: None,
        });
        commit
    }

    async fn compare(&mut self, step: u64) {
        let mut wanted = Vec::new();
        for kind in RecordKind::ALL {
            wanted.extend((0..EACH).map(|number| Lookup::Id(RecordId::new(*kind, id(number)))));
        }
        for number in 0..2 * EACH {
            wanted.push(UniqueKey::session_token(&token(number)).into());
            wanted.push(UniqueKey::ticket_token(&token(number)).into());
            wanted.push(UniqueKey::employee_user(id(number)).into());
            wanted.push(UniqueKey::open_ticket(id(number), TicketPurpose::Reset).into());
        }
        wanted.push(UniqueKey::role_name(&role(1, "Clerk").name.key()).into());
        let what = format!("step {step}");
        same(
            &what,
            &self.memory.load(TENANT, &wanted).await,
            &self.other.load(TENANT, &wanted).await,
        );
        for number in 0..2 * EACH {
            let token = token(number);
            same(
                &what,
                &self.memory.principal_by_session(TENANT, &token).await,
                &self.other.principal_by_session(TENANT, &token).await,
            );
            same(
                &what,
                &self.memory.principal_by_api_key(TENANT, &token).await,
                &self.other.principal_by_api_key(TENANT, &token).await,
            );
        }
        for _ in 0..30 {
            self.walk(step).await;
        }
        for tenant in [None, Some(TENANT), Some(TenantId::from_uuid(uuid::Uuid::nil()))] {
            let as_of = at(self.chance.below(4_000_000));
            let limit = self.chance.few(9);
            let mut after = None;
            loop {
                let memory = self.memory.due(tenant, as_of, after, limit).await.unwrap();
                let other = self.other.due(tenant, as_of, after, limit).await.unwrap();
                assert_eq!(memory, other, "{what}: due {tenant:?} {as_of} {after:?}");
                after = memory.last().copied();
                if after.is_none() {
                    break;
                }
            }
        }
        same(
            &what,
            &self.memory.mail_backlog().await,
            &self.other.mail_backlog().await,
        );
        same(
            &what,
            &self.memory.counter(TENANT, Counter::Seats).await,
            &self.other.counter(TENANT, Counter::Seats).await,
        );
        let log = |entries: Vec<crate::store::FeedEntry>| -> Vec<_> {
            entries.into_iter().map(|entry| (entry.commit, entry.event)).collect()
        };
        let memory = self.memory.feed(TENANT, FeedPosition::START, 10_000).await.unwrap();
        let other = self.other.feed(TENANT, FeedPosition::START, 10_000).await.unwrap();
        assert_eq!(log(memory), log(other), "{what}: the feed");
    }

    /// One listing, page after page.
    async fn walk(&mut self, step: u64) {
        let mut query = self.chance.query();
        loop {
            let memory = self.memory.list(TENANT, &query).await.unwrap();
            let other = self.other.list(TENANT, &query).await.unwrap();
            assert_eq!(memory, other, "step {step}: {query:#?}");
            match memory.next {
                Some(next) => query = query.after(Some(next)),
                None => return,
            }
        }
    }
}

fn same<T: Debug>(what: &str, memory: &T, other: &T) {
    let (memory, other) = (format!("{memory:#?}"), format!("{other:#?}"));
    if memory != other {
        let differing = memory.lines().zip(other.lines()).find(|(one, other)| one != other);
        panic!("{what}: {differing:#?}\nmemory: {memory}\nother: {other}");
    }
}

/// Something to refer to, so that not everything is refused.
fn first_records() -> Vec<Change> {
    let numbers = 0..EACH - 1;
    let roles = numbers
        .clone()
        .map(|number| insert(role(number, &format!("role {number}"))));
    let units = numbers.clone().map(|number| insert(unit(number, None)));
    let employees = numbers.clone().map(|number| insert(employee(number, None, None)));
    let users = numbers.map(|number| insert(active(number, id(number))));
    roles.chain(units).chain(employees).chain(users).collect()
}

/// Gives so many random commits to both, and compares all that they answer and show. Gives how many were written.
pub(in crate::store) async fn live_alike(other: Arc<dyn Store>, seed: u64, steps: u64) -> u64 {
    let mut twins = Twins {
        memory: MemoryStore::new(),
        other,
        chance: Chance(seed),
    };
    let first = commit(0, first_records());
    twins.memory.commit(first.clone()).await.unwrap();
    twins.other.commit(first).await.unwrap();
    let mut written = 0;
    for step in 1..=steps {
        let commit = twins.commit(step).await;
        let memory = twins.memory.commit(commit.clone()).await;
        let other = twins.other.commit(commit.clone()).await;
        written += u64::from(memory.is_ok());
        same(&format!("seed {seed}, step {step}: {commit:#?}"), &memory, &other);
        if step % 20 == 0 {
            twins.compare(step).await;
        }
        if step % 50 == 0 {
            let (now, until) = (at(twins.chance.below(200)), at(500 + step));
            same(
                "leases",
                &twins.memory.lease_mail(now, until, 3).await,
                &twins.other.lease_mail(now, until, 3).await,
            );
        }
    }
    written
}

#[tokio::test]
async fn this_store_and_the_memory_store_answer_alike() {
    let mut written = 0;
    for seed in 0..4 {
        let folder = tempfile::tempdir().unwrap();
        let options = SqliteOptions::new(folder.path().join("a.db")).synchronous(Synchronous::Normal);
        written += live_alike(Arc::new(options.open().unwrap()), seed, 400).await;
    }
    assert!(written > 400, "much of it is refused, but not all: {written}");
}
