//! What a user may do in all, and why: each permission with the grants that give it, and what stands against using it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::context::Context;
use super::explain::{Against, stands_against};
use super::lockouts::seen;
use super::operation::Operation;
use super::rights::{Rights, Surroundings};
use crate::error::Denied;
use crate::model::{Grant, Loaded, Permission, PermissionSet, Right, Scope, User};
use crate::text::Name;

/// Everything that a user may do, with the reason for each.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct EffectiveRights {
    /// Each permission once, by name; first, where they have it, every permission there is.
    pub permissions: Vec<EffectivePermission>,
    /// What stands against using any of them now; nothing where nothing does.
    pub against: Vec<Against>,
}

/// One permission of a user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct EffectivePermission {
    /// Which; none: every permission there is, also those that the host comes to define.
    pub permission: Option<Permission>,
    /// Where it reaches: wherever one of the grants does.
    pub scope: Scope,
    /// The grants that give it, each in its own scope.
    pub given_by: Vec<GivenBy>,
}

/// Why a user has a permission.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct GivenBy {
    /// The grant.
    pub grant: Grant,
    /// The name of the role, where it is one.
    pub role: Option<Name>,
}

/// What a user may do, and why.
///
/// # Errors
/// [`Denied::Forbidden`], [`Denied::NotFound`].
pub fn effective_rights(
    cx: &Context,
    user: Option<&Loaded<User>>,
    around: &Surroundings,
) -> Result<EffectiveRights, Denied> {
    let user = seen(cx, Operation::ReadEffectiveRights, user, around)?;
    Ok(EffectiveRights {
        permissions: permissions(&user, around),
        against: stands_against(cx, &user),
    })
}

/// Each permission of a user once, with the grants that give it.
pub(super) fn permissions(user: &User, around: &Surroundings) -> Vec<EffectivePermission> {
    let mut found: BTreeMap<Option<Permission>, Vec<GivenBy>> = BTreeMap::new();
    for grant in &user.grants {
        let (role, given) = match &grant.right {
            Right::Permission(permission) => (None, vec![Some(permission.clone())]),
            Right::Role(role) => {
                let Some(role) = around.roles.get(role) else { continue };
                let given = match &role.permissions {
                    PermissionSet::All => vec![None],
                    PermissionSet::Only(permissions) => permissions.iter().cloned().map(Some).collect(),
                };
                (Some(role.name.clone()), given)
            }
        };
        for permission in given {
            let (grant, role) = (grant.clone(), role.clone());
            found.entry(permission).or_default().push(GivenBy { grant, role });
        }
    }
    let effective = |(permission, given_by): (_, Vec<GivenBy>)| {
        let scopes = given_by.iter().map(|reason| reason.grant.scope.clone());
        // No permission stands here without a grant, so there is a scope.
        let scope = scopes.reduce(Rights::either).unwrap_or(Scope::from([]));
        EffectivePermission {
            permission,
            scope,
            given_by,
        }
    };
    found.into_iter().map(effective).collect()
}
