//! Org units.

use super::{Desk, Listed, Listing};
use crate::error::Error;
use crate::id::UnitId;
use crate::model::{Loaded, OrgUnit, RecordKind, Version};
use crate::rules::Operation;
use crate::rules::units::{self, NewUnit};
use crate::store::{Filter, Lookup, Query, StoreExt};

/// Org units: companies, clients, departments, in trees.
#[derive(Debug, Clone, Copy)]
pub struct Units<'a>(pub(super) &'a Desk, pub(super) Option<Version>);

impl Units<'_> {
    /// The same, for a unit as somebody read it: an edit is refused as [`Error::Stale`], with what was changed since, unless
    /// it still has this version (D4). [`load`](Units::load) tells it. It matters to the calls that change one unit; an
    /// edit without a version acts on what is there.
    #[must_use]
    pub fn if_unchanged(self, version: Version) -> Self {
        Self(self.0, Some(version))
    }

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
        let (desk, read) = (self.0, self.1);
        desk.act(|cx| async move {
            let unit = desk.tenure.inner.store.get(cx.tenant_id(), unit).await?;
            let decided = units::rename(&cx, unit.as_ref(), name);
            desk.about(read, unit.as_ref(), decided).await
        })
        .await
    }

    /// Moves a unit, with all below it, below another one, or to the top. Takes `units.manage` at both places.
    ///
    /// # Errors
    /// As [`units::move_below`].
    pub async fn move_below(&self, unit: UnitId, parent: Option<UnitId>) -> Result<OrgUnit, Error> {
        let (desk, read) = (self.0, self.1);
        desk.act(|cx| async move {
            let (store, tenant) = (&desk.tenure.inner.store, cx.tenant_id());
            let wanted: Vec<Lookup> = [Some(unit), parent].into_iter().flatten().map(Lookup::from).collect();
            let mut found = store.load(tenant, &wanted).await?.into_iter();
            let loaded = found.next().flatten().and_then(Loaded::cast::<OrgUnit>);
            let above = parent.map(|_| found.next().flatten().and_then(Loaded::cast::<OrgUnit>));
            let below = Query::new(RecordKind::Unit, cx.now).filter(Filter::Within(unit));
            let subtree = store.all(tenant, below).await?;
            let decided = units::move_below(&cx, loaded.as_ref(), above.as_ref().map(Option::as_ref), &subtree);
            desk.about(read, loaded.as_ref(), decided).await
        })
        .await
    }

    /// Removes a unit that nothing is in. Takes `units.manage` there.
    ///
    /// # Errors
    /// As [`units::remove`]; [`Denied::InUse`](crate::Denied::InUse) with the count.
    pub async fn remove(&self, unit: UnitId) -> Result<(), Error> {
        let (desk, read) = (self.0, self.1);
        desk.act(|cx| async move {
            let unit = desk.tenure.inner.store.get(cx.tenant_id(), unit).await?;
            let decided = units::remove(&cx, unit.as_ref());
            desk.about(read, unit.as_ref(), decided).await
        })
        .await
    }

    /// One unit, with the version that [`if_unchanged`](Units::if_unchanged) takes.
    ///
    /// # Errors
    /// [`Denied::Forbidden`](crate::Denied::Forbidden), [`Denied::NotFound`](crate::Denied::NotFound).
    pub async fn load(&self, unit: UnitId) -> Result<Loaded<OrgUnit>, Error> {
        let cx = self.0.context().await?;
        cx.permit(Operation::ReadUnits)?;
        let unit = self.0.tenure.inner.store.get(cx.tenant_id(), unit).await?;
        Ok(units::seen(&cx, unit.as_ref())?)
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
