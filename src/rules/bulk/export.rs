//! Export: employees and users as the rows that an import takes. No secrets, and no password hashes.

use super::names::Names;
use super::rows::{EmployeeRow, UserRow};
use crate::id::EmployeeId;
use crate::model::{Employee, Grant, Right, Scope, StatusKind, User, UserKind};
use crate::rules::context::Context;
use crate::rules::operation::Operation;
use crate::rules::users::has_in_care;

/// An employee as a row. `supervisor` is who they report to, where the actor [sees](is_shown) them; others are called by their ids.
pub fn employee_row(employee: &Employee, supervisor: Option<&Employee>, names: &Names) -> EmployeeRow {
    EmployeeRow {
        reference: employee.signature.is_none().then(|| employee.id.to_string()),
        signature: employee.signature.as_ref().map(ToString::to_string),
        first_name: employee.first_name.to_string(),
        last_name: employee.last_name.to_string(),
        email: employee.email.as_ref().map(ToString::to_string),
        supervisor: called_or_id(supervisor, employee.supervisor),
        unit: employee.unit.map(|unit| names.of_unit(unit)),
        employed_from: employee.employment.from.map(|day| day.to_string()),
        employed_until: employee.employment.until.map(|day| day.to_string()),
    }
}

/// Whether the actor sees an employee by this operation; `names` has the units that they see by it.
pub fn is_shown(cx: &Context, operation: Operation, employee: &Employee, names: &Names) -> bool {
    has_in_care(cx, operation, employee, &names.around(&[], employee.unit))
}

fn called_or_id(employee: Option<&Employee>, id: Option<EmployeeId>) -> Option<String> {
    employee.map(called).or_else(|| id.map(|id| id.to_string()))
}

/// A user as a row. `employee` is whose access it is, where it is an employee's and the actor [sees](is_shown) them; others are
/// called by their ids.
///
/// Whoever is invited, or was, is `inactive` in it: an invitation is no status that a file could bring. What is planned for a
/// day, external identities, and holds are not in it.
pub fn user_row(user: &User, employee: Option<&Employee>, names: &Names) -> UserRow {
    let client = match user.kind {
        UserKind::External { client } => Some(names.of_unit(client)),
        UserKind::Internal { .. } | UserKind::Program => None,
    };
    let (role, role_units, grants) = rights(&user.grants, names);
    let has_own_name = !user.logs_in_with_address();
    let text = |value: &dyn ToString| Some(value.to_string());
    UserRow {
        employee: called_or_id(employee, user.kind.employee()),
        client,
        first_name: text(&user.profile.first_name),
        last_name: text(&user.profile.last_name),
        email: text(&user.address),
        user_name: has_own_name.then(|| user.user_name.to_string()),
        display_name: text(&user.profile.display_name),
        locale: text(&user.profile.locale),
        time_zone: text(&user.profile.time_zone),
        role,
        role_units,
        grants,
        memberships: Some(if user.memberships.is_empty() {
            "-".to_owned()
        } else {
            names.of_units(user.memberships.iter().copied(), "; ")
        }),
        api_only: user.api_only.then(|| "true".to_owned()),
        allowlist: (!user.allowlist.is_any()).then(|| {
            let entries: Vec<String> = user.allowlist.entries().iter().map(ToString::to_string).collect();
            entries.join("; ")
        }),
        status: Some(
            match user.status.kind() {
                StatusKind::Active => "active",
                StatusKind::Suspended => "suspended",
                StatusKind::Disabled | StatusKind::Deleted => "disabled",
                StatusKind::Invited | StatusKind::SetUp | StatusKind::Lapsed | StatusKind::Inactive => "inactive",
            }
            .to_owned(),
        ),
        password_hash: None,
    }
}

fn called(employee: &Employee) -> String {
    employee
        .signature
        .as_ref()
        .map_or_else(|| employee.id.to_string(), ToString::to_string)
}

/// The first role in columns of its own, for those who read the file, and the rest as a list.
fn rights(grants: &[Grant], names: &Names) -> (Option<String>, Option<String>, Option<String>) {
    let first = grants.iter().position(|grant| matches!(grant.right, Right::Role(_)));
    let (mut role, mut units) = (None, None);
    if let Some(grant) = first.and_then(|first| grants.get(first))
        && let Right::Role(id) = grant.right
    {
        role = Some(names.of_role(id));
        units = match &grant.scope {
            Scope::All => None,
            Scope::Units(units) => Some(names.of_units(units.iter().copied(), "; ")),
        };
    }
    let others = grants.iter().enumerate().filter(|(at, _)| Some(*at) != first);
    let others: Vec<String> = others.map(|(_, grant)| names.of_grant(grant)).collect();
    (role, units, (!others.is_empty()).then(|| others.join("; ")))
}
