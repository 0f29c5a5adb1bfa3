//! Records as rows: the columns that every table has, and those of each kind in a file of its own.

mod access;
mod employee;
mod login;
mod mail;
mod structure;
mod user;

use rusqlite::Connection;
use rusqlite::types::Value;
use serde::Serialize;
use time::Duration;

use super::failure::Failure;
use super::schema::{has_name, table};
use super::sql::{id, integer, number, places, run, text};
use crate::clock::Timestamp;
use crate::id::TenantId;
use crate::model::{
    Entry, InvitationState, KeySpace, Loaded, Record, RecordId, RecordKind, Reference, SessionState, SortBy,
    TicketState, UniqueKey, Version,
};

/// A record ready to be written: all that takes thought is done, on the thread that asked for it.
pub(super) struct Row {
    pub(super) id: RecordId,
    tenant: TenantId,
    sql: String,
    values: Vec<Value>,
    side: Side,
    keys: Vec<UniqueKey>,
    references: Vec<Reference>,
    linked: bool,
}

/// The rows beside a row.
enum Side {
    None,
    User(user::Side),
    Unit(structure::Path),
}

/// Columns and what is to stand in them.
pub(super) struct Columns(Vec<(&'static str, Value)>);

impl Columns {
    fn new() -> Self {
        Self(Vec::with_capacity(24))
    }

    fn set(mut self, column: &'static str, value: impl Into<Value>) -> Self {
        self.0.push((column, value.into()));
        self
    }

    fn text(self, column: &'static str, value: &str) -> Self {
        self.set(column, text(value))
    }

    fn maybe_text(self, column: &'static str, value: Option<&str>) -> Self {
        self.set(column, value.map(str::to_owned))
    }

    fn id(self, column: &'static str, uuid: &uuid::Uuid) -> Self {
        self.set(column, id(uuid))
    }

    fn maybe_id(self, column: &'static str, uuid: Option<&uuid::Uuid>) -> Self {
        self.set(column, uuid.map(|uuid| uuid.as_bytes().to_vec()))
    }

    fn at(self, column: &'static str, instant: Timestamp) -> Self {
        self.set(column, instant.unix_micros())
    }

    fn maybe_at(self, column: &'static str, instant: Option<Timestamp>) -> Self {
        self.set(column, instant.map(Timestamp::unix_micros))
    }
}

impl Row {
    /// The row of an entry: keys, references and due change as the entry has them.
    pub(super) fn new(tenant: TenantId, entry: Entry) -> Result<Self, Failure> {
        let Entry {
            record,
            keys,
            references,
            due_at,
        } = entry;
        let id = record.id();
        let linked = !references.is_empty() && references == record.references();
        let columns = Columns::new()
            .id("tenant", tenant.as_uuid())
            .id("id", id.uuid())
            .set("linked", i64::from(linked))
            .maybe_at("due_at", due_at)
            .set("created_key", record.sort_key(SortBy::Created))
            .set("body", body(&record)?);
        let columns = with_name_key(columns, &record);
        let columns = with_status(columns, &record);
        let (columns, side) = match &record {
            Record::Tenant(tenant) => (structure::tenant(columns, tenant), Side::None),
            Record::Unit(unit) => (structure::unit(columns, unit)?, Side::Unit(structure::Path::of(unit))),
            Record::Role(role) => (structure::role(columns, role), Side::None),
            Record::Employee(employee) => (employee::columns(columns, employee), Side::None),
            Record::User(user) => (user::columns(columns, user), Side::User(user::Side::of(user))),
            Record::Invitation(invitation) => (access::invitation(columns, invitation), Side::None),
            Record::Ticket(ticket) => (access::ticket(columns, ticket)?, Side::None),
            Record::Credential(credential) => (access::credential(columns, credential), Side::None),
            Record::Session(session) => (login::session(columns, session, session_token(id, &keys))?, Side::None),
            Record::Attempt(attempt) => (login::attempt(columns, attempt)?, Side::None),
            Record::Mail(mail) => (mail::columns(columns, mail)?, Side::None),
        };
        Ok(Self {
            id,
            tenant,
            sql: upsert(table(id.kind()), &columns),
            values: columns.0.into_iter().map(|(_, value)| value).collect(),
            side,
            keys,
            references,
            linked,
        })
    }

    /// The keys that it holds from now on.
    pub(super) fn keys(&self) -> &[UniqueKey] {
        &self.keys
    }

    /// The records that it names from now on.
    pub(super) fn references(&self) -> &[Reference] {
        &self.references
    }

    /// The references that its columns do not say.
    pub(super) fn other_references(&self) -> &[Reference] {
        if self.linked { &[] } else { &self.references }
    }

    /// Writes the row, new or over the one that is there, with the rows beside it.
    pub(super) fn write(&self, conn: &Connection, version: Version) -> Result<(), Failure> {
        let version = Value::Integer(integer(version.number()));
        let values = [&version].into_iter().chain(&self.values);
        run(conn, &self.sql, rusqlite::params_from_iter(values))?;
        match &self.side {
            Side::None => Ok(()),
            Side::User(side) => side.write(conn, self.tenant, self.id.uuid(), self.linked),
            Side::Unit(path) => path.write(conn, self.tenant, self.id.uuid()),
        }
    }
}

/// The statement that writes a version and these columns.
fn upsert(table: &str, columns: &Columns) -> String {
    let names: Vec<&str> = columns.0.iter().map(|(name, _)| *name).collect();
    let sets: Vec<String> = names.iter().map(|name| format!("{name} = excluded.{name}")).collect();
    format!(
        "INSERT INTO {table} (version, {}) VALUES (?, {}) \
         ON CONFLICT DO UPDATE SET version = excluded.version, {}",
        names.join(", "),
        places(names.len()),
        sets.join(", "),
    )
}

/// The key of a session in the space of session tokens stands with the session. One that has none stands under its id,
/// which is no token.
fn session_token(id: RecordId, keys: &[UniqueKey]) -> Vec<u8> {
    let token = keys.iter().find(|key| key.space == KeySpace::SessionToken);
    token.map_or_else(|| id.uuid().as_bytes().to_vec(), |key| key.bytes.clone())
}

fn with_name_key(columns: Columns, record: &Record) -> Columns {
    if has_name(record.kind()) {
        columns.set("name_key", record.sort_key(SortBy::Name))
    } else {
        columns
    }
}

/// The state as it is written, and what it becomes by itself when: [`Record::status`] in columns.
fn with_status(columns: Columns, record: &Record) -> Columns {
    let before_all = Timestamp::EPOCH.saturating_add(Duration::MIN);
    let Some(status) = record.status(before_all) else {
        return columns;
    };
    let until = match record {
        Record::User(user) => user.status.due_at(),
        Record::Invitation(invitation) => {
            matches!(invitation.state, InvitationState::Pending).then_some(invitation.expires_at)
        }
        Record::Session(session) => matches!(session.state, SessionState::Open).then_some(session.expires_at),
        Record::Ticket(ticket) => matches!(ticket.state, TicketState::Open).then_some(ticket.expires_at),
        _ => None,
    };
    columns
        .text("status", status)
        .maybe_at("status_until", until)
        .maybe_text("status_next", until.and_then(|until| record.status(until)))
}

/// A record as the JSON that is read back.
pub(super) fn body(record: &Record) -> Result<String, Failure> {
    Ok(match record {
        Record::Tenant(value) => serde_json::to_string(value),
        Record::Unit(value) => serde_json::to_string(value),
        Record::Role(value) => serde_json::to_string(value),
        Record::Employee(value) => serde_json::to_string(value),
        Record::User(value) => serde_json::to_string(value),
        Record::Invitation(value) => serde_json::to_string(value),
        Record::Ticket(value) => serde_json::to_string(value),
        Record::Credential(value) => serde_json::to_string(value),
        Record::Session(value) => serde_json::to_string(value),
        Record::Attempt(value) => serde_json::to_string(value),
        Record::Mail(value) => serde_json::to_string(value),
    }?)
}

/// The record of a kind that a body is.
pub(super) fn record(kind: RecordKind, body: &str) -> Result<Record, Failure> {
    Ok(match kind {
        RecordKind::Tenant => Record::Tenant(serde_json::from_str(body)?),
        RecordKind::Unit => Record::Unit(serde_json::from_str(body)?),
        RecordKind::Role => Record::Role(serde_json::from_str(body)?),
        RecordKind::Employee => Record::Employee(serde_json::from_str(body)?),
        RecordKind::User => Record::User(serde_json::from_str(body)?),
        RecordKind::Invitation => Record::Invitation(serde_json::from_str(body)?),
        RecordKind::Ticket => Record::Ticket(serde_json::from_str(body)?),
        RecordKind::Credential => Record::Credential(serde_json::from_str(body)?),
        RecordKind::Session => Record::Session(serde_json::from_str(body)?),
        RecordKind::Attempt => Record::Attempt(serde_json::from_str(body)?),
        RecordKind::Mail => Record::Mail(serde_json::from_str(body)?),
    })
}

/// The record in two columns of a row, `version` and `body`, the first of them at `column`.
pub(super) fn loaded(kind: RecordKind, row: &rusqlite::Row<'_>, column: usize) -> Result<Loaded<Record>, Failure> {
    Ok(Loaded::new(
        version(row, column)?,
        record(kind, json(row, column + 1)?)?,
    ))
}

/// The version in a column.
pub(super) fn version(row: &rusqlite::Row<'_>, column: usize) -> Result<Version, Failure> {
    Ok(Version::new(number(row, column)?))
}

/// The text in a column, where it stands.
pub(super) fn json<'a>(row: &'a rusqlite::Row<'_>, column: usize) -> Result<&'a str, Failure> {
    row.get_ref(column)?.as_str().map_err(|_| Failure::Column("no text"))
}

/// The name that a value without fields has in JSON, or that a tagged one has under `tag`.
pub(super) fn name_of(value: &impl Serialize, tag: &str) -> Result<String, Failure> {
    match serde_json::to_value(value)? {
        serde_json::Value::String(name) => Ok(name),
        serde_json::Value::Object(mut fields) => match fields.remove(tag) {
            Some(serde_json::Value::String(name)) => Ok(name),
            _ => Err(Failure::Column("a value without a name")),
        },
        _ => Err(Failure::Column("a value without a name")),
    }
}
