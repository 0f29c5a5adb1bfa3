//! Throttles: how often a password can be guessed at one place, and how long it takes until the next guess (L2, L3).
//!
//! An attempt is counted as a failure *before* anything is compared, on the version that was read, and taken back where
//! it succeeds. So no interleaving of parallel guesses compares more often than the policy allows, and whoever crashes in
//! between has failed.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};
use time::Duration;

use super::counted::{self, Counted, Places};
use super::decision::Decision;
use crate::clock::Timestamp;
use crate::id::{TenantId, ThrottleId, UserId};
use crate::model::{Loaded, Throttle};
use crate::text::Key;

/// How often a password can be guessed. Every lock ends by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ThrottlePolicy {
    failures: u32,
    first_delay: Duration,
    longest_delay: Duration,
    forget_after: Duration,
    network_failures: u32,
    network_window: Duration,
}

impl Default for ThrottlePolicy {
    /// 10 failures an account, then 30 seconds that double up to an hour, forgotten after a day; 100 failures a network
    /// within a quarter of an hour.
    fn default() -> Self {
        Self {
            failures: 10,
            first_delay: Duration::seconds(30),
            longest_delay: Duration::HOUR,
            forget_after: Duration::DAY,
            network_failures: 100,
            network_window: Duration::minutes(15),
        }
    }
}

impl ThrottlePolicy {
    /// However it is set, an account is locked after so many failures in a row.
    pub const MOST_FAILURES: u32 = 100;
    /// However it is set, a lock lasts so long, and failures are remembered for as long as the longest lock at least.
    pub const LEAST_DELAY: Duration = Duration::SECOND;

    /// After how many failures in a row an account is locked: 1 to [`MOST_FAILURES`](Self::MOST_FAILURES); what lies
    /// outside is taken for the nearer end.
    pub fn failures(self, failures: u32) -> Self {
        Self { failures, ..self }
    }

    /// How long the first lock of an account lasts, and the longest. Each failure after a lock doubles the next one.
    pub fn delays(self, first: Duration, longest: Duration) -> Self {
        Self {
            first_delay: first,
            longest_delay: longest,
            ..self
        }
    }

    /// How long after the last failure an account's failures are forgotten.
    pub fn forget_after(self, time: Duration) -> Self {
        Self {
            forget_after: time,
            ..self
        }
    }

    /// How long any lock lasts at most, of an account or of a network.
    pub fn longest_lock(&self) -> Duration {
        self.longest_delay.max(self.network_window)
    }

    /// How many failures a network can have within the window, which begins with the first of them; then it is refused
    /// for as long again. At least 1.
    pub fn network(self, failures: u32, window: Duration) -> Self {
        Self {
            network_failures: failures,
            network_window: window,
            ..self
        }
    }

    /// After how many failures in a row an account is locked.
    pub fn limit(&self) -> u32 {
        self.failures.clamp(1, Self::MOST_FAILURES)
    }

    /// How long an account is locked that has failed so often in a row; none where it is not.
    pub fn delay(&self, failures: u32) -> Option<Duration> {
        let doublings = failures.checked_sub(self.limit())?;
        // However it is set: a lock that is none would let everybody guess on.
        let longest = self.longest_delay.max(Self::LEAST_DELAY);
        let doubled = |delay: Duration, _| delay.saturating_mul(2).min(longest);
        // An hour is more than enough doublings away from any first delay.
        Some((0..doublings.min(64)).fold(self.first_delay.clamp(Self::LEAST_DELAY, longest), doubled))
    }
}

/// Where failed logins are counted.
const LOGINS: Places = Places {
    domain: b"tenure throttle 1\0",
    buckets: b"tenure login bucket 1\0",
};

/// The place of a user's account.
pub fn account(user: UserId) -> ThrottleId {
    LOGINS.account(user)
}

/// The place of a login name that nobody has: one of [`BUCKETS`], so that strangers cannot make a store grow.
pub fn unknown(tenant: TenantId, login: &Key) -> ThrottleId {
    LOGINS.unknown(tenant, login)
}

/// The place of a network: an IPv4 address, or the /64 of an IPv6 address, all of which are one customer's.
pub fn network(tenant: TenantId, address: IpAddr) -> ThrottleId {
    LOGINS.network(tenant, address)
}

/// How many places all the login names of a tenant share that nobody has.
pub const BUCKETS: usize = counted::BUCKETS;

/// What is counted at one place. Closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Failures in a row; then growing delays.
    Account,
    /// Failures within a window.
    Network,
}

/// A place with the throttle that was loaded for it, if there is one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tally {
    place: Counted,
    kind: Kind,
}

impl Tally {
    /// The tally of a user's account.
    pub fn of_account(user: UserId) -> Self {
        Self::new(account(user), Kind::Account, Some(user))
    }

    /// The tally of login names that nobody has.
    pub fn of_unknown(tenant: TenantId, login: &Key) -> Self {
        Self::new(unknown(tenant, login), Kind::Account, None)
    }

    /// The tally of a network.
    pub fn of_network(tenant: TenantId, address: IpAddr) -> Self {
        Self::new(network(tenant, address), Kind::Network, None)
    }

    fn new(id: ThrottleId, kind: Kind, user: Option<UserId>) -> Self {
        let place = Counted::new(id, user);
        Self { place, kind }
    }

    /// The same with the record as loaded; one of another place is none.
    pub fn loaded(self, throttle: Option<Loaded<Throttle>>) -> Self {
        let place = self.place.loaded(throttle);
        Self { place, ..self }
    }

    /// The record to load for it.
    pub fn id(&self) -> ThrottleId {
        self.place.id
    }

    /// How many attempts failed, those under way included.
    pub fn failures(&self, now: Timestamp) -> u32 {
        self.place.count(now)
    }

    /// Until when nothing is tried here; none where something can be.
    pub fn locked_until(&self, now: Timestamp) -> Option<Timestamp> {
        self.place.current(now)?.locked_until.filter(|until| now < *until)
    }

    /// Counts one more failure, and locks the place where that was the last one. The lock that begins, if one does.
    pub(super) fn count<T>(
        &mut self,
        decision: &mut Decision<T>,
        policy: &ThrottlePolicy,
        now: Timestamp,
    ) -> Option<Timestamp> {
        let failures = self.failures(now).saturating_add(1);
        let after = self.at(failures, policy, now);
        let locked_until = after.locked_until;
        self.place.write(decision, after);
        locked_until
    }

    /// Takes all failures back: somebody logged in. Written also where there were none, so that of two logins at once each
    /// sees the other's session.
    pub(super) fn reset<T>(&mut self, decision: &mut Decision<T>, policy: &ThrottlePolicy, now: Timestamp) {
        let after = self.at(0, policy, now);
        self.place.write(decision, after);
    }

    /// Leaves the count as it is, in a new version: somebody logged in without a password.
    pub(super) fn keep<T>(&mut self, decision: &mut Decision<T>, policy: &ThrottlePolicy, now: Timestamp) {
        let after = self.place.current(now).cloned();
        let after = after.unwrap_or_else(|| self.at(0, policy, now));
        self.place.write(decision, after);
    }

    /// Takes one failure back, and with it the lock that it began.
    pub(super) fn give_back<T>(&mut self, decision: &mut Decision<T>, policy: &ThrottlePolicy, now: Timestamp) {
        let Some(throttle) = self.place.current(now).cloned() else {
            return;
        };
        let failures = throttle.failures.saturating_sub(1);
        let still_locked = failures >= policy.network_failures.max(1);
        let after = Throttle {
            failures,
            locked_until: throttle.locked_until.filter(|_| still_locked),
            ..throttle
        };
        self.place.write(decision, after);
    }

    /// The throttle after so many failures.
    fn at(&self, failures: u32, policy: &ThrottlePolicy, now: Timestamp) -> Throttle {
        let (locked_until, forget_at) = match self.kind {
            Kind::Account => {
                let locked_until = policy.delay(failures).map(|delay| now.saturating_add(delay));
                let forget_after = policy
                    .forget_after
                    .max(policy.longest_delay)
                    .max(ThrottlePolicy::LEAST_DELAY);
                let forget_at = now.saturating_add(forget_after);
                (locked_until, forget_at.max(locked_until.unwrap_or(forget_at)))
            }
            Kind::Network => {
                let from_now = now.saturating_add(policy.network_window);
                if failures >= policy.network_failures.max(1) {
                    (Some(from_now), from_now)
                } else {
                    (
                        None,
                        self.place.current(now).map_or(from_now, |throttle| throttle.forget_at),
                    )
                }
            }
        };
        Throttle {
            id: self.place.id,
            user: self.place.user,
            failures,
            locked_until,
            forget_at,
        }
    }
}

/// Ends the lock of an account in a decision of another rule, and forgets its failures: after a valid reset, or when an
/// administrator says so. Nothing where there are none. `throttle` is the record [`account`] of the user, if there is one.
///
/// Whether a lock was in force at `now`.
pub fn clear<T>(decision: &mut Decision<T>, throttle: Option<&Loaded<Throttle>>, now: Timestamp) -> bool {
    let Some(before) = throttle.filter(|throttle| throttle.failures > 0 || throttle.locked_until.is_some()) else {
        return false;
    };
    // Written and not removed: of two logins at once each has to see a newer version.
    let after = Throttle {
        failures: 0,
        locked_until: None,
        ..before.value.clone()
    };
    decision.update(before, after);
    before
        .locked_until
        .is_some_and(|until| now < until && now < before.forget_at)
}
