//! Lockouts: seen, and ended before their time (L2).

use serde::{Deserialize, Serialize};

use super::context::Context;
use super::decision::Decision;
use super::operation::Operation;
use super::rights::{Surroundings, may_see};
use super::throttle::{self, Tally};
use super::users::subject;
use crate::clock::Timestamp;
use crate::error::Denied;
use crate::model::{Loaded, RecordKind, StatusKind, Throttle, User, What};
use crate::store::Guard;

/// How a user's account is locked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Lockout {
    /// How many attempts failed in a row.
    pub failures: u32,
    /// When it ends by itself.
    pub until: Timestamp,
}

impl Lockout {
    /// The lock that is in force; none where the account can be tried.
    pub fn of(account: &Tally, now: Timestamp) -> Option<Self> {
        let until = account.locked_until(now)?;
        Some(Self {
            failures: account.failures(now),
            until,
        })
    }
}

/// The lock of a user's account; none where it can be tried. `throttle` is the record [`throttle::account`] of the user.
///
/// # Errors
/// [`Denied::Forbidden`], [`Denied::NotFound`].
pub fn lockout(
    cx: &Context,
    user: Option<&Loaded<User>>,
    throttle: Option<Loaded<Throttle>>,
    around: &Surroundings,
) -> Result<Option<Lockout>, Denied> {
    let user = seen(cx, Operation::ReadLockout, user, around)?;
    Ok(Lockout::of(&Tally::of_account(user.id).loaded(throttle), cx.now))
}

/// Ends the lock of a user's account, and forgets what failed. Nothing where nothing did. Nobody does it to their own.
///
/// # Errors
/// [`Denied::Forbidden`], [`Denied::NotFound`], [`Denied::BeyondOwnRights`], [`Denied::OwnAccount`].
pub fn end_lockout(
    cx: &Context,
    user: Option<&Loaded<User>>,
    throttle: Option<&Loaded<Throttle>>,
    around: &Surroundings,
) -> Result<Decision<()>, Denied> {
    let (user, _) = subject(cx, Operation::EndLockout, user, around)?;
    // Whoever found somebody's session open would guess at its password for ever.
    if cx.user() == Some(user.id) {
        return Err(Denied::OwnAccount);
    }
    let mut decision = Decision::by(cx);
    let throttle = throttle.filter(|throttle| throttle.id == throttle::account(user.id));
    decision.guard([Guard::on(user)]);
    decision.guard(around.guards());
    if throttle::clear(&mut decision, throttle, cx.now) {
        decision.event(cx, user.id, What::LockoutEnded);
    }
    Ok(decision)
}

/// A user whom the actor may see and who is not deleted, as they stand now.
pub(super) fn seen(
    cx: &Context,
    operation: Operation,
    user: Option<&Loaded<User>>,
    around: &Surroundings,
) -> Result<User, Denied> {
    cx.permit(operation)?;
    let user = user.filter(|user| user.status.kind() != StatusKind::Deleted);
    let user = user.ok_or(Denied::NotFound { what: RecordKind::User })?;
    may_see(cx, operation, &user.value, around)?;
    Ok(user.value.clone().as_of(cx.now))
}
