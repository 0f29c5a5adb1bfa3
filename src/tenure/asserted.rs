//! Logins through an external provider.

use super::{SignedIn, Tenure};
use crate::error::{Denied, Error};
use crate::id::TenantId;
use crate::model::{Client, ExternalIdentity, Loaded, Tenant, UniqueKey, User};
use crate::rules::login::{self, Asserted};
use crate::rules::throttle::Tally;
use crate::secret::{Token, TokenPurpose};
use crate::store::{Lookup, StoreExt};

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
    /// [`Denied::SignInRefused`], whatever the reason; [`Denied::TooManySessions`], and where the policy says so
    /// [`Denied::AccountNotActive`].
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
                let (store, policy) = (&self.inner.store, &self.inner.policy);
                let user = store.find::<User>(tenant, UniqueKey::identity(identity)).await?;
                let account = user.as_ref().map(|user| Tally::of_account(user.id));
                let mut wanted = vec![Lookup::from(tenant)];
                wanted.extend(account.as_ref().map(|account| Lookup::from(account.id())));
                let mut found = store.load(tenant, &wanted).await?.into_iter();
                let record = found.next().flatten().and_then(Loaded::cast::<Tenant>);
                let record = record.ok_or(Denied::SignInRefused)?;
                let account = account.map(|account| account.loaded(found.next().flatten().and_then(Loaded::cast)));
                let sessions = match &user {
                    Some(user) => self.open_sessions(tenant, user.id).await?,
                    None => Vec::new(),
                };
                let asserted = Asserted {
                    tenant: &record,
                    user: user.as_ref(),
                    account,
                    sessions: &sessions,
                    client,
                    token: hash,
                };
                let now = self.now();
                let decision = login::sign_in_asserted(&asserted, policy, now, self.seed(now)?);
                Ok((tenant, now, decision))
            })
            .await?;
        Ok(SignedIn::new(token, &decided?))
    }
}
