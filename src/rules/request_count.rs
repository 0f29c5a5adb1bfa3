//! How often a new password can be asked for at the login page: for one account, and from one network. What is asked for
//! names that nobody has is counted alike, so that the two look the same to a stranger (L5). What else mails somebody at the wish of
//! whoever is logged in is counted in the same way: other addresses, and API keys.

use std::net::IpAddr;

use time::Duration;

use super::counted::{self, Counted, Places};
use super::decision::Decision;
use crate::clock::Timestamp;
use crate::id::{TenantId, ThrottleId, UserId};
use crate::model::{Loaded, Throttle};
use crate::text::Key;

/// Within what time requests are counted; it begins with the first.
pub const WINDOW: Duration = Duration::HOUR;

/// How many places all the names of a tenant share that nobody has, so that strangers cannot make a store grow.
pub const BUCKETS: usize = counted::BUCKETS;

/// Where requests are counted; never where logins are.
const REQUESTS: Places = Places {
    domain: b"tenure reset requests 1\0",
    buckets: b"tenure reset bucket 1\0",
};

/// Where requests of users for another address are counted.
const ADDRESSES: Places = Places {
    domain: b"tenure address requests 1\0",
    buckets: b"tenure address bucket 1\0",
};

/// Where API keys are counted that are made for a user.
const KEYS: Places = Places {
    domain: b"tenure api keys made 1\0",
    buckets: b"tenure api key bucket 1\0",
};

/// A place with the count that was loaded for it, if there is one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestCount {
    place: Counted,
    most: u32,
}

impl RequestCount {
    /// Requests for a user, of which so many are heard.
    pub fn of_account(user: UserId, most: u32) -> Self {
        Self::new(REQUESTS.account(user), Some(user), most)
    }

    /// Requests for a name that nobody has. None leads to anything, so there is no limit.
    pub fn of_unknown(tenant: TenantId, login: &Key) -> Self {
        Self::new(REQUESTS.unknown(tenant, login), None, u32::MAX)
    }

    /// Requests with a name, whoever has it. There is no limit; that everybody writes it keeps strangers from telling by who
    /// gets in whose way which names are somebody's (L5). It is shared exactly where [`of_unknown`](Self::of_unknown) is.
    pub fn of_name(tenant: TenantId, login: &Key) -> Self {
        Self::new(REQUESTS.name(tenant, login), None, u32::MAX)
    }

    /// Requests of a user for another address of their own, of which so many are heard.
    pub fn of_address(user: UserId, most: u32) -> Self {
        Self::new(ADDRESSES.account(user), Some(user), most)
    }

    /// API keys for a user, of which so many are made: each is told to them by mail.
    pub fn of_api_keys(user: UserId, most: u32) -> Self {
        Self::new(KEYS.account(user), Some(user), most)
    }

    /// Requests from a network, of which so many are heard: an IPv4 address, or the /64 of an IPv6 address.
    pub fn of_network(tenant: TenantId, address: IpAddr, most: u32) -> Self {
        Self::new(REQUESTS.network(tenant, address), None, most)
    }

    fn new(id: ThrottleId, user: Option<UserId>, most: u32) -> Self {
        let place = Counted::new(id, user);
        Self { place, most }
    }

    /// The record to load for it.
    pub fn id(&self) -> ThrottleId {
        self.place.id
    }

    /// The same with the record as loaded; one of another place is none.
    pub fn loaded(self, throttle: Option<Loaded<Throttle>>) -> Self {
        let place = self.place.loaded(throttle);
        Self { place, ..self }
    }

    /// Whether one more request is heard.
    pub fn has_room(&self, now: Timestamp) -> bool {
        self.place.count(now) < self.most
    }

    /// Until when no further request is heard; none where one is.
    pub fn full_until(&self, now: Timestamp) -> Option<Timestamp> {
        if self.has_room(now) {
            return None;
        }
        // Where none at all are heard, nothing may be counted yet.
        let counted = self.place.current(now);
        Some(counted.map_or_else(|| now.saturating_add(WINDOW), |throttle| throttle.forget_at))
    }

    /// Counts one more request, heard or not: so the two write the same.
    pub(super) fn count(&self, decision: &mut Decision<()>, now: Timestamp) {
        let mut place = self.place.clone();
        let after = Throttle {
            id: place.id,
            user: place.user,
            failures: place.count(now).saturating_add(1),
            locked_until: None,
            forget_at: place
                .current(now)
                .map_or_else(|| now.saturating_add(WINDOW), |throttle| throttle.forget_at),
        };
        place.write(decision, after);
    }
}
