//! The tenant itself.

use super::Desk;
use crate::error::{Denied, Error};
use crate::id::UserId;
use crate::model::{Credential, Loaded, RecordId, SeatContract, Tenant, User, Version};
use crate::rules::{Context, Decision, tenant};
use crate::store::{Counter, Lookup};

/// What the tenant as a whole has: its name, its contract, its owner.
#[derive(Debug, Clone, Copy)]
pub struct TenantDesk<'a>(pub(super) &'a Desk, pub(super) Option<Version>);

impl TenantDesk<'_> {
    /// The same, for a tenant as somebody read it: an edit is refused as [`Error::Stale`], with what was changed since, unless
    /// it still has this version (D4). [`load`](TenantDesk::load) tells it. It matters to the calls that change one tenant; an
    /// edit without a version acts on what is there.
    #[must_use]
    pub fn if_unchanged(self, version: Version) -> Self {
        Self(self.0, Some(version))
    }

    /// The tenant. Whoever is signed in may see it.
    ///
    /// # Errors
    /// [`Denied::NotSignedIn`](crate::Denied::NotSignedIn).
    pub async fn get(&self) -> Result<Tenant, Error> {
        Ok(self.load().await?.value)
    }

    /// The tenant, with the version that [`if_unchanged`](TenantDesk::if_unchanged) takes. Whoever is signed in may see it.
    ///
    /// # Errors
    /// [`Denied::NotSignedIn`](crate::Denied::NotSignedIn).
    pub async fn load(&self) -> Result<Loaded<Tenant>, Error> {
        Ok(self.0.context().await?.tenant)
    }

    /// Renames the tenant.
    ///
    /// # Errors
    /// As [`tenant::rename`].
    pub async fn rename(&self, name: &str) -> Result<Tenant, Error> {
        self.changing(|cx| tenant::rename(cx, name)).await
    }

    /// Changes the seat contract. The host's own code only.
    ///
    /// # Errors
    /// As [`tenant::change_seat_contract`].
    pub async fn change_seat_contract(&self, seats: SeatContract) -> Result<Tenant, Error> {
        let (desk, read) = (self.0, self.1);
        desk.act(|cx| async move {
            let used = desk.tenure.inner.store.counter(cx.tenant_id(), Counter::Seats).await?;
            let decided = tenant::change_seat_contract(&cx, seats, used);
            desk.about(read, Some(&cx.tenant), decided).await
        })
        .await
    }

    /// Hands the tenant over to another administrator. Only the owner may, or the host's own code (PS5).
    ///
    /// # Errors
    /// As [`tenant::hand_over`].
    pub async fn hand_over(&self, to: UserId) -> Result<Tenant, Error> {
        let (desk, read) = (self.0, self.1);
        desk.act(|cx| async move {
            let heir = desk.heir(&cx, to).await?;
            let heir = heir.as_ref();
            let decided = tenant::hand_over(
                &cx,
                heir.map(|heir| &heir.user),
                heir.and_then(|heir| heir.credential.as_ref()),
            );
            desk.about(read, Some(&cx.tenant), decided).await
        })
        .await
    }

    /// Takes the whole tenant out of use: nobody can log in, and no session is usable. The host's own code only.
    ///
    /// # Errors
    /// As [`tenant::suspend`].
    pub async fn suspend(&self) -> Result<Tenant, Error> {
        self.changing(tenant::suspend).await
    }

    /// Brings a suspended tenant back into use. The host's own code only.
    ///
    /// # Errors
    /// As [`tenant::reinstate`].
    pub async fn reinstate(&self) -> Result<Tenant, Error> {
        self.changing(tenant::reinstate).await
    }

    async fn changing<R>(&self, rule: R) -> Result<Tenant, Error>
    where
        R: Fn(&Context) -> Result<Decision<Tenant>, Denied>,
    {
        let (desk, read, rule) = (self.0, self.1, &rule);
        desk.act(|cx| async move { desk.about(read, Some(&cx.tenant), rule(&cx)).await })
            .await
    }
}

impl Desk {
    /// A user who may come to own the tenant, with what they prove themselves with.
    pub(super) async fn heir(&self, cx: &Context, user: UserId) -> Result<Option<tenant::Heir>, Error> {
        let wanted = [Lookup::from(user), Lookup::Id(RecordId::Credential(user))];
        let found = self.tenure.inner.store.load(cx.tenant_id(), &wanted).await?;
        let mut found = found.into_iter();
        let user = found.next().flatten().and_then(Loaded::cast::<User>);
        let credential = found.next().flatten().and_then(Loaded::cast::<Credential>);
        Ok(user.map(|user| tenant::Heir { user, credential }))
    }
}
