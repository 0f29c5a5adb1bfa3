//! The event log, as it is shown: filters, and what of it lies in the scope of whoever reads.

use std::collections::{BTreeMap, BTreeSet};

use super::context::Context;
use super::rights::{Place, Units};
use crate::clock::Timestamp;
use crate::id::UserId;
use crate::model::{Actor, Event, Loaded, Record, RecordId, What};
use crate::store::{FeedEntry, FeedPosition, Lookup};

use super::operation::Operation;

/// Which events are looked for, and from where on. Whatever is not said does not matter.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct EventSearch {
    /// Behind this place of the log.
    pub after: FeedPosition,
    /// About this record.
    pub subject: Option<RecordId>,
    /// Done by this user, through a session, an API key or a link.
    pub actor: Option<UserId>,
    /// Of these names: `user_created`, `status_changed` and so on.
    pub names: BTreeSet<String>,
    /// Not before this instant.
    pub since: Option<Timestamp>,
    /// Before this instant.
    pub until: Option<Timestamp>,
}

impl EventSearch {
    /// How many events a call that searches for none reads at most.
    pub const MOST_READ: u32 = 10_000;
    /// How many events are looked through in one call.
    pub const LOOKED_THROUGH: u32 = 1_000;

    /// Every event.
    pub fn new() -> Self {
        Self::default()
    }

    /// Behind this place of the log.
    pub fn after(self, after: FeedPosition) -> Self {
        Self { after, ..self }
    }

    /// Only what is about this record.
    pub fn about(self, subject: impl Into<RecordId>) -> Self {
        Self {
            subject: Some(subject.into()),
            ..self
        }
    }

    /// Only what this user did.
    pub fn by(self, actor: UserId) -> Self {
        Self {
            actor: Some(actor),
            ..self
        }
    }

    /// Only events of these names, as they stand in [`What`]'s serde form: `status_changed`, say.
    pub fn named<S: Into<String>>(self, names: impl IntoIterator<Item = S>) -> Self {
        Self {
            names: names.into_iter().map(Into::into).collect(),
            ..self
        }
    }

    /// Only what happened then or later.
    pub fn since(self, since: Timestamp) -> Self {
        Self {
            since: Some(since),
            ..self
        }
    }

    /// Only what happened earlier.
    pub fn until(self, until: Timestamp) -> Self {
        Self {
            until: Some(until),
            ..self
        }
    }

    /// Whether an event is among those that are looked for.
    pub fn passes(&self, event: &Event) -> bool {
        self.subject.is_none_or(|subject| is_about(event, subject))
            && self.actor.is_none_or(|actor| event.actor.user() == Some(actor))
            && (self.names.is_empty() || self.names.contains(&event.what.name()))
            && self.since.is_none_or(|since| event.at >= since)
            && self.until.is_none_or(|until| event.at < until)
    }
}

/// Some events of a search.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct FeedPage {
    /// The events, in the order of the feed.
    pub entries: Vec<FeedEntry>,
    /// How far was looked: the next search begins here.
    pub position: FeedPosition,
    /// Whether there are more events behind that already. A page may be empty and have more behind it.
    pub more: bool,
}

impl FeedPage {
    /// A page of what was found and may be seen.
    pub(crate) fn new(entries: Vec<FeedEntry>, position: FeedPosition, more: bool) -> Self {
        Self {
            entries,
            position,
            more,
        }
    }
}

/// An event about an invitation, a session or an API key is about its user as well.
fn is_about(event: &Event, subject: RecordId) -> bool {
    event.subject == subject || whose(event).is_some_and(|user| RecordId::User(user) == subject)
}

/// The user whom an event names beside its subject.
fn whose(event: &Event) -> Option<UserId> {
    match &event.what {
        What::InvitationAccepted { user, .. }
        | What::InvitationCancelled { user, .. }
        | What::InvitationExpired { user, .. }
        | What::InvitationLinkHandedOut { user }
        | What::SessionEnded { user, .. }
        | What::ApiKeyCreated { user, .. }
        | What::ApiKeyRevoked { user } => Some(*user),
        _ => None,
    }
}

/// The records that have to be seen to tell whether events lie in a scope.
pub fn named<'a>(events: impl IntoIterator<Item = &'a Event>) -> BTreeSet<Lookup> {
    let place = |event: &Event| match whose(event) {
        Some(user) => Some(RecordId::User(user)),
        None => match event.subject {
            place @ (RecordId::User(_) | RecordId::Employee(_) | RecordId::Unit(_)) => Some(place),
            _ => None,
        },
    };
    events.into_iter().filter_map(place).map(Lookup::Id).collect()
}

/// Whether an event lies in the scope in which the actor may read the log: what is about users, employees and units of theirs.
/// What is about the tenant as a whole, its roles, and records that are no more, is for those who read everywhere. The same
/// goes for what the host's own code did, whose reasons may name anything.
pub fn may_see(cx: &Context, event: &Event, records: &BTreeMap<RecordId, Loaded<Record>>, units: &Units) -> bool {
    if cx.may(Operation::ReadEvents, Place::Everywhere) {
        return true;
    }
    if matches!(event.actor, Actor::System(_)) {
        return false;
    }
    let subject = whose(event).map_or(event.subject, RecordId::User);
    let Some(record) = records.get(&subject) else {
        return false;
    };
    let homes = match &record.value {
        Record::User(user) => user.units(),
        Record::Employee(employee) => employee.unit.into_iter().collect(),
        Record::Unit(unit) => return cx.may(Operation::ReadEvents, Place::In(&unit.path)),
        _ => return false,
    };
    homes.iter().any(|unit| {
        let unit = units.0.get(unit);
        unit.is_some_and(|unit| cx.may(Operation::ReadEvents, Place::In(&unit.path)))
    })
}
