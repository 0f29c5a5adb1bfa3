//! Listings: a [`Query`] as SQL. Says the same as [`Query::selects`] and [`Query::page`].

use std::collections::BTreeSet;

use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

use super::failure::Failure;
use super::read::place_of;
use super::rows::loaded;
use super::sql::{at_once, each, first, id, integer, number, places, text};
use crate::id::{EmployeeId, TenantId, UnitId};
use crate::model::{KeySpace, Loaded, Record, RecordKind, Scope, SortBy};
use crate::store::table::{has_name, has_status, owner_column, table};
use crate::store::{Filter, Page, Query};

/// A page of a listing, and where it is asked for how many match in all, from one state of the tables.
pub(super) fn list(conn: &Connection, tenant: TenantId, query: &Query) -> Result<Page<Loaded<Record>>, Failure> {
    let selected = Condition::of(tenant, query);
    let (mut items, total) = at_once(conn, || {
        let items = page(conn, query, &selected)?;
        let total = query.count_up_to.map(|most| count(conn, query, &selected, most));
        Ok((items, total.transpose()?))
    })?;
    let more = items.len() > query.limit as usize;
    items.truncate(query.limit as usize);
    let next = items.last().filter(|_| more).map(|last| query.place(&last.value));
    Ok(Page { items, next, total })
}

/// One record more than the page has, to see whether there is another page.
fn page(conn: &Connection, query: &Query, selected: &Condition) -> Result<Vec<Loaded<Record>>, Failure> {
    let table = table(query.kind);
    let key = sort_column(query);
    let (direction, behind) = if query.descending { ("DESC", "<") } else { ("ASC", ">") };
    let mut selected = selected.clone();
    if let Some(after) = &query.after {
        selected.and(
            &format!("({key}, t.id) {behind} (?, ?)"),
            [
                Value::Blob(after.key.clone()),
                Value::Blob(place_of(query.kind, after.id)),
            ],
        );
    }
    let sql = format!(
        "SELECT t.version, t.body FROM {table} t WHERE {} ORDER BY {key} {direction}, t.id {direction} LIMIT ?",
        selected.sql
    );
    selected.values.push(Value::Integer(i64::from(query.limit) + 1));
    each(conn, &sql, params_from_iter(selected.values), |row| {
        loaded(query.kind, row, 0)
    })
}

fn count(conn: &Connection, query: &Query, selected: &Condition, most: u64) -> Result<u64, Failure> {
    let table = table(query.kind);
    let sql = format!(
        "SELECT count(*) FROM (SELECT 1 FROM {table} t WHERE {} LIMIT ?)",
        selected.sql
    );
    let most = Value::Integer(integer(most));
    let values = selected.values.iter().chain([&most]);
    let count = first(conn, &sql, params_from_iter(values), |row| number(row, 0))?;
    Ok(count.unwrap_or(0))
}

/// What a listing is ordered by. What has no name has an empty one.
fn sort_column(query: &Query) -> &'static str {
    match query.sort {
        SortBy::Created => "t.created_key",
        SortBy::Name if has_name(query.kind) => "t.name_key",
        _ => "x''",
    }
}

/// What must hold of a row `t`, with the values of its places.
#[derive(Clone)]
struct Condition {
    tenant: TenantId,
    sql: String,
    values: Vec<Value>,
}

impl Condition {
    fn of(tenant: TenantId, query: &Query) -> Self {
        let mut condition = Self {
            tenant,
            sql: "t.tenant = ?".to_owned(),
            values: vec![id(tenant.as_uuid())],
        };
        for filter in &query.filters {
            condition.filter(query, filter);
        }
        if query.kind == RecordKind::User && !query.asks_for_deleted() {
            condition.and("t.status <> 'deleted'", []);
        }
        if let Scope::Units(units) = &query.scope {
            condition.within(query.kind, units);
        }
        condition
    }

    fn and(&mut self, sql: &str, values: impl IntoIterator<Item = Value>) {
        self.sql.push_str(" AND ");
        self.sql.push_str(sql);
        self.values.extend(values);
    }

    fn never(&mut self) {
        self.and("0", []);
    }

    fn filter(&mut self, query: &Query, filter: &Filter) {
        match (filter, query.kind) {
            (Filter::Status(states), kind) if has_status(kind) => self.status(query, states),
            (Filter::OfUser(user), kind) => match owner_column(kind) {
                Some(column) => self.and(&format!("t.{column} = ?"), [id(user.as_uuid())]),
                None => self.never(),
            },
            (Filter::Within(unit), kind) => self.within(kind, &BTreeSet::from([*unit])),
            (Filter::WithRole(role), RecordKind::User) => self.and(
                "EXISTS (SELECT 1 FROM tenure_user_role g WHERE g.tenant = t.tenant AND g.user = t.id AND g.role = ?)",
                [id(role.as_uuid())],
            ),
            (Filter::ReportsTo(supervisor), RecordKind::Employee) => {
                self.and("t.supervisor = ?", [id(supervisor.as_uuid())]);
            }
            (Filter::Above(employee), RecordKind::Employee) => self.above(*employee),
            (Filter::HasUser(wanted), RecordKind::Employee) => self.and(
                &format!(
                    "{} (SELECT 1 FROM tenure_key k WHERE k.tenant = t.tenant AND k.space = ? AND k.key = t.id)",
                    if *wanted { "EXISTS" } else { "NOT EXISTS" }
                ),
                [text(KeySpace::EmployeeUser.as_str())],
            ),
            (Filter::HasAddress(wanted), RecordKind::Employee) => {
                self.and(
                    if *wanted {
                        "t.email IS NOT NULL"
                    } else {
                        "t.email IS NULL"
                    },
                    [],
                );
            }
            (Filter::SeenAfter(instant), RecordKind::Session) => {
                self.and("t.seen_at > ?", [Value::Integer(instant.unix_micros())]);
            }
            (
                Filter::Status(_)
                | Filter::WithRole(_)
                | Filter::ReportsTo(_)
                | Filter::Above(_)
                | Filter::HasUser(_)
                | Filter::HasAddress(_)
                | Filter::SeenAfter(_)
                | Filter::Below(_)
                | Filter::HasUnit(_)
                | Filter::HasIdentity(_)
                | Filter::OfType(_)
                | Filter::Text(_)
                | Filter::Field(..)
                | Filter::Supervisor(_)
                | Filter::Ended(_)
                | Filter::From(_)
                | Filter::Since(_)
                | Filter::Before(_)
                // Refused by now; and if it were not, then nothing is listed rather than too much.
                | Filter::Unknown(_),
                _,
            ) => self.never(),
        }
    }

    /// The state at `as_of`, whether or not what was due by then is written down.
    fn status(&mut self, query: &Query, states: &BTreeSet<String>) {
        let as_of = Value::Integer(query.as_of.unix_micros());
        self.and(
            &format!(
                "CASE WHEN t.status_until <= ? THEN t.status_next ELSE t.status END IN ({})",
                places(states.len())
            ),
            [as_of].into_iter().chain(states.iter().map(text)),
        );
    }

    /// In one of these units or below it: a unit itself, an employee through theirs, a user through any of theirs, and
    /// what belongs to a user where that user is.
    fn within(&mut self, kind: RecordKind, units: &BTreeSet<UnitId>) {
        let in_units = format!("p.ancestor IN ({})", places(units.len()));
        let of_unit = |column: &str| {
            format!(
                "EXISTS (SELECT 1 FROM tenure_unit_path p
                     WHERE p.tenant = t.tenant AND p.unit = t.{column} AND {in_units})"
            )
        };
        // Crossed, so that it is always the few units of the user that are looked up, never all those in the scope.
        let of_user = |column: &str| {
            format!(
                "EXISTS (SELECT 1 FROM tenure_user_unit m
                     CROSS JOIN tenure_unit_path p ON p.tenant = m.tenant AND p.unit = m.unit
                     WHERE m.tenant = t.tenant AND m.user = t.{column} AND {in_units})"
            )
        };
        let sql = match (kind, owner_column(kind)) {
            (RecordKind::Tenant | RecordKind::Role, _) => return,
            (RecordKind::Unit, _) => of_unit("id"),
            (RecordKind::Employee, _) => of_unit("unit"),
            (RecordKind::User, _) => of_user("id"),
            (_, Some(column)) => of_user(column),
            (_, None) => return self.never(),
        };
        self.and(&sql, units.iter().map(|unit| id(unit.as_uuid())));
    }

    /// The line above an employee. A cycle cannot arise, and would end here all the same.
    fn above(&mut self, employee: EmployeeId) {
        let tenant = id(self.tenant.as_uuid());
        self.and(
            "t.id IN (
                 WITH RECURSIVE above (id) AS (
                     SELECT supervisor FROM tenure_employee WHERE tenant = ? AND id = ? AND supervisor IS NOT NULL
                     UNION
                     SELECT e.supervisor FROM above JOIN tenure_employee e ON e.tenant = ? AND e.id = above.id
                     WHERE e.supervisor IS NOT NULL)
                 SELECT id FROM above)",
            [tenant.clone(), id(employee.as_uuid()), tenant],
        );
    }
}
