//! The queue of mail, across tenants.

use tokio_postgres::Row;
use uuid::Uuid;

use super::failure::Failure;
use super::line::Lines;
use super::link::Line;
use super::read::{instant, number, version};
use crate::clock::Timestamp;
use crate::id::TenantId;
use crate::model::{Loaded, QueuedMail, Version};
use crate::store::MailBacklog;

/// What another courier is leasing at this moment, or a commit is changing, is passed over.
const READY: &str = "SELECT tenant, version, body, id FROM tenure_mail WHERE ready_at <= $1
     ORDER BY ready_at, id, tenant LIMIT $2 FOR UPDATE SKIP LOCKED";

const LEASE: &str = "UPDATE tenure_mail m
     SET version = l.version, body = l.body, status = 'leased', ready_at = l.ready_at, attempts = l.attempts, due_at = NULL
     FROM unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::text[], $5::bigint[], $6::bigint[])
         AS l (tenant, id, version, body, ready_at, attempts)
     WHERE m.tenant = l.tenant AND m.id = l.id";

const PUT_OFF: &str = "UPDATE tenure_mail SET ready_at = $1 WHERE tenant = $2 AND id = $3";

/// Leases the mail that has been ready the longest.
///
/// A row that cannot be read, because it is damaged or of a newer release, must not keep the others from leaving: it is put
/// off as if it were leased, and logged each time.
pub(super) async fn lease(
    lines: &Lines,
    now: Timestamp,
    until: Timestamp,
    limit: u32,
) -> Result<Vec<(TenantId, Loaded<QueuedMail>)>, Failure> {
    let own = lines.own().await?;
    lease_on(&own.line, now, until, limit).await
}

async fn lease_on(
    line: &Line,
    now: Timestamp,
    until: Timestamp,
    limit: u32,
) -> Result<Vec<(TenantId, Loaded<QueuedMail>)>, Failure> {
    line.begin("BEGIN").await?;
    let mut leased = Vec::new();
    let mut left = i64::from(limit);
    while left > 0 {
        let rows = line.rows(READY, &[&now.unix_micros(), &left]).await?;
        let mut portion = Vec::new();
        for row in &rows {
            let tenant = TenantId::from_uuid(row.try_get(0)?);
            match readable(row) {
                Ok((version, mail)) => portion.push((tenant, Loaded::new(version.next(), mail.leased(until)))),
                Err(error) => {
                    let id: Uuid = row.try_get(3)?;
                    tracing::error!(%tenant, mail = %id, %error, "a mail cannot be read, and is left in the queue");
                    // In any case behind this instant, or it would be met again at once.
                    let until = until.unix_micros().max(now.unix_micros().saturating_add(1));
                    line.rows(PUT_OFF, &[&until, tenant.as_uuid(), &id]).await?;
                }
            }
        }
        write(line, &portion).await?;
        let all_were_read = portion.len() == rows.len();
        left -= i64::try_from(portion.len()).unwrap_or(left);
        leased.extend(portion);
        if all_were_read {
            break;
        }
    }
    line.settle("COMMIT").await?;
    Ok(leased)
}

fn readable(row: &Row) -> Result<(Version, QueuedMail), Failure> {
    Ok((version(row, 1)?, serde_json::from_str(row.try_get(2)?)?))
}

async fn write(line: &Line, leased: &[(TenantId, Loaded<QueuedMail>)]) -> Result<(), Failure> {
    if leased.is_empty() {
        return Ok(());
    }
    let tenants: Vec<_> = leased.iter().map(|(tenant, _)| *tenant.as_uuid()).collect();
    let ids: Vec<_> = leased.iter().map(|(_, mail)| *mail.id.as_uuid()).collect();
    let versions: Vec<_> = leased.iter().map(|(_, mail)| number(mail.version.number())).collect();
    let bodies = leased.iter().map(|(_, mail)| serde_json::to_string(&mail.value));
    let bodies = bodies.collect::<Result<Vec<_>, _>>()?;
    let ready: Vec<_> = leased
        .iter()
        .map(|(_, mail)| mail.ready_at().map(Timestamp::unix_micros))
        .collect();
    let attempts: Vec<_> = leased.iter().map(|(_, mail)| i64::from(mail.attempts())).collect();
    line.rows(LEASE, &[&tenants, &ids, &versions, &bodies, &ready, &attempts])
        .await?;
    Ok(())
}

/// How much mail is not done, and since when the oldest of it waits.
pub(super) async fn backlog(lines: &Lines) -> Result<MailBacklog, Failure> {
    let sql = "SELECT count(*), min(created_at) FROM tenure_mail WHERE ready_at IS NOT NULL";
    let rows = lines.read(sql, &[]).await?;
    let Some(row) = rows.first() else {
        return Ok(MailBacklog::default());
    };
    let oldest: Option<i64> = row.try_get(1)?;
    Ok(MailBacklog {
        waiting: u64::try_from(row.try_get::<_, i64>(0)?).unwrap_or(0),
        oldest_queued_at: oldest.map(instant).transpose()?,
    })
}
