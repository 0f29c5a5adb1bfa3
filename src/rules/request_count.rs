//! How often a new password can be asked for at the login page: for one account, and from one network. What is asked for
//! names that nobody has is counted alike, so that the two look the same to a stranger (L5).

use std::net::IpAddr;

use sha2::{Digest, Sha256};
use time::Duration;

use super::decision::Decision;
use crate::clock::Timestamp;
use crate::id::{TenantId, ThrottleId, UserId};
use crate::model::{Loaded, Throttle};
use crate::text::Key;

/// Within what time requests are counted; it begins with the first.
pub const WINDOW: Duration = Duration::HOUR;

/// How many places all the names of a tenant share that nobody has, so that strangers cannot make a store grow.
pub const BUCKETS: usize = 256;

/// A place with the count that was loaded for it, if there is one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestCount {
    id: ThrottleId,
    user: Option<UserId>,
    most: u32,
    loaded: Option<Loaded<Throttle>>,
}

impl RequestCount {
    /// Requests for a user, of which so many are heard.
    pub fn of_account(user: UserId, most: u32) -> Self {
        Self::new(place(b"account", &[user.as_uuid().as_bytes()]), Some(user), most)
    }

    /// Requests for a name that nobody has. None leads to anything, so there is no limit.
    pub fn of_unknown(tenant: TenantId, login: &Key) -> Self {
        let tenant = tenant.as_uuid().as_bytes();
        let digest = Sha256::new()
            .chain_update(b"tenure reset bucket 1\0")
            .chain_update(tenant)
            .chain_update(login.as_bytes())
            .finalize();
        // One byte tells 256 of them apart.
        Self::new(place(b"bucket", &[tenant, &digest[..1]]), None, u32::MAX)
    }

    /// Requests from a network, of which so many are heard: an IPv4 address, or the /64 of an IPv6 address.
    pub fn of_network(tenant: TenantId, address: IpAddr, most: u32) -> Self {
        let tenant = tenant.as_uuid().as_bytes();
        let id = match address.to_canonical() {
            IpAddr::V4(address) => place(b"network v4", &[tenant, &address.octets()]),
            IpAddr::V6(address) => place(b"network v6", &[tenant, &address.octets()[..8]]),
        };
        Self::new(id, None, most)
    }

    fn new(id: ThrottleId, user: Option<UserId>, most: u32) -> Self {
        Self {
            id,
            user,
            most,
            loaded: None,
        }
    }

    /// The record to load for it.
    pub fn id(&self) -> ThrottleId {
        self.id
    }

    /// The same with the record as loaded; one of another place is none.
    pub fn loaded(self, throttle: Option<Loaded<Throttle>>) -> Self {
        let loaded = throttle.filter(|throttle| throttle.id == self.id);
        Self { loaded, ..self }
    }

    /// Whether one more request is heard.
    pub fn has_room(&self, now: Timestamp) -> bool {
        self.current(now).map_or(0, |throttle| throttle.failures) < self.most
    }

    /// Counts one more request, heard or not: so the two write the same.
    pub(super) fn count(&self, decision: &mut Decision<()>, now: Timestamp) {
        let current = self.current(now);
        let after = Throttle {
            id: self.id,
            user: self.user,
            failures: current.map_or(0, |throttle| throttle.failures).saturating_add(1),
            locked_until: None,
            forget_at: current.map_or_else(|| now.saturating_add(WINDOW), |throttle| throttle.forget_at),
        };
        match &self.loaded {
            Some(before) => decision.update(before, after),
            None => decision.insert(after),
        }
    }

    fn current(&self, now: Timestamp) -> Option<&Throttle> {
        let throttle = self.loaded.as_ref().map(|loaded| &loaded.value);
        throttle.filter(|throttle| now < throttle.forget_at)
    }
}

/// The id is computed, so that the same place is always the same record; it is never one that logins are counted at.
fn place(kind: &[u8], parts: &[&[u8]]) -> ThrottleId {
    let mut digest = Sha256::new()
        .chain_update(b"tenure reset requests 1\0")
        .chain_update(kind);
    digest.update(b"\0");
    for part in parts {
        digest.update(part);
    }
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest.finalize()[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid().into()
}
