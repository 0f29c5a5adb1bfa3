//! Login history and event log.

use std::collections::{BTreeMap, BTreeSet};

use super::{AttemptSearch, Desk, Listed, Listing};
use crate::error::Error;
use crate::id::{UnitId, UserId};
use crate::model::{Attempt, Loaded, OrgUnit, Record, RecordId, RecordKind};
use crate::rules::feed::{self, EventSearch, FeedPage};
use crate::rules::rights::Units;
use crate::rules::{Context, Operation};
use crate::store::{FeedEntry, FeedPosition, Filter, Lookup};

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

    /// Looks for events, oldest first: in the whole log for whoever may read it everywhere, or else what is about the users,
    /// employees and units of their part. So many are looked through a call: a page may be empty and be followed by another;
    /// go on from [`FeedPage::position`] while there is [`more`](FeedPage::more).
    ///
    /// # Errors
    /// [`Denied::Forbidden`](crate::Denied::Forbidden).
    pub async fn search_events(&self, search: EventSearch) -> Result<FeedPage, Error> {
        let cx = self.0.context().await?;
        cx.permit(Operation::ReadEvents)?;
        let (store, tenant) = (&self.0.tenure.inner.store, cx.tenant_id());
        let mut entries = store.feed(tenant, search.after, EventSearch::LOOKED_THROUGH).await?;
        let more = entries.len() == EventSearch::LOOKED_THROUGH as usize;
        let position = entries.last().map_or(search.after, |entry| entry.position);
        entries.retain(|entry| search.passes(&entry.event));
        if cx.permit_everywhere(Operation::ReadEvents).is_err() {
            let named: Vec<Lookup> = feed::named(entries.iter().map(|entry| &entry.event))
                .into_iter()
                .collect();
            let found = self.0.load_all_records(&cx, &named).await?;
            let around = self.0.units_of(&cx, found.values()).await?;
            entries.retain(|entry| feed::may_see(&cx, &entry.event, &found, &around));
        }
        Ok(FeedPage::new(entries, position, more))
    }

    /// What happened behind a position, in order; [`EventSearch::MOST_READ`] events a call at most. Whoever reads on from the last
    /// position misses nothing. Takes `history.read` everywhere.
    ///
    /// # Errors
    /// [`Denied::Forbidden`](crate::Denied::Forbidden).
    pub async fn events(&self, after: FeedPosition, limit: u32) -> Result<Vec<FeedEntry>, Error> {
        let cx = self.0.context().await?;
        cx.permit_everywhere(Operation::ReadEvents)?;
        Ok(self
            .0
            .tenure
            .inner
            .store
            .feed(cx.tenant_id(), after, limit.min(EventSearch::MOST_READ))
            .await?)
    }
}

impl Desk {
    async fn load_all_records(
        &self,
        cx: &Context,
        wanted: &[Lookup],
    ) -> Result<BTreeMap<RecordId, Loaded<Record>>, Error> {
        if wanted.is_empty() {
            return Ok(BTreeMap::new());
        }
        let found = self.tenure.inner.store.load(cx.tenant_id(), wanted).await?;
        Ok(found
            .into_iter()
            .flatten()
            .map(|record| (record.value.id(), record))
            .collect())
    }

    /// The units that users and employees belong to.
    async fn units_of(&self, cx: &Context, records: impl Iterator<Item = &Loaded<Record>>) -> Result<Units, Error> {
        let of = |record: &Loaded<Record>| match &record.value {
            Record::User(user) => user.units(),
            Record::Employee(employee) => employee.unit.into_iter().collect(),
            _ => BTreeSet::new(),
        };
        let units: BTreeSet<UnitId> = records.flat_map(of).collect();
        let wanted: Vec<Lookup> = units.into_iter().map(Lookup::from).collect();
        let found = self.load_all_records(cx, &wanted).await?.into_values();
        let units = found.filter_map(Loaded::cast::<OrgUnit>);
        Ok(Units(units.map(|unit| (unit.id, unit)).collect()))
    }
}
