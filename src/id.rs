//! Identifiers: one type an entity, UUID version 7 inside, so that indexes keep the order of creation.

use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::clock::Timestamp;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// The identifier that this UUID is.
            pub const fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// The UUID inside.
            pub const fn as_uuid(&self) -> &Uuid {
                &self.0
            }
        }

        impl From<Uuid> for $name {
            fn from(uuid: Uuid) -> Self {
                Self(uuid)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.0)
            }
        }

        impl std::str::FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, uuid::Error> {
                text.parse().map(Self)
            }
        }
    )*};
}

ids! {
    /// Names a tenant.
    TenantId,
    /// Names an org unit.
    UnitId,
    /// Names a role.
    RoleId,
    /// Names an employee.
    EmployeeId,
    /// Names a user.
    UserId,
    /// Names an invitation.
    InvitationId,
    /// Names a ticket: the right to one act.
    TicketId,
    /// Names a session. It is no secret and proves nothing; the session's token does.
    SessionId,
    /// Names an entry of the login history.
    AttemptId,
    /// Names what a store remembers of failed logins at one place.
    ThrottleId,
    /// Names an API key. It is no secret and proves nothing; the key's token does.
    ApiKeyId,
    /// Names a queued mail; it is also the stable part of the mail's message id.
    MailId,
    /// Names a commit: the same id answers the same, for a day.
    CommitId,
}

impl TenantId {
    /// The tenant of a host that has only one.
    pub const SINGLE: Self = Self(Uuid::from_u128(1));
}

/// What fresh identifiers are made of: an instant and ten random bytes, drawn by the facade before a rule runs.
///
/// Rules draw nothing themselves; they number the identifiers they need, so that the same seed gives the same decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seed {
    /// The instant that the identifiers carry.
    pub at: Timestamp,
    /// Fresh random bytes.
    pub random: [u8; 10],
}

impl Seed {
    /// The `n`th identifier of this seed. One seed gives 65,536 distinct ones.
    pub fn id<T: From<Uuid>>(&self, n: u16) -> T {
        let mut random = self.random;
        let last = u16::from_be_bytes([random[8], random[9]]).wrapping_add(n);
        random[8..].copy_from_slice(&last.to_be_bytes());
        let millis = u64::try_from(self.at.unix_micros() / 1_000).unwrap_or(0);
        uuid::Builder::from_unix_timestamp_millis(millis, &random)
            .into_uuid()
            .into()
    }

    /// The seed of the `n`th part of a whole, such as a row of an import: all their identifiers are distinct, and those of
    /// a later part come later.
    pub fn part(&self, n: u32) -> Self {
        let mut random = self.random;
        // The first four bytes are partly overwritten, the last two count within a part. Half of the numbers between are
        // left free, so that parts count up and never round.
        let begin = u32::from_be_bytes([random[4], random[5], random[6], random[7]]) >> 1;
        random[4..8].copy_from_slice(&begin.wrapping_add(n).to_be_bytes());
        Self { random, ..*self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_of_a_seed_are_distinct_and_in_order() {
        for random in [[0xff; 10], [0; 10]] {
            let seed = Seed {
                at: Timestamp::EPOCH,
                random,
            };
            let first: Vec<UserId> = (0..1_000).map(|n| seed.part(n).id(0)).collect();
            assert!(first.is_sorted_by(|one, next| one < next));
            let all = (0..1_000).flat_map(|part| (0..20).map(move |n| seed.part(part).id::<UserId>(n)));
            assert_eq!(all.collect::<std::collections::BTreeSet<_>>().len(), 20_000);
        }
    }

    #[test]
    fn a_seed_gives_distinct_version_7_ids_in_the_order_of_time() {
        let seed = Seed {
            at: Timestamp::EPOCH,
            random: [0xff; 10],
        };
        let ids: std::collections::BTreeSet<UserId> = (0..=u16::MAX).map(|n| seed.id(n)).collect();
        assert_eq!(ids.len(), 65_536);
        assert!(ids.iter().all(|id| id.as_uuid().get_version_num() == 7));
        let later = Seed {
            at: Timestamp::from_unix_micros(1_000).unwrap(),
            random: [0; 10],
        };
        assert!(ids.last().copied() < Some(later.id(0)));
    }
}
