//! A tenant: one customer's installation. Everything else belongs to exactly one, and nothing crosses.

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::id::{RoleId, TenantId, UserId};
use crate::text::Name;

/// One customer's installation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tenant {
    /// Which tenant.
    pub id: TenantId,
    /// The customer's name, as it stands in mails.
    pub name: Name,
    /// The user who founded the tenant, or to whom it was handed over. Always exists and is always active.
    pub owner: UserId,
    /// Whether the owner has another address than when they became it, by a policy under which that releases them (PS5).
    #[serde(default, skip_serializing_if = "is_false")]
    pub owner_released: bool,
    /// The built-in role that holds every permission and cannot be edited or removed.
    pub administrator: RoleId,
    /// Whether anybody may use it.
    pub status: TenantStatus,
    /// How many org units there are. Every change of the tree's shape changes this record, so that two of them never
    /// pass each other unseen.
    pub units: u32,
    /// What was contracted.
    pub seats: SeatContract,
    /// When it was founded.
    pub created_at: Timestamp,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn is_false(value: &bool) -> bool {
    !*value
}

/// Whether a tenant can be used. Closed: the two are all there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum TenantStatus {
    /// In use.
    Active,
    /// Nobody can log in and no session is usable, until it is reinstated.
    Suspended {
        /// Since when.
        at: Timestamp,
    },
}

/// How many seats a tenant has contracted (LO8).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeatContract {
    /// The number billed at least.
    pub contracted: u32,
    /// The number that can never be exceeded, where the contract has one.
    pub limit: Option<u32>,
}

impl SeatContract {
    /// What is billed while `used` seats are in use: the larger of that and the number contracted.
    pub fn billed(&self, used: u32) -> u32 {
        used.max(self.contracted)
    }
}
