//! What a user may do, and where they belong: changed as a whole, or grant by grant.

use std::collections::BTreeSet;

use super::{check_required, check_unit, normal, subject};
use crate::error::Denied;
use crate::id::UnitId;
use crate::model::{Grant, Loaded, User, What};
use crate::rules::context::Context;
use crate::rules::decision::Decision;
use crate::rules::fields::Fields;
use crate::rules::operation::Operation;
use crate::rules::rights::{Surroundings, may_give};

/// Gives a user other rights. Both what they had and what they get must be the actor's to give.
///
/// # Errors
/// [`Denied::Forbidden`], [`Denied::NotFound`], [`Denied::Invalid`], [`Denied::BeyondOwnRights`], [`Denied::OnHold`],
/// [`Denied::OwnerProtected`]; the store adds [`Denied::LastAdministrator`].
pub fn change_grants(
    cx: &Context,
    user: Option<&Loaded<User>>,
    grants: &[Grant],
    around: &Surroundings,
) -> Result<Decision<User>, Denied> {
    let (user, now) = subject(cx, Operation::ChangeGrants, user, around)?;
    let mut fields = Fields::default();
    fields.absorb(around.check_exist(grants, &BTreeSet::new()))?;
    check_required(cx, &mut fields, Some(grants), None);
    fields.check()?;
    let after = User {
        grants: normal(grants),
        ..now.clone()
    };
    let what = What::GrantsChanged {
        from: now.grants.clone(),
        to: after.grants.clone(),
    };
    write(cx, user, now, after, what, around)
}

/// Changes the units that a user belongs to.
///
/// # Errors
/// As [`change_grants`].
pub fn change_memberships(
    cx: &Context,
    user: Option<&Loaded<User>>,
    memberships: &BTreeSet<UnitId>,
    around: &Surroundings,
) -> Result<Decision<User>, Denied> {
    let (user, now) = subject(cx, Operation::ChangeMemberships, user, around)?;
    around.check_exist(&[], memberships)?;
    let after = User {
        memberships: memberships.clone(),
        ..now.clone()
    };
    let what = What::MembershipsChanged {
        from: now.memberships.clone(),
        to: after.memberships.clone(),
    };
    write(cx, user, now, after, what, around)
}

/// The user with other rights or units, where these are the actor's to give. Nothing where they are the same.
fn write(
    cx: &Context,
    user: &Loaded<User>,
    now: User,
    after: User,
    what: What,
    around: &Surroundings,
) -> Result<Decision<User>, Denied> {
    check_unit(cx, &after)?;
    may_give(cx, &after, around)?;
    let mut decision = Decision::by(cx);
    if after == now {
        return Ok(decision.with(now));
    }
    if now.hold.is_some() {
        return Err(Denied::OnHold);
    }
    decision.guard(around.guards());
    decision.event(cx, now.id, what);
    decision.update_user(cx, user, after.clone())?;
    Ok(decision.with(after))
}

/// Gives a user one right besides those they have (PS3). Nothing where they have it in this scope.
///
/// # Errors
/// As [`change_grants`].
pub fn grant(
    cx: &Context,
    user: Option<&Loaded<User>>,
    grant: &Grant,
    around: &Surroundings,
) -> Result<Decision<User>, Denied> {
    let (_, now) = subject(cx, Operation::ChangeGrants, user, around)?;
    let grants: Vec<Grant> = now.grants.into_iter().chain([grant.clone()]).collect();
    change_grants(cx, user, &normal(&grants), around)
}

/// Takes one right from a user, as it was given: in this scope and no other. Nothing where they do not have it.
///
/// # Errors
/// As [`change_grants`].
pub fn revoke(
    cx: &Context,
    user: Option<&Loaded<User>>,
    grant: &Grant,
    around: &Surroundings,
) -> Result<Decision<User>, Denied> {
    let (_, now) = subject(cx, Operation::ChangeGrants, user, around)?;
    let grants: Vec<Grant> = now.grants.into_iter().filter(|held| held != grant).collect();
    change_grants(cx, user, &grants, around)
}
