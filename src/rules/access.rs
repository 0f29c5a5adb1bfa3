//! Access: who a session or API key proves. How a login comes to one is in [`login`](super::login).

use crate::clock::Timestamp;
use crate::error::Denied;
use crate::id::{SessionId, TenantId, UserId};
use crate::model::{Client, Kept, Permission, Role, Scope, Session, SessionLimit, TenantStatus};
use crate::policy::Policy;
use crate::secret::TokenHash;
use crate::store::{Change, Guard, PrincipalRecords};
use crate::text::DisplayName;

pub use super::pass::Pass;
use super::pass::Proof;
use super::rights::{Place, Rights, Units};

/// What a usable session or API key proves: who acts, in which tenant, with which rights.
///
/// It can only be had from [`Tenure::authenticate`](crate::Tenure::authenticate) and
/// [`Tenure::authenticate_api`](crate::Tenure::authenticate_api); it cannot be made or read from outside. It says what was
/// true when it was made: a desk asks anew before everything it does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    tenant: TenantId,
    user: UserId,
    pass: Pass,
    token: TokenHash,
    display_name: DisplayName,
    rights: Rights,
    client: Client,
    signed_in_at: Option<Timestamp>,
    seen_at: Option<Timestamp>,
}

impl Principal {
    /// The tenant.
    pub fn tenant(&self) -> TenantId {
        self.tenant
    }

    /// The user.
    pub fn user(&self) -> UserId {
        self.user
    }

    /// What they proved it with.
    pub fn pass(&self) -> Pass {
        self.pass
    }

    /// The session; none where a program acts, be it with an API key or after a login at the API.
    pub fn session(&self) -> Option<SessionId> {
        match self.pass {
            Pass::Session(session) => Some(session),
            Pass::ApiKey(_) | Pass::ApiSession(_) => None,
        }
    }

    /// The session, for what takes one: a program acts by permissions, and the own account takes none.
    ///
    /// # Errors
    /// [`Denied::SessionRequired`] where a program acts.
    pub fn require_session(&self) -> Result<SessionId, Denied> {
        self.session().ok_or(Denied::SessionRequired)
    }

    /// The name that others see.
    pub fn display_name(&self) -> &DisplayName {
        &self.display_name
    }

    /// When they logged in; never, where a program acts.
    pub fn signed_in_at(&self) -> Option<Timestamp> {
        self.signed_in_at
    }

    /// Everything they may do.
    pub fn rights(&self) -> &Rights {
        &self.rights
    }

    /// Whether they may do this at a place (PS3).
    pub fn may(&self, permission: &Permission, place: Place<'_>) -> bool {
        self.rights.may(permission, place)
    }

    /// Where they may do this; none where nowhere.
    pub fn scope_of(&self, permission: &Permission) -> Option<Scope> {
        self.rights.scope_of(permission)
    }

    /// From where the request came.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Whether the last use of the session or key is to be written down: at most once a minute (E8).
    pub fn is_touch_due(&self, now: Timestamp) -> bool {
        let is_over = |seen_at: Timestamp| now >= seen_at.saturating_add(Session::TOUCHED_EVERY);
        self.seen_at.is_none_or(is_over)
    }

    /// The hash of the token of the session or key, by which a desk asks anew.
    pub(crate) fn token(&self) -> &TokenHash {
        &self.token
    }
}

/// E3, E6: who a session or API key proves, if it is usable: stored as open, in time, its user active, its tenant active, and
/// the request's address among those that the user may come from (BI10). `units` are those that
/// [`api_keys::named`](super::api_keys::named) asks for.
///
/// # Errors
/// [`Denied::NotSignedIn`], whatever the reason; [`Denied::PasswordChangeRequired`] where it is good for nothing else.
// The one rule that is not public: whoever can call it with records of their own can be anybody.
pub(crate) fn principal<P: Proof>(
    records: &PrincipalRecords<P>,
    units: &Units,
    client: &Client,
    policy: &Policy,
    now: Timestamp,
) -> Result<Principal, Denied> {
    let PrincipalRecords {
        pass,
        user,
        tenant,
        roles,
    } = records;
    check_usable(records, client, policy, now)?;
    if pass.limit() == Some(SessionLimit::PasswordChange) {
        return Err(Denied::PasswordChangeRequired);
    }
    let role = |id| roles.iter().find(|role| role.id == id).map(|role| &role.value);
    Ok(Principal {
        tenant: tenant.id,
        user: user.id,
        pass: pass.pass(),
        token: pass.token(),
        display_name: user.profile.display_name.clone(),
        rights: pass.carried(Rights::of(&user.grants, role), units),
        client: client.clone(),
        signed_in_at: pass.signed_in_at(),
        seen_at: pass.seen_at(),
    })
}

/// Whether a session is usable, and good for setting a password in place of the one-time password that it began with
/// (PS2). Whatever is decided for it guards [`principal_guards`].
///
/// # Errors
/// [`Denied::NotSignedIn`], whatever the reason; also for a session that is good for everything.
pub fn check_password_change(
    records: &PrincipalRecords,
    client: &Client,
    policy: &Policy,
    now: Timestamp,
) -> Result<(), Denied> {
    check_usable(records, client, policy, now)?;
    match records.pass.limited {
        Some(SessionLimit::PasswordChange) => Ok(()),
        Some(SessionLimit::Api) | None => Err(Denied::NotSignedIn),
    }
}

fn check_usable<P: Proof>(
    records: &PrincipalRecords<P>,
    client: &Client,
    policy: &Policy,
    now: Timestamp,
) -> Result<(), Denied> {
    let PrincipalRecords {
        pass,
        user,
        tenant,
        roles: _,
    } = records;
    let usable = pass.is_live(policy, now)
        && user.value.clone().as_of(now).is_active()
        && pass.admits(user, client, policy)
        && tenant.status == TenantStatus::Active;
    if usable { Ok(()) } else { Err(Denied::NotSignedIn) }
}

/// The records on which a principal's rights rest, to be guarded by all that they do. The session or key is among them:
/// what is decided for one that ends meanwhile is not written.
pub fn principal_guards<P: Kept>(records: &PrincipalRecords<P>) -> Vec<Guard> {
    let mut guards = vec![Guard::on(&records.pass), Guard::on(&records.user)];
    guards.extend(records.roles.iter().map(Guard::on::<Role>));
    guards
}

/// The change that notes that a session or key was used.
pub fn touch(principal: &Principal, now: Timestamp) -> Change {
    Change::Touch {
        record: principal.pass.into(),
        seen_at: now,
    }
}
