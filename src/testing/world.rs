//! A world to run random commands in: one store, a clock, a mailer, and some tenants with people of unequal rights.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;

use super::choose::Chooser;
use super::commands::{HostCheck, Step};
use super::snapshot::Snapshot;
use super::{ManualClock, SeededRandom};
use crate::clock::Clock;
use crate::desk::Desk;
use crate::error::{Denied, Error};
use crate::id::{MailId, TenantId, UserId};
use crate::mail::{CourierMode, LinkBase, MemoryMailer, links};
use crate::model::{Client, Grant, Permission, Scope, User};
use crate::policy::Policy;
use crate::rules::access::Principal;
use crate::rules::deletion::Blocker;
use crate::rules::employees::NewEmployee;
use crate::rules::invitations::Acceptance;
use crate::rules::roles::NewRole;
use crate::rules::tenant::Founding;
use crate::rules::units::NewUnit;
use crate::rules::users::{Access, NewUser};
use crate::secret::Token;
use crate::store::{Store, StoreError};
use crate::tenure::{DeletionGuard, SignIn, Tenure};

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
    /// The token of every link that was mailed, in order.
    pub(super) mailed: Vec<(MailId, String)>,
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
            mailed: Vec::new(),
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

    /// Everything that the store holds now.
    ///
    /// # Errors
    /// Whatever fails in the store.
    pub async fn snapshot(&self, before: Option<&Snapshot>) -> Result<Snapshot, StoreError> {
        Snapshot::take(&*self.store, &self.tenants, self.clock.now(), before).await
    }

    /// Carries a step out. Picks choose among what `before` shows: this world's snapshot, or that of one that is alike.
    pub async fn run(&mut self, step: &Step, before: &Snapshot) -> Ran {
        let tenant = self.tenants[usize::from(step.tenant) % self.tenants.len()];
        let Some(here) = before.tenants.get(&tenant) else {
            let (answer, by) = (Answer::Failed("not in the snapshot".to_owned()), Doer::Stranger);
            return Ran { answer, by };
        };
        let chooser = Chooser::new(before, tenant, here).acting(step.by, &self.passwords);
        let by = match chooser.me {
            None => Doer::System(tenant),
            Some(me) => Doer::User(tenant, me),
        };
        let ran = self.perform(&step.command, by, tenant, &chooser).await;
        self.tenure.flush().await;
        ran
    }

    /// The desk of whoever acts: with the session they have, or a new one, or else with one that is over.
    pub(super) async fn desk(&mut self, by: Doer, chooser: &Chooser<'_>) -> Result<Desk, Error> {
        match by {
            Doer::User(tenant, user) => {
                let login = chooser.here.user(user).map(|user| user.user_name.to_string());
                let principal = self.principal(tenant, user, login.as_deref()).await?;
                Ok(self.tenure.desk(&principal))
            }
            Doer::System(tenant) => self.tenure.system(tenant, "a random test"),
            Doer::Stranger | Doer::Invited | Doer::Host => Err(Denied::NotSignedIn.into()),
        }
    }

    async fn principal(&mut self, tenant: TenantId, user: UserId, login: Option<&str>) -> Result<Principal, Error> {
        if let Ok(principal) = self.authenticate(user).await {
            return Ok(principal);
        }
        if let (Some(password), Some(login)) = (self.passwords.get(&user).cloned(), login) {
            // Where this is refused, the desk of the session before is the better test.
            if self.sign_in(tenant, user, login, password).await.is_ok() {
                return self.authenticate(user).await;
            }
        }
        let over = self.logins.get(&user).ok_or(Denied::NotSignedIn)?;
        Ok(over.principal.clone())
    }

    /// Shows the token of a user's last session.
    pub(super) async fn authenticate(&mut self, user: UserId) -> Result<Principal, Error> {
        let login = self.logins.get_mut(&user).ok_or(Denied::NotSignedIn)?;
        let client = Client::at([192, 0, 2, 8].into());
        let principal = self.tenure.authenticate(login.token.expose(), &client).await;
        // What was spawned is waited for, so that both worlds draw their random bytes in one order.
        self.tenure.flush().await;
        login.principal = principal?;
        Ok(login.principal.clone())
    }

    /// Logs a user in, and remembers the session where that works.
    pub(super) async fn sign_in(
        &mut self,
        tenant: TenantId,
        user: UserId,
        login: &str,
        password: String,
    ) -> Result<(), Error> {
        let client = Client::at([192, 0, 2, 7].into()).user_agent("tenure's own test/1.0");
        let sign_in = SignIn::new(tenant, login, password).client(client.clone());
        let token = self.tenure.sign_in(sign_in).await?.token;
        let principal = self.tenure.authenticate(token.expose(), &client).await?;
        self.tenure.flush().await;
        self.logins.insert(user, Login { token, principal });
        Ok(())
    }

    /// Takes in the links that the mailer took.
    pub(super) fn collect_mail(&mut self) {
        for message in self.mailer.sent() {
            let tokens = links(&message)
                .into_iter()
                .filter_map(|link| Some(link.rsplit_once('=')?.1.to_owned()));
            self.mailed.extend(tokens.map(|token| (message.id, token)));
        }
        self.mailer.clear();
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

    async fn furnish(&mut self) -> Result<(), Error> {
        let password = "Correct-Horse-0";
        let owner = NewUser::new("Ada", "Lovelace", "ada@example.com");
        let tenant = self
            .found(Founding::new("Nordwind", owner, password), password)
            .await?
            .tenant
            .id;
        let desk = self.tenure.system(tenant, "to furnish the world")?;
        let north = desk.units().add(NewUnit::company("North")).await?.id;
        let shop = desk.units().add(NewUnit::department("Shop").below(north)).await?.id;
        let south = desk.units().add(NewUnit::company("South")).await?.id;
        let client = desk.units().add(NewUnit::client("Client")).await?.id;
        let prices = ["prices.change", "reports.read"];
        let clerk = desk.roles().add(NewRole::new("Clerk").permissions(prices)).await?.id;
        let of_units = [
            "users.read",
            "users.manage",
            "employees.manage",
            "units.manage",
            "sessions.manage",
            "history.read",
        ];
        let of_units = NewRole::new("Unit administrator")
            .permissions(of_units)
            .permissions(prices);
        let of_units = desk.roles().add(of_units).await?.id;
        let of_roles = NewRole::new("Role administrator").permissions(["roles.manage", "units.manage", "users.read"]);
        let of_roles = desk.roles().add(of_roles.permissions(prices)).await?.id;

        let access = || Access::default().invite();
        let una = Access {
            grants: vec![Grant::role(of_units, Scope::from([north]))],
            ..access()
        };
        desk.users()
            .create(NewUser::new("Una", "Nord", "una@example.com"), una)
            .await?;
        let rolf = Access {
            grants: vec![Grant::role(of_roles, Scope::All)],
            ..access()
        };
        desk.users()
            .create(
                NewUser::new("Rolf", "Ring", "rolf@example.com"),
                rolf.member_of([south]),
            )
            .await?;
        let clara = Access {
            grants: vec![Grant::role(clerk, Scope::from([shop]))],
            ..access()
        };
        desk.users()
            .create(NewUser::new("Clara", "Kern", "clara@example.com"), clara)
            .await?;
        let reports = Permission::new("reports.read").map_err(|problem| Denied::invalid("permissions", problem))?;
        let xaver = Access {
            grants: vec![Grant::permission(reports, Scope::from([client]))],
            ..access()
        };
        desk.users()
            .create_external(NewUser::new("Xaver", "Ost", "xaver@example.net"), client, xaver)
            .await?;
        for (first, unit) in [("Mia", north), ("Ben", shop), ("Kim", south)] {
            let address = format!("{first}.Employed@example.com");
            desk.employees()
                .add(NewEmployee::new(first, "Employed").email(address).unit(unit))
                .await?;
        }
        self.tenure.courier().deliver_due().await?;
        self.collect_mail();
        for (index, (_, token)) in self.mailed.clone().into_iter().enumerate() {
            let password = format!("Correct-Horse-{}", index + 1);
            self.accept(&token, Acceptance::new(password.as_str()), password.clone())
                .await?;
        }
        Ok(())
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
