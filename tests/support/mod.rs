//! What the walks of `systems` and the checks of `facade` stand on: a set-up, a founded tenant, and people in it.

#![allow(dead_code, reason = "each of the two test programs uses a part of it")]
#![allow(
    unused_macros,
    unused_imports,
    reason = "each of the two test programs uses a part of it"
)]

mod hooked;
mod passwords;
mod picture;
mod store;
mod yielding;

use std::sync::Arc;

use tenure::desk::Desk;
use tenure::mail::{CourierMode, LinkBase, MemoryMailer, Message, links};
use tenure::password::HashingParams;
use tenure::store::{FeedPosition, Store};
use tenure::testing::{ManualClock, SeededRandom};
use tenure::text::EmailAddress;
use tenure::{
    Acceptance, Access, Builder, Client, Clock, Denied, Error, Founding, Listing, NewUser, Policy, Principal, SignIn,
    SignedIn, Tenant, TenantId, Tenure, Timestamp, User,
};
use time::Duration;

pub(crate) use hooked::HookedStore;
pub(crate) use picture::{Picture, Shape};
pub(crate) use store::Backing;
pub(crate) use store::for_every_store;
pub(crate) use yielding::YieldingStore;

/// The password of every owner.
pub(crate) const OWNERS: &str = "Correct-Horse-7";
/// The password of everybody else.
pub(crate) const PASSWORD: &str = "Zitrone-42-gelb";

/// A set-up of the library: a store, a mailer, a clock that stands, and chance that can be repeated.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) tenure: Tenure,
    pub(crate) mailer: Arc<MemoryMailer>,
    pub(crate) clock: ManualClock,
    pub(crate) store: Arc<dyn Store>,
    /// Where the store's file is; removed with the world.
    place: Option<store::Place>,
}

/// A founded tenant, and the desk of its owner.
#[derive(Debug)]
pub(crate) struct Firm {
    pub(crate) tenant: Tenant,
    pub(crate) owner: User,
    pub(crate) desk: Desk,
    pub(crate) login: SignedIn,
}

impl Firm {
    pub(crate) fn id(&self) -> TenantId {
        self.tenant.id
    }
}

/// Somebody who accepted their invitation and is logged in.
#[derive(Debug)]
pub(crate) struct Member {
    pub(crate) user: User,
    pub(crate) desk: Desk,
    pub(crate) login: SignedIn,
}

impl World {
    /// A set-up on a new store.
    pub(crate) fn open(backing: Backing, policy: Policy) -> Self {
        let (store, place) = backing.open();
        let mut world = Self::on(store, policy);
        world.place = place;
        world
    }

    /// A set-up on a store that is there.
    pub(crate) fn on(store: Arc<dyn Store>, policy: Policy) -> Self {
        let mailer = Arc::new(MemoryMailer::new());
        let clock = ManualClock::at(Timestamp::from_unix_micros(1_795_253_400_000_000).unwrap());
        let tenure = build(&store, &mailer, &clock, policy, 7, |builder| builder);
        Self {
            tenure,
            mailer,
            clock,
            store,
            place: None,
        }
    }

    /// The same store, mailer and clock under another policy or with more set up.
    pub(crate) fn set_up(&self, policy: Policy, with: impl FnOnce(Builder) -> Builder) -> Tenure {
        build(&self.store, &self.mailer, &self.clock, policy, 8, with)
    }

    /// The same set-up with what is said besides.
    pub(crate) fn with(mut self, with: impl FnOnce(Builder) -> Builder) -> Self {
        self.tenure = self.set_up(self.tenure.policy().clone(), with);
        self
    }

    /// The same set-up under a policy that differs.
    pub(crate) fn with_policy(self, change: impl FnOnce(&mut Policy)) -> Self {
        let mut policy = self.tenure.policy().clone();
        change(&mut policy);
        let tenure = self.set_up(policy, |builder| builder);
        Self { tenure, ..self }
    }

    /// The same set-up over a store that wraps this one. The mailer and the clock are the same.
    pub(crate) fn over(&self, store: &Arc<dyn Store>) -> Tenure {
        build(
            store,
            &self.mailer,
            &self.clock,
            self.tenure.policy().clone(),
            9,
            |builder| builder,
        )
    }

    /// Two programs over this store, which wait for one another nowhere but there. Each calls its own chance.
    pub(crate) fn two_programs(&self) -> [Tenure; 2] {
        let contended: Arc<dyn Store> = Arc::new(YieldingStore(self.store.clone()));
        let policy = self.tenure.policy();
        [10, 11].map(|seed| {
            build(&contended, &self.mailer, &self.clock, policy.clone(), seed, |builder| {
                builder
            })
        })
    }

    /// The same set-up, in which commands that run at once get in each other's way.
    pub(crate) fn contended(self) -> Self {
        let contended: Arc<dyn Store> = Arc::new(YieldingStore(self.store.clone()));
        let tenure = self.over(&contended);
        Self { tenure, ..self }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(crate) fn advance(&self, by: Duration) -> Timestamp {
        self.clock.advance(by)
    }

    /// The instant that lies so far ahead.
    pub(crate) fn ahead(&self, by: Duration) -> Timestamp {
        self.now().saturating_add(by)
    }

    /// Founds a tenant and logs its owner in.
    pub(crate) async fn found(&self) -> Firm {
        let owner = NewUser::new("Ada", "Lovelace", "ada@nordwind.example");
        self.found_with(Founding::new("Nordwind", owner, OWNERS)).await
    }

    pub(crate) async fn found_with(&self, founding: Founding) -> Firm {
        let founded = self.tenure.found(founding).await.unwrap();
        let login = self
            .sign_in(founded.tenant.id, founded.owner.address.as_str(), OWNERS)
            .await
            .unwrap();
        Firm {
            desk: self.desk(&login).await,
            tenant: founded.tenant,
            owner: founded.owner,
            login,
        }
    }

    pub(crate) async fn sign_in(&self, tenant: TenantId, login: &str, password: &str) -> Result<SignedIn, Error> {
        self.tenure
            .sign_in(SignIn::new(tenant, login, password).client(client()))
            .await
    }

    pub(crate) async fn principal(&self, login: &SignedIn) -> Result<Principal, Error> {
        self.tenure.authenticate(login.token.expose(), &client()).await
    }

    pub(crate) async fn desk(&self, login: &SignedIn) -> Desk {
        self.tenure.desk(&self.principal(login).await.unwrap())
    }

    /// Lets the courier carry all that waits.
    pub(crate) async fn deliver(&self) -> u64 {
        self.tenure.courier().deliver_due().await.unwrap().sent
    }

    /// The last mail to an address.
    pub(crate) fn mail_to(&self, address: &str) -> Message {
        let address = EmailAddress::new(address).unwrap();
        self.mailer.last_to(&address).expect("a mail")
    }

    /// The token in the link of the last mail to an address.
    pub(crate) fn token_to(&self, address: &str) -> String {
        let link = links(&self.mail_to(address)).remove(0);
        link.rsplit_once('=').expect("a token").1.to_owned()
    }

    /// Delivers, and accepts the invitation that went to an address.
    pub(crate) async fn accept(&self, address: &str) -> Result<User, Error> {
        self.deliver().await;
        let token = self.token_to(address);
        self.tenure.accept_invitation(&token, Acceptance::new(PASSWORD)).await
    }

    /// Somebody is created, invited, accepts and logs in.
    pub(crate) async fn join(&self, desk: &Desk, name: &str, access: Access) -> Member {
        let address = format!("{}@nordwind.example", name.to_lowercase());
        let user = NewUser::new(name, "Example", &address);
        let user = desk.users().create(user, access.invite()).await.unwrap();
        self.enter(desk.tenant_id(), &user).await
    }

    /// A user whose invitation is in the post accepts and logs in.
    pub(crate) async fn enter(&self, tenant: TenantId, user: &User) -> Member {
        let user = self.accept(user.address.as_str()).await.unwrap();
        let login = self.sign_in(tenant, user.user_name.as_str(), PASSWORD).await.unwrap();
        Member {
            desk: self.desk(&login).await,
            user,
            login,
        }
    }

    /// Another administrator, logged in.
    pub(crate) async fn administrator(&self, firm: &Firm, name: &str) -> Member {
        self.join(&firm.desk, name, Access::role(firm.tenant.administrator))
            .await
    }

    /// Everything that is kept of these tenants.
    pub(crate) async fn picture(&self, tenants: &[TenantId]) -> Picture {
        Picture::take(&*self.store, tenants, self.now()).await
    }

    /// The names of the events since a position, oldest first.
    pub(crate) async fn events(&self, tenant: TenantId) -> Vec<tenure::store::FeedEntry> {
        self.store.feed(tenant, FeedPosition::START, 10_000).await.unwrap()
    }

    /// The given names of those whom a listing of users shows, sorted.
    pub(crate) async fn names(&self, desk: &Desk, listing: Listing) -> Vec<String> {
        let mut names = self.names_in_order(desk, listing).await;
        names.sort();
        names
    }

    /// The given names of those whom a listing of users shows, in its order.
    pub(crate) async fn names_in_order(&self, desk: &Desk, listing: Listing) -> Vec<String> {
        let page = desk.users().list(listing).await.unwrap();
        let names = page.items.iter().map(|user| user.profile.first_name.to_string());
        names.collect()
    }
}

fn build(
    store: &Arc<dyn Store>,
    mailer: &Arc<MemoryMailer>,
    clock: &ManualClock,
    policy: Policy,
    seed: u64,
    with: impl FnOnce(Builder) -> Builder,
) -> Tenure {
    let mut policy = policy;
    policy.hashing = HashingParams::weak_for_tests();
    let builder = Tenure::builder(store.clone(), mailer.clone())
        .links(LinkBase::new("https://backoffice.example.com").unwrap())
        .courier(CourierMode::Manual)
        .policy(policy)
        .clock(Arc::new(clock.clone()))
        .random(Arc::new(SeededRandom::new(seed)));
    with(builder).build().unwrap()
}

/// Where every request comes from.
pub(crate) fn client() -> Client {
    Client::at([192, 0, 2, 7].into()).user_agent("Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0")
}

/// The refusal that a call must have ended in.
#[track_caller]
pub(crate) fn denied<T: std::fmt::Debug>(result: Result<T, Error>) -> Denied {
    match result {
        Err(Error::Denied(denied)) => denied,
        other => panic!("not refused: {other:?}"),
    }
}

/// The wrong fields that a call must have been refused for, sorted, each once.
#[track_caller]
pub(crate) fn wrong_fields<T: std::fmt::Debug>(result: Result<T, Error>) -> Vec<&'static str> {
    let denied = denied(result);
    assert!(matches!(denied, Denied::Invalid { .. }), "{denied:?}");
    let mut fields = denied.fields();
    fields.sort_unstable();
    fields.dedup();
    fields
}
