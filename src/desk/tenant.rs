//! The tenant itself.

use super::Desk;
use crate::error::Error;
use crate::id::UserId;
use crate::model::{SeatContract, Tenant, User};
use crate::rules::tenant;
use crate::store::{Counter, StoreExt};

/// What the tenant as a whole has: its name, its contract, its owner.
#[derive(Debug, Clone, Copy)]
pub struct TenantDesk<'a>(pub(super) &'a Desk);

impl TenantDesk<'_> {
    /// The tenant. Whoever is signed in may see it.
    ///
    /// # Errors
    /// [`Denied::NotSignedIn`](crate::Denied::NotSignedIn).
    pub async fn get(&self) -> Result<Tenant, Error> {
        Ok(self.0.context().await?.tenant.value)
    }

    /// Renames the tenant.
    ///
    /// # Errors
    /// As [`tenant::rename`].
    pub async fn rename(&self, name: &str) -> Result<Tenant, Error> {
        self.0.act(|cx| async move { Ok(tenant::rename(&cx, name)?) }).await
    }

    /// Changes the seat contract. The host's own code only.
    ///
    /// # Errors
    /// As [`tenant::change_seat_contract`].
    pub async fn change_seat_contract(&self, seats: SeatContract) -> Result<Tenant, Error> {
        let desk = self.0;
        desk.act(|cx| async move {
            let used = desk.tenure.inner.store.counter(cx.tenant_id(), Counter::Seats).await?;
            Ok(tenant::change_seat_contract(&cx, seats, used)?)
        })
        .await
    }

    /// Hands the tenant over to another administrator. Only the owner may, or the host's own code (PS5).
    ///
    /// # Errors
    /// As [`tenant::hand_over`].
    pub async fn hand_over(&self, to: UserId) -> Result<Tenant, Error> {
        let desk = self.0;
        desk.act(|cx| async move {
            let to = desk.tenure.inner.store.get::<User>(cx.tenant_id(), to).await?;
            Ok(tenant::hand_over(&cx, to.as_ref())?)
        })
        .await
    }

    /// Takes the whole tenant out of use: nobody can log in, and no session is usable. The host's own code only.
    ///
    /// # Errors
    /// As [`tenant::suspend`].
    pub async fn suspend(&self) -> Result<Tenant, Error> {
        self.0.act(|cx| async move { Ok(tenant::suspend(&cx)?) }).await
    }

    /// Brings a suspended tenant back into use. The host's own code only.
    ///
    /// # Errors
    /// As [`tenant::reinstate`].
    pub async fn reinstate(&self) -> Result<Tenant, Error> {
        self.0.act(|cx| async move { Ok(tenant::reinstate(&cx)?) }).await
    }
}
