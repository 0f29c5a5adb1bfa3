use std::collections::BTreeSet;

use tenure::Denied;
use tenure::error::{FieldError, Problem};
use tenure::id::EmployeeId;
use tenure::model::{Employee, Employment, Loaded, RecordKind, Scope, What, permissions};
use tenure::rules::Context;
use tenure::rules::employees::{self, EmployeeSurroundings, NewEmployee};
use tenure::store::{Change, Filter, Guard, SetChange};
use tenure::text::{Signature, TextError};
use time::{Date, Month};

use crate::fixture::*;

const NOT_FOUND: Denied = Denied::NotFound {
    what: RecordKind::Employee,
};

fn of(scope: impl Into<ScopeOf>) -> Context {
    holding(&[permissions::EMPLOYEES_MANAGE], scope)
}

/// An employee without a unit, who reports to this one.
fn nth(number: u128, supervisor: Option<u128>) -> Loaded<Employee> {
    let mut employee = employee();
    employee.value.id = id(number);
    employee.value.unit = None;
    employee.value.supervisor = supervisor.map(id);
    employee
}

/// Berlin, and somebody to report to who reports to nobody.
fn in_berlin() -> EmployeeSurroundings {
    EmployeeSurroundings {
        unit: Some(unit(berlin())),
        supervisor: Some(nth(45, None)),
        ..EmployeeSurroundings::default()
    }
}

fn reporting_to(supervisor: Loaded<Employee>, above: Vec<Loaded<Employee>>) -> EmployeeSurroundings {
    EmployeeSurroundings {
        supervisor: Some(supervisor),
        above,
        ..EmployeeSurroundings::default()
    }
}

fn december(day: u8) -> Date {
    Date::from_calendar_date(2026, Month::December, day).unwrap()
}

fn input() -> NewEmployee {
    NewEmployee::new("Ada", "Lovelace")
        .email("ada@example.com")
        .signature("al")
        .unit(berlin())
        .supervisor(id(45))
        .employed_from(december(1))
}

fn as_input(id: EmployeeId, created_at: tenure::Timestamp) -> Employee {
    Employee {
        id,
        signature: Some(Signature::new("al").unwrap()),
        supervisor: Some(self::id(45)),
        employment: Employment {
            from: Some(december(1)),
            until: None,
        },
        created_at,
        ..employee().value
    }
}

#[test]
fn lo1_an_employee_is_added() {
    let (cx, around, added) = (of([berlin()]), in_berlin(), as_input(fresh(0), now()));
    assert_eq!(
        employees::add(&cx, &input(), &around),
        Ok(decision(
            &cx,
            [
                Guard::on(around.unit.as_ref().unwrap()),
                Guard::on(around.supervisor.as_ref().unwrap())
            ],
            vec![insert(added.clone())],
            vec![event(added.id, What::EmployeeAdded)],
            added
        ))
    );
}

#[test]
fn lo2_the_register_takes_its_own_permission() {
    let (ada, around) = (employee(), EmployeeSurroundings::default());
    for cx in [nobody(), holding(&[permissions::USERS_MANAGE], Scope::All)] {
        assert_eq!(employees::add(&cx, &input(), &in_berlin()), Err(Denied::Forbidden));
        assert_eq!(
            employees::edit(&cx, Some(&ada), &input(), &in_berlin()),
            Err(Denied::Forbidden)
        );
        assert_eq!(
            employees::change_supervisor(&cx, Some(&ada), None, &around),
            Err(Denied::Forbidden)
        );
        assert_eq!(
            employees::move_reports(&cx, Some(&ada), Some(&ada), &[], false),
            Err(Denied::Forbidden)
        );
        assert_eq!(employees::remove(&cx, Some(&ada), None), Err(Denied::Forbidden));
        assert_eq!(employees::may_see(&cx, Some(&ada), None), Err(Denied::Forbidden));
    }
}

#[test]
fn an_employee_is_added_only_where_the_actor_may() {
    let add = |cx: &Context, input: &NewEmployee, around: &EmployeeSurroundings| {
        employees::add(cx, input, around).map(|_| ())
    };
    assert_eq!(
        add(&of([paris()]), &input(), &in_berlin()),
        Err(Denied::BeyondOwnRights)
    );
    let nowhere = NewEmployee::new("Ada", "Lovelace");
    let around = EmployeeSurroundings::default();
    assert_eq!(add(&of([berlin()]), &nowhere, &around), Err(Denied::BeyondOwnRights));
    assert_eq!(add(&of(Scope::All), &nowhere, &around), Ok(()));
}

#[test]
fn every_wrong_field_of_an_employee_is_named() {
    let wrong = NewEmployee::new("", "a\0")
        .email("ada")
        .signature("a b")
        .unit(id(99))
        .supervisor(id(99))
        .employed_from(december(2))
        .employed_until(december(1));
    let field = |field, problem: Problem| FieldError::new(field, problem);
    let denied = Denied::Invalid {
        fields: vec![
            field("unit", Problem::Unknown(RecordKind::Unit)),
            field("supervisor", Problem::Unknown(RecordKind::Employee)),
            field("first_name", TextError::Empty.into()),
            field("last_name", TextError::ControlCharacter.into()),
            field("signature", TextError::ForbiddenCharacter.into()),
            field("email", TextError::NotAnAddress.into()),
            field("employed_until", Problem::BeforeStart),
        ],
    };
    let around = EmployeeSurroundings::default();
    assert_eq!(employees::add(&admin(), &wrong, &around), Err(denied.clone()));
    assert_eq!(
        employees::edit(&admin(), Some(&employee()), &wrong, &around),
        Err(denied)
    );
}

#[test]
fn an_edit_replaces_everything_and_is_logged_without_personal_data() {
    let (cx, ada) = (of([berlin()]), employee());
    let around = EmployeeSurroundings {
        unit_before: Some(unit(berlin())),
        ..in_berlin()
    };
    let (berlin, after) = (Guard::on(&unit(berlin())), as_input(ada.id, long_ago()));
    let edited = What::EmployeeEdited {
        fields: BTreeSet::from(["employment".to_owned(), "signature".to_owned()]),
    };
    let reports = What::SupervisorChanged {
        from: None,
        to: Some(id(45)),
    };
    assert_eq!(
        employees::edit(&cx, Some(&ada), &input(), &around),
        Ok(decision(
            &cx,
            [berlin, berlin, Guard::on(around.supervisor.as_ref().unwrap())],
            vec![update(&ada, after.clone())],
            vec![event(ada.id, edited), event(ada.id, reports)],
            after
        ))
    );
    let same = NewEmployee::new("Ada", "Lovelace")
        .email("ada@example.com")
        .unit(self::berlin());
    assert_eq!(
        employees::edit(&cx, Some(&ada), &same, &around),
        Ok(nothing(&cx, ada.value.clone()))
    );
}

#[test]
fn an_employee_out_of_scope_is_not_found() {
    let (cx, ada, paris) = (of([berlin()]), employee(), unit(paris()));
    let around = EmployeeSurroundings {
        unit_before: Some(paris.clone()),
        ..in_berlin()
    };
    assert_eq!(employees::edit(&cx, Some(&ada), &input(), &around), Err(NOT_FOUND));
    assert_eq!(employees::edit(&cx, None, &input(), &around), Err(NOT_FOUND));
    assert_eq!(
        employees::change_supervisor(&cx, Some(&ada), None, &around),
        Err(NOT_FOUND)
    );
    assert_eq!(employees::remove(&cx, Some(&ada), Some(&paris)), Err(NOT_FOUND));
    assert_eq!(
        employees::remove(&cx, Some(&ada), None),
        Err(NOT_FOUND),
        "in no unit: for all of them"
    );
    assert_eq!(employees::may_see(&cx, Some(&ada), Some(&paris)), Err(NOT_FOUND));
    assert_eq!(employees::may_see(&cx, Some(&ada), Some(&unit(mitte()))), Ok(()));
    let to_paris = EmployeeSurroundings {
        unit_before: Some(unit(berlin())),
        unit: Some(paris),
        ..in_berlin()
    };
    assert_eq!(
        employees::edit(&cx, Some(&ada), &input(), &to_paris),
        Err(Denied::BeyondOwnRights)
    );
}

#[test]
fn if6_one_employee_reports_to_somebody_else() {
    let (cx, ada) = (of(Scope::All), nth(40, Some(46)));
    let around = reporting_to(nth(45, Some(44)), vec![nth(44, None)]);
    let after = Employee {
        supervisor: Some(id(45)),
        ..ada.value.clone()
    };
    let what = What::SupervisorChanged {
        from: Some(id(46)),
        to: Some(id(45)),
    };
    // D2: everybody up the line is guarded, so that no cycle can come to be at the same moment.
    let guards = [Guard::on(&nth(45, None)), Guard::on(&nth(44, None))];
    let expected = decision(
        &cx,
        guards,
        vec![update(&ada, after.clone())],
        vec![event(ada.id, what)],
        after,
    );
    assert_eq!(
        employees::change_supervisor(&cx, Some(&ada), Some(id(45)), &around),
        Ok(expected)
    );
    let same = EmployeeSurroundings::default();
    assert_eq!(
        employees::change_supervisor(&cx, Some(&nth(40, None)), None, &same),
        Ok(nothing(&cx, nth(40, None).value))
    );
    assert_eq!(
        employees::change_supervisor(&cx, Some(&ada), Some(id(99)), &same),
        Err(Denied::invalid("supervisor", Problem::Unknown(RecordKind::Employee)))
    );
}

#[test]
fn if6_d2_a_cycle_is_refused_and_named() {
    let change = |around: &EmployeeSurroundings| {
        let supervisor = around.supervisor.as_ref().map(|supervisor| supervisor.id);
        employees::change_supervisor(&admin(), Some(&nth(40, None)), supervisor, around)
    };
    let cycle = |through: &[u128]| {
        Err(Denied::SupervisorCycle {
            through: through.iter().copied().map(id).collect(),
        })
    };
    assert_eq!(change(&reporting_to(nth(40, None), Vec::new())), cycle(&[40]));
    let around = reporting_to(nth(42, Some(41)), vec![nth(41, Some(40)), nth(40, None)]);
    assert_eq!(change(&around), cycle(&[42, 41, 40]));
    let edit = employees::edit(
        &admin(),
        Some(&nth(40, None)),
        &NewEmployee::new("Ada", "Lovelace").supervisor(id(42)),
        &around,
    );
    assert_eq!(edit, cycle(&[42, 41, 40]));
}

#[test]
fn d2_a_line_of_supervisors_has_64_levels_at_most() {
    let line = |length: u128| {
        let above = (1..length).map(|n| nth(1_000 + n, (n + 1 < length).then_some(1_001 + n)));
        reporting_to(nth(1_000, (length > 1).then_some(1_001)), above.collect())
    };
    let change = |length| {
        employees::change_supervisor(&admin(), Some(&nth(40, None)), Some(id(1_000)), &line(length)).map(|_| ())
    };
    assert_eq!(change(63), Ok(()));
    assert_eq!(
        change(64),
        Err(Denied::TooDeep {
            what: RecordKind::Employee,
            max: 64
        })
    );
}

#[test]
fn d2_nor_are_all_of_one_put_below_a_line_that_is_full() {
    let line = |length: u128| -> Vec<_> {
        (1..length)
            .map(|n| nth(1_000 + n, (n + 1 < length).then_some(1_001 + n)))
            .collect()
    };
    let moved = |length: u128, from: u128| {
        let to = nth(1_000, (length > 1).then_some(1_001));
        let from = nth(from, (from > 1_000 && from + 1 < 1_000 + length).then_some(from + 1));
        employees::move_reports(&admin(), Some(&from), Some(&to), &line(length), false).map(drop)
    };
    let too_deep = Err(Denied::TooDeep {
        what: RecordKind::Employee,
        max: 64,
    });
    assert_eq!(moved(63, 40), Ok(()));
    assert_eq!(moved(64, 40), too_deep);
    // Whoever takes the supervisor above comes up by one.
    assert_eq!(moved(64, 1_001), Ok(()));
    assert_eq!(moved(65, 1_001), too_deep);
}

#[test]
fn d2_nobody_comes_to_stand_too_low_below_those_who_are_moved() {
    let too_deep = Denied::TooDeep {
        what: RecordKind::Employee,
        max: 64,
    };
    let (ada, boss, top) = (nth(40, None), nth(45, Some(44)), nth(44, None));
    let around = EmployeeSurroundings {
        too_low: true,
        ..reporting_to(boss.clone(), vec![top.clone()])
    };
    let change = |cx: &Context| employees::change_supervisor(cx, Some(&ada), Some(boss.id), &around).map(drop);
    assert_eq!(change(&admin()), Err(too_deep.clone()));
    let to = NewEmployee::new("Ada", "Lovelace").supervisor(boss.id);
    let edited = employees::edit(&admin(), Some(&ada), &to, &around).map(drop);
    assert_eq!(edited, Err(too_deep.clone()));
    let above = std::slice::from_ref(&top);
    let moved = employees::move_reports(&admin(), Some(&ada), Some(&boss), above, true).map(drop);
    assert_eq!(moved, Err(too_deep));
    // Whose line stays as it is can be edited, however long it came to be.
    let below = nth(40, Some(45));
    let edited = employees::edit(&admin(), Some(&below), &to, &around).map(drop);
    assert_eq!(edited, Ok(()));
    // A cycle is told first.
    let cycle = reporting_to(nth(45, Some(40)), vec![ada.clone()]);
    let cycle = EmployeeSurroundings { too_low: true, ..cycle };
    let through = vec![id(45), id(40)];
    let refused = employees::change_supervisor(&admin(), Some(&ada), Some(id(45)), &cycle).map(drop);
    assert_eq!(refused, Err(Denied::SupervisorCycle { through }));
}

#[test]
fn d2_a_store_is_asked_for_the_first_level_that_is_too_low() {
    let (ada, boss, top) = (nth(40, None), nth(45, Some(44)), nth(44, None));
    let above = std::slice::from_ref(&top);
    // Boss, top and Ada leave 61 levels: whoever is 62 below her is the 65th of the line.
    let lowest = employees::too_low_under(&ada, &[], &boss, above);
    assert_eq!(lowest, Some(Filter::LevelsBelow(ada.id, 62)));
    // Nobody comes to stand lower: whoever has as many above them already, whosever they are.
    for (supervisor, over) in [
        (45, vec![nth(45, Some(44)), nth(44, None)]),
        (50, vec![nth(50, Some(51)), nth(51, None)]),
    ] {
        let stood = employees::too_low_under(&nth(40, Some(supervisor)), &over, &boss, above);
        assert_eq!(stood, None);
    }
    let higher = employees::too_low_under(&nth(40, Some(50)), &[nth(50, None)], &boss, above);
    assert_eq!(higher, Some(Filter::LevelsBelow(ada.id, 62)));
    // Whoever reports to her comes to stand where she would.
    let lowest = employees::too_low_after_move(&ada, &[], &boss, above);
    assert_eq!(lowest, Some(Filter::LevelsBelow(ada.id, 63)));
    assert_eq!(employees::too_low_after_move(&top, &[], &boss, above), None);
    let level = (nth(50, Some(51)), [nth(51, None)]);
    assert_eq!(
        employees::too_low_after_move(&level.0, &level.1, &boss, above),
        None,
        "as low as before"
    );
}

fn moved(from: u128, to: u128) -> (Change, What) {
    let (from, to): (EmployeeId, EmployeeId) = (id(from), id(to));
    let change = SetChange::MoveReports {
        from,
        to: Some(to),
        except: Some(to),
    };
    (Change::Set(change), What::ReportsMoved { from, to: Some(to) })
}

#[test]
fn if6_everyone_under_one_reports_to_another_in_one_act() {
    let cx = of(Scope::All);
    let (from, to, top) = (nth(40, None), nth(41, Some(42)), nth(42, None));
    let (change, what) = moved(40, 41);
    assert_eq!(
        employees::move_reports(&cx, Some(&from), Some(&to), std::slice::from_ref(&top), false),
        Ok(decision(
            &cx,
            [Guard::on(&top), Guard::on(&from), Guard::on(&to)],
            vec![change],
            vec![of_set(0, event(from.id, what))],
            ()
        ))
    );
}

#[test]
fn if6_where_b_reports_to_a_b_takes_the_supervisor_of_a() {
    let cx = of(Scope::All);
    let (top, from, to) = (nth(39, None), nth(40, Some(39)), nth(41, Some(40)));
    let (change, what) = moved(40, 41);
    let risen = Employee {
        supervisor: Some(id(39)),
        ..to.value.clone()
    };
    let change_above = What::SupervisorChanged {
        from: Some(id(40)),
        to: Some(id(39)),
    };
    assert_eq!(
        employees::move_reports(&cx, Some(&from), Some(&to), &[from.clone(), top.clone()], false),
        Ok(decision(
            &cx,
            [Guard::on(&from), Guard::on(&top), Guard::on(&from), Guard::on(&to)],
            vec![update(&to, risen), change],
            vec![event(to.id, change_above), of_set(1, event(from.id, what))],
            ()
        ))
    );
}

#[test]
fn if6_moving_reports_is_refused_with_the_exact_reason() {
    let (from, between, to) = (nth(40, None), nth(42, Some(40)), nth(41, Some(42)));
    let unknown = Problem::Unknown(RecordKind::Employee);
    assert_eq!(
        employees::move_reports(&admin(), Some(&from), Some(&to), &[between, from.clone()], false),
        Err(Denied::SupervisorCycle {
            through: vec![id(41), id(42), id(40)]
        })
    );
    assert_eq!(
        employees::move_reports(&admin(), None, Some(&to), &[], false),
        Err(NOT_FOUND)
    );
    assert_eq!(
        employees::move_reports(&admin(), Some(&from), None, &[], false),
        Err(Denied::invalid("to", unknown))
    );
    assert_eq!(
        employees::move_reports(&admin(), Some(&from), Some(&from), &[], false),
        Err(Denied::invalid("to", Problem::Repeated))
    );
    assert_eq!(
        employees::move_reports(&of([berlin()]), Some(&from), Some(&to), &[], false),
        Err(Denied::Forbidden)
    );
}

#[test]
fn an_employee_is_removed_unless_the_store_finds_them_in_use() {
    let (cx, ada, berlin) = (of([berlin()]), employee(), unit(berlin()));
    assert_eq!(
        employees::remove(&cx, Some(&ada), Some(&berlin)),
        Ok(decision(
            &cx,
            [Guard::on(&berlin)],
            vec![remove(&ada)],
            vec![event(ada.id, What::EmployeeRemoved)],
            ()
        ))
    );
    assert_eq!(employees::remove(&cx, None, None), Err(NOT_FOUND));
}

#[test]
fn if5_a_signature_is_written_with_the_user_of_the_employee() {
    let (ada, kate) = (employee(), user(active()));
    let around = EmployeeSurroundings {
        unit_before: in_berlin().unit_before,
        user: Some(kate.clone()),
        ..EmployeeSurroundings::default()
    };
    let named = |signature: Option<&str>| {
        let edited = NewEmployee::new(ada.first_name.as_str(), "Other");
        let edited = match signature {
            Some(signature) => edited.signature(signature),
            None => edited,
        };
        employees::edit(&admin(), Some(&ada), &edited, &around).unwrap().changes
    };
    let signature = Signature::new("NEW").ok();
    let with_it = tenure::User {
        signature,
        ..kate.value.clone()
    };
    assert!(named(Some("NEW")).contains(&update(&kate, with_it)));
    assert_eq!(named(None).len(), 1, "the user has none either");
}
