//! What can be seen from the records as they are after a step.

use std::collections::{BTreeMap, BTreeSet};

use super::Observed;
use crate::clock::Timestamp;
use crate::model::{
    Invitation, InvitationState, RecordId, Session, SessionState, Ticket, TicketPurpose, TicketState, UnitPath, User,
    UserStatus,
};
use crate::testing::snapshot::Contents;

pub(super) fn each_tenant(
    seen: &Observed<'_>,
    holds: impl Fn(&Contents, Timestamp) -> Result<(), String>,
) -> Result<(), String> {
    let after = seen.after;
    // What is as it was needs no second look, unless time has passed.
    let mut looked_at = after
        .tenants
        .iter()
        .filter(|(tenant, _)| seen.changes.tenants.contains(tenant));
    looked_at.try_for_each(|(_, contents)| holds(contents, after.at))
}

pub(super) fn ensure(holds: bool, why: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(why()) }
}

pub(super) fn owner_and_administrator_exist(seen: &Observed<'_>) -> Result<(), String> {
    each_tenant(seen, |contents, at| {
        let tenant = contents.tenants().next().ok_or("a tenant without a record")?;
        let owner = contents.user(tenant.owner).map(|owner| owner.clone().as_of(at));
        let owner = owner.ok_or_else(|| format!("the owner {} does not exist", tenant.owner))?;
        ensure(
            owner.is_active() && owner.has_administrator_role(tenant.administrator),
            || format!("the owner is {} with {:?}", owner.status.kind(), owner.grants),
        )?;
        let counting = contents
            .users()
            .filter(|user| user.counts_as_administrator(tenant.administrator));
        let counted = i64::try_from(counting.count()).unwrap_or(i64::MAX);
        ensure(counted == contents.administrators && counted >= 1, || {
            format!(
                "{counted} administrators, and the counter says {}",
                contents.administrators
            )
        })
    })
}

pub(super) fn no_usable_session_of_the_inactive(seen: &Observed<'_>) -> Result<(), String> {
    let idle = seen.policy.session_idle;
    let check = |session: &Session, contents: &Contents, at: Timestamp| {
        let Some(user) = contents.user(session.user) else {
            return Err(format!("session {} of nobody", session.id));
        };
        let status = user.status.clone().as_of(at);
        // What is due and not yet written down keeps a session open on record; it is not usable all the same.
        let was_in_use = matches!(user.status, UserStatus::Active { .. });
        match status {
            UserStatus::Active { since, .. } => {
                ensure(since <= session.started_at || !session.is_live(idle, at), || {
                    format!(
                        "session {} of {} is older than their activity, {since}",
                        session.id, user.id
                    )
                })
            }
            _ => ensure(was_in_use, || {
                format!("session {} of {}, who is {}", session.id, user.id, status.kind())
            }),
        }
    };
    each_tenant(seen, |contents, at| {
        let mut open = contents
            .sessions()
            .filter(|session| matches!(session.state, SessionState::Open));
        open.try_for_each(|session| check(session, contents, at))
    })
}

pub(super) fn one_live_ticket_a_purpose(seen: &Observed<'_>) -> Result<(), String> {
    each_tenant(seen, |contents, at| {
        let mut live = BTreeSet::new();
        let open = contents
            .tickets()
            .filter(|ticket| matches!(ticket.state, TicketState::Open));
        for ticket in open {
            ensure(live.insert((ticket.user, ticket.purpose)), || {
                format!("two open tickets of {} for {:?}", ticket.user, ticket.purpose)
            })?;
            if ticket.purpose == TicketPurpose::Invitation && at < ticket.expires_at {
                ensure(is_of_open_invitation(ticket, contents, at), || {
                    format!("ticket {} of {} leads to no open invitation", ticket.id, ticket.user)
                })?;
            }
        }
        Ok(())
    })
}

fn is_of_open_invitation(ticket: &Ticket, contents: &Contents, at: Timestamp) -> bool {
    let status = contents.user(ticket.user).map(|user| user.status.clone().as_of(at));
    let Some(UserStatus::Invited { invitation: id, .. }) = status else {
        return false;
    };
    let mut invitations = contents.invitations();
    invitations.any(|invitation| invitation.id == id && invitation.ticket == ticket.id)
}

pub(super) fn one_open_invitation(seen: &Observed<'_>) -> Result<(), String> {
    let names = |user: &User, invitation: &Invitation| {
        matches!(user.status, UserStatus::Invited { invitation: id, expires_at, .. }
            if id == invitation.id && expires_at == invitation.expires_at)
    };
    each_tenant(seen, |contents, at| {
        let pending: Vec<Invitation> = contents
            .invitations()
            .map(|invitation| invitation.clone().as_of(at))
            .collect();
        let pending: Vec<_> = pending
            .into_iter()
            .filter(|it| matches!(it.state, InvitationState::Pending))
            .collect();
        for invitation in &pending {
            let user = contents.user(invitation.user).map(|user| user.clone().as_of(at));
            ensure(user.is_some_and(|user| names(&user, invitation)), || {
                format!(
                    "invitation {} is pending, but {} is not invited by it",
                    invitation.id, invitation.user
                )
            })?;
        }
        for user in contents.users().map(|user| user.clone().as_of(at)) {
            let is_invited = matches!(user.status, UserStatus::Invited { .. });
            ensure(
                !is_invited || pending.iter().any(|invitation| names(&user, invitation)),
                || format!("{} is invited by no pending invitation", user.id),
            )?;
        }
        Ok(())
    })
}

pub(super) fn supervisors_are_acyclic(seen: &Observed<'_>) -> Result<(), String> {
    each_tenant(seen, |contents, _| {
        let above: BTreeMap<_, _> = contents
            .employees()
            .map(|employee| (employee.id, employee.supervisor))
            .collect();
        for start in above.keys() {
            let line = std::iter::successors(Some(*start), |id| above.get(id).copied().flatten());
            let mut seen = BTreeSet::new();
            ensure(line.into_iter().all(|id| seen.insert(id)), || {
                format!("{start} reports to themselves")
            })?;
        }
        Ok(())
    })
}

pub(super) fn units_are_trees(seen: &Observed<'_>) -> Result<(), String> {
    each_tenant(seen, |contents, _| {
        for unit in contents.units() {
            let parent = unit
                .parent()
                .map(|parent| contents.unit(parent).map(|parent| parent.path.child(unit.id)));
            let path = parent.unwrap_or_else(|| Some(UnitPath::root(unit.id)));
            ensure(
                path.as_ref() == Some(&unit.path) && unit.path.depth() <= UnitPath::MAX_DEPTH,
                || format!("the path of unit {} is {:?}", unit.id, unit.path),
            )?;
            let named: BTreeSet<_> = unit.path.iter().collect();
            ensure(named.len() == unit.path.depth(), || {
                format!("unit {} lies below itself", unit.id)
            })?;
        }
        let counted = contents.units().count();
        let kept = contents.tenants().next().map_or(0, |tenant| tenant.units);
        ensure(usize::try_from(kept) == Ok(counted), || {
            format!("{counted} units, and the tenant says {kept}")
        })
    })
}

pub(super) fn seats_are_counted(seen: &Observed<'_>) -> Result<(), String> {
    let invited_count = seen.policy.invitations_take_seats;
    each_tenant(seen, |contents, _| {
        let taking = contents.users().filter(|user| user.takes_seat(invited_count)).count();
        let taking = i64::try_from(taking).unwrap_or(i64::MAX);
        ensure(taking == contents.seats, || {
            format!("{taking} seats, and the counter says {}", contents.seats)
        })?;
        let limit = contents.tenants().next().and_then(|tenant| tenant.seats.limit);
        ensure(limit.is_none_or(|limit| taking <= i64::from(limit)), || {
            format!("{taking} seats of {limit:?}")
        })
    })
}

pub(super) fn keys_and_references_hold(seen: &Observed<'_>) -> Result<(), String> {
    each_tenant(seen, |contents, _| {
        let mut holders: BTreeMap<_, RecordId> = BTreeMap::new();
        for (id, loaded) in &contents.records {
            for key in loaded.value.keys() {
                let space = key.space;
                if let Some(other) = holders.insert(key, *id) {
                    return Err(format!("{id} and {other} have one key in {}", space.as_str()));
                }
            }
            let missing = loaded
                .value
                .references()
                .into_iter()
                .find(|it| !contents.records.contains_key(&it.to));
            if let Some(missing) = missing {
                return Err(format!("{id} names {}, which does not exist", missing.to));
            }
        }
        Ok(())
    })
}
