//! The open calls: what anybody may ask without being signed in.

use super::Tenure;
use crate::clock::Timestamp;
use crate::error::{Denied, Error};
use crate::id::TenantId;
use crate::mail::MailError;
use crate::model::{
    Actor, Client, Credential, Grant, Invitation, Loaded, Record, Tenant, Ticket, UniqueKey, User, UserStatus,
};
use crate::password::{Password, PasswordHash};
use crate::rules::Context;
use crate::rules::access::Principal;
use crate::rules::invitations::{self, Acceptance, InvitationPreview, Offer, Sponsor};
use crate::rules::link::MailedLink;
use crate::rules::rights::Surroundings;
use crate::rules::tenant::{self, Founded, Founding};
use crate::rules::users;
use crate::secret::{Token, TokenPurpose, random_bytes};
use crate::store::{Lookup, StoreExt};

/// How things stand.
#[derive(Debug)]
#[non_exhaustive]
pub struct Health {
    /// Whether mail can be sent; what is missing where not (BI3).
    pub mail: Result<(), MailError>,
    /// How many mails wait or are on their way, of all tenants.
    pub mail_waiting: u64,
    /// When the oldest of them was queued. Minutes ago: nobody runs the courier.
    pub oldest_mail_queued_at: Option<Timestamp>,
}

impl Tenure {
    /// Founds a tenant with the user who signs up: its owner, active, with every permission (PS1).
    ///
    /// # Errors
    /// [`Denied::Invalid`] naming every wrong field; [`Error::Busy`], [`Error::Conflict`] where the chosen id exists.
    pub async fn found(&self, founding: Founding) -> Result<Founded, Error> {
        let (now, policy) = (self.now(), &self.inner.policy);
        founding.check(policy, now, self.seed(now)?)?;
        let hash = self.hash(founding.password.clone()).await?;
        self.carry_out(|| {
            let (founding, hash) = (&founding, hash.clone());
            async move {
                let now = self.now();
                let decision = tenant::found(founding, hash, &self.inner.policy, now, self.seed(now)?)?;
                Ok((decision.outcome.tenant.id, now, decision))
            }
        })
        .await
    }

    /// Who a session's token proves, in one query. `client` is where this request came from.
    ///
    /// # Errors
    /// [`Denied::NotSignedIn`], whatever the reason; [`Denied::PasswordChangeRequired`] where the session began with a
    /// one-time password and is good for nothing but setting another.
    pub async fn authenticate(&self, token: &str, client: &Client) -> Result<Principal, Error> {
        let token = Token::parse(TokenPurpose::Session, token).map_err(|_| Denied::NotSignedIn)?;
        let now = self.now();
        let principal = self.principal_of_session(&token, client, now).await?;
        self.note_use(&principal, now).await;
        Ok(principal)
    }

    /// What the link of an invitation offers. Changes nothing, any number of times: mail scanners open links (T6).
    ///
    /// # Errors
    /// [`Denied::LinkUnknown`], [`Denied::LinkEnded`], [`Denied::InvitationClosed`].
    pub async fn preview_invitation(&self, token: &str) -> Result<InvitationPreview, Error> {
        let offer = self.load_offer(token).await?;
        Ok(invitations::preview(&offer, self.now())?)
    }

    /// Accepts an invitation (CP9): the password is set and the user is active, unless their first day is yet to come.
    /// Signs nobody in.
    ///
    /// # Errors
    /// As [`preview_invitation`](Tenure::preview_invitation), and [`Denied::Invalid`] naming every wrong field and every
    /// broken password rule, [`Denied::SponsorGone`]; [`Error::Busy`].
    pub async fn accept_invitation(&self, token: &str, acceptance: Acceptance) -> Result<User, Error> {
        let offer = self.load_offer(token).await?;
        invitations::check_acceptance(&offer, &acceptance, &self.inner.policy.passwords, self.now())?;
        let hash = self.hash(acceptance.password.clone()).await?;
        self.carry_out(|| {
            let (acceptance, hash) = (&acceptance, hash.clone());
            async move {
                let offer = self.load_offer(token).await?;
                let now = self.now();
                let cx = Context::of_subject(offer.user.id, &offer.tenant, &self.inner.policy, now, self.seed(now)?);
                let tenant = offer.tenant.id;
                let credential = self.inner.store.get::<Credential>(tenant, offer.user.id).await?;
                let credential = credential.ok_or(Denied::LinkUnknown)?;
                let around = self
                    .surroundings(tenant, &offer.user.grants, [&offer.user.value])
                    .await?;
                let sponsor = self.load_sponsor(tenant, offer.invitation.as_ref()).await?;
                let decision = invitations::accept(&cx, &offer, acceptance, hash, &credential, &sponsor, &around)?;
                Ok((tenant, now, decision))
            }
        })
        .await
    }

    /// How things stand: whether mail can be sent, and since when the oldest unsent mail waits.
    ///
    /// # Errors
    /// [`Error::Store`] where the store cannot be asked.
    pub async fn health(&self) -> Result<Health, Error> {
        let backlog = self.inner.store.mail_backlog().await?;
        Ok(Health {
            mail: self.inner.mailer.ready().await,
            mail_waiting: backlog.waiting,
            oldest_mail_queued_at: backlog.oldest_queued_at,
        })
    }

    pub(crate) async fn hash(&self, password: Password) -> Result<PasswordHash, Error> {
        let salt = random_bytes(&*self.inner.random)?;
        Ok(self.inner.pool.hash(password, salt).await?)
    }

    /// What the token of a mailed link leads to, in two calls.
    pub(crate) async fn load_link(&self, token: &str, purpose: TokenPurpose) -> Result<MailedLink, Error> {
        let token = Token::parse(purpose, token).map_err(|_| Denied::LinkUnknown)?;
        let (store, id) = (&self.inner.store, TenantId::from_uuid(token.tenant()));
        let wanted = [Lookup::from(id), Lookup::Key(UniqueKey::ticket_token(&token.hash()))];
        let mut found = store.load(id, &wanted).await?.into_iter();
        let tenant = found.next().flatten().and_then(Loaded::cast::<Tenant>);
        let ticket = found.next().flatten().and_then(Loaded::cast::<Ticket>);
        let (tenant, ticket) = tenant.zip(ticket).ok_or(Denied::LinkUnknown)?;
        let user = store.get::<User>(id, ticket.user).await?.ok_or(Denied::LinkUnknown)?;
        Ok(MailedLink { tenant, ticket, user })
    }

    async fn load_offer(&self, token: &str) -> Result<Offer, Error> {
        let MailedLink { tenant, ticket, user } = self.load_link(token, TokenPurpose::Invitation).await?;
        let store = &self.inner.store;
        let (ticket, invitation) = match user.status {
            UserStatus::Invited { invitation, .. } => (ticket, store.get::<Invitation>(tenant.id, invitation).await?),
            // The ticket was read before the user: an acceptance between the two is told by the ticket as it is now.
            _ => (store.get::<Ticket>(tenant.id, ticket.id).await?.unwrap_or(ticket), None),
        };
        Ok(Offer {
            tenant,
            ticket,
            invitation,
            user,
        })
    }

    async fn load_sponsor(&self, tenant: TenantId, invitation: Option<&Loaded<Invitation>>) -> Result<Sponsor, Error> {
        let sponsor = match invitation.map(|invitation| &invitation.sponsor) {
            Some(Actor::User(user)) => *user,
            Some(Actor::System(_) | Actor::Founder | Actor::Schedule) => return Ok(Sponsor::System),
            Some(Actor::Subject(_)) | None => return Ok(Sponsor::User(None)),
        };
        let Some(user) = self.inner.store.get::<User>(tenant, sponsor).await? else {
            return Ok(Sponsor::User(None));
        };
        let around = self.surroundings(tenant, &user.grants, [&user.value]).await?;
        Ok(Sponsor::User(Some(Box::new((user, around)))))
    }
}

impl Tenure {
    /// How many records are asked for in one load.
    pub(crate) const LOADED_AT_ONCE: usize = 5_000;

    /// The roles and units that grants and users name, in one call, or in few where they are thousands.
    pub(crate) async fn surroundings<'a>(
        &self,
        tenant: TenantId,
        grants: &'a [Grant],
        users: impl IntoIterator<Item = &'a User>,
    ) -> Result<Surroundings, Error> {
        let (roles, units) = users::named(grants, users);
        let wanted: Vec<Lookup> = roles
            .into_iter()
            .map(Lookup::from)
            .chain(units.into_iter().map(Lookup::from))
            .collect();
        let mut around = Surroundings::default();
        for wanted in wanted.chunks(Self::LOADED_AT_ONCE) {
            for Loaded { version, value } in self.inner.store.load(tenant, wanted).await?.into_iter().flatten() {
                match value {
                    Record::Role(role) => drop(around.roles.insert(role.id, Loaded::new(version, role))),
                    Record::Unit(unit) => drop(around.units.0.insert(unit.id, Loaded::new(version, unit))),
                    _ => {}
                }
            }
        }
        Ok(around)
    }
}
