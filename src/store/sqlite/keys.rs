//! Unique keys (law 3): one table of them, but for the tokens of sessions, which are with their sessions.

use rusqlite::{Connection, params};

use super::failure::Failure;
use super::rows::Row;
use super::sql::{each, first, run, uuid};
use crate::id::TenantId;
use crate::model::{KeySpace, RecordId, RecordKind, UniqueKey};
use crate::store::CommitError;
use crate::store::table::kind_named;

/// The record that holds a key.
pub(super) fn holder(conn: &Connection, tenant: TenantId, key: &UniqueKey) -> Result<Option<RecordId>, Failure> {
    let tenant_id = tenant.as_uuid().as_bytes();
    if key.space == KeySpace::SessionToken {
        let session = first(
            conn,
            "SELECT id FROM tenure_session WHERE tenant = ?1 AND token = ?2",
            params![tenant_id, key.bytes],
            |row| Ok(RecordId::new(RecordKind::Session, uuid(row, 0)?)),
        )?;
        if session.is_some() {
            return Ok(session);
        }
    }
    first(
        conn,
        "SELECT kind, id FROM tenure_key WHERE tenant = ?1 AND space = ?2 AND key = ?3",
        params![tenant_id, key.space.as_str(), key.bytes],
        |row| Ok(RecordId::new(kind_named(super::rows::json(row, 0)?)?, uuid(row, 1)?)),
    )
}

/// Refuses a row that has a key of another record.
pub(super) fn check_free(conn: &Connection, tenant: TenantId, row: &Row) -> Result<(), Failure> {
    for key in row.keys() {
        if holder(conn, tenant, key)?.is_some_and(|holder| holder != row.id) {
            return Err(CommitError::Duplicate { key: key.clone() }.into());
        }
    }
    Ok(())
}

/// Gives a row its keys, instead of those it had.
pub(super) fn take(conn: &Connection, tenant: TenantId, row: &Row, is_new: bool) -> Result<(), Failure> {
    let wanted = row.keys_apart();
    let had = if is_new {
        Vec::new()
    } else {
        held_by(conn, tenant, row.id)?
    };
    for (space, key) in &had {
        if !wanted
            .iter()
            .any(|wanted| wanted.space.as_str() == space && wanted.bytes == *key)
        {
            run(
                conn,
                "DELETE FROM tenure_key WHERE tenant = ?1 AND space = ?2 AND key = ?3",
                params![tenant.as_uuid().as_bytes(), space, key],
            )?;
        }
    }
    for key in wanted {
        if !had
            .iter()
            .any(|(space, had)| key.space.as_str() == space && key.bytes == *had)
        {
            run(
                conn,
                "INSERT OR IGNORE INTO tenure_key (tenant, space, key, kind, id) VALUES (?1, ?2, ?3, ?4, ?5)",
                params![
                    tenant.as_uuid().as_bytes(),
                    key.space.as_str(),
                    key.bytes,
                    row.id.kind().as_str(),
                    row.id.uuid().as_bytes()
                ],
            )?;
        }
    }
    Ok(())
}

/// Takes its keys from a record.
pub(super) fn release(conn: &Connection, tenant: TenantId, record: RecordId) -> Result<(), Failure> {
    run(
        conn,
        "DELETE FROM tenure_key WHERE tenant = ?1 AND kind = ?2 AND id = ?3",
        params![
            tenant.as_uuid().as_bytes(),
            record.kind().as_str(),
            record.uuid().as_bytes()
        ],
    )?;
    Ok(())
}

fn held_by(conn: &Connection, tenant: TenantId, record: RecordId) -> Result<Vec<(String, Vec<u8>)>, Failure> {
    each(
        conn,
        "SELECT space, key FROM tenure_key WHERE tenant = ?1 AND kind = ?2 AND id = ?3",
        params![
            tenant.as_uuid().as_bytes(),
            record.kind().as_str(),
            record.uuid().as_bytes()
        ],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}
