//! Deletion as a protocol: report (a dry run) → hold → checks → delete, or release (IF11, PS4, PS5).
//!
//! While a user is held they can still sign in to empty their queue, but take on nothing new. The host's checks come as
//! [`Blocker`]s; a check that failed is one too, so that nothing is deleted because somebody could not look.

use serde::{Deserialize, Serialize};

use super::context::Context;
use super::decision::Decision;
use super::operation::Operation;
use super::rights::{Place, Surroundings, may_act_on, may_give, may_see};
use super::tenant::{Heir, is_released, succeed};
use super::users::subject;
use crate::error::Denied;
use crate::model::{
    Actor, Credential, Hold, Invitation, InvitationState, InvitationVerb, Loaded, RecordKind, User, UserStatus,
    UserVerb, What,
};
use crate::store::Guard;

/// Something that stands against a deletion.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Blocker {
    /// A name that stays the same, such as `open_invoices`.
    pub code: String,
    /// What it is, for the administrator.
    pub what: String,
    /// How many there are.
    pub count: u64,
    /// What to do about it.
    pub way_out: String,
}

impl Blocker {
    /// So many of something, and what to do about it.
    pub fn new(code: impl Into<String>, what: impl Into<String>, count: u64, way_out: impl Into<String>) -> Self {
        Self {
            code: code.into(),
            what: what.into(),
            count,
            way_out: way_out.into(),
        }
    }

    /// A check that could not be carried out stands against the deletion as well.
    pub fn check_failed(check: &str) -> Self {
        Self::new(
            "check_failed",
            format!("the check “{check}” could not be carried out"),
            1,
            "try again later",
        )
    }
}

/// What a deletion would meet.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct DeletionReport {
    /// The user, as they stand.
    pub user: User,
    /// All that stands against it; empty where nothing does.
    pub blockers: Vec<Blocker>,
}

/// The report: the host's blockers and ours. Writes nothing.
///
/// # Errors
/// [`Denied::Forbidden`], [`Denied::NotFound`].
pub fn report(
    cx: &Context,
    user: Option<&Loaded<User>>,
    hosts: Vec<Blocker>,
    administrators: i64,
    around: &Surroundings,
) -> Result<DeletionReport, Denied> {
    cx.permit(Operation::ReadDeletionReport)?;
    let stored = user.ok_or(Denied::NotFound { what: RecordKind::User })?;
    let user = stored.value.clone().as_of(cx.now);
    if matches!(user.status, UserStatus::Deleted { .. }) {
        return Err(Denied::NotFound { what: RecordKind::User });
    }
    may_see(cx, Operation::ReadDeletionReport, &user, around)?;
    let mut blockers = own_blockers(cx, stored, &user, administrators);
    blockers.extend(hosts);
    Ok(DeletionReport { user, blockers })
}

/// Ours: the owner and the last administrator stay (PS5, R5).
fn own_blockers(cx: &Context, stored: &User, user: &User, administrators: i64) -> Vec<Blocker> {
    let mut blockers = Vec::new();
    if is_protected(cx, stored) {
        let way_out = if is_released(cx, stored) {
            "let another administrator delete them, who becomes the owner"
        } else {
            "hand the ownership over to another administrator"
        };
        blockers.push(Blocker::new("owner", "they own this tenant", 1, way_out));
    } else if administrators <= 1 && user.counts_as_administrator(cx.tenant.administrator) {
        let way_out = "make another user administrator";
        blockers.push(Blocker::new(
            "last_administrator",
            "they are the last administrator",
            1,
            way_out,
        ));
    }
    blockers
}

/// Whether this actor cannot delete them, because they own the tenant (PS5): it takes another who may do everything.
fn is_protected(cx: &Context, stored: &User) -> bool {
    let would_own = cx.user().is_some_and(|actor| actor != stored.id) && cx.rights.are_all_at(Place::Everywhere);
    stored.id == cx.tenant.owner && !(would_own && is_released(cx, stored))
}

/// Whether a user takes on new work: active and not held. For hosts, before they assign any.
pub fn is_assignable(user: &User) -> bool {
    user.is_active() && user.hold.is_none()
}

/// Begins a deletion: from now on the user takes on nothing new. Where they are held already, the hold is renewed.
///
/// # Errors
/// [`Denied::Forbidden`], [`Denied::NotFound`], [`Denied::BeyondOwnRights`], [`Denied::OwnerProtected`].
pub fn hold(cx: &Context, user: Option<&Loaded<User>>, around: &Surroundings) -> Result<Decision<User>, Denied> {
    let (user, now) = subject(cx, Operation::HoldForDeletion, user, around)?;
    if is_protected(cx, user) {
        return Err(Denied::OwnerProtected);
    }
    let until = cx.now.saturating_add(cx.policy.deletion_hold);
    let after = User {
        hold: Some(Hold {
            by: cx.user(),
            at: cx.now,
            until,
        }),
        ..now
    };
    let mut decision = Decision::by(cx);
    // Whoever is made owner at the same moment is not held.
    decision.guard([Guard::on(&cx.tenant)]);
    decision.guard(around.guards());
    decision.update_user(cx, user, after.clone())?;
    decision.event(cx, after.id, What::DeletionHeld { until });
    Ok(decision.with(after))
}

/// Ends the preparation; the user is as before.
///
/// # Errors
/// [`Denied::Forbidden`], [`Denied::NotFound`], [`Denied::BeyondOwnRights`], [`Denied::NotOnHold`].
pub fn release(cx: &Context, user: Option<&Loaded<User>>, around: &Surroundings) -> Result<Decision<User>, Denied> {
    let (user, now) = subject(cx, Operation::HoldForDeletion, user, around)?;
    if now.hold.is_none() {
        return Err(Denied::NotOnHold);
    }
    let after = User { hold: None, ..now };
    let mut decision = Decision::by(cx);
    decision.guard(around.guards());
    decision.update_user(cx, user, after.clone())?;
    decision.event(cx, after.id, What::DeletionReleased);
    Ok(decision.with(after))
}

/// What a deletion takes besides the user, as loaded.
#[derive(Debug, Clone, Default)]
pub struct Belongings {
    /// The user's credential.
    pub credential: Option<Loaded<Credential>>,
    /// The invitation that their status names, if it does.
    pub invitation: Option<Loaded<Invitation>>,
    /// Who becomes the owner, where the user is and was released: the actor.
    pub heir: Option<Heir>,
}

/// Deletes a held user: access ends from this very moment (PS4), login name, address, roles and units are free for others,
/// the password is gone. Can be undone until the policy's recovery time is over; then they are erased.
///
/// An owner whom a new address released is deleted by another administrator, who becomes the owner in the same act (PS5).
///
/// # Errors
/// [`Denied::Forbidden`], [`Denied::NotFound`], [`Denied::BeyondOwnRights`], [`Denied::NotOnHold`], [`Denied::Blocked`] with
/// every blocker, [`Denied::OwnerProtected`]; the store adds [`Denied::LastAdministrator`].
pub fn delete(
    cx: &Context,
    user: Option<&Loaded<User>>,
    hosts: Vec<Blocker>,
    belongings: &Belongings,
    around: &Surroundings,
) -> Result<Decision<User>, Denied> {
    let (user, now) = subject(cx, Operation::DeleteUser, user, around)?;
    if now.hold.is_none() {
        return Err(Denied::NotOnHold);
    }
    if !hosts.is_empty() {
        return Err(Denied::Blocked { blockers: hosts });
    }
    let erase_at = cx.now.saturating_add(cx.policy.deletion_recovery);
    let status = now.status.clone().apply(&UserVerb::Delete { erase_at }, cx.now)?;
    let after = User { hold: None, ..now }.in_status(status);
    let mut decision = Decision::by(cx);
    decision.guard(around.guards());
    let mut cx = cx.clone();
    if is_released(&cx, user) {
        let handed_over = succeed(&cx, belongings.heir.as_ref())?;
        cx.tenant.value = decision.absorb(handed_over);
    }
    let cx = &cx;
    if let Some(invitation) = belongings
        .invitation
        .as_ref()
        .filter(|it| matches!(it.state, InvitationState::Pending))
    {
        let by = cx.actor.clone();
        if let Ok(cancelled) = invitation.value.clone().apply(&InvitationVerb::Cancel { by }, cx.now) {
            decision.update(invitation, cancelled);
            let what = What::InvitationCancelled {
                user: after.id,
                seat: false,
            };
            decision.event(cx, invitation.id, what);
        } else {
            // Its time was over before anybody wrote that down.
            let what = What::InvitationExpired {
                user: after.id,
                seat: false,
            };
            decision.update(invitation, invitation.value.clone().as_of(cx.now));
            decision.event_by(Actor::Schedule, invitation.expires_at, invitation.id, what);
        }
    }
    decision.update_user(cx, user, after.clone())?;
    if let Some(credential) = &belongings.credential {
        decision.remove(credential);
    }
    decision.event(cx, after.id, What::UserDeleted { erase_at });
    Ok(decision.with(after))
}

/// Brings a deleted user back, inactive and without a password, to be invited again. Their rights are given again, by
/// whoever does this (R1); the store refuses it where login name, address or employee have another user by now.
///
/// # Errors
/// [`Denied::Forbidden`], [`Denied::NotFound`] where nobody was deleted or the time is over, [`Denied::BeyondOwnRights`],
/// [`Denied::Invalid`] where a role or unit is gone; the store adds [`Denied::LoginTaken`], [`Denied::EmployeeHasUser`].
pub fn restore(cx: &Context, user: Option<&Loaded<User>>, around: &Surroundings) -> Result<Decision<User>, Denied> {
    cx.permit(Operation::RestoreUser)?;
    let recoverable =
        |user: &&Loaded<User>| matches!(user.status, UserStatus::Deleted { erase_at, .. } if cx.now < erase_at);
    let user = user
        .filter(recoverable)
        .ok_or(Denied::NotFound { what: RecordKind::User })?;
    may_see(cx, Operation::RestoreUser, &user.value, around)?;
    around.check_exist(&user.grants, &user.homes())?;
    may_act_on(cx, Operation::RestoreUser, &user.value, around)?;
    may_give(cx, &user.value, around)?;
    let status = user.status.clone().apply(&UserVerb::Restore, cx.now)?;
    let after = User {
        status,
        signature: around.employee.as_ref().and_then(|employee| employee.signature.clone()),
        ..user.value.clone()
    };
    let mut decision = Decision::by(cx);
    decision.guard(around.guards());
    // As where a user is created: an edit of the employee at the same moment has to see their user.
    if let Some(employee) = &around.employee {
        decision.update(employee, employee.value.clone());
    }
    decision.insert(Credential {
        user: user.id,
        secret: crate::model::Secret::None,
    });
    decision.update_user(cx, user, after.clone())?;
    decision.event(cx, user.id, What::UserRestored);
    Ok(decision.with(after))
}
