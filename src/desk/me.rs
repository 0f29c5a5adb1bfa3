//! The principal's own account. Takes no permission, but a session: an API key reaches what it has a permission for.

use super::{Desk, Listing, OwnApiKeys, Who};
use crate::error::{Denied, Error};
use crate::id::{SessionId, UserId};
use crate::model::{RecordKind, Session, User};
use crate::rules::access::Principal;
use crate::rules::sessions;
use crate::rules::users::{self, ProfileEdit};
use crate::store::{Filter, Page, StoreExt};

/// The principal's own account.
#[derive(Debug, Clone, Copy)]
pub struct Me<'a>(pub(super) &'a Desk);

impl Me<'_> {
    /// The principal's own user.
    ///
    /// # Errors
    /// [`Denied::NotSignedIn`]; [`Denied::NotFound`] where the host's own code asks.
    pub async fn user(&self) -> Result<User, Error> {
        let cx = self.0.context().await?;
        let user = self
            .0
            .tenure
            .inner
            .store
            .get::<User>(cx.tenant_id(), self.id()?)
            .await?;
        Ok(user
            .ok_or(Denied::NotFound { what: RecordKind::User })?
            .value
            .as_of(cx.now))
    }

    /// Edits the own profile. Rights, status and address are not part of it.
    ///
    /// # Errors
    /// As [`users::edit_own_profile`]; [`Denied::SessionRequired`] where an API key was used.
    pub async fn edit_profile(&self, edit: ProfileEdit) -> Result<User, Error> {
        let (desk, user, edit) = (self.0, self.id()?, &edit);
        self.session()?;
        desk.act(|cx| async move {
            let user = desk.tenure.inner.store.get::<User>(cx.tenant_id(), user).await?;
            Ok(users::edit_own_profile(&cx, user.as_ref(), edit)?)
        })
        .await
    }

    /// The own sessions on record, newest first, open or ended (E5).
    ///
    /// # Errors
    /// [`Denied::NotSignedIn`]; [`Denied::SessionRequired`] where an API key was used.
    pub async fn sessions(&self) -> Result<Page<Session>, Error> {
        self.session()?;
        let cx = self.0.context().await?;
        let listing = Listing::new().filter(Filter::OfUser(self.id()?)).descending();
        let query = listing.query(RecordKind::Session, &cx, crate::model::Scope::All);
        let page = self
            .0
            .tenure
            .inner
            .store
            .page::<Session>(cx.tenant_id(), &query)
            .await?;
        Ok(page.map(|session| session.value))
    }

    /// Ends one of the own sessions.
    ///
    /// # Errors
    /// As [`sessions::end_own`]; [`Denied::SessionRequired`] where an API key was used.
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
    /// As [`sessions::end_own_others`]; [`Denied::SessionRequired`] where an API key was used.
    pub async fn end_other_sessions(&self) -> Result<(), Error> {
        let current = self.session()?;
        self.0
            .act(|cx| async move { Ok(sessions::end_own_others(&cx, current)?) })
            .await
    }

    /// Ends this session. The desk is of no use afterwards.
    ///
    /// # Errors
    /// [`Denied::NotSignedIn`] where it is over already; [`Denied::SessionRequired`] where an API key was used.
    pub async fn sign_out(&self) -> Result<(), Error> {
        let (desk, current) = (self.0, self.session()?);
        desk.act(|cx| async move {
            let session = desk.tenure.inner.store.get::<Session>(cx.tenant_id(), current).await?;
            Ok(sessions::sign_out(&cx, &session.ok_or(Denied::NotSignedIn)?)?)
        })
        .await
    }

    /// The own API keys.
    pub fn api_keys(&self) -> OwnApiKeys<'_> {
        OwnApiKeys(*self)
    }

    /// The session that the own account takes.
    pub(super) fn session(self) -> Result<SessionId, Denied> {
        self.principal()?.require_session()
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
