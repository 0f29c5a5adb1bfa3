//! Throttles: how many logins failed in a row at one place, and how long nothing is tried there (L2, L3); and how often a new
//! password was asked for.

use serde::{Deserialize, Serialize};
use time::Duration;

use crate::clock::Timestamp;
use crate::id::{ThrottleId, UserId};

/// What is remembered of failed logins at one place: an account, a network, or a bucket of names that nobody has.
///
/// Every login writes it before a password is compared, so that no interleaving of parallel guesses compares more often
/// than is allowed, and whoever crashes in between counts as having failed.
///
/// Requests to set a new password are counted in records of their own, likewise before anything is sent; and so are those for another
/// address of one's own, and the API keys that are made for somebody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Throttle {
    /// Which place. The id is computed from it, so that the same place is always the same record.
    pub id: ThrottleId,
    /// The user whose account it is, if it is one.
    pub user: Option<UserId>,
    /// How many attempts failed in a row, those under way included; or how many requests there were.
    pub failures: u32,
    /// Until when nothing is tried; at exactly this instant it is over.
    pub locked_until: Option<Timestamp>,
    /// When all of this is forgotten.
    pub forget_at: Timestamp,
}

impl Throttle {
    /// How long it stays on record after all of it is forgotten: a login that read it is over by then. Were it removed before,
    /// and made anew, two logins could write the same first version and not see each other.
    pub const KEPT_AFTER: Duration = Duration::HOUR;
}
