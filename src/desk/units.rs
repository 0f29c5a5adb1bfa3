//! Org units.

use super::{Desk, Listed, Listing};
use crate::error::Error;
use crate::id::UnitId;
use crate::model::{Loaded, OrgUnit, RecordKind};
use crate::rules::Operation;
use crate::rules::units::{self, NewUnit};
use crate::store::{Filter, Lookup, Query, StoreExt};

/// Org units: companies, clients, departments, in trees.
#[derive(Debug, Clone, Copy)]
pub struct Units<'a>(pub(super) &'a Desk);

impl Units<'_> {
    /// Adds a unit. Takes `units.manage`: in the unit above, or everywhere for one at the top.
    ///
    /// # Errors
    /// As [`units::add`].
    pub async fn add(&self, unit: NewUnit) -> Result<OrgUnit, Error> {
        let (desk, unit) = (self.0, &unit);
        desk.act(|cx| async move {
            let parent = match unit.parent {
                Some(parent) => desk.tenure.inner.store.get(cx.tenant_id(), parent).await?,
                None => None,
            };
            Ok(units::add(&cx, unit, parent.as_ref())?)
        })
        .await
    }

    /// Renames a unit. Takes `units.manage` there.
    ///
    /// # Errors
    /// As [`units::rename`].
    pub async fn rename(&self, unit: UnitId, name: &str) -> Result<OrgUnit, Error> {
        let desk = self.0;
        desk.act(|cx| async move {
            let unit = desk.tenure.inner.store.get(cx.tenant_id(), unit).await?;
            Ok(units::rename(&cx, unit.as_ref(), name)?)
        })
        .await
    }

    /// Moves a unit, with all below it, below another one, or to the top. Takes `units.manage` at both places.
    ///
    /// # Errors
    /// As [`units::move_below`].
    pub async fn move_below(&self, unit: UnitId, parent: Option<UnitId>) -> Result<OrgUnit, Error> {
        let desk = self.0;
        desk.act(|cx| async move {
            let (store, tenant) = (&desk.tenure.inner.store, cx.tenant_id());
            let wanted: Vec<Lookup> = [Some(unit), parent].into_iter().flatten().map(Lookup::from).collect();
            let mut found = store.load(tenant, &wanted).await?.into_iter();
            let loaded = found.next().flatten().and_then(Loaded::cast::<OrgUnit>);
            let above = parent.map(|_| found.next().flatten().and_then(Loaded::cast::<OrgUnit>));
            let below = Query::new(RecordKind::Unit, cx.now).filter(Filter::Within(unit));
            let subtree = store.all(tenant, below).await?;
            Ok(units::move_below(
                &cx,
                loaded.as_ref(),
                above.as_ref().map(Option::as_ref),
                &subtree,
            )?)
        })
        .await
    }

    /// Removes a unit that nothing is in. Takes `units.manage` there.
    ///
    /// # Errors
    /// As [`units::remove`]; [`Denied::InUse`](crate::Denied::InUse) with the count.
    pub async fn remove(&self, unit: UnitId) -> Result<(), Error> {
        let desk = self.0;
        desk.act(|cx| async move {
            let unit = desk.tenure.inner.store.get(cx.tenant_id(), unit).await?;
            Ok(units::remove(&cx, unit.as_ref())?)
        })
        .await
    }

    /// Lists units.
    ///
    /// # Errors
    /// [`Denied::Forbidden`](crate::Denied::Forbidden).
    pub async fn list(&self, listing: Listing) -> Result<Listed<OrgUnit>, Error> {
        let cx = self.0.context().await?;
        let asked = listing.ask(RecordKind::Unit, &cx, cx.scope(Operation::ReadUnits)?)?;
        let page = asked.of::<OrgUnit>(&*self.0.tenure.inner.store, &cx).await?;
        Ok(page.map(|unit| unit.value))
    }
}
