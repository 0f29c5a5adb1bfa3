//! Listings: what a page of a list shows.

use crate::id::{EmployeeId, RoleId, UnitId};
use crate::model::{RecordKind, Scope, SortBy};
use crate::rules::Context;
use crate::store::{Cursor, Filter, Query};

/// Which records are listed, in what order, from where on. The desk limits it to what the actor may see.
#[derive(Debug, Clone, Default)]
pub struct Listing {
    filters: Vec<Filter>,
    sort: SortBy,
    descending: bool,
    after: Option<Cursor>,
    limit: Option<u32>,
    count_up_to: Option<u64>,
}

impl Listing {
    /// Everything, in the order in which it came to be, 100 a page.
    pub fn new() -> Self {
        Self::default()
    }

    /// Only what is in one of these states: of users `invited`, `inactive`, `active`, `suspended`, `disabled`; of
    /// invitations `pending`, `accepted`, `cancelled`, `expired`; of sessions `open`, `expired`, `ended`.
    pub fn status<S: Into<String>>(self, states: impl IntoIterator<Item = S>) -> Self {
        self.filter(Filter::Status(states.into_iter().map(Into::into).collect()))
    }

    /// Only what is in this unit or below it.
    pub fn within(self, unit: UnitId) -> Self {
        self.filter(Filter::Within(unit))
    }

    /// Only users with this role.
    pub fn with_role(self, role: RoleId) -> Self {
        self.filter(Filter::WithRole(role))
    }

    /// Only employees who report to this one directly.
    pub fn reports_to(self, supervisor: EmployeeId) -> Self {
        self.filter(Filter::ReportsTo(supervisor))
    }

    /// Only employees who have a user, or who have none.
    pub fn has_user(self, has: bool) -> Self {
        self.filter(Filter::HasUser(has))
    }

    /// Only employees who have an address, or who have none.
    pub fn has_address(self, has: bool) -> Self {
        self.filter(Filter::HasAddress(has))
    }

    /// Only what also passes this filter.
    pub fn filter(mut self, filter: Filter) -> Self {
        self.filters.push(filter);
        self
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

    /// From where the page before ended.
    pub fn after(self, after: Option<Cursor>) -> Self {
        Self { after, ..self }
    }

    /// So many a page: 1 to [`Query::MAX_LIMIT`].
    pub fn limit(self, limit: u32) -> Self {
        Self {
            limit: Some(limit),
            ..self
        }
    }

    /// Counts all that match, up to this number.
    pub fn count_up_to(self, most: u64) -> Self {
        Self {
            count_up_to: Some(most),
            ..self
        }
    }

    /// The query that a desk asks a store.
    pub(super) fn query(self, kind: RecordKind, cx: &Context, scope: Scope) -> Query {
        let mut query = Query::new(kind, cx.now).scope(scope).sort(self.sort).after(self.after);
        query.filters = self.filters;
        query.descending = self.descending;
        query.count_up_to = self.count_up_to;
        match self.limit {
            Some(limit) => query.limit(limit),
            None => query,
        }
    }

    /// Whether it says which states it wants.
    pub(super) fn names_status(&self) -> bool {
        self.filters.iter().any(|filter| matches!(filter, Filter::Status(_)))
    }
}
