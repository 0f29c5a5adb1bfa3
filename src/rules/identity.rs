//! External identities: users who log in through a provider of the host's, and have no password here (IF10, IF12, BI7).
//!
//! Who somebody is at a provider is the pair of provider and subject, never the address that the provider tells.

use super::addresses::end_pending;
use super::context::Context;
use super::decision::Decision;
use super::fields::Fields;
use super::operation::Operation;
use super::rights::Surroundings;
use super::users::subject;
use crate::error::{Denied, Problem};
use crate::model::{Actor, Credential, EndReason, ExternalIdentity, Loaded, Secret, StatusKind, User, What};
use crate::policy::Policy;
use crate::store::SetChange;
use crate::text::{Name, Subject};

/// Has a user log in through an external provider from now on. Their own password is gone, and with it all that was begun
/// with it: sessions, links and a change of address that is pending. API keys stay. They are told by mail, unless they never
/// logged in and are set up only.
///
/// Nobody does this to their own account, nor to the owner's, but the host's own code: whoever has the account at the provider
/// has the user.
///
/// # Errors
/// [`Denied::Forbidden`], [`Denied::NotFound`], [`Denied::BeyondOwnRights`], [`Denied::OnlyThemselves`] by the policy,
/// [`Denied::OwnAccount`], [`Denied::OwnerProtected`], [`Denied::Invalid`] (`provider`, `subject`), [`Denied::WrongStatus`] while an invitation is open
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

/// Has a user no longer log in through an external provider. They have no password then, until they set one by a link. They
/// are told as with [`link`].
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
    Err(Denied::PasswordElsewhere {
        place: password_place(policy, identity),
    })
}

/// Where whoever has this identity changes the password, as the policy says.
pub(super) fn password_place(policy: &Policy, identity: &ExternalIdentity) -> Option<String> {
    policy.provider(identity)?.password_place.clone()
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
    // Where only the user may have a new password, nobody else gets them another way to log in either (PS6).
    if !cx.policy.administrators_may_reset {
        return Err(Denied::OnlyThemselves);
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
