//! What must hold of a row to be listed, as SQL: each filter for itself, looked up row by row.
//!
//! Whether other rows exist is always asked behind `OFFSET 0`, and that keeps it a look-up: without, the planner is free to
//! read a whole table first, and does so where it guesses wrong.

use std::collections::BTreeSet;

use super::pattern;
use super::statement::Statement;
use crate::clock::Timestamp;
use crate::id::{EmployeeId, UnitId};
use crate::model::{Ended, KeySpace, RecordKind, Scope, StatusKind, UserType, instant_key};
use crate::store::table::{Malformed, address_key, has_status, has_text, name_of, owner_column};
use crate::store::{Filter, Query};
use crate::text::{AddressPattern, SearchField, SearchPattern};

/// All that must hold, but for the tenant and the place of the page. The row is `t`: of employees and users that in the
/// table of what listings go by.
pub(super) fn all(statement: &mut Statement, query: &Query) -> Result<String, Malformed> {
    let mut all = vec!["true".to_owned()];
    if query.kind == RecordKind::User && !query.asks_for_deleted() {
        let deleted = statement.bind(StatusKind::Deleted.as_str().as_bytes().to_vec());
        all.push(format!("t.status <> {deleted}"));
    }
    if let Scope::Units(units) = &query.scope {
        all.extend(within(statement, query.kind, units));
    }
    // Texts are compared last: that takes longest.
    let (texts, others): (Vec<_>, Vec<_>) = query
        .filters
        .iter()
        .partition(|filter| matches!(filter, Filter::Text(_) | Filter::Field(..) | Filter::Supervisor(_)));
    for filter in others.into_iter().chain(texts) {
        all.extend(one(statement, query, filter)?);
    }
    Ok(all.join(" AND "))
}

/// None where every row passes.
fn one(statement: &mut Statement, query: &Query, filter: &Filter) -> Result<Option<String>, Malformed> {
    use RecordKind as K;
    let never = "false".to_owned();
    Ok(Some(match (filter, query.kind) {
        (Filter::Status(states), kind) if has_status(kind) => status(statement, kind, query.as_of, states),
        (Filter::OfUser(user), kind) => match owner_column(kind) {
            Some(column) => format!("t.{column} = {}", statement.bind(*user.as_uuid())),
            None => never,
        },
        (Filter::Within(unit), kind) => return Ok(within(statement, kind, &BTreeSet::from([*unit]))),
        (Filter::WithRole(role), K::User) => {
            let role = statement.bind(*role.as_uuid());
            format!(
                "EXISTS (SELECT 1 FROM tenure_user_role g
                     WHERE g.tenant = $1 AND g.user = t.id AND g.role = {role} OFFSET 0)"
            )
        }
        (Filter::ReportsTo(supervisor), K::Employee | K::User) => {
            let supervisor = statement.bind(*supervisor.as_uuid());
            of_employee(query.kind, &format!("e.supervisor = {supervisor}"))
        }
        (Filter::Below(top), K::Employee | K::User) => below(statement, query.kind, *top),
        (Filter::LevelsBelow(top, levels), K::Employee | K::User) => {
            let top = statement.bind(*top.as_uuid());
            format!(
                "{top} = ({})",
                levels_above(&format!("t.{}", employee_column(query.kind)), *levels)
            )
        }
        (Filter::Above(employee), K::Employee) => format!("t.id IN ({})", above(statement, *employee)),
        (Filter::HasUser(wanted), K::Employee) => has(
            *wanted,
            &format!(
                "SELECT 1 FROM tenure_key k WHERE k.tenant = $1 AND k.space = '{}' AND k.key = uuid_send(t.id)",
                KeySpace::EmployeeUser.as_str()
            ),
        ),
        (Filter::HasAddress(wanted), K::Employee) => {
            format!("t.address_key {} ''::bytea", if *wanted { "<>" } else { "=" })
        }
        (Filter::HasUnit(wanted), K::Employee) => {
            format!("t.unit IS {} NULL", if *wanted { "NOT" } else { "" })
        }
        (Filter::HasUnit(wanted), K::User) => has(
            *wanted,
            "SELECT 1 FROM tenure_user_unit m WHERE m.tenant = $1 AND m.user = t.id",
        ),
        (Filter::HasIdentity(wanted), K::User) => format!("t.has_identity = {}", statement.bind(*wanted)),
        (Filter::OfType(types), K::User) => of_type(statement, types),
        (Filter::Text(pattern), kind) => text(statement, kind, pattern, None),
        (Filter::Field(field, pattern), kind) => text(statement, kind, pattern, Some(*field)),
        (Filter::Supervisor(pattern), K::Employee | K::User) => supervisor(statement, query, pattern),
        (Filter::Ended(ends), K::Attempt) => ended(statement, ends)?,
        (Filter::From(addresses), K::Session | K::Attempt) => from(statement, *addresses),
        (Filter::Since(instant), _) => format!("t.created_key >= {}", statement.bind(instant_key(*instant))),
        (Filter::Before(instant), _) => format!("t.created_key < {}", statement.bind(instant_key(*instant))),
        (Filter::SeenAfter(instant), K::Session) => {
            format!("t.seen_at > {}", statement.bind(instant.unix_micros()))
        }
        (
            Filter::Status(_)
            | Filter::WithRole(_)
            | Filter::ReportsTo(_)
            | Filter::Below(_)
            | Filter::LevelsBelow(..)
            | Filter::Above(_)
            | Filter::HasUser(_)
            | Filter::HasAddress(_)
            | Filter::HasUnit(_)
            | Filter::HasIdentity(_)
            | Filter::OfType(_)
            | Filter::Supervisor(_)
            | Filter::Ended(_)
            | Filter::From(_)
            | Filter::SeenAfter(_)
            // Refused by now; and if it were not, then nothing is listed rather than too much.
            | Filter::Unknown(_),
            _,
        ) => never,
    }))
}

fn has(wanted: bool, rows: &str) -> String {
    let not = if wanted { "" } else { "NOT " };
    format!("{not}EXISTS ({rows} OFFSET 0)")
}

/// The names of states. PostgreSQL takes no text with a NUL; no state has one.
pub(super) fn bind_states(statement: &mut Statement, kind: RecordKind, states: &BTreeSet<String>) -> String {
    let states = states.iter().filter(|state| !state.contains('\0'));
    if kind == RecordKind::User {
        return statement.bind(states.map(|state| state.as_bytes().to_vec()).collect::<Vec<Vec<u8>>>());
    }
    statement.bind(states.cloned().collect::<Vec<String>>())
}

/// The state at `as_of`, whether or not what was due by then is written down.
fn status(statement: &mut Statement, kind: RecordKind, as_of: Timestamp, states: &BTreeSet<String>) -> String {
    let as_of = statement.bind(as_of.unix_micros());
    let states = bind_states(statement, kind, states);
    format!("CASE WHEN t.status_until <= {as_of} THEN t.status_next ELSE t.status END = ANY ({states})")
}

/// In one of these units or below it: a unit itself, an employee through theirs, a user through any of theirs, and
/// what belongs to a user where that user is. None where units do not matter.
fn within(statement: &mut Statement, kind: RecordKind, units: &BTreeSet<UnitId>) -> Option<String> {
    let (of_user, column) = match (kind, owner_column(kind)) {
        (RecordKind::Tenant | RecordKind::Role, _) => return None,
        (RecordKind::Unit, _) => (false, "id"),
        (RecordKind::Employee, _) => (false, "unit"),
        (RecordKind::User, _) => (true, "id"),
        (_, Some(column)) => (true, column),
        (_, None) => return Some("false".to_owned()),
    };
    let units = bind_units(statement, units);
    Some(if of_user {
        format!(
            "EXISTS (SELECT 1 FROM tenure_user_unit m
                 JOIN tenure_unit_path p ON p.tenant = $1 AND p.unit = m.unit
                 WHERE m.tenant = $1 AND m.user = t.{column} AND p.ancestor = ANY ({units}) OFFSET 0)"
        )
    } else {
        format!(
            "EXISTS (SELECT 1 FROM tenure_unit_path p
                 WHERE p.tenant = $1 AND p.unit = t.{column} AND p.ancestor = ANY ({units}) OFFSET 0)"
        )
    })
}

pub(super) fn bind_units(statement: &mut Statement, units: &BTreeSet<UnitId>) -> String {
    statement.bind(units.iter().map(|unit| *unit.as_uuid()).collect::<Vec<_>>())
}

/// What must hold of the employee `e` that a row is, or that its user has.
fn of_employee(kind: RecordKind, what: &str) -> String {
    let employee = employee_column(kind);
    format!("EXISTS (SELECT 1 FROM tenure_employee e WHERE e.tenant = $1 AND e.id = t.{employee} AND {what} OFFSET 0)")
}

fn employee_column(kind: RecordKind) -> &'static str {
    if kind == RecordKind::Employee { "id" } else { "employee" }
}

/// The line above an employee. A cycle cannot arise, and would end here all the same.
pub(super) fn above(statement: &mut Statement, employee: EmployeeId) -> String {
    let employee = statement.bind(*employee.as_uuid());
    line_above(&employee)
}

fn line_above(employee: &str) -> String {
    format!(
        "WITH RECURSIVE above (id) AS (
             SELECT a.supervisor FROM tenure_employee a
             WHERE a.tenant = $1 AND a.id = {employee} AND a.supervisor IS NOT NULL
             UNION
             SELECT a.supervisor FROM above JOIN tenure_employee a ON a.tenant = $1 AND a.id = above.id
             WHERE a.supervisor IS NOT NULL)
         SELECT id FROM above"
    )
}

/// Who stands so many levels above an employee.
fn levels_above(employee: &str, levels: u16) -> String {
    format!(
        "WITH RECURSIVE above (id, level) AS (
             SELECT a.supervisor, 1 FROM tenure_employee a WHERE a.tenant = $1 AND a.id = {employee}
             UNION ALL
             SELECT a.supervisor, above.level + 1 FROM above
             JOIN tenure_employee a ON a.tenant = $1 AND a.id = above.id WHERE above.level < {levels})
         SELECT id FROM above WHERE level = {levels}"
    )
}

fn below(statement: &mut Statement, kind: RecordKind, top: EmployeeId) -> String {
    let top = statement.bind(*top.as_uuid());
    format!("{top} IN ({})", line_above(&format!("t.{}", employee_column(kind))))
}

/// By the supervisor, if that one lies in the scope.
fn supervisor(statement: &mut Statement, query: &Query, pattern: &SearchPattern) -> String {
    let found = pattern::condition(statement, pattern, None, "f.found");
    let in_scope = match &query.scope {
        Scope::All => String::new(),
        Scope::Units(units) => format!(
            " AND EXISTS (SELECT 1 FROM tenure_unit_path p
                  WHERE p.tenant = $1 AND p.unit = f.unit AND p.ancestor = ANY ({}) OFFSET 0)",
            bind_units(statement, units)
        ),
    };
    of_employee(
        query.kind,
        &format!(
            "EXISTS (SELECT 1 FROM tenure_employee_listed f
                 WHERE f.tenant = $1 AND f.id = e.supervisor AND {found}{in_scope} OFFSET 0)"
        ),
    )
}

fn of_type(statement: &mut Statement, types: &BTreeSet<UserType>) -> String {
    format!("t.kind = ANY ({})", bind_types(statement, types))
}

pub(super) fn bind_types(statement: &mut Statement, types: &BTreeSet<UserType>) -> String {
    statement.bind(types.iter().map(|of| of.as_str()).collect::<Vec<&'static str>>())
}

/// What has no name of its own is found by its user's.
fn text(statement: &mut Statement, kind: RecordKind, pattern: &SearchPattern, field: Option<SearchField>) -> String {
    if has_text(kind) {
        return pattern::condition(statement, pattern, field, "t.found");
    }
    let Some(column) = owner_column(kind) else {
        return "false".to_owned();
    };
    let found = pattern::condition(statement, pattern, field, "f.found");
    format!(
        "EXISTS (SELECT 1 FROM tenure_user_listed f WHERE f.tenant = $1 AND f.id = t.{column} AND {found} OFFSET 0)"
    )
}

fn ended(statement: &mut Statement, ends: &BTreeSet<Ended>) -> Result<String, Malformed> {
    let mut any = vec!["false".to_owned()];
    for end in ends {
        any.push(match end {
            Ended::Succeeded => "t.result = 'success'".to_owned(),
            Ended::Refused => "t.result = 'refused'".to_owned(),
            Ended::Pending => "t.result = 'pending'".to_owned(),
            Ended::RefusedFor(reason) => {
                let reason = statement.bind(name_of(reason, "reason")?);
                format!("t.result = 'refused' AND t.reason = {reason}")
            }
        });
    }
    Ok(format!("({})", any.join(" OR ")))
}

fn from(statement: &mut Statement, addresses: AddressPattern) -> String {
    let (first, last) = addresses.range();
    // No network of IPv6 has an address of IPv4 in it, whose keys lie among its own.
    let but = if first.is_ipv6() {
        " AND t.client_key NOT BETWEEN '\\x00000000000000000000ffff00000000'::bytea
             AND '\\x00000000000000000000ffffffffffff'::bytea"
    } else {
        ""
    };
    let (first, last) = (statement.bind(address_key(first)), statement.bind(address_key(last)));
    format!("(t.client_key BETWEEN {first} AND {last}{but})")
}
