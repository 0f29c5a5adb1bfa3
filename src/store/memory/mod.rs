//! [`MemoryStore`]: everything in memory, as strict as SQL. The reference that other stores are compared with.

mod apply;
mod shelf;

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use async_trait::async_trait;

use self::shelf::Shelf;
use super::{
    Commit, CommitError, Committed, Counter, DueItem, FeedEntry, FeedPosition, Lookup, MailBacklog, Page,
    PrincipalRecords, Query, Store, StoreError,
};
use crate::clock::Timestamp;
use crate::id::TenantId;
use crate::model::{ApiKey, Loaded, QueuedMail, Record, RecordId};
use crate::secret::TokenHash;

/// Keeps everything in memory, and forgets it when dropped. For tests, examples and tools; it obeys every law of the
/// [contract](super) but durability.
///
/// No call waits for anything but other calls: the lock is held for the call itself, never across an `await`.
#[derive(Debug, Default)]
pub struct MemoryStore {
    tenants: RwLock<HashMap<TenantId, Shelf>>,
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    fn read<T: Default>(&self, tenant: TenantId, read: impl FnOnce(&Shelf) -> T) -> Result<T, StoreError> {
        let tenants = self.tenants.read().map_err(broken)?;
        Ok(tenants.get(&tenant).map(read).unwrap_or_default())
    }
}

/// A call panicked while it held the lock for writing. What it left is not known to be whole, so nothing is read any more.
fn broken<T>(_: PoisonError<T>) -> StoreError {
    StoreError::other("an earlier write to the memory store panicked")
}

#[async_trait]
impl Store for MemoryStore {
    async fn load(&self, tenant: TenantId, wanted: &[Lookup]) -> Result<Vec<Option<Loaded<Record>>>, StoreError> {
        let tenants = self.tenants.read().map_err(broken)?;
        let kept = tenants.get(&tenant);
        Ok(wanted.iter().map(|lookup| kept?.load(lookup)).collect())
    }

    async fn list(&self, tenant: TenantId, query: &Query) -> Result<Page<Loaded<Record>>, StoreError> {
        query.check()?;
        let tenants = self.tenants.read().map_err(broken)?;
        Ok(match tenants.get(&tenant) {
            Some(kept) => kept.list(query),
            None => query.page(Vec::new()),
        })
    }

    async fn principal_by_session(
        &self,
        tenant: TenantId,
        token: &TokenHash,
    ) -> Result<Option<PrincipalRecords>, StoreError> {
        self.read(tenant, |kept| kept.principal_by_session(tenant, token))
    }

    async fn principal_by_api_key(
        &self,
        tenant: TenantId,
        token: &TokenHash,
    ) -> Result<Option<PrincipalRecords<ApiKey>>, StoreError> {
        self.read(tenant, |kept| kept.principal_by_api_key(tenant, token))
    }

    async fn counter(&self, tenant: TenantId, counter: Counter) -> Result<i64, StoreError> {
        self.read(tenant, |kept| kept.counter(counter))
    }

    async fn due(
        &self,
        tenant: Option<TenantId>,
        as_of: Timestamp,
        after: Option<DueItem>,
        limit: u32,
    ) -> Result<Vec<DueItem>, StoreError> {
        let tenants = self.tenants.read().map_err(broken)?;
        let mut items: Vec<DueItem> = tenants
            .iter()
            .filter(|(id, _)| tenant.is_none_or(|tenant| tenant == **id))
            .flat_map(|(id, kept)| kept.due(*id, as_of, after).take(limit as usize))
            .collect();
        items.sort();
        items.truncate(limit as usize);
        Ok(items)
    }

    async fn lease_mail(
        &self,
        now: Timestamp,
        until: Timestamp,
        limit: u32,
    ) -> Result<Vec<(TenantId, Loaded<QueuedMail>)>, StoreError> {
        let mut tenants = self.tenants.write().map_err(broken)?;
        let mut ready: Vec<_> = tenants
            .iter()
            .flat_map(|(tenant, kept)| kept.ready_mail(now).take(limit as usize).map(|mail| (mail, *tenant)))
            .collect();
        ready.sort();
        ready.truncate(limit as usize);
        let lease = |((_, mail), tenant)| Some((tenant, tenants.get_mut(&tenant)?.lease(mail, until)?));
        Ok(ready.into_iter().filter_map(lease).collect())
    }

    async fn mail_backlog(&self) -> Result<MailBacklog, StoreError> {
        let tenants = self.tenants.read().map_err(broken)?;
        Ok(MailBacklog {
            waiting: tenants.values().map(Shelf::mail_waiting).sum(),
            oldest_queued_at: tenants.values().filter_map(Shelf::oldest_mail).min(),
        })
    }

    async fn feed(&self, tenant: TenantId, after: FeedPosition, limit: u32) -> Result<Vec<FeedEntry>, StoreError> {
        self.read(tenant, |kept| kept.feed(after, limit))
    }

    async fn events_about(
        &self,
        tenant: TenantId,
        subject: RecordId,
        before: Option<FeedPosition>,
        limit: u32,
    ) -> Result<Vec<FeedEntry>, StoreError> {
        self.read(tenant, |kept| kept.events_about(subject, before, limit))
    }

    async fn commit(&self, commit: Commit) -> Result<Committed, CommitError> {
        // Hashing the commit is the slow part; nobody has to wait for it.
        let fingerprint = commit.fingerprint();
        let mut tenants = self.tenants.write().map_err(broken)?;
        let kept = tenants.entry(commit.tenant).or_default();
        kept.commit(commit, fingerprint)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::CommitId;
    use crate::model::{Entry, PermissionSet, Role, UniqueKey, Version};
    use crate::store::{Change, Guard, StoreExt};
    use crate::text::Name;

    const TENANT: TenantId = TenantId::from_uuid(uuid::Uuid::from_u128(1));

    fn role(id: u128, name: &str) -> Role {
        Role {
            id: uuid::Uuid::from_u128(id).into(),
            name: Name::new(name).unwrap(),
            permissions: PermissionSet::All,
            built_in: false,
            created_at: Timestamp::EPOCH,
        }
    }

    fn commit(id: u128, changes: Vec<Change>) -> Commit {
        Commit {
            id: CommitId::from_uuid(uuid::Uuid::from_u128(id)),
            tenant: TENANT,
            at: Timestamp::EPOCH,
            guards: Vec::new(),
            changes,
            events: Vec::new(),
            mail: Vec::new(),
        }
    }

    #[tokio::test]
    async fn a_refused_commit_leaves_every_index_as_it_was() {
        let store = MemoryStore::new();
        let clerk = role(1, "Clerk");
        let first = commit(1, vec![Change::Insert(Entry::new(clerk.clone()))]);
        store.commit(first).await.unwrap();

        let renamed = Change::Update {
            expected: Version::FIRST,
            entry: Entry::new(role(1, "Manager")),
        };
        let taken = Change::Insert(Entry::new(role(2, "Clerk")));
        let counted = Change::Count {
            counter: Counter::Seats,
            delta: 1,
            at_least: None,
            at_most: None,
        };
        let clash = Change::Insert(Entry::new(role(3, "Manager")));
        let refused = store.commit(commit(2, vec![renamed, taken, counted, clash])).await;

        assert!(matches!(refused, Err(CommitError::Duplicate { .. })), "{refused:?}");
        let named = |name: &str| UniqueKey::role_name(&Name::new(name).unwrap().key());
        let holder = store.find::<Role>(TENANT, named("Clerk")).await.unwrap();
        assert_eq!(holder, Some(Loaded::new(Version::FIRST, clerk)));
        assert_eq!(store.find::<Role>(TENANT, named("Manager")).await.unwrap(), None);
        assert_eq!(store.counter(TENANT, Counter::Seats).await.unwrap(), 0);
    }

    #[tokio::test]
    async fn a_guard_on_an_old_version_refuses() {
        let store = MemoryStore::new();
        let mut guarded = commit(1, Vec::new());
        guarded.guards.push(Guard {
            record: role(1, "x").id.into(),
            version: Version::FIRST,
        });
        let refused = store.commit(guarded).await;
        assert!(matches!(refused, Err(CommitError::Conflict { .. })), "{refused:?}");
    }
}
