//! Changing the own address (PS7, IF8).

use super::Me;
#[expect(unused_imports, reason = "the documentation links to it")]
use crate::error::Denied;
use crate::error::Error;
use crate::model::{Loaded, User};
use crate::rules::Context;
use crate::rules::addresses::{self, ChangeAddress, Proof};
use crate::rules::request_count::RequestCount;
use crate::store::StoreExt;

impl Me<'_> {
    /// Asks for another address of one's own. Until it takes effect, the old one is good and the new one is kept; when it does,
    /// the policy says ([`AddressChangePolicy`](crate::AddressChangePolicy)): after a delay, once a link mailed to the new
    /// address was followed, or both. The old address is told, and can stop it. Where the address is the user name too, both
    /// change. A change that was pending gives way to this one.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use tenure::mail::{CourierMode, LinkBase, MemoryMailer, links};
    /// # use tenure::store::MemoryStore;
    /// # use tenure::text::EmailAddress;
    /// # use tenure::{ChangeAddress, Client, Founding, NewUser, SignIn, Tenure};
    /// # tokio::runtime::Runtime::new()?.block_on(async {
    /// # let mailer = Arc::new(MemoryMailer::new());
    /// # let tenure = Tenure::builder(Arc::new(MemoryStore::new()), mailer.clone())
    /// #     .links(LinkBase::new("https://backoffice.example.com")?)
    /// #     .courier(CourierMode::Manual)
    /// #     .build()?;
    /// # let owner = NewUser::new("Ada", "Lovelace", "ada@old.example");
    /// # let founded = tenure.found(Founding::new("Nordwind", owner, "Correct-Horse-7")).await?;
    /// # let tenant = founded.tenant.id;
    /// # let login = tenure.sign_in(SignIn::new(tenant, "ada@old.example", "Correct-Horse-7")).await?;
    /// # let principal = tenure.authenticate(login.token.expose(), &Client::unknown()).await?;
    /// let desk = tenure.desk(&principal);
    /// let typo = desk.me().change_address(ChangeAddress::new("ada@new.example", "ada@mew.example")).await;
    /// assert_eq!(typo.unwrap_err().denied().unwrap().fields(), ["repeated"]);
    ///
    /// let user = desk.me().change_address(ChangeAddress::new("ada@new.example", "ada@new.example")).await?;
    /// assert_eq!(user.address.as_str(), "ada@old.example", "not before it is confirmed");
    ///
    /// tenure.courier().deliver_due().await?;
    /// # let mail = mailer.last_to(&EmailAddress::new("ada@new.example")?).unwrap();
    /// # let token = links(&mail)[0].rsplit_once('=').unwrap().1.to_owned();
    /// let user = tenure.confirm_address(&token).await?;
    /// assert_eq!(user.address.as_str(), "ada@new.example");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`addresses::change_own`]; [`Denied::TooManyAttempts`], [`Denied::MailNotReady`], [`Error::Busy`].
    pub async fn change_address(&self, change: ChangeAddress) -> Result<User, Error> {
        let (desk, read) = (self.0, self.1);
        // An API key has no login, so none that is recent.
        let signed_in_at = self.signed_in_at()?;
        let checked = match &change.current_password {
            Some(password) => {
                let check = |cx: &Context, user: &Loaded<User>| addresses::check_own(cx, Some(user), &change);
                Some(self.compare(password, check).await?)
            }
            None => None,
        };
        let (change, checked) = (&change, &checked);
        desk.act(|cx| async move {
            let (user, credential, _) = self.account(&cx).await?;
            let asked = RequestCount::of_address(user.id, cx.policy.address_change.per_hour);
            let counted = desk.tenure.inner.store.get(cx.tenant_id(), asked.id()).await?;
            let proof = Proof {
                signed_in_at,
                credential,
                password: checked.clone(),
                asked: asked.loaded(counted),
            };
            let decided = addresses::change_own(&cx, Some(&user), change, &proof);
            let decision = desk.about_own(read, Some(&user), decided).await?;
            desk.ask_mailer_for(&decision).await?;
            Ok(decision)
        })
        .await
    }

    /// Calls off the own change of address.
    ///
    /// # Errors
    /// As [`addresses::cancel_own`].
    pub async fn cancel_address_change(&self) -> Result<User, Error> {
        self.session()?;
        let (desk, read, user) = (self.0, self.1, self.id()?);
        desk.act(|cx| async move {
            let user = desk.tenure.inner.store.get::<User>(cx.tenant_id(), user).await?;
            let decided = addresses::cancel_own(&cx, user.as_ref());
            desk.about_own(read, user.as_ref(), decided).await
        })
        .await
    }
}
