//! Status: activated, deactivated, suspended, reinstated, disabled, reactivated; at once or on a day. The table of what
//! fits stands in [`UserStatus::apply`](crate::model::UserStatus::apply).

use super::context::Context;
use super::decision::{Decision, status_changed};
use super::fields::Fields;
use super::operation::Operation;
use super::rights::{Surroundings, may_give};
use super::users::subject;
use crate::clock::Timestamp;
use crate::error::{Denied, Problem};
use crate::model::{Loaded, User, UserVerb};
use crate::text::Reason;

/// How a user is suspended.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Suspension {
    /// Until when; open-ended if left out. Time may release: at this instant the user is active again.
    pub until: Option<Timestamp>,
    /// What to note, 1 to 500 characters.
    pub reason: Option<String>,
}

impl Suspension {
    /// Until an administrator reinstates them.
    pub fn open_ended() -> Self {
        Self::default()
    }

    /// Until an instant. The user keeps their seat.
    pub fn until(until: impl Into<Timestamp>) -> Self {
        Self {
            until: Some(until.into()),
            reason: None,
        }
    }

    /// With a note of why.
    pub fn because(self, reason: impl Into<String>) -> Self {
        Self {
            reason: Some(reason.into()),
            ..self
        }
    }
}

/// What an administrator does to a user's status.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum StatusChange {
    /// Bring into use.
    Activate,
    /// Set or clear the day on which an inactive user becomes active by themselves (IF4).
    ScheduleStart(Option<Timestamp>),
    /// Take out of use.
    Deactivate,
    /// Set or clear the day on which an active user becomes inactive by themselves.
    ScheduleEnd(Option<Timestamp>),
    /// Take out of use for a while (BI5).
    Suspend(Suspension),
    /// Undo a suspension.
    Reinstate,
    /// Take out of use for good (BI5).
    Disable,
    /// Bring back somebody who had left.
    Reactivate,
}

impl StatusChange {
    fn parse(&self, now: Timestamp) -> Result<UserVerb, Denied> {
        let mut fields = Fields::default();
        let mut in_future = |field, day: Option<Timestamp>| {
            if day.is_some_and(|day| day <= now) {
                fields.wrong(field, Problem::NotInFuture);
            }
            day
        };
        let verb = match self {
            Self::Activate => UserVerb::Activate,
            Self::ScheduleStart(day) => UserVerb::ScheduleStart(in_future("starts_at", *day)),
            Self::Deactivate => UserVerb::Deactivate,
            Self::ScheduleEnd(day) => UserVerb::ScheduleEnd(in_future("until", *day)),
            Self::Suspend(suspension) => {
                let until = in_future("until", suspension.until);
                let reason = fields.optional("reason", suspension.reason.as_ref(), Reason::new);
                UserVerb::Suspend { until, reason }
            }
            Self::Reinstate => UserVerb::Reinstate,
            Self::Disable => UserVerb::Disable,
            Self::Reactivate => UserVerb::Reactivate,
        };
        fields.check()?;
        Ok(verb)
    }
}

/// Changes a user's status. Whoever is no longer active has no session, no open link and no pending change of
/// address from this commit on (E4, T4).
///
/// # Errors
/// [`Denied::Forbidden`], [`Denied::NotFound`], [`Denied::BeyondOwnRights`], [`Denied::Invalid`] (`until`, `starts_at`,
/// `reason`), [`Denied::WrongStatus`], [`Denied::OwnerProtected`]; the store adds [`Denied::LastAdministrator`] and
/// [`Denied::NoSeat`].
pub fn change(
    cx: &Context,
    user: Option<&Loaded<User>>,
    change: &StatusChange,
    around: &Surroundings,
) -> Result<Decision<User>, Denied> {
    let (user, now) = subject(cx, Operation::ChangeStatus, user, around)?;
    let verb = change.parse(cx.now)?;
    // Whoever brings somebody back gives them their rights again (R1).
    may_give(cx, &now, around)?;
    let from = now.status.kind();
    let status = now.status.clone().apply(&verb, cx.now)?;
    let after = now.in_status(status);
    let mut decision = Decision::by(cx);
    decision.guard(around.guards());
    let what = status_changed(verb.name(), from, &after.status);
    decision.update_user(cx, user, after.clone())?;
    decision.event(cx, after.id, what);
    Ok(decision.with(after))
}
