//! Passwords after the invitation: what a new one must be, what it ends, and how users change their own (PS6, P8).

use super::addresses::end_pending;
use super::context::Context;
use super::decision::Decision;
use super::fields::Fields;
use super::identity::check_password_here;
use super::throttle::{self, Tally};
use crate::error::{Denied, Problem};
use crate::id::{MailId, SessionId, TicketId};
use crate::model::{Credential, EndReason, Loaded, Mail, QueuedMail, RecordKind, Secret, Tenant, Throttle, User, What};
use crate::password::{Password, PasswordHash, PasswordPolicy};
use crate::store::{Guard, SetChange};

/// A new password, as it was typed.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct NewPassword {
    /// The password.
    pub password: Password,
    /// The same again, where the form asks for it twice.
    pub repeated: Option<Password>,
}

impl NewPassword {
    /// A password that is typed once.
    pub fn new(password: impl Into<Password>) -> Self {
        Self {
            password: password.into(),
            repeated: None,
        }
    }

    /// The same, typed again.
    pub fn repeated(self, repeated: impl Into<Password>) -> Self {
        let repeated = Some(repeated.into());
        Self { repeated, ..self }
    }

    /// Notes everything wrong with it for this user: every broken rule (P4), and that the two differ.
    fn check(&self, fields: &mut Fields, name: &'static str, policy: &PasswordPolicy, user: &User, tenant: &Tenant) {
        if let Err(problem) = judge(policy, &self.password, user, tenant) {
            fields.wrong(name, problem);
        }
        if self
            .repeated
            .as_ref()
            .is_some_and(|again| !again.is_same_as(&self.password))
        {
            fields.wrong("repeated", Problem::NotRepeated);
        }
    }
}

/// Whether a new password is good enough for this user, and typed alike.
///
/// # Errors
/// [`Denied::Invalid`] naming `password` with every broken rule, and `repeated`.
pub fn check_new(policy: &PasswordPolicy, new: &NewPassword, user: &User, tenant: &Tenant) -> Result<(), Denied> {
    let mut fields = Fields::default();
    new.check(&mut fields, "password", policy, user, tenant);
    fields.check()
}

/// Every rule that a new password of this user breaks (P4); their own names are no passwords (P3).
pub(super) fn judge(policy: &PasswordPolicy, password: &Password, user: &User, tenant: &Tenant) -> Result<(), Problem> {
    let address = user.address.as_str();
    let local = address.rsplit_once('@').map_or(address, |(local, _)| local);
    let profile = &user.profile;
    let own = [
        user.user_name.as_str(),
        address,
        local,
        profile.first_name.as_str(),
        profile.last_name.as_str(),
        profile.display_name.as_str(),
        tenant.name.as_str(),
    ];
    policy.check(password, &own).map_err(Problem::Password)
}

/// A user with all that a change of their password touches.
#[derive(Debug, Clone, Copy)]
pub struct Account<'a> {
    /// The user.
    pub user: &'a Loaded<User>,
    /// What they prove themselves with.
    pub credential: &'a Loaded<Credential>,
    /// What is remembered of failed logins: the record [`throttle::account`], if there is one.
    pub throttle: Option<&'a Loaded<Throttle>>,
}

/// The one place where a password that was becomes void: with it end all sessions but perhaps one (E4), all links and
/// one-time passwords (T4), a change of address that is pending, and the lock that guessing began (L2).
pub(super) fn password_changed(
    decision: &mut Decision<()>,
    cx: &Context,
    account: &Account<'_>,
    secret: Secret,
    except: Option<SessionId>,
) -> Result<(), Denied> {
    let user = account.user.id;
    let now = account.user.value.clone().as_of(cx.now);
    if now.pending_address.is_some() {
        // Whoever asked for it may not have been the user.
        decision.update_user(cx, account.user, end_pending(now))?;
    } else {
        // Nobody gets a password while their access ends.
        decision.guard([Guard::on(account.user)]);
    }
    decision.update(account.credential, Credential { user, secret });
    let (at, reason) = (cx.now, EndReason::PasswordChanged);
    let sessions = SetChange::EndSessions {
        user,
        except,
        at,
        reason,
    };
    decision.set(cx, sessions, user, What::SessionsEnded { reason, except });
    let purpose = None;
    decision.set_quietly(SetChange::EndTickets { user, purpose, at });
    if throttle::clear(decision, account.throttle, cx.now) {
        decision.event(cx, user, What::LockoutEnded);
    }
    Ok(())
}

/// A password that its user chose: all that [`password_changed`] does, the event, and the notice to the user's address.
pub(super) fn password_set(
    decision: &mut Decision<()>,
    cx: &Context,
    account: &Account<'_>,
    hash: PasswordHash,
    except: Option<SessionId>,
) -> Result<(), Denied> {
    let secret = Secret::password(hash, cx.now);
    password_changed(decision, cx, account, secret, except)?;
    decision.event(cx, account.user.id, What::PasswordSet);
    let user = account.user.value.clone().as_of(cx.now);
    let notice = Mail::PasswordChanged {
        tenant: cx.tenant.name.clone(),
        recipient: user.profile.display_name.clone(),
        at: cx.now,
    };
    decision.mail.push(queued(cx, cx.id(NOTICE), &user, None, notice));
    Ok(())
}

// The numbers of the fresh ids that these rules take; those of users and invitations lie below.
const NOTICE: u16 = 20;

/// A mail to a user's address, as it is queued.
pub(super) fn queued(cx: &Context, id: MailId, user: &User, ticket: Option<TicketId>, mail: Mail) -> QueuedMail {
    QueuedMail::new(id, user, &user.address, ticket, mail, cx.now)
}

/// A change of the own password: the current one, and the new one twice (PS6). `Debug` shows none of them.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ChangePassword {
    /// The current password.
    pub current: Password,
    /// The new one.
    pub new: NewPassword,
}

impl ChangePassword {
    /// The current password, the new one, and the new one again.
    pub fn new(current: impl Into<Password>, new: impl Into<Password>, repeated: impl Into<Password>) -> Self {
        Self {
            current: current.into(),
            new: NewPassword::new(new).repeated(repeated),
        }
    }
}

/// Everything wrong with a change of the own password that can be told before the current one is compared.
///
/// # Errors
/// [`Denied::NotFound`] where the actor is no user, [`Denied::ApiOnly`], [`Denied::PasswordElsewhere`], and
/// [`Denied::Invalid`] naming `new` with every broken rule, and `repeated`.
pub fn check_change(cx: &Context, user: &User, change: &ChangePassword) -> Result<(), Denied> {
    if cx.user() != Some(user.id) {
        return Err(Denied::NotFound { what: RecordKind::User });
    }
    if user.api_only {
        return Err(Denied::ApiOnly);
    }
    check_password_here(&cx.policy, user)?;
    let mut fields = Fields::default();
    change
        .new
        .check(&mut fields, "new", &cx.policy.passwords, user, &cx.tenant);
    fields.check()
}

/// Counts a comparison with the current password before it is made, under the same lock as logins: whoever has somebody's
/// session can guess no more often than a stranger (L2).
///
/// # Errors
/// [`Denied::TooManyAttempts`].
pub fn reserve(cx: &Context, account: &mut Tally) -> Result<Decision<()>, Denied> {
    if let Some(until) = account.locked_until(cx.now) {
        return Err(Denied::TooManyAttempts { until });
    }
    let mut decision = Decision::by(cx);
    let locked = account.count(&mut decision, &cx.policy.throttle, cx.now);
    if let (Some(until), Some(user)) = (locked, cx.user()) {
        decision.event(cx, user, What::LockedOut { until });
    }
    Ok(decision)
}

/// Takes back what was counted, once the current password proved right: whatever becomes of the act that it was asked for.
pub fn matched(cx: &Context, throttle: Option<&Loaded<Throttle>>) -> Decision<()> {
    let mut decision = Decision::by(cx);
    if let (true, Some(user)) = (throttle::clear(&mut decision, throttle, cx.now), cx.user()) {
        decision.event(cx, user, What::LockoutEnded);
    }
    decision
}

/// What the current password proved itself against, if it matched.
///
/// # Errors
/// [`Denied::Invalid`] naming `current`.
pub fn prove(matched: bool, compared: Secret) -> Result<Secret, Denied> {
    if matched {
        Ok(compared)
    } else {
        Err(Denied::invalid("current", Problem::WrongPassword))
    }
}

/// Changes the own password, once the current one was [proven](prove). All sessions end but `current`.
///
/// # Errors
/// As [`check_change`]; [`Denied::Invalid`] naming `current` where what was proven is not current any more.
pub fn change(
    cx: &Context,
    account: &Account<'_>,
    change: &ChangePassword,
    proven: &Secret,
    hash: PasswordHash,
    current: SessionId,
) -> Result<Decision<()>, Denied> {
    check_change(cx, account.user, change)?;
    // The comparison was made with one password, and holds for no other.
    prove(account.credential.secret.is_still(proven), proven.clone())?;
    let mut decision = Decision::by(cx);
    password_set(&mut decision, cx, account, hash, Some(current))?;
    Ok(decision)
}

/// A password hashed anew at a login that proved it, because the policy's parameters rose or another program made the hash (P5).
/// Nothing where it is not the one that was `compared` any more. No event: for nobody is anything different.
pub fn rehash(credential: &Loaded<Credential>, compared: &Secret, hash: PasswordHash) -> Decision<()> {
    let mut decision = Decision::nothing();
    if let (Secret::Password { hash: old, set_at, .. }, true) = (&credential.secret, credential.secret == *compared) {
        let secret = Secret::Password {
            rehash_of: Some(old.digest()),
            set_at: *set_at,
            hash,
        };
        let user = credential.user;
        decision.update(credential, Credential { user, secret });
    }
    decision
}
