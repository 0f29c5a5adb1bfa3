//! Many rows of a table as arrays, one of each column: the server takes them as they are, and has no JSON to take apart.

use std::error::Error;
use std::fmt;

use bytes::BytesMut;
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};
use uuid::Uuid;

use super::failure::Failure;
use super::link::Line;
use super::param::Param;
use crate::id::TenantId;
use crate::store::table::Value;

/// What stands in a column, row by row.
pub(super) enum Column<'a> {
    Ids(Vec<Option<Uuid>>),
    Integers(Vec<Option<i64>>),
    Truths(Vec<Option<bool>>),
    Texts(Vec<Option<&'a str>>),
    Bytes(Vec<Option<&'a [u8]>>),
    /// Numbers, written as an array of them is.
    Numbers(Vec<Option<&'a str>>),
}

impl<'a> Column<'a> {
    /// The column of this name in all rows. None where nothing stands in any.
    pub(super) fn of(name: &str, values: impl Iterator<Item = &'a Value> + Clone) -> Option<Self> {
        let first = values.clone().find(|value| **value != Value::Null)?;
        Some(match first {
            Value::Null => return None,
            Value::Id(_) => Self::Ids(each(values, |value| match value {
                Value::Id(id) => Some(*id),
                _ => None,
            })),
            Value::Integer(_) if is_truth(name) => Self::Truths(each(values, |value| match value {
                Value::Integer(number) => Some(*number != 0),
                _ => None,
            })),
            Value::Integer(_) => Self::Integers(each(values, |value| match value {
                Value::Integer(number) => Some(*number),
                _ => None,
            })),
            Value::Text(_) if name == "grams" => Self::Numbers(each(values, text)),
            Value::Text(_) => Self::Texts(each(values, text)),
            Value::Bytes(_) => Self::Bytes(each(values, |value| match value {
                Value::Bytes(bytes) => Some(bytes.as_slice()),
                _ => None,
            })),
        })
    }

    fn len(&self) -> usize {
        match self {
            Self::Ids(ids) => ids.len(),
            Self::Integers(numbers) => numbers.len(),
            Self::Truths(truths) => truths.len(),
            Self::Texts(texts) | Self::Numbers(texts) => texts.len(),
            Self::Bytes(bytes) => bytes.len(),
        }
    }

    fn types(&self) -> (Type, &'static str) {
        match self {
            Self::Ids(_) => (Type::UUID_ARRAY, "uuid[]"),
            Self::Integers(_) => (Type::INT8_ARRAY, "bigint[]"),
            Self::Truths(_) => (Type::BOOL_ARRAY, "boolean[]"),
            Self::Texts(_) | Self::Numbers(_) => (Type::TEXT_ARRAY, "text[]"),
            Self::Bytes(_) => (Type::BYTEA_ARRAY, "bytea[]"),
        }
    }
}

fn each<'a, T>(values: impl Iterator<Item = &'a Value>, one: impl Fn(&'a Value) -> Option<T>) -> Vec<Option<T>> {
    values.map(one).collect()
}

fn text(value: &Value) -> Option<&str> {
    match value {
        Value::Text(text) => Some(text),
        _ => None,
    }
}

/// Whether a column that SQLite has as a number is a truth value here.
fn is_truth(name: &str) -> bool {
    matches!(name, "linked" | "api_only" | "has_identity" | "owned")
}

/// There are password hashes among them. The driver may log what it binds: of this it shows nothing.
impl fmt::Debug for Column<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(a column)")
    }
}

impl ToSql for Column<'_> {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        match self {
            Self::Ids(ids) => ids.to_sql(ty, out),
            Self::Integers(numbers) => numbers.to_sql(ty, out),
            Self::Truths(truths) => truths.to_sql(ty, out),
            Self::Texts(texts) | Self::Numbers(texts) => texts.to_sql(ty, out),
            Self::Bytes(bytes) => bytes.to_sql(ty, out),
        }
    }

    fn accepts(ty: &Type) -> bool {
        [
            Type::UUID_ARRAY,
            Type::INT8_ARRAY,
            Type::BOOL_ARRAY,
            Type::TEXT_ARRAY,
            Type::BYTEA_ARRAY,
        ]
        .contains(ty)
    }

    to_sql_checked!();
}

impl Param for Column<'_> {
    fn ty(&self) -> Type {
        self.types().0
    }
}

/// New rows of a table of a tenant.
pub(super) struct Rows<'a> {
    table: &'static str,
    columns: Vec<(&'static str, Column<'a>)>,
    /// What the statement ends in.
    ending: &'static str,
}

impl<'a> Rows<'a> {
    pub(super) fn of(table: &'static str) -> Self {
        let (columns, ending) = (Vec::new(), "");
        Self { table, columns, ending }
    }

    pub(super) fn with(mut self, name: &'static str, column: Column<'a>) -> Self {
        self.columns.push((name, column));
        self
    }

    /// The columns of rows that all have the same ones; those that keep nothing in any row are left out.
    pub(super) fn with_all(mut self, rows: &[&'a Vec<(&'static str, Value)>]) -> Self {
        let names = rows.first().into_iter().flat_map(|row| row.iter().enumerate());
        for (at, (name, _)) in names.filter(|(_, (name, _))| *name != "tenant") {
            let values = rows
                .iter()
                .map(|row| row.get(at).map_or(&Value::Null, |(_, value)| value));
            self.columns
                .extend(Column::of(name, values).map(|column| (*name, column)));
        }
        self
    }

    pub(super) fn without(mut self, is_left_out: impl Fn(&str) -> bool) -> Self {
        self.columns.retain(|(name, _)| !is_left_out(name));
        self
    }

    /// Rows that are there already are left alone.
    pub(super) fn where_there_is_none(self) -> Self {
        let ending = " ON CONFLICT DO NOTHING";
        Self { ending, ..self }
    }

    /// Writes them, if there are any.
    pub(super) async fn insert(&self, line: &Line, tenant: TenantId) -> Result<(), Failure> {
        if self.columns.first().is_none_or(|(_, column)| column.len() == 0) {
            return Ok(());
        }
        let columns = self.columns.iter().map(|(_, column)| column as &dyn Param);
        let params: Vec<&dyn Param> = [tenant.as_uuid() as &dyn Param].into_iter().chain(columns).collect();
        line.rows(&self.sql(), &params).await.map(drop)
    }

    fn sql(&self) -> String {
        let columns = || self.columns.iter().enumerate();
        let names: Vec<String> = columns().map(|(_, (name, _))| format!("\"{name}\"")).collect();
        let arrays = columns().map(|(n, (_, column))| format!("${}::{}", n + 2, column.types().1));
        let values = columns().map(|(n, (_, column))| match column {
            Column::Numbers(_) => format!("c{n}::integer[]"),
            _ => format!("c{n}"),
        });
        let aliases = columns().map(|(n, _)| format!("c{n}"));
        format!(
            "INSERT INTO {} (tenant, {}) SELECT $1::uuid, {} FROM unnest({}) AS r ({}){}",
            self.table,
            names.join(", "),
            values.collect::<Vec<_>>().join(", "),
            arrays.collect::<Vec<_>>().join(", "),
            aliases.collect::<Vec<_>>().join(", "),
            self.ending
        )
    }
}
