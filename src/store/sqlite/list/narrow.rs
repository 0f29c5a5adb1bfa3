//! Filters that have an index of their own, and which of them lets little enough pass to be sorted.

use std::collections::BTreeSet;

use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

use super::condition::{all_below, at_levels_below, matching};
use crate::id::{EmployeeId, TenantId, UnitId};
use crate::model::{RecordKind, Scope};
use crate::store::sqlite::failure::Failure;
use crate::store::sqlite::question::{question, scoped};
use crate::store::sqlite::sql::{first, id, number, places, text};
use crate::store::table::{Prefix, has_text, owner_column, table};
use crate::store::{Filter, Query};
use crate::text::{SearchField, SearchPattern};

/// A way to everything that one filter lets pass, and perhaps more: the condition is asked of each record all the same.
pub(super) struct Narrow {
    /// What stands behind `FROM`: it ends with the table of the records, `t`. A record may come several times.
    pub(super) from: String,
    pub(super) values: Vec<Value>,
    /// What is counted first, where it can be much without a single record following from it.
    probe: Option<(String, Vec<Value>)>,
    /// Whether no more records follow than were counted first.
    one_each: bool,
    /// The place of a filter that it answers alone. To count it takes as long as to go, so it is taken unseen, and the filter
    /// is not asked of each record again.
    pub(super) answers: Option<usize>,
}

/// The place of the way with the fewest records, if there is one with less than so many.
pub(super) fn narrowest(conn: &Connection, ways: &[Narrow], most: u32) -> Result<Option<usize>, Failure> {
    let mut narrowest = None;
    let mut most = u64::from(most);
    for (place, way) in ways.iter().enumerate() {
        if let Some(count) = way.count(conn, most)? {
            narrowest = Some(place);
            most = count;
        }
    }
    Ok(narrowest)
}

/// The place of a way that goes by text.
pub(super) fn by_text(ways: &[Narrow]) -> Option<usize> {
    ways.iter().position(|way| way.probe.is_some())
}

impl Narrow {
    /// How many records it leads to, if fewer than so many.
    fn count(&self, conn: &Connection, most: u64) -> Result<Option<u64>, Failure> {
        if self.answers.is_some() {
            return Ok((most > 0).then_some(0));
        }
        if let Some((sql, values)) = &self.probe {
            let found = count(conn, sql, values, most)?;
            if found >= most || self.one_each {
                return Ok((found < most).then_some(found));
            }
        }
        let from = format!("SELECT 1 FROM {}", self.from);
        let count = count(conn, &from, &self.values, most)?;
        Ok((count < most).then_some(count))
    }
}

fn count(conn: &Connection, sql: &str, values: &[Value], most: u64) -> Result<u64, Failure> {
    let sql = format!("SELECT count(*) FROM ({sql} LIMIT ?)");
    let most = Value::Integer(i64::try_from(most).unwrap_or(i64::MAX));
    let values = values.iter().chain([&most]);
    Ok(first(conn, &sql, params_from_iter(values), |row| number(row, 0))?.unwrap_or(0))
}

/// All the ways that there are.
pub(super) fn ways(tenant: TenantId, query: &Query) -> Vec<Narrow> {
    let ways = Ways { tenant, query };
    let scope = match &query.scope {
        Scope::Units(units) => ways.within(units),
        Scope::All => None,
    };
    let filters = query.filters.iter().filter_map(|filter| ways.of(filter));
    filters.chain(scope).collect()
}

fn field_of(filter: &Filter) -> Option<SearchField> {
    match filter {
        Filter::Field(field, _) => Some(*field),
        _ => None,
    }
}

struct Ways<'a> {
    tenant: TenantId,
    query: &'a Query,
}

impl Ways<'_> {
    fn of(&self, filter: &Filter) -> Option<Narrow> {
        if let Filter::Text(pattern) | Filter::Field(_, pattern) = filter
            && matches!(self.query.kind, RecordKind::User | RecordKind::Employee)
            && question(pattern, field_of(filter)).is_some()
        {
            // It is looked for apart.
            return None;
        }
        if let Some(Prefix { column, from, to }) = Prefix::of(self.query.kind, filter) {
            let ends = [Value::Blob(from), Value::Blob(to)];
            return Some(self.plain(&format!("t.{column} >= ? AND t.{column} < ?"), ends));
        }
        match (filter, self.query.kind) {
            (Filter::Text(pattern), _) => self.found(pattern, None),
            (Filter::Field(field, pattern), _) => self.found(pattern, Some(*field)),
            (Filter::Supervisor(pattern), RecordKind::Employee | RecordKind::User) => {
                self.by_index(RecordKind::Employee, pattern, None, "t.supervisor = c.id")
            }
            (Filter::ReportsTo(supervisor), RecordKind::Employee) => {
                Some(self.plain("t.supervisor = ?", [id(supervisor.as_uuid())]))
            }
            (Filter::ReportsTo(supervisor), RecordKind::User) => Some(self.of_employees(
                "SELECT id FROM tenure_employee WHERE tenant = ? AND supervisor = ?",
                vec![id(self.tenant.as_uuid()), id(supervisor.as_uuid())],
            )),
            (Filter::Below(top), RecordKind::Employee | RecordKind::User) => Some(self.below(*top)),
            (Filter::LevelsBelow(top, levels), RecordKind::Employee | RecordKind::User) => {
                let (ids, values) = at_levels_below(self.tenant, *top, *levels);
                Some(Narrow {
                    answers: self.query.filters.iter().position(|other| other == filter),
                    ..self.of_employees(ids, values.to_vec())
                })
            }
            (Filter::Within(unit), _) => self.within(&BTreeSet::from([*unit])),
            (Filter::WithRole(role), RecordKind::User) => Some(self.joined(
                "(SELECT user AS id FROM tenure_user_role WHERE tenant = ? AND role = ?) c",
                vec![id(self.tenant.as_uuid()), id(role.as_uuid())],
                "t.id = c.id",
            )),
            (Filter::Status(states), RecordKind::User) => Some(self.in_states(states)),
            _ => None,
        }
    }

    /// The rows of the table itself that an index finds.
    fn plain(&self, which: &str, values: impl IntoIterator<Item = Value>) -> Narrow {
        let table = table(self.query.kind);
        Narrow {
            from: format!(
                "(SELECT rowid AS row FROM {table} t WHERE t.tenant = ? AND {which}) c CROSS JOIN {table} t ON t.rowid = c.row"
            ),
            values: [id(self.tenant.as_uuid())].into_iter().chain(values).collect(),
            probe: None,
            one_each: false,
            answers: None,
        }
    }

    /// The rows that go with some ids `c`.
    fn joined(&self, ids: &str, mut values: Vec<Value>, which: &str) -> Narrow {
        values.push(id(self.tenant.as_uuid()));
        Narrow {
            from: format!(
                "{ids} CROSS JOIN {} t ON t.tenant = ? AND {which}",
                table(self.query.kind)
            ),
            values,
            probe: None,
            one_each: false,
            answers: None,
        }
    }

    /// What a pattern finds: by what it is found by itself, or by the user it belongs to.
    fn found(&self, pattern: &SearchPattern, field: Option<SearchField>) -> Option<Narrow> {
        let kind = self.query.kind;
        match owner_column(kind) {
            _ if has_text(kind) => self.by_index(kind, pattern, field, "t.id = c.id"),
            Some(column) => self.by_index(RecordKind::User, pattern, field, &format!("t.{column} = c.id")),
            None => None,
        }
    }

    /// The rows that go with records `c` of a kind, which the index of trigrams finds.
    fn by_index(
        &self,
        kind: RecordKind,
        pattern: &SearchPattern,
        field: Option<SearchField>,
        which: &str,
    ) -> Option<Narrow> {
        let question = text(scoped(self.tenant, kind, Some(&question(pattern, field)?)));
        let values = [question.clone(), id(self.tenant.as_uuid()), text(kind.as_str())];
        let values = values.into_iter().chain(matching(pattern, field)).collect();
        let ids = "(SELECT s.id AS id FROM tenure_search_index
             CROSS JOIN tenure_search s ON s.doc = tenure_search_index.rowid
             WHERE tenure_search_index MATCH ? AND s.tenant = ? AND s.kind = ? AND tenure_matches(s.text, ?, ?)) c";
        let way = match (kind, self.query.kind) {
            (RecordKind::Employee, RecordKind::User) => self.users_of_reports(ids, values),
            _ => self.joined(ids, values, which),
        };
        let probe = "SELECT 1 FROM tenure_search_index WHERE tenure_search_index MATCH ?".to_owned();
        Some(Narrow {
            probe: Some((probe, vec![question])),
            one_each: kind == self.query.kind && which == "t.id = c.id",
            ..way
        })
    }

    /// The users of those who report to employees `c`.
    fn users_of_reports(&self, ids: &str, mut values: Vec<Value>) -> Narrow {
        values.push(id(self.tenant.as_uuid()));
        let reports = format!("{ids} CROSS JOIN tenure_employee e ON e.tenant = ? AND e.supervisor = c.id");
        self.joined(&reports, values, "t.employee = e.id")
    }

    /// Employees `c`, or their users.
    fn of_employees(&self, ids: &str, values: Vec<Value>) -> Narrow {
        let which = match self.query.kind {
            RecordKind::User => "t.employee = c.id",
            _ => "t.id = c.id",
        };
        self.joined(&format!("({ids}) c"), values, which)
    }

    fn below(&self, top: EmployeeId) -> Narrow {
        let (ids, values) = all_below(self.tenant, top);
        self.of_employees(ids, values.to_vec())
    }

    /// What lies in some units or below them.
    fn within(&self, units: &BTreeSet<UnitId>) -> Option<Narrow> {
        let tenant = id(self.tenant.as_uuid());
        let values = [tenant]
            .into_iter()
            .chain(units.iter().map(|unit| id(unit.as_uuid())))
            .collect();
        let below = format!("p.tenant = ? AND p.ancestor IN ({})", places(units.len()));
        let of_units = format!("(SELECT p.unit AS id FROM tenure_unit_path p WHERE {below}) c");
        let of_users = format!(
            "(SELECT m.user AS id FROM tenure_unit_path p
              CROSS JOIN tenure_user_unit m ON m.tenant = p.tenant AND m.unit = p.unit WHERE {below}) c"
        );
        Some(match (self.query.kind, owner_column(self.query.kind)) {
            (RecordKind::Unit, _) => self.joined(&of_units, values, "t.id = c.id"),
            (RecordKind::Employee, _) => self.joined(&of_units, values, "t.unit = c.id"),
            (RecordKind::User, _) => self.joined(&of_users, values, "t.id = c.id"),
            (_, Some(column)) => self.joined(&of_users, values, &format!("t.{column} = c.id")),
            (_, None) => return None,
        })
    }

    /// Users in some states as they are written, and all who have changed since.
    fn in_states(&self, states: &BTreeSet<String>) -> Narrow {
        let tenant = id(self.tenant.as_uuid());
        let ids = format!(
            "(SELECT id FROM tenure_user WHERE tenant = ? AND status IN ({})
              UNION ALL SELECT id FROM tenure_user WHERE tenant = ? AND status_until <= ?) c",
            places(states.len())
        );
        let as_of = Value::Integer(self.query.as_of.unix_micros());
        let states = states.iter().map(text);
        let values = [tenant.clone()].into_iter().chain(states).chain([tenant, as_of]);
        self.joined(&ids, values.collect(), "t.id = c.id")
    }
}
