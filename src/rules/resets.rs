//! A new password by link: asked for at the login page or by an administrator, looked at, set (IF9, IF12, L5, L6).

use std::sync::Arc;

use time::Duration;

use super::context::Context;
use super::decision::Decision;
use super::identity::{check_password_here, password_place};
use super::link::MailedLink;
use super::operation::Operation;
use super::passwords::{Account, NewPassword, check_new, password_set, queued};
use super::request_count::RequestCount;
use super::rights::Surroundings;
use super::users::subject;
use crate::clock::Timestamp;
use crate::error::Denied;
use crate::id::Seed;
use crate::model::{ExternalIdentity, Loaded, Mail, Tenant, TenantStatus, Ticket, TicketPurpose, User, What};
use crate::password::{PasswordHash, PasswordPolicy};
use crate::policy::Policy;
use crate::store::{Guard, SetChange};
use crate::text::Name;

// Fresh ids of this file; those of other rules about users lie below.
const TICKET: u16 = 30;
const MAIL: u16 = 31;

/// How long after the act a link can be mailed, and is good at most (T8).
const LATEST: Duration = Duration::DAY;

/// A request at the login page, as loaded.
#[derive(Debug, Clone)]
pub struct ResetRequest {
    /// The tenant.
    pub tenant: Loaded<Tenant>,
    /// Who has the login name, if anybody.
    pub user: Option<Loaded<User>>,
    /// The count of requests with this name.
    pub name: RequestCount,
    /// The count of their requests; where nobody has the name, of the bucket that it falls into.
    pub account: RequestCount,
    /// The count of the network that it came from, where that is known.
    pub network: Option<RequestCount>,
}

/// Decides on a request of a stranger, who is told nothing of the outcome (L5).
///
/// It is counted, whoever is meant. A mail is queued for active users only, while neither their count nor the network's is
/// full (L6): the link, or for whom an external provider signs in, where the password is changed.
pub fn request(request: &ResetRequest, policy: &Arc<Policy>, now: Timestamp, seed: Seed) -> Decision<()> {
    let mut decision = Decision::nothing();
    let all = [Some(&request.name), Some(&request.account), request.network.as_ref()];
    let counts = || all.into_iter().flatten();
    let is_heard = counts().all(|count| count.has_room(now));
    for count in counts() {
        count.count(&mut decision, now);
    }
    let Some((loaded, user)) = addressee(request, policy, now).filter(|_| is_heard) else {
        return decision;
    };
    let cx = Context::of_subject(user.id, &request.tenant, policy, now, seed);
    decision.guard([Guard::on(loaded)]);
    match &user.identity {
        None => send_link(&cx, &mut decision, &user, false),
        Some(identity) => point_elsewhere(&cx, &mut decision, &user, identity),
    }
    decision
}

/// Whom a mail may go to: an active user of an active tenant, who can have a password.
fn addressee<'a>(request: &'a ResetRequest, policy: &Policy, now: Timestamp) -> Option<(&'a Loaded<User>, User)> {
    let loaded = request.user.as_ref()?;
    let user = loaded.value.clone().as_of(now);
    let may = request.tenant.status == TenantStatus::Active && user.is_active() && policy.takes_password(user.api_only);
    may.then_some((loaded, user))
}

/// A link that was sent before is worthless from now on (T4).
fn send_link(cx: &Context, decision: &mut Decision<()>, user: &User, by_administrator: bool) {
    decision.set_quietly(SetChange::EndTickets {
        user: user.id,
        purpose: Some(TicketPurpose::Reset),
        at: cx.now,
    });
    let latest = cx.now.saturating_add(LATEST);
    let ticket = Ticket::new(cx.id(TICKET), user.id, TicketPurpose::Reset, &user.address, latest);
    let id = ticket.id;
    decision.insert(ticket.from_each_minting(cx.policy.reset_lifetime));
    let mail = Mail::PasswordReset {
        tenant: cx.tenant.name.clone(),
        recipient: user.profile.display_name.clone(),
        user_name: user.user_name.to_string(),
        requested_by_administrator: by_administrator,
    };
    decision.mail.push(queued(cx, cx.id(MAIL), user, Some(id), mail));
    decision.event(cx, user.id, What::ResetRequested { by_administrator });
}

/// The same to whom an external provider signs in: no link, but where the password is changed (IF12).
fn point_elsewhere(cx: &Context, decision: &mut Decision<()>, user: &User, identity: &ExternalIdentity) {
    let mail = Mail::SignInAtProvider {
        tenant: cx.tenant.name.clone(),
        recipient: user.profile.display_name.clone(),
        place: password_place(&cx.policy, identity),
    };
    decision.mail.push(queued(cx, cx.id(MAIL), user, None, mail));
}

/// Sends a user the link to set a new password, because an administrator wants it (IF9, BI8). Their password is good until
/// they use it.
///
/// # Errors
/// [`Denied::Forbidden`], [`Denied::OnlyThemselves`], [`Denied::NotFound`], [`Denied::BeyondOwnRights`],
/// [`Denied::PasswordElsewhere`], [`Denied::ApiOnly`], [`Denied::WrongStatus`] for whoever is not active.
pub fn send(cx: &Context, user: Option<&Loaded<User>>, around: &Surroundings) -> Result<Decision<User>, Denied> {
    cx.permit(Operation::SendReset)?;
    if !cx.policy.administrators_may_reset {
        return Err(Denied::OnlyThemselves);
    }
    let (user, now) = subject(cx, Operation::SendReset, user, around)?;
    check_sendable(cx, &now, "send a reset link to")?;
    let mut decision = Decision::by(cx);
    decision.guard([Guard::on(user)]);
    decision.guard(around.guards());
    send_link(cx, &mut decision, &now, true);
    Ok(decision.with(now))
}

/// Whether this user can be sent the means to a password.
pub(super) fn check_sendable(cx: &Context, user: &User, verb: &'static str) -> Result<(), Denied> {
    check_password_here(&cx.policy, user)?;
    if !cx.policy.takes_password(user.api_only) {
        return Err(Denied::ApiOnly);
    }
    if !user.is_active() {
        let status = user.status.kind();
        return Err(Denied::WrongStatus { verb, status });
    }
    Ok(())
}

/// What whoever holds the link may see before setting the password. Looking changes nothing (T6).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ResetPreview {
    /// Whose back office.
    pub tenant: Name,
    /// The name to log in with.
    pub user_name: String,
    /// What the new password must be.
    pub passwords: PasswordPolicy,
    /// Until when the link is good.
    pub expires_at: Timestamp,
}

/// Looks at a link.
///
/// # Errors
/// [`Denied::LinkUnknown`], [`Denied::LinkUsed`], [`Denied::LinkEnded`], [`Denied::LinkExpired`].
pub fn preview(link: &MailedLink, policy: &Policy, now: Timestamp) -> Result<ResetPreview, Denied> {
    let user = check_link(link, policy, now)?;
    Ok(ResetPreview {
        tenant: link.tenant.name.clone(),
        user_name: user.user_name.to_string(),
        passwords: policy.passwords.clone(),
        expires_at: link.ticket.expires_at,
    })
}

/// Everything wrong with a reset that can be told before the password is hashed.
///
/// # Errors
/// As [`preview`], and [`Denied::Invalid`] naming `password` with every broken rule, and `repeated`.
pub fn check_reset(link: &MailedLink, new: &NewPassword, policy: &Policy, now: Timestamp) -> Result<(), Denied> {
    let user = check_link(link, policy, now)?;
    check_new(&policy.passwords, new, &user, &link.tenant)
}

/// Sets the new password; the link is used up. Signs nobody in, and changes nobody's status (I4, L5). `cx` acts for the user.
///
/// # Errors
/// As [`check_reset`].
pub fn reset(
    cx: &Context,
    link: &MailedLink,
    new: &NewPassword,
    hash: PasswordHash,
    account: &Account<'_>,
) -> Result<Decision<()>, Denied> {
    check_reset(link, new, &cx.policy, cx.now)?;
    let mut decision = Decision::by(cx);
    // Consumed before all tickets end that are still open.
    decision.update(&link.ticket, link.ticket.value.clone().consume(cx.now)?);
    password_set(&mut decision, cx, account, hash, None)?;
    Ok(decision)
}

/// The user whom the link is for, as they stand now, if it is still good.
fn check_link(link: &MailedLink, policy: &Policy, now: Timestamp) -> Result<User, Denied> {
    if link.ticket.purpose != TicketPurpose::Reset || link.ticket.user != link.user.id {
        return Err(Denied::LinkUnknown);
    }
    link.ticket.check(now)?;
    let user = link.user.value.clone().as_of(now);
    // Nobody gets into a tenant that is out of use; nor, by a link, into an account that is (L6), or under an address that it
    // was not mailed to (T5), or past the provider that signs them in.
    let is_good = link.tenant.status == TenantStatus::Active
        && user.is_active()
        && policy.takes_password(user.api_only)
        && user.identity.is_none()
        && user.address == link.ticket.address;
    if is_good { Ok(user) } else { Err(Denied::LinkEnded) }
}
