//! Users: created from an employee, directly, or for a client; edited. Every path asks [`may_give`](super::rights::may_give)
//! what may be given and [`may_act_on`] whom the actor may touch.

mod access;
mod create;
mod edit;
mod grants;
mod person;
mod profile;

use std::collections::BTreeSet;

pub use self::access::{Access, InitialStatus};
pub(super) use self::create::{check_input, create, has_in_care};
pub use self::create::{create_external, create_for, create_internal, create_program};
pub use self::edit::{UserEdit, edit};
pub use self::grants::{change_grants, change_memberships, grant, revoke};
pub use self::person::NewUser;
pub(super) use self::person::Person;
pub use self::profile::{ProfileEdit, edit_own_profile, edit_profile};
use super::context::Context;
use super::fields::Fields;
use super::operation::Operation;
use super::rights::{Surroundings, may_act_on};
use crate::error::{Denied, Problem};
use crate::id::{RoleId, UnitId};
use crate::model::{Grant, Loaded, RecordKind, Right, User, UserStatus};
use crate::policy::UserField;
use crate::text::Allowlist;

/// The user whom the actor may act on, as loaded and as they stand now.
///
/// # Errors
/// As [`may_act_on`]; [`Denied::NotFound`] also for the deleted.
pub(super) fn subject<'a>(
    cx: &Context,
    operation: Operation,
    user: Option<&'a Loaded<User>>,
    around: &Surroundings,
) -> Result<(&'a Loaded<User>, User), Denied> {
    cx.permit(operation)?;
    let is_there = |user: &&Loaded<User>| !matches!(user.status, UserStatus::Deleted { .. });
    let user = user
        .filter(is_there)
        .ok_or(Denied::NotFound { what: RecordKind::User })?;
    may_act_on(cx, operation, &user.value, around)?;
    Ok((user, user.value.clone().as_of(cx.now)))
}

fn check_unit(cx: &Context, after: &User) -> Result<(), Denied> {
    if cx.policy.require_unit && after.units().is_empty() {
        return Err(Denied::invalid("memberships", Problem::Missing));
    }
    Ok(())
}

/// Notes what the policy requires and these, as they are to be, do not have.
pub(super) fn check_required(
    cx: &Context,
    fields: &mut Fields,
    grants: Option<&[Grant]>,
    allowlist: Option<&Allowlist>,
) {
    let missing = [
        (UserField::Grants, grants.is_some_and(<[Grant]>::is_empty)),
        (UserField::Allowlist, allowlist.is_some_and(Allowlist::is_any)),
    ];
    for (field, is_missing) in missing {
        if is_missing && cx.policy.required_fields.contains(&field) {
            fields.wrong(field.as_str(), Problem::Missing);
        }
    }
}

/// Each grant once, in one order, so that equal rights are equal values.
pub(super) fn normal(grants: &[Grant]) -> Vec<Grant> {
    let mut grants = grants.to_vec();
    grants.sort();
    grants.dedup();
    grants
}

/// The roles and units that a rule about these grants and users has to be shown.
pub fn named<'a>(
    grants: impl IntoIterator<Item = &'a Grant>,
    users: impl IntoIterator<Item = &'a User>,
) -> (BTreeSet<RoleId>, BTreeSet<UnitId>) {
    let (mut roles, mut units) = (BTreeSet::new(), BTreeSet::new());
    for grant in grants {
        if let Right::Role(role) = grant.right {
            roles.insert(role);
        }
        units.extend(grant.scope.units());
    }
    for user in users {
        roles.extend(user.roles());
        units.extend(user.units());
    }
    (roles, units)
}
