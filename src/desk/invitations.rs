//! Invitations: sent, previewed, sent again, cancelled, listed.

use std::collections::BTreeSet;

use secrecy::SecretString;

use super::{Desk, Listed, Listing};
#[expect(unused_imports, reason = "the documentation links to it")]
use crate::error::Denied;
use crate::error::Error;
use crate::id::{InvitationId, UserId};
use crate::mail::Message;
use crate::model::{Invitation, QueuedMail, RecordKind, Ticket, TicketPurpose, User};
use crate::rules::Operation;
use crate::rules::invitations;
use crate::secret::{Token, TokenPurpose};
use crate::store::{Filter, StoreExt};

/// Invitations: offers of access.
#[derive(Debug, Clone, Copy)]
pub struct Invitations<'a>(pub(super) &'a Desk);

impl Invitations<'_> {
    /// Sends a user the link with which they set their password: for the first time, or again, also after it was
    /// cancelled or has expired (LO5, CP8). An older link is worthless from then on.
    ///
    /// # Errors
    /// As [`invitations::send`]; [`Denied::MailNotReady`].
    pub async fn send(&self, user: UserId, message: Option<&str>) -> Result<User, Error> {
        let desk = self.0;
        desk.act(|cx| async move {
            let subject = desk.subject(cx.tenant_id(), user, &[], &BTreeSet::new()).await?;
            let (user, invitation) = (subject.user.as_ref(), subject.invitation.as_ref());
            let decision = invitations::send(&cx, user, invitation, message, &subject.around)?;
            desk.ask_mailer().await?;
            Ok(decision)
        })
        .await
    }

    /// Sends an invitation again, by its own id.
    ///
    /// # Errors
    /// As [`send`](Invitations::send); [`Denied::InvitationClosed`] where it was accepted.
    pub async fn resend(&self, invitation: InvitationId) -> Result<User, Error> {
        let desk = self.0;
        desk.act(|cx| async move {
            cx.permit(Operation::SendInvitation)?;
            let subject = desk.invited(cx.tenant_id(), invitation).await?;
            let decision =
                invitations::resend(&cx, subject.user.as_ref(), subject.invitation.as_ref(), &subject.around)?;
            desk.ask_mailer().await?;
            Ok(decision)
        })
        .await
    }

    /// The mail that [`send`](Invitations::send) would send, without a working link (LO5). Writes nothing.
    ///
    /// # Errors
    /// As [`send`](Invitations::send).
    pub async fn preview_mail(&self, user: UserId, message: Option<&str>) -> Result<Message, Error> {
        let cx = self.0.context().await?;
        let subject = self.0.subject(cx.tenant_id(), user, &[], &BTreeSet::new()).await?;
        let (user, invitation) = (subject.user.as_ref(), subject.invitation.as_ref());
        let mail = invitations::preview_mail(&cx, user, invitation, message, &subject.around)?;
        Ok(self.0.tenure.inner.courier.preview(cx.tenant_id(), &mail))
    }

    /// Cancels an open invitation; its link is worthless at once (CP7).
    ///
    /// # Errors
    /// As [`invitations::cancel`].
    pub async fn cancel(&self, invitation: InvitationId) -> Result<User, Error> {
        let desk = self.0;
        desk.act(|cx| async move {
            cx.permit(Operation::CancelInvitation)?;
            let subject = desk.invited(cx.tenant_id(), invitation).await?;
            let (invitation, user) = (subject.invitation.as_ref(), subject.user.as_ref());
            Ok(invitations::cancel(&cx, invitation, user, &subject.around)?)
        })
        .await
    }

    /// The link of an open invitation, for whoever delivers it otherwise than by the library's mail: on paper, say, or by a
    /// messenger. No other call returns one. It is one more link to the same invitation, and the first that is used ends all;
    /// it takes a permission of its own ([`INVITATION_LINKS`](crate::permissions::INVITATION_LINKS)) and stands in the log (I6).
    ///
    /// # Errors
    /// As [`invitations::hand_out_link`].
    pub async fn hand_out_link(&self, invitation: InvitationId) -> Result<SecretString, Error> {
        let (desk, inner) = (self.0, &self.0.tenure.inner);
        let tenant = *desk.tenant_id().as_uuid();
        let token = Token::mint(TokenPurpose::Invitation, tenant, &*inner.random)?;
        let hash = token.hash();
        desk.act(|cx| async move {
            cx.permit(Operation::HandOutInvitationLink)?;
            let subject = desk.invited(cx.tenant_id(), invitation).await?;
            let (user, invitation) = (subject.user.as_ref(), subject.invitation.as_ref());
            let ticket = match invitation {
                Some(invitation) => inner.store.get::<Ticket>(cx.tenant_id(), invitation.ticket).await?,
                None => None,
            };
            let (ticket, around) = (ticket.as_ref(), &subject.around);
            Ok(invitations::hand_out_link(&cx, user, invitation, ticket, hash, around)?)
        })
        .await?;
        Ok(inner.courier.link(TicketPurpose::Invitation, &token))
    }

    /// Lists invitations of the users whom the actor may see.
    ///
    /// # Errors
    /// [`Denied::Forbidden`].
    pub async fn list(&self, listing: Listing) -> Result<Listed<Invitation>, Error> {
        let cx = self.0.context().await?;
        let asked = listing.ask(RecordKind::Invitation, &cx, cx.scope(Operation::ReadInvitations)?)?;
        let page = asked.of::<Invitation>(&*self.0.tenure.inner.store, &cx).await?;
        Ok(page.map(|invitation| invitation.value.as_of(cx.now)))
    }

    /// The mails queued for a user, newest first: whether each went out.
    ///
    /// # Errors
    /// [`Denied::Forbidden`]; an empty page for whom the actor cannot see.
    pub async fn mails(&self, user: UserId) -> Result<Listed<QueuedMail>, Error> {
        let cx = self.0.context().await?;
        let listing = Listing::new().filter(Filter::OfUser(user)).descending();
        let asked = listing.ask(RecordKind::Mail, &cx, cx.scope(Operation::ReadInvitations)?)?;
        let page = asked.of::<QueuedMail>(&*self.0.tenure.inner.store, &cx).await?;
        Ok(page.map(|mail| mail.value.outline()))
    }
}
