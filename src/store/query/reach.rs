//! What a record has to do with others: the units it lies in, and the lines of supervisors.

use std::collections::BTreeSet;

use super::View;
use crate::id::{EmployeeId, UnitId};
use crate::model::{Employee, OrgUnit, Record, Scope, User};

pub(super) fn in_scope(record: &Record, scope: &Scope, view: &dyn View) -> bool {
    let Scope::Units(allowed) = scope else { return true };
    let unit_within = |unit: &OrgUnit| allowed.iter().any(|ancestor| unit.path.is_within(*ancestor));
    let any_within = |units: BTreeSet<UnitId>| {
        units.into_iter().any(|unit| match view.record(unit.into()) {
            Some(Record::Unit(unit)) => unit_within(unit),
            _ => false,
        })
    };
    let user_within = |user: &User| any_within(user.units());
    match record {
        Record::Unit(unit) => unit_within(unit),
        Record::Employee(employee) => any_within(employee.unit.into_iter().collect()),
        Record::User(user) => user_within(user),
        Record::Role(_) | Record::Tenant(_) => true,
        other => match other.owner().and_then(|user| view.record(user.into())) {
            Some(Record::User(user)) => user_within(user),
            _ => false,
        },
    }
}

/// The units that an employee or a user has to do with; none for what has nothing to do with units.
pub(super) fn units_of(record: &Record) -> Option<BTreeSet<UnitId>> {
    match record {
        Record::Employee(employee) => Some(employee.unit.into_iter().collect()),
        Record::User(user) => Some(user.units()),
        _ => None,
    }
}

/// An employee, or a user's employee.
pub(super) fn employee_of<'a>(record: &'a Record, view: &'a dyn View) -> Option<&'a Employee> {
    match record {
        Record::Employee(employee) => Some(employee),
        Record::User(user) => match view.record(user.kind.employee()?.into()) {
            Some(Record::Employee(employee)) => Some(employee),
            _ => None,
        },
        _ => None,
    }
}

pub(super) fn is_above(candidate: EmployeeId, start: EmployeeId, view: &dyn View) -> bool {
    let supervisor = |employee: EmployeeId| match view.record(employee.into()) {
        Some(Record::Employee(employee)) => employee.supervisor,
        _ => None,
    };
    // A cycle cannot arise, but a store with one must not hang for it.
    let mut seen = BTreeSet::new();
    let mut above = supervisor(start);
    while let Some(employee) = above
        && seen.insert(employee)
    {
        if employee == candidate {
            return true;
        }
        above = supervisor(employee);
    }
    false
}

pub(super) fn is_below(candidate: EmployeeId, top: EmployeeId, view: &dyn View) -> bool {
    is_above(top, candidate, view)
}

/// Whether as many steps up the line as there are levels lead from an employee to `top`.
pub(super) fn is_levels_below(employee: &Employee, top: EmployeeId, levels: u16, view: &dyn View) -> bool {
    let mut line = 1..levels;
    let above = line.try_fold(employee.supervisor, |above, _| match view.record(above?.into()) {
        Some(Record::Employee(employee)) => Some(employee.supervisor),
        _ => None,
    });
    levels > 0 && above == Some(Some(top))
}
