//! What a rule knows besides its input: who acts, in which tenant, by which policy, and what time it is.

use std::sync::Arc;

use super::operation::Operation;
use super::rights::{Place, Rights};
use crate::clock::Timestamp;
use crate::error::Denied;
use crate::id::{Seed, TenantId, UserId};
use crate::model::{Actor, Loaded, Scope, Tenant};
use crate::policy::Policy;
use crate::store::Guard;
use crate::text::DisplayName;

/// Who acts, in which tenant, by which policy, and what time it is.
#[derive(Debug, Clone)]
pub struct Context {
    /// Who acts, as the log will say.
    pub actor: Actor,
    /// The name that others see of the user who acts, for notices to those whom it is done to; none of anybody else.
    pub actor_name: Option<DisplayName>,
    /// What they may do.
    pub rights: Rights,
    /// The versions of the records that the actor's status and rights were read from; every decision guards them.
    pub guards: Vec<Guard>,
    /// The tenant.
    pub tenant: Loaded<Tenant>,
    /// The host's decisions.
    pub policy: Arc<Policy>,
    /// The instant of the decision.
    pub now: Timestamp,
    /// What fresh ids are made of.
    pub seed: Seed,
}

impl Context {
    /// The context of a user who acts by a link or while logging in, before there is a session: no rights but those over
    /// themselves.
    pub fn of_subject(user: UserId, tenant: &Loaded<Tenant>, policy: &Arc<Policy>, now: Timestamp, seed: Seed) -> Self {
        Self {
            actor: Actor::Subject(user),
            actor_name: None,
            rights: Rights::default(),
            guards: Vec::new(),
            tenant: tenant.clone(),
            policy: Arc::clone(policy),
            now,
            seed,
        }
    }

    /// The tenant's id.
    pub fn tenant_id(&self) -> TenantId {
        self.tenant.id
    }

    /// The user who acts, if it is one.
    pub fn user(&self) -> Option<UserId> {
        self.actor.user()
    }

    /// A fresh id. Each number gives another one.
    pub fn id<T: From<uuid::Uuid>>(&self, n: u16) -> T {
        self.seed.id(n)
    }

    /// Makes this copy of a bulk act's context that of its n-th row, counted from 0: with fresh ids of its own.
    pub(super) fn at_row(&mut self, whole: &Self, row: usize) {
        self.seed = whole.seed.part(u32::try_from(row).unwrap_or(u32::MAX));
    }

    /// Whether the actor may do this anywhere at all.
    ///
    /// # Errors
    /// [`Denied::Forbidden`].
    pub fn permit(&self, operation: Operation) -> Result<(), Denied> {
        self.scope(operation).map(|_| ())
    }

    /// Whether the actor may do this in the whole tenant.
    ///
    /// # Errors
    /// [`Denied::Forbidden`].
    pub fn permit_everywhere(&self, operation: Operation) -> Result<(), Denied> {
        match self.scope(operation)? {
            Scope::All => Ok(()),
            Scope::Units(_) => Err(Denied::Forbidden),
        }
    }

    /// Where the actor may do this.
    ///
    /// # Errors
    /// [`Denied::Forbidden`] where they may nowhere.
    pub fn scope(&self, operation: Operation) -> Result<Scope, Denied> {
        let scopes = operation
            .permissions()
            .iter()
            .filter_map(|permission| self.rights.scope_of(permission));
        scopes.reduce(Rights::either).ok_or(Denied::Forbidden)
    }

    /// Whether the actor may do this at a place.
    pub fn may(&self, operation: Operation, place: Place<'_>) -> bool {
        operation
            .permissions()
            .iter()
            .any(|permission| self.rights.may(permission, place))
    }
}
