//! How the example prints the event log: with names instead of ids.

use std::collections::BTreeMap;

use serde::Serialize;
use tenure::desk::Desk;
use tenure::model::{Actor, Event, RecordId, What};
use tenure::store::{FeedEntry, FeedPosition};
use tenure::{Error, Listing};
use uuid::Uuid;

/// What ids are called. Events keep no personal data, so that erasing somebody leaves the log readable.
pub(crate) struct Names(BTreeMap<Uuid, String>);

impl Names {
    /// The names of all users, employees, units and roles; invitations are called as those invited.
    pub(crate) async fn load(desk: &Desk) -> Result<Self, Error> {
        let all = || Listing::new().limit(1_000);
        let everybody = ["invited", "inactive", "active", "suspended", "disabled", "deleted"];
        let mut names = BTreeMap::new();
        for user in desk.users().list(all().status(everybody)).await?.items {
            names.insert(*user.id.as_uuid(), user.profile.display_name.to_string());
        }
        for employee in desk.employees().list(all()).await?.items {
            names.insert(*employee.id.as_uuid(), employee.full_name());
        }
        for invitation in desk.invitations().list(all()).await?.items {
            let invited = names.get(invitation.user.as_uuid()).cloned();
            names.insert(
                *invitation.id.as_uuid(),
                invited.unwrap_or_else(|| invitation.address.to_string()),
            );
        }
        for unit in desk.units().list(all()).await?.items {
            names.insert(*unit.id.as_uuid(), unit.name.to_string());
        }
        for role in desk.roles().list(all()).await?.items {
            names.insert(*role.id.as_uuid(), role.name.to_string());
        }
        Ok(Self(names))
    }

    fn actor(&self, actor: &Actor) -> String {
        match actor {
            Actor::User(user) | Actor::Subject(user) => self.named((*user).into()),
            Actor::System(reason) => format!("system ({reason})"),
            Actor::Schedule => "schedule".to_owned(),
            Actor::Founder => "founder".to_owned(),
        }
    }

    fn named(&self, record: RecordId) -> String {
        match self.0.get(record.uuid()) {
            Some(name) => name.clone(),
            None => record.kind().to_string(),
        }
    }

    /// One line about one event.
    pub(crate) fn line(&self, event: &Event) -> String {
        let time = event.at.to_offset_date_time().time();
        let (hour, minute, second) = time.as_hms();
        let (actor, what) = (self.actor(&event.actor), kind(&event.what));
        let details = self.details(event);
        format!("{hour:02}:{minute:02}:{second:02}  {actor:<20} {what:<20} {details}")
    }

    fn details(&self, event: &Event) -> String {
        let subject = self.named(event.subject);
        match &event.what {
            What::StatusChanged { verb, until, noted, .. } => {
                let until = until.map(|at| format!(", until {}", at.to_offset_date_time().date()));
                let noted = if *noted { ", with a reason" } else { "" };
                format!("{subject}: {verb}{}{noted}", until.unwrap_or_default())
            }
            What::UserCreated { status, .. } => format!("{subject}, {status}"),
            What::SessionsEnded { .. } => match event.affected {
                Some(tenure::model::Affected::Records(count)) => format!("{subject}: {count}"),
                _ => subject,
            },
            _ => subject,
        }
    }
}

/// The whole event log, page after page. Whoever reads on from the last position misses nothing.
pub(crate) async fn events(desk: &Desk) -> Result<Vec<FeedEntry>, Error> {
    let (mut all, mut position) = (Vec::new(), FeedPosition::START);
    loop {
        let page = desk.history().events(position, 500).await?;
        match page.last() {
            Some(last) => position = last.position,
            None => return Ok(all),
        }
        all.extend(page);
    }
}

/// How often each kind of event is in the log.
pub(crate) fn counts(events: &[FeedEntry]) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for entry in events {
        *counts.entry(kind(&entry.event.what)).or_default() += 1;
    }
    counts
}

fn kind(what: &What) -> String {
    let value = serde_json::to_value(what).unwrap_or_default();
    words(&value["event"])
}

/// What a name is in serde's form, in words: `WrongPassword` is `wrong password`.
pub(crate) fn words(name: &impl Serialize) -> String {
    let value = serde_json::to_value(name).unwrap_or_default();
    value.as_str().unwrap_or("?").replace('_', " ")
}
