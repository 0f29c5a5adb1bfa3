//! Listings: a [`Query`] as SQL. Says the same as [`Query::selects`] and [`Query::page`].

use std::collections::BTreeSet;

use super::failure::Failure;
use super::line::Lines;
use super::param::Param;
use super::read::{behind, loaded, number};
use crate::id::{EmployeeId, TenantId, UnitId};
use crate::model::{KeySpace, Loaded, Record, RecordKind, Scope, SortBy};
use crate::store::table::{has_status, owner_column, sort_column, table};
use crate::store::{Filter, Page, Query, StoreError, StoreErrorKind};

/// Refuses what is not done here yet.
pub(super) fn check(query: &Query) -> Result<(), StoreError> {
    let known = |filter: &&Filter| {
        matches!(
            filter,
            Filter::Status(_)
                | Filter::OfUser(_)
                | Filter::Within(_)
                | Filter::WithRole(_)
                | Filter::ReportsTo(_)
                | Filter::Above(_)
                | Filter::HasUser(_)
                | Filter::HasAddress(_)
                | Filter::SeenAfter(_)
        )
    };
    let unknown = query.filters.iter().find(|filter| !known(filter));
    match (unknown, query.sort) {
        (None, SortBy::Created | SortBy::Name) => Ok(()),
        (Some(filter), _) => Err(StoreError::new(StoreErrorKind::Unsupported, format!("{filter:?}"))),
        (None, sort) => Err(StoreError::new(StoreErrorKind::Unsupported, format!("{sort:?}"))),
    }
}

/// A page of a listing, and where it is asked for how many match in all, in one statement: from one state of the tables.
pub(super) async fn list(lines: &Lines, tenant: TenantId, query: &Query) -> Result<Page<Loaded<Record>>, Failure> {
    let mut selected = Condition::of(tenant, query);
    let total = query.count_up_to.map(|most| selected.total(query, most));
    let page = selected.page(query);
    let (_, order) = order(query);
    let sql = match total {
        None => page,
        // Without a record on the page, there is a row with the total all the same.
        Some(total) => format!(
            "WITH page AS MATERIALIZED ({page})
             SELECT page.version, page.body, page.key, page.id, total.count
             FROM ({total}) AS total LEFT JOIN page ON true ORDER BY key {order}, id {order}"
        ),
    };
    let values: Vec<&dyn Param> = selected.values.iter().map(|value| value.as_ref() as _).collect();
    let rows = lines.read(&sql, &values).await?;
    let total = match (query.count_up_to, rows.first()) {
        (Some(_), Some(row)) => Some(u64::try_from(row.try_get::<_, i64>(4)?).unwrap_or(0)),
        _ => None,
    };
    let mut items = Vec::with_capacity(rows.len());
    for row in &rows {
        if row.try_get::<_, Option<i64>>(0)?.is_some() {
            items.push(loaded(query.kind, row, 0)?);
        }
    }
    let more = items.len() > query.limit as usize;
    items.truncate(query.limit as usize);
    let next = items.last().filter(|_| more).map(|last| query.place(&last.value));
    Ok(Page { items, next, total })
}

/// What a page is ordered by, and in which direction. What has no such thing has an empty key.
fn order(query: &Query) -> (&'static str, &'static str) {
    let key = sort_column(query.kind, query.sort).unwrap_or("''::bytea");
    (key, if query.descending { "DESC" } else { "ASC" })
}

/// A value for a place in the statement.
type Bound = Box<dyn Param + Send>;

/// What must hold of a row `t`, with the values of its places.
struct Condition {
    sql: String,
    values: Vec<Bound>,
}

impl Condition {
    fn of(tenant: TenantId, query: &Query) -> Self {
        let mut condition = Self {
            sql: "t.tenant = $1".to_owned(),
            values: vec![Box::new(*tenant.as_uuid())],
        };
        for filter in &query.filters {
            condition.filter(query, filter);
        }
        if query.kind == RecordKind::User && !query.asks_for_deleted() {
            condition.and("t.status <> 'deleted'");
        }
        if let Scope::Units(units) = &query.scope {
            condition.within(query.kind, units);
        }
        condition
    }

    /// One record more than the page has, to see whether there is another page.
    fn page(&mut self, query: &Query) -> String {
        let (key, order) = order(query);
        let mut sql = self.sql.clone();
        if let Some(after) = &query.after {
            let key_place = self.bind(after.key.clone());
            let than = if query.descending { "<" } else { ">" };
            let place = match behind(query.kind, after.id, key, &key_place, "$id", than) {
                place if place.contains("$id") => place.replace("$id", &self.bind(*after.id.uuid())),
                place => place,
            };
            sql.push_str(" AND ");
            sql.push_str(&place);
        }
        let limit = self.bind(i64::from(query.limit) + 1);
        format!(
            "SELECT t.version, t.body, {key} AS key, t.id FROM {} t WHERE {sql}
             ORDER BY {key} {order}, t.id {order} LIMIT {limit}",
            table(query.kind)
        )
    }

    fn total(&mut self, query: &Query, most: u64) -> String {
        let most = self.bind(number(most));
        format!(
            "SELECT count(*) AS count FROM (SELECT 1 FROM {} t WHERE {} LIMIT {most}) AS counted",
            table(query.kind),
            self.sql
        )
    }

    /// A place in the statement for a value.
    fn bind(&mut self, value: impl Param + Send + 'static) -> String {
        self.values.push(Box::new(value));
        format!("${}", self.values.len())
    }

    fn and(&mut self, sql: &str) {
        self.sql.push_str(" AND ");
        self.sql.push_str(sql);
    }

    fn never(&mut self) {
        self.and("false");
    }

    fn filter(&mut self, query: &Query, filter: &Filter) {
        match (filter, query.kind) {
            (Filter::Status(states), kind) if has_status(kind) => self.status(query, states),
            (Filter::OfUser(user), kind) => match owner_column(kind) {
                Some(column) => {
                    let user = self.bind(*user.as_uuid());
                    self.and(&format!("t.{column} = {user}"));
                }
                None => self.never(),
            },
            (Filter::Within(unit), kind) => self.within(kind, &BTreeSet::from([*unit])),
            (Filter::WithRole(role), RecordKind::User) => {
                let role = self.bind(*role.as_uuid());
                self.and(&format!(
                    "EXISTS (SELECT 1 FROM tenure_user_role g
                         WHERE g.tenant = t.tenant AND g.user = t.id AND g.role = {role})"
                ));
            }
            (Filter::ReportsTo(supervisor), RecordKind::Employee) => {
                let supervisor = self.bind(*supervisor.as_uuid());
                self.and(&format!("t.supervisor = {supervisor}"));
            }
            (Filter::Above(employee), RecordKind::Employee) => self.above(*employee),
            (Filter::HasUser(wanted), RecordKind::Employee) => self.and(&format!(
                "{} (SELECT 1 FROM tenure_key k
                     WHERE k.tenant = t.tenant AND k.space = '{}' AND k.key = uuid_send(t.id))",
                if *wanted { "EXISTS" } else { "NOT EXISTS" },
                KeySpace::EmployeeUser.as_str(),
            )),
            (Filter::HasAddress(wanted), RecordKind::Employee) => {
                self.and(if *wanted { "t.email IS NOT NULL" } else { "t.email IS NULL" });
            }
            (Filter::SeenAfter(instant), RecordKind::Session) => {
                let instant = self.bind(instant.unix_micros());
                self.and(&format!("t.seen_at > {instant}"));
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
        let as_of = self.bind(query.as_of.unix_micros());
        // PostgreSQL takes no text with a NUL; no state has one.
        let states: Vec<String> = states.iter().filter(|state| !state.contains('\0')).cloned().collect();
        let states = self.bind(states);
        self.and(&format!(
            "CASE WHEN t.status_until <= {as_of} THEN t.status_next ELSE t.status END = ANY ({states})"
        ));
    }

    /// In one of these units or below it: a unit itself, an employee through theirs, a user through any of theirs, and
    /// what belongs to a user where that user is.
    fn within(&mut self, kind: RecordKind, units: &BTreeSet<UnitId>) {
        let (from, column) = match (kind, owner_column(kind)) {
            (RecordKind::Tenant | RecordKind::Role, _) => return,
            (RecordKind::Unit, _) => (None, "id"),
            (RecordKind::Employee, _) => (None, "unit"),
            (RecordKind::User, _) => (Some("tenure_user_unit"), "id"),
            (_, Some(column)) => (Some("tenure_user_unit"), column),
            (_, None) => return self.never(),
        };
        let units = self.bind(units.iter().map(|unit| *unit.as_uuid()).collect::<Vec<_>>());
        self.and(&match from {
            None => format!(
                "EXISTS (SELECT 1 FROM tenure_unit_path p
                     WHERE p.tenant = t.tenant AND p.unit = t.{column} AND p.ancestor = ANY ({units}))"
            ),
            Some(members) => format!(
                "EXISTS (SELECT 1 FROM {members} m
                     JOIN tenure_unit_path p ON p.tenant = m.tenant AND p.unit = m.unit
                     WHERE m.tenant = t.tenant AND m.user = t.{column} AND p.ancestor = ANY ({units}))"
            ),
        });
    }

    /// The line above an employee. A cycle cannot arise, and would end here all the same.
    fn above(&mut self, employee: EmployeeId) {
        let employee = self.bind(*employee.as_uuid());
        self.and(&format!(
            "t.id IN (
                 WITH RECURSIVE above (id) AS (
                     SELECT supervisor FROM tenure_employee
                     WHERE tenant = $1 AND id = {employee} AND supervisor IS NOT NULL
                     UNION
                     SELECT e.supervisor FROM above JOIN tenure_employee e ON e.tenant = $1 AND e.id = above.id
                     WHERE e.supervisor IS NOT NULL)
                 SELECT id FROM above)"
        ));
    }
}
