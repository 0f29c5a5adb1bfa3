//! Everything that a store holds, at one moment: what invariants look at and stores are compared by.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use uuid::Uuid;

use crate::clock::Timestamp;
use crate::id::{RoleId, TenantId, UnitId, UserId};
use crate::model::{
    ApiKey, Attempt, Credential, Employee, Invitation, Loaded, OrgUnit, QueuedMail, Record, RecordId, RecordKind, Role,
    Session, StatusKind, Tenant, Throttle, Ticket, User,
};
use crate::rules::replay::Replay;
use crate::rules::rights::{Rights, Units};
use crate::store::{Counter, FeedEntry, FeedPosition, Query, Store, StoreError};

/// Everything that a store holds of some tenants.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// When it was taken.
    pub at: Timestamp,
    /// Of each tenant, all of it.
    pub tenants: BTreeMap<TenantId, Contents>,
    /// Every password and token that there was so far, which must stand nowhere in it.
    pub secrets: Arc<BTreeSet<String>>,
}

/// Everything that a store holds of one tenant.
#[derive(Debug, Clone, Default)]
pub struct Contents {
    /// Every record, the deleted users among them.
    pub records: BTreeMap<RecordId, Loaded<Record>>,
    /// What the counter of seats stands at.
    pub seats: i64,
    /// What the counter of administrators stands at.
    pub administrators: i64,
    /// The events since the snapshot before.
    pub news: Vec<FeedEntry>,
    /// What the event log says, from its beginning.
    pub log: Replay,
    /// Where the event log ends.
    pub end: FeedPosition,
}

impl Snapshot {
    /// Looks through a store: every listing to its end, the counters, and the event log from where `before` ended.
    ///
    /// # Errors
    /// Whatever fails in the store.
    pub async fn take(
        store: &dyn Store,
        tenants: &[TenantId],
        at: Timestamp,
        before: Option<&Snapshot>,
    ) -> Result<Self, StoreError> {
        let mut taken = BTreeMap::new();
        for tenant in tenants {
            let since = before.and_then(|before| before.tenants.get(tenant));
            taken.insert(*tenant, Contents::take(store, *tenant, at, since).await?);
        }
        Ok(Self {
            at,
            tenants: taken,
            secrets: Arc::default(),
        })
    }

    /// Where this and another snapshot differ, if they do: the first record or number that is not the same. Positions in the
    /// event log are the store's own and are not compared.
    pub fn difference(&self, other: &Snapshot) -> Option<String> {
        if self.at != other.at {
            return Some(format!("taken at {} and at {}", self.at, other.at));
        }
        if !self.tenants.keys().eq(other.tenants.keys()) {
            return Some("not the same tenants".to_owned());
        }
        let mut pairs = self.tenants.iter().zip(other.tenants.values());
        pairs.find_map(|((tenant, one), other)| Some(format!("{tenant}: {}", one.difference(other)?)))
    }
}

impl Contents {
    async fn take(
        store: &dyn Store,
        tenant: TenantId,
        at: Timestamp,
        since: Option<&Contents>,
    ) -> Result<Self, StoreError> {
        let mut contents = Self {
            seats: store.counter(tenant, Counter::Seats).await?,
            administrators: store.counter(tenant, Counter::Administrators).await?,
            end: since.map_or(FeedPosition::START, |contents| contents.end),
            log: since.map(|contents| contents.log.clone()).unwrap_or_default(),
            ..Self::default()
        };
        for kind in RecordKind::ALL {
            contents.read(store, tenant, Query::new(*kind, at)).await?;
        }
        let deleted = Query::new(RecordKind::User, at).status([StatusKind::Deleted.as_str()]);
        contents.read(store, tenant, deleted).await?;
        loop {
            let entries = store.feed(tenant, contents.end, Query::MAX_LIMIT).await?;
            let Some(last) = entries.last() else { break };
            contents.end = last.position;
            for entry in &entries {
                contents.log.apply(&entry.event);
            }
            contents.news.extend(entries);
        }
        Ok(contents)
    }

    async fn read(&mut self, store: &dyn Store, tenant: TenantId, query: Query) -> Result<(), StoreError> {
        let mut query = query.limit(Query::MAX_LIMIT);
        loop {
            let page = store.list(tenant, &query).await?;
            let items = page.items.into_iter().map(|loaded| (loaded.value.id(), loaded));
            self.records.extend(items);
            match page.next {
                Some(next) => query = query.after(Some(next)),
                None => return Ok(()),
            }
        }
    }

    fn difference(&self, other: &Contents) -> Option<String> {
        let counters = |contents: &Contents| (contents.seats, contents.administrators);
        if !self.has_the_counters_of(other) {
            return Some(format!(
                "counters of seats and administrators {:?} and {:?}",
                counters(self),
                counters(other)
            ));
        }
        let news = |contents: &Contents| -> Vec<_> {
            let told = contents.news.iter();
            told.map(|entry| (entry.commit, entry.event.clone())).collect()
        };
        if news(self) != news(other) {
            return Some(format!("events {:#?} and {:#?}", news(self), news(other)));
        }
        let ids = self.records.keys().chain(other.records.keys());
        let differing = ids.copied().find(|id| self.records.get(id) != other.records.get(id))?;
        Some(format!(
            "{differing}: {:#?} and {:#?}",
            self.records.get(&differing),
            other.records.get(&differing)
        ))
    }

    /// The records that are not the same in what comes after.
    pub(super) fn changed(&self, after: &Contents) -> BTreeSet<RecordId> {
        let gone = self.records.keys().filter(|id| !after.records.contains_key(id));
        let here = after.records.iter();
        let here = here.filter(|(id, loaded)| self.records.get(id) != Some(loaded));
        gone.chain(here.map(|(id, _)| id)).copied().collect()
    }

    /// Whether the counters are the same.
    pub(super) fn has_the_counters_of(&self, other: &Contents) -> bool {
        (self.seats, self.administrators) == (other.seats, other.administrators)
    }

    /// A record by its id.
    pub fn record(&self, id: impl Into<RecordId>) -> Option<&Record> {
        self.records.get(&id.into()).map(|loaded| &loaded.value)
    }

    fn of_kind(&self, kind: RecordKind) -> impl Iterator<Item = &Loaded<Record>> {
        let ends = RecordId::new(kind, Uuid::nil())..=RecordId::new(kind, Uuid::max());
        self.records.range(ends).map(|(_, loaded)| loaded)
    }

    /// The org units with their versions, as rules take them.
    pub fn units_by_id(&self) -> Units {
        let unit = |loaded: &Loaded<Record>| match &loaded.value {
            Record::Unit(unit) => Some((unit.id, Loaded::new(loaded.version, unit.clone()))),
            _ => None,
        };
        Units(self.of_kind(RecordKind::Unit).filter_map(unit).collect())
    }

    /// A user.
    pub fn user(&self, id: UserId) -> Option<&User> {
        match self.record(id)? {
            Record::User(user) => Some(user),
            _ => None,
        }
    }

    /// A unit.
    pub fn unit(&self, id: UnitId) -> Option<&OrgUnit> {
        match self.record(id)? {
            Record::Unit(unit) => Some(unit),
            _ => None,
        }
    }

    /// A role.
    pub fn role(&self, id: RoleId) -> Option<&Role> {
        match self.record(id)? {
            Record::Role(role) => Some(role),
            _ => None,
        }
    }

    /// The rights that a user's grants give, whatever their status.
    pub fn rights_of(&self, user: &User) -> Rights {
        Rights::of(&user.grants, |role| self.role(role))
    }
}

macro_rules! listed {
    ($($(#[$doc:meta])* $name:ident: $type:ty = $kind:ident),* $(,)?) => {
        impl Contents {$(
            $(#[$doc])*
            pub fn $name(&self) -> impl Iterator<Item = &$type> {
                self.of_kind(RecordKind::$kind).filter_map(|loaded| match &loaded.value {
                    Record::$kind(value) => Some(value),
                    _ => None,
                })
            }
        )*}
    };
}

listed! {
    /// The tenant's own record.
    tenants: Tenant = Tenant,
    /// Org units, oldest first.
    units: OrgUnit = Unit,
    /// Roles, oldest first.
    roles: Role = Role,
    /// Employees, oldest first.
    employees: Employee = Employee,
    /// Users, oldest first, the deleted among them.
    users: User = User,
    /// Invitations, oldest first.
    invitations: Invitation = Invitation,
    /// Tickets, oldest first.
    tickets: Ticket = Ticket,
    /// Credentials.
    credentials: Credential = Credential,
    /// Sessions, oldest first.
    sessions: Session = Session,
    /// Login attempts, oldest first.
    attempts: Attempt = Attempt,
    /// Mails, oldest first.
    mails: QueuedMail = Mail,
    /// What was counted of logins and requests.
    throttles: Throttle = Throttle,
    /// API keys, oldest first.
    api_keys: ApiKey = ApiKey,
}
