//! A clock that stands until it is moved.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use time::Duration;

use crate::clock::{Clock, Timestamp};

/// A clock that stands still until a test moves it. Its clones are the same clock.
///
/// ```
/// use tenure::clock::{Clock, Timestamp};
/// use tenure::testing::ManualClock;
/// use time::Duration;
///
/// let clock = ManualClock::at(Timestamp::EPOCH);
/// let same = clock.clone();
/// clock.advance(Duration::hours(1));
/// assert_eq!(same.now().since(Timestamp::EPOCH), Duration::hours(1));
/// ```
#[derive(Debug, Clone)]
pub struct ManualClock {
    micros: Arc<AtomicI64>,
}

impl ManualClock {
    /// A clock that shows this instant.
    pub fn at(instant: Timestamp) -> Self {
        Self {
            micros: Arc::new(AtomicI64::new(instant.unix_micros())),
        }
    }

    /// Moves it by `duration`, back where that is negative; gives what it shows then.
    pub fn advance(&self, duration: Duration) -> Timestamp {
        let moved = self.now().saturating_add(duration);
        self.set(moved);
        moved
    }

    /// Sets it to an instant.
    pub fn set(&self, instant: Timestamp) {
        self.micros.store(instant.unix_micros(), Ordering::SeqCst);
    }
}

impl Default for ManualClock {
    /// A clock that shows 2 January 2026, 08:00 UTC: a Friday morning.
    fn default() -> Self {
        Self {
            micros: Arc::new(AtomicI64::new(1_767_340_800_000_000)),
        }
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        // Only numbers of instants are ever stored.
        Timestamp::from_unix_micros(self.micros.load(Ordering::SeqCst)).unwrap_or(Timestamp::EPOCH)
    }
}
