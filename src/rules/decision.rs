//! A decision: what a rule says is to be written, as data.

use std::collections::{BTreeMap, BTreeSet};

use super::addresses::effects;
use super::context::Context;
use super::notices;
use crate::clock::Timestamp;
use crate::error::Denied;
use crate::id::{CommitId, TenantId};
use crate::model::{
    Actor, Affected, EndReason, Entry, Event, Inactivity, Kept, Loaded, QueuedMail, Record, RecordId, StatusKind,
    Tenant, User, UserStatus, Version, What,
};
use crate::store::{Change, Commit, Counter, Guard, SetChange};

/// What is to be written, and what the caller is told once it is.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "a decision does nothing until it is committed"]
pub struct Decision<T> {
    /// Records that were read and must be unchanged at the commit point.
    pub guards: Vec<Guard>,
    /// What changes.
    pub changes: Vec<Change>,
    /// What is written to the log.
    pub events: Vec<Event>,
    /// What is queued to be sent.
    pub mail: Vec<QueuedMail>,
    /// What the caller is told.
    pub outcome: T,
}

impl Decision<()> {
    /// A decision of nobody, to do nothing.
    pub fn nothing() -> Self {
        Self {
            guards: Vec::new(),
            changes: Vec::new(),
            events: Vec::new(),
            mail: Vec::new(),
            outcome: (),
        }
    }

    /// A decision of the actor in `cx`, which guards all that their rights rest on.
    pub fn by(cx: &Context) -> Self {
        Self {
            guards: cx.guards.clone(),
            changes: Vec::new(),
            events: Vec::new(),
            mail: Vec::new(),
            outcome: (),
        }
    }
}

impl<T> Decision<T> {
    /// The same decision with another outcome.
    pub fn with<U>(self, outcome: U) -> Decision<U> {
        let Self {
            guards,
            changes,
            events,
            mail,
            outcome: _,
        } = self;
        Decision {
            guards,
            changes,
            events,
            mail,
            outcome,
        }
    }

    /// Holds only while these records are as they were read.
    pub fn guard(&mut self, guards: impl IntoIterator<Item = Guard>) {
        self.guards.extend(guards);
    }

    /// A new record.
    pub fn insert(&mut self, record: impl Into<Record>) {
        self.changes.push(Change::Insert(Entry::new(record)));
    }

    /// A record as it is from now on, decided on what was loaded.
    pub fn update<R: Kept>(&mut self, before: &Loaded<R>, after: R) {
        self.changes.push(Change::Update {
            expected: before.version,
            entry: Entry::new(after),
        });
    }

    /// A record was used, or a user logged in. Raises no version.
    pub fn touch(&mut self, record: impl Into<RecordId>, seen_at: Timestamp) {
        let record = record.into();
        self.changes.push(Change::Touch { record, seen_at });
    }

    /// A record that goes.
    pub fn remove<R: Kept>(&mut self, before: &Loaded<R>) {
        let Guard { record, version } = Guard::on(before);
        self.changes.push(Change::Remove {
            record,
            expected: version,
        });
    }

    /// A counter that moves.
    pub fn count(&mut self, counter: Counter, delta: i64, at_least: Option<i64>, at_most: Option<i64>) {
        if delta != 0 {
            self.changes.push(Change::Count {
                counter,
                delta,
                at_least,
                at_most,
            });
        }
    }

    /// Something that happened.
    pub fn event(&mut self, cx: &Context, subject: impl Into<RecordId>, what: What) {
        self.event_by(cx.actor.clone(), cx.now, subject, what);
    }

    /// Something that happened by another than the actor, or at another time.
    pub fn event_by(&mut self, actor: Actor, at: Timestamp, subject: impl Into<RecordId>, what: What) {
        self.events.push(Event {
            at,
            actor,
            subject: subject.into(),
            what,
            affected: None,
            version: None,
        });
    }

    /// A set change, with the event that tells how many records it touched.
    pub fn set(&mut self, cx: &Context, change: SetChange, subject: impl Into<RecordId>, what: What) {
        let affected = Some(Affected::ByChange(self.changes.len()));
        self.changes.push(Change::Set(change));
        self.events.push(Event {
            at: cx.now,
            actor: cx.actor.clone(),
            subject: subject.into(),
            what,
            affected,
            version: None,
        });
    }

    /// A set change that another event of this decision already tells of.
    pub fn set_quietly(&mut self, change: SetChange) {
        self.changes.push(Change::Set(change));
    }

    /// A new user, with the seat and the place among the administrators that they take.
    pub fn insert_user(&mut self, cx: &Context, user: User) {
        self.count_user(cx, None, &user);
        self.event(
            cx,
            user.id,
            What::UserCreated {
                status: user.status.kind(),
                grants: user.grants.clone(),
                seat: user.takes_seat(cx.policy.invitations_take_seats),
                until: user.status.due_at(),
            },
        );
        self.insert(user);
    }

    /// A user as they are from now on. The one place that keeps seats, administrators, owner and sessions true, and
    /// that tells what became of an address or of a login through a provider.
    ///
    /// # Errors
    /// [`Denied::OwnerProtected`] where the owner would lose access or rights.
    pub fn update_user(&mut self, cx: &Context, before: &Loaded<User>, after: User) -> Result<(), Denied> {
        self.protect_owner(cx, &before.value, &after)?;
        self.tell_what_was_due(&before.value, cx.now);
        self.count_user(cx, Some(&before.value), &after);
        let tickets_ended = self.end_access(cx, &before.value, &after);
        effects::follow(self, cx, &before.value, &after, tickets_ended);
        notices::identity(self, cx, &before.value, &after);
        self.release_owner(cx, &before.value, &after);
        self.update(before, after);
        Ok(())
    }

    fn protect_owner(&mut self, cx: &Context, before: &User, after: &User) -> Result<(), Denied> {
        let administrator = cx.tenant.administrator;
        if after.counts_as_administrator(administrator) {
            return Ok(());
        }
        if after.id == cx.tenant.owner {
            return Err(Denied::OwnerProtected);
        }
        // Only an administrator without an end can be made owner, by a change of the tenant's record: its version settles
        // who is, also where that happens at the same moment.
        if before.has_administrator_role(administrator) {
            self.guard([Guard::on(&cx.tenant)]);
        }
        Ok(())
    }

    /// By policy, another address releases the owner from being one whom nobody can delete (PS5).
    fn release_owner(&mut self, cx: &Context, stored: &User, after: &User) {
        let is_owner = after.id == cx.tenant.owner && !cx.tenant.owner_released;
        if !cx.policy.address_change.releases_owner || !is_owner || stored.address.key() == after.address.key() {
            return;
        }
        let owner_released = true;
        self.update(
            &cx.tenant,
            Tenant {
                owner_released,
                ..cx.tenant.value.clone()
            },
        );
        let by_time = stored.pending_address.as_deref();
        let by_time = by_time.filter(|_| stored.clone().as_of(cx.now).address.key() == after.address.key());
        let (actor, at) = by_time.map_or((cx.actor.clone(), cx.now), |change| (Actor::Schedule, change.due_at()));
        self.event_by(actor, at, cx.tenant.id, What::OwnerReleased);
    }

    fn tell_what_was_due(&mut self, before: &User, now: Timestamp) {
        if let Some(at) = before.status.due_at().filter(|at| *at <= now) {
            let after = before.status.clone().after_due(at);
            let verb = match after {
                UserStatus::Active { .. } => "begin",
                UserStatus::Inactive {
                    because: Inactivity::InvitationExpired,
                    ..
                } => "expire",
                _ => "end",
            };
            let what = status_changed(verb, before.status.kind(), &after);
            self.event_by(Actor::Schedule, at, before.id, what);
        }
        if let Some(hold) = before.hold.filter(|hold| hold.until <= now) {
            self.event_by(Actor::Schedule, hold.until, before.id, What::DeletionReleased);
        }
    }

    fn count_user(&mut self, cx: &Context, before: Option<&User>, after: &User) {
        let invited_count = cx.policy.invitations_take_seats;
        let seat = |user: &User| i64::from(user.takes_seat(invited_count));
        let administrator = |user: &User| i64::from(user.counts_as_administrator(cx.tenant.administrator));
        let seats = seat(after) - before.map_or(0, seat);
        let limit = cx.tenant.seats.limit.filter(|_| seats > 0);
        // Also where there is no limit yet: one may be contracted at the same moment (D1).
        if seats > 0 {
            self.guard([Guard::on(&cx.tenant)]);
        }
        self.count(Counter::Seats, seats, None, limit.map(i64::from));
        let administrators = administrator(after) - before.map_or(0, administrator);
        self.count(
            Counter::Administrators,
            administrators,
            (administrators < 0).then_some(1),
            None,
        );
    }

    /// Ends what a user who loses their access, or is put further out of use, may have open: sessions, tickets, keys (E4, T4).
    /// Whether tickets were ended.
    fn end_access(&mut self, cx: &Context, stored: &User, after: &User) -> bool {
        let user = after.id;
        let active_by_now = stored.clone().as_of(cx.now).is_active();
        let had_access = stored.is_active() || active_by_now;
        // Access that came to its end before anybody wrote that down was lost, even to somebody who is brought back now.
        let lost_it = !active_by_now || !after.is_active();
        let lost = had_access && lost_it;
        let (from, to) = (stored.status.kind(), after.status.kind());
        let is_out_of_use = !matches!(to, StatusKind::Invited | StatusKind::Active);
        // A deleted user has nothing left to end.
        let put_out_of_use = is_out_of_use && from != to && from != StatusKind::Deleted;
        if lost {
            let reason = EndReason::AccessEnded;
            let sessions = SetChange::EndSessions {
                user,
                except: None,
                at: cx.now,
                reason,
            };
            self.set(cx, sessions, user, What::SessionsEnded { reason, except: None });
        }
        if lost || put_out_of_use {
            let (purpose, at) = (None, cx.now);
            self.set_quietly(SetChange::EndTickets { user, purpose, at });
        }
        // A leave comes to an end, and programs go on; what ends for good ends keys too (E4, E6), also out of a leave.
        if to != StatusKind::Suspended && (lost || put_out_of_use && from == StatusKind::Suspended) {
            self.set(
                cx,
                SetChange::RevokeApiKeys { user, at: cx.now },
                user,
                What::ApiKeysRevoked,
            );
        }
        lost || put_out_of_use
    }

    /// Each event says which version its subject has since: whoever holds an older one can be told what they missed (D4).
    fn note_versions(&mut self) {
        let written: BTreeMap<RecordId, Version> = self.changes.iter().filter_map(version_after).collect();
        for event in &mut self.events {
            event.version = written.get(&event.subject).copied();
        }
    }

    /// Takes over all that another decision writes, behind what this one does.
    pub(super) fn absorb<U>(&mut self, other: Decision<U>) -> U {
        self.guards.extend(other.guards);
        let moved = self.changes.len();
        let events = other.events.into_iter().map(|event| Event {
            affected: event.affected.map(|affected| affected.moved_by(moved)),
            ..event
        });
        self.events.extend(events);
        self.changes.extend(other.changes);
        self.mail.extend(other.mail);
        other.outcome
    }

    /// Makes one change of all the changes of a counter, at the end, where it counts for the commit as a whole: a number of
    /// records that together keep its bounds may be written in any order.
    pub(super) fn gather_counts(&mut self) {
        let mut sums: BTreeMap<Counter, (i64, Option<i64>, Option<i64>)> = BTreeMap::new();
        for change in &self.changes {
            if let Change::Count {
                counter,
                delta,
                at_least,
                at_most,
            } = change
            {
                let (sum, least, most) = sums.entry(*counter).or_default();
                *sum += delta;
                *least = (*least).max(*at_least);
                *most = [*most, *at_most].into_iter().flatten().min();
            }
        }
        self.retain_changes(|change| !matches!(change, Change::Count { .. }));
        for (counter, (delta, least, most)) in sums {
            let (least, most) = (least.filter(|_| delta < 0), most.filter(|_| delta > 0));
            self.count(counter, delta, least, most);
        }
    }

    /// Drops changes. The events that name others by their numbers name them by the new ones.
    fn retain_changes(&mut self, mut stays: impl FnMut(&Change) -> bool) {
        let mut numbers = Vec::with_capacity(self.changes.len());
        let mut next = 0;
        for change in &self.changes {
            numbers.push(next);
            next += usize::from(stays(change));
        }
        for event in &mut self.events {
            if let Some(Affected::ByChange(index)) = &mut event.affected {
                *index = numbers.get(*index).copied().unwrap_or(*index);
            }
        }
        self.changes.retain(stays);
    }

    /// The commit that carries this decision out, and what the caller is told then.
    pub fn into_commit(mut self, id: CommitId, tenant: TenantId, at: Timestamp) -> (Commit, T) {
        let mut seen = BTreeSet::new();
        self.guards.retain(|guard| seen.insert(*guard));
        self.note_versions();
        let Self {
            guards,
            changes,
            events,
            mail,
            outcome,
        } = self;
        (
            Commit {
                id,
                tenant,
                at,
                guards,
                changes,
                events,
                mail,
            },
            outcome,
        )
    }
}

/// The record that a change writes, and the version that it has then. Of two writes of one record the later counts.
fn version_after(change: &Change) -> Option<(RecordId, Version)> {
    match change {
        Change::Insert(entry) => Some((entry.record.id(), Version::FIRST)),
        Change::Update { expected, entry } => Some((entry.record.id(), expected.next())),
        _ => None,
    }
}

/// The event of a changed status.
pub(super) fn status_changed(verb: &str, from: StatusKind, to: &UserStatus) -> What {
    let noted = matches!(to, UserStatus::Suspended { reason: Some(_), .. });
    What::StatusChanged {
        verb: verb.to_owned(),
        from,
        to: to.kind(),
        until: to.due_at(),
        noted,
    }
}
