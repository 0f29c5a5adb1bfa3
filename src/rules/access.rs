//! Access: who a session proves. How a login comes to one is in [`login`](super::login).

use crate::clock::Timestamp;
use crate::error::Denied;
use crate::id::{SessionId, TenantId, UserId};
use crate::model::{Client, Permission, Role, Scope, Session, SessionLimit, TenantStatus};
use crate::policy::Policy;
use crate::secret::TokenHash;
use crate::store::{Change, Guard, PrincipalRecords};
use crate::text::DisplayName;

use super::rights::{Place, Rights};

/// What a usable session proves: who acts, in which tenant, with which rights.
///
/// It can only be had from [`Tenure::authenticate`](crate::Tenure::authenticate); it cannot be made or read from
/// outside. It says what was true when it was made: a desk asks anew before everything it does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    tenant: TenantId,
    user: UserId,
    session: SessionId,
    token: TokenHash,
    display_name: DisplayName,
    rights: Rights,
    client: Client,
    signed_in_at: Timestamp,
    seen_at: Timestamp,
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

    /// The session.
    pub fn session(&self) -> SessionId {
        self.session
    }

    /// The name that others see.
    pub fn display_name(&self) -> &DisplayName {
        &self.display_name
    }

    /// When they logged in.
    pub fn signed_in_at(&self) -> Timestamp {
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

    /// Whether the session's last use is to be written down: at most once a minute (E8).
    pub fn is_touch_due(&self, now: Timestamp) -> bool {
        now >= self.seen_at.saturating_add(Session::TOUCHED_EVERY)
    }

    /// The hash of the session's token, by which a desk asks anew.
    pub(crate) fn token(&self) -> &TokenHash {
        &self.token
    }
}

/// E3: who a session proves, if it is usable: stored as open, in time, its user active, its tenant active, and where the
/// policy says so, the request's address among those that the user may come from (BI10).
///
/// # Errors
/// [`Denied::NotSignedIn`], whatever the reason; [`Denied::PasswordChangeRequired`] where it is good for nothing else.
// The one rule that is not public: whoever can call it with records of their own can be anybody.
pub(crate) fn principal(
    records: &PrincipalRecords,
    client: &Client,
    policy: &Policy,
    now: Timestamp,
) -> Result<Principal, Denied> {
    let PrincipalRecords {
        pass: session,
        user,
        tenant,
        roles,
    } = records;
    check_usable(records, client, policy, now)?;
    if session.limited.is_some() {
        return Err(Denied::PasswordChangeRequired);
    }
    let role = |id| roles.iter().find(|role| role.id == id).map(|role| &role.value);
    Ok(Principal {
        tenant: tenant.id,
        user: user.id,
        session: session.id,
        token: session.token,
        display_name: user.profile.display_name.clone(),
        rights: Rights::of(&user.grants, role),
        client: client.clone(),
        signed_in_at: session.started_at,
        seen_at: session.seen_at,
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
        None => Err(Denied::NotSignedIn),
    }
}

fn check_usable(records: &PrincipalRecords, client: &Client, policy: &Policy, now: Timestamp) -> Result<(), Denied> {
    let PrincipalRecords {
        pass: session,
        user,
        tenant,
        roles: _,
    } = records;
    let usable = session.is_live(policy.session_idle, now)
        && user.value.clone().as_of(now).is_active()
        && !user.api_only
        && tenant.status == TenantStatus::Active
        && (!policy.allowlist_on_every_request || user.allowlist.allows(client.address));
    if usable { Ok(()) } else { Err(Denied::NotSignedIn) }
}

/// The records on which a principal's rights rest, to be guarded by all that they do. The session is among them: what is
/// decided for a session that ends meanwhile is not written.
pub fn principal_guards(records: &PrincipalRecords) -> Vec<Guard> {
    let mut guards = vec![Guard::on(&records.pass), Guard::on(&records.user)];
    guards.extend(records.roles.iter().map(Guard::on::<Role>));
    guards
}

/// The change that notes that a session was used.
pub fn touch(principal: &Principal, now: Timestamp) -> Change {
    Change::Touch {
        record: principal.session.into(),
        seen_at: now,
    }
}
