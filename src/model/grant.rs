//! Grants: a right, given to a user in a scope.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::permission::Permission;
use crate::id::{RoleId, UnitId};

/// A role or a single permission, given in a scope. A user's rights are the sum of their grants.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Grant {
    /// What is given.
    pub right: Right,
    /// Where it holds.
    pub scope: Scope,
}

impl Grant {
    /// How many grants one user may have.
    pub const MAX: usize = 100;

    /// A role in a scope.
    pub fn role(role: RoleId, scope: Scope) -> Self {
        Self {
            right: Right::Role(role),
            scope,
        }
    }

    /// A single permission in a scope.
    pub fn permission(permission: Permission, scope: Scope) -> Self {
        Self {
            right: Right::Permission(permission),
            scope,
        }
    }
}

/// What a grant gives. Closed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Right {
    /// All that the role holds, now and after any edit of it.
    Role(RoleId),
    /// One permission for this user alone.
    Permission(Permission),
}

/// Where a grant holds. Closed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Everywhere, also for what belongs to no unit.
    All,
    /// In these units and all below them. Never empty.
    Units(BTreeSet<UnitId>),
}

impl Scope {
    /// How many units one scope may name.
    pub const MAX: usize = 100;

    /// The units it names; none where it holds everywhere.
    pub fn units(&self) -> impl Iterator<Item = UnitId> + '_ {
        match self {
            Self::All => None,
            Self::Units(units) => Some(units.iter().copied()),
        }
        .into_iter()
        .flatten()
    }
}

impl<I: IntoIterator<Item = UnitId>> From<I> for Scope {
    fn from(units: I) -> Self {
        Self::Units(units.into_iter().collect())
    }
}
