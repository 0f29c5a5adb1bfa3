//! The tables, and how a file gets them.

use rusqlite::{Connection, Transaction, TransactionBehavior};

use super::failure::Failure;
use crate::model::RecordKind;

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

/// The table that keeps the records of a kind.
pub(super) fn table(kind: RecordKind) -> &'static str {
    match kind {
        RecordKind::Tenant => "tenure_tenant",
        RecordKind::Unit => "tenure_unit",
        RecordKind::Role => "tenure_role",
        RecordKind::Employee => "tenure_employee",
        RecordKind::User => "tenure_user",
        RecordKind::Invitation => "tenure_invitation",
        RecordKind::Ticket => "tenure_ticket",
        RecordKind::Credential => "tenure_credential",
        RecordKind::Session => "tenure_session",
        RecordKind::Attempt => "tenure_attempt",
        RecordKind::Mail => "tenure_mail",
    }
}

/// The kind with this name in columns.
pub(super) fn kind_named(name: &str) -> Result<RecordKind, Failure> {
    let named = |kind: &&RecordKind| kind.as_str() == name;
    let kind = RecordKind::ALL.iter().find(named).copied();
    kind.ok_or(Failure::Column("no kind of record"))
}

/// Whether records of a kind have a name to be ordered by.
pub(super) fn has_name(kind: RecordKind) -> bool {
    match kind {
        RecordKind::Tenant
        | RecordKind::Unit
        | RecordKind::Role
        | RecordKind::Employee
        | RecordKind::User
        | RecordKind::Invitation => true,
        RecordKind::Ticket | RecordKind::Credential | RecordKind::Session | RecordKind::Attempt | RecordKind::Mail => {
            false
        }
    }
}

/// Whether records of a kind have states.
pub(super) fn has_status(kind: RecordKind) -> bool {
    match kind {
        RecordKind::User | RecordKind::Invitation | RecordKind::Ticket | RecordKind::Session | RecordKind::Mail => true,
        RecordKind::Tenant
        | RecordKind::Unit
        | RecordKind::Role
        | RecordKind::Employee
        | RecordKind::Credential
        | RecordKind::Attempt => false,
    }
}

/// Where a table says which user its record belongs to.
pub(super) fn owner_column(kind: RecordKind) -> Option<&'static str> {
    match kind {
        RecordKind::Invitation | RecordKind::Ticket | RecordKind::Session | RecordKind::Attempt | RecordKind::Mail => {
            Some("user")
        }
        RecordKind::Credential => Some("id"),
        RecordKind::Tenant | RecordKind::Unit | RecordKind::Role | RecordKind::Employee | RecordKind::User => None,
    }
}
