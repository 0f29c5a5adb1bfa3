//! A store in which something happens at one place.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use tenure::model::{ApiKey, Loaded, QueuedMail, Record, RecordId};
use tenure::secret::TokenHash;
use tenure::store::{
    Commit, CommitError, Committed, Counter, DueItem, FeedEntry, FeedPosition, Lookup, MailBacklog, Page,
    PrincipalRecords, Query, Store, StoreError, StoreErrorKind,
};
use tenure::{TenantId, Timestamp};

/// A store in which something happens at one place.
#[derive(Debug)]
pub(crate) struct HookedStore {
    inner: Arc<dyn Store>,
    /// Loading it fails, as where what is stored is damaged.
    unreadable: Option<RecordId>,
    /// What somebody else commits just before the next commit.
    first: Mutex<Option<Commit>>,
}

impl HookedStore {
    pub(crate) fn unreadable(inner: Arc<dyn Store>, record: impl Into<RecordId>) -> Self {
        Self {
            inner,
            unreadable: Some(record.into()),
            first: Mutex::default(),
        }
    }

    pub(crate) fn committing_first(inner: Arc<dyn Store>, commit: Commit) -> Self {
        Self {
            inner,
            unreadable: None,
            first: Mutex::new(Some(commit)),
        }
    }
}

#[async_trait]
impl Store for HookedStore {
    async fn load(&self, tenant: TenantId, wanted: &[Lookup]) -> Result<Vec<Option<Loaded<Record>>>, StoreError> {
        let is_it = |lookup: &Lookup| matches!((lookup, self.unreadable), (Lookup::Id(id), Some(it)) if *id == it);
        if wanted.iter().any(is_it) {
            return Err(StoreError::new(StoreErrorKind::Corrupt, "a damaged row"));
        }
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

    async fn commit(&self, commit: Commit) -> Result<Committed, CommitError> {
        let first = self.first.lock().unwrap().take();
        if let Some(first) = first {
            self.inner.commit(first).await.unwrap();
        }
        self.inner.commit(commit).await
    }
}
