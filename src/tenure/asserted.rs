//! Logins through an external provider.

use super::{SignedIn, Tenure};
use crate::error::{Denied, Error};
use crate::id::TenantId;
use crate::model::{Client, ExternalIdentity, RefusalReason, Tenant, UniqueKey, User};
use crate::rules::identity::{self, Assertion};
use crate::secret::{Token, TokenPurpose};
use crate::store::StoreExt;

impl Tenure {
    /// Logs in whoever has this identity, without a password: the host has verified the provider's assertion, and vouches for
    /// it. Everything else is asked as for any login, and every attempt is in the history.
    ///
    /// Who it is, provider and subject tell; what the provider says of addresses is of no account.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use tenure::mail::{CourierMode, LinkBase, MemoryMailer};
    /// # use tenure::model::ExternalIdentity;
    /// # use tenure::store::MemoryStore;
    /// # use tenure::text::{Name, Subject};
    /// # use tenure::{Client, Denied, Founding, NewUser, Policy, Provider, Tenure};
    /// # tokio::runtime::Runtime::new()?.block_on(async {
    /// let mut policy = Policy::default();
    /// policy.providers.insert(Name::new("Entra")?, Provider::new().password_place("https://account.example.com"));
    /// # let tenure = Tenure::builder(Arc::new(MemoryStore::new()), Arc::new(MemoryMailer::new()))
    /// #     .links(LinkBase::new("https://backoffice.example.com")?)
    /// #     .courier(CourierMode::Manual)
    /// #     .policy(policy)
    /// #     .build()?;
    /// # let owner = NewUser::new("Ada", "Lovelace", "ada@nordwind.example");
    /// # let founded = tenure.found(Founding::new("Nordwind", owner, "Correct-Horse-7")).await?;
    /// # let tenant = founded.tenant.id;
    /// let desk = tenure.system(tenant, "directory")?;
    /// desk.users().link_identity(founded.owner.id, "Entra", "7f3a-ada").await?;
    ///
    /// let ada = ExternalIdentity { provider: Name::new("Entra")?, subject: Subject::new("7f3a-ada")? };
    /// let login = tenure.sign_in_asserted(tenant, ada, Client::unknown()).await?;
    /// assert_eq!(login.user, founded.owner.id);
    ///
    /// let stranger = ExternalIdentity { provider: Name::new("Entra")?, subject: Subject::new("eve")? };
    /// let refused = tenure.sign_in_asserted(tenant, stranger, Client::unknown()).await;
    /// assert_eq!(refused.unwrap_err().denied(), Some(&Denied::SignInRefused));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`Denied::SignInRefused`], whatever the reason.
    pub async fn sign_in_asserted(
        &self,
        tenant: TenantId,
        identity: ExternalIdentity,
        client: Client,
    ) -> Result<SignedIn, Error> {
        let token = Token::mint(TokenPurpose::Session, *tenant.as_uuid(), &*self.inner.random)?;
        let (identity, client, hash) = (&identity, &client, token.hash());
        let decided = self
            .carry_out(|| async move {
                let store = &self.inner.store;
                let user = store.find::<User>(tenant, UniqueKey::identity(identity)).await?;
                let record = store
                    .get::<Tenant>(tenant, tenant)
                    .await?
                    .ok_or(Denied::SignInRefused)?;
                let assertion = Assertion {
                    tenant: &record,
                    user: user.as_ref(),
                    client,
                    token: hash,
                };
                let now = self.now();
                let decision = identity::sign_in(&assertion, &self.inner.policy, now, self.seed(now)?);
                Ok((tenant, now, decision))
            })
            .await?;
        let session = decided.map_err(|_: RefusalReason| Denied::SignInRefused)?;
        Ok(SignedIn {
            token,
            session: session.id,
            user: session.user,
            expires_at: session.expires_at,
        })
    }
}
