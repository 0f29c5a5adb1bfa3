//! Invitations: sent, looked at, accepted, sent again, cancelled, expired (CP1–CP9, I1–I5).

use super::context::Context;
use super::decision::Decision;
use super::fields::Fields;
use super::identity::check_password_here;
use super::operation::Operation;
use super::passwords::{judge, queued};
use super::rights::{Rights, Surroundings, may_give};
use super::users::{ProfileEdit, subject};
use crate::clock::Timestamp;
use crate::error::Denied;
use crate::id::TicketId;
use crate::model::invitation::InvitationStateKind;
use crate::model::{
    Credential, Inactivity, Invitation, InvitationState, InvitationVerb, Loaded, Mail, Profile, QueuedMail, RecordKind,
    Secret, Start, StatusKind, Tenant, TenantStatus, Ticket, TicketPurpose, TicketState, User, UserStatus, UserVerb,
    What,
};
use crate::password::{Password, PasswordHash, PasswordPolicy};
use crate::secret::TokenHash;
use crate::store::{Guard, SetChange};
use crate::text::{EmailAddress, Message, Name};

// Fresh ids of this file; those of `users` lie below.
const INVITATION: u16 = 10;
const TICKET: u16 = 11;
const MAIL: u16 = 12;

/// Creates a user as invited, with the invitation, its ticket and its mail, in one act (CP2, BI12).
pub(super) fn invite_new(
    cx: &Context,
    mut decision: Decision<()>,
    user: User,
    start: Start,
    message: Option<Message>,
) -> Result<Decision<User>, Denied> {
    let verb = invite_verb(cx, cx.id(INVITATION), start);
    let user = User {
        status: user.status.apply(&verb, cx.now)?,
        ..user
    };
    decision.insert_user(cx, user.clone());
    open(cx, &mut decision, &user, message, false);
    Ok(decision.with(user))
}

/// Sends an invitation to a user who is set up, or whose invitation has lapsed, or sends an open one again (CP8): a new
/// link with a new term; the old link is worthless, and whoever sends answers for what it offers.
///
/// # Errors
/// [`Denied::Forbidden`], [`Denied::NotFound`], [`Denied::BeyondOwnRights`], [`Denied::WrongStatus`] (an active user, say),
/// [`Denied::InvitationClosed`] where it was accepted, [`Denied::Invalid`] (`message`), [`Denied::PasswordElsewhere`] for whoever
/// logs in through an external provider; the store adds
/// [`Denied::LoginTaken`] and [`Denied::NoSeat`] where a lapsed invitation's were given to others.
pub fn send(
    cx: &Context,
    user: Option<&Loaded<User>>,
    invitation: Option<&Loaded<Invitation>>,
    message: Option<&str>,
    around: &Surroundings,
) -> Result<Decision<User>, Denied> {
    let (user, now) = subject(cx, Operation::SendInvitation, user, around)?;
    let mut fields = Fields::default();
    let message = fields.optional("message", message, Message::new);
    fields.check()?;
    may_give(cx, &now, around)?;
    // What an invitation leads to is a password.
    check_password_here(&cx.policy, &now)?;
    let mut decision = Decision::by(cx);
    decision.guard(around.guards());

    let open_one = invitation.filter(|invitation| is_open_for(&now, invitation));
    if open_one.is_none() && now.status.kind() == StatusKind::Invited {
        // One is open, but it is another, or it was not shown: two must never be.
        return Err(Denied::NotFound {
            what: RecordKind::Invitation,
        });
    }
    let id = open_one.map_or_else(|| cx.id(INVITATION), |invitation| invitation.id);
    let start = start_of(&now, cx.now);
    let after = User {
        status: now.status.clone().apply(&invite_verb(cx, id, start), cx.now)?,
        ..now.clone()
    };
    decision.update_user(cx, user, after.clone())?;
    if user.status.kind() == StatusKind::Invited {
        // The older link is worthless (T4); only then can the newer ticket be the only open one.
        let purpose = Some(TicketPurpose::Invitation);
        decision.set_quietly(SetChange::EndTickets {
            user: user.id,
            purpose,
            at: cx.now,
        });
    }
    match open_one {
        Some(before) => {
            let resend = InvitationVerb::Resend {
                ticket: cx.id(TICKET),
                expires_at: expires_at(cx),
                by: cx.actor.clone(),
            };
            let mut again = before.value.clone().apply(&resend, cx.now)?;
            again.message = message.or(again.message);
            // It may be another by now; the older link is worthless either way (I3).
            again.address = after.address.clone();
            decision.update(before, again.clone());
            ticket_and_mail(cx, &mut decision, &after, again.message, true);
        }
        None => open(
            cx,
            &mut decision,
            &after,
            message,
            now.status.kind() == StatusKind::Lapsed,
        ),
    }
    Ok(decision.with(after))
}

/// Sends one invitation again, whatever became of it, unless it was accepted or a newer one is open.
///
/// # Errors
/// As [`send`]; [`Denied::InvitationClosed`] where it was accepted, or a newer one is open.
pub fn resend(
    cx: &Context,
    user: Option<&Loaded<User>>,
    invitation: Option<&Loaded<Invitation>>,
    around: &Surroundings,
) -> Result<Decision<User>, Denied> {
    let (_, now) = subject(cx, Operation::SendInvitation, user, around)?;
    let invitation = its_own(invitation, &now)?;
    let state = invitation.value.clone().as_of(cx.now).state.kind();
    let newer_is_open = now.status.kind() == StatusKind::Invited && !is_open_for(&now, invitation);
    if state == InvitationStateKind::Accepted || newer_is_open {
        return Err(Denied::InvitationClosed { state });
    }
    send(cx, user, Some(invitation), None, around)
}

/// The mail that [`send`] would queue, for a preview (LO5). Writes nothing.
///
/// # Errors
/// As [`send`].
pub fn preview_mail(
    cx: &Context,
    user: Option<&Loaded<User>>,
    invitation: Option<&Loaded<Invitation>>,
    message: Option<&str>,
    around: &Surroundings,
) -> Result<QueuedMail, Denied> {
    let decision = send(cx, user, invitation, message, around)?;
    decision
        .mail
        .into_iter()
        .next()
        .ok_or(Denied::NotFound { what: RecordKind::Mail })
}

/// Cancels an open invitation; its link is worthless at once (CP7). Login name, address and seat are free again.
///
/// # Errors
/// [`Denied::Forbidden`], [`Denied::NotFound`], [`Denied::BeyondOwnRights`], [`Denied::InvitationClosed`].
pub fn cancel(
    cx: &Context,
    invitation: Option<&Loaded<Invitation>>,
    user: Option<&Loaded<User>>,
    around: &Surroundings,
) -> Result<Decision<User>, Denied> {
    let (user, now) = subject(cx, Operation::CancelInvitation, user, around)?;
    let invitation = its_own(invitation, &now)?;
    let cancelled = invitation
        .value
        .clone()
        .apply(&InvitationVerb::Cancel { by: cx.actor.clone() }, cx.now)?;
    let after = User {
        status: now.status.clone().apply(&UserVerb::Cancel, cx.now)?,
        ..now
    };
    let mut decision = Decision::by(cx);
    decision.guard(around.guards());
    decision.update(invitation, cancelled);
    decision.update_user(cx, user, after.clone())?;
    let (user, seat) = (after.id, after.takes_seat(cx.policy.invitations_take_seats));
    decision.event(cx, invitation.id, What::InvitationCancelled { user, seat });
    Ok(decision.with(after))
}

/// Hands the link of an open invitation to the actor, to be delivered by them (I6): one more token of the same ticket, with the
/// same term as those that are mailed. Takes a permission of its own, and stands in the log.
///
/// Whoever has the link can accept, so the actor has to have all that it offers.
///
/// # Errors
/// [`Denied::Forbidden`], [`Denied::NotFound`], [`Denied::BeyondOwnRights`], [`Denied::InvitationClosed`];
/// [`Denied::PasswordElsewhere`], [`Denied::LinkEnded`] where the link is worthless since the address is another.
pub fn hand_out_link(
    cx: &Context,
    user: Option<&Loaded<User>>,
    invitation: Option<&Loaded<Invitation>>,
    ticket: Option<&Loaded<Ticket>>,
    token: TokenHash,
    around: &Surroundings,
) -> Result<Decision<()>, Denied> {
    let (user, now) = subject(cx, Operation::HandOutInvitationLink, user, around)?;
    let invitation = its_own(invitation, &now)?;
    let state = invitation.value.clone().as_of(cx.now).state.kind();
    if state != InvitationStateKind::Pending || !is_open_for(&now, invitation) {
        return Err(Denied::InvitationClosed { state });
    }
    check_password_here(&cx.policy, &now)?;
    let is_its = |ticket: &&Loaded<Ticket>| ticket.id == invitation.ticket && ticket.address == now.address;
    let ticket = ticket.filter(is_its).ok_or(Denied::LinkEnded)?;
    let mut decision = Decision::by(cx);
    decision.guard([Guard::on(user), Guard::on(invitation)]);
    decision.guard(around.guards());
    decision.update(ticket, ticket.value.clone().with_token(token, cx.now)?);
    let user = now.id;
    decision.event(cx, invitation.id, What::InvitationLinkHandedOut { user });
    Ok(decision)
}

/// The invitation, if it is this user's.
fn its_own<'a>(invitation: Option<&'a Loaded<Invitation>>, user: &User) -> Result<&'a Loaded<Invitation>, Denied> {
    let is_theirs = |invitation: &&Loaded<Invitation>| invitation.user == user.id;
    invitation.filter(is_theirs).ok_or(Denied::NotFound {
        what: RecordKind::Invitation,
    })
}

/// Whether it is the invitation that is open for this user.
fn is_open_for(user: &User, invitation: &Invitation) -> bool {
    matches!(user.status, UserStatus::Invited { invitation: id, .. } if id == invitation.id)
}

/// Writes down that an invitation's time is over, where it is.
///
/// # Errors
/// [`Denied::NotDue`], [`Denied::InvitationClosed`].
pub fn expire(cx: &Context, invitation: &Loaded<Invitation>, user: &Loaded<User>) -> Result<Decision<()>, Denied> {
    let mut decision = Decision::by(cx);
    let expired = invitation.value.clone().apply(&InvitationVerb::Expire, cx.now)?;
    let after = user.value.clone().as_of(cx.now);
    if matches!(invitation.state, InvitationState::Pending) {
        decision.update(invitation, expired);
        let what = What::InvitationExpired {
            user: after.id,
            seat: after.takes_seat(cx.policy.invitations_take_seats),
        };
        decision.event_by(cx.actor.clone(), invitation.expires_at, invitation.id, what);
    }
    if is_open_for(user, invitation) && after != user.value {
        decision.update_user(cx, user, after)?;
    }
    Ok(decision)
}

/// What whoever holds the link may see before accepting (CP9). Looking changes nothing (T6).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct InvitationPreview {
    /// Who invites.
    pub tenant: Name,
    /// The name to log in with.
    pub user_name: String,
    /// The address that was invited.
    pub address: EmailAddress,
    /// The data entered for them, which they may correct.
    pub profile: Profile,
    /// The personal message.
    pub message: Option<Message>,
    /// Until when it can be accepted.
    pub expires_at: Timestamp,
}

/// What the link of an invitation leads to, as loaded.
#[derive(Debug, Clone)]
pub struct Offer {
    /// The tenant.
    pub tenant: Loaded<Tenant>,
    /// The ticket that the link's token belongs to.
    pub ticket: Loaded<Ticket>,
    /// The invitation of that ticket's user, as their status names it; none where none is open.
    pub invitation: Option<Loaded<Invitation>>,
    /// The invited user.
    pub user: Loaded<User>,
}

/// Looks at an offer.
///
/// # Errors
/// [`Denied::InvitationClosed`] where it was accepted, cancelled or has expired; [`Denied::LinkEnded`] where a newer link
/// was sent; [`Denied::LinkUnknown`].
pub fn preview(offer: &Offer, now: Timestamp) -> Result<InvitationPreview, Denied> {
    let (invitation, user) = check_offer(offer, now)?;
    Ok(InvitationPreview {
        tenant: offer.tenant.name.clone(),
        user_name: user.user_name.to_string(),
        address: invitation.address.clone(),
        profile: user.profile.clone(),
        message: invitation.message.clone(),
        expires_at: invitation.expires_at,
    })
}

/// What the invited person says when accepting.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Acceptance {
    /// Corrections of the data entered for them. Role, scope and address are not theirs to change.
    pub profile: ProfileEdit,
    /// The password that they will log in with.
    pub password: Password,
}

impl Acceptance {
    /// Accepts the data as entered.
    pub fn new(password: impl Into<Password>) -> Self {
        Self {
            profile: ProfileEdit::new(),
            password: password.into(),
        }
    }

    /// With corrections.
    pub fn profile(self, profile: ProfileEdit) -> Self {
        Self { profile, ..self }
    }
}

/// Everything wrong with an acceptance that can be told before the password is hashed.
///
/// # Errors
/// As [`preview`], and [`Denied::Invalid`] naming `password` and every wrong field of the profile.
pub fn check_acceptance(
    offer: &Offer,
    acceptance: &Acceptance,
    passwords: &PasswordPolicy,
    now: Timestamp,
) -> Result<(), Denied> {
    let (_, user) = check_offer(offer, now)?;
    let profile = acceptance.profile.apply(&user.profile);
    let user = User {
        profile: profile.clone().unwrap_or(user.profile.clone()),
        ..user
    };
    let password = check_password(passwords, &acceptance.password, &user, &offer.tenant);
    match (profile, password) {
        (Ok(_), Ok(())) => Ok(()),
        (Err(Denied::Invalid { mut fields }), Err(Denied::Invalid { fields: more })) => {
            fields.extend(more);
            Err(Denied::Invalid { fields })
        }
        (Err(denied), _) | (_, Err(denied)) => Err(denied),
    }
}

/// Whether a password is good enough for this user; their own names are not (P3).
///
/// # Errors
/// [`Denied::Invalid`] naming `password`, with every broken rule (P4).
pub fn check_password(
    policy: &PasswordPolicy,
    password: &Password,
    user: &User,
    tenant: &Tenant,
) -> Result<(), Denied> {
    judge(policy, password, user, tenant).map_err(|problem| Denied::invalid("password", problem))
}

/// Whoever answers for an invitation, and what they may give now. The host's own code may give anything.
#[derive(Debug, Clone)]
pub enum Sponsor {
    /// The host's own code.
    System,
    /// A user, as loaded; none where they no longer exist.
    User(Option<Box<(Loaded<User>, Surroundings)>>),
}

/// Accepts: the invited user becomes active (or waits for the first day), with the rights entered for them, re-checked
/// against the tenant as it is now (I2). `cx` acts for the invited person.
///
/// # Errors
/// As [`check_acceptance`], and [`Denied::SponsorGone`] where whoever sent it may no longer give what it offers.
pub fn accept(
    cx: &Context,
    offer: &Offer,
    acceptance: &Acceptance,
    hash: PasswordHash,
    credential: &Loaded<Credential>,
    sponsor: &Sponsor,
    around: &Surroundings,
) -> Result<Decision<User>, Denied> {
    check_acceptance(offer, acceptance, &cx.policy.passwords, cx.now)?;
    let invitation = offer.invitation.as_ref().ok_or(Denied::LinkUnknown)?;
    let mut decision = Decision::by(cx);
    check_sponsor(cx, &mut decision, offer, sponsor, around)?;
    decision.guard(around.guards());
    // Consumed before the status changes: some changes of status end all tickets that are still open.
    decision.update(&offer.ticket, offer.ticket.value.clone().consume(cx.now)?);
    decision.update(
        invitation,
        invitation.value.clone().apply(&InvitationVerb::Accept, cx.now)?,
    );
    let secret = Secret::password(hash, cx.now);
    decision.update(
        credential,
        Credential {
            secret,
            ..credential.value.clone()
        },
    );
    let before = &offer.user;
    let now = before.value.clone().as_of(cx.now);
    let after = User {
        profile: acceptance.profile.apply(&now.profile)?,
        status: now.status.clone().apply(&UserVerb::Accept, cx.now)?,
        ..now
    };
    decision.update_user(cx, before, after.clone())?;
    let accepted = What::InvitationAccepted {
        user: after.id,
        seat: after.takes_seat(cx.policy.invitations_take_seats),
        to: after.status.kind(),
        until: after.status.due_at(),
    };
    decision.event(cx, invitation.id, accepted);
    decision.event(cx, after.id, What::PasswordSet);
    Ok(decision.with(after))
}

/// I2: the sponsor is still active and may still give all that the invitation offers.
fn check_sponsor(
    cx: &Context,
    decision: &mut Decision<()>,
    offer: &Offer,
    sponsor: &Sponsor,
    around: &Surroundings,
) -> Result<(), Denied> {
    let (sponsor, theirs) = match sponsor {
        Sponsor::System => return Ok(()),
        Sponsor::User(None) => return Err(Denied::SponsorGone),
        Sponsor::User(Some(loaded)) => (&loaded.0, &loaded.1),
    };
    if !sponsor.value.clone().as_of(cx.now).is_active() {
        return Err(Denied::SponsorGone);
    }
    let rights: Rights = theirs.rights(&sponsor.grants);
    let sponsoring = Context { rights, ..cx.clone() };
    may_give(&sponsoring, &offer.user, around).map_err(|_| Denied::SponsorGone)?;
    decision.guard([Guard::on(sponsor)]);
    decision.guard(theirs.guards());
    Ok(())
}

/// Whether the offer still stands, with the exact reason where it does not.
fn check_offer(offer: &Offer, now: Timestamp) -> Result<(Invitation, User), Denied> {
    let closed = |state| Err(Denied::InvitationClosed { state });
    if offer.ticket.purpose != TicketPurpose::Invitation {
        return Err(Denied::LinkUnknown);
    }
    // Nobody comes into a tenant that is out of use; the link is good again when the tenant is.
    if offer.tenant.status != TenantStatus::Active {
        return Err(Denied::LinkEnded);
    }
    let user = offer.user.value.clone().as_of(now);
    let Some(invitation) = &offer.invitation else {
        // No invitation is open for this user: the ticket tells what became of the one that it was for.
        return match (offer.ticket.state, &user.status) {
            (TicketState::Consumed { .. }, _) => closed(InvitationStateKind::Accepted),
            (
                _,
                UserStatus::Inactive {
                    because: Inactivity::InvitationCancelled,
                    ..
                },
            ) => closed(InvitationStateKind::Cancelled),
            (
                _,
                UserStatus::Inactive {
                    because: Inactivity::InvitationExpired,
                    ..
                },
            ) => closed(InvitationStateKind::Expired),
            _ => Err(Denied::LinkEnded),
        };
    };
    let invitation = invitation.value.clone().as_of(now);
    if invitation.ticket != offer.ticket.id {
        return Err(Denied::LinkEnded);
    }
    if invitation.state.kind() != InvitationStateKind::Pending {
        return closed(invitation.state.kind());
    }
    // I3: for this address only, and only while it is still the user's.
    if offer.ticket.address != invitation.address || user.address != invitation.address {
        return Err(Denied::LinkEnded);
    }
    offer.ticket.check(now)?;
    Ok((invitation, user))
}

/// A new invitation for a user whose status already names it.
fn open(cx: &Context, decision: &mut Decision<()>, user: &User, message: Option<Message>, again: bool) {
    decision.insert(Invitation {
        id: cx.id(INVITATION),
        user: user.id,
        address: user.address.clone(),
        message: message.clone(),
        sponsor: cx.actor.clone(),
        ticket: cx.id(TICKET),
        expires_at: expires_at(cx),
        state: InvitationState::Pending,
        created_at: cx.now,
    });
    ticket_and_mail(cx, decision, user, message, again);
}

fn ticket_and_mail(cx: &Context, decision: &mut Decision<()>, user: &User, message: Option<Message>, again: bool) {
    let ticket: TicketId = cx.id(TICKET);
    let expires_at = expires_at(cx);
    let purpose = TicketPurpose::Invitation;
    decision.insert(Ticket::new(ticket, user.id, purpose, &user.address, expires_at));
    let mail = Mail::Invitation {
        tenant: cx.tenant.name.clone(),
        recipient: user.profile.display_name.clone(),
        user_name: user.user_name.to_string(),
        message,
        expires_at,
        again,
    };
    decision.mail.push(queued(cx, cx.id(MAIL), user, Some(ticket), mail));
    let seat = cx.policy.invitations_take_seats;
    decision.event(
        cx,
        user.id,
        What::InvitationSent {
            expires_at,
            again,
            seat,
        },
    );
}

fn invite_verb(cx: &Context, invitation: crate::id::InvitationId, start: Start) -> UserVerb {
    UserVerb::Invite {
        invitation,
        expires_at: expires_at(cx),
        start,
    }
}

fn expires_at(cx: &Context) -> Timestamp {
    cx.now.saturating_add(cx.policy.invitation_lifetime)
}

/// When access is to begin once the invitation is accepted: as it was scheduled last, or decided at first. A day that has
/// passed is now.
fn start_of(user: &User, now: Timestamp) -> Start {
    let start = match user.status {
        UserStatus::Invited { start, .. } => start,
        UserStatus::Inactive {
            starts_at: Some(day), ..
        } => Start::At(day),
        _ => user.start,
    };
    match start {
        Start::At(day) if day <= now => Start::Now,
        other => other,
    }
}
