//! Places at which something is counted: an account, a network, or one of few buckets for names that nobody has. Their records
//! are [`Throttle`]s, whose ids are computed, so that the same place is always the same record.

use std::net::IpAddr;

use sha2::{Digest, Sha256};

use super::decision::Decision;
use crate::clock::Timestamp;
use crate::id::{TenantId, ThrottleId, UserId};
use crate::model::{Loaded, Throttle, Version};
use crate::text::Key;

/// How many places all the login names of a tenant share that nobody has, so that strangers cannot make a store grow.
pub(super) const BUCKETS: usize = 256;

/// The places of one kind of count. Those of different kinds are never the same record.
pub(super) struct Places {
    /// What all ids of the kind are derived with.
    pub(super) domain: &'static [u8],
    /// What names are sorted into buckets with.
    pub(super) buckets: &'static [u8],
}

impl Places {
    /// The place of a user's account.
    pub(super) fn account(&self, user: UserId) -> ThrottleId {
        self.place(b"account", &[user.as_uuid().as_bytes()])
    }

    /// The place of a login name that nobody has: one of [`BUCKETS`].
    pub(super) fn unknown(&self, tenant: TenantId, login: &Key) -> ThrottleId {
        self.bucket(b"bucket", tenant, login)
    }

    /// The place of a login name, whoever has it: one of [`BUCKETS`], and two names share theirs exactly where they would share
    /// that of [`unknown`](Self::unknown) names.
    pub(super) fn name(&self, tenant: TenantId, login: &Key) -> ThrottleId {
        self.bucket(b"name", tenant, login)
    }

    fn bucket(&self, kind: &[u8], tenant: TenantId, login: &Key) -> ThrottleId {
        let tenant = tenant.as_uuid().as_bytes();
        let digest = Sha256::new()
            .chain_update(self.buckets)
            .chain_update(tenant)
            .chain_update(login.as_bytes())
            .finalize();
        // One byte tells 256 of them apart.
        self.place(kind, &[tenant, &digest[..1]])
    }

    /// The place of a network: an IPv4 address, or the /64 of an IPv6 address, all of which are one customer's.
    pub(super) fn network(&self, tenant: TenantId, address: IpAddr) -> ThrottleId {
        let tenant = tenant.as_uuid().as_bytes();
        match address.to_canonical() {
            IpAddr::V4(address) => self.place(b"network v4", &[tenant, &address.octets()]),
            IpAddr::V6(address) => self.place(b"network v6", &[tenant, &address.octets()[..8]]),
        }
    }

    fn place(&self, kind: &[u8], parts: &[&[u8]]) -> ThrottleId {
        let mut digest = Sha256::new().chain_update(self.domain).chain_update(kind);
        digest.update(b"\0");
        for part in parts {
            digest.update(part);
        }
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&digest.finalize()[..16]);
        uuid::Builder::from_custom_bytes(bytes).into_uuid().into()
    }
}

/// A place with the record that was loaded for it, if there is one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Counted {
    pub(super) id: ThrottleId,
    pub(super) user: Option<UserId>,
    loaded: Option<Loaded<Throttle>>,
}

impl Counted {
    /// A place of which nothing was loaded.
    pub(super) fn new(id: ThrottleId, user: Option<UserId>) -> Self {
        Self { id, user, loaded: None }
    }

    /// The same with the record as loaded; one of another place is none.
    pub(super) fn loaded(self, throttle: Option<Loaded<Throttle>>) -> Self {
        let loaded = throttle.filter(|throttle| throttle.id == self.id);
        Self { loaded, ..self }
    }

    /// What is remembered at `now`.
    pub(super) fn current(&self, now: Timestamp) -> Option<&Throttle> {
        let throttle = self.loaded.as_ref().map(|loaded| &loaded.value);
        throttle.filter(|throttle| now < throttle.forget_at)
    }

    /// How many are counted at `now`.
    pub(super) fn count(&self, now: Timestamp) -> u32 {
        self.current(now).map_or(0, |throttle| throttle.failures)
    }

    /// Writes the throttle on the version that was read, and goes on from the one that this makes.
    pub(super) fn write<T>(&mut self, decision: &mut Decision<T>, after: Throttle) {
        let version = if let Some(before) = &self.loaded {
            decision.update(before, after.clone());
            before.version.next()
        } else {
            decision.insert(after.clone());
            Version::FIRST
        };
        self.loaded = Some(Loaded::new(version, after));
    }
}
