//! What holds of any rows.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use tenure::model::{Grant, Loaded, Record, Right, Scope, StatusKind, UnitKind, User, UserKind};
use tenure::rules::Context;
use tenure::rules::bulk::{self, Counts, Import, employee_row, user_row};
use tenure::store::{Change, Counter};
use tenure::{Denied, EmployeeRow, UserRow};

use super::*;

fn signed() -> Context {
    with_policy(with_limit(admin(), 8), |policy| {
        policy.client_kinds.extend([UnitKind::Company]);
    })
}

/// Few names, so that rows get in each other's way.
fn signatures() -> impl Strategy<Value = String> {
    select(vec!["A", "b", "B", "C", "D", "E"]).prop_map(str::to_owned)
}

fn units() -> impl Strategy<Value = String> {
    select(vec!["Berlin", "berlin/mitte", "Mitte", "Paris", "Rome"]).prop_map(str::to_owned)
}

fn employee_rows() -> impl Strategy<Value = EmployeeRow> {
    let email = option::weighted(
        0.8,
        select(vec!["a@example.com", "b@example.com", "C@example.com", "nobody"]),
    );
    let names = (select(vec!["Kim", "Ole", "Zoë", ""]), select(vec!["Dahl", "O'Hara"]));
    let day = option::weighted(0.2, select(vec!["2026-05-01", "2027-01-31", "soon"]));
    let above = option::weighted(0.4, signatures());
    (
        option::weighted(0.8, signatures()),
        names,
        email,
        above,
        option::of(units()),
        day,
    )
        .prop_map(|(signature, (first, last), email, supervisor, unit, employed_until)| {
            let mut row = EmployeeRow::new(first, last);
            row.signature = signature;
            row.email = email.map(str::to_owned);
            row.supervisor = supervisor;
            row.unit = unit;
            row.employed_until = employed_until.map(str::to_owned);
            row
        })
}

fn user_rows() -> impl Strategy<Value = UserRow> {
    let email = select(vec![
        "d@example.com",
        "e@example.com",
        "F@example.com",
        "g@example.com",
        "@",
    ]);
    let status = option::of(select(vec!["active", "inactive", "suspended", "disabled", "asleep"]));
    let role = option::of(select(vec!["Clerk", "ADMINISTRATOR", "Nobody"]));
    let grants = option::weighted(
        0.3,
        select(vec!["permission:prices.change @ Paris, Mitte", "Clerk @ Berlin", "x:y"]),
    );
    let memberships = option::of(select(vec!["-", "Berlin; Paris", "Mitte", "Rome"]));
    (
        any::<bool>(),
        signatures(),
        email,
        status,
        role,
        grants,
        memberships,
        option::weighted(0.2, units()),
    )
        .prop_map(
            |(external, signature, email, status, role, grants, memberships, role_units)| {
                let mut row = if external {
                    UserRow::external("Paris", "Kim", "Kunde", email)
                } else {
                    UserRow::of_employee(signature)
                };
                row.status = status.map(str::to_owned);
                row.role = role.map(str::to_owned);
                row.role_units = role_units;
                row.grants = grants.map(str::to_owned);
                row.memberships = memberships.map(str::to_owned);
                row
            },
        )
}

fn imports() -> impl Strategy<Value = Import> {
    (vec(employee_rows(), 0..6), vec(user_rows(), 0..6), any::<bool>()).prop_map(|(employees, users, invite)| {
        let import = Import::new().employees(employees).users(users);
        if invite { import.inviting() } else { import }
    })
}

/// Those rows of an import that nothing stands against, and that name none of the others.
fn good_ones(import: &Import) -> Import {
    let mut left = import.clone();
    loop {
        let report = bulk::check(&signed(), &left, &known(&left)).unwrap();
        let Some(refused) = report.refused.last() else {
            return left;
        };
        let row = refused.row as usize - 1;
        match refused.part {
            Part::Employees => drop(left.employees.remove(row)),
            Part::Users => drop(left.users.remove(row)),
        }
    }
}

/// What an import wrote, as rows.
fn exported(changes: &[Change]) -> (Vec<EmployeeRow>, Vec<UserRow>) {
    let (employees, users) = inserted(changes);
    let find = |id| employees.iter().find(|employee| Some(employee.id) == id);
    let of = |user: &User| match user.kind {
        UserKind::Internal { employee } => Some(employee),
        _ => None,
    };
    (
        employees
            .iter()
            .map(|it| employee_row(it, find(it.supervisor), &names()))
            .collect(),
        users.iter().map(|it| user_row(it, find(of(it)), &names())).collect(),
    )
}

fn counted(changes: &[Change], which: Counter) -> i64 {
    let counts = changes.iter().filter_map(|change| match change {
        Change::Count { counter, delta, .. } if *counter == which => Some(*delta),
        _ => None,
    });
    counts.sum()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(400) })]

    #[test]
    fn d3_a_dry_run_says_what_the_import_does(import in imports()) {
        let cx = signed();
        let report = bulk::check(&cx, &import, &known(&import)).unwrap();
        match bulk::import(&cx, &import, &known(&import)) {
            Ok(decided) => {
                prop_assert_eq!(&report.refused, &[]);
                let done = &decided.outcome;
                prop_assert_eq!(report.employees, done.employees.len());
                prop_assert_eq!(report.users, done.users.len());
                prop_assert_eq!((report.invited, done.invited), (decided.mail.len(), decided.mail.len()));
                prop_assert_eq!(report.seats, counted(&decided.changes, Counter::Seats));
                prop_assert_eq!((import.employees.len(), import.users.len()), (report.employees, report.users));
                let (employees, users) = inserted(&decided.changes);
                let ids: Vec<_> = employees.iter().map(|employee| employee.id).collect();
                prop_assert_eq!(&ids, &done.employees);
                prop_assert_eq!(users.iter().map(|user| user.id).collect::<Vec<_>>(), done.users.clone());
            }
            Err(Denied::RowsRefused { rows }) => {
                prop_assert!(!rows.is_empty());
                prop_assert_eq!(rows, report.refused);
            }
            Err(other) => prop_assert!(false, "{other:?}"),
        }
    }

    #[test]
    fn d3_a_row_alone_is_refused_for_what_it_says_itself(import in imports()) {
        // What stands against a row for its own text does so whatever rows stand around it.
        let cx = signed();
        let all = bulk::check(&cx, &import, &known(&import)).unwrap();
        for (row, employee) in (1..).zip(&import.employees) {
            let mut alone = employee.clone();
            alone.supervisor = None;
            let alone = Import::new().employees([alone]);
            for refused in bulk::check(&cx, &alone, &known(&alone)).unwrap().refused {
                let together = all.refused.iter().find(|it| (it.part, it.row) == (Part::Employees, row));
                prop_assert!(together.is_some(), "{refused:?} of {employee:?}");
            }
        }
    }

    #[test]
    fn if8_what_was_brought_in_comes_out_and_goes_in_again_the_same(import in imports()) {
        let cx = signed();
        let good = good_ones(&import);
        let first = bulk::import(&cx, &good, &known(&good)).unwrap();
        let (employees, users) = exported(&first.changes);
        let again = Import::new().employees(employees.clone()).users(users.clone());
        let second = bulk::import(&cx, &again, &known(&again)).unwrap();
        // Whoever had no signature is called by another id, in the reference of the one and the rows of the others.
        let renamed = |text: &str| {
            let ids = first.outcome.employees.iter().zip(&second.outcome.employees);
            ids.fold(text.to_owned(), |text, (old, new)| text.replace(&old.to_string(), &new.to_string()))
        };
        let expected = renamed(&format!("{:?}", (employees, users)));
        prop_assert_eq!(format!("{:?}", exported(&second.changes)), expected);
    }

    #[test]
    fn d3_what_is_there_already_is_refused_by_its_names(import in imports()) {
        let cx = signed();
        let good = good_ones(&import);
        let first = bulk::import(&cx, &good, &known(&good)).unwrap();
        let kept: Vec<Loaded<Record>> = first.changes.iter().filter_map(|change| match change {
            Change::Insert(entry) => Some(loaded(1, entry.record.clone())),
            _ => None,
        }).collect();
        let (employees, users) = exported(&first.changes);
        // The users alone: of employees by the register, of others by their addresses.
        let again = Import::new().users(users.clone());
        let known = known_of(&again, &kept, Counts::new(0, 2));
        let report = bulk::check(&cx, &again, &known).unwrap();
        let expected: Vec<_> = (1..).zip(&users).map(|(row, user)| {
            let taken = match user.employee {
                Some(_) => Denied::EmployeeHasUser,
                None => Denied::LoginTaken { field: "email" },
            };
            (Part::Users, row, vec![taken])
        }).collect();
        let mut refused = told(report.refused);
        // Where seats run out in between as well, that is said behind.
        for (_, _, reasons) in &mut refused {
            reasons.truncate(1);
        }
        prop_assert_eq!(refused, expected);
        // The employees alone: those with a signature, and no others; without one nobody could tell.
        let again = Import::new().employees(employees.clone());
        let known = known_of(&again, &kept, Counts::new(0, 2));
        let report = bulk::check(&cx, &again, &known).unwrap();
        let signed = (1..).zip(&employees).filter(|(_, row)| row.signature.is_some());
        let expected: Vec<_> = signed.map(|(row, _)| (Part::Employees, row, vec![Denied::SignatureTaken])).collect();
        prop_assert_eq!(told(report.refused), expected);
    }

    #[test]
    fn r1_nobody_brings_in_more_than_they_may_give(import in imports()) {
        let permissions = [
            tenure::permissions::EMPLOYEES_MANAGE,
            tenure::permissions::USERS_MANAGE,
            prices(),
        ];
        let cx = Context { policy: signed().policy, ..holding(&permissions, [berlin()]) };
        if let Ok(decided) = bulk::import(&cx, &import, &known(&import)) {
            let inside = |unit| unit == berlin() || unit == mitte();
            let (employees, users) = inserted(&decided.changes);
            prop_assert!(employees.iter().all(|employee| employee.unit.is_some_and(inside)));
            for user in users {
                let within = |grant: &Grant| match &grant.scope {
                    Scope::All => false,
                    Scope::Units(units) => units.iter().copied().all(inside),
                };
                prop_assert!(user.grants.iter().all(within), "{user:?}");
                prop_assert!(user.grants.iter().all(|grant| grant.right != Right::Role(administrator())));
                prop_assert!(user.units().into_iter().all(inside));
                prop_assert!(user.status.kind() != StatusKind::Deleted);
            }
        }
    }
}
