//! Records as rows of SQLite.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::types::Value;
use rusqlite::{Connection, params};

use super::failure::Failure;
use super::sql::{id, integer, number, places, run};
use crate::id::{RoleId, TenantId, UnitId};
use crate::model::{Entry, Loaded, Record, RecordId, RecordKind, Reference, UniqueKey, Version};
use crate::store::table::{self, Beside, Columns, Made, record, table};
use crate::text::SearchText;

/// A record ready to be written: all that takes thought is done, on the thread that asked for it.
pub(super) struct Row {
    pub(super) id: RecordId,
    tenant: TenantId,
    sql: Arc<str>,
    values: Vec<Value>,
    made: Made,
}

impl Row {
    /// The row of an entry: keys, references and due change as the entry has them.
    pub(super) fn new(tenant: TenantId, entry: Entry) -> Result<Self, Failure> {
        let mut made = Made::of(tenant, entry)?;
        let sql = upsert(made.id.kind(), &made.columns);
        let values = std::mem::take(&mut made.columns.0);
        Ok(Self {
            id: made.id,
            tenant,
            sql,
            values: values.into_iter().map(|(_, value)| value.into()).collect(),
            made,
        })
    }

    /// The keys that it holds from now on.
    pub(super) fn keys(&self) -> &[UniqueKey] {
        &self.made.keys
    }

    /// Those of them that do not stand in the row itself.
    pub(super) fn keys_apart(&self) -> Vec<&UniqueKey> {
        self.made.keys_apart()
    }

    /// The records that it names from now on.
    pub(super) fn references(&self) -> &[Reference] {
        &self.made.references
    }

    /// The references that its columns do not say.
    pub(super) fn other_references(&self) -> &[Reference] {
        self.made.other_references()
    }

    /// What the record is found by, if by anything of its own.
    pub(super) fn text(&self) -> Option<&SearchText> {
        self.made.text.as_ref()
    }

    /// Writes the row, new or over the one that is there, with the rows beside it; but not what it is found by.
    pub(super) fn write(&self, conn: &Connection, version: Version, is_new: bool) -> Result<(), Failure> {
        let version = Value::Integer(integer(version.number()));
        let values = [&version].into_iter().chain(&self.values);
        run(conn, &self.sql, rusqlite::params_from_iter(values))?;
        match &self.made.beside {
            Beside::Nothing => Ok(()),
            Beside::User(roles, units) => self.write_user(conn, roles, units, is_new),
            Beside::Path(path) => self.write_path(conn, path),
        }
    }

    fn write_user(
        &self,
        conn: &Connection,
        roles: &BTreeSet<RoleId>,
        units: &BTreeSet<UnitId>,
        is_new: bool,
    ) -> Result<(), Failure> {
        let tenant = self.tenant.as_uuid().as_bytes();
        let user = self.id.uuid().as_bytes();
        let linked = self.made.linked;
        if !is_new {
            run(
                conn,
                "DELETE FROM tenure_user_role WHERE tenant = ?1 AND user = ?2",
                params![tenant, user],
            )?;
            run(
                conn,
                "DELETE FROM tenure_user_unit WHERE tenant = ?1 AND user = ?2",
                params![tenant, user],
            )?;
        }
        for role in roles {
            let role = role.as_uuid().as_bytes();
            run(
                conn,
                "INSERT INTO tenure_user_role (tenant, user, role, held) VALUES (?1, ?2, ?3, ?4)",
                params![tenant, user, role, linked.then_some(role)],
            )?;
        }
        for unit in units {
            let unit = unit.as_uuid().as_bytes();
            run(
                conn,
                "INSERT INTO tenure_user_unit (tenant, user, unit, held) VALUES (?1, ?2, ?3, ?4)",
                params![tenant, user, unit, linked.then_some(unit)],
            )?;
        }
        Ok(())
    }

    fn write_path(&self, conn: &Connection, path: &[UnitId]) -> Result<(), Failure> {
        let tenant = self.tenant.as_uuid().as_bytes();
        let unit = self.id.uuid().as_bytes();
        run(
            conn,
            "DELETE FROM tenure_unit_path WHERE tenant = ?1 AND unit = ?2",
            params![tenant, unit],
        )?;
        for ancestor in path {
            run(
                conn,
                "INSERT OR IGNORE INTO tenure_unit_path (tenant, unit, ancestor) VALUES (?1, ?2, ?3)",
                params![tenant, unit, ancestor.as_uuid().as_bytes()],
            )?;
        }
        Ok(())
    }
}

impl From<table::Value> for Value {
    fn from(value: table::Value) -> Self {
        match value {
            table::Value::Null => Self::Null,
            table::Value::Integer(number) => Self::Integer(number),
            table::Value::Text(text) => Self::Text(text),
            table::Value::Id(uuid) => id(&uuid),
            table::Value::Bytes(bytes) => Self::Blob(bytes),
        }
    }
}

/// The statements that write a version and the columns of a kind of records, which are always the same.
static UPSERTS: Mutex<BTreeMap<RecordKind, Arc<str>>> = Mutex::new(BTreeMap::new());

fn upsert(kind: RecordKind, columns: &Columns) -> Arc<str> {
    let mut upserts = UPSERTS.lock().unwrap_or_else(PoisonError::into_inner);
    let sql = upserts.entry(kind);
    Arc::clone(sql.or_insert_with(|| written(table(kind), columns).into()))
}

fn written(table: &str, columns: &Columns) -> String {
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
    row.get_ref(column)?.as_str().map_err(|_| Failure::column("no text"))
}
