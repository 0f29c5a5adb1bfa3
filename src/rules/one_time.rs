//! One-time passwords: generated and mailed, good for one login, after which a new password must be set (PS2, IF9).

use time::Duration;

use super::access::check_password_change;
use super::context::Context;
use super::decision::Decision;
use super::identity::check_password_here;
use super::login::new_session;
use super::operation::Operation;
use super::passwords::{Account, NewPassword, check_new, password_changed, password_set, queued};
use super::resets::check_sendable;
use super::rights::Surroundings;
use super::users::subject;
use crate::clock::Timestamp;
use crate::error::{Denied, Problem};
use crate::id::TicketId;
use crate::model::{
    Client, Credential, Loaded, Mail, Secret, Session, Throttle, Ticket, TicketPurpose, User, UserVerb, What,
};
use crate::password::PasswordHash;
use crate::policy::Policy;
use crate::secret::TokenHash;
use crate::store::{Guard, PrincipalRecords};

// Fresh ids of this file; those of other rules about users lie below.
const TICKET: u16 = 40;
const MAIL: u16 = 41;
const SESSION: u16 = 42;

/// How long after the act a one-time password can be mailed.
const LATEST: Duration = Duration::DAY;

/// Creates a user as active, and sends the name to log in with and a one-time password (PS2).
pub(super) fn welcome(cx: &Context, mut decision: Decision<()>, user: User) -> Result<Decision<User>, Denied> {
    let user = User {
        status: user.status.apply(&UserVerb::Activate, cx.now)?,
        ..user
    };
    decision.insert(Credential {
        user: user.id,
        secret: secret(cx),
    });
    decision.insert_user(cx, user.clone());
    post(cx, &mut decision, &user, false);
    Ok(decision.with(user))
}

/// Sends a user a one-time password. The password that they had is void, and what it opened ends, from now on and not only
/// when the mail is read.
///
/// Where administrators may not reset, only those get one who have not set a password yet: then it is the welcome, sent
/// again (PS2, PS6).
///
/// # Errors
/// [`Denied::Forbidden`], [`Denied::NoOneTimePasswords`], [`Denied::NotFound`], [`Denied::BeyondOwnRights`],
/// [`Denied::PasswordElsewhere`], [`Denied::ApiOnly`], [`Denied::WrongStatus`] for whoever is not active,
/// [`Denied::OnlyThemselves`].
pub fn send(
    cx: &Context,
    user: Option<&Loaded<User>>,
    credential: Option<&Loaded<Credential>>,
    throttle: Option<&Loaded<Throttle>>,
    around: &Surroundings,
) -> Result<Decision<User>, Denied> {
    cx.permit(Operation::SendOneTimePassword)?;
    if !cx.policy.one_time_passwords {
        return Err(Denied::NoOneTimePasswords);
    }
    let (user, now) = subject(cx, Operation::SendOneTimePassword, user, around)?;
    check_sendable(cx, &now, "send a one-time password to")?;
    // It is good for one login by hand.
    if now.api_only {
        return Err(Denied::ApiOnly);
    }
    let credential = credential.ok_or(Denied::NotFound {
        what: crate::model::RecordKind::Credential,
    })?;
    if !cx.policy.administrators_may_reset && credential.hash().is_some() {
        return Err(Denied::OnlyThemselves);
    }
    let mut decision = Decision::by(cx);
    decision.guard(around.guards());
    let account = Account {
        user,
        credential,
        throttle,
    };
    password_changed(&mut decision, cx, &account, secret(cx), None)?;
    let again = matches!(credential.secret, Secret::OneTime { .. });
    post(cx, &mut decision, &now, again);
    Ok(decision.with(now))
}

fn secret(cx: &Context) -> Secret {
    Secret::OneTime {
        ticket: cx.id(TICKET),
        issued_at: cx.now,
    }
}

/// The ticket that the password will belong to, and the mail that brings it.
fn post(cx: &Context, decision: &mut Decision<()>, user: &User, again: bool) {
    let id: TicketId = cx.id(TICKET);
    let lifetime = cx.policy.one_time_password_lifetime;
    let latest = cx.now.saturating_add(LATEST).saturating_add(lifetime);
    let ticket = Ticket::new(id, user.id, TicketPurpose::OneTimePassword, &user.address, latest);
    decision.insert(ticket.from_each_minting(lifetime));
    let mail = Mail::OneTimePassword {
        tenant: cx.tenant.name.clone(),
        recipient: user.profile.display_name.clone(),
        user_name: user.user_name.to_string(),
        again,
    };
    decision.mail.push(queued(cx, cx.id(MAIL), user, Some(id), mail));
    decision.event(cx, user.id, What::OneTimePasswordSent { again });
}

/// Somebody who logged in with a one-time password, as loaded, and the password that is to take its place.
#[derive(Debug, Clone, Copy)]
pub struct Replacement<'a> {
    /// What their session's token leads to.
    pub records: &'a PrincipalRecords,
    /// What they prove themselves with.
    pub credential: &'a Loaded<Credential>,
    /// The ticket of the one-time password.
    pub ticket: Option<&'a Loaded<Ticket>>,
    /// From where the request came.
    pub client: &'a Client,
    /// The new password.
    pub new: &'a NewPassword,
}

/// Everything wrong with it that can be told before the password is hashed.
///
/// # Errors
/// [`Denied::NotSignedIn`] without a usable session that began with a one-time password, and [`Denied::Invalid`] naming
/// `password`, with every broken rule or because it is the one-time password, and `repeated`.
pub fn check_replacement(replacement: &Replacement<'_>, policy: &Policy, now: Timestamp) -> Result<(), Denied> {
    let Replacement { records, new, .. } = replacement;
    let user = limited(replacement, policy, now)?;
    check_new(&policy.passwords, new, &user, &records.tenant)?;
    let tenant = records.tenant.id;
    let typed = new.password.as_one_time();
    let typed = typed.map(|typed| typed.hash(*tenant.as_uuid(), *user.id.as_uuid()));
    let is_same = |ticket: &Loaded<Ticket>| typed.is_some_and(|typed| ticket.tokens.contains(&typed));
    if replacement.ticket.is_some_and(is_same) {
        return Err(Denied::invalid("password", Problem::Unchanged));
    }
    Ok(())
}

/// Sets the new password; the limited session ends, and a full one begins under a new token.
///
/// # Errors
/// As [`check_replacement`].
pub fn replace(
    cx: &Context,
    replacement: &Replacement<'_>,
    throttle: Option<&Loaded<Throttle>>,
    hash: PasswordHash,
    token: TokenHash,
) -> Result<Decision<Session>, Denied> {
    check_replacement(replacement, &cx.policy, cx.now)?;
    let account = Account {
        user: &replacement.records.user,
        credential: replacement.credential,
        throttle,
    };
    let mut decision = Decision::by(cx);
    // Whoever ends the session ends what it was to lead to.
    decision.guard([Guard::on(&replacement.records.pass)]);
    password_set(&mut decision, cx, &account, hash, None)?;
    let id = cx.id(SESSION);
    let session = new_session(id, account.user.id, replacement.client, token, None, &cx.policy, cx.now);
    decision.insert(session.clone());
    decision.event(cx, account.user.id, What::SignedIn { session: session.id });
    Ok(decision.with(session))
}

/// The user of a usable session that is good for a new password only (E3).
fn limited(replacement: &Replacement<'_>, policy: &Policy, now: Timestamp) -> Result<User, Denied> {
    let Replacement { records, client, .. } = replacement;
    check_password_change(records, client, policy, now)?;
    let user = records.user.value.clone().as_of(now);
    // Beyond what every session is asked: it stands for the login that it completes (N1), with the password that was mailed.
    let completes = matches!(replacement.credential.secret, Secret::OneTime { .. })
        && check_password_here(policy, &user).is_ok()
        && user.allowlist.allows(client.address);
    if completes { Ok(user) } else { Err(Denied::NotSignedIn) }
}
