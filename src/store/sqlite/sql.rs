//! The few ways in which statements are run. Every statement of this store goes through [`prepare`].

use rusqlite::types::Value;
use rusqlite::{CachedStatement, Connection, Params, Row};
use uuid::Uuid;

use super::failure::Failure;
use crate::clock::Timestamp;

/// A statement, from the cache of the connection where it has run before.
pub(super) fn prepare<'c>(conn: &'c Connection, sql: &str) -> Result<CachedStatement<'c>, rusqlite::Error> {
    tracing::trace!(target: "tenure::sqlite", sql);
    conn.prepare_cached(sql)
}

/// Runs a statement; gives the number of rows that it wrote.
pub(super) fn run(conn: &Connection, sql: &str, params: impl Params) -> Result<usize, rusqlite::Error> {
    prepare(conn, sql)?.execute(params)
}

/// The first row of what a statement gives, if it gives any.
pub(super) fn first<T>(
    conn: &Connection,
    sql: &str,
    params: impl Params,
    map: impl FnOnce(&Row<'_>) -> Result<T, Failure>,
) -> Result<Option<T>, Failure> {
    let mut statement = prepare(conn, sql)?;
    let mut rows = statement.query(params)?;
    rows.next()?.map(map).transpose()
}

/// Every row of what a statement gives.
pub(super) fn each<T>(
    conn: &Connection,
    sql: &str,
    params: impl Params,
    mut map: impl FnMut(&Row<'_>) -> Result<T, Failure>,
) -> Result<Vec<T>, Failure> {
    let mut statement = prepare(conn, sql)?;
    let mut rows = statement.query(params)?;
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        all.push(map(row)?);
    }
    Ok(all)
}

/// Several reads of one state of the tables.
pub(super) fn at_once<T>(conn: &Connection, read: impl FnOnce() -> Result<T, Failure>) -> Result<T, Failure> {
    let transaction = conn.unchecked_transaction()?;
    let value = read()?;
    transaction.commit()?;
    Ok(value)
}

/// A column that holds an id.
pub(super) fn uuid(row: &Row<'_>, column: usize) -> Result<Uuid, rusqlite::Error> {
    row.get(column).map(Uuid::from_bytes)
}

/// A column that holds an instant.
pub(super) fn instant(row: &Row<'_>, column: usize) -> Result<Timestamp, Failure> {
    Timestamp::from_unix_micros(row.get(column)?).map_err(|_| Failure::column("no instant"))
}

/// A column that holds a number that is never negative.
pub(super) fn number(row: &Row<'_>, column: usize) -> Result<u64, Failure> {
    u64::try_from(row.get::<_, i64>(column)?).map_err(|_| Failure::column("a negative number"))
}

/// A number as SQLite keeps it. What is too large stays larger than all that is stored.
pub(super) fn integer(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// An id as a value.
pub(super) fn id(uuid: &Uuid) -> Value {
    Value::Blob(uuid.as_bytes().to_vec())
}

/// Text as a value.
pub(super) fn text(text: impl Into<String>) -> Value {
    Value::Text(text.into())
}

/// `count` placeholders for the items of a list.
pub(super) fn places(count: usize) -> String {
    vec!["?"; count].join(", ")
}
