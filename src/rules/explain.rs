//! Explanations: why somebody cannot log in, and why they may or may not do something. All the reasons at once, for those
//! who may know them.

use serde::{Deserialize, Serialize};

use super::context::Context;
use super::lockouts::seen;
use super::login::{Login, LoginPurpose, Obstacle, obstacles, surplus};
use super::operation::Operation;
use super::rights::{Place, Surroundings, reaches};
use crate::error::{Denied, Problem};
use crate::id::UnitId;
use crate::model::{
    Client, Grant, Loaded, Permission, RecordKind, RefusalReason, Right, Session, StatusKind, TenantStatus, User,
};
use crate::policy::WhenFull;

/// Everything that would refuse a login with the right password now, until when where that is known: by hand, or at the API for
/// whoever has a password there only. Nothing where nothing would. Without a client nothing is said of networks.
///
/// # Errors
/// [`Denied::Forbidden`], [`Denied::NotFound`].
pub fn sign_in(
    cx: &Context,
    login: Option<&Login>,
    client: Option<&Client>,
    sessions: &[Loaded<Session>],
    around: &Surroundings,
) -> Result<Vec<Obstacle>, Denied> {
    let user = login.and_then(|login| login.user.as_ref());
    let user = seen(cx, Operation::ExplainSignIn, user, around)?;
    let purpose = LoginPurpose::usual(&user, &cx.policy);
    let login = login.map(|login| Login {
        purpose,
        ..login.clone()
    });
    let mut found = login.map_or_else(Vec::new, |login| obstacles(&login, client, &cx.policy, cx.now));
    let at_once = cx.policy.sessions_at_once;
    let refuses = at_once.is_some_and(|at_once| at_once.when_full == WhenFull::Refuse);
    let full = surplus(sessions, &cx.policy, cx.now);
    if refuses && !full.is_empty() {
        found.push(RefusalReason::TooManySessions.into());
    }
    Ok(found)
}

/// Why a user may do something at a place, or why not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct PermissionReport {
    /// The grants that give it there.
    pub given_by: Vec<Grant>,
    /// The grants that give it, but not there.
    pub elsewhere: Vec<Grant>,
    /// All that stands against it; nothing where they may.
    pub against: Vec<Against>,
}

impl PermissionReport {
    /// Whether they may.
    pub fn may(&self) -> bool {
        self.against.is_empty()
    }
}

/// Why a user may not do something. More may come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Against {
    /// The tenant is suspended: nobody may do anything.
    TenantSuspended,
    /// The user is not active.
    NotActive(StatusKind),
    /// No grant of theirs gives it anywhere.
    NoGrant,
    /// They may do it, but elsewhere.
    Elsewhere,
}

/// Which grants give a user a permission, and what stands against it: in a unit, or in the whole tenant where none is
/// named.
///
/// # Errors
/// [`Denied::Forbidden`], [`Denied::NotFound`]; [`Denied::Invalid`] for a unit that does not exist.
pub fn permission(
    cx: &Context,
    user: Option<&Loaded<User>>,
    permission: &Permission,
    unit: Option<UnitId>,
    around: &Surroundings,
) -> Result<PermissionReport, Denied> {
    let user = seen(cx, Operation::ExplainPermission, user, around)?;
    let place = match unit {
        None => Place::Everywhere,
        Some(unit) => {
            let unit = around.units.0.get(&unit);
            let unit = unit.ok_or_else(|| Denied::invalid("unit", Problem::Unknown(RecordKind::Unit)))?;
            Place::In(&unit.path)
        }
    };
    let gives = |grant: &&Grant| match &grant.right {
        Right::Permission(given) => given == permission,
        Right::Role(role) => {
            let role = around.roles.get(role);
            role.is_some_and(|role| role.permissions.contains(permission))
        }
    };
    let giving = user.grants.iter().filter(gives).cloned();
    let (given_by, elsewhere): (Vec<_>, Vec<_>) = giving.partition(|grant| reaches(&grant.scope, place));
    let mut against = stands_against(cx, &user);
    match (given_by.is_empty(), elsewhere.is_empty()) {
        (true, true) => against.push(Against::NoGrant),
        (true, false) => against.push(Against::Elsewhere),
        (false, _) => {}
    }
    Ok(PermissionReport {
        given_by,
        elsewhere,
        against,
    })
}

/// What keeps a user from using any right of theirs.
pub(super) fn stands_against(cx: &Context, user: &User) -> Vec<Against> {
    let mut against = Vec::new();
    if cx.tenant.status != TenantStatus::Active {
        against.push(Against::TenantSuspended);
    }
    if !user.is_active() {
        against.push(Against::NotActive(user.status.kind()));
    }
    against
}
