//! Login history and event log.

use super::{AttemptSearch, Desk, Listed, Listing};
use crate::error::Error;
use crate::id::UserId;
use crate::model::{Attempt, RecordKind};
use crate::rules::Operation;
use crate::store::{FeedEntry, FeedPosition, Filter};

/// Who tried to log in, and what happened.
#[derive(Debug, Clone, Copy)]
pub struct History<'a>(pub(super) &'a Desk);

impl History<'_> {
    /// The login attempts of one user, newest first, with the true outcome (L4).
    ///
    /// # Errors
    /// [`Denied::Forbidden`](crate::Denied::Forbidden); an empty page for whom the actor cannot see.
    pub async fn attempts(&self, user: UserId, listing: Listing) -> Result<Listed<Attempt>, Error> {
        self.list_attempts(listing.filter(Filter::OfUser(user))).await
    }

    /// All login attempts, newest first; also those under login names that nobody has. Takes `history.read` everywhere.
    ///
    /// # Errors
    /// [`Denied::Forbidden`](crate::Denied::Forbidden).
    pub async fn all_attempts(&self, listing: Listing) -> Result<Listed<Attempt>, Error> {
        self.0.context().await?.permit_everywhere(Operation::ReadAttempts)?;
        self.list_attempts(listing).await
    }

    /// Looks for login attempts, newest first, among those of the users whom the actor sees; and whoever may read them
    /// everywhere also sees those under login names that nobody has.
    ///
    /// # Errors
    /// [`Denied::Forbidden`](crate::Denied::Forbidden).
    pub async fn search(&self, search: AttemptSearch) -> Result<Listed<Attempt>, Error> {
        self.list_attempts(search.0).await
    }

    async fn list_attempts(&self, listing: Listing) -> Result<Listed<Attempt>, Error> {
        let cx = self.0.context().await?;
        let scope = cx.scope(Operation::ReadAttempts)?;
        let asked = listing.descending().ask(RecordKind::Attempt, &cx, scope)?;
        let page = asked.of::<Attempt>(&*self.0.tenure.inner.store, &cx).await?;
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
