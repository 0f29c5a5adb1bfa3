//! The ways that go along the index of the order.

use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

use super::super::condition::{Condition, matching};
use super::super::named::Named;
use super::super::{behind, order, range};
use super::Found;
use crate::model::{Loaded, Record};
use crate::store::sqlite::failure::Failure;
use crate::store::sqlite::rows::loaded;
use crate::store::sqlite::search::place;
use crate::store::sqlite::sql::{first, id, prepare};
use crate::store::table::{sort_column, table};

/// One that is fetched costs what so many rows cost that are only passed by.
const PASSED: u64 = 8;

impl Found<'_> {
    pub(super) fn walked(&self, conn: &Connection) -> Result<Vec<Loaded<Record>>, Failure> {
        Ok(self.walk(conn, None, 0)?.unwrap_or_default())
    }

    /// Along the index of the order until the page is full, and none where that is not in sight after a first stretch: it would
    /// take more than so many rows. Without a stretch to the end, however far it is.
    pub(super) fn walk(
        &self,
        conn: &Connection,
        stretch: Option<u64>,
        longest: u64,
    ) -> Result<Option<Vec<Loaded<Record>>>, Failure> {
        let (sql, values) = self.walking();
        let mut rows = Vec::new();
        let mut statement = prepare(conn, &sql)?;
        let mut walked = statement.query(params_from_iter(values))?;
        let (mut steps, mut end) = (0, stretch);
        while rows.len() < self.wanted() {
            if end == Some(steps) {
                if end == stretch {
                    end = Some(steps + self.further(steps, rows.len() as u64, longest));
                }
                if end == Some(steps) {
                    return Ok(None);
                }
            }
            let Some(row) = walked.next()? else { break };
            steps += 1;
            if row.get(1)? {
                rows.push(row.get(0)?);
            }
        }
        self.records(conn, &rows).map(Some)
    }

    /// How much further to walk, after some steps on which some were found.
    fn further(&self, steps: u64, found: u64, longest: u64) -> u64 {
        let missing = self.wanted() as u64 - found;
        match (missing * steps).checked_div(found) {
            Some(likely) if likely <= longest => likely * 2,
            _ => 0,
        }
    }

    /// Every row in order, by number, with whether it passes. The wide row is looked at last.
    fn walking(&self) -> (String, Vec<Value>) {
        let kind = self.query.kind;
        let (passes, mut values) = self.passes();
        let (along, more) = self.along();
        values.extend(more);
        let sql = format!(
            "SELECT t.rowid, {passes} FROM {} t CROSS JOIN tenure_search s ON s.doc = t.rowid * 8 + {} WHERE {along}",
            table(kind),
            place(kind)
        );
        (sql, values)
    }

    /// Whether a row `t`, with what it is found by in `s`, is to be listed.
    fn passes(&self) -> (String, Vec<Value>) {
        let others = Condition::of_others(self.tenant, self.query, self.filter);
        let mut values: Vec<Value> = matching(self.pattern, self.field).into();
        values.extend(others.values);
        let sql = format!(
            "CASE WHEN tenure_matches(s.text, ?, ?) THEN ({}) ELSE 0 END",
            others.sql
        );
        (sql, values)
    }

    /// The rows `t` from the beginning of the page on, in order: a condition, and what stands behind it.
    fn along(&self) -> (String, Vec<Value>) {
        let order = order(self.query);
        let key = sort_column(self.query.kind, self.query.sort);
        let key = key.map_or_else(|| "x''".to_owned(), |column| format!("t.{column}"));
        let mut sql = "t.tenant = ?".to_owned();
        let mut values = vec![id(self.tenant.as_uuid())];
        let behind = behind(self.query, &key, "t.id");
        for (condition, more) in behind.into_iter().chain(range(self.query)) {
            sql.push_str(" AND ");
            sql.push_str(&condition);
            values.extend(more);
        }
        (format!("{sql} ORDER BY {key} {order}, t.id {order}"), values)
    }

    /// Along the index of the order, without a look at any row but those that the index of trigrams names, until the page is
    /// full; none where they are too far away.
    pub(super) fn look_out(&self, conn: &Connection, named: &Named) -> Result<Option<Vec<Loaded<Record>>>, Failure> {
        let furthest = named.count() * PASSED;
        if named.likely(self.wanted()) > furthest {
            return Ok(None);
        }
        let (kind, table) = (self.query.kind, table(self.query.kind));
        let (passes, values) = self.passes();
        let passes = format!(
            "SELECT {passes} FROM {table} t CROSS JOIN tenure_search s ON s.doc = t.rowid * 8 + {} WHERE t.rowid = ?",
            place(kind)
        );
        let (along, places) = self.along();
        let mut statement = prepare(conn, &format!("SELECT t.rowid FROM {table} t WHERE {along}"))?;
        let mut all = statement.query(params_from_iter(places))?;
        let mut rows = Vec::new();
        for _ in 0..furthest {
            let Some(row) = all.next()? else {
                return self.records(conn, &rows).map(Some);
            };
            let row: i64 = row.get(0)?;
            if !named.has(row * 8 + place(kind)) {
                continue;
            }
            let values = values.iter().cloned().chain([Value::Integer(row)]);
            if first(conn, &passes, params_from_iter(values), |row| Ok(row.get(0)?))?.unwrap_or(false) {
                rows.push(row);
            }
            if rows.len() == self.wanted() {
                return self.records(conn, &rows).map(Some);
            }
        }
        Ok(None)
    }

    /// How many records the page needs, with the one that tells whether there is another page.
    pub(super) fn wanted(&self) -> usize {
        self.query.limit as usize + 1
    }

    fn records(&self, conn: &Connection, rows: &[i64]) -> Result<Vec<Loaded<Record>>, Failure> {
        let kind = self.query.kind;
        let sql = format!("SELECT version, body FROM {} WHERE rowid = ?1", table(kind));
        let record = |row: &i64| first(conn, &sql, [row], |row| loaded(kind, row, 0)).transpose();
        rows.iter().filter_map(record).collect()
    }
}
