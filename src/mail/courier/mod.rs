//! The courier: takes queued mail to the [`Mailer`].
//!
//! For each mail it leases, it loads the ticket, mints a token or a one-time password, commits the hash under the versions of
//! both, and only then sends the message; at last it commits what became of it. What it decides is
//! [`rules::courier`](crate::rules::courier).
//!
//! - **At least once.** Should it die anywhere, the lease runs out and the mail is sent again, under the same
//!   [`Message::id`]. Each attempt has a token of its own, and all tokens of a ticket are good until one is used.
//! - **Never for nothing.** A mail whose ticket ended meanwhile is superseded: no token of it comes to be.
//! - **One mail harms no other.** A mailer that fails, hangs ([`Courier::PATIENCE`]) or panics delays that mail only.
//!
//! Any number of couriers, in any number of processes, can work on one store. Logs name mails, tickets and kinds of errors,
//! never an address or a link.

mod alone;
mod minted;
mod prepare;
mod run;

use std::sync::Arc;

use secrecy::SecretString;
use time::Duration;
use tokio::sync::Notify;

pub use run::{CourierTask, NoRuntime};

use self::alone::alone;
use self::prepare::{PrepareError, Prepared};
use super::texts::Enclosed;
use super::{LinkBase, MailError, Mailer, Message, Texts};
use crate::clock::{Clock, Timestamp};
use crate::error::Error;
use crate::id::{CommitId, Seed, TenantId};
use crate::model::{Entry, Loaded, MailState, QueuedMail, TicketPurpose};
use crate::rules::courier::{Attempted, give_back, settle};
use crate::secret::{Random, RandomError, Token, random_bytes};
use crate::store::{Change, Commit, CommitError, Store, StoreErrorKind};

/// Who runs the courier; the builder asks. Closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CourierMode {
    /// A task of the current tokio runtime, woken by each commit that queues mail. For servers.
    Spawn,
    /// The host, by calling [`Courier::deliver_due`] or [`Courier::run`]: in a worker process, a scheduled job, or a test.
    /// Until it does, mail waits in the queue.
    Manual,
}

/// Takes queued mail to the mailer. See the [module](self).
#[derive(Debug)]
pub struct Courier {
    store: Arc<dyn Store>,
    mailer: Arc<dyn Mailer>,
    links: LinkBase,
    texts: Texts,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    woken: Notify,
    poll_interval: std::time::Duration,
}

/// What a courier did in one go.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Delivered {
    /// Mails that the mailer took.
    pub sent: u64,
    /// Mails not sent, since their tickets were worthless by then.
    pub superseded: u64,
    /// Mails that failed and will be tried again.
    pub retried: u64,
    /// Mails that failed for good.
    pub failed: u64,
    /// Mails left to a later round: the store failed, another courier has them, or this one had no time left.
    pub left: u64,
}

impl Courier {
    /// How many mails it leases at a time.
    pub const BATCH: u32 = 20;
    /// How long it leases them for.
    pub const LEASE: Duration = Duration::minutes(2);
    /// How long it waits for the mailer. A mail whose lease ends sooner is given back.
    pub const PATIENCE: Duration = Duration::minutes(1);
    /// How often it looks for mail without having been woken, unless asked otherwise.
    pub const POLL_INTERVAL: std::time::Duration = std::time::Duration::from_secs(30);

    /// A courier. It does nothing until it is told to deliver or run.
    pub fn new(
        store: Arc<dyn Store>,
        mailer: Arc<dyn Mailer>,
        links: LinkBase,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
    ) -> Self {
        Self {
            store,
            mailer,
            links,
            texts: Texts::default(),
            clock,
            random,
            woken: Notify::new(),
            poll_interval: Self::POLL_INTERVAL,
        }
    }

    /// The same courier, with other texts than the built-in ones.
    pub fn texts(self, texts: Texts) -> Self {
        Self { texts, ..self }
    }

    /// The same courier, looking for mail this often (at least 10 ms) without having been woken.
    pub fn poll_interval(self, poll_interval: std::time::Duration) -> Self {
        let poll_interval = poll_interval.max(std::time::Duration::from_millis(10));
        Self { poll_interval, ..self }
    }

    /// The message of a mail, for somebody to look at before it is sent: without a working link or password (LO5).
    pub fn preview(&self, tenant: TenantId, mail: &QueuedMail) -> Message {
        let sign_in = self.links.sign_in();
        let preview = Enclosed::Preview { sign_in: &sign_in };
        match self.texts.render(tenant, mail, preview) {
            Ok(message) => message,
            Err(_) => unreachable!("a preview has something for each offer"),
        }
    }

    /// The link that a mail would carry, for whoever is to deliver it otherwise (I6).
    pub(crate) fn link(&self, purpose: TicketPurpose, token: &Token) -> SecretString {
        self.links.link(purpose, token)
    }

    /// Delivers all mail that is ready, until nothing is.
    ///
    /// Dropping the future leaves the mail in hand to its lease; it may then be sent twice.
    ///
    /// # Errors
    /// [`Error::Mail`] when the mailer is not ready; nothing was leased then. [`Error::Store`] when mail could not be leased;
    /// what was delivered before that stays delivered.
    /// What happens to a single mail is no error: see [`Delivered`].
    ///
    /// # Panics
    /// Outside a tokio runtime with its timer enabled.
    pub async fn deliver_due(&self) -> Result<Delivered, Error> {
        self.deliver_unless(&|| false).await
    }

    async fn deliver_unless(&self, stopping: &(dyn Fn() -> bool + Send + Sync)) -> Result<Delivered, Error> {
        let mut delivered = Delivered::default();
        // Neither the mailer nor the store's writer is bothered while nothing waits.
        if self.store.mail_backlog().await?.waiting == 0 {
            return Ok(delivered);
        }
        self.ask_ready().await?;
        while !stopping() {
            let now = self.clock.now();
            let until = now.saturating_add(Self::LEASE);
            let leased = self.store.lease_mail(now, until, Self::BATCH).await?;
            if leased.is_empty() {
                break;
            }
            for (tenant, mail) in leased {
                let fate = if stopping() || self.is_late(&mail) {
                    self.keep(tenant, &mail, give_back(&mail, self.clock.now())).await
                } else {
                    self.deliver(tenant, &mail).await
                };
                delivered.count(fate);
            }
        }
        Ok(delivered)
    }

    async fn ask_ready(&self) -> Result<(), MailError> {
        let mailer = Arc::clone(&self.mailer);
        alone(Self::PATIENCE, async move { mailer.ready().await })
            .await
            .unwrap_or_else(|silence| Err(MailError::Temporary(silence.into())))
    }

    /// Whether the lease could run out while the mailer is at work.
    fn is_late(&self, mail: &QueuedMail) -> bool {
        match mail.state {
            MailState::Leased { until, .. } => until.since(self.clock.now()) < Self::PATIENCE,
            _ => true,
        }
    }

    async fn deliver(&self, tenant: TenantId, mail: &Loaded<QueuedMail>) -> Fate {
        match self.prepare(tenant, mail).await {
            Ok(Prepared::Message(message)) => {
                let attempted = self.send(tenant, message).await;
                let fate = self.keep(tenant, mail, settle(mail, attempted, self.clock.now())).await;
                // It has left, whatever the store made of that.
                if attempted == Attempted::Taken {
                    Fate::Sent
                } else {
                    fate
                }
            }
            Ok(Prepared::Closed(closed)) => self.keep(tenant, mail, closed).await,
            Ok(Prepared::Lost) => Fate::Left,
            Err(error) => {
                tracing::warn!(%tenant, mail = %mail.id, %error, "a mail could not be prepared");
                Fate::Left
            }
        }
    }

    async fn send(&self, tenant: TenantId, message: Message) -> Attempted {
        let (mailer, id) = (Arc::clone(&self.mailer), message.id);
        let attempt = alone(Self::PATIENCE, async move { mailer.send(&message).await }).await;
        let error = match attempt {
            Ok(Ok(())) => return Attempted::Taken,
            Ok(Err(error)) => error,
            Err(silence) => MailError::Temporary(silence.into()),
        };
        tracing::warn!(%tenant, mail = %id, %error, "a mail was not sent");
        match error {
            MailError::Permanent(_) => Attempted::Permanent,
            MailError::NotReady { .. } | MailError::Temporary(_) => Attempted::Temporary,
        }
    }

    /// Commits what became of a mail, if it is still as it was leased.
    async fn keep(&self, tenant: TenantId, leased: &Loaded<QueuedMail>, mail: QueuedMail) -> Fate {
        let fate = Fate::of(leased, &mail);
        match self.keep_or_fail(tenant, leased, mail).await {
            Ok(()) => fate,
            Err(error) => {
                tracing::warn!(%tenant, mail = %leased.id, %error, "what became of a mail was not written");
                Fate::Left
            }
        }
    }

    async fn keep_or_fail(
        &self,
        tenant: TenantId,
        leased: &Loaded<QueuedMail>,
        mail: QueuedMail,
    ) -> Result<(), PrepareError> {
        let commit = Commit {
            changes: vec![Change::Update {
                expected: leased.version,
                entry: Entry::new(mail),
            }],
            ..self.empty_commit(tenant, self.clock.now())?
        };
        Ok(self.commit(commit).await?)
    }

    fn empty_commit(&self, tenant: TenantId, at: Timestamp) -> Result<Commit, RandomError> {
        let seed = Seed {
            at,
            random: random_bytes(&*self.random)?,
        };
        Ok(Commit {
            id: seed.id::<CommitId>(0),
            tenant,
            at,
            guards: Vec::new(),
            changes: Vec::new(),
            events: Vec::new(),
            mail: Vec::new(),
        })
    }

    /// Commits, and again under the same id where it is not known whether that worked (law 7).
    async fn commit(&self, commit: Commit) -> Result<(), CommitError> {
        for pause in COMMIT_PAUSES {
            match self.store.commit(commit.clone()).await {
                Err(CommitError::Store(error))
                    if error.is_retryable() || error.kind() == StoreErrorKind::UnknownOutcome => {}
                answer => return answer.map(drop),
            }
            tokio::time::sleep(pause).await;
        }
        self.store.commit(commit).await.map(drop)
    }
}

/// How long to wait between repetitions of a commit.
const COMMIT_PAUSES: [std::time::Duration; 3] = [
    std::time::Duration::from_millis(20),
    std::time::Duration::from_millis(100),
    std::time::Duration::from_millis(500),
];

#[derive(Debug, Clone, Copy)]
enum Fate {
    Sent,
    Superseded,
    Retried,
    Failed,
    Left,
}

impl Fate {
    fn of(leased: &QueuedMail, mail: &QueuedMail) -> Self {
        match mail.state {
            MailState::Sent { .. } => Self::Sent,
            MailState::Superseded { .. } => Self::Superseded,
            MailState::Failed { .. } => Self::Failed,
            MailState::Queued { attempts, .. } if attempts == leased.attempts() => Self::Retried,
            MailState::Queued { .. } | MailState::Leased { .. } => Self::Left,
        }
    }
}

impl Delivered {
    fn count(&mut self, fate: Fate) {
        let count = match fate {
            Fate::Sent => &mut self.sent,
            Fate::Superseded => &mut self.superseded,
            Fate::Retried => &mut self.retried,
            Fate::Failed => &mut self.failed,
            Fate::Left => &mut self.left,
        };
        *count += 1;
    }
}
