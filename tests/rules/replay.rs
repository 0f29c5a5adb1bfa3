//! The log folded: what rules decided, read back from their events alone (LO8, D6).

use proptest::collection::vec;
use proptest::prelude::*;
use tenure::model::{Actor, Event, Loaded, SeatContract, StatusKind, User, What, permissions};
use tenure::rules::Context;
use tenure::rules::deletion::{self, Belongings};
use tenure::rules::replay::{Replay, Replayed};
use tenure::rules::status::{self, StatusChange, Suspension};
use tenure::rules::tenant::{self, Founding};
use tenure::rules::users::{self, Access, NewUser};
use tenure::{Grant, Scope, Start, Timestamp};
use time::Duration;

use crate::fixture::*;

fn new_kate() -> NewUser {
    NewUser::new("Kate", "Adler", "kate@example.com")
}

/// What the log should say of a user at an instant.
fn said(user: &User, at: Timestamp) -> (StatusKind, Vec<Grant>, bool) {
    let user = user.clone().as_of(at);
    (user.status.kind(), user.grants.clone(), user.takes_seat(true))
}

fn says(replayed: Option<Replayed>) -> Option<(StatusKind, Vec<Grant>, bool)> {
    replayed.map(|it| (it.status, it.grants, it.seat))
}

fn contract(contracted: u32) -> SeatContract {
    SeatContract {
        contracted,
        limit: None,
    }
}

fn over(replay: &Replay, from: i64, to: i64) -> Vec<(Timestamp, u32, u32)> {
    let over = replay.seats_over(at(from), at(to));
    over.iter()
        .map(|since| (since.since, since.used, since.billed))
        .collect()
}

#[test]
fn lo8_a_founding_says_its_owner_and_its_contract() {
    let owner = NewUser::new("Ada", "Lovelace", "ada@example.com");
    let founding = Founding::new("Nordwind", owner, "Correct-Horse-7").seats(contract(5));
    let policy = std::sync::Arc::new(policy(|_| {}));
    let decided = tenant::found(&founding, hash(), &policy, now(), seed()).unwrap();
    let replay = Replay::of(&decided.events);
    let owner = &decided.outcome.owner;
    assert_eq!(says(replay.user(owner.id, now())), Some(said(owner, now())));
    assert_eq!(replay.users(now()).len(), 1);
    assert_eq!(over(&replay, -10, 10), [(at(-10), 0, 0), (at(0), 1, 5)]);
    let since = replay.seats_at(now());
    assert_eq!((since.used, since.billed), (1, 5));
}

#[test]
fn d1_the_contract_of_each_instant_is_the_one_billed_by() {
    let by = |minutes, what| event_by(Actor::Founder, at(minutes), tenant_id(), what);
    let change = |from, to| What::SeatContractChanged {
        from: contract(from),
        to: contract(to),
    };
    let seats = contract(2);
    let taken = |minutes, number: u128| Event {
        at: at(minutes),
        subject: tenure::model::RecordId::User(id(number)),
        ..event(
            kate(),
            What::UserCreated {
                status: StatusKind::Active,
                grants: Vec::new(),
                seat: true,
                until: None,
            },
        )
    };
    let log = [
        by(0, What::TenantFounded { seats }),
        taken(0, 101),
        taken(10, 102),
        taken(20, 103),
        by(30, change(2, 7)),
        by(40, change(7, 0)),
    ];
    let replay = Replay::of(&log);
    let expected = [
        (at(0), 1, 2),
        (at(10), 2, 2),
        (at(20), 3, 3),
        (at(30), 3, 7),
        (at(40), 3, 3),
    ];
    assert_eq!(over(&replay, 0, 60), expected);
    assert_eq!(
        over(&replay, 35, 36),
        [(at(35), 3, 7)],
        "a period begins with what holds"
    );
    assert_eq!(
        over(&replay, 10, 20),
        [(at(10), 2, 2)],
        "and its end is of the next one"
    );
}

#[test]
fn lo8_a_life_told_in_advance_is_known_before_it_is_written_down() {
    let cx = admin();
    let access = Access::none().without_invitation().starting(Start::At(at(60)));
    let created = users::create_internal(&cx, &new_kate(), &access, &around()).unwrap();
    let user = created.outcome.clone();
    let replay = Replay::of(&created.events);
    for (minutes, status, seat) in [
        (0, StatusKind::SetUp, true),
        (59, StatusKind::SetUp, true),
        (60, StatusKind::Active, true),
    ] {
        let replayed = replay.user(user.id, at(minutes)).unwrap();
        assert_eq!((replayed.status, replayed.seat), (status, seat), "{minutes}");
        assert_eq!(says(Some(replayed)), Some(said(&user, at(minutes))));
    }
    assert_eq!(replay.user(owner(), now()), None, "of whom the log says nothing");
}

#[test]
fn lo8_whoever_was_erased_is_gone_and_their_seat_stays_counted() {
    let cx = admin();
    let access = Access::none().status(tenure::rules::users::InitialStatus::Active);
    let created = users::create_internal(&cx, &new_kate(), &access, &around()).unwrap();
    let mut replay = Replay::of(&created.events);
    let user = created.outcome.id;
    let later = |minutes, what| event_by(Actor::Schedule, at(minutes), user, what);
    let what = What::StatusChanged {
        verb: "deactivate".to_owned(),
        from: StatusKind::Active,
        to: StatusKind::Inactive,
        until: None,
        noted: false,
    };
    replay.apply(&later(10, what));
    replay.apply(&later(20, What::UserErased));
    assert_eq!(replay.users(at(30)), [].into());
    let in_use: Vec<_> = over(&replay, -1, 40).iter().map(|(at, used, _)| (*at, *used)).collect();
    assert_eq!(in_use, [(at(-1), 0), (at(0), 1), (at(10), 0)]);
}

#[test]
fn lo8_an_old_invitation_that_ends_says_nothing_of_who_was_invited_anew() {
    let invited = What::UserCreated {
        status: StatusKind::Invited,
        grants: Vec::new(),
        seat: true,
        until: Some(at(100)),
    };
    let expired = event_by(
        Actor::Schedule,
        at(50),
        invitation_id(),
        What::InvitationExpired {
            user: kate(),
            seat: true,
        },
    );
    let log = [event(kate(), invited), expired];
    let replayed = Replay::of(&log).user(kate(), at(60)).unwrap();
    assert_eq!(replayed.status, StatusKind::Invited);
    let lapsed = Replay::of(&log).user(kate(), at(100)).unwrap();
    assert_eq!((lapsed.status, lapsed.seat), (StatusKind::Lapsed, false));
}

/// What may happen to a user, and how many minutes later.
#[derive(Debug, Clone)]
enum Happens {
    Status(StatusChange),
    Grants(Vec<Grant>),
    Deleted,
    Restored,
}

fn happenings() -> impl Strategy<Value = (i64, Happens)> {
    let day = |minutes| Some(at(minutes));
    let status = prop_oneof![
        Just(StatusChange::Activate),
        (0_i64..400).prop_map(move |minutes| StatusChange::ScheduleStart(day(minutes))),
        Just(StatusChange::ScheduleStart(None)),
        Just(StatusChange::Deactivate),
        (0_i64..400).prop_map(move |minutes| StatusChange::ScheduleEnd(day(minutes))),
        Just(StatusChange::ScheduleEnd(None)),
        Just(StatusChange::Suspend(Suspension::open_ended())),
        (0_i64..400).prop_map(|minutes| StatusChange::Suspend(Suspension::until(at(minutes)))),
        Just(StatusChange::Reinstate),
        Just(StatusChange::Disable),
        Just(StatusChange::Reactivate),
    ];
    let right = |permission| Grant::permission(permission, Scope::All);
    let grants = prop_oneof![
        Just(Vec::new()),
        Just(vec![right(prices())]),
        Just(vec![
            right(permissions::USERS_READ),
            Grant::role(clerk(), Scope::from([berlin()]))
        ]),
    ];
    let happens = prop_oneof![
        10 => status.prop_map(Happens::Status),
        2 => grants.prop_map(Happens::Grants),
        1 => Just(Happens::Deleted),
        2 => Just(Happens::Restored),
    ];
    (0_i64..50, happens)
}

fn decide(cx: &Context, kate: &Loaded<User>, what: &Happens) -> Option<(User, Vec<Event>)> {
    let decided = match what {
        Happens::Status(change) => status::change(cx, Some(kate), change, &around()).ok()?,
        Happens::Grants(grants) => users::change_grants(cx, Some(kate), grants, &around()).ok()?,
        Happens::Deleted => {
            let held = deletion::hold(cx, Some(kate), &around()).ok()?;
            let held_kate = loaded(kate.version.number() + 1, held.outcome.clone());
            let deleted = deletion::delete(cx, Some(&held_kate), Vec::new(), &Belongings::default(), &around()).ok()?;
            let events = held.events.into_iter().chain(deleted.events).collect();
            return Some((deleted.outcome, events));
        }
        Happens::Restored => deletion::restore(cx, Some(kate), &around()).ok()?,
    };
    Some((decided.outcome, decided.events))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(400) })]

    #[test]
    fn lo8_the_log_of_any_life_says_what_it_was_at_every_instant(life in vec(happenings(), 1..20)) {
        let cx = admin();
        let access = Access::none().without_invitation();
        let created = users::create_internal(&cx, &new_kate(), &access, &around()).unwrap();
        let (mut replay, mut kate) = (Replay::of(&created.events), loaded(1, created.outcome));
        let (mut minutes, mut seats) = (0, Vec::new());
        for (later, what) in life {
            minutes += later;
            let cx = Context { now: at(minutes), ..admin() };
            if let Some((after, events)) = decide(&cx, &kate, &what) {
                for event in &events {
                    replay.apply(event);
                }
                kate = loaded(kate.version.number() + 1, after);
            }
            // Now, and whenever something comes by itself.
            for ahead in [Duration::ZERO, Duration::minutes(100), Duration::days(1), Duration::days(400)] {
                let then = at(minutes).saturating_add(ahead);
                prop_assert_eq!(says(replay.user(kate.id, then)), Some(said(&kate, then)), "at {}", then);
            }
            seats.push((minutes, kate.value.clone().as_of(at(minutes)).takes_seat(true)));
        }
        // Looked back upon, each instant was as it was then: of one instant the last counts.
        for (index, (minutes, seat)) in seats.iter().enumerate() {
            if seats.get(index + 1).is_none_or(|(next, _)| next > minutes) {
                prop_assert_eq!(replay.seats_at(at(*minutes)).used, u32::from(*seat), "at minute {}", minutes);
            }
        }
    }
}
