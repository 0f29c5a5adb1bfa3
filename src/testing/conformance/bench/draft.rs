//! Commits in the making.

use std::time::Duration;

use super::{Bench, at, must};
use crate::clock::Timestamp;
use crate::id::CommitId;
use crate::model::{Actor, Affected, Entry, Event, Kept, Loaded, QueuedMail, RecordId, What};
use crate::store::{Change, Commit, CommitError, Committed, Counter, Guard, SetChange};

/// A commit in the making.
#[derive(Debug, Clone)]
pub(in super::super) struct Draft {
    bench: Bench,
    pub(in super::super) commit: Commit,
}

impl Bench {
    pub(in super::super) fn draft(&self) -> Draft {
        Draft {
            bench: self.clone(),
            commit: Commit {
                id: self.id(),
                tenant: self.tenant,
                at: at(0),
                guards: Vec::new(),
                changes: Vec::new(),
                events: Vec::new(),
                mail: Vec::new(),
            },
        }
    }
}

impl Draft {
    pub(in super::super) fn id(mut self, id: CommitId) -> Self {
        self.commit.id = id;
        self
    }

    pub(in super::super) fn at(mut self, at: Timestamp) -> Self {
        self.commit.at = at;
        self
    }

    pub(in super::super) fn guard<T: Kept>(mut self, loaded: &Loaded<T>) -> Self {
        self.commit.guards.push(Guard::on(loaded));
        self
    }

    pub(in super::super) fn change(mut self, change: Change) -> Self {
        self.commit.changes.push(change);
        self
    }

    pub(in super::super) fn insert<T: Kept>(self, value: T) -> Self {
        self.insert_entry(Entry::new(value))
    }

    pub(in super::super) fn insert_entry(self, entry: Entry) -> Self {
        self.change(Change::Insert(entry))
    }

    pub(in super::super) fn update<T: Kept>(self, loaded: &Loaded<T>, value: T) -> Self {
        self.change(Change::Update {
            expected: loaded.version,
            entry: Entry::new(value),
        })
    }

    pub(in super::super) fn remove<T: Kept>(self, loaded: &Loaded<T>) -> Self {
        self.change(Change::Remove {
            record: loaded.value.clone().into().id(),
            expected: loaded.version,
        })
    }

    pub(in super::super) fn set(self, set: SetChange) -> Self {
        self.change(Change::Set(set))
    }

    pub(in super::super) fn count(self, delta: i64, at_least: Option<i64>, at_most: Option<i64>) -> Self {
        self.change(Change::Count {
            counter: Counter::Seats,
            delta,
            at_least,
            at_most,
        })
    }

    pub(in super::super) fn mail(mut self, mail: QueuedMail) -> Self {
        self.commit.mail.push(mail);
        self
    }

    pub(in super::super) fn event(mut self, subject: impl Into<RecordId>, what: What) -> Self {
        self.commit.events.push(Event {
            at: self.commit.at,
            actor: Actor::Schedule,
            subject: subject.into(),
            what,
            affected: None,
            version: None,
        });
        self
    }

    /// The last event counts what the change at this index touches.
    pub(in super::super) fn counting(mut self, index: usize) -> Self {
        if let Some(event) = self.commit.events.last_mut() {
            event.affected = Some(Affected::ByChange(index));
        }
        self
    }

    /// Sends it; again, with the same id, for as long as the store says that it is busy.
    pub(in super::super) async fn send(&self) -> Result<Committed, CommitError> {
        let mut tries = 0;
        loop {
            match self.bench.store.commit(self.commit.clone()).await {
                Err(CommitError::Store(error)) if error.is_retryable() && tries < 100 => {
                    tries += 1;
                    tokio::time::sleep(Duration::from_millis(tries)).await;
                }
                answer => return answer,
            }
        }
    }

    /// Sends it; it must stand.
    pub(in super::super) async fn done(self) -> Committed {
        must("a commit that obeys every law", self.send().await)
    }
}
