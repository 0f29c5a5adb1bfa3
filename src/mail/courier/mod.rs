//! The courier: takes queued mail to the [`Mailer`].
//!
//! For each mail it leases, it loads the ticket, mints a token, commits the token's hash under the versions of both, and only
//! then sends the message; at last it commits what became of it. What it decides is [`rules::courier`](crate::rules::courier).
//!
//! - **At least once.** Should it die anywhere, the lease runs out and the mail is sent again, under the same
//!   [`Message::id`]. Each attempt has a token of its own, and all tokens of a ticket are good until one is used.
//! - **Never for nothing.** A mail whose ticket ended meanwhile is superseded: no token of it comes to be.
//! - **One mail harms no other.** A mailer that fails, hangs ([`Courier::PATIENCE`]) or panics delays that mail only.
//!
//! Any number of couriers, in any number of processes, can work on one store. Logs name mails, tickets and kinds of errors,
//! never an address or a link.

mod run;

use std::future::Future;
use std::sync::Arc;

use time::Duration;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tracing::Instrument;

pub use run::{CourierTask, NoRuntime};

use super::{LinkBase, MailError, Mailer, Message, render};
use crate::clock::{Clock, Timestamp};
use crate::error::Error;
use crate::id::{CommitId, Seed, TenantId};
use crate::model::{Entry, Loaded, MailState, QueuedMail, RecordId, Ticket};
use crate::rules::courier::{Attempted, Dispatch, dispatch, give_back, settle};
use crate::secret::{Random, RandomError, Token, random_bytes};
use crate::store::{Change, Commit, CommitError, Guard, Lookup, Store, StoreErrorKind};

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
            clock,
            random,
            woken: Notify::new(),
            poll_interval: Self::POLL_INTERVAL,
        }
    }

    /// The same courier, looking for mail this often (at least 10 ms) without having been woken.
    pub fn poll_interval(self, poll_interval: std::time::Duration) -> Self {
        let poll_interval = poll_interval.max(std::time::Duration::from_millis(10));
        Self { poll_interval, ..self }
    }

    /// Delivers all mail that is ready, until nothing is.
    ///
    /// Dropping the future leaves the mail in hand to its lease; it may then be sent twice.
    ///
    /// # Errors
    /// [`Error::Mail`] when the mailer is not ready; nothing was leased then. [`Error::Store`] when no mail could be leased.
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

    /// Decides on a mail and writes it out. When that gives a message, the hash of the token in it is committed.
    async fn prepare(&self, tenant: TenantId, leased: &Loaded<QueuedMail>) -> Result<Prepared, PrepareError> {
        for _ in 0..DECISIONS {
            let Some((mail, ticket)) = self.load(tenant, leased).await? else {
                return Ok(Prepared::Lost);
            };
            let now = self.clock.now();
            let token = ticket.as_ref().map(|ticket| self.mint(tenant, ticket)).transpose()?;
            let minted = ticket.as_deref().zip(token.as_ref().map(Token::hash));
            let renewed = match dispatch(&mail, minted, now) {
                Dispatch::Lost => return Ok(Prepared::Lost),
                Dispatch::Close(closed) => return Ok(Prepared::Closed(closed)),
                Dispatch::Send { ticket } => ticket,
            };
            let link = ticket.as_ref().zip(token.as_ref());
            let link = link.map(|(ticket, token)| self.links.link(ticket.purpose, token));
            let Ok(message) = render(&mail, link.as_ref()) else {
                return Ok(Prepared::Closed(settle(&mail, Attempted::Permanent, now)));
            };
            let Some((ticket, renewed)) = ticket.zip(renewed) else {
                return Ok(Prepared::Message(message));
            };
            let commit = Commit {
                guards: vec![Guard::on(&mail)],
                changes: vec![Change::Update {
                    expected: ticket.version,
                    entry: Entry::new(renewed),
                }],
                ..self.empty_commit(tenant, now)?
            };
            match self.commit(commit).await {
                Ok(()) => return Ok(Prepared::Message(message)),
                Err(CommitError::Conflict { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(PrepareError::Contended)
    }

    /// The mail and its ticket as they are now; none when the mail is not as it was leased.
    async fn load(
        &self,
        tenant: TenantId,
        leased: &Loaded<QueuedMail>,
    ) -> Result<Option<(Loaded<QueuedMail>, Option<Loaded<Ticket>>)>, PrepareError> {
        let wanted: Vec<Lookup> = std::iter::once(RecordId::Mail(leased.id))
            .chain(leased.ticket.map(RecordId::Ticket))
            .map(Lookup::Id)
            .collect();
        let mut found = self
            .store
            .load(tenant, &wanted)
            .await
            .map_err(CommitError::from)?
            .into_iter();
        let mail = found.next().flatten().and_then(Loaded::cast::<QueuedMail>);
        let ticket = found.next().flatten().and_then(Loaded::cast::<Ticket>);
        Ok(mail
            .filter(|mail| mail.version == leased.version)
            .map(|mail| (mail, ticket)))
    }

    fn mint(&self, tenant: TenantId, ticket: &Ticket) -> Result<Token, RandomError> {
        Token::mint(ticket.purpose.token(), *tenant.as_uuid(), &*self.random)
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

/// How often a decision is made anew after somebody else changed the ticket.
const DECISIONS: u32 = 4;

/// How long to wait between repetitions of a commit.
const COMMIT_PAUSES: [std::time::Duration; 3] = [
    std::time::Duration::from_millis(20),
    std::time::Duration::from_millis(100),
    std::time::Duration::from_millis(500),
];

enum Prepared {
    Lost,
    Closed(QueuedMail),
    Message(Message),
}

#[derive(Debug, thiserror::Error)]
enum PrepareError {
    #[error("others keep changing the ticket")]
    Contended,
    #[error(transparent)]
    Store(#[from] CommitError),
    #[error(transparent)]
    Random(#[from] RandomError),
}

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

/// No answer came from code that is not ours.
#[derive(Debug, thiserror::Error)]
enum Silence {
    #[error("it panicked")]
    Panicked,
    #[error("it did not answer in time")]
    TimedOut,
}

/// Runs a call in a task of its own, so that it can neither hang nor panic here. Dropping this ends the call.
async fn alone<T: Send + 'static>(
    patience: Duration,
    call: impl Future<Output = T> + Send + 'static,
) -> Result<T, Silence> {
    let mut tasks = JoinSet::new();
    tasks.spawn(call.in_current_span());
    let answer = tokio::time::timeout(patience.unsigned_abs(), tasks.join_next()).await;
    match answer.map_err(|_| Silence::TimedOut)? {
        Some(Ok(answer)) => Ok(answer),
        Some(Err(_)) | None => Err(Silence::Panicked),
    }
}
