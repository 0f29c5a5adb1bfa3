//! The tables, and how a file gets them.

use rusqlite::{Connection, Transaction, TransactionBehavior};

use super::failure::Failure;

/// Every version of the tables, in order. Never edited once released.
const MIGRATIONS: &[&str] = &[include_str!("migrations/0001_initial.sql")];

/// The version is kept in a table and not in `PRAGMA user_version`: there is one of those a file, and hosts with tables
/// of their own beside these count their own migrations in it.
const VERSION_TABLE: &str = "CREATE TABLE IF NOT EXISTS tenure_schema (version INTEGER NOT NULL) STRICT;
    INSERT INTO tenure_schema SELECT 0 WHERE NOT EXISTS (SELECT 1 FROM tenure_schema);";

/// Brings the tables to the version of this release. Whoever comes second waits, and finds nothing to do.
pub(super) fn migrate(conn: &Connection) -> Result<(), Failure> {
    let transaction = Transaction::new_unchecked(conn, TransactionBehavior::Immediate)?;
    transaction.execute_batch(VERSION_TABLE)?;
    let found: i64 = transaction.query_row("SELECT version FROM tenure_schema", [], |row| row.get(0))?;
    let done = usize::try_from(found).unwrap_or(usize::MAX);
    let Some(missing) = MIGRATIONS.get(done..) else {
        let known = MIGRATIONS.len();
        return Err(Failure::NewerSchema { found, known });
    };
    for migration in missing {
        transaction.execute_batch(migration)?;
    }
    if !missing.is_empty() {
        let now = i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX);
        transaction.execute("UPDATE tenure_schema SET version = ?1", [now])?;
    }
    transaction.commit()?;
    Ok(())
}
