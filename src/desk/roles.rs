//! Roles.

use super::{Desk, Listed, Listing};
use crate::error::Error;
use crate::id::RoleId;
use crate::model::{RecordKind, Role, Scope};
use crate::rules::Operation;
use crate::rules::roles::{self, NewRole};
use crate::store::StoreExt;

/// Roles: named sets of permissions.
#[derive(Debug, Clone, Copy)]
pub struct Roles<'a>(pub(super) &'a Desk);

impl Roles<'_> {
    /// Adds a role. Takes `roles.manage` everywhere, and every permission that the role holds.
    ///
    /// # Errors
    /// As [`roles::add`]; [`Denied::RoleNameTaken`](crate::Denied::RoleNameTaken).
    pub async fn add(&self, role: NewRole) -> Result<Role, Error> {
        let role = &role;
        self.0.act(|cx| async move { Ok(roles::add(&cx, role)?) }).await
    }

    /// Gives a role another name and other permissions. Whoever has it gains and loses with their next request.
    ///
    /// # Errors
    /// As [`roles::edit`]; [`Denied::RoleNameTaken`](crate::Denied::RoleNameTaken).
    pub async fn edit(&self, role: RoleId, to: NewRole) -> Result<Role, Error> {
        let (desk, to) = (self.0, &to);
        desk.act(|cx| async move {
            let role = desk.tenure.inner.store.get(cx.tenant_id(), role).await?;
            Ok(roles::edit(&cx, role.as_ref(), to)?)
        })
        .await
    }

    /// Removes a role that nobody has.
    ///
    /// # Errors
    /// As [`roles::remove`]; [`Denied::InUse`](crate::Denied::InUse) with the count (R7).
    pub async fn remove(&self, role: RoleId) -> Result<(), Error> {
        let desk = self.0;
        desk.act(|cx| async move {
            let role = desk.tenure.inner.store.get(cx.tenant_id(), role).await?;
            Ok(roles::remove(&cx, role.as_ref())?)
        })
        .await
    }

    /// Lists roles. They say what, never where, so whoever may see any sees all.
    ///
    /// # Errors
    /// [`Denied::Forbidden`](crate::Denied::Forbidden).
    pub async fn list(&self, listing: Listing) -> Result<Listed<Role>, Error> {
        let cx = self.0.context().await?;
        cx.permit(Operation::ReadRoles)?;
        let asked = listing.ask(RecordKind::Role, &cx, Scope::All)?;
        let page = asked.of::<Role>(&*self.0.tenure.inner.store, &cx).await?;
        Ok(page.map(|role| role.value))
    }
}
