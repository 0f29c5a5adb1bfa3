//! What every case works with: a store, two tenants, fresh ids, samples of every record.

mod draft;
mod refusals;
mod samples;
mod snapshot;

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use time::Duration;
use uuid::Uuid;

pub(super) use self::draft::Draft;
pub(super) use self::refusals::{conflict, duplicate, in_use, missing, out_of_bounds, unsupported};
pub(super) use self::samples::{address, credential, name, person_name};
use crate::clock::Timestamp;
use crate::id::TenantId;
use crate::model::{Entry, Kept, Loaded, Record, RecordKind, UniqueKey, Version};
use crate::store::{Counter, FeedEntry, FeedPosition, Lookup, Page, Query, Store, StoreError, StoreExt};

/// A store under test, seen from one of its tenants.
#[derive(Debug, Clone)]
pub(super) struct Bench {
    pub(super) store: Arc<dyn Store>,
    pub(super) tenant: TenantId,
    ids: Arc<AtomicU64>,
}

impl Bench {
    pub(super) fn new(store: Arc<dyn Store>) -> Self {
        Self {
            store,
            tenant: TenantId::from_uuid(Uuid::from_u128(0x0199_0000_0000_7000_8000_0000_0000_000a)),
            ids: Arc::new(AtomicU64::new(1)),
        }
    }

    /// The same store, seen from another tenant.
    pub(super) fn neighbour(&self) -> Self {
        Self {
            tenant: TenantId::from_uuid(Uuid::from_u128(0x0199_0000_0000_7000_8000_0000_0000_000b)),
            ..self.clone()
        }
    }

    /// The same store, seen from another tenant, that gives the same ids again.
    pub(super) fn twin(&self) -> Self {
        Self {
            ids: Arc::new(AtomicU64::new(self.ids.load(Ordering::SeqCst))),
            ..self.neighbour()
        }
    }

    /// An id that was not given before. Later ones are greater.
    pub(super) fn id<T: From<Uuid>>(&self) -> T {
        let number = self.ids.fetch_add(1, Ordering::SeqCst);
        Uuid::from_u128(0x0199_0000_0000_7000_8000_0000_0000_0000 + (u128::from(number) << 8)).into()
    }

    /// Inserts a record.
    pub(super) async fn put<T: Kept>(&self, value: T) -> Loaded<T> {
        self.draft().insert(value.clone()).done().await;
        Loaded::new(Version::FIRST, value)
    }

    /// Inserts many records in one commit.
    pub(super) async fn put_all<T: Into<Record>>(&self, values: impl IntoIterator<Item = T>) {
        let entries = values.into_iter().map(Entry::new);
        entries.fold(self.draft(), Draft::insert_entry).done().await;
    }

    /// Updates a record.
    pub(super) async fn change<T: Kept>(&self, loaded: &Loaded<T>, value: T) -> Loaded<T> {
        self.draft().update(loaded, value.clone()).done().await;
        Loaded::new(loaded.version.next(), value)
    }

    pub(super) async fn get<T: Kept>(&self, id: T::Id) -> Option<Loaded<T>>
    where
        T::Id: Send,
    {
        must("get", self.store.get::<T>(self.tenant, id).await)
    }

    pub(super) async fn find<T: Kept>(&self, key: UniqueKey) -> Option<Loaded<T>> {
        must("find", self.store.find::<T>(self.tenant, key).await)
    }

    pub(super) async fn load(&self, wanted: &[Lookup]) -> Vec<Option<Loaded<Record>>> {
        must("load", self.store.load(self.tenant, wanted).await)
    }

    pub(super) async fn list(&self, query: &Query) -> Page<Loaded<Record>> {
        must("list", self.store.list(self.tenant, query).await)
    }

    /// The records of a whole listing, page after page.
    pub(super) async fn all(&self, query: Query) -> Vec<Record> {
        let mut query = query;
        let mut all = Vec::new();
        loop {
            let page = self.list(&query).await;
            all.extend(page.items.into_iter().map(|loaded| loaded.value));
            assert!(all.len() <= 20_000, "a listing does not end: {query:?}");
            match page.next {
                Some(next) => query = query.after(Some(next)),
                None => return all,
            }
        }
    }

    pub(super) async fn counter(&self, counter: Counter) -> i64 {
        must("counter", self.store.counter(self.tenant, counter).await)
    }

    /// The whole feed, read to its end.
    pub(super) async fn feed(&self) -> Vec<FeedEntry> {
        let mut all: Vec<FeedEntry> = Vec::new();
        loop {
            let after = all.last().map_or(FeedPosition::START, |entry| entry.position);
            let page = must("feed", self.store.feed(self.tenant, after, 100).await);
            if page.is_empty() {
                return all;
            }
            all.extend(page);
            assert!(all.len() <= 20_000, "the feed does not end");
        }
    }
}

/// Instants: some seconds after 2 January 2026, 08:00 UTC.
pub(super) fn at(seconds: i64) -> Timestamp {
    start().saturating_add(Duration::seconds(seconds))
}

pub(super) fn start() -> Timestamp {
    must("instant", Timestamp::from_unix_micros(1_767_340_800_000_000))
}

/// Every record of a kind in the order in which they came to be, a hundred a page.
pub(super) fn every(kind: RecordKind) -> Query {
    Query::new(kind, start())
}

/// What a call gave; a failure of the store fails the case.
#[track_caller]
pub(super) fn must<T, E: fmt::Debug>(what: &str, result: Result<T, E>) -> T {
    match result {
        Ok(value) => value,
        Err(error) => panic!("{what} failed: {error:?}"),
    }
}

/// The error of a call that must fail.
#[track_caller]
pub(super) fn fails<T: fmt::Debug>(what: &str, result: Result<T, StoreError>) -> StoreError {
    match result {
        Ok(value) => panic!("{what} must fail and gave {value:?}"),
        Err(error) => error,
    }
}

/// Runs all of these at once and gives what each gave, in order.
pub(super) async fn at_once<F>(futures: impl IntoIterator<Item = F>) -> Vec<F::Output>
where
    F: Future<Output: Send> + Send + 'static,
{
    let tasks: Vec<_> = futures.into_iter().map(tokio::spawn).collect();
    let mut outputs = Vec::new();
    for task in tasks {
        outputs.push(must("a parallel task", task.await));
    }
    outputs
}
