//! A word that begins a field, in the order of that field: the part of that order's index where it does, and those of whom
//! another field begins with it, found in the order of that one. Nothing else is asked for.

use super::people;
use super::statement::Statement;
use crate::model::Scope;
use crate::store::table::{Prefix, sort_column};
use crate::store::{Filter, Query};
use crate::text::SearchField;

/// So many of whom another field begins with the word are put in order with the rest.
const FEW: i64 = 512;

/// What begins with a word.
pub(super) struct Begun {
    of_order: Prefix,
    others: Vec<Prefix>,
}

impl Begun {
    /// None where this is not what the query asks for.
    pub(super) fn of(query: &Query) -> Option<Self> {
        let ([filter], Scope::All) = (query.filters.as_slice(), &query.scope) else {
            return None;
        };
        let column = sort_column(query.kind, query.sort)?;
        let prefixes: Vec<Prefix> = match filter {
            Filter::Text(pattern) => SearchField::ALL
                .into_iter()
                .filter_map(|field| Prefix::of_field(query.kind, field, pattern))
                .collect(),
            filter => Prefix::of(query.kind, filter).into_iter().collect(),
        };
        let (mut of_order, others): (Vec<_>, Vec<_>) = prefixes.into_iter().partition(|prefix| prefix.column == column);
        Some(Self {
            of_order: of_order.pop()?,
            others,
        })
    }

    /// Whether others begin with it too many times, as a statement; none where they cannot.
    pub(super) fn too_many(&self, statement: &mut Statement, query: &Query) -> Option<String> {
        let ids = self.ids(statement, query)?;
        Some(format!(
            "SELECT count(*) >= {FEW} FROM (SELECT 1 FROM ({ids}) AS ids LIMIT {FEW}) AS counted WHERE $1::uuid IS NOT NULL"
        ))
    }

    /// The rows `t` of whom the field of the order begins with it: a condition.
    pub(super) fn within(&self, statement: &mut Statement) -> String {
        within(statement, &self.of_order)
    }

    /// All rows `t` of whom only another field does, with the sort key.
    pub(super) fn elsewhere(&self, statement: &mut Statement, query: &Query) -> Option<String> {
        let ids = self.ids(statement, query)?;
        let (table, columns, key) = (
            people::table(query.kind),
            people::columns(query.kind),
            self.of_order.column,
        );
        let within = self.within(statement);
        Some(format!(
            "SELECT t.{key} AS key, t.* FROM (SELECT DISTINCT id FROM ({ids}) AS ids) AS source
             CROSS JOIN LATERAL (
                 SELECT {columns} FROM {table} t WHERE t.tenant = $1 AND t.id = source.id OFFSET 0) t
             WHERE NOT ({within})"
        ))
    }

    /// The ids of those of whom another field begins with it, some perhaps twice.
    fn ids(&self, statement: &mut Statement, query: &Query) -> Option<String> {
        let table = people::table(query.kind);
        let ids = self.others.iter().map(|prefix| {
            let (within, column) = (within(statement, prefix), prefix.column);
            // Ordered as its index is, so that no other way is taken.
            format!("(SELECT t.id FROM {table} t WHERE t.tenant = $1 AND {within} ORDER BY t.{column}, t.id OFFSET 0)")
        });
        let ids: Vec<String> = ids.collect();
        (!ids.is_empty()).then(|| ids.join(" UNION ALL "))
    }
}

fn within(statement: &mut Statement, prefix: &Prefix) -> String {
    let column = prefix.column;
    let (from, to) = (statement.bind(prefix.from.clone()), statement.bind(prefix.to.clone()));
    format!("t.{column} >= {from} AND t.{column} < {to}")
}
