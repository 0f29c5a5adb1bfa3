//! Setting up.

use std::num::NonZeroUsize;
use std::sync::Arc;

use super::touches::Touches;
use super::{DeletionGuard, Inner, Tenure};
use crate::clock::{Clock, SystemClock};
use crate::mail::{Courier, CourierMode, LinkBase, Mailer, Texts};
use crate::password::HashPool;
use crate::policy::Policy;
use crate::secret::{OsRandom, Random};
use crate::store::Store;

/// Sets up a [`Tenure`]. Links and the courier's mode have to be said; the rest has defaults.
#[derive(Debug)]
pub struct Builder {
    store: Arc<dyn Store>,
    mailer: Arc<dyn Mailer>,
    links: Option<LinkBase>,
    courier: Option<CourierMode>,
    texts: Texts,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    policy: Policy,
    guards: Vec<Arc<dyn DeletionGuard>>,
    hashing: Option<(NonZeroUsize, NonZeroUsize)>,
}

/// What the set-up lacks. More may come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// [`Builder::links`] was not called.
    #[error("the base of mailed links is not set")]
    NoLinks,
    /// [`Builder::courier`] was not called.
    #[error("how the courier runs is not set")]
    NoCourier,
    /// The courier is to be spawned, and there is no tokio runtime here.
    #[error("there is no tokio runtime to spawn the courier on")]
    NoRuntime,
}

impl Builder {
    pub(super) fn new(store: Arc<dyn Store>, mailer: Arc<dyn Mailer>) -> Self {
        Self {
            store,
            mailer,
            links: None,
            courier: None,
            texts: Texts::new(),
            clock: Arc::new(SystemClock),
            random: Arc::new(OsRandom),
            policy: Policy::default(),
            guards: Vec::new(),
            hashing: None,
        }
    }

    /// Where mailed links lead. No request value ever reaches them (T7).
    pub fn links(self, links: LinkBase) -> Self {
        Self {
            links: Some(links),
            ..self
        }
    }

    /// Who carries the mail: a task spawned here, or the host.
    pub fn courier(self, mode: CourierMode) -> Self {
        Self {
            courier: Some(mode),
            ..self
        }
    }

    /// What mails say. The built-in texts if not said.
    pub fn texts(self, texts: Texts) -> Self {
        Self { texts, ..self }
    }

    /// What the host decides. [`Policy::default`] if not said.
    pub fn policy(self, policy: Policy) -> Self {
        Self { policy, ..self }
    }

    /// Another clock than the system's: for tests.
    pub fn clock(self, clock: Arc<dyn Clock>) -> Self {
        Self { clock, ..self }
    }

    /// Another source of random bytes than the operating system: for tests. Tokens are made of it.
    pub fn random(self, random: Arc<dyn Random>) -> Self {
        Self { random, ..self }
    }

    /// A check of the host's before users are deleted. May be called again for more.
    pub fn deletion_guard(mut self, guard: Arc<dyn DeletionGuard>) -> Self {
        self.guards.push(guard);
        self
    }

    /// How many threads hash passwords, and how many logins may wait for them; further ones are answered
    /// [`Error::Busy`](crate::Error::Busy). If not said: a thread fewer than there are cores, so that requests are served while
    /// people log in, and 64 places for each. Every thread keeps the memory of one hash (19 MiB by default).
    pub fn hash_threads(self, threads: NonZeroUsize, waiting: NonZeroUsize) -> Self {
        let hashing = Some((threads, waiting));
        Self { hashing, ..self }
    }

    /// Done.
    ///
    /// # Errors
    /// [`BuildError`].
    pub fn build(self) -> Result<Tenure, BuildError> {
        let links = self.links.ok_or(BuildError::NoLinks)?;
        let mode = self.courier.ok_or(BuildError::NoCourier)?;
        let (store, mailer, clock, random) = (self.store, self.mailer, self.clock, self.random);
        let courier = Courier::new(
            Arc::clone(&store),
            Arc::clone(&mailer),
            links,
            Arc::clone(&clock),
            Arc::clone(&random),
        );
        let courier = Arc::new(courier.texts(self.texts));
        let task = match mode {
            CourierMode::Manual => None,
            CourierMode::Spawn => Some(courier.spawn().map_err(|_| BuildError::NoRuntime)?),
        };
        let inner = Inner {
            store,
            mailer,
            clock,
            random,
            pool: match self.hashing {
                Some((threads, waiting)) => HashPool::sized(self.policy.hashing, threads, waiting),
                None => HashPool::new(self.policy.hashing),
            },
            policy: Arc::new(self.policy),
            guards: self.guards,
            courier,
            lines: super::lines::Lines::default(),
            _courier_task: task,
            touches: Touches::default(),
        };
        Ok(Tenure { inner: Arc::new(inner) })
    }
}
