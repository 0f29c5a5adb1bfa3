//! Login history and event log.

use super::{Desk, Listing};
use crate::error::Error;
use crate::id::UserId;
use crate::model::{Attempt, RecordKind};
use crate::rules::Operation;
use crate::rules::attempts::AttemptSearch;
use crate::store::{FeedEntry, FeedPosition, Filter, Page, Query, StoreExt};

/// Who tried to log in, and what happened.
#[derive(Debug, Clone, Copy)]
pub struct History<'a>(pub(super) &'a Desk);

impl History<'_> {
    /// The login attempts of one user, newest first, with the true outcome (L4).
    ///
    /// # Errors
    /// [`Denied::Forbidden`](crate::Denied::Forbidden); an empty page for whom the actor cannot see.
    pub async fn attempts(&self, user: UserId, listing: Listing) -> Result<Page<Attempt>, Error> {
        self.list_attempts(listing.filter(Filter::OfUser(user))).await
    }

    /// All login attempts, newest first; also those under login names that nobody has. Takes `history.read` everywhere.
    ///
    /// # Errors
    /// [`Denied::Forbidden`](crate::Denied::Forbidden).
    pub async fn all_attempts(&self, listing: Listing) -> Result<Page<Attempt>, Error> {
        self.0.context().await?.permit_everywhere(Operation::ReadAttempts)?;
        self.list_attempts(listing).await
    }

    /// Looks for login attempts, newest first, among those of the users whom the actor sees; and whoever may read them
    /// everywhere also sees those under login names that nobody has.
    ///
    /// By user and time the store finds them; by outcome and address the library looks through what it found, so many at
    /// a call. A page may then be short, or empty, and be followed by another: go on while there is a
    /// [`next`](Page::next).
    ///
    /// # Errors
    /// [`Denied::Forbidden`](crate::Denied::Forbidden).
    pub async fn search(&self, search: AttemptSearch) -> Result<Page<Attempt>, Error> {
        let (cx, store) = (self.0.context().await?, &self.0.tenure.inner.store);
        let mut query = Query::new(RecordKind::Attempt, cx.now)
            .scope(cx.scope(Operation::ReadAttempts)?)
            .limit(search.looked_through())
            .descending();
        query.filters.extend(search.user().map(Filter::OfUser));
        let start = search.start(&query);
        let query = query.after(start);
        let page = store.page::<Attempt>(cx.tenant_id(), &query).await?;
        Ok(search.sift(&query, page.map(|attempt| attempt.value)))
    }

    async fn list_attempts(&self, listing: Listing) -> Result<Page<Attempt>, Error> {
        let cx = self.0.context().await?;
        let query = listing
            .descending()
            .query(RecordKind::Attempt, &cx, cx.scope(Operation::ReadAttempts)?);
        let page = self
            .0
            .tenure
            .inner
            .store
            .page::<Attempt>(cx.tenant_id(), &query)
            .await?;
        Ok(page.map(|attempt| attempt.value))
    }

    /// What happened behind a position, in order. Whoever reads on from the last position misses nothing. Takes
    /// `history.read` everywhere.
    ///
    /// # Errors
    /// [`Denied::Forbidden`](crate::Denied::Forbidden).
    pub async fn events(&self, after: FeedPosition, limit: u32) -> Result<Vec<FeedEntry>, Error> {
        let cx = self.0.context().await?;
        cx.permit_everywhere(Operation::ReadEvents)?;
        Ok(self.0.tenure.inner.store.feed(cx.tenant_id(), after, limit).await?)
    }
}
