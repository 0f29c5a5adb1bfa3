//! The desk: what a principal may do. One file a room; each method loads, asks a rule, and commits.

mod api_keys;
mod attempt_search;
mod bulk;
mod employees;
mod history;
mod invitations;
mod listing;
mod loading;
mod logins;
mod me;
mod own_api_keys;
mod page;
mod roles;
mod seats;
mod sessions;
mod tenant;
mod units;
mod users;

use std::sync::Arc;

pub use api_keys::ApiKeys;
pub use attempt_search::AttemptSearch;
pub use bulk::Bulk;
pub use employees::{Employees, Reports};
pub use history::History;
pub use invitations::Invitations;
pub use listing::Listing;
pub use me::Me;
pub use own_api_keys::OwnApiKeys;
pub use page::{Listed, PageCursor};
pub use roles::Roles;
pub use seats::{SeatCount, Seats};
pub use sessions::{ActiveSession, Sessions};
pub use tenant::TenantDesk;
pub use units::Units;
pub use users::{Candidate, Users};

use crate::error::{Denied, Error};
use crate::id::TenantId;
use crate::model::{Actor, RecordKind, Tenant};
use crate::rules::access::Principal;
use crate::rules::rights::Rights;
use crate::rules::{Context, Decision};
use crate::store::StoreExt;
use crate::tenure::Tenure;
use crate::text::Reason;

/// Everything that one principal, or the host's own code, may do in one tenant. From [`Tenure::desk`] or
/// [`Tenure::system`].
#[derive(Debug, Clone)]
pub struct Desk {
    tenure: Tenure,
    who: Who,
}

#[derive(Debug, Clone)]
enum Who {
    Principal(Box<Principal>),
    System { tenant: TenantId, reason: Reason },
}

impl Desk {
    pub(crate) fn of_principal(tenure: Tenure, principal: Principal) -> Self {
        Self {
            tenure,
            who: Who::Principal(Box::new(principal)),
        }
    }

    pub(crate) fn of_system(tenure: Tenure, tenant: TenantId, reason: Reason) -> Self {
        Self {
            tenure,
            who: Who::System { tenant, reason },
        }
    }

    /// The tenant that this desk stands in.
    pub fn tenant_id(&self) -> TenantId {
        match &self.who {
            Who::Principal(principal) => principal.tenant(),
            Who::System { tenant, .. } => *tenant,
        }
    }

    /// Org units.
    pub fn units(&self) -> Units<'_> {
        Units(self, None)
    }

    /// Roles.
    pub fn roles(&self) -> Roles<'_> {
        Roles(self, None)
    }

    /// The employee register.
    pub fn employees(&self) -> Employees<'_> {
        Employees(self, None)
    }

    /// Users.
    pub fn users(&self) -> Users<'_> {
        Users(self, None)
    }

    /// Invitations.
    pub fn invitations(&self) -> Invitations<'_> {
        Invitations(self)
    }

    /// The sessions of others.
    pub fn sessions(&self) -> Sessions<'_> {
        Sessions(self)
    }

    /// The API keys of others.
    pub fn api_keys(&self) -> ApiKeys<'_> {
        ApiKeys(self)
    }

    /// Login history and event log.
    pub fn history(&self) -> History<'_> {
        History(self)
    }

    /// Many at once: import, export, status.
    pub fn bulk(&self) -> Bulk<'_> {
        Bulk(self)
    }

    /// The seat count.
    pub fn seats(&self) -> Seats<'_> {
        Seats(self)
    }

    /// The tenant itself.
    pub fn tenant(&self) -> TenantDesk<'_> {
        TenantDesk(self, None)
    }

    /// The principal's own account.
    pub fn me(&self) -> Me<'_> {
        Me(self, None)
    }

    /// Who acts, asked anew: one query.
    pub(crate) async fn context(&self) -> Result<Context, Error> {
        let (store, now) = (&self.tenure.inner.store, self.tenure.now());
        let policy = Arc::clone(&self.tenure.inner.policy);
        let seed = self.tenure.seed(now)?;
        match &self.who {
            Who::Principal(principal) => {
                let current = self.tenure.prove_again(principal, now).await?;
                Ok(Context {
                    actor: Actor::User(current.principal.user()),
                    actor_name: Some(current.principal.display_name().clone()),
                    rights: current.principal.rights().clone(),
                    guards: current.guards,
                    tenant: current.tenant,
                    policy,
                    now,
                    seed,
                })
            }
            Who::System { tenant, reason } => Ok(Context {
                actor: Actor::System(reason.clone()),
                actor_name: None,
                rights: Rights::everything(),
                guards: Vec::new(),
                tenant: store.get::<Tenant>(*tenant, *tenant).await?.ok_or(Denied::NotFound {
                    what: RecordKind::Tenant,
                })?,
                policy,
                now,
                seed,
            }),
        }
    }

    /// Decides with a rule and commits, anew while others are faster.
    pub(crate) async fn act<T, F, Fut>(&self, rule: F) -> Result<T, Error>
    where
        F: Fn(Context) -> Fut,
        Fut: Future<Output = Result<Decision<T>, Error>>,
    {
        let rule = &rule;
        self.tenure
            .carry_out(|| async move {
                let cx = self.context().await?;
                let (tenant, now) = (cx.tenant_id(), cx.now);
                Ok((tenant, now, rule(cx).await?))
            })
            .await
    }
}
