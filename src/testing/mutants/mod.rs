//! Mutants: stores that are broken on purpose, each in one way. They prove that the
//! [conformance suite](super::conformance) would notice.

mod commits;
mod fault;
mod ids;
mod keys;
mod listings;
mod queue;
mod races;
mod reads;
mod sets;
mod table;
mod tenants;
mod writes;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use uuid::Uuid;

pub use self::fault::Fault;
pub use self::table::FAULTS;
use crate::clock::Timestamp;
use crate::id::{CommitId, MailId, TenantId};
use crate::model::{ApiKey, Loaded, QueuedMail, Record, RecordId, UniqueKey, Version};
use crate::secret::TokenHash;
use crate::store::{
    Commit, CommitError, Committed, Counter, Cursor, DueItem, FeedEntry, FeedPosition, Lookup, MailBacklog, Page,
    PrincipalRecords, Query, Store, StoreError,
};

/// A store that obeys every law but one.
#[derive(Debug)]
pub struct Mutant {
    inner: Arc<dyn Store>,
    fault: Fault,
    notes: Mutex<Notes>,
}

/// What a mutant needs to remember in order to be wrong.
#[derive(Default)]
struct Notes {
    fresh: u64,
    tenants: BTreeSet<TenantId>,
    keys: BTreeMap<(TenantId, UniqueKey), RecordId>,
    answers: BTreeMap<(TenantId, CommitId), Answer>,
    refused: BTreeSet<CommitId>,
    lowered: BTreeSet<RecordId>,
    seen: BTreeMap<RecordId, Timestamp>,
    revived: BTreeMap<RecordId, Timestamp>,
    places: BTreeMap<Cursor, usize>,
    principals: BTreeMap<TokenHash, PrincipalRecords>,
    key_principals: BTreeMap<TokenHash, PrincipalRecords<ApiKey>>,
    leased: BTreeSet<MailId>,
    due: BTreeSet<DueItem>,
}

#[derive(Clone)]
struct Answer {
    number: u64,
    at: Timestamp,
    fingerprint: [u8; 32],
    committed: Committed,
}

impl fmt::Debug for Notes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Notes")
    }
}

impl Mutant {
    /// This store, with a fault.
    pub fn new(inner: Arc<dyn Store>, fault: Fault) -> Self {
        Self {
            inner,
            fault,
            notes: Mutex::default(),
        }
    }

    fn notes(&self) -> MutexGuard<'_, Notes> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn has(&self, fault: Fault) -> bool {
        self.fault == fault
    }

    /// The tenants met so far but this one.
    fn others(&self, tenant: TenantId) -> Vec<TenantId> {
        let mut notes = self.notes();
        notes.tenants.insert(tenant);
        notes.tenants.iter().copied().filter(|other| *other != tenant).collect()
    }

    fn fresh_id(&self) -> CommitId {
        let mut notes = self.notes();
        notes.fresh += 1;
        CommitId::from_uuid(Uuid::from_u128((u128::MAX << 64) + u128::from(notes.fresh)))
    }

    async fn stored(&self, tenant: TenantId, lookup: impl Into<Lookup>) -> Option<Loaded<Record>> {
        self.inner.load(tenant, &[lookup.into()]).await.ok()?.pop().flatten()
    }

    async fn version(&self, tenant: TenantId, record: RecordId) -> Option<Version> {
        self.stored(tenant, Lookup::Id(record))
            .await
            .map(|loaded| loaded.version)
    }
}

/// Long enough for others to come between.
async fn pause() {
    tokio::time::sleep(Duration::from_millis(3)).await;
}

fn shortly_before(instant: Timestamp) -> Timestamp {
    instant.saturating_add(-time::Duration::MICROSECOND)
}

fn never() -> Timestamp {
    Timestamp::EPOCH.saturating_add(time::Duration::MAX)
}

#[async_trait]
impl Store for Mutant {
    async fn load(&self, tenant: TenantId, wanted: &[Lookup]) -> Result<Vec<Option<Loaded<Record>>>, StoreError> {
        self.broken_load(tenant, wanted).await
    }

    async fn list(&self, tenant: TenantId, query: &Query) -> Result<Page<Loaded<Record>>, StoreError> {
        self.broken_list(tenant, query.clone()).await
    }

    async fn principal_by_session(
        &self,
        tenant: TenantId,
        token: &TokenHash,
    ) -> Result<Option<PrincipalRecords>, StoreError> {
        self.broken_principal(tenant, token).await
    }

    async fn principal_by_api_key(
        &self,
        tenant: TenantId,
        token: &TokenHash,
    ) -> Result<Option<PrincipalRecords<ApiKey>>, StoreError> {
        self.broken_key_principal(tenant, token).await
    }

    async fn counter(&self, tenant: TenantId, counter: Counter) -> Result<i64, StoreError> {
        self.broken_counter(tenant, counter).await
    }

    async fn due(
        &self,
        tenant: Option<TenantId>,
        as_of: Timestamp,
        after: Option<DueItem>,
        limit: u32,
    ) -> Result<Vec<DueItem>, StoreError> {
        self.broken_due(tenant, as_of, after, limit).await
    }

    async fn lease_mail(
        &self,
        now: Timestamp,
        until: Timestamp,
        limit: u32,
    ) -> Result<Vec<(TenantId, Loaded<QueuedMail>)>, StoreError> {
        self.broken_lease(now, until, limit).await
    }

    async fn mail_backlog(&self) -> Result<MailBacklog, StoreError> {
        self.broken_backlog().await
    }

    async fn feed(&self, tenant: TenantId, after: FeedPosition, limit: u32) -> Result<Vec<FeedEntry>, StoreError> {
        self.broken_feed(tenant, after, limit).await
    }

    async fn events_about(
        &self,
        tenant: TenantId,
        subject: RecordId,
        before: Option<FeedPosition>,
        limit: u32,
    ) -> Result<Vec<FeedEntry>, StoreError> {
        self.broken_events_about(tenant, subject, before, limit).await
    }

    async fn commit(&self, commit: Commit) -> Result<Committed, CommitError> {
        self.others(commit.tenant);
        self.broken_commit(commit).await
    }
}
