//! Listings: a [`Query`] as SQL. Says the same as [`Query::selects`] and [`Query::page`].

use tokio_postgres::Row;

use super::failure::Failure;
use super::line::Lines;
use super::read::{behind, loaded, number};
use super::statement::Statement;
use super::{check, people};
use crate::id::TenantId;
use crate::model::{Loaded, Record, RecordKind};
use crate::store::table::{sort_column, table};
use crate::store::{Page, Query};

/// A page of a listing, and where it is asked for how many match in all, in one statement: from one state of the tables.
pub(super) async fn list(lines: &Lines, tenant: TenantId, query: &Query) -> Result<Page<Loaded<Record>>, Failure> {
    if matches!(query.kind, RecordKind::Employee | RecordKind::User) {
        return people::list(lines, tenant, query).await;
    }
    let mut statement = Statement::of(tenant);
    let checks = check::all(&mut statement, query)?;
    let total = query
        .count_up_to
        .map(|most| total(&mut statement, query, &checks, most));
    let page = page(&mut statement, query, &checks);
    let sql = with_total(query, &page, total.as_deref());
    let rows = lines.read(&sql, &statement.values()).await?;
    read_page(query, &rows, 5)
}

/// A page, and in its last column the total. Without a record on the page, there is a row with the total all the same.
pub(super) fn with_total(query: &Query, page: &str, total: Option<&str>) -> String {
    let order = direction(query);
    match total {
        None => page.to_owned(),
        Some(total) => format!(
            "WITH page AS MATERIALIZED ({page})
             SELECT page.version, page.body, page.key, page.id, page.stopped, total.count
             FROM ({total}) AS total LEFT JOIN page ON true ORDER BY key {order}, id {order}"
        ),
    }
}

/// The records of a page, of which there may be one too many, and the total.
pub(super) fn read_page(query: &Query, rows: &[Row], total: usize) -> Result<Page<Loaded<Record>>, Failure> {
    let total = match (query.count_up_to, rows.first()) {
        (Some(_), Some(row)) => Some(u64::try_from(row.try_get::<_, i64>(total)?).unwrap_or(0)),
        _ => None,
    };
    let mut items = Vec::with_capacity(rows.len());
    for row in rows {
        if row.try_get::<_, Option<i64>>(0)?.is_some() {
            items.push(loaded(query.kind, row, 0)?);
        }
    }
    let more = items.len() > query.limit as usize;
    items.truncate(query.limit as usize);
    let next = items.last().filter(|_| more).map(|last| query.place(&last.value));
    Ok(Page { items, next, total })
}

fn direction(query: &Query) -> &'static str {
    if query.descending { "DESC" } else { "ASC" }
}

/// What a page is ordered by. What has no such thing has an empty key.
fn key(query: &Query) -> &'static str {
    match sort_column(query.kind, query.sort) {
        // As an index has it: in bytes, as places are.
        Some("status") => "decode(status, 'escape')",
        Some(column) => column,
        None => "''::bytea",
    }
}

/// One record more than the page has, to see whether there is another page.
fn page(statement: &mut Statement, query: &Query, checks: &str) -> String {
    let (key, order) = (key(query), direction(query));
    let mut sql = checks.to_owned();
    if let Some(after) = &query.after {
        let key_place = statement.bind(after.key.clone());
        let than = if query.descending { "<" } else { ">" };
        let place = match behind(query.kind, after.id, key, &key_place, "$id", than) {
            place if place.contains("$id") => place.replace("$id", &statement.bind(*after.id.uuid())),
            place => place,
        };
        sql.push_str(" AND ");
        sql.push_str(&place);
    }
    // Written out, so that the planner knows how few are wanted.
    let one_more = i64::from(query.limit) + 1;
    format!(
        "SELECT t.version, t.body, {key} AS key, t.id, false AS stopped FROM {} t WHERE t.tenant = $1 AND {sql}
         ORDER BY {key} {order}, t.id {order} LIMIT {one_more}",
        table(query.kind)
    )
}

fn total(statement: &mut Statement, query: &Query, checks: &str, most: u64) -> String {
    let most = statement.bind(number(most));
    format!(
        "SELECT count(*) AS count FROM (SELECT 1 FROM {} t WHERE t.tenant = $1 AND {checks} LIMIT {most}) AS counted",
        table(query.kind)
    )
}
