//! For hosts with one tenant: the same calls, without naming it.

use super::{SignIn, SignedIn, Tenure};
use crate::desk::Desk;
use crate::error::Error;
use crate::id::TenantId;
use crate::model::{Client, Tenant};
use crate::password::Password;
use crate::rules::tenant::{Founded, Founding};
use crate::store::StoreExt;

/// The one tenant of a host that has no more. From [`Tenure::single_tenant`].
#[derive(Debug, Clone, Copy)]
pub struct SingleTenant<'a>(&'a Tenure);

impl Tenure {
    /// For hosts with one tenant: it is always [`TenantId::SINGLE`].
    pub fn single_tenant(&self) -> SingleTenant<'_> {
        SingleTenant(self)
    }
}

impl SingleTenant<'_> {
    /// Its id, as sessions and events name it.
    pub fn id(&self) -> TenantId {
        TenantId::SINGLE
    }

    /// Whether it was founded: if not, the host shows its set-up page.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn is_founded(&self) -> Result<bool, Error> {
        let tenant = self.0.inner.store.get::<Tenant>(self.id(), self.id()).await?;
        Ok(tenant.is_some())
    }

    /// Founds it. Can be done once.
    ///
    /// # Errors
    /// As [`Tenure::found`]; [`Error::Conflict`] where it was done before.
    pub async fn found(&self, founding: Founding) -> Result<Founded, Error> {
        self.0.found(founding.id(self.id())).await
    }

    /// Logs somebody in.
    ///
    /// # Errors
    /// As [`Tenure::sign_in`].
    pub async fn sign_in(
        &self,
        login: impl Into<String>,
        password: impl Into<Password>,
        client: Client,
    ) -> Result<SignedIn, Error> {
        self.0
            .sign_in(SignIn::new(self.id(), login, password).client(client))
            .await
    }

    /// The desk of the host's own code.
    ///
    /// # Errors
    /// As [`Tenure::system`].
    pub fn system(&self, reason: &str) -> Result<Desk, Error> {
        self.0.system(self.id(), reason)
    }
}
