//! Permissions: dotted names that the host defines, and the crate's own.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

pub use crate::text::Permission;

/// The permissions that the crate itself asks for. A host adds its own, under other names.
pub mod permissions {
    use super::Permission;

    /// See users, their invitations and what a deletion would meet.
    pub const USERS_READ: Permission = Permission::from_static("users.read");
    /// Create, invite, edit, suspend and delete users.
    pub const USERS_MANAGE: Permission = Permission::from_static("users.manage");
    /// See the employee register.
    pub const EMPLOYEES_READ: Permission = Permission::from_static("employees.read");
    /// Add, edit and remove employees.
    pub const EMPLOYEES_MANAGE: Permission = Permission::from_static("employees.manage");
    /// Add, edit and remove roles. Seeing them takes no permission of its own, only one of the crate's.
    pub const ROLES_MANAGE: Permission = Permission::from_static("roles.manage");
    /// Add, rename, move and remove org units.
    pub const UNITS_MANAGE: Permission = Permission::from_static("units.manage");
    /// See and end the sessions of others.
    pub const SESSIONS_MANAGE: Permission = Permission::from_static("sessions.manage");
    /// See, make and revoke the API keys of others.
    pub const API_KEYS_MANAGE: Permission = Permission::from_static("api_keys.manage");
    /// See the login history and the event log.
    pub const HISTORY_READ: Permission = Permission::from_static("history.read");
    /// See the seat count.
    pub const SEATS_READ: Permission = Permission::from_static("seats.read");
    /// Change what the tenant as a whole has: its name. (Its seat contract is the host's own.)
    pub const TENANT_MANAGE: Permission = Permission::from_static("tenant.manage");

    /// Be handed the links of invitations, instead of having them mailed to whom they are for.
    pub const INVITATION_LINKS: Permission = Permission::from_static("invitations.links");

    /// All of the above.
    pub const ALL: [Permission; 12] = [
        USERS_READ,
        USERS_MANAGE,
        EMPLOYEES_READ,
        EMPLOYEES_MANAGE,
        ROLES_MANAGE,
        UNITS_MANAGE,
        SESSIONS_MANAGE,
        API_KEYS_MANAGE,
        HISTORY_READ,
        SEATS_READ,
        TENANT_MANAGE,
        INVITATION_LINKS,
    ];
}

/// A set of permissions: named ones, or every one there is and will be. Closed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PermissionSet {
    /// Every permission, also those that a host adds later. Only the built-in administrator role has it.
    All,
    /// Just these.
    Only(BTreeSet<Permission>),
}

impl PermissionSet {
    /// How many permissions a set may name.
    pub const MAX: usize = 500;

    /// Whether `permission` is in the set.
    pub fn contains(&self, permission: &Permission) -> bool {
        match self {
            Self::All => true,
            Self::Only(named) => named.contains(permission),
        }
    }

    /// Whether every permission of `other` is in this set.
    pub fn covers(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::All, _) => true,
            (Self::Only(_), Self::All) => false,
            (Self::Only(held), Self::Only(asked)) => asked.is_subset(held),
        }
    }

    /// What is in both sets.
    pub fn common(&self, other: &Self) -> Self {
        match (self, other) {
            (Self::All, both) | (both, Self::All) => both.clone(),
            (Self::Only(one), Self::Only(other)) => Self::Only(one.intersection(other).cloned().collect()),
        }
    }
}

impl<const N: usize> From<[Permission; N]> for PermissionSet {
    fn from(named: [Permission; N]) -> Self {
        Self::Only(BTreeSet::from(named))
    }
}
