//! One tenant's records with their indexes.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Bound;

use uuid::Uuid;

use crate::clock::Timestamp;
use crate::id::{CommitId, EmployeeId, MailId, RoleId, TenantId, UserId};
use crate::model::{ApiKey, Entry, Kept, Loaded, QueuedMail, Record, RecordId, RecordKind, UniqueKey, Version};
use crate::secret::TokenHash;
use crate::store::{Committed, Counter, DueItem, FeedEntry, FeedPosition, Filter, Lookup, Page};
use crate::store::{PrincipalRecords, Query, View};

/// A record as it stands, with what it is indexed by.
#[derive(Debug)]
pub(super) struct Slot {
    pub(super) version: Version,
    pub(super) entry: Entry,
}

/// A commit that was answered.
#[derive(Debug)]
pub(super) struct Answered {
    pub(super) at: Timestamp,
    pub(super) fingerprint: [u8; 32],
    pub(super) committed: Committed,
}

/// Invariant: every index says exactly what the slots say. [`Shelf::replace`] is the only function that writes either.
#[derive(Debug, Default)]
pub(super) struct Shelf {
    slots: HashMap<RecordId, Box<Slot>>,
    /// The ids of the slots, in order.
    ids: BTreeSet<RecordId>,
    keys: HashMap<UniqueKey, RecordId>,
    /// The record named, whether the one that names it is owned by it, and that one.
    named: BTreeSet<(RecordId, bool, RecordId)>,
    of_user: BTreeSet<(UserId, RecordId)>,
    due: BTreeSet<(Timestamp, RecordId)>,
    ready_mail: BTreeSet<(Timestamp, MailId)>,
    waiting_mail: BTreeSet<(Timestamp, MailId)>,
    pub(super) counters: BTreeMap<Counter, i64>,
    pub(super) answered: HashMap<CommitId, Answered>,
    pub(super) answered_at: BTreeSet<(Timestamp, CommitId)>,
    pub(super) log: Vec<FeedEntry>,
}

impl Shelf {
    pub(super) fn slot(&self, id: RecordId) -> Option<&Slot> {
        self.slots.get(&id).map(AsRef::as_ref)
    }

    pub(super) fn load(&self, lookup: &Lookup) -> Option<Loaded<Record>> {
        let id = match lookup {
            Lookup::Id(id) => *id,
            Lookup::Key(key) => *self.keys.get(key)?,
        };
        let slot = self.slot(id)?;
        Some(Loaded::new(slot.version, slot.entry.record.clone()))
    }

    fn get<T: Kept>(&self, id: T::Id) -> Option<Loaded<T>> {
        self.load(&Lookup::Id(T::record_id(id)))?.cast()
    }

    /// The hot path: clones what it returns, and nothing else.
    pub(super) fn principal_by_session(&self, tenant: TenantId, token: &TokenHash) -> Option<PrincipalRecords> {
        let (version, Record::Session(session)) = self.holding(&UniqueKey::session_token(token))? else {
            return None;
        };
        self.principal(tenant, session.user, Loaded::new(version, session.clone()))
    }

    pub(super) fn principal_by_api_key(&self, tenant: TenantId, token: &TokenHash) -> Option<PrincipalRecords<ApiKey>> {
        let (version, Record::ApiKey(key)) = self.holding(&UniqueKey::api_key_token(token))? else {
            return None;
        };
        self.principal(tenant, key.user, Loaded::new(version, key.clone()))
    }

    fn principal<P>(&self, tenant: TenantId, user: UserId, pass: Loaded<P>) -> Option<PrincipalRecords<P>> {
        let (user_version, Record::User(user)) = self.at(user.into())? else {
            return None;
        };
        let (tenant_version, Record::Tenant(tenant)) = self.at(tenant.into())? else {
            return None;
        };
        let role = |id: RoleId| match self.at(id.into()) {
            Some((version, Record::Role(role))) => Some(Loaded::new(version, role.clone())),
            _ => None,
        };
        Some(PrincipalRecords {
            pass,
            user: Loaded::new(user_version, user.clone()),
            tenant: Loaded::new(tenant_version, tenant.clone()),
            roles: user.roles().into_iter().filter_map(role).collect(),
        })
    }

    fn holding(&self, key: &UniqueKey) -> Option<(Version, &Record)> {
        self.at(*self.keys.get(key)?)
    }

    fn at(&self, id: RecordId) -> Option<(Version, &Record)> {
        self.slot(id).map(|slot| (slot.version, &slot.entry.record))
    }

    pub(super) fn list(&self, query: &Query) -> Page<Loaded<Record>> {
        let matching = self
            .candidates(query)
            .filter(|slot| query.selects(&slot.entry.record, self))
            .map(|slot| Loaded::new(slot.version, &slot.entry.record))
            .collect();
        query.page(matching).map(|loaded| loaded.map(Record::clone))
    }

    /// The records that could be selected: by way of an index where one of the filters has one.
    fn candidates<'a>(&'a self, query: &Query) -> Box<dyn Iterator<Item = &'a Slot> + 'a> {
        let indexed = query.filters.iter().find_map(|filter| match filter {
            Filter::OfUser(user) => Some(self.ids_of_user(*user, query.kind)),
            Filter::ReportsTo(employee) if query.kind == RecordKind::Employee => {
                Some(self.named_by((*employee).into(), false).collect())
            }
            Filter::Above(employee) => Some(self.line_above(*employee)),
            _ => None,
        });
        match indexed {
            Some(ids) => Box::new(ids.into_iter().filter_map(|id| self.slot(id))),
            None => Box::new(
                self.ids
                    .range(first(query.kind)..=last(query.kind))
                    .filter_map(|id| self.slot(*id)),
            ),
        }
    }

    /// The records of a kind that belong to a user.
    pub(super) fn ids_of_user(&self, user: UserId, kind: RecordKind) -> Vec<RecordId> {
        let range = (user, first(kind))..=(user, last(kind));
        self.of_user.range(range).map(|(_, id)| *id).collect()
    }

    /// The records that name `to`.
    pub(super) fn named_by(&self, to: RecordId, owned: bool) -> impl Iterator<Item = RecordId> + '_ {
        self.named
            .range((to, owned, least())..)
            .take_while(move |(named, owns, _)| (*named, *owns) == (to, owned))
            .map(|(_, _, from)| *from)
    }

    fn line_above(&self, employee: EmployeeId) -> Vec<RecordId> {
        let mut line = Vec::new();
        let mut below = employee;
        while let Some(Record::Employee(employee)) = self.record(below.into())
            && let Some(supervisor) = employee.supervisor
            && !line.contains(&supervisor.into())
        {
            line.push(supervisor.into());
            below = supervisor;
        }
        line
    }

    pub(super) fn counter(&self, counter: Counter) -> i64 {
        self.counters.get(&counter).copied().unwrap_or(0)
    }

    pub(super) fn due(
        &self,
        tenant: TenantId,
        as_of: Timestamp,
        after: Option<DueItem>,
    ) -> impl Iterator<Item = DueItem> + '_ {
        let behind = after.map_or(Bound::Unbounded, |after| Bound::Included((after.at, least())));
        self.due
            .range((behind, Bound::Unbounded))
            .take_while(move |(at, _)| *at <= as_of)
            .map(move |(at, record)| DueItem {
                at: *at,
                tenant,
                record: *record,
            })
            .filter(move |item| after.is_none_or(|after| *item > after))
    }

    pub(super) fn ready_mail(&self, now: Timestamp) -> impl Iterator<Item = (Timestamp, MailId)> + '_ {
        self.ready_mail.iter().copied().take_while(move |(at, _)| *at <= now)
    }

    pub(super) fn lease(&mut self, mail: MailId, until: Timestamp) -> Option<Loaded<QueuedMail>> {
        let Loaded { version, value } = self.get::<QueuedMail>(mail)?;
        let leased = Loaded::new(version.next(), value.leased(until));
        let entry = Entry::new(leased.value.clone());
        let version = leased.version;
        self.replace(mail.into(), Some(Box::new(Slot { version, entry })));
        Some(leased)
    }

    pub(super) fn mail_waiting(&self) -> u64 {
        self.waiting_mail.len() as u64
    }

    pub(super) fn oldest_mail(&self) -> Option<Timestamp> {
        self.waiting_mail.first().map(|(at, _)| *at)
    }

    /// Positions count from 1, so the events behind one begin at the index that it is.
    pub(super) fn feed(&self, after: FeedPosition, limit: u32) -> Vec<FeedEntry> {
        let behind = usize::try_from(after.0).unwrap_or(usize::MAX);
        self.log.iter().skip(behind).take(limit as usize).cloned().collect()
    }

    pub(super) fn events_about(&self, subject: RecordId, before: Option<FeedPosition>, limit: u32) -> Vec<FeedEntry> {
        let is_wanted =
            |entry: &&FeedEntry| entry.event.subject == subject && before.is_none_or(|before| entry.position < before);
        let newest = self.log.iter().rev().filter(is_wanted);
        newest.take(limit as usize).cloned().collect()
    }

    /// Writes a record, or removes it; gives what stood there before. All indexes follow.
    pub(super) fn replace(&mut self, id: RecordId, slot: Option<Box<Slot>>) -> Option<Box<Slot>> {
        let before = self.slots.remove(&id);
        if let Some(before) = &before {
            self.index(id, &before.entry, false);
        }
        if let Some(slot) = slot {
            self.index(id, &slot.entry, true);
            self.slots.insert(id, slot);
        }
        before
    }

    fn index(&mut self, id: RecordId, entry: &Entry, present: bool) {
        set(&mut self.ids, id, present);
        for key in &entry.keys {
            if present {
                self.keys.insert(key.clone(), id);
            } else if self.keys.get(key) == Some(&id) {
                self.keys.remove(key);
            }
        }
        for reference in &entry.references {
            set(&mut self.named, (reference.to, reference.owned, id), present);
        }
        if let Some(user) = entry.record.owner() {
            set(&mut self.of_user, (user, id), present);
        }
        if let Some(at) = entry.due_at {
            set(&mut self.due, (at, id), present);
        }
        if let Record::Mail(mail) = &entry.record
            && let Some(ready_at) = mail.ready_at()
        {
            set(&mut self.ready_mail, (ready_at, mail.id), present);
            set(&mut self.waiting_mail, (mail.queued_at, mail.id), present);
        }
    }
}

impl View for Shelf {
    fn record(&self, id: RecordId) -> Option<&Record> {
        self.slot(id).map(|slot| &slot.entry.record)
    }

    fn holder(&self, key: &UniqueKey) -> Option<RecordId> {
        self.keys.get(key).copied()
    }
}

fn set<T: Ord>(index: &mut BTreeSet<T>, place: T, present: bool) {
    if present {
        index.insert(place);
    } else {
        index.remove(&place);
    }
}

/// The least id of all.
fn least() -> RecordId {
    first(RecordKind::Tenant)
}

fn first(kind: RecordKind) -> RecordId {
    RecordId::new(kind, Uuid::nil())
}

fn last(kind: RecordKind) -> RecordId {
    RecordId::new(kind, Uuid::max())
}
