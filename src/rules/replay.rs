//! Replay: what the event log says of each user, folded from it alone. Status, rights and seats can be rebuilt, and the seats
//! of a billing period be proved (LO8, D6).
//!
//! Events are folded in the order of the feed. What is due by itself (an invitation's end, a scheduled start) is told in
//! advance: the event that scheduled it has the instant. So a fold knows it from that instant on, whether or not the change was
//! written down by then; the event that writes it down later changes nothing any more. A store's counter, and
//! [`SeatCount`](crate::desk::SeatCount), count what is not yet written down as it was.

use std::collections::BTreeMap;

use crate::clock::Timestamp;
use crate::id::UserId;
use crate::model::{Event, Grant, RecordId, SeatContract, StatusKind, What};

/// What the log says of all users of a tenant, up to the last event that was folded in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Replay {
    users: BTreeMap<UserId, Replayed>,
    /// Each instant at which somebody took a seat (+1) or gave it back (-1).
    seats: Vec<(Timestamp, i64)>,
    /// Each contract, since when it holds.
    contracts: Vec<(Timestamp, SeatContract)>,
}

/// What the log says of one user.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Replayed {
    /// Where their access stands.
    pub status: StatusKind,
    /// When that changes by itself, if it does.
    pub until: Option<Timestamp>,
    /// What they may do.
    pub grants: Vec<Grant>,
    /// Whether they keep a seat.
    pub seat: bool,
}

impl Replayed {
    /// What stands at `now`, with what is due by then.
    fn at(mut self, now: Timestamp) -> Self {
        if self.until.is_some_and(|until| until <= now) {
            (self.status, self.seat) = match self.status {
                StatusKind::Invited => (StatusKind::Lapsed, false),
                StatusKind::Active => (StatusKind::Inactive, false),
                StatusKind::Deleted => (StatusKind::Deleted, false),
                _ => (StatusKind::Active, true),
            };
            self.until = None;
        }
        self
    }

    fn becomes(&mut self, status: StatusKind, until: Option<Timestamp>) {
        self.status = status;
        self.until = until;
        // By the definition of a seat: in use, or certain to be in use again on a day. Of the invited the events say it.
        self.seat = match status {
            StatusKind::Active => true,
            StatusKind::SetUp | StatusKind::Lapsed | StatusKind::Inactive | StatusKind::Suspended => until.is_some(),
            StatusKind::Invited => self.seat,
            StatusKind::Disabled | StatusKind::Deleted => false,
        };
    }
}

impl Replay {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// What all of these events say, in the order of the feed.
    pub fn of<'a>(events: impl IntoIterator<Item = &'a Event>) -> Self {
        let mut replay = Self::new();
        for event in events {
            replay.apply(event);
        }
        replay
    }

    /// Folds in the next event of the feed.
    pub fn apply(&mut self, event: &Event) {
        match event.what {
            What::TenantFounded { seats } => self.contracts.push((event.at, seats)),
            What::SeatContractChanged { to, .. } => self.contracts.push((event.at, to)),
            _ => {}
        }
        let Some(user) = user_of(event) else { return };
        if matches!(event.what, What::UserErased) {
            self.settle(user, event.at);
            self.users.remove(&user);
            return;
        }
        self.settle(user, event.at);
        let before = self.users.get(&user).is_some_and(|it| it.seat);
        if let What::UserCreated {
            status,
            grants,
            seat,
            until,
        } = &event.what
        {
            let created = Replayed {
                status: *status,
                until: *until,
                grants: grants.clone(),
                seat: *seat,
            };
            self.users.insert(user, created);
        }
        let Some(replayed) = self.users.get_mut(&user) else {
            return;
        };
        replayed.follow(event);
        let after = replayed.seat;
        self.seat_moved(event.at, before, after);
    }

    /// What was due of a user before an instant is true from its own instant on.
    fn settle(&mut self, user: UserId, now: Timestamp) {
        let Some(replayed) = self.users.get_mut(&user) else {
            return;
        };
        let Some(until) = replayed.until.filter(|until| *until <= now) else {
            return;
        };
        let before = replayed.seat;
        *replayed = replayed.clone().at(now);
        let after = replayed.seat;
        self.seat_moved(until, before, after);
    }

    fn seat_moved(&mut self, at: Timestamp, before: bool, after: bool) {
        if before != after {
            self.seats.push((at, if after { 1 } else { -1 }));
        }
    }

    /// One user, as they stand at `now` by what was folded in.
    pub fn user(&self, user: UserId, now: Timestamp) -> Option<Replayed> {
        self.users.get(&user).cloned().map(|replayed| replayed.at(now))
    }

    /// Every user who was not erased, as they stand at `now` by what was folded in.
    pub fn users(&self, now: Timestamp) -> BTreeMap<UserId, Replayed> {
        let users = self.users.iter();
        users
            .map(|(user, replayed)| (*user, replayed.clone().at(now)))
            .collect()
    }

    /// How many seats were in use, from instant to instant within a period, what was due included: the first entry stands at its
    /// beginning. `from` is in it, `to` is not.
    pub fn seats_over(&self, from: Timestamp, to: Timestamp) -> Vec<SeatsSince> {
        let mut moves = self.seats.clone();
        // What is still to come by itself.
        for replayed in self.users.values() {
            if let Some(until) = replayed.until {
                let after = replayed.clone().at(until).seat;
                if after != replayed.seat {
                    moves.push((until, if after { 1 } else { -1 }));
                }
            }
        }
        moves.sort_by_key(|(at, _)| *at);
        let contract_moves = self.contracts.iter().map(|(at, _)| (*at, 0));
        moves.extend(contract_moves);
        moves.sort_by_key(|(at, _)| *at);
        let mut used = moves
            .iter()
            .filter(|(at, _)| *at <= from)
            .map(|(_, delta)| delta)
            .sum::<i64>();
        let mut over = vec![self.seats_since(from, used)];
        for (at, delta) in moves.into_iter().filter(|(at, _)| *at > from && *at < to) {
            used += delta;
            let since = self.seats_since(at, used);
            match over.last_mut() {
                // Of one instant the last counts.
                Some(last) if last.since == at => *last = since,
                Some(last) if (last.used, last.billed) == (since.used, since.billed) => {}
                _ => over.push(since),
            }
        }
        over.dedup_by(|next, before| (next.used, next.billed) == (before.used, before.billed));
        over
    }

    /// How many seats were in use at an instant, and how many were billed.
    pub fn seats_at(&self, at: Timestamp) -> SeatsSince {
        let over = self.seats_over(at, at);
        over.first().copied().unwrap_or_else(|| self.seats_since(at, 0))
    }

    fn seats_since(&self, since: Timestamp, used: i64) -> SeatsSince {
        let used = u32::try_from(used).unwrap_or(0);
        let billed = self.contract_at(since).billed(used);
        SeatsSince { since, used, billed }
    }

    fn contract_at(&self, at: Timestamp) -> SeatContract {
        let mut contracts = self.contracts.iter().rev();
        let held = contracts.find(|(since, _)| *since <= at);
        held.map(|(_, contract)| *contract).unwrap_or_default()
    }
}

/// How many seats are in use, and billed, since an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct SeatsSince {
    /// Since when.
    pub since: Timestamp,
    /// How many are in use.
    pub used: u32,
    /// The larger of that and the number contracted.
    pub billed: u32,
}

impl Replayed {
    fn follow(&mut self, event: &Event) {
        match &event.what {
            What::GrantsChanged { to, .. } => self.grants.clone_from(to),
            What::StatusChanged { to, until, .. } | What::InvitationAccepted { to, until, .. } => {
                self.becomes(*to, *until);
            }
            What::InvitationSent { expires_at, seat, .. } => {
                self.seat = *seat;
                self.becomes(StatusKind::Invited, Some(*expires_at));
            }
            What::InvitationCancelled { .. } => self.becomes(StatusKind::Lapsed, None),
            // Of an older invitation, where the user was invited anew since, it says nothing of them.
            What::InvitationExpired { .. } if self.status == StatusKind::Invited && self.until == Some(event.at) => {
                self.becomes(StatusKind::Lapsed, None);
            }
            What::UserDeleted { .. } => self.becomes(StatusKind::Deleted, None),
            What::UserRestored => self.becomes(StatusKind::SetUp, None),
            _ => {}
        }
    }
}

/// The user whose status, rights or seat an event may change.
fn user_of(event: &Event) -> Option<UserId> {
    match (&event.what, event.subject) {
        (
            What::InvitationAccepted { user, .. }
            | What::InvitationCancelled { user, .. }
            | What::InvitationExpired { user, .. },
            _,
        ) => Some(*user),
        (_, RecordId::User(user)) => Some(user),
        _ => None,
    }
}
