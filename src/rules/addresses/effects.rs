//! What follows when an address, or a change that was pending, is another one: events, notices, worthless links. Asked by
//! [`Decision::update_user`] for every change of a user, so that no path can forget it.

use super::super::context::Context;
use super::super::decision::Decision;
use super::super::notices::is_nobodys_yet;
use crate::clock::Timestamp;
use crate::model::{Actor, AddressChange, AddressChangeStage, Mail, QueuedMail, TicketPurpose, User, What};
use crate::store::SetChange;

// Fresh ids of the notices: two by time and two by the act.
const BY_TIME: u16 = 24;
const BY_ACT: u16 = 26;

/// Tells of everything that became of a user's address, by time and by this act, and ends the links that are worthless now,
/// unless all were ended already.
pub(in crate::rules) fn follow<T>(
    decision: &mut Decision<T>,
    cx: &Context,
    stored: &User,
    after: &User,
    tickets_ended: bool,
) {
    let now = stored.clone().as_of(cx.now);
    if let Some(change) = stored
        .pending_address
        .as_deref()
        .filter(|_| now.pending_address.is_none())
    {
        by_time(decision, cx, stored, &now, change);
    }
    if now.address != after.address {
        changed(decision, cx, (cx.actor.clone(), cx.now), &now, after, BY_ACT);
    } else if now.pending_address.is_some() && after.pending_address.is_none() {
        decision.event(cx, after.id, What::AddressChangeStopped);
    }
    if tickets_ended {
        return;
    }
    let stop = |user: &User| user.pending_address.as_ref().map(|change| change.stop);
    let is_over = stop(stored).is_some() && stop(stored) != stop(after);
    // An act ends all that was mailed before it (T4). What took effect by time did so a while ago: what was mailed since went to
    // the new address, and what was mailed before is bound to the old one and worthless by that (T5).
    let purposes: &[Option<TicketPurpose>] = if now.address != after.address {
        &[None]
    } else if is_over {
        &[Some(TicketPurpose::ConfirmAddress), Some(TicketPurpose::StopChange)]
    } else {
        &[]
    };
    for purpose in purposes {
        decision.set_quietly(SetChange::EndTickets {
            user: after.id,
            purpose: *purpose,
            at: cx.now,
        });
    }
}

/// What was due before anybody wrote it down: it took effect, or lapsed, or ended with the user's access.
fn by_time<T>(decision: &mut Decision<T>, cx: &Context, stored: &User, now: &User, change: &AddressChange) {
    let due_at = change.due_at();
    if now.address != stored.address {
        return changed(decision, cx, (Actor::Schedule, due_at), stored, now, BY_TIME);
    }
    let access_ended = stored.status.due_at().filter(|end| *end <= due_at && !now.is_active());
    let (at, what) = match access_ended {
        Some(end) => (end, What::AddressChangeStopped),
        None if change.stage(due_at) == AddressChangeStage::Lapsed => (due_at, What::AddressChangeLapsed),
        None => (due_at, What::AddressChangeStopped),
    };
    decision.event_by(Actor::Schedule, at, stored.id, what);
}

/// A new address is in effect: the event, and a notice to both, unless nobody was told of an account yet.
fn changed<T>(
    decision: &mut Decision<T>,
    cx: &Context,
    (actor, at): (Actor, Timestamp),
    before: &User,
    after: &User,
    first: u16,
) {
    let what = What::AddressChanged {
        user_name: before.user_name != after.user_name,
    };
    decision.event_by(actor, at, after.id, what);
    if is_nobodys_yet(before) {
        return;
    }
    for (n, to) in [(first, &before.address), (first + 1, &after.address)] {
        let notice = Mail::AddressChanged {
            tenant: cx.tenant.name.clone(),
            recipient: after.profile.display_name.clone(),
            at,
        };
        decision
            .mail
            .push(QueuedMail::new(cx.id(n), after, to, None, notice, cx.now));
    }
}
