//! Listings: a [`Query`] as SQL. Says the same as [`Query::selects`] and [`Query::page`].
//!
//! There are two ways to a page. **Walking** goes through the index of the order and takes what matches until the page is
//! full: right where much matches. **Narrow** looks up all that one filter lets pass, by an index of that filter, and sorts
//! it: right where that is little. Which it is, is counted beforehand, up to [`NARROW`].

mod condition;
mod narrow;

use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

use self::condition::Condition;
use self::narrow::Narrow;
use super::failure::Failure;
use super::read::place_of;
use super::rows::loaded;
use super::sql::{at_once, each, first, integer, number};
use crate::id::TenantId;
use crate::model::{Loaded, Record, SortBy};
use crate::store::table::{sort_column, table};
use crate::store::{Cursor, Page, Query};

/// How many records are looked up and sorted at most, rather than walked to.
pub(super) const NARROW: u32 = 4_096;

/// A page of a listing, and where it is asked for how many match in all, from one state of the tables.
pub(super) fn list(
    conn: &Connection,
    tenant: TenantId,
    query: &Query,
    narrow: u32,
) -> Result<Page<Loaded<Record>>, Failure> {
    let (mut items, total) = at_once(conn, || {
        let ways = narrow::ways(tenant, query);
        let way = narrow::narrowest(conn, &ways, narrow)?;
        let items = match way {
            Some(way) => narrow_page(conn, tenant, query, way)?,
            None => walked_page(conn, tenant, query)?,
        };
        let count = |most| match way.or_else(|| narrow::by_text(&ways)) {
            Some(way) => narrow_count(conn, tenant, query, way, most),
            None => walked_count(conn, tenant, query, most),
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
    selected.within_prefix(query);
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
    let mut selected = Condition::of(tenant, query);
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
    selected.within_prefix(query);
    let sql = format!(
        "SELECT count(*) FROM (SELECT 1 FROM {} t WHERE {} LIMIT ?)",
        table(query.kind),
        selected.sql
    );
    let values = selected.values.into_iter().chain([Value::Integer(integer(most))]);
    Ok(first(conn, &sql, params_from_iter(values), |row| number(row, 0))?.unwrap_or(0))
}

fn narrow_count(conn: &Connection, tenant: TenantId, query: &Query, way: &Narrow, most: u64) -> Result<u64, Failure> {
    let selected = Condition::of(tenant, query);
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
    if let Some(after) = &query.after {
        let behind = if query.descending { "<" } else { ">" };
        let id = Value::Blob(place_of(query.kind, after.id));
        selected.and(&format!("({key}, t.id) {behind} (?, ?)"), [key_value(query, after), id]);
    }
    key
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
