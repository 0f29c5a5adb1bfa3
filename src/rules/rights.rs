//! Who may do what, where, to whom: one function each, and every path uses it (R1, R3).

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::context::Context;
use super::operation::Operation;
use crate::error::{Denied, FieldError, Problem};
use crate::id::{RoleId, UnitId};
use crate::model::{
    Employee, Grant, Loaded, OrgUnit, Permission, PermissionSet, RecordKind, Right, Role, Scope, UnitPath, User,
};
use crate::store::Guard;

/// What somebody may do: the sum of their grants, with the roles resolved.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rights(Vec<Held>);

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Held {
    permissions: PermissionSet,
    scope: Scope,
}

/// Where something is to be done. Closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place<'a> {
    /// In the whole tenant.
    Everywhere,
    /// In one unit.
    In(&'a UnitPath),
}

impl Rights {
    /// Every permission, everywhere: the host's own code.
    pub fn everything() -> Self {
        Self(vec![Held {
            permissions: PermissionSet::All,
            scope: Scope::All,
        }])
    }

    /// A set of permissions in one scope.
    pub fn in_scope(permissions: PermissionSet, scope: Scope) -> Self {
        Self(vec![Held { permissions, scope }])
    }

    /// What of these rights lies within a set of permissions and a scope: what an API key carries of its user's (E6).
    ///
    /// `units` are those that both sides name. Of a unit that is not among them nothing is known but itself.
    pub fn limited_to(&self, permissions: &PermissionSet, scope: &Scope, units: &Units) -> Self {
        let limited = |held: &Held| {
            let (permissions, scope) = (held.permissions.common(permissions), units.common(&held.scope, scope)?);
            (permissions != PermissionSet::from([])).then_some(Held { permissions, scope })
        };
        Self(self.0.iter().filter_map(limited).collect())
    }

    /// The rights that grants give. A role that is not among `roles` gives nothing.
    pub fn of<'a>(grants: &[Grant], roles: impl Fn(RoleId) -> Option<&'a Role>) -> Self {
        let held = |grant: &Grant| {
            let permissions = match &grant.right {
                Right::Permission(permission) => PermissionSet::Only(BTreeSet::from([permission.clone()])),
                Right::Role(role) => roles(*role)?.permissions.clone(),
            };
            Some(Held {
                permissions,
                scope: grant.scope.clone(),
            })
        };
        Self(grants.iter().filter_map(held).collect())
    }

    /// Whether these rights allow something at a place.
    pub fn may(&self, permission: &Permission, place: Place<'_>) -> bool {
        self.0
            .iter()
            .any(|held| held.permissions.contains(permission) && reaches(&held.scope, place))
    }

    /// Where these rights allow something; none where they do not at all.
    pub fn scope_of(&self, permission: &Permission) -> Option<Scope> {
        let scopes = self.0.iter().filter(|held| held.permissions.contains(permission));
        scopes.map(|held| held.scope.clone()).reduce(Self::either)
    }

    /// The scope that reaches wherever one of the two does.
    pub fn either(one: Scope, other: Scope) -> Scope {
        match (one, other) {
            (Scope::Units(one), Scope::Units(other)) => Scope::Units(one.union(&other).copied().collect()),
            _ => Scope::All,
        }
    }

    /// The grant ceiling: whether these rights cover all that `other` holds, wherever it holds it.
    pub fn cover(&self, other: &Rights, units: &Units) -> bool {
        other.0.iter().all(|held| match &held.scope {
            Scope::All => self.cover_at(&held.permissions, Place::Everywhere),
            Scope::Units(scope) => scope.iter().all(|unit| {
                units
                    .0
                    .get(unit)
                    .is_some_and(|unit| self.cover_at(&held.permissions, Place::In(&unit.path)))
            }),
        })
    }

    fn cover_at(&self, permissions: &PermissionSet, place: Place<'_>) -> bool {
        match permissions {
            PermissionSet::All => self
                .0
                .iter()
                .any(|held| held.permissions == PermissionSet::All && reaches(&held.scope, place)),
            PermissionSet::Only(named) => named.iter().all(|permission| self.may(permission, place)),
        }
    }

    /// Whether these rights are every permission there is at a place.
    pub fn are_all_at(&self, place: Place<'_>) -> bool {
        self.cover_at(&PermissionSet::All, place)
    }

    /// Whether these rights cover a set of permissions in the whole tenant.
    pub fn cover_everywhere(&self, permissions: &PermissionSet) -> bool {
        self.cover_at(permissions, Place::Everywhere)
    }
}

pub(super) fn reaches(scope: &Scope, place: Place<'_>) -> bool {
    match (scope, place) {
        (Scope::All, _) => true,
        (Scope::Units(_), Place::Everywhere) => false,
        (Scope::Units(units), Place::In(path)) => path.iter().any(|unit| units.contains(&unit)),
    }
}

/// Org units as loaded, by id.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Units(pub BTreeMap<UnitId, Loaded<OrgUnit>>);

impl Units {
    /// Where two scopes both reach; none where nowhere.
    fn common(&self, one: &Scope, other: &Scope) -> Option<Scope> {
        let (a, b) = match (one, other) {
            (Scope::All, both) | (both, Scope::All) => return Some(both.clone()),
            (Scope::Units(a), Scope::Units(b)) => (a, b),
        };
        let is_below = |unit: &UnitId, above: &BTreeSet<UnitId>| {
            let path = self.0.get(unit).map(|unit| &unit.path);
            above.contains(unit) || path.is_some_and(|path| path.iter().any(|ancestor| above.contains(&ancestor)))
        };
        let of_a = a.iter().filter(|unit| is_below(unit, b));
        let of_b = b.iter().filter(|unit| is_below(unit, a));
        let both: BTreeSet<UnitId> = of_a.chain(of_b).copied().collect();
        (!both.is_empty()).then_some(Scope::Units(both))
    }
}

/// The roles and units that the grants and memberships in question name, as loaded.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Surroundings {
    /// The roles.
    pub roles: BTreeMap<RoleId, Loaded<Role>>,
    /// The units.
    pub units: Units,
    /// The employee of a user who is brought back.
    pub employee: Option<Loaded<Employee>>,
}

impl Surroundings {
    /// Guards on all of them: a decision about rights holds only while they are as they were read.
    pub fn guards(&self) -> Vec<Guard> {
        let roles = self.roles.values().map(Guard::on);
        roles.chain(self.units.0.values().map(Guard::on)).collect()
    }

    /// The rights that grants give here.
    pub fn rights(&self, grants: &[Grant]) -> Rights {
        Rights::of(grants, |role| self.roles.get(&role).map(|role| &role.value))
    }

    /// Whether every role and unit that these grants name was loaded. Rights that are not known are not to be given.
    fn know(&self, grants: &[Grant]) -> bool {
        grants.iter().all(|grant| {
            let role_known = !matches!(grant.right, Right::Role(role) if !self.roles.contains_key(&role));
            role_known && grant.scope.units().all(|unit| self.units.0.contains_key(&unit))
        })
    }

    /// Everything that grants and memberships name must exist.
    ///
    /// # Errors
    /// [`Denied::Invalid`] naming `grants` or `memberships`; also where there are too many or an empty scope.
    pub fn check_exist(&self, grants: &[Grant], memberships: &BTreeSet<UnitId>) -> Result<(), Denied> {
        let mut fields = Vec::new();
        let mut wrong = |field, problem: Problem| fields.push(FieldError::new(field, problem));
        if grants.len() > Grant::MAX {
            wrong("grants", Problem::TooMany { max: Grant::MAX });
        }
        if memberships.len() > User::MAX_MEMBERSHIPS {
            wrong(
                "memberships",
                Problem::TooMany {
                    max: User::MAX_MEMBERSHIPS,
                },
            );
        }
        for grant in grants {
            match &grant.scope {
                Scope::Units(units) if units.is_empty() => wrong("grants.scope", Problem::Missing),
                Scope::Units(units) if units.len() > Scope::MAX => {
                    wrong("grants.scope", Problem::TooMany { max: Scope::MAX });
                }
                Scope::Units(units) if units.iter().any(|unit| !self.units.0.contains_key(unit)) => {
                    wrong("grants.scope", Problem::Unknown(RecordKind::Unit));
                }
                Scope::Units(_) | Scope::All => {}
            }
            if matches!(grant.right, Right::Role(role) if !self.roles.contains_key(&role)) {
                wrong("grants.role", Problem::Unknown(RecordKind::Role));
            }
        }
        if memberships.iter().any(|unit| !self.units.0.contains_key(unit)) {
            wrong("memberships", Problem::Unknown(RecordKind::Unit));
        }
        fields.dedup();
        if fields.is_empty() {
            Ok(())
        } else {
            Err(Denied::Invalid { fields })
        }
    }
}

/// R1: whether the actor may give these rights, and have somebody with these units in their care.
///
/// The one function that create, invite, resend, edit and restore ask.
///
/// # Errors
/// [`Denied::BeyondOwnRights`].
pub fn may_give(cx: &Context, subject: &User, surroundings: &Surroundings) -> Result<(), Denied> {
    may_hold(cx, Operation::CreateUser, subject, surroundings)
}

/// R3: whether the actor may act on this user: sees them, has all of their units in care, and holds all that they hold.
///
/// # Errors
/// [`Denied::Forbidden`] without the permission, [`Denied::NotFound`] for whom the actor cannot see,
/// [`Denied::BeyondOwnRights`] otherwise.
pub fn may_act_on(
    cx: &Context,
    operation: Operation,
    subject: &User,
    surroundings: &Surroundings,
) -> Result<(), Denied> {
    may_see(cx, operation, subject, surroundings)?;
    may_hold(cx, operation, subject, surroundings)
}

/// Whether the actor holds all that this user holds, and has all of their units in care.
fn may_hold(cx: &Context, operation: Operation, subject: &User, surroundings: &Surroundings) -> Result<(), Denied> {
    let held = surroundings.rights(&subject.grants);
    let within = surroundings.know(&subject.grants)
        && cx.rights.cover(&held, &surroundings.units)
        && in_care(cx, operation, subject, surroundings);
    if within { Ok(()) } else { Err(Denied::BeyondOwnRights) }
}

/// Whether the actor may see this user: any of their units lies in the actor's scope for the operation.
///
/// # Errors
/// [`Denied::Forbidden`] without the permission, [`Denied::NotFound`] for whom the actor cannot see.
pub fn may_see(cx: &Context, operation: Operation, subject: &User, surroundings: &Surroundings) -> Result<(), Denied> {
    let scope = cx.scope(operation)?;
    let visible = scope == Scope::All
        || subject.units().iter().any(|unit| {
            surroundings
                .units
                .0
                .get(unit)
                .is_some_and(|unit| reaches(&scope, Place::In(&unit.path)))
        });
    if visible {
        Ok(())
    } else {
        Err(Denied::NotFound { what: RecordKind::User })
    }
}

/// Whether all units of the user lie in the actor's scope. Somebody in no unit is in the care of those with all of them.
fn in_care(cx: &Context, operation: Operation, subject: &User, surroundings: &Surroundings) -> bool {
    if subject.units().is_empty() || subject.grants.iter().any(|grant| grant.scope == Scope::All) {
        return cx.may(operation, Place::Everywhere);
    }
    subject.units().iter().all(|unit| {
        surroundings
            .units
            .0
            .get(unit)
            .is_some_and(|unit| cx.may(operation, Place::In(&unit.path)))
    })
}
