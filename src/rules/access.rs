//! Access: who a session or API key proves, and how a login comes to one.

use crate::clock::Timestamp;
use crate::error::Denied;
use crate::id::{Seed, SessionId, TenantId, UserId};
use crate::model::{
    Actor, Attempt, AttemptOutcome, Client, Credential, Event, Inactivity, Kept, Loaded, Permission, RefusalReason,
    Role, Scope, Session, SessionState, Tenant, TenantStatus, User, UserStatus, What,
};
use crate::password::PasswordHash;
use crate::policy::Policy;
use crate::secret::TokenHash;
use crate::store::{Change, Guard, PrincipalRecords};
use crate::text::DisplayName;

use super::decision::Decision;
pub use super::pass::Pass;
use super::pass::Proof;
use super::rights::{Place, Rights, Units};

/// What a usable session or API key proves: who acts, in which tenant, with which rights.
///
/// It can only be had from [`Tenure::authenticate`](crate::Tenure::authenticate) and
/// [`Tenure::authenticate_api_key`](crate::Tenure::authenticate_api_key); it cannot be made or read from outside. It says what was true when it was made: a desk asks anew before everything it does.
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

    /// The session; none where an API key was used.
    pub fn session(&self) -> Option<SessionId> {
        match self.pass {
            Pass::Session(session) => Some(session),
            Pass::ApiKey(_) => None,
        }
    }

    /// The session, for what takes one: an API key carries permissions, and the own account takes none.
    ///
    /// # Errors
    /// [`Denied::SessionRequired`] where an API key was used.
    pub fn require_session(&self) -> Result<SessionId, Denied> {
        self.session().ok_or(Denied::SessionRequired)
    }

    /// The name that others see.
    pub fn display_name(&self) -> &DisplayName {
        &self.display_name
    }

    /// When they logged in; never, where an API key was used.
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

/// E3, E6: who a session or API key proves, if it is usable: stored as open, in time, its user active, its tenant active.
/// `units` are those that [`api_keys::named`](super::api_keys::named) asks for.
///
/// # Errors
/// [`Denied::NotSignedIn`], whatever the reason.
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
    let usable = pass.is_live(policy, now)
        && user.value.clone().as_of(now).is_active()
        && pass.admits(user, client)
        && tenant.status == TenantStatus::Active;
    if !usable {
        return Err(Denied::NotSignedIn);
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

/// The records on which a principal's rights rest, to be guarded by all that they do. The session or key is among them:
/// what is decided for one that ends meanwhile is not written.
pub fn principal_guards<P: Kept>(records: &PrincipalRecords<P>) -> Vec<Guard> {
    let mut guards = vec![Guard::on(&records.pass), Guard::on(&records.user)];
    guards.extend(records.roles.iter().map(Guard::on::<Role>));
    guards
}

/// What a login begins with: whether there is somebody whose password may be looked at, and if not, why.
///
/// # Errors
/// The true reason, for the history; the stranger learns nothing of it.
pub fn check_login<'a>(
    tenant: &Tenant,
    user: Option<&User>,
    credential: Option<&'a Credential>,
    now: Timestamp,
) -> Result<&'a PasswordHash, RefusalReason> {
    if tenant.status != TenantStatus::Active {
        return Err(RefusalReason::TenantSuspended);
    }
    let user = user.ok_or(RefusalReason::UnknownLogin)?.clone().as_of(now);
    match user.status {
        UserStatus::Active { .. } if user.api_only => Err(RefusalReason::ApiOnly),
        UserStatus::Active { .. } => credential.and_then(Credential::hash).ok_or(RefusalReason::NoPassword),
        UserStatus::Invited { .. }
        | UserStatus::Inactive {
            because: Inactivity::InvitationCancelled | Inactivity::InvitationExpired,
            ..
        } => Err(RefusalReason::Invited),
        UserStatus::Inactive { .. } => Err(RefusalReason::Inactive),
        UserStatus::Suspended { .. } => Err(RefusalReason::Suspended),
        UserStatus::Disabled { .. } => Err(RefusalReason::Disabled),
        UserStatus::Deleted { .. } => Err(RefusalReason::UnknownLogin),
    }
}

/// A login that is being decided.
#[derive(Debug, Clone)]
pub struct Login<'a> {
    /// The tenant.
    pub tenant: &'a Loaded<Tenant>,
    /// Who has the login name, if anybody.
    pub user: Option<&'a Loaded<User>>,
    /// Their credential.
    pub credential: Option<&'a Loaded<Credential>>,
    /// From where.
    pub client: &'a Client,
    /// The hash of the token that the session will have.
    pub token: TokenHash,
    /// Whether the password matched the credential's.
    pub matched: bool,
}

/// Decides a login: a session, or the refusal, and the attempt in the history either way (L4).
pub fn sign_in(
    login: &Login<'_>,
    policy: &Policy,
    now: Timestamp,
    seed: Seed,
) -> Decision<Result<Session, RefusalReason>> {
    let checked = check_login(
        &login.tenant.value,
        login.user.map(|user| &user.value),
        login.credential.map(|credential| &credential.value),
        now,
    );
    let outcome = match (checked, login.user) {
        (Ok(_), Some(user)) if login.matched => Ok(new_session(login, user.id, policy, now, seed)),
        (Ok(_), _) => Err(RefusalReason::WrongPassword),
        (Err(reason), _) => Err(reason),
    };
    let attempt = Attempt {
        id: seed.id(1),
        at: now,
        user: login.user.map(|user| user.id),
        client: login.client.clone(),
        keep_until: now.saturating_add(policy.attempts_kept),
        outcome: match &outcome {
            Ok(session) => AttemptOutcome::Success { session: session.id },
            Err(reason) => AttemptOutcome::Refused { reason: *reason },
        },
    };
    let mut decision = Decision {
        guards: Vec::new(),
        changes: Vec::new(),
        events: Vec::new(),
        mail: Vec::new(),
        outcome,
    };
    if let (Ok(session), Some(user)) = (decision.outcome.clone(), login.user) {
        // A session must not begin for a user who is suspended, or whose password changes, at the same moment (E4).
        decision.guard([Guard::on(user)]);
        decision.guard(login.credential.map(Guard::on));
        decision.events.push(signed_in(&session, user));
        decision.insert(session);
    }
    decision.insert(attempt);
    decision
}

fn new_session(login: &Login<'_>, user: UserId, policy: &Policy, now: Timestamp, seed: Seed) -> Session {
    Session {
        id: seed.id(0),
        user,
        token: login.token,
        client: login.client.clone(),
        started_at: now,
        expires_at: now.saturating_add(policy.session_absolute),
        seen_at: now,
        limited: None,
        state: SessionState::Open,
    }
}

fn signed_in(session: &Session, user: &User) -> Event {
    Event {
        at: session.started_at,
        actor: Actor::Subject(user.id),
        subject: User::record_id(user.id),
        what: What::SignedIn { session: session.id },
        affected: None,
    }
}

/// The change that notes that a session or key was used.
pub fn touch(principal: &Principal, now: Timestamp) -> Change {
    Change::Touch {
        record: principal.pass.into(),
        seen_at: now,
    }
}
