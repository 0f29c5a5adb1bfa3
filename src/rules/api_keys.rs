//! API keys: made for a user, never to allow more than that user and the maker hold; revoked (BI2, E6).

use std::collections::BTreeSet;

use super::context::Context;
use super::decision::Decision;
use super::fields::Fields;
use super::notices;
use super::operation::Operation;
use super::recent::require_recent_login;
use super::request_count::RequestCount;
use super::rights::{Rights, Surroundings};
use super::users::subject;
use crate::clock::Timestamp;
use crate::error::{Denied, Problem};
use crate::id::UnitId;
use crate::model::{
    Actor, ApiKey, ApiKeyState, Loaded, Permission, PermissionSet, RecordKind, Scope, Throttle, User, UserStatus, What,
};
use crate::secret::TokenHash;
use crate::store::{Guard, PrincipalRecords, SetChange};
use crate::text::Name;

/// An API key to make.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct NewApiKey {
    /// What it is called: 1 to 200 characters.
    pub name: String,
    /// What it allows, at least one permission and at most [`PermissionSet::MAX`].
    pub permissions: Vec<String>,
    /// Where; wherever the user holds all of these permissions, if not said.
    pub scope: Option<Scope>,
    /// When it is over; never, if not said.
    pub expires_at: Option<Timestamp>,
}

impl NewApiKey {
    /// A key with a name, which does not allow anything yet.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            permissions: Vec::new(),
            scope: None,
            expires_at: None,
        }
    }

    /// The same with these permissions besides.
    pub fn permissions<P: Into<String>>(mut self, permissions: impl IntoIterator<Item = P>) -> Self {
        self.permissions.extend(permissions.into_iter().map(Into::into));
        self
    }

    /// The same, in this scope only.
    pub fn scope(self, scope: impl Into<Scope>) -> Self {
        Self {
            scope: Some(scope.into()),
            ..self
        }
    }

    /// The same with an end; at exactly this instant it is over.
    pub fn expires_at(self, expires_at: impl Into<Timestamp>) -> Self {
        Self {
            expires_at: Some(expires_at.into()),
            ..self
        }
    }

    /// The units that the rules about it have to be shown.
    pub fn units(&self) -> BTreeSet<UnitId> {
        self.scope.iter().flat_map(Scope::units).collect()
    }

    fn parse(&self, around: &Surroundings, now: Timestamp) -> Result<(Name, PermissionSet), Denied> {
        let mut fields = Fields::default();
        let name = fields.take("name", Name::new(&self.name));
        let mut permissions = BTreeSet::new();
        for permission in &self.permissions {
            permissions.extend(fields.take("permissions", Permission::new(permission)));
        }
        let max = PermissionSet::MAX;
        match self.permissions.len() {
            0 => fields.wrong("permissions", Problem::Missing),
            _ if permissions.len() > max => fields.wrong("permissions", Problem::TooMany { max }),
            _ => {}
        }
        match &self.scope {
            Some(Scope::Units(units)) if units.is_empty() => fields.wrong("scope", Problem::Missing),
            Some(Scope::Units(units)) if units.len() > Scope::MAX => {
                fields.wrong("scope", Problem::TooMany { max: Scope::MAX });
            }
            Some(Scope::Units(units)) if units.iter().any(|unit| !around.units.0.contains_key(unit)) => {
                fields.wrong("scope", Problem::Unknown(RecordKind::Unit));
            }
            _ => {}
        }
        if self.expires_at.is_some_and(|end| end <= now) {
            fields.wrong("expires_at", Problem::NotInFuture);
        }
        let Some(name) = name else { return Err(fields.denied()) };
        fields.check()?;
        Ok((name, PermissionSet::Only(permissions)))
    }
}

/// For whom a key is to be made, as loaded.
#[derive(Debug, Clone)]
pub struct KeyHolder<'a> {
    /// The user, if there is one.
    pub user: Option<&'a Loaded<User>>,
    /// How many usable keys they have.
    pub open: u64,
    /// How many were made for them lately, as counted at [`RequestCount::of_api_keys`]. What was counted elsewhere is none.
    pub made: Option<Loaded<Throttle>>,
}

/// Makes a key for another user, who is told by mail. `token` is the hash of the key's token.
///
/// # Errors
/// [`Denied::Forbidden`], [`Denied::NotFound`], [`Denied::Invalid`] (`name`, `permissions`, `scope`, `expires_at`; also
/// where the user does not hold as much), [`Denied::BeyondOwnRights`], [`Denied::OwnAccount`], [`Denied::WrongStatus`] for whoever
/// is not active, [`Denied::OnHold`], [`Denied::TooManyApiKeys`]; [`Denied::TooManyAttempts`] beyond the
/// policy's number an hour, but for the host's own code.
pub fn create(
    cx: &Context,
    holder: &KeyHolder<'_>,
    input: &NewApiKey,
    token: TokenHash,
    around: &Surroundings,
) -> Result<Decision<ApiKey>, Denied> {
    let (user, now) = others(cx, Operation::CreateApiKey, holder.user, around)?;
    let decision = write(cx, user, &now, input, token, around)?;
    with_notice(cx, decision, &now, holder)
}

/// Makes a key for the actor, who is told by mail: whoever holds their session may be somebody else. Takes no permission, but a
/// recent login: a key outlives the session that it was made in (E7).
///
/// # Errors
/// As [`create`], [`Denied::Forbidden`] and [`Denied::OwnAccount`] aside; [`Denied::LoginTooOld`].
pub fn create_own(
    cx: &Context,
    holder: &KeyHolder<'_>,
    signed_in_at: Timestamp,
    input: &NewApiKey,
    token: TokenHash,
    around: &Surroundings,
) -> Result<Decision<ApiKey>, Denied> {
    let own = |user: &&Loaded<User>| cx.user() == Some(user.id);
    let user = holder
        .user
        .filter(own)
        .ok_or(Denied::NotFound { what: RecordKind::User })?;
    let now = user.value.clone().as_of(cx.now);
    require_recent_login(cx, signed_in_at)?;
    let decision = write(cx, user, &now, input, token, around)?;
    with_notice(cx, decision, &now, holder)
}

/// A user whose keys the actor administers: another than themselves. A key would otherwise make its own successor; what one
/// does for oneself takes a session.
fn others<'a>(
    cx: &Context,
    operation: Operation,
    user: Option<&'a Loaded<User>>,
    around: &Surroundings,
) -> Result<(&'a Loaded<User>, User), Denied> {
    let (user, now) = subject(cx, operation, user, around)?;
    if cx.user() == Some(user.id) {
        return Err(Denied::OwnAccount);
    }
    Ok((user, now))
}

fn write(
    cx: &Context,
    user: &Loaded<User>,
    now: &User,
    input: &NewApiKey,
    token: TokenHash,
    around: &Surroundings,
) -> Result<Decision<ApiKey>, Denied> {
    let (name, permissions) = input.parse(around, cx.now)?;
    let held = around.rights(&now.grants);
    let scope = match &input.scope {
        Some(scope) => scope.clone(),
        None => widest(&held, now, &permissions, around).ok_or_else(beyond_the_user)?,
    };
    let asked = Rights::in_scope(permissions.clone(), scope.clone());
    // R1, and E6: what the maker may not give, and what the user does not hold, no key of theirs allows.
    if !cx.rights.cover(&asked, &around.units) {
        return Err(Denied::BeyondOwnRights);
    }
    if !held.cover(&asked, &around.units) {
        return Err(beyond_the_user());
    }
    if !matches!(now.status, UserStatus::Active { .. }) {
        let status = now.status.kind();
        return Err(Denied::WrongStatus {
            verb: "make an API key for",
            status,
        });
    }
    if now.hold.is_some() {
        return Err(Denied::OnHold);
    }
    let key = ApiKey {
        id: cx.id(0),
        user: user.id,
        name,
        token,
        permissions,
        scope,
        created_by: cx.actor.clone(),
        created_at: cx.now,
        expires_at: input.expires_at,
        seen_at: None,
        state: ApiKeyState::Open,
    };
    let mut decision = Decision::by(cx);
    decision.guard(around.guards());
    // Written, not only guarded: of two keys made at once the later one counts the earlier one too.
    decision.update(user, user.value.clone());
    decision.insert(key.clone());
    let what = What::ApiKeyCreated {
        user: key.user,
        permissions: key.permissions.clone(),
        scope: key.scope.clone(),
        expires_at: key.expires_at,
    };
    decision.event(cx, key.id, what);
    Ok(decision.with(key))
}

/// The decision to make a key, if there is room for one more, with the mail that tells its user, which is counted.
fn with_notice(
    cx: &Context,
    decision: Decision<ApiKey>,
    user: &User,
    holder: &KeyHolder<'_>,
) -> Result<Decision<ApiKey>, Denied> {
    if holder.open >= ApiKey::MAX_OPEN {
        return Err(Denied::TooManyApiKeys { max: ApiKey::MAX_OPEN });
    }
    // The host's own code has a reason to make many, as when all of a program's keys are replaced.
    let is_limited = !matches!(cx.actor, Actor::System(_));
    let made = RequestCount::of_api_keys(user.id, cx.policy.api_keys_per_hour).loaded(holder.made.clone());
    if let Some(until) = made.full_until(cx.now).filter(|_| is_limited) {
        return Err(Denied::TooManyAttempts { until });
    }
    let key = decision.outcome.clone();
    let mut decision = decision.with(());
    made.count(&mut decision, cx.now);
    notices::api_key(&mut decision, cx, user, &key);
    Ok(decision.with(key))
}

fn beyond_the_user() -> Denied {
    Denied::invalid("permissions", Problem::NotHeld)
}

/// Wherever the user holds all of these permissions: everywhere, or in those units of their grants in which they do.
fn widest(held: &Rights, user: &User, permissions: &PermissionSet, around: &Surroundings) -> Option<Scope> {
    let holds_in = |scope: Scope| held.cover(&Rights::in_scope(permissions.clone(), scope), &around.units);
    if holds_in(Scope::All) {
        return Some(Scope::All);
    }
    let granted = user.grants.iter().flat_map(|grant| grant.scope.units());
    let units: BTreeSet<UnitId> = granted.filter(|unit| holds_in(Scope::from([*unit]))).collect();
    let fits = !units.is_empty() && units.len() <= Scope::MAX;
    fits.then_some(Scope::Units(units))
}

/// Revokes one key of somebody. `user` is the key's.
///
/// # Errors
/// [`Denied::Forbidden`], [`Denied::NotFound`], [`Denied::BeyondOwnRights`], [`Denied::OwnAccount`],
/// [`Denied::ApiKeyRevoked`].
pub fn revoke(
    cx: &Context,
    key: Option<&Loaded<ApiKey>>,
    user: Option<&Loaded<User>>,
    around: &Surroundings,
) -> Result<Decision<()>, Denied> {
    cx.permit(Operation::RevokeApiKeys)?;
    let key = key.ok_or(NO_KEY)?;
    let user = user.filter(|user| user.id == key.user);
    let (user, _) = others(cx, Operation::RevokeApiKeys, user, around).map_err(|denied| match denied {
        Denied::NotFound { .. } => NO_KEY,
        other => other,
    })?;
    let mut decision = end(cx, key)?;
    decision.guard([Guard::on(user)]);
    decision.guard(around.guards());
    Ok(decision)
}

/// Revokes one of the actor's own keys. Takes no permission.
///
/// # Errors
/// [`Denied::NotFound`] where it is not theirs, [`Denied::ApiKeyRevoked`].
pub fn revoke_own(cx: &Context, key: Option<&Loaded<ApiKey>>) -> Result<Decision<()>, Denied> {
    let theirs = |key: &&Loaded<ApiKey>| cx.user() == Some(key.user);
    end(cx, key.filter(theirs).ok_or(NO_KEY)?)
}

/// Revokes all keys of somebody else.
///
/// # Errors
/// [`Denied::Forbidden`], [`Denied::NotFound`], [`Denied::BeyondOwnRights`], [`Denied::OwnAccount`].
pub fn revoke_all(cx: &Context, user: Option<&Loaded<User>>, around: &Surroundings) -> Result<Decision<()>, Denied> {
    let (user, _) = others(cx, Operation::RevokeApiKeys, user, around)?;
    let mut decision = end_all(cx, user);
    decision.guard([Guard::on(user)]);
    decision.guard(around.guards());
    Ok(decision)
}

/// Revokes all of the actor's own keys. Takes no permission.
///
/// # Errors
/// [`Denied::NotFound`] where the actor is no user.
pub fn revoke_all_own(cx: &Context, user: Option<&Loaded<User>>) -> Result<Decision<()>, Denied> {
    let own = |user: &&Loaded<User>| cx.user() == Some(user.id);
    let user = user.filter(own).ok_or(Denied::NotFound { what: RecordKind::User })?;
    Ok(end_all(cx, user))
}

const NO_KEY: Denied = Denied::NotFound {
    what: RecordKind::ApiKey,
};

fn end(cx: &Context, key: &Loaded<ApiKey>) -> Result<Decision<()>, Denied> {
    let mut decision = Decision::by(cx);
    decision.update(key, key.value.clone().revoke(cx.now)?);
    decision.event(cx, key.id, What::ApiKeyRevoked { user: key.user });
    Ok(decision)
}

fn end_all(cx: &Context, user: &User) -> Decision<()> {
    let mut decision = Decision::by(cx);
    let change = SetChange::RevokeApiKeys {
        user: user.id,
        at: cx.now,
    };
    decision.set(cx, change, user.id, What::ApiKeysRevoked);
    decision
}

/// The units that have to be known in order to tell where a key reaches: none, unless both the key and its user's rights
/// are limited to units. Then only the tree says which lie in which.
pub fn named(records: &PrincipalRecords<ApiKey>) -> BTreeSet<UnitId> {
    let granted: BTreeSet<UnitId> = records
        .user
        .grants
        .iter()
        .flat_map(|grant| grant.scope.units())
        .collect();
    let key: BTreeSet<UnitId> = records.pass.scope.units().collect();
    if granted.is_empty() || key.is_empty() || granted == key {
        return BTreeSet::new();
    }
    granted.union(&key).copied().collect()
}
