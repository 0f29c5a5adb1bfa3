//! The [`Store`] contract: what keeps a tenant's records, and the laws it obeys.
//!
//! A store is told what to keep, not what it means. Every record comes as an [`Entry`](crate::model::Entry) with its
//! keys, its references and the instant of its next change, all computed by the library; a store indexes these and
//! compares bytes. It decides nothing about users or roles, and it never asks for the time.
//!
//! # The laws
//! 1. **All or nothing**: a commit's changes, events and mail are written together, or none of them. Nothing is
//!    acknowledged before it is durable.
//! 2. **Compare and set**: an update or removal names the version it was decided on; guards name versions of records
//!    that were only read. All of them hold *at the commit point*, under concurrency too: of two commits that each guard
//!    the other's record and change their own, one is refused as [`CommitError::Conflict`].
//! 3. **Uniqueness**: a key is held by one record of the tenant at a time, byte by byte, space by space. Keys are taken
//!    and released in the order of the changes. Taken: [`CommitError::Duplicate`], with the first that is taken in the order
//!    of [`Entry::keys`](crate::model::Entry).
//! 4. **References**: when the commit ends, every record named by a record of the commit exists
//!    ([`CommitError::MissingReference`]), and no removed record is named by one that stays ([`CommitError::InUse`], with
//!    the count). What a removed record owns is removed with it. What is missing is looked for before what is in use.
//! 5. **Tenant isolation**: no read or write reaches another tenant's record, whatever ids are passed. The only reads
//!    across tenants are [`Store::lease_mail`], [`Store::mail_backlog`] and [`Store::due`].
//! 6. **Set changes** are one operation, atomic with the rest, and raise the version of each record they touch.
//! 7. **Idempotency**: a commit id seen in the last 24 hours (by [`Commit::at`](Commit)) answers the same
//!    [`Committed`] and changes nothing; this is looked at before the guards. With other content:
//!    [`CommitError::IdReused`]. When exactly 24 hours are over the id may be forgotten, and a commit of that instant or
//!    later that has it is new. Ids belong to their tenant, and a refused commit does not use up its own.
//! 8. **Fidelity**: what was committed is read back exactly: instants to the microsecond, every Unicode string.
//! 9. **Listings** have a total order (sort key, then id), cursors that are places and not numbers, no silent limit, and
//!    the scope inside the query, which holds for the supervisors that a filter compares with as for what is listed. A failure is
//!    an error, never an empty list.
//! 10. **Counters** are unversioned; they are moved and checked against their bounds at the commit point.
//! 11. **The feed**: whoever reads it from position to position misses no committed event, whatever the order in which
//!     concurrent commits end.
//! 12. **Touch** is unversioned, only moves forward, and never revives a session or an API key that has ended. An update of
//!     one keeps the later `seen_at` of the two, and an update of a user the later `last_login_at`. A touch of what has ended,
//!     does not exist or is none of these does nothing, and is no failure: whoever saw the session a moment ago could not know.
//! 13. **No skipping**: a change, filter or order that the store does not know is refused as unsupported.
//!
//! The order within a commit: the id (law 7), then all guards, then the changes in their order, then the mail, then
//! references (law 4), then the events.
//!
//! # Writing one
//! Everything that is not storage is done for you. A store that holds its records in a map, an ordered key-value store or a
//! document database:
//! - on `Insert` and `Update` replaces the record's keys and references by those of the entry, and writes version 1 or
//!   the expected one plus 1;
//! - on `Remove` removes what the record owns as well: whatever names it by an `owned` [`Reference`](crate::model::Reference);
//! - on `Update` keeps the later touch ([`Record::keep_touch`]); on `Touch` writes what [`Record::touched`] returns;
//! - on [`Change::Set`] goes through the records of [`SetChange::kind`] and writes the [`Entry`](crate::model::Entry) of what
//!   [`SetChange::apply`] returns;
//! - lists by asking [`Query::check`], [`Query::selects`] and [`Query::page`], through a [`View`] of its other records;
//! - writes [`Commit::counted_events`] to its log and keeps [`Commit::fingerprint`] for a day.
//!
//! [`examples/custom_store.rs`](crate::docs::custom_store) is such a store, whole, in one file: maps in memory, and on disk the
//! log of all commits. It was written from this page alone, and passes the conformance suite
//! (`tenure::testing::conformance`). A SQL store does the same with statements: [`SqliteStore`](crate::docs::stores).

mod commit;
mod error;
pub mod memory;
#[cfg(feature = "postgres")]
pub mod postgres;
mod query;
#[cfg(feature = "sqlite")]
pub mod sqlite;
#[cfg(any(feature = "postgres", feature = "sqlite"))]
mod table;

use std::fmt;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

pub use commit::{Change, Commit, Committed, Counter, Guard, SetChange};
pub use error::{CommitError, StoreError, StoreErrorKind};
pub use memory::MemoryStore;
#[cfg(feature = "postgres")]
pub use postgres::PostgresStore;
pub use query::{Cursor, Filter, Page, Query, View};
#[cfg(feature = "sqlite")]
pub use sqlite::SqliteStore;

use crate::clock::Timestamp;
use crate::id::{CommitId, TenantId};
use crate::model::{ApiKey, Event, Kept, Loaded, QueuedMail, Record, RecordId, Role, Session, Tenant, UniqueKey, User};
use crate::secret::TokenHash;

/// Keeps the records. See the [module](self) for the laws.
///
/// No method has a default: nothing that a careless store could inherit weakens a guarantee.
#[async_trait]
pub trait Store: Send + Sync + fmt::Debug {
    /// The records with these ids or keys, in the order asked for, in one round trip; none where there is no such
    /// record in this tenant.
    async fn load(&self, tenant: TenantId, wanted: &[Lookup]) -> Result<Vec<Option<Loaded<Record>>>, StoreError>;

    /// A page of a listing.
    async fn list(&self, tenant: TenantId, query: &Query) -> Result<Page<Loaded<Record>>, StoreError>;

    /// Everything that decides whether a session is usable and what it may do, in one query. None where no session of
    /// this tenant has the token. Ended sessions are returned: the rules decide.
    async fn principal_by_session(
        &self,
        tenant: TenantId,
        token: &TokenHash,
    ) -> Result<Option<PrincipalRecords>, StoreError>;

    /// Everything that decides whether an API key is usable and what it allows, in one query. None where no key of this
    /// tenant has the token. Revoked keys are returned: the rules decide.
    async fn principal_by_api_key(
        &self,
        tenant: TenantId,
        token: &TokenHash,
    ) -> Result<Option<PrincipalRecords<ApiKey>>, StoreError>;

    /// What a counter stands at.
    async fn counter(&self, tenant: TenantId, counter: Counter) -> Result<i64, StoreError>;

    /// What is due at or before `as_of`, of one tenant or of all, in the order of [`DueItem`], behind `after`, at most
    /// `limit`.
    async fn due(
        &self,
        tenant: Option<TenantId>,
        as_of: Timestamp,
        after: Option<DueItem>,
        limit: u32,
    ) -> Result<Vec<DueItem>, StoreError>;

    /// Takes up to `limit` mails of all tenants that are ready at `now` ([`QueuedMail::ready_at`]), those first that have
    /// been ready longest, and keeps them as [leased](QueuedMail::leased) until `until`, a version further. No mail is leased twice at a time.
    async fn lease_mail(
        &self,
        now: Timestamp,
        until: Timestamp,
        limit: u32,
    ) -> Result<Vec<(TenantId, Loaded<QueuedMail>)>, StoreError>;

    /// How much mail of all tenants waits or is on its way, and since when the oldest does.
    async fn mail_backlog(&self) -> Result<MailBacklog, StoreError>;

    /// The events of a tenant behind a position, in the order of the feed, at most `limit`.
    async fn feed(&self, tenant: TenantId, after: FeedPosition, limit: u32) -> Result<Vec<FeedEntry>, StoreError>;

    /// The events whose subject is this record, newest first, before a position where one is named, at most `limit`. Its cost
    /// does not grow with the log.
    async fn events_about(
        &self,
        tenant: TenantId,
        subject: RecordId,
        before: Option<FeedPosition>,
        limit: u32,
    ) -> Result<Vec<FeedEntry>, StoreError>;

    /// Writes a commit, whole or not at all. The only way to write, but for the leases of mail.
    async fn commit(&self, commit: Commit) -> Result<Committed, CommitError>;
}

/// What to load a record by. Closed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lookup {
    /// Its id.
    Id(RecordId),
    /// A key that it holds.
    Key(UniqueKey),
}

impl<I: Into<RecordId>> From<I> for Lookup {
    fn from(id: I) -> Self {
        Self::Id(id.into())
    }
}

impl From<UniqueKey> for Lookup {
    fn from(key: UniqueKey) -> Self {
        Self::Key(key)
    }
}

/// A session, or another pass, with all that its rights depend on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PrincipalRecords<P = Session> {
    /// The session or API key.
    pub pass: Loaded<P>,
    /// Its user.
    pub user: Loaded<User>,
    /// The user's tenant.
    pub tenant: Loaded<Tenant>,
    /// The roles that the user's grants name, by id.
    pub roles: Vec<Loaded<Role>>,
}

/// A record that changes by itself, in the order of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct DueItem {
    /// When.
    pub at: Timestamp,
    /// Whose record.
    pub tenant: TenantId,
    /// Which record. (Of equal instants and tenants in the order of [`RecordId`].)
    pub record: RecordId,
}

/// Mail that has not left.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailBacklog {
    /// How many mails wait or are on their way.
    pub waiting: u64,
    /// When the oldest of them was queued.
    pub oldest_queued_at: Option<Timestamp>,
}

/// A place in the feed of a tenant. Opaque: stores choose the numbers, readers hand them back.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct FeedPosition(pub u64, pub u64);

impl FeedPosition {
    /// Before the first event.
    pub const START: Self = Self(0, 0);
}

/// An event with its place in the feed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeedEntry {
    /// Where it stands.
    pub position: FeedPosition,
    /// The commit that wrote it.
    pub commit: CommitId,
    /// The event.
    pub event: Event,
}

impl FeedEntry {
    /// The entry as one line of JSON (JSON Lines), without the line's end. Names in it stay the same from release to release;
    /// `docs/administration.md` lists them.
    pub fn to_json_line(&self) -> String {
        // Its serde form cannot fail: string keys, finite numbers. JSON writes the ends of lines in texts as `\n`.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Reads a line back.
    ///
    /// # Errors
    /// [`StoreErrorKind::Corrupt`] where it is none.
    pub fn from_json_line(line: &str) -> Result<Self, StoreError> {
        serde_json::from_str(line).map_err(|error| StoreError::new(StoreErrorKind::Corrupt, error))
    }
}

/// Typed sugar over [`Store`], for every store.
#[async_trait]
pub trait StoreExt: Store {
    /// One record by its id.
    async fn get<T: Kept>(&self, tenant: TenantId, id: T::Id) -> Result<Option<Loaded<T>>, StoreError>
    where
        T::Id: Send,
    {
        let wanted = [Lookup::Id(T::record_id(id))];
        Ok(self.load(tenant, &wanted).await?.pop().flatten().and_then(Loaded::cast))
    }

    /// The record that holds a key.
    async fn find<T: Kept>(&self, tenant: TenantId, key: UniqueKey) -> Result<Option<Loaded<T>>, StoreError> {
        Ok(self
            .load(tenant, &[Lookup::Key(key)])
            .await?
            .pop()
            .flatten()
            .and_then(Loaded::cast))
    }

    /// A page of a listing, typed.
    async fn page<T: Kept + Send>(&self, tenant: TenantId, query: &Query) -> Result<Page<Loaded<T>>, StoreError> {
        let page = self.list(tenant, query).await?;
        let items = page.items.into_iter().filter_map(Loaded::cast).collect();
        Ok(Page {
            items,
            next: page.next,
            total: page.total,
        })
    }

    /// A whole listing, page after page. For what is bounded.
    async fn all<T: Kept + Send>(&self, tenant: TenantId, query: Query) -> Result<Vec<Loaded<T>>, StoreError> {
        let mut query = query.limit(Query::MAX_LIMIT);
        let mut all = Vec::new();
        loop {
            let page = self.page(tenant, &query).await?;
            all.extend(page.items);
            match page.next {
                Some(next) => query = query.after(Some(next)),
                None => return Ok(all),
            }
        }
    }
}

impl<S: Store + ?Sized> StoreExt for S {}
