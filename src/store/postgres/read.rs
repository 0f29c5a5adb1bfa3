//! What is read by id, by key or in a row, and not by listing.

use std::cmp::Ordering;
use std::fmt::Write as _;
use std::sync::LazyLock;

use serde::de::DeserializeOwned;
use tokio_postgres::Row;
use uuid::Uuid;

use super::failure::Failure;
use super::line::Lines;
use crate::clock::Timestamp;
use crate::id::{CommitId, TenantId};
use crate::model::{KeySpace, Loaded, Record, RecordId, RecordKind, Role, Version};
use crate::secret::TokenHash;
use crate::store::table::{kind_named, record, table};
use crate::store::{Counter, DueItem, FeedEntry, FeedPosition, Lookup, PrincipalRecords};

/// The records asked for, all from one state of the tables.
pub(super) async fn load(
    lines: &Lines,
    tenant: TenantId,
    wanted: &[Lookup],
) -> Result<Vec<Option<Loaded<Record>>>, Failure> {
    match wanted {
        [] => Ok(Vec::new()),
        [Lookup::Id(id)] => Ok(vec![by_id(lines, tenant, *id).await?]),
        _ => load_all(lines, tenant, wanted).await,
    }
}

async fn by_id(lines: &Lines, tenant: TenantId, id: RecordId) -> Result<Option<Loaded<Record>>, Failure> {
    let sql = format!(
        "SELECT version, body FROM {} WHERE tenant = $1 AND id = $2",
        table(id.kind())
    );
    let rows = lines.read(&sql, &[tenant.as_uuid(), id.uuid()]).await?;
    rows.first().map(|row| loaded(id.kind(), row, 0)).transpose()
}

/// Ids and keys, each with its place, and the records they lead to: of the branches at the end, one runs for each.
static LOAD: LazyLock<String> = LazyLock::new(|| {
    let branches: Vec<String> = RecordKind::ALL
        .iter()
        .map(|kind| {
            format!(
                "SELECT r.version, r.body FROM {} r WHERE w.kind = '{kind}' AND r.tenant = $1 AND r.id = w.id",
                table(*kind)
            )
        })
        .collect();
    format!(
        "SELECT w.place, w.kind, found.version, found.body
         FROM (
             SELECT place, kind, id FROM unnest($2::int[], $3::text[], $4::uuid[]) AS i (place, kind, id)
             UNION ALL
             SELECT place, k.kind, k.id FROM unnest($5::int[], $6::text[], $7::bytea[]) AS i (place, space, key)
                 JOIN tenure_key k ON k.tenant = $1 AND k.space = i.space AND k.key = i.key
             UNION ALL
             SELECT place, 'session', s.id FROM unnest($5::int[], $6::text[], $7::bytea[]) AS i (place, space, key)
                 JOIN tenure_session s ON s.tenant = $1 AND s.token = i.key
                 WHERE i.space = 'session_token'
         ) AS w
         CROSS JOIN LATERAL ({}) AS found",
        branches.join(" UNION ALL ")
    )
});

async fn load_all(lines: &Lines, tenant: TenantId, wanted: &[Lookup]) -> Result<Vec<Option<Loaded<Record>>>, Failure> {
    let (mut places, mut kinds, mut ids) = (Vec::new(), Vec::new(), Vec::new());
    let (mut key_places, mut spaces, mut keys) = (Vec::new(), Vec::new(), Vec::new());
    for (place, wanted) in (0_i32..).zip(wanted) {
        match wanted {
            Lookup::Id(id) => {
                places.push(place);
                kinds.push(id.kind().as_str());
                ids.push(*id.uuid());
            }
            Lookup::Key(key) => {
                key_places.push(place);
                spaces.push(KeySpace::as_str(key.space));
                keys.push(key.bytes.as_slice());
            }
        }
    }
    let rows = lines
        .read(
            &LOAD,
            &[tenant.as_uuid(), &places, &kinds, &ids, &key_places, &spaces, &keys],
        )
        .await?;
    let mut found: Vec<Option<Loaded<Record>>> = vec![None; wanted.len()];
    for row in rows {
        let place = usize::try_from(row.try_get::<_, i32>(0)?).ok();
        let place = place.and_then(|place| found.get_mut(place));
        let place = place.ok_or(Failure::column("a place that was not asked for"))?;
        *place = Some(loaded(kind_named(row.try_get(1)?)?, &row, 2)?);
    }
    Ok(found)
}

/// What proves somebody, with user, tenant and roles.
macro_rules! principal_sql {
    ($from:literal, $which:literal) => {
        concat!(
            "SELECT s.version, s.body, u.version, u.body, t.version, t.body,
                (SELECT string_agg('{\"version\":' || r.version || ',\"value\":' || r.body || '}', ',')
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
pub(super) const BY_SESSION: &str = principal_sql!("tenure_session s", "s.tenant = $1 AND s.token = $2");

/// The same for an API key, whose token stands among the keys.
pub(super) const BY_API_KEY: &str = principal_sql!(
    "tenure_key k JOIN tenure_api_key s ON s.tenant = k.tenant AND s.id = k.id",
    "k.tenant = $1 AND k.space = 'api_key_token' AND k.key = $2 AND k.kind = 'api key'"
);

/// Whom a token proves, by one of the two statements.
pub(super) async fn principal<P: DeserializeOwned>(
    lines: &Lines,
    sql: &str,
    tenant: TenantId,
    token: &TokenHash,
) -> Result<Option<PrincipalRecords<P>>, Failure> {
    let rows = lines
        .read(sql, &[tenant.as_uuid(), &token.as_bytes().as_slice()])
        .await?;
    rows.first().map(principal_records).transpose()
}

fn principal_records<P: DeserializeOwned>(row: &Row) -> Result<PrincipalRecords<P>, Failure> {
    let mut roles: Vec<Loaded<Role>> = match row.try_get::<_, Option<&str>>(6)? {
        Some(roles) => serde_json::from_str(&format!("[{roles}]"))?,
        None => Vec::new(),
    };
    roles.sort_by_key(|role| role.id);
    Ok(PrincipalRecords {
        pass: Loaded::new(version(row, 0)?, serde_json::from_str(row.try_get(1)?)?),
        user: Loaded::new(version(row, 2)?, serde_json::from_str(row.try_get(3)?)?),
        tenant: Loaded::new(version(row, 4)?, serde_json::from_str(row.try_get(5)?)?),
        roles,
    })
}

/// What a counter stands at.
pub(super) async fn counter(lines: &Lines, tenant: TenantId, counter: Counter) -> Result<i64, Failure> {
    let sql = "SELECT value FROM tenure_counter WHERE tenant = $1 AND counter = $2";
    let rows = lines.read(sql, &[tenant.as_uuid(), &counter.key()]).await?;
    Ok(rows.first().map(|row| row.try_get(0)).transpose()?.unwrap_or(0))
}

/// What is due, of all kinds at once.
pub(super) async fn due(
    lines: &Lines,
    tenant: Option<TenantId>,
    as_of: Timestamp,
    after: Option<DueItem>,
    limit: u32,
) -> Result<Vec<DueItem>, Failure> {
    let tenant_is = if tenant.is_some() {
        "tenant = $1"
    } else {
        "$1::uuid IS NULL"
    };
    let mut sql = String::new();
    for kind in RecordKind::ALL {
        if !sql.is_empty() {
            sql.push_str(" UNION ALL ");
        }
        let behind = match after {
            Some(after) => behind(*kind, after.record, "due_at, tenant", "$3, $4", "$5", ">"),
            None => "(due_at, tenant, id) >= ($3, $4, $5)".to_owned(),
        };
        // Writing to a string does not fail.
        let _ = write!(
            sql,
            "(SELECT '{kind}'::text, due_at, tenant, id FROM {}
              WHERE {tenant_is} AND due_at <= $2 AND due_at >= $3 AND $5::uuid IS NOT NULL AND {behind}
              ORDER BY due_at, tenant, id LIMIT $6)",
            table(*kind)
        );
    }
    let after_at = after.map_or(i64::MIN, |after| after.at.unix_micros());
    let after_tenant = after.map_or(Uuid::nil(), |after| *after.tenant.as_uuid());
    let after_id = after.map_or(Uuid::nil(), |after| *after.record.uuid());
    let tenant = tenant.map(|tenant| *tenant.as_uuid());
    let as_of = as_of.unix_micros();
    let most = i64::from(limit);
    let rows = lines
        .read(&sql, &[&tenant, &as_of, &after_at, &after_tenant, &after_id, &most])
        .await?;
    let mut items = rows.iter().map(due_item).collect::<Result<Vec<_>, _>>()?;
    items.sort();
    items.truncate(limit as usize);
    Ok(items)
}

fn due_item(row: &Row) -> Result<DueItem, Failure> {
    Ok(DueItem {
        at: instant(row.try_get(1)?)?,
        tenant: TenantId::from_uuid(row.try_get(2)?),
        record: RecordId::new(kind_named(row.try_get(0)?)?, row.try_get(3)?),
    })
}

/// The condition by which records of `kind`, in the order of some columns and then of [`RecordId`], lie behind (or, with
/// `<`, before) a place where `id` stands, perhaps of another kind.
pub(super) fn behind(
    kind: RecordKind,
    id: RecordId,
    columns: &str,
    places: &str,
    id_place: &str,
    than: &str,
) -> String {
    match (id.kind().cmp(&kind), than) {
        (Ordering::Equal, _) => format!("({columns}, id) {than} ({places}, {id_place})"),
        (Ordering::Less, ">") | (Ordering::Greater, "<") => format!("({columns}) {than}= ({places})"),
        _ => format!("({columns}) {than} ({places})"),
    }
}

/// The events behind a position, which is their number in the tenant.
pub(super) async fn feed(
    lines: &Lines,
    tenant: TenantId,
    after: FeedPosition,
    limit: u32,
) -> Result<Vec<FeedEntry>, Failure> {
    let sql = "SELECT seq, commit_id, body FROM tenure_event WHERE tenant = $1 AND seq > $2 ORDER BY seq LIMIT $3";
    let rows = lines
        .read(sql, &[tenant.as_uuid(), &number(after.0), &i64::from(limit)])
        .await?;
    rows.iter().map(entry).collect()
}

pub(super) async fn events_about(
    lines: &Lines,
    tenant: TenantId,
    subject: RecordId,
    before: Option<FeedPosition>,
    limit: u32,
) -> Result<Vec<FeedEntry>, Failure> {
    let sql = "SELECT seq, commit_id, body FROM tenure_event
               WHERE tenant = $1 AND subject = $2 AND subject_kind = $3 AND seq < $4 ORDER BY seq DESC LIMIT $5";
    let before = before.map_or(i64::MAX, |before| number(before.0));
    let (id, kind, limit) = (subject.uuid(), subject.kind().as_str(), i64::from(limit));
    let rows = lines.read(sql, &[tenant.as_uuid(), id, &kind, &before, &limit]).await?;
    rows.iter().map(entry).collect()
}

fn entry(row: &Row) -> Result<FeedEntry, Failure> {
    Ok(FeedEntry {
        position: FeedPosition(u64::try_from(row.try_get::<_, i64>(0)?).unwrap_or(0), 0),
        commit: CommitId::from_uuid(row.try_get(1)?),
        event: serde_json::from_str(row.try_get(2)?)?,
    })
}

/// The record in two columns of a row, `version` and `body`, the first of them at `column`.
pub(super) fn loaded(kind: RecordKind, row: &Row, column: usize) -> Result<Loaded<Record>, Failure> {
    Ok(Loaded::new(
        version(row, column)?,
        record(kind, row.try_get(column + 1)?)?,
    ))
}

/// The version in a column.
pub(super) fn version(row: &Row, column: usize) -> Result<Version, Failure> {
    let number = u64::try_from(row.try_get::<_, i64>(column)?);
    Ok(Version::new(number.map_err(|_| Failure::column("a negative number"))?))
}

pub(super) fn instant(micros: i64) -> Result<Timestamp, Failure> {
    Timestamp::from_unix_micros(micros).map_err(|_| Failure::column("no instant"))
}

/// A number as PostgreSQL keeps it. What is too large stays larger than all that is stored.
pub(super) fn number(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
