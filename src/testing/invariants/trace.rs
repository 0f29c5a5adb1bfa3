//! What can be seen by comparing what was before a step with what is after.

use std::collections::BTreeSet;

use super::Observed;
use crate::clock::Timestamp;
use crate::id::TenantId;
use crate::model::{Actor, ApiKey, EndReason, Event, Record, RecordId, RecordKind, Session, Tenant, User, What};
use crate::testing::commands::Command;
use crate::testing::snapshot::Contents;
use crate::testing::world::{Answer, Doer};

/// The tenants that were there before, with the records that changed in them.
fn same_tenants<'a>(
    seen: &Observed<'a>,
) -> impl Iterator<Item = (TenantId, &'a Contents, &'a Contents, &'a BTreeSet<RecordId>)> + use<'a> {
    let (after, all) = (seen.after, seen.changes);
    seen.before.tenants.iter().filter_map(|(tenant, before)| {
        let (after, changed) = (after.tenants.get(tenant)?, all.records.get(tenant)?);
        Some((*tenant, before, after, changed))
    })
}

pub(super) fn nothing_crosses_tenants(seen: &Observed<'_>) -> Result<(), String> {
    for (tenant, contents) in &seen.after.tenants {
        // What was there before was looked at then.
        let before = seen.before.tenants.get(tenant);
        let is_new = |id: &&RecordId| before.is_none_or(|before| !before.records.contains_key(id));
        let others = || seen.after.tenants.iter().filter(|(other, _)| *other != tenant);
        let mut new = contents.records.keys().filter(is_new);
        let twice = new.find_map(|id| Some((id, others().find(|(_, other)| other.records.contains_key(id))?.0)));
        if let Some((id, other)) = twice {
            return Err(format!("{id} is in {tenant} and in {other}"));
        }
    }
    let touched: Vec<(TenantId, RecordId)> = same_tenants(seen)
        .filter_map(|(tenant, _, _, changed)| Some((tenant, *changed.first()?)))
        .collect();
    let allowed = match (&seen.step.command, seen.ran.by) {
        (Command::DeliverMail(_) | Command::SettleDue(_), _) => return Ok(()),
        (Command::FoundTenant(..), _) => touched.is_empty(),
        (_, Doer::System(own) | Doer::User(own, _) | Doer::Program(own, ..)) => {
            touched.iter().all(|(tenant, _)| *tenant == own)
        }
        _ => touched.len() <= 1,
    };
    if allowed {
        Ok(())
    } else {
        Err(format!("{:?} touched {touched:?}", seen.ran.by))
    }
}

pub(super) fn a_refusal_writes_nothing(seen: &Observed<'_>) -> Result<(), String> {
    let refused = match &seen.ran.answer {
        Answer::Done(_) => false,
        // A deletion that is refused has held and released.
        Answer::Refused(_) => !matches!(seen.step.command, Command::Delete(..)),
        Answer::Failed(_) => true,
    };
    if !refused && !seen.step.command.only_reads() {
        return Ok(());
    }
    for (_, before, after, changed) in same_tenants(seen) {
        let mut changed = changed.iter();
        if let Some(id) = changed.find(|id| !may_change_unasked(**id, before, after, seen.before.at)) {
            return Err(format!("{id} changed, and the answer was {:?}", seen.ran.answer));
        }
        let of_a_login = |what: &What| {
            matches!(
                what,
                What::SignedIn { .. }
                    | What::LockedOut { .. }
                    | What::LockoutEnded
                    | What::SessionEnded {
                        reason: EndReason::TooMany,
                        ..
                    }
            )
        };
        let unasked = |event: &Event| event.actor == Actor::Schedule || of_a_login(&event.what);
        if let Some(entry) = after.news.iter().find(|entry| !unasked(&entry.event)) {
            return Err(format!(
                "{:?} was told, and the answer was {:?}",
                entry.event, seen.ran.answer
            ));
        }
        let settled = after.news.iter().any(|entry| entry.event.actor == Actor::Schedule);
        if !settled && (before.seats, before.administrators) != (after.seats, after.administrators) {
            return Err("a counter moved".to_owned());
        }
    }
    Ok(())
}

/// A login that the step took, and what was due and in the way: a command that is refused for it settles it, and tries again.
fn may_change_unasked(id: RecordId, before: &Contents, after: &Contents, at: Timestamp) -> bool {
    let is_due = |id: RecordId| {
        before
            .record(id)
            .and_then(Record::due_at)
            .is_some_and(|due_at| due_at <= at)
    };
    // What was not there before is due with its user: the notices of a new address, once time has passed.
    let record = before.record(id).or_else(|| after.record(id));
    let user = record.and_then(Record::owner);
    [RecordKind::Session, RecordKind::Attempt, RecordKind::Throttle].contains(&id.kind())
        || is_due(id)
        || is_touched(id, before, after)
        || user.is_some_and(|user| is_due(user.into()))
        || is_owner_released(id, before, after, is_due)
}

/// Another address of the owner that was due releases them, where the policy says so (PS5).
fn is_owner_released(id: RecordId, before: &Contents, after: &Contents, is_due: impl Fn(RecordId) -> bool) -> bool {
    let (Some(Record::Tenant(was)), Some(Record::Tenant(is))) = (before.record(id), after.record(id)) else {
        return false;
    };
    let owner_released = true;
    let released = Tenant {
        owner_released,
        ..was.clone()
    };
    is_due(was.owner.into()) && *is == released
}

fn is_touched(id: RecordId, before: &Contents, after: &Contents) -> bool {
    match (before.record(id), after.record(id)) {
        (Some(was), Some(is)) => is_only_touched(was, is),
        _ => false,
    }
}

pub(super) fn every_change_is_told(seen: &Observed<'_>) -> Result<(), String> {
    for (_, before, after, changed) in same_tenants(seen) {
        // What happens to an invitation happens to its user.
        let is_about = |subject: RecordId, id: RecordId| {
            subject == id
                || matches!(after.record(subject), Some(Record::Invitation(it)) if RecordId::User(it.user) == id)
        };
        let of_its_user = |id: RecordId| {
            let owner = after.record(id).or_else(|| before.record(id)).and_then(Record::owner);
            owner.is_some_and(|owner| after.news.iter().any(|entry| entry.event.subject == owner.into()))
        };
        let told = |id: RecordId| after.news.iter().any(|entry| is_about(entry.event.subject, id));
        let reports_moved = || {
            after
                .news
                .iter()
                .any(|entry| matches!(entry.event.what, What::ReportsMoved { .. }))
        };
        for id in changed.iter().copied() {
            let silent = match (before.record(id), after.record(id)) {
                (Some(Record::User(one)), Some(Record::User(other))) => is_same_to_the_log(one, other),
                (Some(Record::Unit(one)), Some(Record::Unit(other))) => one.name == other.name,
                // Whoever becomes their user writes the employee as it is.
                (Some(Record::Employee(one)), Some(Record::Employee(other))) => one == other || reports_moved(),
                // Keys end together; a password is its user's.
                (Some(Record::ApiKey(_)), Some(_)) => is_touched(id, before, after) || of_its_user(id),
                (Some(Record::Credential(_)), Some(_)) => of_its_user(id),
                (one, other) => {
                    let kinds = [
                        RecordKind::User,
                        RecordKind::Unit,
                        RecordKind::Role,
                        RecordKind::Employee,
                    ];
                    one.is_none() && other.is_none() || !kinds.contains(&id.kind())
                }
            };
            if !silent && !told(id) {
                return Err(format!("{id} changed, and no event says so"));
            }
        }
    }
    Ok(())
}

/// Whether two forms of a user differ in nothing that is worth an event.
fn is_same_to_the_log(one: &User, other: &User) -> bool {
    one.status.kind() == other.status.kind()
        && one.grants == other.grants
        && one.memberships == other.memberships
        && one.profile == other.profile
        && (&one.address, &one.user_name, &one.identity) == (&other.address, &other.user_name, &other.identity)
        && one.pending_address == other.pending_address
        && one.hold.is_some() == other.hold.is_some()
}

pub(super) fn versions_rise(seen: &Observed<'_>) -> Result<(), String> {
    for (_, before, after, changed) in same_tenants(seen) {
        for id in changed {
            let (Some(was), Some(is)) = (before.records.get(id), after.records.get(id)) else {
                continue;
            };
            let right = if was.version == is.version {
                is_only_touched(&was.value, &is.value)
            } else {
                was.version < is.version
            };
            if !right {
                return Err(format!("{id} went from {was:?} to {is:?}"));
            }
        }
    }
    Ok(())
}

/// The last use of a session or key, and the last login of a user, move outside their versions, and forward only.
fn is_only_touched(was: &Record, is: &Record) -> bool {
    match (was, is) {
        (Record::Session(was), Record::Session(is)) => {
            let touched = Session {
                seen_at: is.seen_at,
                ..was.clone()
            };
            was.seen_at <= is.seen_at && touched == *is
        }
        (Record::ApiKey(was), Record::ApiKey(is)) => {
            let touched = ApiKey {
                seen_at: is.seen_at,
                ..was.clone()
            };
            was.seen_at <= is.seen_at && touched == *is
        }
        (Record::User(was), Record::User(is)) => {
            let touched = User {
                last_login_at: is.last_login_at,
                ..was.clone()
            };
            was.last_login_at <= is.last_login_at && touched == *is
        }
        _ => false,
    }
}
