//! Fields that begin with something, as parts of the index of an order.

use super::sort_column;
use crate::model::{RecordKind, SortBy};
use crate::store::Filter;
use crate::text::{SearchField, SearchPattern};

/// The keys of an order whose first field begins with something.
#[derive(Debug, Clone)]
pub(in crate::store) struct Prefix {
    /// The column of the order.
    pub(in crate::store) column: &'static str,
    /// The first key.
    pub(in crate::store) from: Vec<u8>,
    /// The first key behind them.
    pub(in crate::store) to: Vec<u8>,
}

impl Prefix {
    /// Where a filter asks for nothing but a field that begins with something, and the field is the first of an order.
    pub(in crate::store) fn of(kind: RecordKind, filter: &Filter) -> Option<Self> {
        match filter {
            Filter::Field(field, pattern) => Self::of_field(kind, *field, pattern),
            _ => None,
        }
    }

    /// The same of a field. Every field by which employees or users are found is the first of an order of theirs.
    pub(in crate::store) fn of_field(kind: RecordKind, field: SearchField, pattern: &SearchPattern) -> Option<Self> {
        let by = match field {
            SearchField::Signature => SortBy::Signature,
            SearchField::FirstName => SortBy::FirstName,
            SearchField::LastName => SortBy::LastName,
            SearchField::DisplayName => SortBy::DisplayName,
            SearchField::UserName => SortBy::UserName,
            SearchField::Address => SortBy::Address,
        };
        let (RecordKind::User | RecordKind::Employee, [word]) = (kind, pattern.words()) else {
            return None;
        };
        let [beginning] = word.pieces() else { return None };
        let column = sort_column(kind, by).filter(|_| word.at_start())?;
        let from = beginning.clone().into_bytes();
        let mut to = from.clone();
        // No byte of UTF-8 is the largest there is.
        *to.last_mut()? += 1;
        Some(Self { column, from, to })
    }
}
