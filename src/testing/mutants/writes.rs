//! Faults of versions, of atomicity, of counters and of touches.

use super::commits::Answered;
use super::{Fault, Mutant};
use crate::model::{ApiKey, Entry, Record, RecordId, Session, User};
use crate::store::{Change, Commit, CommitError, Committed, Counter};

impl Mutant {
    /// The same commit without anything in it, under another id.
    pub(super) fn empty(&self, commit: &Commit) -> Commit {
        Commit {
            id: self.fresh_id(),
            guards: Vec::new(),
            changes: Vec::new(),
            events: Vec::new(),
            mail: Vec::new(),
            ..commit.clone()
        }
    }

    pub(super) async fn split(&self, commit: Commit) -> Answered {
        let guards = commit.guards.clone();
        self.inner
            .commit(Commit {
                guards,
                ..self.empty(&commit)
            })
            .await?;
        let mut touched = Vec::new();
        for change in commit.changes.iter().cloned() {
            let changes = vec![change];
            touched.extend(
                self.inner
                    .commit(Commit {
                        changes,
                        ..self.empty(&commit)
                    })
                    .await?
                    .touched,
            );
        }
        let rest = Commit {
            events: commit.counted_events(&touched),
            mail: commit.mail.clone(),
            ..self.empty(&commit)
        };
        self.inner.commit(rest).await?;
        Ok(Committed { touched })
    }

    pub(super) async fn in_two(&self, mut commit: Commit) -> Answered {
        let mut first = self.empty(&commit);
        match self.fault {
            Fault::WritesEventsFirst => first.events = std::mem::take(&mut commit.events),
            Fault::QueuesMailFirst => first.mail = std::mem::take(&mut commit.mail),
            _ => {
                let moves = |change: &&Change| matches!(change, Change::Count { .. });
                first.changes = commit.changes.iter().filter(moves).cloned().collect();
                for change in &mut commit.changes {
                    if let Change::Count { delta, .. } = change {
                        *delta = 0;
                    }
                }
            }
        }
        self.inner.commit(first).await?;
        self.inner.commit(commit).await
    }

    pub(super) async fn any_version(&self, commit: &mut Commit) {
        let tenant = commit.tenant;
        for change in &mut commit.changes {
            match change {
                Change::Insert(entry) if self.has(Fault::InsertsOverwrite) => {
                    if let Some(expected) = self.version(tenant, entry.record.id()).await {
                        let entry = entry.clone();
                        *change = Change::Update { expected, entry };
                    }
                }
                Change::Update { expected, entry } if self.has(Fault::UpdatesAnyVersion) => {
                    *expected = self.version(tenant, entry.record.id()).await.unwrap_or(*expected);
                }
                Change::Update { expected, entry } if self.is_lowered(entry.record.id()) => {
                    *expected = expected.next();
                }
                Change::Remove { record, expected } if self.has(Fault::RemovesAnyVersion) => {
                    *expected = self.version(tenant, *record).await.unwrap_or(*expected);
                }
                _ => {}
            }
        }
    }

    fn is_lowered(&self, record: RecordId) -> bool {
        self.notes().lowered.contains(&record)
    }

    pub(super) fn rewrite_count(&self, change: &mut Change) {
        let Change::Count {
            counter,
            at_least,
            at_most,
            ..
        } = change
        else {
            return;
        };
        match self.fault {
            Fault::IgnoresMost => *at_most = None,
            Fault::IgnoresLeast => *at_least = None,
            Fault::MergesCounters => *counter = Counter::Seats,
            _ => {}
        }
    }

    /// Faults for which the stored record must be known.
    pub(super) async fn by_record(&self, mut commit: Commit) -> Answered {
        for change in &mut commit.changes {
            match change {
                Change::Update { entry, .. } if self.has(Fault::MergesUpdates) => {
                    let id = entry.record.id();
                    let before = self.stored(commit.tenant, crate::store::Lookup::Id(id)).await;
                    if let (Some(Record::User(before)), Record::User(user)) =
                        (before.map(|loaded| loaded.value), &entry.record)
                    {
                        let memberships = before.memberships.union(&user.memberships).copied().collect();
                        *entry = Entry::new(User {
                            memberships,
                            ..user.clone()
                        });
                    }
                }
                Change::Touch { record, seen_at } => {
                    let record = *record;
                    match self.stored(commit.tenant, record).await {
                        None if self.has(Fault::RefusesTouchOfNothing) => return Err(CommitError::Conflict { record }),
                        Some(loaded) if self.has(Fault::TouchesRaiseVersions) => {
                            if let Some(touched) = touched(&loaded.value, *seen_at) {
                                *change = Change::Update {
                                    expected: loaded.version,
                                    entry: Entry::new(touched),
                                };
                            }
                        }
                        Some(loaded) if self.has(Fault::TouchesAnything) => {
                            *change = Change::Update {
                                expected: loaded.version,
                                entry: Entry::new(loaded.value),
                            };
                        }
                        _ => {}
                    }
                }
                _ => {}
            }
        }
        self.inner.commit(commit).await
    }

    pub(super) async fn noting_touches(&self, commit: Commit) -> Answered {
        let changes = commit.changes.clone();
        let committed = self.inner.commit(commit).await?;
        let mut notes = self.notes();
        for change in changes {
            match (self.fault, change) {
                (Fault::TouchesBackwards, Change::Touch { record, seen_at }) => {
                    notes.seen.insert(record, seen_at);
                }
                (Fault::TouchesRevive, Change::Touch { record, seen_at }) => {
                    notes.revived.insert(record, seen_at);
                }
                (Fault::UpdatesUndoTouches, Change::Update { entry, .. }) => {
                    let seen_at = match &entry.record {
                        Record::Session(session) => Some(session.seen_at),
                        Record::ApiKey(key) => key.seen_at,
                        // A user who never logged in was undone to before all time.
                        Record::User(user) => user.last_login_at.or(Some(crate::clock::Timestamp::EPOCH)),
                        _ => None,
                    };
                    if let Some(seen_at) = seen_at {
                        notes.seen.insert(entry.record.id(), seen_at);
                    }
                }
                _ => {}
            }
        }
        Ok(committed)
    }
}

fn touched(record: &Record, seen_at: crate::clock::Timestamp) -> Option<Record> {
    match record {
        Record::Session(session) => Some(
            Session {
                seen_at,
                ..session.clone()
            }
            .into(),
        ),
        Record::ApiKey(key) => {
            let seen_at = Some(seen_at);
            Some(ApiKey { seen_at, ..key.clone() }.into())
        }
        Record::User(user) => {
            let last_login_at = Some(seen_at);
            Some(
                User {
                    last_login_at,
                    ..user.clone()
                }
                .into(),
            )
        }
        _ => None,
    }
}
