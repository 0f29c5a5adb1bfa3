//! The sessions of others.

use std::collections::BTreeSet;

use super::{Desk, Listed, Listing};
use crate::error::Error;
use crate::id::{SessionId, UserId};
use crate::model::{Loaded, RecordKind, Session, User};
use crate::rules::Operation;
use crate::rules::sessions;
use crate::store::{Filter, Lookup, StoreExt};

/// Who is logged in now (LO9).
#[derive(Debug, Clone, Copy)]
pub struct Sessions<'a>(pub(super) &'a Desk);

/// A session that is open and in time, with its user: since when, from where, with what.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ActiveSession {
    /// The session.
    pub session: Session,
    /// Who is logged in.
    pub user: User,
}

impl Sessions<'_> {
    /// Who is logged in now, of those in the actor's scope: sessions that are open, in time, and not idle for too long. The
    /// total, where one is asked for, counts the same; it can only be too high by sessions on other pages whose user's last
    /// day has come and is not yet written down by [`Tenure::settle_due`](crate::Tenure::settle_due).
    ///
    /// # Errors
    /// [`Denied::Forbidden`](crate::Denied::Forbidden).
    pub async fn active(&self, listing: Listing) -> Result<Listed<ActiveSession>, Error> {
        let (cx, store) = (self.0.context().await?, &self.0.tenure.inner.store);
        let scope = cx.scope(Operation::ReadSessions)?;
        let idle_since = cx.now.saturating_add(-cx.policy.session_idle);
        let mut asked = listing.status(["open"]).ask(RecordKind::Session, &cx, scope)?;
        // Not part of what a cursor belongs to: on the next page it is another instant.
        asked.query.filters.push(Filter::SeenAfter(idle_since));
        let page = asked.of::<Session>(&**store, &cx).await?;
        let users: BTreeSet<UserId> = page.items.iter().map(|session| session.user).collect();
        let wanted: Vec<Lookup> = users.into_iter().map(Lookup::from).collect();
        let users = if wanted.is_empty() {
            Vec::new()
        } else {
            store.load(cx.tenant_id(), &wanted).await?
        };
        let users: Vec<User> = users
            .into_iter()
            .flatten()
            .filter_map(Loaded::cast::<User>)
            .map(|user| user.value.as_of(cx.now))
            .collect();
        let active = |session: Loaded<Session>| {
            let user = users
                .iter()
                .find(|user| user.id == session.user && user.is_active())?
                .clone();
            Some(ActiveSession {
                session: session.value,
                user,
            })
        };
        let found = page.items.len();
        let items: Vec<ActiveSession> = page.items.into_iter().filter_map(active).collect();
        let not_active = (found - items.len()) as u64;
        Ok(Listed {
            items,
            // Beyond the number that was asked for, there may be any number more.
            total: page
                .total
                .map(|total| total.saturating_sub(if page.capped { 0 } else { not_active })),
            next: page.next,
            capped: page.capped,
        })
    }

    /// The sessions of one user on record, newest first; with `status(["open"])` those that may still be usable.
    ///
    /// # Errors
    /// [`Denied::Forbidden`](crate::Denied::Forbidden); [`Denied::Invalid`](crate::Denied::Invalid) for what no list of sessions
    /// can do; an empty page for whom the actor cannot see.
    pub async fn of(&self, user: UserId, listing: Listing) -> Result<Listed<Session>, Error> {
        let cx = self.0.context().await?;
        let listing = listing.filter(Filter::OfUser(user)).descending();
        let asked = listing.ask(RecordKind::Session, &cx, cx.scope(Operation::ReadSessions)?)?;
        let page = asked.of::<Session>(&*self.0.tenure.inner.store, &cx).await?;
        Ok(page.map(|session| session.value))
    }

    /// Ends one session.
    ///
    /// # Errors
    /// As [`sessions::end_one`].
    pub async fn end(&self, session: SessionId) -> Result<(), Error> {
        let desk = self.0;
        desk.act(|cx| async move {
            cx.permit(Operation::EndSessions)?;
            let session = desk.tenure.inner.store.get::<Session>(cx.tenant_id(), session).await?;
            let subject = match &session {
                Some(session) => {
                    desk.subject(cx.tenant_id(), session.user, &[], &BTreeSet::new())
                        .await?
                }
                None => super::loading::Subject::default(),
            };
            Ok(sessions::end_one(
                &cx,
                session.as_ref(),
                subject.user.as_ref(),
                &subject.around,
            )?)
        })
        .await
    }

    /// Ends all sessions of a user.
    ///
    /// # Errors
    /// As [`sessions::end_all`].
    pub async fn end_all(&self, user: UserId) -> Result<(), Error> {
        let desk = self.0;
        desk.act(|cx| async move {
            let subject = desk.subject(cx.tenant_id(), user, &[], &BTreeSet::new()).await?;
            Ok(sessions::end_all(&cx, subject.user.as_ref(), &subject.around)?)
        })
        .await
    }
}
