//! A post office for the tests: a store whose commits are kept and can fail, a mailer, and mail to be sent.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tenure::clock::Clock;
use tenure::id::{CommitId, MailId, Seed, TenantId, TicketId, UserId};
use tenure::mail::{Courier, Delivered, LinkBase, Mailer, MemoryMailer};
use tenure::model::{
    Entry, Loaded, Mail, MailState, Profile, QueuedMail, Record, RecordKind, Ticket, TicketPurpose, TicketState,
    UniqueKey, User, UserKind, UserStatus,
};
use tenure::secret::{Token, TokenPurpose, random_bytes};
use tenure::store::{Change, Commit, FeedPosition, Query, Store, StoreExt};
use tenure::testing::{ManualClock, SeededRandom};
use tenure::text::{DisplayName, EmailAddress, Locale, Message, Name, PersonName, TimeZone, UserName};
use time::Duration;
use uuid::Uuid;

use crate::store::FaultyStore;

pub(crate) struct Post {
    pub(crate) store: Arc<FaultyStore>,
    /// Where mail goes, unless the test brought a mailer of its own.
    pub(crate) mailer: Arc<MemoryMailer>,
    pub(crate) clock: ManualClock,
    pub(crate) courier: Arc<Courier>,
    carrier: Arc<dyn Mailer>,
    random: Arc<SeededRandom>,
    numbers: AtomicU64,
}

/// What was queued.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Queued {
    pub(crate) tenant: TenantId,
    pub(crate) id: MailId,
    pub(crate) user: UserId,
    pub(crate) ticket: TicketId,
}

pub(crate) fn tenant(number: u128) -> TenantId {
    Uuid::from_u128(number).into()
}

pub(crate) fn address(text: &str) -> EmailAddress {
    EmailAddress::new(text).unwrap()
}

impl Post {
    pub(crate) fn new() -> Self {
        let mailer = Arc::new(MemoryMailer::new());
        Self::of(Arc::clone(&mailer), mailer)
    }

    pub(crate) fn with_mailer(carrier: Arc<dyn Mailer>) -> Self {
        Self::of(Arc::default(), carrier)
    }

    fn of(mailer: Arc<MemoryMailer>, carrier: Arc<dyn Mailer>) -> Self {
        let (store, clock) = (Arc::<FaultyStore>::default(), ManualClock::default());
        let random = Arc::new(SeededRandom::new(7));
        let courier = courier(&store, &carrier, &clock, &random);
        Self {
            courier: Arc::new(courier),
            numbers: AtomicU64::new(100),
            store,
            mailer,
            clock,
            carrier,
            random,
        }
    }

    pub(crate) fn new_courier(&self) -> Courier {
        courier(&self.store, &self.carrier, &self.clock, &self.random)
    }

    pub(crate) async fn deliver(&self) -> Delivered {
        self.courier.deliver_due().await.unwrap()
    }

    pub(crate) async fn invite(&self, to: &str) -> Queued {
        self.put(tenant(1), to, to).await
    }

    pub(crate) async fn invite_in(&self, tenant: TenantId, to: &str) -> Queued {
        self.put(tenant, to, to).await
    }

    /// A mail to an address that may differ from its ticket's.
    pub(crate) async fn queue(&self, ticket: &str, mail: &str) -> Queued {
        self.put(tenant(1), ticket, mail).await
    }

    async fn put(&self, tenant: TenantId, ticket: &str, to: &str) -> Queued {
        let expires_at = self.clock.now().saturating_add(Duration::days(21));
        let invitation = Mail::Invitation {
            tenant: Name::new("Northwind").unwrap(),
            recipient: DisplayName::new("Kate").unwrap(),
            user_name: to.to_owned(),
            message: Some(Message::new("See https://evil.example").unwrap()),
            expires_at,
            again: false,
        };
        let open = |ticket: Ticket| Ticket {
            purpose: TicketPurpose::Invitation,
            expires_at,
            term: None,
            ..ticket
        };
        self.put_as(tenant, ticket, to, invitation, open).await
    }

    /// A mail of any kind, with a ticket where it takes one: good for an hour from each minting, and for a day in all.
    pub(crate) async fn offer(&self, to: &str, mail: Mail) -> Queued {
        self.put_as(tenant(1), to, to, mail, |ticket| ticket).await
    }

    /// The same, with another ticket.
    pub(crate) async fn offer_by(&self, to: &str, mail: Mail, ticket: impl FnOnce(Ticket) -> Ticket) -> Queued {
        self.put_as(tenant(1), to, to, mail, ticket).await
    }

    async fn put_as(
        &self,
        tenant: TenantId,
        ticket: &str,
        to: &str,
        mail: Mail,
        change: impl FnOnce(Ticket) -> Ticket,
    ) -> Queued {
        let now = self.clock.now();
        let queued = Queued {
            tenant,
            id: self.id(),
            user: self.id(),
            ticket: self.id(),
        };
        let user = self.user(queued.user);
        let purpose = mail.kind().ticket();
        let ticket = Ticket {
            id: queued.ticket,
            user: queued.user,
            purpose: purpose.unwrap_or(TicketPurpose::Reset),
            address: address(ticket),
            tokens: Vec::new(),
            expires_at: now.saturating_add(Duration::DAY),
            term: None,
            state: TicketState::Open,
        };
        let ticket = change(ticket.from_each_minting(Duration::HOUR));
        let mail = self.waiting(queued, to, purpose.map(|_| queued.ticket), mail);
        let changes = vec![Change::Insert(Entry::new(user)), Change::Insert(Entry::new(ticket))];
        self.commit(tenant, changes, vec![mail]).await;
        queued
    }

    /// A mail that names no ticket, whatever it says.
    pub(crate) async fn orphan(&self, to: &str, mail: Mail) -> Queued {
        let queued = Queued {
            tenant: tenant(1),
            id: self.id(),
            user: self.id(),
            ticket: self.id(),
        };
        let changes = vec![Change::Insert(Entry::new(self.user(queued.user)))];
        let mail = self.waiting(queued, to, None, mail);
        self.commit(queued.tenant, changes, vec![mail]).await;
        queued
    }

    fn waiting(&self, queued: Queued, to: &str, ticket: Option<TicketId>, mail: Mail) -> QueuedMail {
        let now = self.clock.now();
        QueuedMail {
            id: queued.id,
            user: queued.user,
            to: address(to),
            locale: Locale::new("de-AT").unwrap(),
            time_zone: TimeZone::new("Europe/Vienna").unwrap(),
            ticket,
            mail,
            queued_at: now,
            state: MailState::Queued {
                ready_at: now,
                attempts: 0,
            },
        }
    }

    fn user(&self, id: UserId) -> User {
        let now = self.clock.now();
        User {
            id,
            kind: UserKind::Program,
            user_name: UserName::new(format!("user-{id}")).unwrap(),
            address: address(&format!("{id}@users.example.org")),
            profile: Profile {
                first_name: PersonName::new("Kate").unwrap(),
                last_name: PersonName::new("O'Hara").unwrap(),
                display_name: DisplayName::new("Kate O'Hara").unwrap(),
                locale: Locale::default(),
                time_zone: TimeZone::default(),
            },
            grants: Vec::new(),
            memberships: std::collections::BTreeSet::new(),
            api_only: false,
            start: tenure::Start::Now,
            status: UserStatus::Active {
                since: now,
                until: None,
            },
            hold: None,
            signature: None,
            last_login_at: None,
            identity: None,
            pending_address: None,
            allowlist: tenure::text::Allowlist::any(),
            created_at: now,
        }
    }

    async fn commit(&self, tenant: TenantId, changes: Vec<Change>, mail: Vec<QueuedMail>) {
        let at = self.clock.now();
        let random = random_bytes(&*self.random).unwrap();
        let commit = Commit {
            id: Seed { at, random }.id::<CommitId>(0),
            tenant,
            at,
            guards: Vec::new(),
            changes,
            events: Vec::new(),
            mail,
        };
        self.store.inner.commit(commit).await.unwrap();
    }

    pub(crate) async fn end_ticket(&self, queued: Queued) {
        let ticket = self.ticket(queued).await;
        let changes = vec![Change::Update {
            expected: ticket.version,
            entry: Entry::new(ticket.value.end(self.clock.now())),
        }];
        self.commit(queued.tenant, changes, Vec::new()).await;
    }

    pub(crate) async fn remove_user(&self, queued: Queued) {
        let user = self
            .store
            .get::<User>(queued.tenant, queued.user)
            .await
            .unwrap()
            .unwrap();
        let changes = vec![Change::Remove {
            record: queued.user.into(),
            expected: user.version,
        }];
        self.commit(queued.tenant, changes, Vec::new()).await;
    }

    pub(crate) async fn ticket(&self, queued: Queued) -> Loaded<Ticket> {
        self.store.get(queued.tenant, queued.ticket).await.unwrap().unwrap()
    }

    /// The ticket that a token from a link finds.
    pub(crate) async fn ticket_of(&self, token: &str) -> Option<Loaded<Ticket>> {
        self.ticket_for(TokenPurpose::Invitation, token).await
    }

    /// The same, for a token of this purpose.
    pub(crate) async fn ticket_for(&self, purpose: TokenPurpose, token: &str) -> Option<Loaded<Ticket>> {
        let token = Token::parse(purpose, token).unwrap();
        let key = UniqueKey::ticket_token(&token.hash());
        self.store.find(token.tenant().into(), key).await.unwrap()
    }

    pub(crate) async fn state(&self, queued: Queued) -> MailState {
        let mail = self.store.get::<QueuedMail>(queued.tenant, queued.id).await.unwrap();
        mail.unwrap().value.state
    }

    /// Every record and event of the first tenant, as JSON.
    pub(crate) async fn everything_stored(&self) -> String {
        let mut all = Vec::new();
        for kind in RecordKind::ALL {
            let query = Query::new(*kind, self.clock.now()).limit(Query::MAX_LIMIT);
            let page = self.store.list(tenant(1), &query).await.unwrap();
            all.extend(page.items.into_iter().map(|item| item.value));
        }
        assert!(all.iter().any(|record| matches!(record, Record::Ticket(_))));
        let events = self.store.feed(tenant(1), FeedPosition::START, 1_000).await.unwrap();
        format!("{all:?}{}{events:?}", serde_json::to_string(&all).unwrap())
    }

    fn id<T: From<Uuid>>(&self) -> T {
        Uuid::from_u128(self.numbers.fetch_add(1, Ordering::Relaxed).into()).into()
    }
}

fn courier(
    store: &Arc<FaultyStore>,
    mailer: &Arc<dyn Mailer>,
    clock: &ManualClock,
    random: &Arc<SeededRandom>,
) -> Courier {
    let links = LinkBase::new("https://backoffice.example.com/app").unwrap();
    Courier::new(
        Arc::clone(store) as Arc<dyn Store>,
        Arc::clone(mailer),
        links,
        Arc::new(clock.clone()),
        Arc::clone(random) as Arc<dyn tenure::secret::Random>,
    )
}
