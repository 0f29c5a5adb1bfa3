//! The queue of mail, across tenants.

use rusqlite::{Connection, params};
use uuid::Uuid;

use super::failure::Failure;
use super::rows::{json, version};
use super::sql::{each, first, instant, integer, number, run, uuid};
use crate::clock::Timestamp;
use crate::id::TenantId;
use crate::model::{Loaded, QueuedMail, Version};
use crate::store::MailBacklog;

/// Leases the mail that has been ready the longest. For the writer.
///
/// A row that cannot be read, because it is damaged or of a newer release, must not keep the others from leaving: it is put
/// off as if it were leased, and logged each time.
pub(super) fn lease(
    conn: &Connection,
    now: Timestamp,
    until: Timestamp,
    limit: u32,
) -> Result<Vec<(TenantId, Loaded<QueuedMail>)>, Failure> {
    let limit = limit as usize;
    let mut all = Vec::new();
    while all.len() < limit {
        let ready = each(
            conn,
            "SELECT tenant, version, body, id FROM tenure_mail WHERE ready_at <= ?1 ORDER BY ready_at, id, tenant LIMIT ?2",
            params![now.unix_micros(), integer((limit - all.len()) as u64)],
            |row| {
                let (tenant, id) = (TenantId::from_uuid(uuid(row, 0)?), uuid(row, 3)?);
                Ok((tenant, id, readable(row)))
            },
        )?;
        if ready.is_empty() {
            break;
        }
        for (tenant, id, read) in ready {
            match read {
                Ok((version, mail)) => {
                    let leased = Loaded::new(version.next(), mail.leased(until));
                    write_lease(conn, tenant, &leased)?;
                    all.push((tenant, leased));
                }
                Err(error) => {
                    tracing::error!(%tenant, mail = %id, %error, "a mail cannot be read, and is left in the queue");
                    put_off(conn, tenant, &id, now, until)?;
                }
            }
        }
    }
    Ok(all)
}

fn readable(row: &rusqlite::Row<'_>) -> Result<(Version, QueuedMail), Failure> {
    Ok((version(row, 1)?, serde_json::from_str(json(row, 2)?)?))
}

fn put_off(conn: &Connection, tenant: TenantId, id: &Uuid, now: Timestamp, until: Timestamp) -> Result<(), Failure> {
    // In any case behind this instant, or it would be met again at once.
    let until = until.unix_micros().max(now.unix_micros().saturating_add(1));
    let params = params![until, tenant.as_uuid().as_bytes(), id.as_bytes()];
    run(
        conn,
        "UPDATE tenure_mail SET ready_at = ?1 WHERE tenant = ?2 AND id = ?3",
        params,
    )?;
    Ok(())
}

fn write_lease(conn: &Connection, tenant: TenantId, leased: &Loaded<QueuedMail>) -> Result<(), Failure> {
    run(
        conn,
        "UPDATE tenure_mail
         SET version = ?1, body = ?2, status = 'leased', ready_at = ?3, attempts = ?4, due_at = NULL
         WHERE tenant = ?5 AND id = ?6",
        params![
            integer(leased.version.number()),
            serde_json::to_string(&leased.value)?,
            leased.ready_at().map(Timestamp::unix_micros),
            leased.attempts(),
            tenant.as_uuid().as_bytes(),
            leased.id.as_uuid().as_bytes()
        ],
    )?;
    Ok(())
}

/// How much mail is not done, and since when the oldest of it waits.
pub(super) fn backlog(conn: &Connection) -> Result<MailBacklog, Failure> {
    let backlog = first(
        conn,
        "SELECT count(*), min(created_at) FROM tenure_mail WHERE ready_at IS NOT NULL",
        [],
        |row| {
            let waiting = number(row, 0)?;
            let oldest_queued_at = if waiting == 0 { None } else { Some(instant(row, 1)?) };
            Ok(MailBacklog {
                waiting,
                oldest_queued_at,
            })
        },
    )?;
    Ok(backlog.unwrap_or_default())
}
