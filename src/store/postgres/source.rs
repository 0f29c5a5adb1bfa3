//! Where the rows of a listing of employees or users may come from, other than from going through all in order: what one
//! filter selects, found by an index of its own.

use std::collections::BTreeSet;

use super::check::{above, bind_states, bind_types, bind_units};
use super::pattern;
use super::statement::Statement;
use super::{grams, people};
use crate::id::UnitId;
use crate::model::{RecordKind, Scope};
use crate::store::{Filter, Query};
use crate::text::SearchPattern;

/// So many are counted before it is decided. More are many, whatever their number.
const COUNTED: i64 = 5_000;
/// One in so many stands in the sample.
const SAMPLED: i64 = 256;
/// So many are counted in the sample.
const COUNTED_IN_SAMPLE: i64 = 400;

/// What one filter, or the scope, selects.
pub(super) enum Source<'a> {
    Filter(&'a Filter),
    Scope(&'a BTreeSet<UnitId>),
}

impl<'a> Source<'a> {
    /// All that this query has.
    pub(super) fn all(statement: &Statement, query: &'a Query) -> Vec<Self> {
        let filters = query.filters.iter();
        let filters = filters.filter(|filter| is_source(statement, query.kind, filter));
        let mut sources: Vec<Self> = filters.map(Self::Filter).collect();
        if let Scope::Units(units) = &query.scope {
            sources.push(Self::Scope(units));
        }
        sources
    }

    /// About how many it selects, as a scalar. What is too many to count is null.
    pub(super) fn estimate(&self, statement: &mut Statement, kind: RecordKind) -> String {
        match self {
            Self::Filter(Filter::Text(pattern) | Filter::Field(_, pattern)) => {
                let sampled = sampled(statement, kind, pattern, COUNTED_IN_SAMPLE);
                format!("(SELECT nullif(n, {COUNTED_IN_SAMPLE}) * {SAMPLED} FROM ({sampled}) AS sampled (n))")
            }
            // Of many supervisors one does not know how many report to them.
            Self::Filter(Filter::Supervisor(pattern)) => {
                let sampled = sampled(statement, RecordKind::Employee, pattern, 2);
                let counted = self.counted(statement, kind);
                format!("(SELECT CASE WHEN n < 2 THEN {counted} END FROM ({sampled}) AS sampled (n))")
            }
            // To count them takes as long as to find them.
            Self::Filter(Filter::LevelsBelow(..)) => "0".to_owned(),
            _ => self.counted(statement, kind),
        }
    }

    fn counted(&self, statement: &mut Statement, kind: RecordKind) -> String {
        let ids = self.ids(statement, kind);
        format!("(SELECT nullif(count(*), {COUNTED}) FROM (SELECT 1 FROM ({ids}) AS ids LIMIT {COUNTED}) AS counted)")
    }

    /// What it selects, as something to select from: each once, with the columns that listings go by.
    pub(super) fn rows(&self, statement: &mut Statement, kind: RecordKind) -> String {
        let (table, columns) = (people::table(kind), people::columns(kind));
        if let Self::Filter(Filter::Text(pattern) | Filter::Field(_, pattern)) = self {
            let grams = bind_grams(statement, pattern);
            return format!(
                "(SELECT {columns} FROM (SELECT * FROM {table} t WHERE t.grams @> {grams} OFFSET 0) t
                  WHERE t.tenant = $1)"
            );
        }
        let ids = self.ids(statement, kind);
        format!(
            "(SELECT t.* FROM (SELECT DISTINCT id FROM ({ids}) AS ids) AS source
              CROSS JOIN LATERAL (
                  SELECT {columns} FROM {table} t WHERE t.tenant = $1 AND t.id = source.id OFFSET 0) t)"
        )
    }

    /// The ids, some perhaps twice.
    fn ids(&self, statement: &mut Statement, kind: RecordKind) -> String {
        match self {
            Self::Scope(units) => within(statement, kind, units),
            Self::Filter(Filter::Within(unit)) => within(statement, kind, &BTreeSet::from([*unit])),
            Self::Filter(Filter::Status(states)) => {
                let states = bind_states(statement, kind, states);
                format!(
                    "SELECT id FROM tenure_user_listed WHERE tenant = $1 AND status = ANY ({states})
                     UNION ALL
                     SELECT id FROM tenure_user_listed
                     WHERE tenant = $1 AND status_next = ANY ({states}) AND status_next IS NOT NULL"
                )
            }
            Self::Filter(Filter::WithRole(role)) => {
                let role = statement.bind(*role.as_uuid());
                format!(
                    "SELECT g.user AS id FROM tenure_user_role g WHERE g.tenant = $1 AND g.role = {role} ORDER BY g.user"
                )
            }
            Self::Filter(Filter::OfType(types)) => {
                let types = bind_types(statement, types);
                format!("SELECT id FROM tenure_user_listed WHERE tenant = $1 AND kind = ANY ({types}) OFFSET 0")
            }
            Self::Filter(Filter::ReportsTo(supervisor)) => {
                let supervisor = statement.bind(*supervisor.as_uuid());
                let ids = format!(
                    "SELECT id FROM tenure_employee WHERE tenant = $1 AND supervisor = {supervisor} ORDER BY id"
                );
                of_employees(kind, ids)
            }
            Self::Filter(Filter::Below(top)) => {
                let top = statement.bind(*top.as_uuid());
                of_employees(kind, below(&top))
            }
            Self::Filter(Filter::LevelsBelow(top, levels)) => {
                let top = statement.bind(*top.as_uuid());
                of_employees(kind, levels_below(&top, *levels))
            }
            Self::Filter(Filter::Above(employee)) => above(statement, *employee),
            Self::Filter(Filter::Supervisor(pattern)) => {
                let grams = bind_grams(statement, pattern);
                let ids = format!(
                    "SELECT e.id FROM (SELECT * FROM tenure_employee_listed f WHERE f.grams @> {grams} OFFSET 0) f
                     CROSS JOIN LATERAL (
                         SELECT id FROM tenure_employee e WHERE e.tenant = $1 AND e.supervisor = f.id OFFSET 0) e
                     WHERE f.tenant = $1 AND {}",
                    pattern::condition(statement, pattern, None, "f.found")
                );
                of_employees(kind, ids)
            }
            Self::Filter(_) => "SELECT NULL::uuid AS id WHERE false".to_owned(),
        }
    }
}

fn is_source(statement: &Statement, kind: RecordKind, filter: &Filter) -> bool {
    let is_user = kind == RecordKind::User;
    match filter {
        Filter::Status(_) | Filter::WithRole(_) | Filter::OfType(_) => is_user,
        Filter::Above(_) => !is_user,
        Filter::Within(_) | Filter::ReportsTo(_) | Filter::Below(_) | Filter::LevelsBelow(..) => true,
        Filter::Text(pattern) | Filter::Field(_, pattern) | Filter::Supervisor(pattern) => {
            !grams::of_words(statement.tenant(), pattern.words()).is_empty()
        }
        _ => false,
    }
}

fn bind_grams(statement: &mut Statement, pattern: &SearchPattern) -> String {
    let grams = grams::of_words(statement.tenant(), pattern.words());
    statement.bind(grams)
}

/// How many of a sample may match a pattern, up to `most`.
fn sampled(statement: &mut Statement, kind: RecordKind, pattern: &SearchPattern, most: i64) -> String {
    let grams = bind_grams(statement, pattern);
    format!(
        "SELECT count(*) FROM (
             SELECT 1 FROM {} WHERE get_byte(uuid_send(id), 15) = 0 AND grams @> {grams} LIMIT {most}) AS sample",
        people::table(kind)
    )
}

/// Ordered as their index is, here and above: else the planner reads the whole table where it takes the unit for a large one.
fn within(statement: &mut Statement, kind: RecordKind, units: &BTreeSet<UnitId>) -> String {
    let units = bind_units(statement, units);
    let (table, member) = if kind == RecordKind::User {
        ("tenure_user_unit", "user")
    } else {
        ("tenure_employee", "id")
    };
    format!(
        "SELECT m.id FROM tenure_unit_path p
         CROSS JOIN LATERAL (
             SELECT m.\"{member}\" AS id FROM {table} m WHERE m.tenant = $1 AND m.unit = p.unit
             ORDER BY m.\"{member}\" OFFSET 0) m
         WHERE p.tenant = $1 AND p.ancestor = ANY ({units})"
    )
}

fn below(top: &str) -> String {
    format!(
        "WITH RECURSIVE below (id) AS (
             SELECT e.id FROM tenure_employee e WHERE e.tenant = $1 AND e.supervisor = {top}
             UNION
             SELECT e.id FROM below JOIN tenure_employee e ON e.tenant = $1 AND e.supervisor = below.id)
         SELECT id FROM below"
    )
}

/// Those so many levels below, and nobody further down. The number is no text of anybody's.
fn levels_below(top: &str, levels: u16) -> String {
    format!(
        "WITH RECURSIVE below (id, level) AS (
             SELECT e.id, 1 FROM tenure_employee e WHERE e.tenant = $1 AND e.supervisor = {top}
             UNION ALL
             SELECT e.id, below.level + 1 FROM below
             JOIN tenure_employee e ON e.tenant = $1 AND e.supervisor = below.id WHERE below.level < {levels})
         SELECT id FROM below WHERE level = {levels}"
    )
}

/// Employees, or the users that they have.
fn of_employees(kind: RecordKind, ids: String) -> String {
    if kind == RecordKind::Employee {
        return ids;
    }
    format!(
        "SELECT u.id FROM ({ids}) AS employees
         CROSS JOIN LATERAL (
             SELECT u.id FROM tenure_user u WHERE u.tenant = $1 AND u.employee = employees.id OFFSET 0) u"
    )
}
