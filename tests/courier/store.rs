//! A memory store that keeps what is committed through it, and fails as it is told.

use std::collections::VecDeque;
use std::sync::Mutex;

use async_trait::async_trait;
use tenure::clock::Timestamp;
use tenure::id::TenantId;
use tenure::mail::Courier;
use tenure::model::{ApiKey, Entry, Loaded, QueuedMail, Record, RecordId};
use tenure::secret::TokenHash;
use tenure::store::{
    Change, Commit, CommitError, Committed, Counter, DueItem, FeedEntry, FeedPosition, Lookup, MailBacklog,
    MemoryStore, Page, PrincipalRecords, Query, Store, StoreError, StoreErrorKind,
};

/// What happens to a commit.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Fault {
    /// Nothing.
    None,
    /// It is refused, for good.
    Refuse,
    /// It is refused, and would be taken if it came again.
    Busy,
    /// It is taken, and the answer is lost.
    LostAnswer,
    /// Somebody ends the ticket that it changes, just before.
    EndTicketFirst,
    /// Another courier leases the mail that it guards, just before.
    LeaseMailFirst,
}

#[derive(Debug, Default)]
pub(crate) struct FaultyStore {
    pub(crate) inner: MemoryStore,
    faults: Mutex<VecDeque<Fault>>,
    commits: Mutex<Vec<Commit>>,
}

impl FaultyStore {
    pub(crate) fn fail_next_commits(&self, faults: impl IntoIterator<Item = Fault>) {
        self.faults.lock().unwrap().extend(faults);
    }

    /// Every commit that was tried, as JSON and as shown by `Debug`.
    pub(crate) fn everything_committed(&self) -> String {
        let commits = self.commits.lock().unwrap();
        format!("{commits:?}{}", serde_json::to_string(&*commits).unwrap())
    }

    async fn end_ticket(&self, commit: &Commit) {
        let ended = commit.changes.iter().map(|change| match change {
            Change::Update { expected, entry } => match entry.record.clone() {
                Record::Ticket(ticket) => Change::Update {
                    expected: *expected,
                    entry: Entry::new(ticket.end(commit.at)),
                },
                other => panic!("no ticket: {other:?}"),
            },
            other => panic!("no update: {other:?}"),
        });
        let commit = Commit {
            id: uuid::Uuid::from_u128(1).into(),
            changes: ended.collect(),
            ..commit.clone()
        };
        self.inner.commit(commit).await.unwrap();
    }
}

#[async_trait]
impl Store for FaultyStore {
    async fn commit(&self, commit: Commit) -> Result<Committed, CommitError> {
        self.commits.lock().unwrap().push(commit.clone());
        let fault = self.faults.lock().unwrap().pop_front().unwrap_or(Fault::None);
        match fault {
            Fault::None => {}
            Fault::Refuse => return Err(StoreError::other("told to").into()),
            Fault::Busy => return Err(StoreError::transient("told to").into()),
            Fault::LostAnswer => {
                self.inner.commit(commit).await?;
                return Err(StoreError::new(StoreErrorKind::UnknownOutcome, "told to").into());
            }
            Fault::EndTicketFirst => self.end_ticket(&commit).await,
            Fault::LeaseMailFirst => {
                let later = commit.at.saturating_add(Courier::LEASE);
                let leased = self.inner.lease_mail(later, later, 1).await?;
                assert_eq!(leased.len(), 1);
            }
        }
        self.inner.commit(commit).await
    }

    async fn load(&self, tenant: TenantId, wanted: &[Lookup]) -> Result<Vec<Option<Loaded<Record>>>, StoreError> {
        self.inner.load(tenant, wanted).await
    }

    async fn list(&self, tenant: TenantId, query: &Query) -> Result<Page<Loaded<Record>>, StoreError> {
        self.inner.list(tenant, query).await
    }

    async fn principal_by_session(
        &self,
        tenant: TenantId,
        token: &TokenHash,
    ) -> Result<Option<PrincipalRecords>, StoreError> {
        self.inner.principal_by_session(tenant, token).await
    }

    async fn principal_by_api_key(
        &self,
        tenant: TenantId,
        token: &TokenHash,
    ) -> Result<Option<PrincipalRecords<ApiKey>>, StoreError> {
        self.inner.principal_by_api_key(tenant, token).await
    }

    async fn counter(&self, tenant: TenantId, counter: Counter) -> Result<i64, StoreError> {
        self.inner.counter(tenant, counter).await
    }

    async fn due(
        &self,
        tenant: Option<TenantId>,
        as_of: Timestamp,
        after: Option<DueItem>,
        limit: u32,
    ) -> Result<Vec<DueItem>, StoreError> {
        self.inner.due(tenant, as_of, after, limit).await
    }

    async fn lease_mail(
        &self,
        now: Timestamp,
        until: Timestamp,
        limit: u32,
    ) -> Result<Vec<(TenantId, Loaded<QueuedMail>)>, StoreError> {
        self.inner.lease_mail(now, until, limit).await
    }

    async fn mail_backlog(&self) -> Result<MailBacklog, StoreError> {
        self.inner.mail_backlog().await
    }

    async fn feed(&self, tenant: TenantId, after: FeedPosition, limit: u32) -> Result<Vec<FeedEntry>, StoreError> {
        self.inner.feed(tenant, after, limit).await
    }

    async fn events_about(
        &self,
        tenant: TenantId,
        subject: RecordId,
        before: Option<FeedPosition>,
        limit: u32,
    ) -> Result<Vec<FeedEntry>, StoreError> {
        self.inner.events_about(tenant, subject, before, limit).await
    }
}
