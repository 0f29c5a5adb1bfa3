//! Sessions: ended by their user or by an administrator (E4, E5, LO9).

use super::context::Context;
use super::decision::Decision;
use super::operation::Operation;
use super::rights::Surroundings;
use super::users::subject;
use crate::error::Denied;
use crate::id::SessionId;
use crate::model::{EndReason, Loaded, RecordKind, Session, User, What};
use crate::store::{Guard, SetChange};

/// Ends the session that the actor acts through.
///
/// # Errors
/// [`Denied::SessionEnded`] where it is over already.
pub fn sign_out(cx: &Context, session: &Loaded<Session>) -> Result<Decision<()>, Denied> {
    end(cx, session, EndReason::SignedOut)
}

/// Ends one of the actor's own sessions. Takes no permission.
///
/// # Errors
/// [`Denied::NotFound`] where it is not theirs, [`Denied::SessionEnded`].
pub fn end_own(cx: &Context, session: Option<&Loaded<Session>>) -> Result<Decision<()>, Denied> {
    let theirs = |session: &&Loaded<Session>| cx.user() == Some(session.user);
    let session = session.filter(theirs).ok_or(Denied::NotFound {
        what: RecordKind::Session,
    })?;
    end(cx, session, EndReason::EndedByUser)
}

/// Ends all of the actor's own sessions but the one they act through. Takes no permission.
///
/// # Errors
/// [`Denied::NotFound`] where the actor is no user.
pub fn end_own_others(cx: &Context, current: SessionId) -> Result<Decision<()>, Denied> {
    let user = cx.user().ok_or(Denied::NotFound { what: RecordKind::User })?;
    let mut decision = Decision::by(cx);
    let (reason, except) = (EndReason::EndedByUser, Some(current));
    let change = SetChange::EndSessions {
        user,
        except,
        at: cx.now,
        reason,
    };
    decision.set(cx, change, user, What::SessionsEnded { reason, except });
    Ok(decision)
}

/// Ends one session of somebody else. `user` is the session's.
///
/// # Errors
/// [`Denied::Forbidden`], [`Denied::NotFound`], [`Denied::BeyondOwnRights`], [`Denied::SessionEnded`].
pub fn end_one(
    cx: &Context,
    session: Option<&Loaded<Session>>,
    user: Option<&Loaded<User>>,
    around: &Surroundings,
) -> Result<Decision<()>, Denied> {
    cx.permit(Operation::EndSessions)?;
    let not_found = Denied::NotFound {
        what: RecordKind::Session,
    };
    let session = session.ok_or(not_found.clone())?;
    let user = user.filter(|user| user.id == session.user);
    let (user, _) = subject(cx, Operation::EndSessions, user, around).map_err(|denied| match denied {
        Denied::NotFound { .. } => not_found,
        other => other,
    })?;
    let mut decision = end(cx, session, EndReason::EndedByAdministrator)?;
    decision.guard([Guard::on(user)]);
    decision.guard(around.guards());
    Ok(decision)
}

/// Ends all sessions of somebody else.
///
/// # Errors
/// [`Denied::Forbidden`], [`Denied::NotFound`], [`Denied::BeyondOwnRights`].
pub fn end_all(cx: &Context, user: Option<&Loaded<User>>, around: &Surroundings) -> Result<Decision<()>, Denied> {
    let (user, _) = subject(cx, Operation::EndSessions, user, around)?;
    let mut decision = Decision::by(cx);
    decision.guard([Guard::on(user)]);
    decision.guard(around.guards());
    let reason = EndReason::EndedByAdministrator;
    let change = SetChange::EndSessions {
        user: user.id,
        except: None,
        at: cx.now,
        reason,
    };
    decision.set(cx, change, user.id, What::SessionsEnded { reason, except: None });
    Ok(decision)
}

fn end(cx: &Context, session: &Loaded<Session>, reason: EndReason) -> Result<Decision<()>, Denied> {
    let ended = session.value.clone().end(cx.now, reason)?;
    let mut decision = Decision::by(cx);
    decision.update(session, ended);
    decision.event(
        cx,
        session.id,
        What::SessionEnded {
            user: session.user,
            reason,
        },
    );
    Ok(decision)
}
