//! Queries: what a listing shows, in what order, from where on.

use std::borrow::Borrow;
use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::id::{EmployeeId, RoleId, UnitId, UserId};
use crate::model::{
    ApiKeyState, InvitationState, Loaded, MailState, OrgUnit, Record, RecordId, RecordKind, Scope, SessionState,
    SortBy, StatusKind, TicketState, UniqueKey, User,
};
use crate::store::{StoreError, StoreErrorKind};

/// A listing of one kind of record: filtered, limited to a scope, in a total order, page by page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Query {
    /// What is listed.
    pub kind: RecordKind,
    /// All of these must hold. A filter that a store does not know is refused as unsupported.
    pub filters: Vec<Filter>,
    /// Only what lies in this scope (R4): a user through any of their units, an employee through theirs, a unit itself,
    /// and what belongs to a user where that user does.
    pub scope: Scope,
    /// The order; equal keys by id, in the same direction.
    pub sort: SortBy,
    /// Whether the order is turned round.
    pub descending: bool,
    /// What is due by this instant counts as done.
    pub as_of: Timestamp,
    /// Where the page begins: behind this place.
    pub after: Option<Cursor>,
    /// How many records the page has at most. Never 0.
    pub limit: u32,
    /// Count all that match, up to this number; none: do not count.
    pub count_up_to: Option<u64>,
}

/// What must hold of a record to be listed. More may come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Filter {
    /// In one of these states, by the names that [`Record::status`] gives.
    Status(BTreeSet<String>),
    /// Belongs to this user: invitations, tickets, sessions, attempts, mail.
    OfUser(UserId),
    /// Users, employees and units in this unit or below it.
    Within(UnitId),
    /// Users with a grant of this role.
    WithRole(RoleId),
    /// Employees who report to this one directly.
    ReportsTo(EmployeeId),
    /// The line of supervisors above this employee, all the way up.
    Above(EmployeeId),
    /// Employees who have a user, or who have none.
    HasUser(bool),
    /// Employees who have an address, or who have none.
    HasAddress(bool),
    /// Sessions last used after this instant.
    SeenAfter(Timestamp),
    /// What a later release might ask for. Every store refuses it; the conformance suite asks.
    #[doc(hidden)]
    Unknown(String),
}

/// A place in a listing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Cursor {
    /// The sort key there.
    pub key: Vec<u8>,
    /// The record there.
    pub id: RecordId,
}

/// A part of a listing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page<T> {
    /// The records, in order.
    pub items: Vec<T>,
    /// Where the next page begins; none after the last.
    pub next: Option<Cursor>,
    /// How many match in all, at most the number that was asked for; none where it was not asked for.
    pub total: Option<u64>,
}

/// An empty page, whatever its items would be.
impl<T> Default for Page<T> {
    fn default() -> Self {
        Self {
            items: Vec::new(),
            next: None,
            total: None,
        }
    }
}

impl<T> Page<T> {
    /// The same page of another form of its items.
    pub fn map<U>(self, map: impl FnMut(T) -> U) -> Page<U> {
        Page {
            items: self.items.into_iter().map(map).collect(),
            next: self.next,
            total: self.total,
        }
    }
}

/// What a store shows of its other records while a query is matched.
pub trait View {
    /// The record with this id, of the same tenant.
    fn record(&self, id: RecordId) -> Option<&Record>;

    /// The record that holds this key, of the same tenant.
    fn holder(&self, key: &UniqueKey) -> Option<RecordId>;
}

impl Query {
    /// The largest page.
    pub const MAX_LIMIT: u32 = 1_000;

    /// Everything of one kind, in the order in which it came to be, 100 a page.
    pub fn new(kind: RecordKind, as_of: Timestamp) -> Self {
        Self {
            kind,
            filters: Vec::new(),
            scope: Scope::All,
            sort: SortBy::Created,
            descending: false,
            as_of,
            after: None,
            limit: 100,
            count_up_to: None,
        }
    }

    /// Only what also passes this filter.
    pub fn filter(mut self, filter: Filter) -> Self {
        self.filters.push(filter);
        self
    }

    /// Only what is in one of these states.
    pub fn status<S: Into<String>>(self, states: impl IntoIterator<Item = S>) -> Self {
        self.filter(Filter::Status(states.into_iter().map(Into::into).collect()))
    }

    /// Only what lies in this scope.
    pub fn scope(self, scope: Scope) -> Self {
        Self { scope, ..self }
    }

    /// In this order.
    pub fn sort(self, sort: SortBy) -> Self {
        Self { sort, ..self }
    }

    /// In the opposite order.
    pub fn descending(self) -> Self {
        Self {
            descending: true,
            ..self
        }
    }

    /// From behind this place on.
    pub fn after(self, after: Option<Cursor>) -> Self {
        Self { after, ..self }
    }

    /// So many a page: at least 1, at most [`Query::MAX_LIMIT`].
    pub fn limit(self, limit: u32) -> Self {
        Self {
            limit: limit.clamp(1, Self::MAX_LIMIT),
            ..self
        }
    }

    /// Counts all that match, up to a number.
    pub fn count_up_to(self, most: u64) -> Self {
        Self {
            count_up_to: Some(most),
            ..self
        }
    }

    /// Whether this release knows everything that the query asks for. Stores that list by [`Query::selects`] ask first
    /// (law 13).
    ///
    /// # Errors
    /// [`StoreErrorKind::Unsupported`] with what is not known.
    pub fn check(&self) -> Result<(), StoreError> {
        let unknown = self.filters.iter().find_map(|filter| match filter {
            Filter::Unknown(what) => Some(what.as_str()),
            _ => None,
        });
        unknown.map_or(Ok(()), |what| Err(StoreError::new(StoreErrorKind::Unsupported, what)))
    }

    /// Whether the listing has this record at all, whatever the page. Deleted users are listed only where that state
    /// is asked for by name.
    pub fn selects(&self, record: &Record, view: &dyn View) -> bool {
        record.kind() == self.kind
            && self
                .filters
                .iter()
                .all(|filter| filter.passes(record, self.as_of, view))
            && (self.asks_for_deleted() || record.status(self.as_of) != Some(StatusKind::Deleted.as_str()))
            && in_scope(record, &self.scope, view)
    }

    /// Whether a filter names the state of deleted users.
    pub fn asks_for_deleted(&self) -> bool {
        let deleted = StatusKind::Deleted.as_str();
        self.filters
            .iter()
            .any(|filter| matches!(filter, Filter::Status(states) if states.contains(deleted)))
    }

    /// The place of a record in this listing.
    pub fn place(&self, record: &Record) -> Cursor {
        Cursor {
            key: record.sort_key(self.sort),
            id: record.id(),
        }
    }

    /// The page of a listing, for stores that have gone through all records: `matching` are those that
    /// [`selects`](Query::selects) chose, in any order, owned or borrowed.
    pub fn page<R: Borrow<Record>>(&self, matching: Vec<Loaded<R>>) -> Page<Loaded<R>> {
        let total = self.count_up_to.map(|most| most.min(matching.len() as u64));
        let is_behind = |place: &Cursor| {
            self.after
                .as_ref()
                .is_none_or(|after| if self.descending { place < after } else { place > after })
        };
        let mut places: Vec<_> = matching
            .into_iter()
            .map(|loaded| (self.place(loaded.value.borrow()), loaded))
            .filter(|(place, _)| is_behind(place))
            .collect();
        places.sort_by(|(one, _), (other, _)| {
            if self.descending {
                other.cmp(one)
            } else {
                one.cmp(other)
            }
        });
        let more = places.len() > self.limit as usize;
        places.truncate(self.limit as usize);
        let next = places.last().filter(|_| more).map(|(place, _)| place.clone());
        let items = places.into_iter().map(|(_, loaded)| loaded).collect();
        Page { items, next, total }
    }
}

impl Filter {
    fn passes(&self, record: &Record, as_of: Timestamp, view: &dyn View) -> bool {
        match (self, record) {
            (Self::Status(states), _) => record.status(as_of).is_some_and(|status| states.contains(status)),
            (Self::OfUser(user), _) => record.owner() == Some(*user),
            (Self::Within(unit), _) => in_scope(record, &Scope::from([*unit]), view),
            (Self::WithRole(role), Record::User(user)) => user.roles().contains(role),
            (Self::ReportsTo(supervisor), Record::Employee(employee)) => employee.supervisor == Some(*supervisor),
            (Self::Above(start), Record::Employee(employee)) => is_above(employee.id, *start, view),
            (Self::HasUser(wanted), Record::Employee(employee)) => {
                view.holder(&UniqueKey::employee_user(employee.id)).is_some() == *wanted
            }
            (Self::HasAddress(wanted), Record::Employee(employee)) => employee.email.is_some() == *wanted,
            (Self::SeenAfter(instant), Record::Session(session)) => session.seen_at > *instant,
            (
                Self::WithRole(_)
                | Self::ReportsTo(_)
                | Self::Above(_)
                | Self::HasUser(_)
                | Self::HasAddress(_)
                | Self::SeenAfter(_)
                | Self::Unknown(_),
                _,
            ) => false,
        }
    }
}

impl Record {
    /// The state that this record is in at `as_of`, by the name that listings filter by; none for what has no states.
    pub fn status(&self, as_of: Timestamp) -> Option<&'static str> {
        Some(match self {
            Self::User(user) => user.status.clone().as_of(as_of).kind().as_str(),
            Self::Invitation(invitation) => match invitation.state {
                InvitationState::Pending if invitation.expires_at <= as_of => "expired",
                ref state => state.kind().as_str(),
            },
            Self::Session(session) => match session.state {
                SessionState::Open if session.expires_at <= as_of => "expired",
                SessionState::Open => "open",
                SessionState::Ended { .. } => "ended",
            },
            Self::ApiKey(key) => match key.state {
                ApiKeyState::Open if !key.is_live(as_of) => "expired",
                ApiKeyState::Open => "open",
                ApiKeyState::Revoked { .. } => "revoked",
            },
            Self::Ticket(ticket) => match ticket.state {
                TicketState::Open if ticket.expires_at <= as_of => "expired",
                TicketState::Open => "open",
                TicketState::Consumed { .. } => "consumed",
                TicketState::Ended { .. } => "ended",
            },
            Self::Mail(mail) => match mail.state {
                MailState::Queued { .. } => "queued",
                MailState::Leased { .. } => "leased",
                MailState::Sent { .. } => "sent",
                MailState::Superseded { .. } => "superseded",
                MailState::Failed { .. } => "failed",
            },
            Self::Tenant(_)
            | Self::Unit(_)
            | Self::Role(_)
            | Self::Employee(_)
            | Self::Credential(_)
            | Self::Throttle(_)
            | Self::Attempt(_) => return None,
        })
    }

    /// The user that this record belongs to, if it belongs to one.
    pub fn owner(&self) -> Option<UserId> {
        match self {
            Self::Invitation(invitation) => Some(invitation.user),
            Self::Ticket(ticket) => Some(ticket.user),
            Self::Credential(credential) => Some(credential.user),
            Self::Session(session) => Some(session.user),
            Self::Attempt(attempt) => attempt.user,
            Self::Mail(mail) => Some(mail.user),
            Self::Throttle(throttle) => throttle.user,
            Self::ApiKey(key) => Some(key.user),
            Self::Tenant(_) | Self::Unit(_) | Self::Role(_) | Self::Employee(_) | Self::User(_) => None,
        }
    }
}

fn in_scope(record: &Record, scope: &Scope, view: &dyn View) -> bool {
    let Scope::Units(allowed) = scope else { return true };
    let unit_within = |unit: &OrgUnit| allowed.iter().any(|ancestor| unit.path.is_within(*ancestor));
    let any_within = |units: BTreeSet<UnitId>| {
        units.into_iter().any(|unit| match view.record(unit.into()) {
            Some(Record::Unit(unit)) => unit_within(unit),
            _ => false,
        })
    };
    let user_within = |user: &User| any_within(user.units());
    match record {
        Record::Unit(unit) => unit_within(unit),
        Record::Employee(employee) => any_within(employee.unit.into_iter().collect()),
        Record::User(user) => user_within(user),
        Record::Role(_) | Record::Tenant(_) => true,
        other => match other.owner().and_then(|user| view.record(user.into())) {
            Some(Record::User(user)) => user_within(user),
            _ => false,
        },
    }
}

fn is_above(candidate: EmployeeId, start: EmployeeId, view: &dyn View) -> bool {
    let supervisor = |employee: EmployeeId| match view.record(employee.into()) {
        Some(Record::Employee(employee)) => employee.supervisor,
        _ => None,
    };
    // A cycle cannot arise, but a store with one must not hang for it.
    let mut seen = BTreeSet::new();
    let mut above = supervisor(start);
    while let Some(employee) = above
        && seen.insert(employee)
    {
        if employee == candidate {
            return true;
        }
        above = supervisor(employee);
    }
    false
}
