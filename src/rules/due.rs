//! What changes by itself: written down when somebody gets to it, true from its instant on.

use super::context::Context;
use super::decision::Decision;
use super::invitations;
use crate::error::Denied;
use crate::model::{
    ApiKey, Attempt, Invitation, Kept, Loaded, QueuedMail, Record, Session, Throttle, Ticket, User, UserStatus, What,
};

/// A record that is due, with what deciding about it takes.
#[derive(Debug, Clone)]
pub enum DueRecord {
    /// A user; with the invitation that their status names, where it names one.
    User(Box<Loaded<User>>, Option<Box<Loaded<Invitation>>>),
    /// An invitation with its user.
    Invitation(Box<Loaded<Invitation>>, Box<Loaded<User>>),
    /// A session that has been over for long.
    Session(Loaded<Session>),
    /// A ticket that has been closed for long.
    Ticket(Loaded<Ticket>),
    /// A mail that has been done for long.
    Mail(Loaded<QueuedMail>),
    /// A login attempt that has been kept for as long as the policy said.
    Attempt(Loaded<Attempt>),
    /// Failed logins that are forgotten.
    Throttle(Loaded<Throttle>),
    /// An API key that has been over for long.
    ApiKey(Loaded<ApiKey>),
}

/// Writes down what is due. `cx` acts for [`Actor::Schedule`](crate::model::Actor::Schedule).
///
/// # Errors
/// [`Denied::NotDue`] where nothing is.
pub fn settle(cx: &Context, record: &DueRecord) -> Result<Decision<()>, Denied> {
    match record {
        DueRecord::User(user, invitation) => match (&user.status, invitation) {
            (UserStatus::Invited { expires_at, .. }, Some(invitation)) if *expires_at <= cx.now => {
                invitations::expire(cx, invitation, user)
            }
            _ => settle_user(cx, user),
        },
        DueRecord::Invitation(invitation, user) => invitations::expire(cx, invitation, user),
        DueRecord::Session(session) => remove(cx, session),
        DueRecord::Ticket(ticket) => remove(cx, ticket),
        DueRecord::Mail(mail) => remove(cx, mail),
        DueRecord::Attempt(attempt) => remove(cx, attempt),
        DueRecord::Throttle(throttle) => remove(cx, throttle),
        DueRecord::ApiKey(key) => remove(cx, key),
    }
}

fn settle_user(cx: &Context, user: &Loaded<User>) -> Result<Decision<()>, Denied> {
    let mut decision = Decision::by(cx);
    if let UserStatus::Deleted { erase_at, .. } = user.status {
        if cx.now < erase_at {
            return Err(Denied::NotDue);
        }
        // All that the user owns goes with them; the log keeps their id and no more (D6).
        decision.remove(user);
        decision.event(cx, user.id, What::UserErased);
        return Ok(decision);
    }
    let after = user.value.clone().as_of(cx.now);
    if after == user.value {
        return Err(Denied::NotDue);
    }
    decision.update_user(cx, user, after)?;
    Ok(decision)
}

fn remove<T: Kept>(cx: &Context, record: &Loaded<T>) -> Result<Decision<()>, Denied> {
    let kept: Record = record.value.clone().into();
    if kept.due_at().is_none_or(|due_at| cx.now < due_at) {
        return Err(Denied::NotDue);
    }
    let mut decision = Decision::by(cx);
    decision.remove(record);
    Ok(decision)
}
