//! The queue of mail, across tenants.

use rusqlite::{Connection, params};

use super::failure::Failure;
use super::rows::{json, version};
use super::sql::{each, first, instant, integer, number, run, uuid};
use crate::clock::Timestamp;
use crate::id::TenantId;
use crate::model::{Loaded, QueuedMail};
use crate::store::MailBacklog;

/// Leases the mail that has been ready the longest. For the writer.
pub(super) fn lease(
    conn: &Connection,
    now: Timestamp,
    until: Timestamp,
    limit: u32,
) -> Result<Vec<(TenantId, Loaded<QueuedMail>)>, Failure> {
    let ready = each(
        conn,
        "SELECT tenant, version, body FROM tenure_mail WHERE ready_at <= ?1 ORDER BY ready_at, id, tenant LIMIT ?2",
        params![now.unix_micros(), limit],
        |row| {
            let mail: QueuedMail = serde_json::from_str(json(row, 2)?)?;
            Ok((TenantId::from_uuid(uuid(row, 0)?), version(row, 1)?, mail))
        },
    )?;
    ready
        .into_iter()
        .map(|(tenant, version, mail)| {
            let leased = Loaded::new(version.next(), mail.leased(until));
            write_lease(conn, tenant, &leased)?;
            Ok((tenant, leased))
        })
        .collect()
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
