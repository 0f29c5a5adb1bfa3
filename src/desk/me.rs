//! The principal's own account. Takes no permission, but a session: an API key reaches what it has a permission for.

mod address;

use super::{Desk, Listed, Listing, OwnApiKeys, Who};
use crate::clock::Timestamp;
use crate::error::{Denied, Error};
use crate::id::{SessionId, UserId};
use crate::model::{Credential, Loaded, RecordKind, Session, Throttle, User, Version};
use crate::password::Password;
use crate::rules::access::Principal;
use crate::rules::addresses::CheckedPassword;
use crate::rules::passwords::{self, Account, ChangePassword};
use crate::rules::throttle::Tally;
use crate::rules::users::{self, ProfileEdit};
use crate::rules::{Context, sessions};
use crate::store::{Filter, StoreExt};

/// The principal's own account.
#[derive(Debug, Clone, Copy)]
pub struct Me<'a>(pub(super) &'a Desk, pub(super) Option<Version>);

impl Me<'_> {
    /// The same, for the own user as they were read: an edit is refused as [`Error::Stale`], with what was changed since, unless
    /// they still have this version (D4). [`load`](Me::load) tells it. It matters to [`edit_profile`](Me::edit_profile) and to
    /// changes of the address; an edit without a version acts on what is there.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use tenure::mail::{CourierMode, LinkBase, MemoryMailer};
    /// # use tenure::{Client, Error, Founding, NewUser, ProfileEdit, SignIn, Tenure, store::MemoryStore};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let tenure = Tenure::builder(Arc::new(MemoryStore::new()), Arc::new(MemoryMailer::new()))
    /// #     .links(LinkBase::new("https://backoffice.example.com")?)
    /// #     .courier(CourierMode::Manual)
    /// #     .build()?;
    /// # let ada = NewUser::new("Ada", "Lovelace", "ada@example.com");
    /// # let tenant = tenure.found(Founding::new("Nordwind", ada, "Correct-Horse-7")).await?.tenant.id;
    /// # let login = tenure.sign_in(SignIn::new(tenant, "ada@example.com", "Correct-Horse-7")).await?;
    /// # let principal = tenure.authenticate(login.token.expose(), &Client::unknown()).await?;
    /// let desk = tenure.desk(&principal);
    /// let form = desk.me().load().await?;
    /// let me = desk.me().if_unchanged(form.version);
    /// me.edit_profile(ProfileEdit::new().locale("de")).await?;
    ///
    /// // The same form, saved in another window.
    /// let refused = me.edit_profile(ProfileEdit::new().locale("sv")).await;
    /// assert!(matches!(refused, Err(Error::Stale(stale)) if stale.missed[0].fields.contains("locale")));
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn if_unchanged(self, version: Version) -> Self {
        Self(self.0, Some(version))
    }

    /// The principal's own user.
    ///
    /// # Errors
    /// [`Denied::NotSignedIn`]; [`Denied::NotFound`] where the host's own code asks.
    pub async fn user(&self) -> Result<User, Error> {
        Ok(self.load().await?.value)
    }

    /// The principal's own user, with the version that [`if_unchanged`](Me::if_unchanged) takes.
    ///
    /// # Errors
    /// [`Denied::NotSignedIn`]; [`Denied::NotFound`] where the host's own code asks.
    pub async fn load(&self) -> Result<Loaded<User>, Error> {
        let cx = self.0.context().await?;
        let user = self
            .0
            .tenure
            .inner
            .store
            .get::<User>(cx.tenant_id(), self.id()?)
            .await?;
        let user = user.ok_or(Denied::NotFound { what: RecordKind::User })?;
        Ok(user.map(|user| user.as_of(cx.now)))
    }

    /// Edits the own profile. Rights, status and address are not part of it.
    ///
    /// # Errors
    /// As [`users::edit_own_profile`]; [`Denied::SessionRequired`] where a program acts.
    pub async fn edit_profile(&self, edit: ProfileEdit) -> Result<User, Error> {
        let (desk, read, user, edit) = (self.0, self.1, self.id()?, &edit);
        self.session()?;
        desk.act(|cx| async move {
            let user = desk.tenure.inner.store.get::<User>(cx.tenant_id(), user).await?;
            let decided = users::edit_own_profile(&cx, user.as_ref(), edit);
            desk.about_own(read, user.as_ref(), decided).await
        })
        .await
    }

    /// Changes the own password: the current one, and the new one twice (PS6, P8). All other sessions end, and all links and
    /// one-time passwords that were mailed; a notice goes to the own address.
    ///
    /// The current password is compared under the same lock as at login: whoever has somebody's session can guess no more
    /// often than a stranger.
    ///
    /// # Errors
    /// [`Denied::NotSignedIn`]; [`Denied::NotFound`] where the host's own code asks; [`Denied::PasswordElsewhere`],
    /// [`Denied::ApiOnly`]; [`Denied::Invalid`] naming `new` with every broken rule and `repeated`, or `current`;
    /// [`Denied::TooManyAttempts`]; [`Error::Busy`].
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use tenure::mail::{CourierMode, LinkBase, MemoryMailer};
    /// # use tenure::{ChangePassword, Client, Founding, NewUser, SignIn, Tenure, store::MemoryStore};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let tenure = Tenure::builder(Arc::new(MemoryStore::new()), Arc::new(MemoryMailer::new()))
    /// #     .links(LinkBase::new("https://backoffice.example.com")?)
    /// #     .courier(CourierMode::Manual)
    /// #     .build()?;
    /// # let ada = NewUser::new("Ada", "Lovelace", "ada@example.com");
    /// # let tenant = tenure.found(Founding::new("Nordwind", ada, "Correct-Horse-7")).await?.tenant.id;
    /// # let login = tenure.sign_in(SignIn::new(tenant, "ada@example.com", "Correct-Horse-7")).await?;
    /// # let principal = tenure.authenticate(login.token.expose(), &Client::unknown()).await?;
    /// let desk = tenure.desk(&principal);
    /// let wrong = ChangePassword::new("Correct-Horse-8", "Zitrone-42-gelb", "Zitrone-42-gelb");
    /// let refused = desk.me().change_password(wrong).await.unwrap_err();
    /// assert_eq!(refused.denied().unwrap().fields(), ["current"]);
    ///
    /// let right = ChangePassword::new("Correct-Horse-7", "Zitrone-42-gelb", "Zitrone-42-gelb");
    /// desk.me().change_password(right).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn change_password(&self, change: ChangePassword) -> Result<(), Error> {
        let (desk, change) = (self.0, &change);
        let current = self.session()?;
        let check = |cx: &Context, user: &Loaded<User>| passwords::check_change(cx, user, change);
        let compared = self.compare(&change.current, check).await?;
        let proven = &passwords::prove(compared.matches, compared.credential.secret)?;
        let hash = desk.tenure.hash(change.new.password.clone()).await?;
        desk.act(|cx| {
            let hash = hash.clone();
            async move {
                let (user, credential, throttle) = self.account(&cx).await?;
                let account = Account {
                    user: &user,
                    credential: &credential,
                    throttle: throttle.as_ref(),
                };
                Ok(passwords::change(&cx, &account, change, proven, hash, current)?)
            }
        })
        .await
    }

    /// The own sessions on record, newest first (E5); with `status(["open"])` those that may still be usable.
    ///
    /// # Errors
    /// [`Denied::NotSignedIn`]; [`Denied::SessionRequired`] where a program acts; [`Denied::Invalid`] for what no list of sessions
    /// can do.
    pub async fn sessions(&self, listing: Listing) -> Result<Listed<Session>, Error> {
        self.session()?;
        let cx = self.0.context().await?;
        let listing = listing.filter(Filter::OfUser(self.id()?)).descending();
        let asked = listing.ask(RecordKind::Session, &cx, crate::model::Scope::All)?;
        let page = asked.of::<Session>(&*self.0.tenure.inner.store, &cx).await?;
        Ok(page.map(|session| session.value))
    }

    /// Ends one of the own sessions.
    ///
    /// # Errors
    /// As [`sessions::end_own`]; [`Denied::SessionRequired`] where a program acts.
    pub async fn end_session(&self, session: SessionId) -> Result<(), Error> {
        let desk = self.0;
        self.session()?;
        desk.act(|cx| async move {
            let session = desk.tenure.inner.store.get::<Session>(cx.tenant_id(), session).await?;
            Ok(sessions::end_own(&cx, session.as_ref())?)
        })
        .await
    }

    /// Ends all of the own sessions but this one.
    ///
    /// # Errors
    /// As [`sessions::end_own_others`]; [`Denied::SessionRequired`] where a program acts.
    pub async fn end_other_sessions(&self) -> Result<(), Error> {
        let current = self.session()?;
        self.0
            .act(|cx| async move { Ok(sessions::end_own_others(&cx, current)?) })
            .await
    }

    /// Ends this session, be it a person's or a program's. The desk is of no use afterwards.
    ///
    /// # Errors
    /// [`Denied::NotSignedIn`] where it is over already; [`Denied::SessionRequired`] where a program acts.
    pub async fn sign_out(&self) -> Result<(), Error> {
        let (desk, current) = (self.0, self.principal()?.pass().login().ok_or(Denied::SessionRequired)?);
        desk.act(|cx| async move {
            let session = desk.tenure.inner.store.get::<Session>(cx.tenant_id(), current).await?;
            Ok(sessions::sign_out(&cx, &session.ok_or(Denied::NotSignedIn)?)?)
        })
        .await
    }

    /// Compares the current password, under the same lock as at login (L2): the comparison is counted before it is made, where
    /// `check` has nothing against what it is for.
    pub(super) async fn compare<C>(self, password: &Password, check: C) -> Result<CheckedPassword, Error>
    where
        C: Fn(&Context, &Loaded<User>) -> Result<(), Denied>,
    {
        let (desk, pool, check) = (self.0, &self.0.tenure.inner.pool, &check);
        // Before anything is counted, so that a full queue costs no attempt.
        let permit = pool.admit()?;
        let credential = desk
            .act(|cx| async move {
                let (user, credential, throttle) = self.account(&cx).await?;
                check(&cx, &user)?;
                let mut tally = Tally::of_account(user.id).loaded(throttle);
                Ok(passwords::reserve(&cx, &mut tally)?.with(credential.value))
            })
            .await?;
        let hash = credential.hash().cloned();
        let matches = pool.verify_with(permit, password.clone(), hash).await?.matches;
        if matches {
            desk.act(|cx| async move {
                let (_, _, throttle) = self.account(&cx).await?;
                Ok(passwords::matched(&cx, throttle.as_ref()))
            })
            .await?;
        }
        Ok(CheckedPassword { credential, matches })
    }

    /// The own user, what they prove themselves with, and what is remembered of failed logins.
    async fn account(
        &self,
        cx: &Context,
    ) -> Result<(Loaded<User>, Loaded<Credential>, Option<Loaded<Throttle>>), Error> {
        let tenure = &self.0.tenure;
        let user = tenure.inner.store.get::<User>(cx.tenant_id(), self.id()?).await?;
        let user = user.ok_or(Denied::NotFound { what: RecordKind::User })?;
        let (credential, throttle) = tenure.load_secret(cx.tenant_id(), &user).await?;
        let credential = credential.ok_or(Denied::NotFound {
            what: RecordKind::Credential,
        })?;
        Ok((user, credential, throttle))
    }

    /// The own API keys.
    pub fn api_keys(&self) -> OwnApiKeys<'_> {
        OwnApiKeys(*self)
    }

    /// The session that the own account takes.
    pub(super) fn session(self) -> Result<SessionId, Denied> {
        self.principal()?.require_session()
    }

    /// When the session that the own account takes began.
    pub(super) fn signed_in_at(self) -> Result<Timestamp, Denied> {
        self.principal()?.signed_in_at().ok_or(Denied::SessionRequired)
    }

    fn principal(&self) -> Result<&Principal, Denied> {
        match &self.0.who {
            Who::Principal(principal) => Ok(principal),
            Who::System { .. } => Err(Denied::NotFound { what: RecordKind::User }),
        }
    }

    pub(super) fn id(self) -> Result<UserId, Denied> {
        self.principal().map(Principal::user)
    }
}
