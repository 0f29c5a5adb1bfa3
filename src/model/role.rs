//! Roles: named sets of permissions.

use serde::{Deserialize, Serialize};

use super::permission::PermissionSet;
use crate::clock::Timestamp;
use crate::id::RoleId;
use crate::text::Name;

/// A named set of permissions. It says what, never where: the scope stands in the grant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Role {
    /// Which role.
    pub id: RoleId,
    /// Its name; unique in the tenant without regard to case.
    pub name: Name,
    /// What whoever has it may do.
    pub permissions: PermissionSet,
    /// Whether this is the administrator role that comes with the tenant.
    pub built_in: bool,
    /// When it was added.
    pub created_at: Timestamp,
}
