//! Roles: added, edited, removed. Nobody puts into a role what they do not hold everywhere themselves (R1), because a role
//! may be given anywhere; the administrator role is not for editing (R5).

use std::collections::BTreeSet;

use super::context::Context;
use super::decision::Decision;
use super::fields::Fields;
use super::operation::Operation;
use super::rights::{Surroundings, may_act_on, may_give};
use super::users::normal;
use crate::error::{Denied, Problem};
use crate::id::RoleId;
use crate::model::{Grant, Loaded, Permission, PermissionSet, RecordKind, Right, Role, User, What};
use crate::store::Guard;
use crate::text::Name;

/// How many users can have another role instead of one in one act.
pub const MOST_MOVED: usize = 1_000;

/// A role to add, or what an existing one is to become.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct NewRole {
    /// Its name: 1 to 200 characters, unique in the tenant without regard to case.
    pub name: String,
    /// Its permissions, at most [`PermissionSet::MAX`], each a dotted lower-case name such as `prices.change`.
    pub permissions: Vec<String>,
}

impl NewRole {
    /// A role with a name and no permissions.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            permissions: Vec::new(),
        }
    }

    /// The same with these permissions besides.
    pub fn permissions<P: Into<String>>(mut self, permissions: impl IntoIterator<Item = P>) -> Self {
        self.permissions.extend(permissions.into_iter().map(Into::into));
        self
    }

    fn parse(&self) -> Result<(Name, PermissionSet), Denied> {
        let mut fields = Fields::default();
        let name = fields.take("name", Name::new(&self.name));
        let mut permissions = BTreeSet::new();
        for permission in &self.permissions {
            permissions.extend(fields.take("permissions", Permission::new(permission)));
        }
        if permissions.len() > PermissionSet::MAX {
            fields.wrong(
                "permissions",
                Problem::TooMany {
                    max: PermissionSet::MAX,
                },
            );
        }
        let Some(name) = name else { return Err(fields.denied()) };
        fields.check()?;
        Ok((name, PermissionSet::Only(permissions)))
    }
}

/// Adds a role.
///
/// # Errors
/// [`Denied::Forbidden`], [`Denied::Invalid`] (`name`, `permissions`), [`Denied::BeyondOwnRights`]; the store adds
/// [`Denied::RoleNameTaken`].
pub fn add(cx: &Context, input: &NewRole) -> Result<Decision<Role>, Denied> {
    cx.permit_everywhere(Operation::AddRole)?;
    let (name, permissions) = input.parse()?;
    check_ceiling(cx, &permissions)?;
    let role = Role {
        id: cx.id(0),
        name,
        permissions,
        built_in: false,
        created_at: cx.now,
    };
    let mut decision = Decision::by(cx);
    decision.insert(role.clone());
    decision.event(
        cx,
        role.id,
        What::RoleAdded {
            name: role.name.clone(),
            permissions: role.permissions.clone(),
        },
    );
    Ok(decision.with(role))
}

/// Gives a role another name and other permissions. Whoever has it gains and loses at once.
///
/// # Errors
/// [`Denied::Forbidden`], [`Denied::NotFound`], [`Denied::BuiltInRole`], [`Denied::Invalid`] (`name`, `permissions`),
/// [`Denied::BeyondOwnRights`] where the role holds, before or after, what the actor does not.
pub fn edit(cx: &Context, role: Option<&Loaded<Role>>, input: &NewRole) -> Result<Decision<Role>, Denied> {
    cx.permit_everywhere(Operation::EditRole)?;
    let role = editable(role)?;
    let (name, permissions) = input.parse()?;
    check_ceiling(cx, &role.permissions)?;
    check_ceiling(cx, &permissions)?;
    let after = Role {
        name,
        permissions,
        ..role.value.clone()
    };
    let mut decision = Decision::by(cx);
    if after != role.value {
        let from = (role.name.clone(), role.permissions.clone());
        let to = (after.name.clone(), after.permissions.clone());
        decision.update(role, after.clone());
        decision.event(cx, role.id, What::RoleEdited { from, to });
    }
    Ok(decision.with(after))
}

/// Removes a role. The store refuses it while users have it, with the count (R7).
///
/// # Errors
/// [`Denied::Forbidden`], [`Denied::NotFound`], [`Denied::BuiltInRole`], [`Denied::BeyondOwnRights`].
pub fn remove(cx: &Context, role: Option<&Loaded<Role>>) -> Result<Decision<()>, Denied> {
    cx.permit_everywhere(Operation::RemoveRole)?;
    let role = editable(role)?;
    check_ceiling(cx, &role.permissions)?;
    let mut decision = Decision::by(cx);
    decision.remove(role);
    decision.event(
        cx,
        role.id,
        What::RoleRemoved {
            name: role.name.clone(),
        },
    );
    Ok(decision)
}

/// Everyone who has `from` has `to` instead, each in the scopes in which they had it, in one act (R7). `users` are all who
/// have it. Tells how many they are.
///
/// Of each of them the actor must be able to take what they have and to give what they get.
///
/// # Errors
/// [`Denied::Forbidden`], [`Denied::NotFound`] for `from`, [`Denied::Invalid`] (`to`), [`Denied::BeyondOwnRights`],
/// [`Denied::TooManyAtOnce`], [`Denied::OnHold`], [`Denied::OwnerProtected`]; the store adds [`Denied::LastAdministrator`].
pub fn move_users(
    cx: &Context,
    from: Option<&Loaded<Role>>,
    to: Option<&Loaded<Role>>,
    users: &[Loaded<User>],
    around: &Surroundings,
) -> Result<Decision<usize>, Denied> {
    cx.permit_everywhere(Operation::MoveRole)?;
    let from = from.ok_or(Denied::NotFound { what: RecordKind::Role })?;
    let to = to.ok_or_else(|| Denied::invalid("to", Problem::Unknown(RecordKind::Role)))?;
    if from.id == to.id {
        return Err(Denied::invalid("to", Problem::Repeated));
    }
    if users.len() > MOST_MOVED {
        return Err(Denied::TooManyAtOnce { max: MOST_MOVED });
    }
    let mut decision = Decision::by(cx);
    decision.guard([Guard::on(from), Guard::on(to)]);
    decision.guard(around.guards());
    let mut moved = 0;
    let mut row_cx = cx.clone();
    for (at, user) in users.iter().enumerate() {
        row_cx.at_row(cx, at);
        moved += usize::from(move_one(&row_cx, &mut decision, user, (from.id, to.id), around)?);
    }
    if moved > 0 {
        let (from, to, users) = (from.id, to.id, moved);
        decision.event(cx, from, What::RoleMoved { from, to, users });
    }
    Ok(decision.with(moved))
}

fn move_one(
    cx: &Context,
    decision: &mut Decision<()>,
    user: &Loaded<User>,
    (from, to): (RoleId, RoleId),
    around: &Surroundings,
) -> Result<bool, Denied> {
    may_act_on(cx, Operation::MoveRole, &user.value, around)?;
    let now = user.value.clone().as_of(cx.now);
    let other = |grant: &Grant| match grant.right {
        Right::Role(role) if role == from => Grant::role(to, grant.scope.clone()),
        _ => grant.clone(),
    };
    let grants = normal(&now.grants.iter().map(other).collect::<Vec<_>>());
    if grants == now.grants {
        return Ok(false);
    }
    if now.hold.is_some() {
        return Err(Denied::OnHold);
    }
    let after = User { grants, ..now.clone() };
    may_give(cx, &after, around)?;
    let (from, to) = (now.grants, after.grants.clone());
    decision.event(cx, now.id, What::GrantsChanged { from, to });
    decision.update_user(cx, user, after)?;
    Ok(true)
}

fn editable(role: Option<&Loaded<Role>>) -> Result<&Loaded<Role>, Denied> {
    let role = role.ok_or(Denied::NotFound { what: RecordKind::Role })?;
    if role.built_in {
        Err(Denied::BuiltInRole)
    } else {
        Ok(role)
    }
}

fn check_ceiling(cx: &Context, permissions: &PermissionSet) -> Result<(), Denied> {
    if cx.rights.cover_everywhere(permissions) {
        Ok(())
    } else {
        Err(Denied::BeyondOwnRights)
    }
}
