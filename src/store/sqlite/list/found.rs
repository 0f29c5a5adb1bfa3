//! Lists of users and employees by a pattern, of which there may be a million.
//!
//! What `tenure_search` has of them is enough to tell whether they match and where they stand, so that the wide rows are read
//! for the page only. What there is to choose from:
//! - **fetch** all that the index of trigrams names, compare and sort: for few;
//! - **walk** along the index of the order and compare each: for what matches every now and then;
//! - **look out** along the index of the order for those that the index of trigrams names: for what is between;
//! - for a word at the beginning of a field, in the order of that field, **seek** it there, and fetch those of whom another
//!   field begins with it, if they are few.
//!
//! Each is begun only with an idea of what it will cost, and given up for the next where it costs more.

mod sought;
mod walk;

use std::borrow::Cow;

use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

use super::condition::{Condition, matching};
use super::named::Named;
use super::{behind, limit, order, range};
use crate::id::TenantId;
use crate::model::{Loaded, Record, RecordKind, Scope};
use crate::store::sqlite::failure::Failure;
use crate::store::sqlite::question::{rarest, scoped};
use crate::store::sqlite::rows::loaded;
use crate::store::sqlite::sql::{each, first, id, integer, number, text};
use crate::store::table::{sort_column, table};
use crate::store::{Filter, Query};
use crate::text::{SearchField, SearchPattern};

/// A walk is looked at anew after so many rows.
const STRETCH: u64 = 512;
/// It goes on where the page will be full after so many.
const LONG: u64 = 3_072;
/// So many are not looked out for.
pub(super) const MANY: u64 = 65_536;
/// A tenant with fewer records of a kind than this is a small part of the file, or the file is small.
const SMALL: u64 = 8_192;
/// The key of the one order that `tenure_search` does not have: it changes at every login.
const BY_LOGIN: &str = "t.last_login_key";

/// A filter by text, of a list of users or employees.
pub(super) struct Found<'a> {
    tenant: TenantId,
    query: &'a Query,
    filter: &'a Filter,
    pattern: &'a SearchPattern,
    field: Option<SearchField>,
    /// For the index of trigrams, and how many it names, up to a number.
    question: String,
    count: u64,
}

/// The filter by text that finds fewest, with how many it finds up to `most`.
pub(super) fn fewest<'a>(
    conn: &Connection,
    tenant: TenantId,
    query: &'a Query,
    most: u32,
) -> Result<Option<Found<'a>>, Failure> {
    let mut fewest: Option<Found<'a>> = None;
    for filter in &query.filters {
        if let Some(found) = Found::by(conn, tenant, query, filter, u64::from(most))?
            && fewest.as_ref().is_none_or(|fewest| found.count < fewest.count)
        {
            fewest = Some(found);
        }
    }
    Ok(fewest)
}

/// How many records a question names, up to a number.
fn count(conn: &Connection, question: &str, most: u64) -> Result<u64, Failure> {
    let sql = "SELECT count(*) FROM (SELECT 1 FROM tenure_search_index WHERE tenure_search_index MATCH ?1 LIMIT ?2)";
    let count = first(conn, sql, (question, integer(most)), |row| number(row, 0))?;
    Ok(count.unwrap_or(0))
}

impl<'a> Found<'a> {
    fn by(
        conn: &Connection,
        tenant: TenantId,
        query: &'a Query,
        filter: &'a Filter,
        most: u64,
    ) -> Result<Option<Self>, Failure> {
        let (pattern, field) = match filter {
            Filter::Text(pattern) => (pattern, None),
            Filter::Field(field, pattern) => (pattern, Some(*field)),
            _ => return Ok(None),
        };
        if !matches!(query.kind, RecordKind::User | RecordKind::Employee) {
            return Ok(None);
        }
        let Some(question) = rarest(conn, pattern, field)? else {
            return Ok(None);
        };
        let found = count(conn, &question, most)?;
        Ok(Some(Self {
            tenant,
            query,
            filter,
            pattern,
            field,
            question,
            count: found,
        }))
    }

    /// How many it finds, or the number up to which that was counted.
    pub(super) fn count(&self) -> u64 {
        self.count
    }

    /// Whether so few are found that all are fetched.
    pub(super) fn is_few(&self, few: u32) -> bool {
        self.count < u64::from(few)
    }

    /// One record more than the page has, to see whether there is another page. `few` is how many are always fetched; if that is
    /// none, then the page is walked to, however far it is.
    pub(super) fn page(&self, conn: &Connection, few: u32) -> Result<Vec<Loaded<Record>>, Failure> {
        if few == 0 || self.is_alone() && range(self.query).is_some() {
            return self.walked(conn);
        }
        if self.is_few(few) {
            return self.fetch(conn, &self.question);
        }
        if let Some(page) = self.sought(conn, few)? {
            return Ok(page);
        }
        if let Some(page) = self.walk(conn, Some(STRETCH.min(few.into())), LONG)? {
            return Ok(page);
        }
        let question = self.narrower(conn)?;
        let named = Named::by(conn, &question)?;
        // So many that to walk far and to fetch them all come to the same.
        let page = if named.are_many() {
            self.walk(conn, Some(MANY), 0)?
        } else {
            self.look_out(conn, &named)?
        };
        page.map_or_else(|| self.fetch(conn, &question), Ok)
    }

    /// The question, limited to the tenant if that has few records in the file.
    fn narrower(&self, conn: &Connection) -> Result<Cow<'_, str>, Failure> {
        let is_small = self.count >= STRETCH && {
            let own = scoped(self.tenant, self.query.kind, None);
            count(conn, &own, SMALL)? < SMALL
        };
        Ok(if is_small {
            scoped(self.tenant, self.query.kind, Some(&self.question)).into()
        } else {
            self.question.as_str().into()
        })
    }

    /// How many match in all, up to a number.
    pub(super) fn total(&self, conn: &Connection, most: u64) -> Result<u64, Failure> {
        let (from, condition, mut values) = self.source(&self.narrower(conn)?, false);
        let sql = format!("SELECT count(*) FROM (SELECT 1 FROM {from} WHERE {condition} LIMIT ?)");
        values.push(Value::Integer(integer(most)));
        Ok(first(conn, &sql, params_from_iter(values), |row| number(row, 0))?.unwrap_or(0))
    }

    /// The column of the order, where `tenure_search` has it.
    fn key(&self) -> String {
        match sort_column(self.query.kind, self.query.sort) {
            Some("last_login_key") => BY_LOGIN.to_owned(),
            Some(column) => format!("s.{column}"),
            None => "x''".to_owned(),
        }
    }

    /// Those whom a question names and who pass: what stands behind `FROM` and `WHERE`, and the values of the places. On the
    /// page only those behind the place where it begins.
    fn source(&self, question: &str, on_page: bool) -> (String, String, Vec<Value>) {
        let kind = self.query.kind;
        let mut from = "tenure_search_index CROSS JOIN tenure_search s ON s.doc = tenure_search_index.rowid".to_owned();
        let mut condition = "tenure_search_index MATCH ? AND s.tenant = ? AND s.kind = ?".to_owned();
        let mut values = vec![text(question), id(self.tenant.as_uuid()), text(kind.as_str())];
        let by_login = on_page && self.key() == BY_LOGIN;
        if by_login || !self.is_alone() {
            let join = format!(" CROSS JOIN {} t ON t.rowid = s.doc / 8", table(kind));
            from.push_str(&join);
        }
        if on_page && let Some((behind, places)) = behind(self.query, &self.key(), "s.id") {
            condition.push_str(" AND ");
            condition.push_str(&behind);
            values.extend(places);
        }
        condition.push_str(" AND tenure_matches(s.text, ?, ?)");
        values.extend(matching(self.pattern, self.field));
        if self.is_alone() {
            if kind == RecordKind::User {
                condition.push_str(" AND s.status <> 'deleted'");
            }
        } else {
            let others = Condition::of_others(self.tenant, self.query, self.filter);
            condition.push_str(" AND ");
            condition.push_str(&others.sql);
            values.extend(others.values);
        }
        (from, condition, values)
    }

    /// Whether nothing else is asked for.
    fn is_alone(&self) -> bool {
        self.query.filters.len() == 1 && self.query.scope == Scope::All
    }

    /// All that a question names, sorted.
    fn fetch(&self, conn: &Connection, question: &str) -> Result<Vec<Loaded<Record>>, Failure> {
        let (key, order, table) = (self.key(), order(self.query), table(self.query.kind));
        let (from, condition, mut values) = self.source(question, true);
        let sql = format!(
            "SELECT r.version, r.body FROM
                 (SELECT {key} AS key, s.id AS id, s.doc AS doc FROM {from} WHERE {condition}
                  ORDER BY 1 {order}, 2 {order} LIMIT ?) AS found
             CROSS JOIN {table} r ON r.rowid = found.doc / 8 ORDER BY found.key {order}, found.id {order}"
        );
        values.push(limit(self.query));
        each(conn, &sql, params_from_iter(values), |row| {
            loaded(self.query.kind, row, 0)
        })
    }
}
