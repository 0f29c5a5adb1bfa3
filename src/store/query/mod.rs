//! Queries: what a listing shows, in what order, from where on.

mod filter;
mod page;
mod reach;

use std::borrow::Borrow;

use serde::{Deserialize, Serialize};

pub use self::filter::Filter;
pub use self::page::{Cursor, Page};
use self::reach::in_scope;
use crate::clock::Timestamp;
use crate::model::{Loaded, Record, RecordId, RecordKind, Scope, SortBy, StatusKind, UniqueKey};
use crate::store::{StoreError, StoreErrorKind};

/// A listing of one kind of record: filtered, limited to a scope, in a total order, page by page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Query {
    /// What is listed.
    pub kind: RecordKind,
    /// All of these must hold. A filter that a store does not know is refused as unsupported.
    pub filters: Vec<Filter>,
    /// Only what lies in this scope (R4): a user through any of their units, an employee through theirs, a unit itself,
    /// and what belongs to a user where that user does. The supervisors whom [`Filter::Supervisor`] compares with must lie in it
    /// too.
    pub scope: Scope,
    /// The order; equal keys by id, in the same direction.
    pub sort: SortBy,
    /// Whether the order is turned round.
    pub descending: bool,
    /// What is due by this instant counts as done.
    pub as_of: Timestamp,
    /// Where the page begins: behind this place.
    pub after: Option<Cursor>,
    /// How many records the page has at most. Never 0.
    pub limit: u32,
    /// Count all that match, up to this number; none: do not count.
    pub count_up_to: Option<u64>,
}

/// What a store shows of its other records while a query is matched.
pub trait View {
    /// The record with this id, of the same tenant.
    fn record(&self, id: RecordId) -> Option<&Record>;

    /// The record that holds this key, of the same tenant.
    fn holder(&self, key: &UniqueKey) -> Option<RecordId>;
}

impl Query {
    /// The largest page.
    pub const MAX_LIMIT: u32 = 1_000;

    /// Everything of one kind, in the order in which it came to be, 100 a page.
    pub fn new(kind: RecordKind, as_of: Timestamp) -> Self {
        Self {
            kind,
            filters: Vec::new(),
            scope: Scope::All,
            sort: SortBy::Created,
            descending: false,
            as_of,
            after: None,
            limit: 100,
            count_up_to: None,
        }
    }

    /// Only what also passes this filter.
    pub fn filter(mut self, filter: Filter) -> Self {
        self.filters.push(filter);
        self
    }

    /// Only what is in one of these states.
    pub fn status<S: Into<String>>(self, states: impl IntoIterator<Item = S>) -> Self {
        self.filter(Filter::Status(states.into_iter().map(Into::into).collect()))
    }

    /// Only what lies in this scope.
    pub fn scope(self, scope: Scope) -> Self {
        Self { scope, ..self }
    }

    /// In this order.
    pub fn sort(self, sort: SortBy) -> Self {
        Self { sort, ..self }
    }

    /// In the opposite order.
    pub fn descending(self) -> Self {
        Self {
            descending: true,
            ..self
        }
    }

    /// From behind this place on.
    pub fn after(self, after: Option<Cursor>) -> Self {
        Self { after, ..self }
    }

    /// So many a page: at least 1, at most [`Query::MAX_LIMIT`].
    pub fn limit(self, limit: u32) -> Self {
        Self {
            limit: limit.clamp(1, Self::MAX_LIMIT),
            ..self
        }
    }

    /// Counts all that match, up to a number.
    pub fn count_up_to(self, most: u64) -> Self {
        Self {
            count_up_to: Some(most),
            ..self
        }
    }

    /// Whether this release knows everything that the query asks for. Stores that list by [`Query::selects`] ask first
    /// (law 13).
    ///
    /// # Errors
    /// [`StoreErrorKind::Unsupported`] with what is not known.
    pub fn check(&self) -> Result<(), StoreError> {
        let unknown = self.filters.iter().find_map(|filter| match filter {
            Filter::Unknown(what) => Some(what.as_str()),
            _ => None,
        });
        unknown.map_or(Ok(()), |what| Err(StoreError::new(StoreErrorKind::Unsupported, what)))
    }

    /// Whether the listing has this record at all, whatever the page. Deleted users are listed only where that state
    /// is asked for by name.
    pub fn selects(&self, record: &Record, view: &dyn View) -> bool {
        record.kind() == self.kind
            && self.filters.iter().all(|filter| filter.passes(record, self, view))
            && (self.asks_for_deleted() || record.status(self.as_of) != Some(StatusKind::Deleted.as_str()))
            && in_scope(record, &self.scope, view)
    }

    /// Whether a filter names the state of deleted users.
    pub fn asks_for_deleted(&self) -> bool {
        let deleted = StatusKind::Deleted.as_str();
        self.filters
            .iter()
            .any(|filter| matches!(filter, Filter::Status(states) if states.contains(deleted)))
    }

    /// The place of a record in this listing.
    pub fn place(&self, record: &Record) -> Cursor {
        Cursor {
            key: record.sort_key(self.sort),
            id: record.id(),
        }
    }

    /// The page of a listing, for stores that have gone through all records: `matching` are those that
    /// [`selects`](Query::selects) chose, in any order, owned or borrowed.
    pub fn page<R: Borrow<Record>>(&self, matching: Vec<Loaded<R>>) -> Page<Loaded<R>> {
        let total = self.count_up_to.map(|most| most.min(matching.len() as u64));
        let is_behind = |place: &Cursor| {
            self.after
                .as_ref()
                .is_none_or(|after| if self.descending { place < after } else { place > after })
        };
        let mut places: Vec<_> = matching
            .into_iter()
            .map(|loaded| (self.place(loaded.value.borrow()), loaded))
            .filter(|(place, _)| is_behind(place))
            .collect();
        places.sort_by(|(one, _), (other, _)| {
            if self.descending {
                other.cmp(one)
            } else {
                one.cmp(other)
            }
        });
        let more = places.len() > self.limit as usize;
        places.truncate(self.limit as usize);
        let next = places.last().filter(|_| more).map(|(place, _)| place.clone());
        let items = places.into_iter().map(|(_, loaded)| loaded).collect();
        Page { items, next, total }
    }
}
