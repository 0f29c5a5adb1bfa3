//! A word at the beginning of the field by which a list is ordered.

use rusqlite::Connection;

use super::{Found, count};
use crate::model::{Loaded, Record};
use crate::store::sqlite::failure::Failure;
use crate::store::sqlite::question::begun;
use crate::store::table::{Prefix, sort_column};
use crate::store::{Filter, Query};
use crate::text::SearchField;

impl Found<'_> {
    /// For a word that begins a field, in the order of that field: those of whom that field does, and the few of whom another
    /// one does. None where there is no such thing, or they are not few.
    pub(super) fn sought(&self, conn: &Connection, few: u32) -> Result<Option<Vec<Loaded<Record>>>, Failure> {
        let Some((field, elsewhere)) = self.of_order().filter(|_| self.is_alone()) else {
            return Ok(None);
        };
        let most = u64::from(few);
        if count(conn, &elsewhere, most)? >= most {
            return Ok(None);
        }
        let filter = Filter::Field(field, self.pattern.clone());
        let query = Query {
            filters: vec![filter.clone()],
            ..self.query.clone()
        };
        let begun = Found {
            query: &query,
            filter: &filter,
            field: Some(field),
            question: String::new(),
            ..*self
        };
        let mut page = begun.walked(conn)?;
        page.extend(self.fetch(conn, &elsewhere)?);
        page.sort_by_cached_key(|record| query.place(&record.value));
        page.dedup_by_key(|record| record.value.id());
        if query.descending {
            page.reverse();
        }
        page.truncate(self.wanted());
        Ok(Some(page))
    }

    /// The field of the order, if it may begin with the pattern, and a question for all others that do.
    fn of_order(&self) -> Option<(SearchField, String)> {
        let (None, [word]) = (self.field, self.pattern.words()) else {
            return None;
        };
        let by = sort_column(self.query.kind, self.query.sort)?;
        let is_of_order = |field: &SearchField| {
            let prefix = Prefix::of_field(self.query.kind, *field, self.pattern);
            prefix.is_some_and(|prefix| prefix.column == by)
        };
        let (of_order, others): (Vec<_>, Vec<_>) = SearchField::ALL.into_iter().partition(is_of_order);
        Some((*of_order.first()?, begun(word, &others)?))
    }
}
