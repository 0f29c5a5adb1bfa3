//! From where users may come, what locks them out, and why they cannot do something.

use std::collections::BTreeSet;

use super::{Desk, Users, Who};
use crate::error::Error;
use crate::id::{UnitId, UserId};
use crate::model::{Client, Permission, User};
use crate::rules::Operation;
use crate::rules::allowlists::{self, AllowlistChange};
use crate::rules::effective::{self, EffectiveRights};
use crate::rules::explain::{self, PermissionReport};
use crate::rules::lockouts::{self, Lockout};
use crate::rules::login::Obstacle;
use crate::rules::throttle::{self, Tally};
use crate::store::StoreExt;
use crate::text::AddressPattern;

impl Users<'_> {
    /// Changes from where a user may come (BI10): to a list, or by an [`AllowlistChange`].
    ///
    /// # Errors
    /// As [`allowlists::change_allowlist`]: [`Denied::ShutsYouOut`](crate::Denied::ShutsYouOut) where it is the actor's own
    /// and does not let them in where they are now, unless it is [forced](AllowlistChange::forced).
    pub async fn change_allowlist(&self, user: UserId, change: impl Into<AllowlistChange>) -> Result<User, Error> {
        let (change, from) = (change.into(), self.0.client());
        self.on(user, |cx, subject| {
            allowlists::change_allowlist(cx, subject.user.as_ref(), &change, &from, &subject.around)
        })
        .await
    }

    /// Lets a user come from these addresses too. Where they could come from anywhere, from these alone.
    ///
    /// # Errors
    /// As [`change_allowlist`](Users::change_allowlist).
    pub async fn allow(&self, user: UserId, pattern: AddressPattern) -> Result<User, Error> {
        self.change_allowlist(user, AllowlistChange::allow(pattern)).await
    }

    /// No longer lets a user come from these addresses. Without its last entry the list lets in from anywhere.
    ///
    /// # Errors
    /// As [`change_allowlist`](Users::change_allowlist).
    pub async fn disallow(&self, user: UserId, pattern: AddressPattern) -> Result<User, Error> {
        self.change_allowlist(user, AllowlistChange::disallow(pattern)).await
    }

    /// Whether a user's account is locked because too many logins failed, and until when.
    ///
    /// # Errors
    /// As [`lockouts::lockout`].
    pub async fn lockout(&self, user: UserId) -> Result<Option<Lockout>, Error> {
        let (desk, cx) = (self.0, self.0.context().await?);
        cx.permit(Operation::ReadLockout)?;
        let subject = desk.subject(cx.tenant_id(), user, &[], &BTreeSet::new()).await?;
        let throttle = desk
            .tenure
            .inner
            .store
            .get(cx.tenant_id(), throttle::account(user))
            .await?;
        Ok(lockouts::lockout(
            &cx,
            subject.user.as_ref(),
            throttle,
            &subject.around,
        )?)
    }

    /// Ends the lock of a user's account before its time, and forgets what failed.
    ///
    /// # Errors
    /// As [`lockouts::end_lockout`].
    pub async fn end_lockout(&self, user: UserId) -> Result<(), Error> {
        let (desk, read) = (self.0, self.1);
        desk.act(|cx| async move {
            let subject = desk.subject(cx.tenant_id(), user, &[], &BTreeSet::new()).await?;
            let throttle = desk
                .tenure
                .inner
                .store
                .get(cx.tenant_id(), throttle::account(user))
                .await?;
            let loaded = subject.user.as_ref();
            let decided = lockouts::end_lockout(&cx, loaded, throttle.as_ref(), &subject.around);
            desk.about(read, loaded, decided).await
        })
        .await
    }

    /// Everything that would refuse a user's login now, with the right password: all at once, and until when, where that
    /// is known. Nothing where it would succeed. Without a client nothing is said of networks.
    ///
    /// # Errors
    /// As [`explain::sign_in`].
    pub async fn explain_sign_in(&self, user: UserId, client: Option<Client>) -> Result<Vec<Obstacle>, Error> {
        let (desk, cx) = (self.0, self.0.context().await?);
        cx.permit(Operation::ExplainSignIn)?;
        let (tenure, tenant) = (&desk.tenure, cx.tenant_id());
        let subject = desk.subject(tenant, user, &[], &BTreeSet::new()).await?;
        let address = client.as_ref().and_then(|client| client.address);
        let network = address.map(|address| Tally::of_network(tenant, address));
        let login = tenure
            .load_login(tenant, subject.user, Tally::of_account(user), network)
            .await?;
        let sessions = tenure.open_sessions(tenant, user).await?;
        let around = &subject.around;
        Ok(explain::sign_in(
            &cx,
            login.as_ref(),
            client.as_ref(),
            &sessions,
            around,
        )?)
    }

    /// Everything that a user may do, each permission with the grants that give it.
    ///
    /// # Errors
    /// As [`effective::effective_rights`].
    pub async fn effective_rights(&self, user: UserId) -> Result<EffectiveRights, Error> {
        let (desk, cx) = (self.0, self.0.context().await?);
        cx.permit(Operation::ReadEffectiveRights)?;
        let subject = desk.subject(cx.tenant_id(), user, &[], &BTreeSet::new()).await?;
        Ok(effective::effective_rights(
            &cx,
            subject.user.as_ref(),
            &subject.around,
        )?)
    }

    /// Which grants give a user a permission, and what stands against it: in a unit, or in the whole tenant where none is
    /// named.
    ///
    /// # Errors
    /// As [`explain::permission`].
    pub async fn explain_permission(
        &self,
        user: UserId,
        permission: &Permission,
        unit: Option<UnitId>,
    ) -> Result<PermissionReport, Error> {
        let (desk, cx) = (self.0, self.0.context().await?);
        cx.permit(Operation::ExplainPermission)?;
        let units = unit.into_iter().collect();
        let subject = desk.subject(cx.tenant_id(), user, &[], &units).await?;
        let loaded = subject.user.as_ref();
        Ok(explain::permission(&cx, loaded, permission, unit, &subject.around)?)
    }
}

impl Desk {
    /// From where the actor's request comes.
    pub(super) fn client(&self) -> Client {
        match &self.who {
            Who::Principal(principal) => principal.client().clone(),
            Who::System { .. } => Client::unknown(),
        }
    }
}
