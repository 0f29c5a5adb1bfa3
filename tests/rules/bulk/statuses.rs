//! The status of many, changed by the rule of the single act.

use tenure::id::UserId;
use tenure::model::{Inactivity, Loaded, StatusKind, User, UserStatus, What};
use tenure::rules::bulk::{self, Counts, Part};
use tenure::rules::status::{self, StatusChange};
use tenure::{Denied, Problem};

use super::*;

/// Kate, under this number, in this state.
fn nth(number: u128, status: UserStatus) -> Loaded<User> {
    user_with(status, |user| user.id = id(number))
}

fn named(users: &[&Loaded<User>]) -> Vec<(UserId, Option<Loaded<User>>)> {
    users.iter().map(|user| (user.id, Some((*user).clone()))).collect()
}

fn refused(users: &[(UserId, Option<Loaded<User>>)], to: &StatusChange) -> Vec<(Part, u32, Vec<Denied>)> {
    match bulk::change_all(&admin(), users, to, &around(), Counts::new(3, 1)) {
        Err(Denied::RowsRefused { rows }) => told(rows),
        other => panic!("{other:?}"),
    }
}

#[test]
fn bi5_many_are_taken_out_of_use_in_one_decision() {
    let (one, other) = (nth(101, active()), nth(102, active()));
    let cx = admin();
    let both = named(&[&one, &other]);
    let decided = bulk::change_all(&cx, &both, &StatusChange::Disable, &around(), Counts::new(3, 1)).unwrap();
    let disabled = |user: &Loaded<User>| User {
        status: UserStatus::Disabled { since: now() },
        ..user.value.clone()
    };
    assert_eq!(decided.outcome, [disabled(&one), disabled(&other)]);
    // What the single acts do, one after the other; the counts together.
    let single = [&one, &other].map(|user| status::change(&cx, Some(user), &StatusChange::Disable, &around()).unwrap());
    let counts = |change: &tenure::store::Change| matches!(change, tenure::store::Change::Count { .. });
    let all = single.iter().flat_map(|decision| decision.changes.clone());
    let others: Vec<_> = all.filter(|change| !counts(change)).collect();
    let mut together: Vec<_> = decided.changes.clone();
    together.retain(|change| !counts(change));
    assert_eq!(together, others);
    let counted: Vec<_> = decided
        .changes
        .iter()
        .filter(|change| counts(change))
        .cloned()
        .collect();
    assert_eq!(counted, [seats(-2, None)]);
    let told: Vec<_> = decided
        .events
        .iter()
        .map(|event| (event.subject, event.what.name()))
        .collect();
    let expected: Vec<_> = single
        .iter()
        .flat_map(|decision| decision.events.iter().map(|event| (event.subject, event.what.name())))
        .collect();
    assert_eq!(told, expected);
    let to = |event: &&tenure::model::Event| {
        matches!(
            event.what,
            What::StatusChanged {
                to: StatusKind::Disabled,
                ..
            }
        )
    };
    assert_eq!(decided.events.iter().filter(to).count(), 2);
}

#[test]
fn bi5_of_many_all_are_changed_or_none_and_each_reason_is_told() {
    let (one, gone) = (nth(101, active()), nth(103, UserStatus::Disabled { since: long_ago() }));
    let mut users = named(&[&one, &gone, &one]);
    users.push((id(999), None));
    let unknown = Denied::NotFound {
        what: tenure::model::RecordKind::User,
    };
    let expected = [
        (
            2,
            status::change(&admin(), Some(&gone), &StatusChange::Disable, &around()).unwrap_err(),
        ),
        (3, Denied::invalid("user", Problem::RepeatsRow { row: 1 })),
        (4, unknown),
    ];
    assert!(matches!(expected[0].1, Denied::WrongStatus { .. }));
    assert_eq!(
        refused(&users, &StatusChange::Disable),
        expected.map(|(row, reason)| (Part::Users, row, vec![reason]))
    );
    let change = |cx, to: &StatusChange| bulk::change_all(cx, &named(&[&one]), to, &around(), Counts::new(3, 1));
    assert_eq!(change(&nobody(), &StatusChange::Disable), Err(Denied::Forbidden));
    let nobody_named = bulk::change_all(&admin(), &[], &StatusChange::Disable, &around(), Counts::new(3, 1));
    assert_eq!(nobody_named, Ok(nothing(&admin(), Vec::new())));
}

#[test]
fn r5_d1_seats_and_the_last_administrator_are_counted_through_the_rows() {
    let administrators = [101, 102].map(|number| {
        let mut kate = administrator_kate(active());
        kate.value.id = id(number);
        kate
    });
    let both = named(&[&administrators[0], &administrators[1]]);
    let change = |count| {
        let counts = Counts::new(3, count);
        bulk::change_all(&admin(), &both, &StatusChange::Deactivate, &around(), counts).map(drop)
    };
    assert_eq!(change(3), Ok(()));
    let rows = match change(2) {
        Err(Denied::RowsRefused { rows }) => told(rows),
        other => panic!("{other:?}"),
    };
    assert_eq!(rows, [(Part::Users, 2, vec![Denied::LastAdministrator])]);

    let left = |number| {
        nth(
            number,
            UserStatus::Inactive {
                since: long_ago(),
                because: Inactivity::Deactivated,
                starts_at: None,
            },
        )
    };
    let three = [left(101), left(102), left(103)];
    let three = named(&three.iter().collect::<Vec<_>>());
    let cx = with_limit(admin(), 5);
    let counts = Counts::new(3, 1);
    let rows = match bulk::change_all(&cx, &three, &StatusChange::Activate, &around(), counts) {
        Err(Denied::RowsRefused { rows }) => told(rows),
        other => panic!("{other:?}"),
    };
    assert_eq!(rows, [(Part::Users, 3, vec![Denied::NoSeat { limit: 5 }])]);
}
