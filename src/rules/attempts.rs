//! The login history: which attempts somebody looks for (BI9).

use crate::clock::Timestamp;
use crate::id::{AttemptId, UserId};
pub use crate::model::Ended;
use crate::model::{Attempt, AttemptOutcome, Client};
use crate::store::{Cursor, Page, Query};
use crate::text::AddressPattern;

/// Which attempts somebody looks for, newest first. All of what is said must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[must_use]
pub struct AttemptSearch {
    user: Option<UserId>,
    from: Option<Timestamp>,
    to: Option<Timestamp>,
    ended: Option<Ended>,
    addresses: Option<AddressPattern>,
    after: Option<Cursor>,
    limit: Option<u32>,
}

impl AttemptSearch {
    /// All of them.
    pub fn new() -> Self {
        Self::default()
    }

    /// Only those under this user's login names.
    pub fn of(self, user: UserId) -> Self {
        Self {
            user: Some(user),
            ..self
        }
    }

    /// Only those at this instant or later.
    pub fn from(self, from: Timestamp) -> Self {
        Self {
            from: Some(from),
            ..self
        }
    }

    /// Only those before this instant.
    pub fn to(self, to: Timestamp) -> Self {
        Self { to: Some(to), ..self }
    }

    /// Only those that ended so.
    pub fn ended(self, ended: Ended) -> Self {
        Self {
            ended: Some(ended),
            ..self
        }
    }

    /// Only those from these addresses.
    pub fn at(self, addresses: AddressPattern) -> Self {
        Self {
            addresses: Some(addresses),
            ..self
        }
    }

    /// From where the page before ended.
    pub fn after(self, after: Option<Cursor>) -> Self {
        Self { after, ..self }
    }

    /// So many a page at most.
    pub fn limit(self, limit: u32) -> Self {
        Self {
            limit: Some(limit),
            ..self
        }
    }

    /// Whose are looked for, if somebody's.
    pub fn user(&self) -> Option<UserId> {
        self.user
    }

    /// How many a query asks for: more than a page has, where some of them may not be what is looked for.
    pub fn looked_through(&self) -> u32 {
        if self.ended.is_some() || self.addresses.is_some() {
            Query::MAX_LIMIT
        } else {
            self.page_limit()
        }
    }

    fn page_limit(&self) -> u32 {
        self.limit.unwrap_or(100).clamp(1, Query::MAX_LIMIT)
    }

    /// Where a query begins, in descending order: behind the page before, or at the newest instant of interest.
    pub fn start(&self, query: &Query) -> Option<Cursor> {
        let newest = self.to.map(|at| query.place(&before(at).into()));
        self.after.clone().or(newest)
    }

    /// Those that are looked for, of a page that `query` gave.
    pub fn sift(&self, query: &Query, page: Page<Attempt>) -> Page<Attempt> {
        let limit = usize::try_from(self.page_limit()).unwrap_or(usize::MAX);
        let mut found = Page {
            next: page.next,
            items: Vec::new(),
            total: None,
        };
        for attempt in page.items {
            if self.is_over(&attempt) {
                return Page { next: None, ..found };
            }
            if found.items.len() == limit {
                let last = found.items.last().cloned();
                let next = last.map(|last| query.place(&last.into()));
                return Page { next, ..found };
            }
            if self.finds(&attempt) {
                found.items.push(attempt);
            }
        }
        found
    }

    /// Whether this one and all that are older are of no interest.
    pub fn is_over(&self, attempt: &Attempt) -> bool {
        self.from.is_some_and(|from| attempt.at < from)
    }

    /// Whether it is looked for.
    pub fn finds(&self, attempt: &Attempt) -> bool {
        let from_there = |addresses: AddressPattern| attempt.client.address.is_some_and(|at| addresses.matches(at));
        self.user.is_none_or(|user| attempt.user == Some(user))
            && !self.is_over(attempt)
            && self.to.is_none_or(|to| attempt.at < to)
            && self.ended.is_none_or(|ended| ended.is(attempt.outcome))
            && self.addresses.is_none_or(from_there)
    }
}

/// What stands in the listing where all that is older than an instant begins.
fn before(at: Timestamp) -> Attempt {
    Attempt {
        id: AttemptId::from_uuid(uuid::Uuid::nil()),
        at,
        user: None,
        client: Client::unknown(),
        outcome: AttemptOutcome::Pending,
        keep_until: at,
    }
}
