//! Everything that a store keeps of some tenants, to be compared: whole, or by its shape.

use std::collections::{BTreeMap, BTreeSet};

use tenure::model::{AttemptOutcome, Loaded, Record, RecordId, RecordKind, StatusKind, UserStatus};
use tenure::store::{Counter, FeedEntry, FeedPosition, Lookup, MailBacklog, Query, Store};
use tenure::{TenantId, Timestamp};

/// Everything that a store keeps of some tenants.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Picture {
    pub(crate) tenants: BTreeMap<TenantId, Contents>,
    pub(crate) backlog: MailBacklog,
}

/// Everything that a store keeps of one tenant.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Contents {
    pub(crate) records: BTreeMap<RecordId, Loaded<Record>>,
    pub(crate) feed: Vec<FeedEntry>,
    pub(crate) seats: i64,
    pub(crate) administrators: i64,
}

/// A picture without ids and times: how many records of each kind and state, which events, which counts. A login that was
/// counted and not decided does not show: that it was begun is all that is kept of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Shape {
    records: BTreeMap<(RecordKind, String), usize>,
    events: Vec<String>,
    seats: i64,
    administrators: i64,
    mail_waiting: u64,
}

impl Picture {
    pub(crate) async fn take(store: &dyn Store, tenants: &[TenantId], now: Timestamp) -> Self {
        let mut contents = BTreeMap::new();
        for tenant in tenants {
            contents.insert(*tenant, Contents::take(store, *tenant, now).await);
        }
        Self {
            tenants: contents,
            backlog: store.mail_backlog().await.unwrap(),
        }
    }

    pub(crate) fn contents(&self, tenant: TenantId) -> &Contents {
        &self.tenants[&tenant]
    }

    pub(crate) fn shape(&self, tenant: TenantId) -> Shape {
        let contents = self.contents(tenant);
        let mut records = BTreeMap::new();
        let shown = contents.records.values().filter(|record| !is_count(&record.value));
        for record in shown {
            *records.entry((record.kind(), state(&record.value))).or_default() += 1;
        }
        let mut events: Vec<String> = contents.feed.iter().map(name).collect();
        events.sort();
        Shape {
            records,
            events,
            seats: contents.seats,
            administrators: contents.administrators,
            mail_waiting: self.backlog.waiting,
        }
    }

    /// Every record and event as text, as a leaked backup would show it.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        for contents in self.tenants.values() {
            for record in contents.records.values() {
                text += &serde_json::to_string(&record.value).unwrap();
                text.extend(["\n", &format!("{record:?}"), "\n"]);
            }
            for entry in &contents.feed {
                text += &serde_json::to_string(entry).unwrap();
                text.extend(["\n", &format!("{entry:?}"), "\n"]);
            }
        }
        text
    }
}

impl Contents {
    async fn take(store: &dyn Store, tenant: TenantId, now: Timestamp) -> Self {
        let mut records = BTreeMap::new();
        let listed = RecordKind::ALL
            .iter()
            .filter(|kind| !matches!(kind, RecordKind::Tenant | RecordKind::Credential));
        for kind in listed {
            records.extend(list(store, tenant, Query::new(*kind, now)).await);
        }
        let states = StatusKind::ALL.map(StatusKind::as_str);
        records.extend(list(store, tenant, Query::new(RecordKind::User, now).status(states)).await);
        let users: BTreeSet<_> = records.keys().copied().collect();
        let mut wanted = vec![Lookup::Id(tenant.into())];
        wanted.extend(users.into_iter().filter_map(|id| match id {
            RecordId::User(user) => Some(Lookup::Id(RecordId::Credential(user))),
            _ => None,
        }));
        let found = store.load(tenant, &wanted).await.unwrap();
        records.extend(found.into_iter().flatten().map(|record| (record.id(), record)));
        Self {
            records,
            feed: store.feed(tenant, FeedPosition::START, 100_000).await.unwrap(),
            seats: store.counter(tenant, Counter::Seats).await.unwrap(),
            administrators: store.counter(tenant, Counter::Administrators).await.unwrap(),
        }
    }

    /// The users, whatever their state.
    pub(crate) fn users(&self) -> impl Iterator<Item = &tenure::User> {
        self.records.values().filter_map(|record| match &record.value {
            Record::User(user) => Some(user),
            _ => None,
        })
    }
}

async fn list(store: &dyn Store, tenant: TenantId, query: Query) -> Vec<(RecordId, Loaded<Record>)> {
    let mut query = query.limit(Query::MAX_LIMIT);
    let mut all = Vec::new();
    loop {
        let page = store.list(tenant, &query).await.unwrap();
        all.extend(page.items.into_iter().map(|record| (record.id(), record)));
        match page.next {
            Some(next) => query = query.after(Some(next)),
            None => return all,
        }
    }
}

/// Whether a record says no more than that a login was begun.
fn is_count(record: &Record) -> bool {
    match record {
        Record::Throttle(_) => true,
        Record::Attempt(attempt) => attempt.outcome == AttemptOutcome::Pending,
        _ => false,
    }
}

/// The name of a record's state, and what else of it says that something was done.
fn state(record: &Record) -> String {
    match record {
        Record::User(user) => {
            let held = if user.hold.is_some() { ", held" } else { "" };
            let due = match &user.status {
                UserStatus::Active { until, .. } | UserStatus::Suspended { until, .. } => until.is_some(),
                UserStatus::Inactive { starts_at, .. } => starts_at.is_some(),
                _ => false,
            };
            let profile = serde_json::to_string(&user.profile).unwrap();
            let (grants, units) = (user.grants.len(), user.memberships.len());
            format!(
                "{}{held}, due {due}, {grants} grants, {units} units, {profile}",
                user.status.kind()
            )
        }
        Record::Credential(credential) => format!("password {}", credential.hash().is_some()),
        Record::Ticket(ticket) => format!("{:?}", ticket.state).split(' ').next().unwrap().to_owned(),
        Record::Invitation(invitation) => invitation.state.kind().to_string(),
        Record::Session(session) => format!("{:?}", session.state).split(' ').next().unwrap().to_owned(),
        Record::Attempt(attempt) => format!("{:?}", attempt.outcome).split(' ').next().unwrap().to_owned(),
        Record::Unit(unit) => format!("{} {}", unit.name, unit.path.depth()),
        Record::Role(role) => format!("{} {:?}", role.name, role.permissions),
        Record::Employee(employee) => format!("{} {}", employee.full_name(), employee.supervisor.is_some()),
        Record::Tenant(tenant) => format!(
            "{} {:?} {:?} {}",
            tenant.name, tenant.seats, tenant.status, tenant.units
        ),
        _ => String::new(),
    }
}

fn name(entry: &FeedEntry) -> String {
    let what = serde_json::to_value(&entry.event.what).unwrap();
    format!("{} {:?}", what["event"].as_str().unwrap(), entry.event.affected)
}
