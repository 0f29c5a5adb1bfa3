//! Listings: what a page of a list shows.

use sha2::{Digest, Sha256};

use super::page::{ListId, Listed, PageCursor, listed};
use crate::clock::Timestamp;
use crate::error::{Denied, Error, FieldError};
use crate::id::{EmployeeId, RoleId, UnitId};
use crate::model::{Ended, Kept, Loaded, RecordKind, Scope, SortBy, UserType};
use crate::rules::Context;
use crate::store::{Filter, Query, Store, StoreExt};
use crate::text::{AddressPattern, SearchField, SearchPattern};

/// Which records are listed, in what order, from where on. The desk limits it to what the actor may see.
///
/// ```
/// use tenure::{Listing, SortBy};
///
/// let staff = Listing::new()
///     .status(["active", "suspended"])
///     .search("anna* lind*")
///     .sort(SortBy::LastName)
///     .total();
/// # drop(staff);
/// ```
///
/// All that is said must hold. What has no meaning for a kind of record, such as a role for an employee, lets none pass. A
/// pattern or cursor that is none is refused when the list is asked for, as [`Denied::Invalid`] with the field's name.
#[derive(Debug, Clone, Default)]
#[must_use]
pub struct Listing {
    filters: Vec<Filter>,
    sort: SortBy,
    descending: bool,
    after: Option<PageCursor>,
    limit: Option<u32>,
    count_up_to: Option<u64>,
    wrong: Vec<FieldError>,
}

impl Listing {
    /// How far [`total`](Self::total) counts.
    pub const COUNTED: u64 = 10_000;

    /// Everything, in the order in which it came to be, 100 a page.
    pub fn new() -> Self {
        Self::default()
    }

    /// Only what is in one of these states: of users `invited`, `inactive`, `active`, `suspended`, `disabled`; of
    /// invitations `pending`, `accepted`, `cancelled`, `expired`; of sessions `open`, `expired`, `ended`.
    pub fn status<S: Into<String>>(self, states: impl IntoIterator<Item = S>) -> Self {
        self.filter(Filter::Status(states.into_iter().map(Into::into).collect()))
    }

    /// Only what is found by this text, as typed into a search box: a [`SearchPattern`], looked for in signature, first,
    /// last and display name, user name and address. Sessions, invitations and login attempts are found by their user, units,
    /// roles and API keys by their name. An empty text is refused: a form whose box is empty leaves this out.
    pub fn search(self, text: impl AsRef<str>) -> Self {
        self.pattern("search", text.as_ref(), Filter::Text)
    }

    /// Only what is found by this text in one field.
    pub fn search_in(self, field: SearchField, text: impl AsRef<str>) -> Self {
        self.pattern(field.as_str(), text.as_ref(), |pattern| Filter::Field(field, pattern))
    }

    /// Only employees whose supervisor is found by this text, and their users. Whoever reads a part of the tree finds nobody by
    /// a supervisor who works outside it.
    pub fn supervisor(self, text: impl AsRef<str>) -> Self {
        self.pattern("supervisor", text.as_ref(), Filter::Supervisor)
    }

    fn pattern(mut self, field: &'static str, text: &str, filter: impl FnOnce(SearchPattern) -> Filter) -> Self {
        match SearchPattern::new(text) {
            Ok(pattern) => self.filter(filter(pattern)),
            Err(problem) => {
                self.wrong.push(FieldError::new(field, problem));
                self
            }
        }
    }

    /// Only what is in this unit or below it.
    pub fn within(self, unit: UnitId) -> Self {
        self.filter(Filter::Within(unit))
    }

    /// Only users who have to do with a unit, by membership, client or grant, or with none; employees who work in one, or in
    /// none.
    pub fn has_unit(self, has: bool) -> Self {
        self.filter(Filter::HasUnit(has))
    }

    /// Only users with this role.
    pub fn with_role(self, role: RoleId) -> Self {
        self.filter(Filter::WithRole(role))
    }

    /// Only users of these kinds.
    pub fn of_type(self, types: impl IntoIterator<Item = UserType>) -> Self {
        self.filter(Filter::OfType(types.into_iter().collect()))
    }

    /// Only users who log in through an external provider, or who do not.
    pub fn has_identity(self, has: bool) -> Self {
        self.filter(Filter::HasIdentity(has))
    }

    /// Only employees who report to this one directly, and their users.
    pub fn reports_to(self, supervisor: EmployeeId) -> Self {
        self.filter(Filter::ReportsTo(supervisor))
    }

    /// Only employees below this one, however far, and their users.
    pub fn below(self, supervisor: EmployeeId) -> Self {
        self.filter(Filter::Below(supervisor))
    }

    /// Only employees who have a user, or who have none.
    pub fn has_user(self, has: bool) -> Self {
        self.filter(Filter::HasUser(has))
    }

    /// Only employees who have an address, or who have none.
    pub fn has_address(self, has: bool) -> Self {
        self.filter(Filter::HasAddress(has))
    }

    /// Only login attempts that ended in one of these ways.
    pub fn ended(self, ends: impl IntoIterator<Item = Ended>) -> Self {
        self.filter(Filter::Ended(ends.into_iter().collect()))
    }

    /// Only login attempts and sessions from these addresses.
    pub fn from(self, addresses: AddressPattern) -> Self {
        self.filter(Filter::From(addresses))
    }

    /// Only what came to be at this instant or later.
    pub fn since(self, instant: Timestamp) -> Self {
        self.filter(Filter::Since(instant))
    }

    /// Only what came to be before this instant.
    pub fn before(self, instant: Timestamp) -> Self {
        self.filter(Filter::Before(instant))
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

    /// From where the page before ended. What has come or gone meanwhile moves nothing: no record is shown twice or left out
    /// that stood in the list throughout. A cursor of another list is refused, as a wrong field `cursor`.
    pub fn after(self, after: Option<PageCursor>) -> Self {
        Self { after, ..self }
    }

    /// So many a page: 1 to [`Query::MAX_LIMIT`].
    pub fn limit(self, limit: u32) -> Self {
        Self {
            limit: Some(limit),
            ..self
        }
    }

    /// Counts all that match, up to [`Listing::COUNTED`].
    pub fn total(self) -> Self {
        self.count_up_to(Self::COUNTED)
    }

    /// Counts all that match, however many. That takes longer, the more there are.
    pub fn exact_total(self) -> Self {
        self.count_up_to(u64::MAX)
    }

    /// Counts all that match, up to this number.
    pub fn count_up_to(self, most: u64) -> Self {
        Self {
            count_up_to: Some(most),
            ..self
        }
    }

    /// What a desk asks a store.
    pub(super) fn ask(self, kind: RecordKind, cx: &Context, scope: Scope) -> Result<Asked, Denied> {
        let list = self.list_id(kind, cx);
        let mut wrong = self.wrong;
        let after = match self.after.map(|cursor| cursor.place(list, kind)).transpose() {
            Ok(after) => after,
            Err(problem) => {
                wrong.push(FieldError::new("cursor", problem));
                None
            }
        };
        if !wrong.is_empty() {
            return Err(Denied::Invalid { fields: wrong });
        }
        let mut query = Query::new(kind, cx.now).scope(scope).sort(self.sort).after(after);
        query.filters = self.filters;
        query.descending = self.descending;
        // One more, to see whether that is all.
        query.count_up_to = self.count_up_to.map(|most| most.saturating_add(1));
        if let Some(limit) = self.limit {
            query = query.limit(limit);
        }
        Ok(Asked {
            query,
            list,
            most: self.count_up_to,
        })
    }

    /// Whether it says which states it wants.
    pub(super) fn names_status(&self) -> bool {
        self.filters.iter().any(|filter| matches!(filter, Filter::Status(_)))
    }

    /// A digest of everything that makes this list another than that one.
    fn list_id(&self, kind: RecordKind, cx: &Context) -> ListId {
        let what = (cx.tenant_id(), kind, &self.filters, self.sort, self.descending);
        // None of these can fail to be written as JSON.
        let text = serde_json::to_vec(&what).unwrap_or_default();
        let hash: [u8; 32] = Sha256::digest(text).into();
        hash.first_chunk().copied().unwrap_or_default()
    }
}

/// A listing that is ready to be asked for.
pub(super) struct Asked {
    pub(super) query: Query,
    list: ListId,
    most: Option<u64>,
}

impl Asked {
    /// Asks for it.
    pub(super) async fn of<T: Kept + Send>(&self, store: &dyn Store, cx: &Context) -> Result<Listed<Loaded<T>>, Error> {
        let page = store.page::<T>(cx.tenant_id(), &self.query).await?;
        Ok(listed(page, self.list, self.most))
    }
}
