//! What must hold of a row for it to be listed.

use std::collections::BTreeSet;

use rusqlite::types::Value;

use super::narrow::Narrow;
use crate::id::{EmployeeId, TenantId, UnitId};
use crate::model::{Ended, KeySpace, RecordKind, Scope, UserType, instant_key};
use crate::store::sqlite::sql::{id, places, text};
use crate::store::table::{address_key, has_status, has_text, name_of, owner_column};
use crate::store::{Filter, Query};
use crate::text::{AddressPattern, SearchField, SearchPattern};

/// What must hold of a row `t`, with the values of its places.
pub(super) struct Condition {
    tenant: TenantId,
    pub(super) sql: String,
    pub(super) values: Vec<Value>,
}

impl Condition {
    pub(super) fn of(tenant: TenantId, query: &Query) -> Self {
        Self::in_tenant(tenant, query, None)
    }

    /// What a way leaves to be asked.
    pub(super) fn beside(tenant: TenantId, query: &Query, way: &Narrow) -> Self {
        let answered = way.answers.and_then(|place| query.filters.get(place));
        Self::in_tenant(tenant, query, answered)
    }

    /// All but one filter, which is asked elsewhere, and the tenant.
    pub(super) fn of_others(tenant: TenantId, query: &Query, filter: &Filter) -> Self {
        Self::but(tenant, query, Some(filter))
    }

    fn in_tenant(tenant: TenantId, query: &Query, but: Option<&Filter>) -> Self {
        let mut condition = Self::but(tenant, query, but);
        condition.and("t.tenant = ?", [id(tenant.as_uuid())]);
        condition
    }

    fn but(tenant: TenantId, query: &Query, but: Option<&Filter>) -> Self {
        let mut condition = Self {
            tenant,
            sql: "1".to_owned(),
            values: Vec::new(),
        };
        for filter in query.filters.iter().filter(|filter| Some(*filter) != but) {
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

    pub(super) fn and(&mut self, sql: &str, values: impl IntoIterator<Item = Value>) {
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
            // The sign keeps the index of supervisors out of it: where it is the better one, it was chosen before.
            (Filter::ReportsTo(supervisor), RecordKind::Employee) => {
                self.and("+t.supervisor = ?", [id(supervisor.as_uuid())]);
            }
            (Filter::ReportsTo(supervisor), RecordKind::User) => self.and(
                "EXISTS (SELECT 1 FROM tenure_employee e
                     WHERE e.tenant = t.tenant AND e.id = t.employee AND e.supervisor = ?)",
                [id(supervisor.as_uuid())],
            ),
            (Filter::Below(top), RecordKind::Employee) => self.below("id", *top),
            (Filter::Below(top), RecordKind::User) => self.below("employee", *top),
            (Filter::LevelsBelow(top, levels), RecordKind::Employee) => self.levels_below("id", *top, *levels),
            (Filter::LevelsBelow(top, levels), RecordKind::User) => self.levels_below("employee", *top, *levels),
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
            (Filter::HasUnit(wanted), RecordKind::Employee) => {
                self.and(if *wanted { "t.unit IS NOT NULL" } else { "t.unit IS NULL" }, []);
            }
            (Filter::HasUnit(wanted), RecordKind::User) => self.and(
                &format!(
                    "{} (SELECT 1 FROM tenure_user_unit m WHERE m.tenant = t.tenant AND m.user = t.id)",
                    if *wanted { "EXISTS" } else { "NOT EXISTS" }
                ),
                [],
            ),
            (Filter::HasIdentity(wanted), RecordKind::User) => self.and(
                if *wanted {
                    "t.provider IS NOT NULL"
                } else {
                    "t.provider IS NULL"
                },
                [],
            ),
            (Filter::OfType(types), RecordKind::User) => self.and(
                &format!("t.kind IN ({})", places(types.len())),
                types.iter().copied().map(UserType::as_str).map(text),
            ),
            (Filter::Text(pattern), kind) => self.found(kind, pattern, None),
            (Filter::Field(field, pattern), kind) => self.found(kind, pattern, Some(*field)),
            (Filter::Supervisor(pattern), RecordKind::Employee) => self.supervised("t.supervisor", &query.scope, pattern),
            (Filter::Supervisor(pattern), RecordKind::User) => {
                let supervisor = "(SELECT e.supervisor FROM tenure_employee e WHERE e.tenant = t.tenant AND e.id = t.employee)";
                self.supervised(supervisor, &query.scope, pattern);
            }
            (Filter::Ended(ends), RecordKind::Attempt) => self.ended(ends),
            (Filter::From(addresses), RecordKind::Attempt | RecordKind::Session) => self.from(*addresses),
            (Filter::Since(instant), _) => self.and("t.created_key >= ?", [Value::Blob(instant_key(*instant))]),
            (Filter::Before(instant), _) => self.and("t.created_key < ?", [Value::Blob(instant_key(*instant))]),
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
            ) => self.never(),
        }
    }

    /// A record by what it is found by: its own, or that of the user it belongs to.
    fn found(&mut self, kind: RecordKind, pattern: &SearchPattern, field: Option<SearchField>) {
        match owner_column(kind) {
            _ if has_text(kind) => self.found_by(kind.as_str(), "t.id", pattern, field),
            Some(column) => self.found_by(RecordKind::User.as_str(), &format!("t.{column}"), pattern, field),
            None => self.never(),
        }
    }

    fn found_by(&mut self, kind: &str, which: &str, pattern: &SearchPattern, field: Option<SearchField>) {
        self.and(
            &format!(
                "EXISTS (SELECT 1 FROM tenure_search s
                     WHERE s.tenant = t.tenant AND s.kind = '{kind}' AND s.id = {which} AND tenure_matches(s.text, ?, ?))"
            ),
            matching(pattern, field),
        );
    }

    /// By the supervisor, if that one lies in the scope.
    fn supervised(&mut self, supervisor: &str, scope: &Scope, pattern: &SearchPattern) {
        self.found_by("employee", supervisor, pattern, None);
        if let Scope::Units(units) = scope {
            self.and(
                &format!(
                    "EXISTS (SELECT 1 FROM tenure_employee b
                         CROSS JOIN tenure_unit_path p ON p.tenant = b.tenant AND p.unit = b.unit
                         WHERE b.tenant = t.tenant AND b.id = {supervisor} AND p.ancestor IN ({}))",
                    places(units.len())
                ),
                units.iter().map(|unit| id(unit.as_uuid())),
            );
        }
    }

    fn ended(&mut self, ends: &BTreeSet<Ended>) {
        let mut ways = vec!["0"];
        let mut values = Vec::new();
        for end in ends {
            match end {
                Ended::Succeeded => ways.push("t.result = 'success'"),
                Ended::Refused => ways.push("t.result = 'refused'"),
                Ended::Pending => ways.push("t.result = 'pending'"),
                Ended::RefusedFor(reason) => {
                    ways.push("t.result = 'refused' AND t.reason = ?");
                    values.push(name_of(reason, "reason").map_or(Value::Null, text));
                }
            }
        }
        self.and(&format!("({})", ways.join(" OR ")), values);
    }

    fn from(&mut self, addresses: AddressPattern) {
        let (first, last) = addresses.range();
        self.and(
            "t.client_key BETWEEN ? AND ?",
            [Value::Blob(address_key(first)), Value::Blob(address_key(last))],
        );
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

    /// Those below an employee, by the column that says which employee it is.
    fn below(&mut self, column: &str, top: EmployeeId) {
        let (sql, values) = all_below(self.tenant, top);
        self.and(&format!("t.{column} IN ({sql})"), values);
    }

    /// Those so many levels below an employee.
    fn levels_below(&mut self, column: &str, top: EmployeeId, levels: u16) {
        let (sql, values) = at_levels_below(self.tenant, top, levels);
        self.and(&format!("t.{column} IN ({sql})"), values);
    }
}

/// The ids of everybody below an employee. A cycle cannot arise, and would end here all the same.
pub(super) fn all_below(tenant: TenantId, top: EmployeeId) -> (&'static str, [Value; 3]) {
    let tenant = id(tenant.as_uuid());
    let sql = "
        WITH RECURSIVE below (id) AS (
            SELECT id FROM tenure_employee WHERE tenant = ? AND supervisor = ?
            UNION
            SELECT e.id FROM below CROSS JOIN tenure_employee e ON e.tenant = ? AND e.supervisor = below.id)
        SELECT id FROM below";
    (sql, [tenant.clone(), id(top.as_uuid()), tenant])
}

/// The ids of everybody so many levels below an employee, and of nobody further down.
pub(super) fn at_levels_below(tenant: TenantId, top: EmployeeId, levels: u16) -> (&'static str, [Value; 5]) {
    let (tenant, levels) = (id(tenant.as_uuid()), Value::Integer(levels.into()));
    let sql = "
        WITH RECURSIVE below (id, level) AS (
            SELECT id, 1 FROM tenure_employee WHERE tenant = ? AND supervisor = ?
            UNION ALL
            SELECT e.id, below.level + 1 FROM below
            CROSS JOIN tenure_employee e ON e.tenant = ? AND e.supervisor = below.id WHERE below.level < ?)
        SELECT id FROM below WHERE level = ?";
    let values = [tenant.clone(), id(top.as_uuid()), tenant, levels.clone(), levels];
    (sql, values)
}

/// The values of `tenure_matches(…, ?, ?)`.
pub(super) fn matching(pattern: &SearchPattern, field: Option<SearchField>) -> [Value; 2] {
    let mark = field.map_or(Value::Null, |field| Value::Integer(i64::from(u32::from(field.mark()))));
    [text(pattern.as_str()), mark]
}
