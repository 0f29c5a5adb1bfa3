//! [`Tenure`]: the facade. Load, decide, commit; retried a bounded number of times where others were faster.

mod address;
mod api_keys;
mod asserted;
mod builder;
mod engine;
mod lines;
mod one_time;
mod open;
mod reset;
mod sign_in;
mod single;
mod touches;

use std::sync::Arc;

use async_trait::async_trait;

pub use builder::{BuildError, Builder};
pub use open::Health;
pub use sign_in::{SignIn, SignedIn};
pub use single::SingleTenant;
use touches::Touches;

use crate::clock::Clock;
use crate::desk::Desk;
use crate::error::{Denied, Error};
use crate::id::TenantId;
use crate::mail::{Courier, CourierTask, Mailer};
use crate::model::User;
use crate::password::HashPool;
use crate::policy::Policy;
use crate::rules::access::Principal;
use crate::rules::deletion::Blocker;
use crate::secret::Random;
use crate::store::Store;
use crate::text::Reason;

/// The back-office user accounts of an application. Cheap to clone; one for the whole program.
#[derive(Debug, Clone)]
pub struct Tenure {
    pub(crate) inner: Arc<Inner>,
}

#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) mailer: Arc<dyn Mailer>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) random: Arc<dyn Random>,
    pub(crate) policy: Arc<Policy>,
    pub(crate) pool: HashPool,
    pub(crate) guards: Vec<Arc<dyn DeletionGuard>>,
    pub(crate) courier: Arc<Courier>,
    pub(crate) lines: lines::Lines,
    /// Ends the spawned courier when the last clone goes.
    _courier_task: Option<CourierTask>,
    /// Writes that no request waits for: when sessions and API keys were last used.
    touches: Touches,
}

/// What of the host's stands against the deletion of a user: a queue that is not empty, documents that are not closed
/// (IF11). Asked for every report and before every deletion; while it is asked, the user is held and takes on nothing new.
#[async_trait]
pub trait DeletionGuard: Send + Sync + std::fmt::Debug {
    /// What is checked, for the administrator: `open invoices`.
    fn name(&self) -> &str;

    /// Everything that stands against it, each with a count and a way out. Nothing where nothing does, or such with a count of 0.
    ///
    /// # Errors
    /// Whatever failed. It counts as a blocker: nobody is deleted because a check could not be carried out.
    async fn blockers(
        &self,
        tenant: TenantId,
        user: &User,
    ) -> Result<Vec<Blocker>, Box<dyn std::error::Error + Send + Sync>>;
}

impl Tenure {
    /// Begins to set up. The store keeps the records; the mailer delivers what is queued.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// use tenure::mail::{CourierMode, LinkBase, MemoryMailer};
    /// use tenure::store::MemoryStore;
    /// use tenure::Tenure;
    ///
    /// let tenure = Tenure::builder(Arc::new(MemoryStore::new()), Arc::new(MemoryMailer::new()))
    ///     .links(LinkBase::new("https://backoffice.example.com")?)
    ///     .courier(CourierMode::Manual)
    ///     .build()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn builder(store: Arc<dyn Store>, mailer: Arc<dyn Mailer>) -> Builder {
        Builder::new(store, mailer)
    }

    /// Everything that this principal may do. Each call asks anew who they are and what they may: a desk that is held for
    /// hours stops working the moment its user is suspended or its session ends.
    pub fn desk(&self, principal: &Principal) -> Desk {
        Desk::of_principal(self.clone(), principal.clone())
    }

    /// The desk of the host's own code, for jobs and seeding: it may do everything, and the log says why it did.
    ///
    /// # Errors
    /// [`Denied::Invalid`] where `reason` is not 1 to 500 characters.
    pub fn system(&self, tenant: TenantId, reason: &str) -> Result<Desk, Error> {
        let reason = Reason::new(reason).map_err(|problem| Denied::invalid("reason", problem))?;
        Ok(Desk::of_system(self.clone(), tenant, reason))
    }

    /// Carries queued mail to the mailer. With [`CourierMode::Manual`](crate::mail::CourierMode), the host has to let it.
    pub fn courier(&self) -> &Courier {
        &self.inner.courier
    }

    /// The policy that was set up.
    pub fn policy(&self) -> &Policy {
        &self.inner.policy
    }

    /// How many password hashes were computed so far. Each login costs exactly one (L1).
    pub fn hashes_run(&self) -> u64 {
        self.inner.pool.hashes_run()
    }

    /// How many of them compared a password with somebody's own hash, and not with a decoy (L2).
    pub fn comparisons_run(&self) -> u64 {
        self.inner.pool.comparisons_run()
    }
}
