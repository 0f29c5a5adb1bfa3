//! Org units: companies, clients and departments of a tenant, in one or more trees.

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::id::UnitId;
use crate::text::Name;

/// A company, client or organisational unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrgUnit {
    /// Which unit.
    pub id: UnitId,
    /// Its name. Names need not be unique.
    pub name: Name,
    /// What it is to the tenant.
    pub kind: UnitKind,
    /// Where it stands: every unit above it, and itself.
    pub path: UnitPath,
    /// When it was added.
    pub created_at: Timestamp,
}

impl OrgUnit {
    /// The unit directly above, if any.
    pub fn parent(&self) -> Option<UnitId> {
        self.path.parent()
    }
}

/// What a unit is to the tenant. More kinds may come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum UnitKind {
    /// A legal entity of the tenant's own.
    Company,
    /// A customer of the tenant; external users belong to one.
    Client,
    /// A part of either: a branch, a department, a shop.
    Department,
}

/// The units from the top of a tree down to one unit, which is the last.
///
/// Kept with the unit, so that "is it within?" needs no walk. At most [`UnitPath::MAX_DEPTH`] long.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UnitPath(Vec<UnitId>);

impl UnitPath {
    /// How many levels a tree can have.
    pub const MAX_DEPTH: usize = 16;

    /// The path of a unit at the top.
    pub fn root(unit: UnitId) -> Self {
        Self(vec![unit])
    }

    /// The path of `unit` directly below this one.
    pub fn child(&self, unit: UnitId) -> Self {
        let mut path = self.0.clone();
        path.push(unit);
        Self(path)
    }

    /// The unit whose path this is.
    pub fn unit(&self) -> Option<UnitId> {
        self.0.last().copied()
    }

    /// The unit directly above, if any.
    pub fn parent(&self) -> Option<UnitId> {
        self.0.len().checked_sub(2).map(|index| self.0[index])
    }

    /// Whether this unit is `ancestor` or lies below it.
    pub fn is_within(&self, ancestor: UnitId) -> bool {
        self.0.contains(&ancestor)
    }

    /// How many levels down it lies; a unit at the top has depth 1.
    pub fn depth(&self) -> usize {
        self.0.len()
    }

    /// The units from the top down to this one.
    pub fn iter(&self) -> impl Iterator<Item = UnitId> + '_ {
        self.0.iter().copied()
    }

    /// This path after `moved`, an ancestor or the unit itself, was moved to `to`.
    pub fn rebased(&self, moved: UnitId, to: &UnitPath) -> Self {
        let below = self.0.iter().skip_while(|unit| **unit != moved).skip(1);
        Self(to.0.iter().chain(below).copied().collect())
    }
}
