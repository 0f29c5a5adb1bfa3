//! References between records (law 4). What a record names stands in the columns of its row; only what a caller of the
//! store says beyond that stands in a table of its own.

use rusqlite::{Connection, params};

use super::failure::Failure;
use super::rows::Row;
use super::sql::{each, first, number, run, uuid};
use crate::id::TenantId;
use crate::model::{RecordId, RecordKind};
use crate::store::CommitError;
use crate::store::table::{kind_named, table};

/// Columns by which records of one kind name records of another.
struct Link {
    from: RecordKind,
    to: RecordKind,
    owned: bool,
    table: &'static str,
    id: &'static str,
    /// Holds where the record named is `?2`.
    names: &'static str,
}

const fn link(from: RecordKind, to: RecordKind, table: &'static str, names: &'static str) -> Link {
    let (owned, id) = (false, "id");
    Link {
        from,
        to,
        owned,
        table,
        id,
        names,
    }
}

const fn of_user(from: RecordKind, table: &'static str, names: &'static str) -> Link {
    let (to, owned, id) = (RecordKind::User, true, "id");
    Link {
        from,
        to,
        owned,
        table,
        id,
        names,
    }
}

const fn held(to: RecordKind, table: &'static str) -> Link {
    let (from, owned, id, names) = (RecordKind::User, false, "user", "held = ?2");
    Link {
        from,
        to,
        owned,
        table,
        id,
        names,
    }
}

/// Every such column, in the order of the kinds that name.
#[rustfmt::skip]
const LINKS: &[Link] = &[
    link(RecordKind::Tenant, RecordKind::Role, "tenure_tenant", "administrator = ?2 AND linked"),
    link(RecordKind::Tenant, RecordKind::User, "tenure_tenant", "owner = ?2 AND linked"),
    link(RecordKind::Unit, RecordKind::Unit, "tenure_unit", "parent = ?2 AND linked"),
    link(RecordKind::Employee, RecordKind::Employee, "tenure_employee", "supervisor = ?2 AND linked"),
    link(RecordKind::Employee, RecordKind::Unit, "tenure_employee", "unit = ?2 AND linked"),
    link(RecordKind::User, RecordKind::Employee, "tenure_user", "employee = ?2 AND linked"),
    held(RecordKind::Role, "tenure_user_role"),
    held(RecordKind::Unit, "tenure_user_unit"),
    of_user(RecordKind::Invitation, "tenure_invitation", "user = ?2 AND linked"),
    of_user(RecordKind::Ticket, "tenure_ticket", "user = ?2 AND linked"),
    of_user(RecordKind::Credential, "tenure_credential", "id = ?2 AND linked"),
    of_user(RecordKind::Session, "tenure_session", "user = ?2 AND linked"),
    of_user(RecordKind::Attempt, "tenure_attempt", "user = ?2 AND linked"),
    of_user(RecordKind::Mail, "tenure_mail", "user = ?2 AND linked"),
    of_user(RecordKind::Throttle, "tenure_throttle", "user = ?2 AND linked"),
    of_user(RecordKind::ApiKey, "tenure_api_key", "user = ?2 AND linked"),
];

/// Writes down what a row names beyond its columns, instead of what it so named before.
pub(super) fn take(conn: &Connection, tenant: TenantId, row: &Row, is_new: bool) -> Result<(), Failure> {
    if !is_new {
        release(conn, tenant, row.id)?;
    }
    for reference in row.other_references() {
        run(
            conn,
            "INSERT OR IGNORE INTO tenure_reference (tenant, to_kind, to_id, owned, from_kind, from_id)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            params![
                tenant.as_uuid().as_bytes(),
                reference.to.kind().as_str(),
                reference.to.uuid().as_bytes(),
                reference.owned,
                row.id.kind().as_str(),
                row.id.uuid().as_bytes()
            ],
        )?;
    }
    Ok(())
}

/// Forgets what a record named beyond its columns.
pub(super) fn release(conn: &Connection, tenant: TenantId, from: RecordId) -> Result<(), Failure> {
    run(
        conn,
        "DELETE FROM tenure_reference WHERE tenant = ?1 AND from_kind = ?2 AND from_id = ?3",
        params![
            tenant.as_uuid().as_bytes(),
            from.kind().as_str(),
            from.uuid().as_bytes()
        ],
    )?;
    Ok(())
}

/// The records that belong to one.
pub(super) fn owned_by(conn: &Connection, tenant: TenantId, by: RecordId) -> Result<Vec<RecordId>, Failure> {
    let tenant = tenant.as_uuid().as_bytes();
    let to = by.uuid().as_bytes();
    let mut owned = Vec::new();
    for link in LINKS.iter().filter(|link| link.owned && link.to == by.kind()) {
        let sql = format!(
            "SELECT {} FROM {} WHERE tenant = ?1 AND {}",
            link.id, link.table, link.names
        );
        owned.extend(each(conn, &sql, params![tenant, to], |row| {
            Ok(RecordId::new(link.from, uuid(row, 0)?))
        })?);
    }
    owned.extend(each(
        conn,
        "SELECT from_kind, from_id FROM tenure_reference
         WHERE tenant = ?1 AND to_kind = ?2 AND to_id = ?3 AND owned = 1",
        params![tenant, by.kind().as_str(), to],
        |row| Ok(RecordId::new(kind_named(super::rows::json(row, 0)?)?, uuid(row, 1)?)),
    )?);
    Ok(owned)
}

/// Whether there is such a record.
pub(super) fn exists(conn: &Connection, tenant: TenantId, record: RecordId) -> Result<bool, Failure> {
    let sql = format!("SELECT 1 FROM {} WHERE tenant = ?1 AND id = ?2", table(record.kind()));
    let found = first(
        conn,
        &sql,
        params![tenant.as_uuid().as_bytes(), record.uuid().as_bytes()],
        |_| Ok(()),
    )?;
    Ok(found.is_some())
}

/// Refuses where a record that is gone is still named: by the first kind that does, and how often.
pub(super) fn check_unused(conn: &Connection, tenant: TenantId, record: RecordId) -> Result<(), Failure> {
    for by in RecordKind::ALL.iter().copied() {
        let count = count_from(conn, tenant, by, record)?;
        if count > 0 {
            return Err(CommitError::InUse { record, by, count }.into());
        }
    }
    Ok(())
}

fn count_from(conn: &Connection, tenant: TenantId, from: RecordKind, to: RecordId) -> Result<u64, Failure> {
    let tenant = tenant.as_uuid().as_bytes();
    let id = to.uuid().as_bytes();
    let mut count = 0;
    let between = |link: &&Link| link.from == from && link.to == to.kind() && !link.owned;
    for link in LINKS.iter().filter(between) {
        let sql = format!(
            "SELECT count(*) FROM {} WHERE tenant = ?1 AND {}",
            link.table, link.names
        );
        count += first(conn, &sql, params![tenant, id], |row| number(row, 0))?.unwrap_or(0);
    }
    let others = first(
        conn,
        "SELECT count(*) FROM tenure_reference
         WHERE tenant = ?1 AND to_kind = ?2 AND to_id = ?3 AND owned = 0 AND from_kind = ?4",
        params![tenant, to.kind().as_str(), id, from.as_str()],
        |row| number(row, 0),
    )?;
    Ok(count + others.unwrap_or(0))
}
