//! A store that fails when it is told to.

use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use crate::clock::Timestamp;
use crate::id::TenantId;
use crate::model::{ApiKey, Loaded, QueuedMail, Record, RecordId};
use crate::secret::TokenHash;
use crate::store::{
    Commit, CommitError, Committed, Counter, DueItem, FeedEntry, FeedPosition, Lookup, MailBacklog, Page,
    PrincipalRecords, Query, Store, StoreError, StoreErrorKind,
};

/// A store that counts the calls to another and fails one of them when it is told to.
///
/// So a test can try a failure at each step of a command, and compare the shape of two commands' calls.
///
/// ```
/// # use std::sync::Arc;
/// use tenure::clock::Timestamp;
/// use tenure::store::{MemoryStore, Store, StoreErrorKind};
/// use tenure::testing::{FailingStore, Moment};
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let store = FailingStore::new(Arc::new(MemoryStore::new()));
/// store.fail(2, Moment::Before);
/// assert!(store.mail_backlog().await.is_ok());
/// assert_eq!(store.mail_backlog().await.unwrap_err().kind(), StoreErrorKind::Transient);
/// assert!(store.due(None, Timestamp::EPOCH, None, 10).await.is_ok());
/// assert_eq!(store.calls(), ["mail_backlog", "mail_backlog", "due"]);
/// # });
/// ```
#[derive(Debug)]
pub struct FailingStore {
    inner: Arc<dyn Store>,
    state: Mutex<State>,
}

/// Where in a call the failure comes. Closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Moment {
    /// Before the store is reached: nothing has happened, and the failure is transient.
    Before,
    /// After the store has answered: what a commit wrote stands, and its answer is lost. A read fails as transient.
    After,
}

#[derive(Debug, Default)]
struct State {
    calls: Vec<&'static str>,
    failing: Option<(usize, Moment)>,
}

impl FailingStore {
    /// This store; nothing fails yet.
    pub fn new(inner: Arc<dyn Store>) -> Self {
        Self {
            inner,
            state: Mutex::default(),
        }
    }

    /// Lets the `n`th call from now on fail, once; 1 is the next.
    pub fn fail(&self, n: usize, moment: Moment) {
        let mut state = self.state();
        let number = state.calls.len() + n;
        state.failing = Some((number, moment));
    }

    /// The calls since the beginning, or since the last [`clear`](Self::clear): the names of the methods, in order.
    pub fn calls(&self) -> Vec<&'static str> {
        self.state().calls.clone()
    }

    /// Forgets the calls, and what was to fail.
    pub fn clear(&self) {
        *self.state() = State::default();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a call; gives the moment at which it is to fail, if it is.
    fn count(&self, method: &'static str) -> Option<Moment> {
        let mut state = self.state();
        state.calls.push(method);
        let number = state.calls.len();
        state
            .failing
            .filter(|(failing, _)| *failing == number)
            .map(|(_, moment)| moment)
    }

    async fn read<T: Send>(
        &self,
        method: &'static str,
        call: impl Future<Output = Result<T, StoreError>> + Send,
    ) -> Result<T, StoreError> {
        match self.count(method) {
            Some(Moment::Before) => Err(StoreError::transient("told to fail")),
            Some(Moment::After) => {
                call.await?;
                Err(StoreError::transient("told to lose the answer"))
            }
            None => call.await,
        }
    }
}

#[async_trait]
impl Store for FailingStore {
    async fn load(&self, tenant: TenantId, wanted: &[Lookup]) -> Result<Vec<Option<Loaded<Record>>>, StoreError> {
        self.read("load", self.inner.load(tenant, wanted)).await
    }

    async fn list(&self, tenant: TenantId, query: &Query) -> Result<Page<Loaded<Record>>, StoreError> {
        self.read("list", self.inner.list(tenant, query)).await
    }

    async fn principal_by_session(
        &self,
        tenant: TenantId,
        token: &TokenHash,
    ) -> Result<Option<PrincipalRecords>, StoreError> {
        let call = self.inner.principal_by_session(tenant, token);
        self.read("principal_by_session", call).await
    }

    async fn principal_by_api_key(
        &self,
        tenant: TenantId,
        token: &TokenHash,
    ) -> Result<Option<PrincipalRecords<ApiKey>>, StoreError> {
        let call = self.inner.principal_by_api_key(tenant, token);
        self.read("principal_by_api_key", call).await
    }

    async fn counter(&self, tenant: TenantId, counter: Counter) -> Result<i64, StoreError> {
        self.read("counter", self.inner.counter(tenant, counter)).await
    }

    async fn due(
        &self,
        tenant: Option<TenantId>,
        as_of: Timestamp,
        after: Option<DueItem>,
        limit: u32,
    ) -> Result<Vec<DueItem>, StoreError> {
        self.read("due", self.inner.due(tenant, as_of, after, limit)).await
    }

    async fn lease_mail(
        &self,
        now: Timestamp,
        until: Timestamp,
        limit: u32,
    ) -> Result<Vec<(TenantId, Loaded<QueuedMail>)>, StoreError> {
        self.read("lease_mail", self.inner.lease_mail(now, until, limit)).await
    }

    async fn mail_backlog(&self) -> Result<MailBacklog, StoreError> {
        self.read("mail_backlog", self.inner.mail_backlog()).await
    }

    async fn feed(&self, tenant: TenantId, after: FeedPosition, limit: u32) -> Result<Vec<FeedEntry>, StoreError> {
        self.read("feed", self.inner.feed(tenant, after, limit)).await
    }

    async fn events_about(
        &self,
        tenant: TenantId,
        subject: RecordId,
        before: Option<FeedPosition>,
        limit: u32,
    ) -> Result<Vec<FeedEntry>, StoreError> {
        let events = self.inner.events_about(tenant, subject, before, limit);
        self.read("events_about", events).await
    }

    async fn commit(&self, commit: Commit) -> Result<Committed, CommitError> {
        match self.count("commit") {
            Some(Moment::Before) => Err(StoreError::transient("told to fail").into()),
            Some(Moment::After) => {
                // Whether it was refused is lost with the answer.
                let _ = self.inner.commit(commit).await;
                let lost = StoreError::new(StoreErrorKind::UnknownOutcome, "told to lose the answer");
                Err(lost.into())
            }
            None => self.inner.commit(commit).await,
        }
    }
}
