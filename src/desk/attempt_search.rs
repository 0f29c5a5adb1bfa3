//! The login history: which attempts somebody looks for (BI9).

use super::{Listing, PageCursor};
use crate::clock::Timestamp;
use crate::id::UserId;
use crate::model::Ended;
use crate::store::Filter;
use crate::text::AddressPattern;

/// Which attempts somebody looks for, newest first. All of what is said must hold.
#[derive(Debug, Clone, Default)]
#[must_use]
pub struct AttemptSearch(pub(super) Listing);

impl AttemptSearch {
    /// All of them.
    pub fn new() -> Self {
        Self::default()
    }

    /// Only those under this user's login names.
    pub fn of(self, user: UserId) -> Self {
        Self(self.0.filter(Filter::OfUser(user)))
    }

    /// Only those of users who are found by this text, as [`Listing::search`] finds them.
    pub fn user(self, text: impl AsRef<str>) -> Self {
        Self(self.0.search(text))
    }

    /// Only those at this instant or later.
    pub fn from(self, from: Timestamp) -> Self {
        Self(self.0.since(from))
    }

    /// Only those before this instant.
    pub fn to(self, to: Timestamp) -> Self {
        Self(self.0.before(to))
    }

    /// Only those that ended so.
    pub fn ended(self, ended: Ended) -> Self {
        Self(self.0.ended([ended]))
    }

    /// Only those from these addresses.
    pub fn at(self, addresses: AddressPattern) -> Self {
        Self(self.0.from(addresses))
    }

    /// From where the page before ended.
    pub fn after(self, after: Option<PageCursor>) -> Self {
        Self(self.0.after(after))
    }

    /// So many a page at most.
    pub fn limit(self, limit: u32) -> Self {
        Self(self.0.limit(limit))
    }

    /// Counts all that match, up to [`Listing::COUNTED`].
    pub fn total(self) -> Self {
        Self(self.0.total())
    }
}
