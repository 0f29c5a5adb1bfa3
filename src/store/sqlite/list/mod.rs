//! Listings: a [`Query`] as SQL. Says the same as [`Query::selects`] and [`Query::page`].
//!
//! There are two ways to a page. **Walking** goes through the index of the order and takes what matches until the page is
//! full: right where much matches. **Narrow** looks up all that one filter lets pass, by an index of that filter, and sorts
//! it: right where that is little. Which it is, is counted beforehand, up to [`NARROW`]. Patterns have a [module](found) of
//! their own.

mod condition;
mod found;
mod named;
mod narrow;

use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

use self::condition::Condition;
use self::found::Found;
use self::narrow::Narrow;
use super::failure::Failure;
use super::read::place_of;
use super::rows::loaded;
use super::sql::{at_once, each, first, integer, number};
use crate::id::TenantId;
use crate::model::{Loaded, Record, SortBy};
use crate::store::table::{Prefix, sort_column, table};
use crate::store::{Cursor, Page, Query};

/// How many records are looked up and sorted at most, rather than walked to.
pub(super) const NARROW: u32 = 4_096;

/// Of what a pattern finds, a part of that many: their number is known before any of them is looked at.
const FETCHED: u32 = 4;

/// How to come to a page.
enum Way<'a> {
    Found(Found<'a>),
    Narrow(Narrow),
    /// There may be a way to count, all the same.
    Walk(Option<Narrow>),
}

impl<'a> Way<'a> {
    /// The way on which the fewest records are.
    fn to(conn: &Connection, tenant: TenantId, query: &'a Query, narrow: u32) -> Result<Self, Failure> {
        let found = found::fewest(conn, tenant, query, narrow / FETCHED)?;
        let most = match &found {
            Some(found) if found.is_few(narrow / FETCHED) => u32::try_from(found.count()).unwrap_or(narrow),
            _ => narrow,
        };
        let mut ways = narrow::ways(tenant, query);
        let narrowest = narrow::narrowest(conn, &ways, most)?;
        Ok(match (narrowest, found) {
            (Some(place), _) => Self::Narrow(ways.swap_remove(place)),
            (None, Some(found)) => Self::Found(found),
            (None, None) => {
                let by_text = narrow::by_text(&ways);
                Self::Walk(by_text.map(|place| ways.swap_remove(place)))
            }
        })
    }
}

/// A page of a listing, and where it is asked for how many match in all, from one state of the tables.
pub(super) fn list(
    conn: &Connection,
    tenant: TenantId,
    query: &Query,
    narrow: u32,
) -> Result<Page<Loaded<Record>>, Failure> {
    let (mut items, total) = at_once(conn, || {
        let way = Way::to(conn, tenant, query, narrow)?;
        let items = match &way {
            Way::Found(found) => found.page(conn, narrow / FETCHED)?,
            Way::Narrow(way) => narrow_page(conn, tenant, query, way)?,
            Way::Walk(_) => walked_page(conn, tenant, query)?,
        };
        let count = |most| match &way {
            Way::Found(found) => found.total(conn, most),
            Way::Narrow(way) | Way::Walk(Some(way)) => narrow_count(conn, tenant, query, way, most),
            Way::Walk(None) => walked_count(conn, tenant, query, most),
        };
        Ok((items, query.count_up_to.map(count).transpose()?))
    })?;
    let more = items.len() > query.limit as usize;
    items.truncate(query.limit as usize);
    let next = items.last().filter(|_| more).map(|last| query.place(&last.value));
    Ok(Page { items, next, total })
}

/// One record more than the page has, to see whether there is another page, along the index of the order.
fn walked_page(conn: &Connection, tenant: TenantId, query: &Query) -> Result<Vec<Loaded<Record>>, Failure> {
    let mut selected = Condition::of(tenant, query);
    if let Some((range, ends)) = range(query) {
        selected.and(&range, ends);
    }
    let key = place(query, &mut selected);
    let order = order(query);
    let sql = format!(
        "SELECT t.version, t.body FROM {} t WHERE {} ORDER BY {key} {order}, t.id {order} LIMIT ?",
        table(query.kind),
        selected.sql
    );
    selected.values.push(limit(query));
    each(conn, &sql, params_from_iter(selected.values), |row| {
        loaded(query.kind, row, 0)
    })
}

/// The same from all that one filter lets pass. The records themselves are read for the page only.
fn narrow_page(
    conn: &Connection,
    tenant: TenantId,
    query: &Query,
    way: &Narrow,
) -> Result<Vec<Loaded<Record>>, Failure> {
    let mut selected = Condition::beside(tenant, query, way);
    let key = place(query, &mut selected);
    let order = order(query);
    let (table, condition, from) = (table(query.kind), &selected.sql, &way.from);
    let sql = format!(
        "SELECT r.version, r.body FROM
             (SELECT DISTINCT t.rowid AS row, {key} AS key, t.id AS id FROM {from} WHERE {condition}
              ORDER BY 2 {order}, 3 {order} LIMIT ?) AS found
         CROSS JOIN {table} r ON r.rowid = found.row ORDER BY found.key {order}, found.id {order}"
    );
    let values = way.values.iter().cloned().chain(selected.values).chain([limit(query)]);
    each(conn, &sql, params_from_iter(values), |row| loaded(query.kind, row, 0))
}

fn walked_count(conn: &Connection, tenant: TenantId, query: &Query, most: u64) -> Result<u64, Failure> {
    let mut selected = Condition::of(tenant, query);
    if let Some((range, ends)) = range(query) {
        selected.and(&range, ends);
    }
    let sql = format!(
        "SELECT count(*) FROM (SELECT 1 FROM {} t WHERE {} LIMIT ?)",
        table(query.kind),
        selected.sql
    );
    let values = selected.values.into_iter().chain([Value::Integer(integer(most))]);
    Ok(first(conn, &sql, params_from_iter(values), |row| number(row, 0))?.unwrap_or(0))
}

fn narrow_count(conn: &Connection, tenant: TenantId, query: &Query, way: &Narrow, most: u64) -> Result<u64, Failure> {
    let selected = Condition::beside(tenant, query, way);
    let sql = format!(
        "SELECT count(*) FROM (SELECT DISTINCT t.rowid FROM {} WHERE {} LIMIT ?)",
        way.from, selected.sql
    );
    let most = Value::Integer(integer(most));
    let values = way.values.iter().cloned().chain(selected.values).chain([most]);
    Ok(first(conn, &sql, params_from_iter(values), |row| number(row, 0))?.unwrap_or(0))
}

/// What the listing is ordered by, with the condition that says where the page begins.
fn place(query: &Query, selected: &mut Condition) -> String {
    let key = sort_column(query.kind, query.sort).map_or_else(|| "x''".to_owned(), |column| format!("t.{column}"));
    if let Some((behind, places)) = behind(query, &key, "t.id") {
        selected.and(&behind, places);
    }
    key
}

/// The condition that says where the page begins, by the names of key and id.
fn behind(query: &Query, key: &str, id: &str) -> Option<(String, [Value; 2])> {
    let after = query.after.as_ref()?;
    let than = if query.descending { "<" } else { ">" };
    let place = Value::Blob(place_of(query.kind, after.id));
    Some((format!("({key}, {id}) {than} (?, ?)"), [key_value(query, after), place]))
}

/// Where the order is that of a field which is to begin with something: only the part of the index that does.
fn range(query: &Query) -> Option<(String, [Value; 2])> {
    let column = sort_column(query.kind, query.sort)?;
    let mut prefixes = query.filters.iter().filter_map(|filter| Prefix::of(query.kind, filter));
    let prefix = prefixes.find(|prefix| prefix.column == column)?;
    let ends = [Value::Blob(prefix.from), Value::Blob(prefix.to)];
    Some((format!("t.{column} >= ? AND t.{column} < ?"), ends))
}

/// A key as it stands in its column: that of states is text.
fn key_value(query: &Query, after: &Cursor) -> Value {
    match sort_column(query.kind, query.sort) {
        Some(_) if query.sort == SortBy::Status => Value::Text(String::from_utf8_lossy(&after.key).into_owned()),
        _ => Value::Blob(after.key.clone()),
    }
}

fn order(query: &Query) -> &'static str {
    if query.descending { "DESC" } else { "ASC" }
}

fn limit(query: &Query) -> Value {
    Value::Integer(i64::from(query.limit) + 1)
}
