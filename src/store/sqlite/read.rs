//! What is read by id, by key or in a row, and not by listing.

use rusqlite::{Connection, Row, params};
use serde::de::DeserializeOwned;
use uuid::Uuid;

use super::failure::Failure;
use super::keys;
use super::known::Known;
use super::rows::{json, loaded, version};
use super::sql::{at_once, each, first, instant, integer, number, uuid};
use crate::clock::Timestamp;
use crate::id::{CommitId, TenantId};
use crate::model::{KeySpace, Loaded, Record, RecordId, RecordKind, UniqueKey};
use crate::secret::TokenHash;
use crate::store::table::table;
use crate::store::{DueItem, FeedEntry, FeedPosition, Lookup, PrincipalRecords};

/// The records asked for, all from one state of the tables.
pub(super) fn load(
    conn: &Connection,
    tenant: TenantId,
    wanted: &[Lookup],
) -> Result<Vec<Option<Loaded<Record>>>, Failure> {
    let all = || wanted.iter().map(|wanted| look_up(conn, tenant, wanted)).collect();
    match wanted {
        [Lookup::Id(_)] => all(),
        _ => at_once(conn, all),
    }
}

fn look_up(conn: &Connection, tenant: TenantId, wanted: &Lookup) -> Result<Option<Loaded<Record>>, Failure> {
    match wanted {
        Lookup::Id(id) => by_id(conn, tenant, *id),
        Lookup::Key(key) => by_key(conn, tenant, key),
    }
}

fn by_id(conn: &Connection, tenant: TenantId, id: RecordId) -> Result<Option<Loaded<Record>>, Failure> {
    let sql = format!(
        "SELECT version, body FROM {} WHERE tenant = ?1 AND id = ?2",
        table(id.kind())
    );
    let params = params![tenant.as_uuid().as_bytes(), id.uuid().as_bytes()];
    first(conn, &sql, params, |row| loaded(id.kind(), row, 0))
}

fn by_key(conn: &Connection, tenant: TenantId, key: &UniqueKey) -> Result<Option<Loaded<Record>>, Failure> {
    if key.space == KeySpace::SessionToken {
        let session = first(
            conn,
            "SELECT version, body FROM tenure_session WHERE tenant = ?1 AND token = ?2",
            params![tenant.as_uuid().as_bytes(), key.bytes],
            |row| loaded(RecordKind::Session, row, 0),
        )?;
        if session.is_some() {
            return Ok(session);
        }
    }
    match keys::holder(conn, tenant, key)? {
        Some(holder) => by_id(conn, tenant, holder),
        None => Ok(None),
    }
}

/// What proves somebody, with user, tenant and roles.
macro_rules! principal_sql {
    ($from:literal, $which:literal) => {
        concat!(
            "SELECT s.version, s.body, u.version, u.body, t.version, t.body,
                (SELECT '[' || coalesce(group_concat('{\"version\":' || r.version || ',\"value\":' || r.body || '}', ','), '') || ']'
                 FROM tenure_user_role g
                 JOIN tenure_role r ON r.tenant = g.tenant AND r.id = g.role
                 WHERE g.tenant = u.tenant AND g.user = u.id)
             FROM ",
            $from,
            " JOIN tenure_user u ON u.tenant = s.tenant AND u.id = s.user
              JOIN tenure_tenant t ON t.tenant = s.tenant AND t.id = s.tenant
              WHERE ",
            $which
        )
    };
}

/// Session, user, tenant and roles, in one statement.
pub(super) const BY_SESSION: &str = principal_sql!("tenure_session s", "s.tenant = ?1 AND s.token = ?2");

/// The same for an API key, whose token stands among the keys.
pub(super) const BY_API_KEY: &str = principal_sql!(
    "tenure_key k JOIN tenure_api_key s ON s.tenant = k.tenant AND s.id = k.id",
    "k.tenant = ?1 AND k.space = 'api_key_token' AND k.key = ?2 AND k.kind = 'api key'"
);

/// Whom a token proves, by one of the two statements.
pub(super) fn principal<P: DeserializeOwned>(
    conn: &Connection,
    known: &mut Known,
    sql: &str,
    tenant: TenantId,
    token: &TokenHash,
) -> Result<Option<PrincipalRecords<P>>, Failure> {
    let params = params![tenant.as_uuid().as_bytes(), token.as_bytes()];
    first(conn, sql, params, |row| {
        let mut roles = known.roles.value(json(row, 6)?)?;
        roles.sort_by_key(|role| role.id);
        Ok(PrincipalRecords {
            pass: Loaded::new(version(row, 0)?, serde_json::from_str(json(row, 1)?)?),
            user: Loaded::new(version(row, 2)?, known.users.value(json(row, 3)?)?),
            tenant: Loaded::new(version(row, 4)?, known.tenants.value(json(row, 5)?)?),
            roles,
        })
    })
}

/// What is due, kind by kind and then in one order.
pub(super) fn due(
    conn: &Connection,
    tenant: Option<TenantId>,
    as_of: Timestamp,
    after: Option<DueItem>,
    limit: u32,
) -> Result<Vec<DueItem>, Failure> {
    let mut items = at_once(conn, || {
        let mut items = Vec::new();
        for kind in RecordKind::ALL {
            items.extend(due_of(conn, *kind, tenant, as_of, after, limit)?);
        }
        Ok(items)
    })?;
    items.sort();
    items.truncate(limit as usize);
    Ok(items)
}

fn due_of(
    conn: &Connection,
    kind: RecordKind,
    tenant: Option<TenantId>,
    as_of: Timestamp,
    after: Option<DueItem>,
    limit: u32,
) -> Result<Vec<DueItem>, Failure> {
    let of_tenant = if tenant.is_some() { "tenant = ?1" } else { "?1 IS NULL" };
    let sql = format!(
        "SELECT due_at, tenant, id FROM {}
         WHERE {of_tenant} AND due_at <= ?2 AND due_at >= ?3 AND (due_at, tenant, id) > (?3, ?4, ?5)
         ORDER BY due_at, tenant, id LIMIT ?6",
        table(kind)
    );
    let after_at = after.map_or(i64::MIN, |after| after.at.unix_micros());
    let after_tenant = after.map_or(Uuid::nil(), |after| *after.tenant.as_uuid());
    let after_id = after.map_or(Vec::new(), |after| place_of(kind, after.record));
    let params = params![
        tenant.as_ref().map(|tenant| tenant.as_uuid().as_bytes()),
        as_of.unix_micros(),
        after_at,
        after_tenant.as_bytes(),
        after_id,
        limit
    ];
    each(conn, &sql, params, |row| {
        Ok(DueItem {
            at: instant(row, 0)?,
            tenant: uuid(row, 1)?.into(),
            record: RecordId::new(kind, uuid(row, 2)?),
        })
    })
}

/// Bytes that lie among the ids of a kind where `id`, perhaps of another kind, lies in the order of [`RecordId`].
pub(super) fn place_of(kind: RecordKind, id: RecordId) -> Vec<u8> {
    match id.kind().cmp(&kind) {
        std::cmp::Ordering::Less => Vec::new(),
        std::cmp::Ordering::Equal => id.uuid().as_bytes().to_vec(),
        std::cmp::Ordering::Greater => vec![0xff; 17],
    }
}

/// The events behind a position. A position is the number of the event, which only the one writer gives.
pub(super) fn feed(
    conn: &Connection,
    tenant: TenantId,
    after: FeedPosition,
    limit: u32,
) -> Result<Vec<FeedEntry>, Failure> {
    each(
        conn,
        "SELECT seq, commit_id, body FROM tenure_event WHERE tenant = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3",
        params![tenant.as_uuid().as_bytes(), integer(after.0), limit],
        entry,
    )
}

pub(super) fn events_about(
    conn: &Connection,
    tenant: TenantId,
    subject: RecordId,
    before: Option<FeedPosition>,
    limit: u32,
) -> Result<Vec<FeedEntry>, Failure> {
    let before = before.map_or(i64::MAX, |before| integer(before.0));
    each(
        conn,
        "SELECT seq, commit_id, body FROM tenure_event
         WHERE tenant = ?1 AND subject = ?2 AND subject_kind = ?3 AND seq < ?4 ORDER BY seq DESC LIMIT ?5",
        params![
            tenant.as_uuid().as_bytes(),
            subject.uuid().as_bytes(),
            subject.kind().as_str(),
            before,
            limit
        ],
        entry,
    )
}

fn entry(row: &Row<'_>) -> Result<FeedEntry, Failure> {
    Ok(FeedEntry {
        position: FeedPosition(number(row, 0)?, 0),
        commit: CommitId::from_uuid(uuid(row, 1)?),
        event: serde_json::from_str(json(row, 2)?)?,
    })
}
