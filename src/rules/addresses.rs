//! Changes of the address that a user logs in with: asked for, called off (PS7, IF8, BI4). What the mailed links lead to stands
//! in [`links`]; what follows from each step, in `effects.rs`.
//!
//! The employee's own address in the register is another matter: it stays as it is until somebody edits the employee.

pub(super) mod effects;
pub mod links;

use time::Duration;

use super::context::Context;
use super::decision::Decision;
use super::fields::Fields;
use super::operation::Operation;
use super::recent::require_recent_login;
use super::request_count::RequestCount;
use super::rights::Surroundings;
use super::users::subject;
use crate::clock::Timestamp;
use crate::error::{Denied, Problem};
use crate::model::{
    Actor, AddressChange, AddressChangeState, Credential, Loaded, Mail, QueuedMail, RecordKind, StatusKind, Ticket,
    TicketPurpose, User, What,
};
use crate::password::Password;
use crate::policy::ByAdministrator;
use crate::store::Guard;
use crate::text::{EmailAddress, UserName};

// Fresh ids of these rules; `effects` takes those from 24 on.
const CONFIRM_TICKET: u16 = 20;
const STOP_TICKET: u16 = 21;
const NEW_MAIL: u16 = 22;
const OLD_MAIL: u16 = 23;

/// What somebody says who changes their own address. `Debug` does not show the password.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ChangeAddress {
    /// The new address.
    pub email: String,
    /// The same again.
    pub repeated: String,
    /// The current password, where the login is no longer recent.
    pub current_password: Option<Password>,
}

impl ChangeAddress {
    /// The new address, twice.
    pub fn new(email: impl Into<String>, repeated: impl Into<String>) -> Self {
        Self {
            email: email.into(),
            repeated: repeated.into(),
            current_password: None,
        }
    }

    /// With the current password, where the login is no longer recent.
    pub fn current_password(self, password: impl Into<Password>) -> Self {
        Self {
            current_password: Some(password.into()),
            ..self
        }
    }
}

/// What shows that it is the user who acts, and not somebody who found their session open (E7).
#[derive(Debug, Clone)]
pub struct Proof {
    /// When they logged in.
    pub signed_in_at: Timestamp,
    /// What they prove themselves with now. A password that was compared with another proves nothing.
    pub credential: Loaded<Credential>,
    /// The current password, compared; none where none was given.
    pub password: Option<CheckedPassword>,
    /// How often they asked for another address lately: [`RequestCount::of_address`].
    pub asked: RequestCount,
}

/// A password that was compared.
#[derive(Debug, Clone)]
pub struct CheckedPassword {
    /// With what.
    pub credential: Credential,
    /// Whether it is the user's.
    pub matches: bool,
}

impl Proof {
    /// Whether it suffices: the current password, or a login that is recent by the policy.
    ///
    /// # Errors
    /// [`Denied::Invalid`] naming `current_password`; [`Denied::LoginTooOld`].
    pub fn check(&self, cx: &Context) -> Result<(), Denied> {
        match &self.password {
            Some(checked)
                if checked.matches
                    && cx.user() == Some(checked.credential.user)
                    && self.credential.user == checked.credential.user
                    && self.credential.secret.is_still(&checked.credential.secret) =>
            {
                Ok(())
            }
            Some(_) => Err(Denied::invalid("current_password", Problem::WrongPassword)),
            None => require_recent_login(cx, self.signed_in_at),
        }
    }
}

/// Asks for another address of the actor's own (PS7). A change that is pending already gives way to this one.
///
/// # Errors
/// [`Denied::NotFound`] where the actor is no user; as [`Proof::check`]; [`Denied::Invalid`] (`email`, `repeated`);
/// [`Denied::OnHold`]; [`Denied::TooManyAttempts`] beyond the policy's number an hour; the store adds [`Denied::LoginTaken`].
pub fn change_own(
    cx: &Context,
    user: Option<&Loaded<User>>,
    change: &ChangeAddress,
    proof: &Proof,
) -> Result<Decision<User>, Denied> {
    let (user, now) = own(cx, user)?;
    let next = check_input(&now, change)?;
    proof.check(cx)?;
    let mut decision = Decision::by(cx);
    if proof.password.is_some() {
        decision.guard([Guard::on(&proof.credential)]);
    }
    // Each request is a mail to anybody, and keeps a login name from others.
    if let Some(until) = proof.asked.full_until(cx.now) {
        return Err(Denied::TooManyAttempts { until });
    }
    proof.asked.count(&mut decision, cx.now);
    request(cx, decision, user, now, next)
}

/// Everything wrong with a change of the own address that can be told before the current password is compared, which counts.
///
/// # Errors
/// [`Denied::NotFound`] where the actor is no user; [`Denied::Invalid`] (`email`, `repeated`); [`Denied::OnHold`].
pub fn check_own(cx: &Context, user: Option<&Loaded<User>>, change: &ChangeAddress) -> Result<(), Denied> {
    let (_, now) = own(cx, user)?;
    check_input(&now, change)?;
    check_hold(&now)
}

fn check_input(user: &User, change: &ChangeAddress) -> Result<NewAddress, Denied> {
    let mut fields = Fields::default();
    let next = fields.absorb(NewAddress::of(user, &change.email))?;
    if change.repeated != change.email {
        fields.wrong("repeated", Problem::NotRepeated);
    }
    let Some(next) = next else {
        return Err(fields.denied());
    };
    fields.check()?;
    Ok(next)
}

/// Gives somebody another address, as the policy lets administrators: not at all, in the way in which they would do it
/// themselves, or at once. The host's own code always does it at once.
///
/// Whose access never began has nothing to log in with, so theirs changes at once in both of the latter. An open invitation's
/// link was for the old address and is worthless then; it has to be sent again. Whoever is out of use keeps their address, where
/// it is changed in their own way.
///
/// # Errors
/// [`Denied::Forbidden`], [`Denied::NotFound`], [`Denied::BeyondOwnRights`], [`Denied::OnlyThemselves`] by the policy,
/// [`Denied::OwnAccount`], [`Denied::OwnerProtected`] where somebody else would readdress the owner, [`Denied::Invalid`]
/// (`email`), [`Denied::OnHold`], [`Denied::WrongStatus`]; the store adds [`Denied::LoginTaken`].
pub fn change(
    cx: &Context,
    user: Option<&Loaded<User>>,
    email: &str,
    around: &Surroundings,
) -> Result<Decision<User>, Denied> {
    let (user, now) = subject(cx, Operation::ChangeAddress, user, around)?;
    let is_host = matches!(cx.actor, Actor::System(_));
    let way = cx.policy.address_change.by_administrator;
    if !is_host {
        check_administrator(cx, &now, way)?;
    }
    let next = NewAddress::of(&now, email)?;
    let mut decision = Decision::by(cx);
    decision.guard(around.guards());
    let status = now.status.kind();
    let never_used = matches!(status, StatusKind::SetUp | StatusKind::Invited | StatusKind::Lapsed);
    if is_host || way == ByAdministrator::AtOnce || never_used {
        at_once(cx, decision, user, now, next)
    } else if now.is_active() {
        request(cx, decision, user, now, next)
    } else {
        // Nobody could confirm or stop it, and an administrator would only have to suspend somebody first.
        let verb = "give another address to";
        Err(Denied::WrongStatus { verb, status })
    }
}

/// Whoever reads the owner's mail has the tenant; whoever is logged in has not shown that it is them.
fn check_administrator(cx: &Context, user: &User, way: ByAdministrator) -> Result<(), Denied> {
    if way == ByAdministrator::Refused {
        return Err(Denied::OnlyThemselves);
    }
    if cx.user() == Some(user.id) {
        return Err(Denied::OwnAccount);
    }
    if user.id == cx.tenant.owner {
        return Err(Denied::OwnerProtected);
    }
    Ok(())
}

/// Calls off the actor's own change of address. Takes no permission.
///
/// # Errors
/// [`Denied::NotFound`] where the actor is no user, [`Denied::NoAddressChange`].
pub fn cancel_own(cx: &Context, user: Option<&Loaded<User>>) -> Result<Decision<User>, Denied> {
    let (user, now) = own(cx, user)?;
    call_off(cx, Decision::by(cx), user, now)
}

/// Calls off somebody's change of address, whatever the policy lets administrators change.
///
/// # Errors
/// [`Denied::Forbidden`], [`Denied::NotFound`], [`Denied::BeyondOwnRights`], [`Denied::NoAddressChange`].
pub fn cancel(cx: &Context, user: Option<&Loaded<User>>, around: &Surroundings) -> Result<Decision<User>, Denied> {
    let (user, now) = subject(cx, Operation::CancelAddressChange, user, around)?;
    let mut decision = Decision::by(cx);
    decision.guard(around.guards());
    call_off(cx, decision, user, now)
}

/// A user without the change of address that was pending: for whatever ends one besides, such as a new password.
/// [`Decision::update_user`] tells of it and ends its links.
pub fn end_pending(user: User) -> User {
    user.without_pending_address()
}

fn own<'a>(cx: &Context, user: Option<&'a Loaded<User>>) -> Result<(&'a Loaded<User>, User), Denied> {
    let user = user
        .filter(|user| cx.user() == Some(user.id))
        .ok_or(Denied::NotFound { what: RecordKind::User })?;
    Ok((user, user.value.clone().as_of(cx.now)))
}

fn call_off(
    cx: &Context,
    mut decision: Decision<()>,
    user: &Loaded<User>,
    now: User,
) -> Result<Decision<User>, Denied> {
    if now.pending_address.is_none() {
        return Err(Denied::NoAddressChange);
    }
    let after = end_pending(now);
    decision.update_user(cx, user, after.clone())?;
    Ok(decision.with(after))
}

/// A new address, and the user name that comes with it.
struct NewAddress {
    address: EmailAddress,
    user_name: Option<UserName>,
}

impl NewAddress {
    fn of(user: &User, email: &str) -> Result<Self, Denied> {
        let address = EmailAddress::new(email).map_err(|problem| Denied::invalid("email", problem))?;
        if address == user.address {
            return Err(Denied::invalid("email", Problem::Unchanged));
        }
        let user_name = user
            .logs_in_with_address()
            .then(|| UserName::new(&address))
            .transpose()
            .map_err(|problem| Denied::invalid("email", problem))?;
        Ok(Self { address, user_name })
    }
}

fn at_once(
    cx: &Context,
    mut decision: Decision<()>,
    user: &Loaded<User>,
    now: User,
    next: NewAddress,
) -> Result<Decision<User>, Denied> {
    check_hold(&now)?;
    let after = now.with_address(next.address, next.user_name);
    decision.update_user(cx, user, after.clone())?;
    Ok(decision.with(after))
}

fn request(
    cx: &Context,
    mut decision: Decision<()>,
    user: &Loaded<User>,
    now: User,
    next: NewAddress,
) -> Result<Decision<User>, Denied> {
    check_hold(&now)?;
    let policy = &cx.policy.address_change;
    if !policy.confirm && policy.delay <= Duration::ZERO {
        return at_once(cx, decision, user, now, next);
    }
    let not_before = cx.now.saturating_add(policy.delay);
    let state = if policy.confirm {
        AddressChangeState::Requested {
            ticket: cx.id(CONFIRM_TICKET),
            confirm_by: cx.now.saturating_add(policy.confirm_within),
        }
    } else {
        AddressChangeState::Confirmed {
            at: cx.now,
            effective_at: not_before,
        }
    };
    let change = AddressChange {
        to: next.address,
        user_name: next.user_name,
        requested_at: cx.now,
        requested_by: cx.actor.clone(),
        not_before,
        stop: cx.id(STOP_TICKET),
        state,
    };
    let after = User {
        pending_address: Some(Box::new(change.clone())),
        ..now
    };
    // Before the tickets: it ends those of a change that this one takes the place of (T4).
    decision.update_user(cx, user, after.clone())?;
    tell_both(cx, &mut decision, &after, &change);
    Ok(decision.with(after))
}

fn check_hold(user: &User) -> Result<(), Denied> {
    if user.hold.is_some() {
        return Err(Denied::OnHold);
    }
    Ok(())
}

/// The mails to both addresses, with the tickets of their links.
fn tell_both(cx: &Context, decision: &mut Decision<()>, user: &User, change: &AddressChange) {
    let (tenant, recipient) = (cx.tenant.name.clone(), user.profile.display_name.clone());
    let (address, not_before) = (change.to.clone(), change.not_before);
    let confirm_by = match change.state {
        AddressChangeState::Requested { ticket, confirm_by } => {
            let purpose = TicketPurpose::ConfirmAddress;
            decision.insert(Ticket::new(ticket, user.id, purpose, &change.to, confirm_by));
            let mail = Mail::ConfirmAddress {
                tenant: tenant.clone(),
                recipient: recipient.clone(),
                address,
                effective_at: (not_before > cx.now).then_some(not_before),
            };
            let mail = QueuedMail::new(cx.id(NEW_MAIL), user, &change.to, Some(ticket), mail, cx.now);
            decision.mail.push(mail);
            Some(confirm_by)
        }
        AddressChangeState::Confirmed { effective_at, .. } => {
            let mail = Mail::AddressAnnounced {
                tenant: tenant.clone(),
                recipient: recipient.clone(),
                address,
                effective_at,
            };
            let mail = QueuedMail::new(cx.id(NEW_MAIL), user, &change.to, None, mail, cx.now);
            decision.mail.push(mail);
            None
        }
    };
    // Good for as long as the change can still be stopped: until it is in effect, however late it is confirmed.
    let until = confirm_by.map_or(not_before, |confirm_by| confirm_by.max(not_before));
    let purpose = TicketPurpose::StopChange;
    decision.insert(Ticket::new(change.stop, user.id, purpose, &user.address, until));
    let mail = Mail::AddressChangeRequested {
        tenant,
        recipient,
        to: change.to.clone(),
        effective_at: not_before,
    };
    let mail = QueuedMail::new(cx.id(OLD_MAIL), user, &user.address, Some(change.stop), mail, cx.now);
    decision.mail.push(mail);
    decision.event(cx, user.id, What::AddressChangeRequested { not_before, confirm_by });
}
