//! A new password by link, without being signed in (IF12, L5, L6).

use super::Tenure;
use super::sign_in::login_key;
use crate::error::{Denied, Error};
use crate::id::TenantId;
use crate::model::{Client, Credential, Loaded, RecordId, Tenant, Throttle, User};
use crate::rules::passwords::{Account, NewPassword};
use crate::rules::request_count::RequestCount;
use crate::rules::resets::{self, ResetPreview, ResetRequest};
use crate::rules::throttle;
use crate::rules::{Context, Decision};
use crate::secret::TokenPurpose;
use crate::store::Lookup;

impl Tenure {
    /// Somebody asks for a new password at the login page, by user name or address. The answer is the same whoever has that
    /// name, if anybody; the store is asked the same, and no mail goes out before it is given (L5).
    ///
    /// An active user gets a link, or, where an external provider signs them in, is told where to change the password; everybody
    /// else gets nothing (L6), nor does anybody who got as many within the hour as the policy allows.
    ///
    /// # Errors
    /// Only where the store failed, [`Error::Conflict`] and the like: nothing about users.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use tenure::mail::{CourierMode, LinkBase, MemoryMailer, links};
    /// # use tenure::{Client, Denied, Founding, NewPassword, NewUser, SignIn, Tenure, store::MemoryStore};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let mailer = Arc::new(MemoryMailer::new());
    /// # let tenure = Tenure::builder(Arc::new(MemoryStore::new()), mailer.clone())
    /// #     .links(LinkBase::new("https://backoffice.example.com")?)
    /// #     .courier(CourierMode::Manual)
    /// #     .build()?;
    /// # let ada = NewUser::new("Ada", "Lovelace", "ada@example.com");
    /// # let tenant = tenure.found(Founding::new("Nordwind", ada, "Correct-Horse-7")).await?.tenant.id;
    /// tenure.request_reset(tenant, "ada@example.com", &Client::unknown()).await?;
    /// tenure.request_reset(tenant, "nobody@example.com", &Client::unknown()).await?;
    ///
    /// tenure.courier().deliver_due().await?;
    /// let link = links(&mailer.sent()[0]).remove(0);
    /// let token = link.rsplit_once('=').ok_or("no token")?.1;
    /// assert_eq!(tenure.preview_reset(token).await?.user_name, "ada@example.com");
    /// let new = || NewPassword::new("Zitrone-42-gelb").repeated("Zitrone-42-gelb");
    /// tenure.reset_password(token, new()).await?;
    ///
    /// let again = tenure.reset_password(token, new()).await.unwrap_err();
    /// assert_eq!(again.denied(), Some(&Denied::LinkUsed));
    /// tenure.sign_in(SignIn::new(tenant, "ada@example.com", "Zitrone-42-gelb")).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn request_reset(&self, tenant: TenantId, login: &str, client: &Client) -> Result<(), Error> {
        let name = RequestCount::of_name(tenant, &login_key(login)).id();
        let network = client.address.map(|address| throttle::network(tenant, address));
        let _turn = self.inner.lines.turn(name, network).await;
        self.carry_out(|| async move {
            let request = self.load_request(tenant, login, client).await?;
            let now = self.now();
            // A tenant that does not exist is no secret, but no error of whoever asks.
            let decision = match request {
                Some(request) => resets::request(&request, &self.inner.policy, now, self.seed(now)?),
                None => Decision::nothing(),
            };
            Ok((tenant, now, decision))
        })
        .await
    }

    /// What the link to set a new password is for. Changes nothing, any number of times: mail scanners open links (T6).
    ///
    /// # Errors
    /// [`Denied::LinkUnknown`], [`Denied::LinkUsed`], [`Denied::LinkEnded`], [`Denied::LinkExpired`].
    pub async fn preview_reset(&self, token: &str) -> Result<ResetPreview, Error> {
        let link = self.load_link(token, TokenPurpose::Reset).await?;
        Ok(resets::preview(&link, &self.inner.policy, self.now())?)
    }

    /// Sets the password of whoever got this link by mail, and with it ends all their sessions, all other links and one-time
    /// passwords, and the lock after failed logins. Signs nobody in; see [`request_reset`](Tenure::request_reset) for an
    /// example.
    ///
    /// # Errors
    /// As [`preview_reset`](Tenure::preview_reset), and [`Denied::Invalid`] naming `password` with every broken rule, and
    /// `repeated`; [`Error::Busy`].
    pub async fn reset_password(&self, token: &str, new: NewPassword) -> Result<(), Error> {
        let link = self.load_link(token, TokenPurpose::Reset).await?;
        resets::check_reset(&link, &new, &self.inner.policy, self.now())?;
        let hash = self.hash(new.password.clone()).await?;
        self.carry_out(|| {
            let (new, hash) = (&new, hash.clone());
            async move {
                let link = self.load_link(token, TokenPurpose::Reset).await?;
                let (tenant, now) = (link.tenant.id, self.now());
                let (credential, throttle) = self.load_secret(tenant, &link.user).await?;
                let cx = Context::of_subject(link.user.id, &link.tenant, &self.inner.policy, now, self.seed(now)?);
                let account = Account {
                    user: &link.user,
                    credential: &credential.ok_or(Denied::LinkUnknown)?,
                    throttle: throttle.as_ref(),
                };
                let decision = resets::reset(&cx, &link, new, hash, &account)?;
                Ok((tenant, now, decision))
            }
        })
        .await
    }

    /// Two calls, whether or not anybody has the login name (L5). Nothing where there is no such tenant.
    async fn load_request(
        &self,
        tenant: TenantId,
        login: &str,
        client: &Client,
    ) -> Result<Option<ResetRequest>, Error> {
        let (store, policy) = (&self.inner.store, &self.inner.policy);
        let key = login_key(login);
        let user = self.find_by_login(tenant, &key).await?;
        let account = match &user {
            Some(user) => RequestCount::of_account(user.id, policy.reset_mails_per_hour),
            None => RequestCount::of_unknown(tenant, &key),
        };
        let name = RequestCount::of_name(tenant, &key);
        let most = policy.reset_requests_per_network;
        let network = client
            .address
            .map(|address| RequestCount::of_network(tenant, address, most));
        let counts = [
            Some(name.id()),
            Some(account.id()),
            network.as_ref().map(RequestCount::id),
        ];
        let wanted: Vec<Lookup> = std::iter::once(Lookup::from(tenant))
            .chain(counts.into_iter().flatten().map(RecordId::Throttle).map(Lookup::Id))
            .collect();
        let mut found = store.load(tenant, &wanted).await?.into_iter();
        let tenant = found.next().flatten().and_then(Loaded::cast::<Tenant>);
        let mut counted = || found.next().flatten().and_then(Loaded::cast::<Throttle>);
        let (name, account) = (name.loaded(counted()), account.loaded(counted()));
        let counted_network = counted();
        Ok(tenant.map(|tenant| ResetRequest {
            tenant,
            user,
            name,
            account,
            network: network.map(|network| network.loaded(counted_network)),
        }))
    }

    /// What a user proves themselves with, and what is remembered of failed logins, in one call.
    pub(crate) async fn load_secret(
        &self,
        tenant: TenantId,
        user: &User,
    ) -> Result<(Option<Loaded<Credential>>, Option<Loaded<Throttle>>), Error> {
        let wanted = [
            Lookup::Id(RecordId::Credential(user.id)),
            Lookup::Id(RecordId::Throttle(throttle::account(user.id))),
        ];
        let mut found = self.inner.store.load(tenant, &wanted).await?.into_iter();
        let credential = found.next().flatten().and_then(Loaded::cast);
        let throttle = found.next().flatten().and_then(Loaded::cast);
        Ok((credential, throttle))
    }
}
