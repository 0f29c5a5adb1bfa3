//! External identities: users who log in through a provider of the host's, and have no password here (IF10, IF12, BI7).
//!
//! Who somebody is at a provider is the pair of provider and subject, never the address that the provider tells.

use super::access::check_login;
use super::addresses::end_pending;
use super::context::Context;
use super::decision::Decision;
use super::fields::Fields;
use super::operation::Operation;
use super::rights::Surroundings;
use super::users::subject;
use crate::clock::Timestamp;
use crate::error::{Denied, Problem};
use crate::id::Seed;
use crate::model::{
    Actor, Attempt, AttemptOutcome, Client, Credential, EndReason, Event, ExternalIdentity, Kept, Loaded,
    RefusalReason, Secret, Session, SessionState, StatusKind, Tenant, User, What,
};
use crate::policy::Policy;
use crate::secret::TokenHash;
use crate::store::{Guard, SetChange};
use crate::text::{Name, Subject};

/// Has a user log in through an external provider from now on. Their own password is gone, and with it all that was begun
/// with it: sessions, links and a change of address that is pending. API keys stay.
///
/// Nobody does this to their own account, nor to the owner's, but the host's own code: whoever has the account at the provider
/// has the user.
///
/// # Errors
/// [`Denied::Forbidden`], [`Denied::NotFound`], [`Denied::BeyondOwnRights`], [`Denied::OwnAccount`],
/// [`Denied::OwnerProtected`], [`Denied::Invalid`] (`provider`, `subject`), [`Denied::WrongStatus`] while an invitation is open
/// or has lapsed; the store adds [`Denied::IdentityTaken`].
pub fn link(
    cx: &Context,
    user: Option<&Loaded<User>>,
    credential: Option<&Loaded<Credential>>,
    provider: &str,
    subject: &str,
    around: &Surroundings,
) -> Result<Decision<User>, Denied> {
    let (user, now) = target(cx, user, around)?;
    let identity = parse(&cx.policy, provider, subject)?;
    let status = now.status.kind();
    if matches!(status, StatusKind::Invited | StatusKind::Lapsed) {
        return Err(Denied::WrongStatus { verb: "link", status });
    }
    let mut decision = Decision::by(cx);
    if now.identity.as_ref() == Some(&identity) {
        return Ok(decision.with(now));
    }
    decision.guard(around.guards());
    let what = What::IdentityLinked {
        provider: identity.provider.clone(),
    };
    let after = User {
        identity: Some(identity),
        ..now
    };
    let after = change(cx, &mut decision, user, after, what)?;
    if let Some(before) = credential.filter(|credential| credential.secret != Secret::None) {
        let secret = Secret::None;
        decision.update(
            before,
            Credential {
                secret,
                ..before.value.clone()
            },
        );
    }
    Ok(decision.with(after))
}

/// Has a user no longer log in through an external provider. They have no password then, until they set one by a link.
///
/// # Errors
/// As [`link`], but for those about the input; [`Denied::NoIdentity`].
pub fn unlink(cx: &Context, user: Option<&Loaded<User>>, around: &Surroundings) -> Result<Decision<User>, Denied> {
    let (user, now) = target(cx, user, around)?;
    let identity = now.identity.clone().ok_or(Denied::NoIdentity)?;
    let mut decision = Decision::by(cx);
    decision.guard(around.guards());
    let what = What::IdentityUnlinked {
        provider: identity.provider,
    };
    let after = User { identity: None, ..now };
    let after = change(cx, &mut decision, user, after, what)?;
    Ok(decision.with(after))
}

/// Whether the user's password is kept here, so that it can be set or reset here (IF10).
///
/// # Errors
/// [`Denied::PasswordElsewhere`] with the place where it is changed, as the policy says.
pub fn check_password_here(policy: &Policy, user: &User) -> Result<(), Denied> {
    let Some(identity) = &user.identity else {
        return Ok(());
    };
    let place = policy.provider(identity).and_then(|it| it.password_place.clone());
    Err(Denied::PasswordElsewhere { place })
}

fn target<'a>(
    cx: &Context,
    user: Option<&'a Loaded<User>>,
    around: &Surroundings,
) -> Result<(&'a Loaded<User>, User), Denied> {
    let (user, now) = subject(cx, Operation::LinkIdentity, user, around)?;
    if matches!(cx.actor, Actor::System(_)) {
        return Ok((user, now));
    }
    if cx.user() == Some(now.id) {
        return Err(Denied::OwnAccount);
    }
    if now.id == cx.tenant.owner {
        return Err(Denied::OwnerProtected);
    }
    Ok((user, now))
}

/// The identity, with the provider in the spelling of the policy.
fn parse(policy: &Policy, provider: &str, subject: &str) -> Result<ExternalIdentity, Denied> {
    let mut fields = Fields::default();
    let name = fields.take("provider", Name::new(provider));
    let known = name.and_then(|name| {
        let found = policy.providers.keys().find(|known| known.key() == name.key());
        if found.is_none() {
            fields.wrong("provider", Problem::UnknownProvider);
        }
        found.cloned()
    });
    let subject = fields.take("subject", Subject::new(subject));
    let (Some(provider), Some(subject)) = (known, subject) else {
        return Err(fields.denied());
    };
    Ok(ExternalIdentity { provider, subject })
}

/// Another way to log in: what was begun in the old one ends.
fn change(
    cx: &Context,
    decision: &mut Decision<()>,
    user: &Loaded<User>,
    after: User,
    what: What,
) -> Result<User, Denied> {
    let after = end_pending(after);
    decision.event(cx, after.id, what);
    decision.update_user(cx, user, after.clone())?;
    let (at, reason) = (cx.now, EndReason::EndedByAdministrator);
    let sessions = SetChange::EndSessions {
        user: after.id,
        except: None,
        at,
        reason,
    };
    decision.set(cx, sessions, after.id, What::SessionsEnded { reason, except: None });
    decision.set_quietly(SetChange::EndTickets {
        user: after.id,
        purpose: None,
        at,
    });
    Ok(after)
}

/// A login that the host vouches for: it verified the provider's assertion.
#[derive(Debug, Clone)]
pub struct Assertion<'a> {
    /// The tenant.
    pub tenant: &'a Loaded<Tenant>,
    /// Who has the identity, if anybody.
    pub user: Option<&'a Loaded<User>>,
    /// From where.
    pub client: &'a Client,
    /// The hash of the token that the session will have.
    pub token: TokenHash,
}

/// Decides such a login: a session, or the refusal, and the attempt in the history either way (L4). All that a login is refused
/// for but the password is asked; there is nothing to guess, so nothing is counted against guesses.
pub fn sign_in(
    assertion: &Assertion<'_>,
    policy: &Policy,
    now: Timestamp,
    seed: Seed,
) -> Decision<Result<Session, RefusalReason>> {
    let outcome = check(assertion, now).map(|user| new_session(assertion, user, policy, now, seed));
    let attempt = Attempt {
        id: seed.id(1),
        at: now,
        user: assertion.user.map(|user| user.id),
        client: assertion.client.clone(),
        keep_until: now.saturating_add(policy.attempts_kept),
        outcome: match &outcome {
            Ok(session) => AttemptOutcome::Success { session: session.id },
            Err(reason) => AttemptOutcome::Refused { reason: *reason },
        },
    };
    let mut decision = Decision {
        guards: Vec::new(),
        changes: Vec::new(),
        events: Vec::new(),
        mail: Vec::new(),
        outcome,
    };
    if let (Ok(session), Some(user)) = (decision.outcome.clone(), assertion.user) {
        // A session must not begin for a user who is suspended, or no longer linked, at the same moment (E4).
        decision.guard([Guard::on(user)]);
        decision.events.push(Event {
            at: now,
            actor: Actor::Subject(user.id),
            subject: User::record_id(user.id),
            what: What::SignedIn { session: session.id },
            affected: None,
        });
        decision.insert(session);
    }
    decision.insert(attempt);
    decision
}

/// Everything but a password: whoever is external and may log in otherwise is refused a password for just that.
fn check<'a>(assertion: &Assertion<'a>, now: Timestamp) -> Result<&'a User, RefusalReason> {
    let user = assertion.user.map(|user| &user.value);
    match (check_login(assertion.tenant, user, None, now), user) {
        (Err(RefusalReason::ExternalOnly), Some(user)) => Ok(user),
        (Err(reason), _) => Err(reason),
        (Ok(_), _) => Err(RefusalReason::UnknownLogin),
    }
}

fn new_session(assertion: &Assertion<'_>, user: &User, policy: &Policy, now: Timestamp, seed: Seed) -> Session {
    Session {
        id: seed.id(0),
        user: user.id,
        token: assertion.token,
        client: assertion.client.clone(),
        started_at: now,
        expires_at: now.saturating_add(policy.session_absolute),
        seen_at: now,
        limited: None,
        state: SessionState::Open,
    }
}
