//! A store that lets others go first, before and after each of its calls.

use std::sync::Arc;

use async_trait::async_trait;
use tenure::model::{ApiKey, Loaded, QueuedMail, Record, RecordId};
use tenure::secret::TokenHash;
use tenure::store::{
    Commit, CommitError, Committed, Counter, DueItem, FeedEntry, FeedPosition, Lookup, MailBacklog, Page,
    PrincipalRecords, Query, Store, StoreError,
};
use tenure::{TenantId, Timestamp};
use tokio::task::yield_now;

/// A store that lets others go first, before and after each of its calls: a future over it can be dropped in between, and
/// commands that run at once get in each other's way.
#[derive(Debug)]
pub(crate) struct YieldingStore(pub(crate) Arc<dyn Store>);

async fn between<T>(call: impl Future<Output = T>) -> T {
    yield_now().await;
    let answer = call.await;
    yield_now().await;
    answer
}

#[async_trait]
impl Store for YieldingStore {
    async fn load(&self, tenant: TenantId, wanted: &[Lookup]) -> Result<Vec<Option<Loaded<Record>>>, StoreError> {
        between(self.0.load(tenant, wanted)).await
    }

    async fn list(&self, tenant: TenantId, query: &Query) -> Result<Page<Loaded<Record>>, StoreError> {
        between(self.0.list(tenant, query)).await
    }

    async fn principal_by_session(
        &self,
        tenant: TenantId,
        token: &TokenHash,
    ) -> Result<Option<PrincipalRecords>, StoreError> {
        between(self.0.principal_by_session(tenant, token)).await
    }

    async fn principal_by_api_key(
        &self,
        tenant: TenantId,
        token: &TokenHash,
    ) -> Result<Option<PrincipalRecords<ApiKey>>, StoreError> {
        between(self.0.principal_by_api_key(tenant, token)).await
    }

    async fn counter(&self, tenant: TenantId, counter: Counter) -> Result<i64, StoreError> {
        between(self.0.counter(tenant, counter)).await
    }

    async fn due(
        &self,
        tenant: Option<TenantId>,
        as_of: Timestamp,
        after: Option<DueItem>,
        limit: u32,
    ) -> Result<Vec<DueItem>, StoreError> {
        between(self.0.due(tenant, as_of, after, limit)).await
    }

    async fn lease_mail(
        &self,
        now: Timestamp,
        until: Timestamp,
        limit: u32,
    ) -> Result<Vec<(TenantId, Loaded<QueuedMail>)>, StoreError> {
        between(self.0.lease_mail(now, until, limit)).await
    }

    async fn mail_backlog(&self) -> Result<MailBacklog, StoreError> {
        between(self.0.mail_backlog()).await
    }

    async fn feed(&self, tenant: TenantId, after: FeedPosition, limit: u32) -> Result<Vec<FeedEntry>, StoreError> {
        between(self.0.feed(tenant, after, limit)).await
    }

    async fn events_about(
        &self,
        tenant: TenantId,
        subject: RecordId,
        before: Option<FeedPosition>,
        limit: u32,
    ) -> Result<Vec<FeedEntry>, StoreError> {
        between(self.0.events_about(tenant, subject, before, limit)).await
    }

    async fn commit(&self, commit: Commit) -> Result<Committed, CommitError> {
        between(self.0.commit(commit)).await
    }
}
