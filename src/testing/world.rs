//! A world to run random commands in: one store, a clock, a mailer, and some tenants with people of unequal rights.

mod furnish;
mod logins;

pub(super) use logins::client;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;

use super::choose::Chooser;
use super::commands::{HostCheck, Step};
use super::snapshot::Snapshot;
use super::{ManualClock, SeededRandom};
use crate::clock::Clock;
use crate::error::{Denied, Error};
use crate::id::{ApiKeyId, MailId, SessionId, TenantId, UserId};
use crate::mail::{CourierMode, LinkBase, MemoryMailer, links, passwords};
use crate::model::User;
use crate::policy::Policy;
use crate::rules::access::Principal;
use crate::rules::deletion::Blocker;
use crate::rules::invitations::Acceptance;
use crate::rules::tenant::Founding;
use crate::secret::Token;
use crate::store::{Store, StoreError};
use crate::tenure::{DeletionGuard, Tenure};

/// A password that is nobody's.
pub(super) const WRONG: &str = "Wrong-Horse-1";
/// A password that no policy takes.
const TOO_SHORT: &str = "Zu-kurz";

/// How many tenants a world has at most.
pub(super) const MAX_TENANTS: usize = 3;

/// One store with everything around it that commands need. Two worlds of one seed and policy, on two stores, answer alike to
/// the last id: that is what differential tests compare.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use std::sync::Arc;
/// use tenure::Policy;
/// use tenure::store::MemoryStore;
/// use tenure::testing::commands::{Actor, Command, Pick, Step};
/// use tenure::testing::{World, invariants};
///
/// let mut policy = Policy::default();
/// policy.hashing = tenure::password::HashingParams::weak_for_tests();
/// let mut world = World::new(Arc::new(MemoryStore::new()), 7, policy).await?;
/// let before = world.snapshot(None).await?;
/// let step = Step { tenant: 0, by: Actor::Owner, command: Command::Disable(Pick(0)) };
/// let ran = world.run(&step, &before).await;
/// assert!(ran.answer.is_done());
/// let after = world.snapshot(Some(&before)).await?;
/// invariants::check(&before, &after, &step, &ran, world.policy())?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct World {
    pub(super) tenure: Tenure,
    pub(super) store: Arc<dyn Store>,
    pub(super) clock: ManualClock,
    pub(super) mailer: Arc<MemoryMailer>,
    pub(super) checks: Arc<Checks>,
    pub(super) tenants: Vec<TenantId>,
    pub(super) passwords: BTreeMap<UserId, String>,
    pub(super) logins: BTreeMap<UserId, Login>,
    /// The token of every session that began with a one-time password, and is good for a new one only.
    pub(super) limited: BTreeMap<UserId, (SessionId, String)>,
    /// The token of every API key.
    pub(super) keys: BTreeMap<ApiKeyId, String>,
    /// The token of every link that was mailed, in order.
    pub(super) mailed: Vec<(MailId, String)>,
    /// Every one-time password that was mailed, in order.
    pub(super) one_time: Vec<(MailId, String)>,
    /// How many passwords were made up.
    set: u32,
    secrets: Arc<BTreeSet<String>>,
}

/// What a world keeps of a login.
#[derive(Debug, Clone)]
pub(super) struct Login {
    pub(super) token: Token,
    pub(super) principal: Principal,
}

/// What became of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ran {
    /// What the caller was told.
    pub answer: Answer,
    /// Who acted.
    pub by: Doer,
}

/// What the caller of a command was told, in a form in which stores can be compared.
#[derive(Clone, PartialEq, Eq)]
pub enum Answer {
    /// It was done; the whole outcome as [`Debug`](fmt::Debug) shows it. Secrets it does not show.
    Done(String),
    /// The rules said no.
    Refused(Denied),
    /// Something else failed.
    Failed(String),
}

/// Who acted in the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Doer {
    /// Somebody outside: whoever signs up, logs in or opens a link.
    Stranger,
    /// Whoever accepts an invitation.
    Invited,
    /// The host: clock, courier, what is due.
    Host,
    /// The host's own code, in a tenant.
    System(TenantId),
    /// A user of a tenant.
    User(TenantId, UserId),
    /// A program with an API key of a user's.
    Program(TenantId, UserId, ApiKeyId),
}

impl Answer {
    /// Whether it was done.
    pub fn is_done(&self) -> bool {
        matches!(self, Self::Done(_))
    }

    /// The refusal's code and the fields it names; for what failed, what that was.
    pub fn code(&self) -> (&str, Vec<&'static str>) {
        match self {
            Self::Done(_) => ("done", Vec::new()),
            Self::Refused(denied) => (denied.code(), denied.fields()),
            Self::Failed(what) => (what, Vec::new()),
        }
    }

    pub(super) fn of<T: fmt::Debug>(result: Result<T, Error>) -> Self {
        match result {
            Ok(outcome) => Self::Done(format!("{outcome:?}")),
            Err(Error::Denied(denied)) => Self::Refused(denied),
            Err(Error::Conflict) => Self::Failed("conflict".to_owned()),
            Err(other) => Self::Failed(format!("{other:?}")),
        }
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Done(outcome) => write!(f, "Done({outcome})"),
            Self::Refused(denied) => write!(f, "Refused({denied:?})"),
            Self::Failed(what) => write!(f, "Failed({what})"),
        }
    }
}

impl World {
    /// A world on an empty store: one tenant with units, roles, an administrator of some units, one of roles, a clerk and a
    /// client's contact, all of whom have accepted their invitations.
    ///
    /// # Errors
    /// Whatever goes wrong while these are set up.
    ///
    /// # Panics
    /// Never: what it is built from are constants.
    pub async fn new(store: Arc<dyn Store>, seed: u64, policy: Policy) -> Result<Self, Error> {
        let (mailer, checks, clock) = (Arc::new(MemoryMailer::new()), Arc::default(), ManualClock::default());
        #[expect(
            clippy::expect_used,
            reason = "constants: a valid base, and everything that building takes"
        )]
        let tenure = Tenure::builder(Arc::clone(&store), mailer.clone())
            .links(LinkBase::new("https://backoffice.example.com").expect("a valid base"))
            .courier(CourierMode::Manual)
            .clock(Arc::new(clock.clone()))
            .random(Arc::new(SeededRandom::new(seed)))
            .deletion_guard(Arc::clone(&checks) as Arc<dyn DeletionGuard>)
            .policy(policy)
            .build()
            .expect("all that is needed was given");
        let mut world = Self {
            tenure,
            store,
            clock,
            mailer,
            checks,
            tenants: Vec::new(),
            passwords: BTreeMap::new(),
            logins: BTreeMap::new(),
            limited: BTreeMap::new(),
            keys: BTreeMap::new(),
            mailed: Vec::new(),
            one_time: Vec::new(),
            set: 0,
            secrets: Arc::new(BTreeSet::from([WRONG.to_owned(), TOO_SHORT.to_owned()])),
        };
        world.furnish().await?;
        Ok(world)
    }

    /// The facade, for calls of one's own between the steps.
    pub fn tenure(&self) -> &Tenure {
        &self.tenure
    }

    /// The policy that is in force.
    pub fn policy(&self) -> &Policy {
        self.tenure.policy()
    }

    /// The tenants, in the order in which they were founded.
    pub fn tenants(&self) -> &[TenantId] {
        &self.tenants
    }

    /// Everything that the store holds now, and the secrets that it must not.
    ///
    /// # Errors
    /// Whatever fails in the store.
    pub async fn snapshot(&self, before: Option<&Snapshot>) -> Result<Snapshot, StoreError> {
        let taken = Snapshot::take(&*self.store, &self.tenants, self.clock.now(), before).await?;
        let secrets = Arc::clone(&self.secrets);
        Ok(Snapshot { secrets, ..taken })
    }

    /// Carries a step out. Picks choose among what `before` shows: this world's snapshot, or that of one that is alike.
    pub async fn run(&mut self, step: &Step, before: &Snapshot) -> Ran {
        let tenant = self.tenants[usize::from(step.tenant) % self.tenants.len()];
        let Some(here) = before.tenants.get(&tenant) else {
            let (answer, by) = (Answer::Failed("not in the snapshot".to_owned()), Doer::Stranger);
            return Ran { answer, by };
        };
        let chooser = Chooser::new(before, tenant, here).acting(step.by, &self.passwords, &self.keys);
        let by = match (chooser.me, chooser.key) {
            (None, _) => Doer::System(tenant),
            (Some(me), None) => Doer::User(tenant, me),
            (Some(me), Some(key)) => Doer::Program(tenant, me, key),
        };
        let ran = self.perform(&step.command, by, tenant, &chooser).await;
        self.tenure.flush().await;
        ran
    }

    /// Takes in the links and one-time passwords that the mailer took.
    pub(super) fn collect_mail(&mut self) {
        for message in self.mailer.sent() {
            let tokens = links(&message)
                .into_iter()
                .filter_map(|link| Some(link.rsplit_once('=')?.1.to_owned()));
            for token in tokens {
                self.keep_secret(&token);
                self.mailed.push((message.id, token));
            }
            for password in passwords(&message) {
                self.keep_secret(&password);
                self.one_time.push((message.id, password));
            }
        }
        self.mailer.clear();
    }

    /// Remembers a secret, so that it can be looked for wherever none may stand.
    pub(super) fn keep_secret(&mut self, secret: &str) {
        Arc::make_mut(&mut self.secrets).extend(spellings(secret));
    }

    /// A password that nobody had yet.
    pub(super) fn new_password(&mut self) -> String {
        self.set += 1;
        let password = format!("Correct-Horse-{}", self.set);
        self.keep_secret(&password);
        password
    }

    /// One that is good enough or not.
    pub(super) fn password(&mut self, good: bool) -> String {
        if good {
            self.new_password()
        } else {
            TOO_SHORT.to_owned()
        }
    }

    /// Founds a tenant, and remembers its owner's password.
    pub(super) async fn found(&mut self, founding: Founding, password: &str) -> Result<crate::Founded, Error> {
        let founded = self.tenure.found(founding).await?;
        self.tenants.push(founded.tenant.id);
        self.passwords.insert(founded.owner.id, password.to_owned());
        Ok(founded)
    }

    /// Accepts through a link, and remembers the password where that works.
    pub(super) async fn accept(
        &mut self,
        token: &str,
        acceptance: Acceptance,
        password: String,
    ) -> Result<User, Error> {
        let user = self.tenure.accept_invitation(token, acceptance).await?;
        self.passwords.insert(user.id, password);
        Ok(user)
    }
}

/// The host's side of deletions.
#[derive(Debug, Default)]
pub(super) struct Checks(Mutex<Option<HostCheck>>);

impl Checks {
    pub(super) fn set(&self, check: HostCheck) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(check);
    }
}

#[async_trait]
impl DeletionGuard for Checks {
    fn name(&self) -> &'static str {
        "open invoices"
    }

    async fn blockers(&self, _: TenantId, _: &User) -> Result<Vec<Blocker>, Box<dyn std::error::Error + Send + Sync>> {
        let check = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match check {
            None | Some(HostCheck::Clear) => Ok(Vec::new()),
            Some(HostCheck::Blocks(count)) => {
                let blocker = Blocker::new("open_invoices", "open invoices", u64::from(count), "post them");
                Ok(vec![blocker])
            }
            Some(HostCheck::Fails) => Err("told to fail".into()),
        }
    }
}

/// How a secret could be spelt where it must not stand: whole, without what says what it is for, without separators.
fn spellings(secret: &str) -> BTreeSet<String> {
    let body = secret.split_once('_').map(|(_, body)| body);
    let plain = secret.replace('-', "");
    let spelt = [Some(secret), body, Some(plain.as_str())].into_iter().flatten();
    spelt.map(str::to_owned).collect()
}
