//! Records as rows, for stores that keep tables: which table a record stands in and what its columns say. The tables of all
//! SQL stores have the same names and columns, so that a host's own queries move with it from one to the other.

mod access;
mod employee;
mod kinds;
mod login;
mod mail;
mod prefix;
mod structure;
mod user;

use std::collections::BTreeSet;

use serde::Serialize;

use self::kinds::sort_columns;
pub(in crate::store) use self::kinds::{has_status, has_text, kind_named, owner_column, sort_column, table};
pub(in crate::store) use self::login::address_key;
pub(in crate::store) use self::prefix::Prefix;
use crate::clock::Timestamp;
use crate::id::{RoleId, TenantId, UnitId};
use crate::model::{
    Actor, ApiKeyState, Entry, InvitationState, KeySpace, Record, RecordId, RecordKind, Reference, SessionState,
    TicketState, UniqueKey,
};
use crate::text::SearchText;

/// What cannot be written as a row, or read from one.
#[derive(Debug, thiserror::Error)]
pub(in crate::store) enum Malformed {
    #[error("a row cannot be read as a record")]
    Body(#[from] serde_json::Error),
    #[error("a column holds {0}")]
    Column(&'static str),
}

/// What stands in a column.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::store) enum Value {
    Null,
    Integer(i64),
    Text(String),
    Id(uuid::Uuid),
    Bytes(Vec<u8>),
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Integer(number)
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<Vec<u8>> for Value {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Bytes(bytes)
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// Columns and what is to stand in them.
pub(in crate::store) struct Columns(pub(in crate::store) Vec<(&'static str, Value)>);

impl Columns {
    fn new() -> Self {
        Self(Vec::with_capacity(36))
    }

    fn set(mut self, column: &'static str, value: impl Into<Value>) -> Self {
        self.0.push((column, value.into()));
        self
    }

    fn text(self, column: &'static str, value: &str) -> Self {
        self.set(column, value.to_owned())
    }

    fn maybe_text(self, column: &'static str, value: Option<&str>) -> Self {
        self.set(column, value.map(str::to_owned))
    }

    fn id(self, column: &'static str, uuid: &uuid::Uuid) -> Self {
        self.set(column, Value::Id(*uuid))
    }

    fn maybe_id(self, column: &'static str, uuid: Option<&uuid::Uuid>) -> Self {
        self.set(column, uuid.copied().map(Value::Id))
    }

    fn at(self, column: &'static str, instant: Timestamp) -> Self {
        self.set(column, instant.unix_micros())
    }

    fn maybe_at(self, column: &'static str, instant: Option<Timestamp>) -> Self {
        self.set(column, instant.map(Timestamp::unix_micros))
    }
}

/// A record made out as a row, with all that stands beside it.
pub(in crate::store) struct Made {
    pub(in crate::store) id: RecordId,
    /// All columns but the version.
    pub(in crate::store) columns: Columns,
    /// Whether the columns are what the record names.
    pub(in crate::store) linked: bool,
    pub(in crate::store) beside: Beside,
    /// What it is found by, if by anything of its own.
    pub(in crate::store) text: Option<SearchText>,
    /// The keys that it holds from now on.
    pub(in crate::store) keys: Vec<UniqueKey>,
    /// The records that it names from now on.
    pub(in crate::store) references: Vec<Reference>,
}

/// The rows beside a row.
pub(in crate::store) enum Beside {
    Nothing,
    /// The roles and units that a user has to do with. They are held, so that they cannot be removed, where the user is
    /// linked to them.
    User(BTreeSet<RoleId>, BTreeSet<UnitId>),
    /// The units from the top down to a unit.
    Path(Vec<UnitId>),
}

impl Made {
    /// The row of an entry: keys, references and due change as the entry has them.
    pub(in crate::store) fn of(tenant: TenantId, entry: Entry) -> Result<Self, Malformed> {
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
            .set("body", body(&record)?);
        let columns = with_status(with_sort_keys(columns, &record), &record);
        let (columns, beside) = own_columns(columns, &record, &keys)?;
        Ok(Self {
            id,
            columns,
            linked,
            beside,
            text: record.search_text(),
            keys,
            references,
        })
    }

    /// The references that its columns do not say.
    pub(in crate::store) fn other_references(&self) -> &[Reference] {
        if self.linked { &[] } else { &self.references }
    }

    /// The keys that do not stand in the row itself.
    pub(in crate::store) fn keys_apart(&self) -> Vec<&UniqueKey> {
        let mut keys: Vec<&UniqueKey> = self.keys.iter().collect();
        let token = keys.iter().position(|key| key.space == KeySpace::SessionToken);
        if let (RecordKind::Session, Some(token)) = (self.id.kind(), token) {
            keys.remove(token);
        }
        keys
    }
}

fn own_columns(columns: Columns, record: &Record, keys: &[UniqueKey]) -> Result<(Columns, Beside), Malformed> {
    let columns = match record {
        Record::Tenant(tenant) => structure::tenant(columns, tenant),
        Record::Unit(unit) => {
            let path = Beside::Path(unit.path.iter().collect());
            return Ok((structure::unit(columns, unit)?, path));
        }
        Record::Role(role) => structure::role(columns, role),
        Record::Employee(employee) => employee::columns(columns, employee),
        Record::User(user) => {
            let beside = Beside::User(user.roles(), user.units());
            return Ok((user::columns(columns, user), beside));
        }
        Record::Invitation(invitation) => access::invitation(columns, invitation),
        Record::Ticket(ticket) => access::ticket(columns, ticket)?,
        Record::Credential(credential) => access::credential(columns, credential),
        Record::Session(session) => login::session(columns, session, session_token(record.id(), keys))?,
        Record::Attempt(attempt) => login::attempt(columns, attempt)?,
        Record::Mail(mail) => mail::columns(columns, mail)?,
        Record::Throttle(throttle) => login::throttle(columns, throttle),
        Record::ApiKey(key) => access::api_key(columns, key),
    };
    Ok((columns, Beside::Nothing))
}

/// The key of a session in the space of session tokens stands with the session. One that has none stands under its id,
/// which is no token.
fn session_token(id: RecordId, keys: &[UniqueKey]) -> Vec<u8> {
    let token = keys.iter().find(|key| key.space == KeySpace::SessionToken);
    token.map_or_else(|| id.uuid().as_bytes().to_vec(), |key| key.bytes.clone())
}

fn with_sort_keys(columns: Columns, record: &Record) -> Columns {
    let keys = sort_columns(record.kind()).iter();
    keys.fold(columns, |columns, (by, column)| {
        columns.set(column, record.sort_key(*by))
    })
}

/// The state as it is written, and what it becomes by itself when: [`Record::status`] in columns.
fn with_status(columns: Columns, record: &Record) -> Columns {
    let Some(status) = record.written_status() else {
        return columns;
    };
    let until = match record {
        Record::User(user) => user.status.due_at(),
        Record::Invitation(invitation) => {
            matches!(invitation.state, InvitationState::Pending).then_some(invitation.expires_at)
        }
        Record::Session(session) => matches!(session.state, SessionState::Open).then_some(session.expires_at),
        Record::Ticket(ticket) => matches!(ticket.state, TicketState::Open).then_some(ticket.expires_at),
        Record::ApiKey(key) => key.expires_at.filter(|_| key.state == ApiKeyState::Open),
        _ => None,
    };
    columns
        .text("status", status)
        .maybe_at("status_until", until)
        .maybe_text("status_next", until.and_then(|until| record.status(until)))
}

/// A record as the JSON that is read back.
pub(in crate::store) fn body(record: &Record) -> Result<String, Malformed> {
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
        Record::Throttle(value) => serde_json::to_string(value),
        Record::ApiKey(value) => serde_json::to_string(value),
    }?)
}

/// The record of a kind that a body is.
pub(in crate::store) fn record(kind: RecordKind, body: &str) -> Result<Record, Malformed> {
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
        RecordKind::Throttle => Record::Throttle(serde_json::from_str(body)?),
        RecordKind::ApiKey => Record::ApiKey(serde_json::from_str(body)?),
    })
}

/// The name that a value without fields has in JSON, or that a tagged one has under `tag`.
pub(in crate::store) fn name_of(value: &impl Serialize, tag: &str) -> Result<String, Malformed> {
    match serde_json::to_value(value)? {
        serde_json::Value::String(name) => Ok(name),
        serde_json::Value::Object(mut fields) => match fields.remove(tag) {
            Some(serde_json::Value::String(name)) => Ok(name),
            _ => Err(Malformed::Column("a value without a name")),
        },
        _ => Err(Malformed::Column("a value without a name")),
    }
}

/// The name of whoever did something, as it is in JSON.
pub(in crate::store) fn actor_name(actor: &Actor) -> Result<String, Malformed> {
    Ok(match serde_json::to_value(actor)? {
        serde_json::Value::Object(fields) => fields.keys().next().cloned().unwrap_or_default(),
        name => name.as_str().unwrap_or_default().to_owned(),
    })
}
