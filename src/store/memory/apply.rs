//! Applying a commit: step by step on the shelf itself, and step by step back where a step is refused.

use std::mem;

use time::Duration;

use super::shelf::{Answered, Shelf, Slot};
use crate::clock::Timestamp;
use crate::id::CommitId;
use crate::model::{Entry, RecordId, RecordKind, Version};
use crate::store::{Change, Commit, CommitError, Committed, Counter, FeedEntry, FeedPosition, SetChange, View};

/// How long a commit's answer is kept (law 7).
const ANSWERS_KEPT: Duration = Duration::hours(24);

impl Shelf {
    /// Applies a commit whole, or leaves everything as it was.
    pub(super) fn commit(&mut self, mut commit: Commit, fingerprint: [u8; 32]) -> Result<Committed, CommitError> {
        if let Some(answer) = self.answer(commit.id, commit.at) {
            return if answer.fingerprint == fingerprint {
                Ok(answer.committed.clone())
            } else {
                Err(CommitError::IdReused)
            };
        }
        let changes = mem::take(&mut commit.changes);
        let mut attempt = Attempt::new(self);
        match attempt.apply(&commit, changes) {
            Ok(touched) => {
                let committed = Committed { touched };
                self.write_log(&commit, &committed);
                self.remember(&commit, fingerprint, committed.clone());
                Ok(committed)
            }
            Err(refusal) => {
                attempt.undo();
                Err(refusal)
            }
        }
    }

    fn answer(&self, id: CommitId, at: Timestamp) -> Option<&Answered> {
        self.answered
            .get(&id)
            .filter(|answer| at < answer.at.saturating_add(ANSWERS_KEPT))
    }

    fn write_log(&mut self, commit: &Commit, committed: &Committed) {
        for event in commit.counted_events(&committed.touched) {
            let position = FeedPosition(self.log.len() as u64 + 1, 0);
            self.log.push(FeedEntry {
                position,
                commit: commit.id,
                event,
            });
        }
    }

    fn remember(&mut self, commit: &Commit, fingerprint: [u8; 32], committed: Committed) {
        while let Some((at, id)) = self.answered_at.first().copied()
            && at.saturating_add(ANSWERS_KEPT) <= commit.at
        {
            self.answered_at.remove(&(at, id));
            self.answered.remove(&id);
        }
        let answer = Answered {
            at: commit.at,
            fingerprint,
            committed,
        };
        self.answered.insert(commit.id, answer);
        self.answered_at.insert((commit.at, commit.id));
    }
}

/// A commit under way.
struct Attempt<'a> {
    shelf: &'a mut Shelf,
    /// What stood where, in the order of the writes.
    records: Vec<(RecordId, Option<Box<Slot>>)>,
    counters: Vec<(Counter, Option<i64>)>,
    removed: Vec<RecordId>,
}

impl<'a> Attempt<'a> {
    fn new(shelf: &'a mut Shelf) -> Self {
        Self {
            shelf,
            records: Vec::new(),
            counters: Vec::new(),
            removed: Vec::new(),
        }
    }

    fn apply(&mut self, commit: &Commit, changes: Vec<Change>) -> Result<Vec<u64>, CommitError> {
        for guard in &commit.guards {
            self.expect(guard.record, guard.version)?;
        }
        let touched = changes
            .into_iter()
            .map(|change| self.change(change))
            .collect::<Result<_, _>>()?;
        for entry in commit.mail_entries() {
            self.insert(entry)?;
        }
        self.check_references()?;
        Ok(touched)
    }

    fn change(&mut self, change: Change) -> Result<u64, CommitError> {
        match change {
            Change::Insert(entry) => self.insert(entry)?,
            Change::Update { expected, entry } => self.update(expected, entry)?,
            Change::Remove { record, expected } => {
                self.expect(record, expected)?;
                self.remove(record);
            }
            Change::Set(set) => return self.set(&set),
            Change::Count {
                counter,
                delta,
                at_least,
                at_most,
            } => self.count(counter, delta, at_least, at_most)?,
            Change::Touch { record, seen_at } => self.touch(record, seen_at),
            Change::Unknown(what) => return Err(CommitError::Unsupported { what }),
        }
        Ok(1)
    }

    fn expect(&self, record: RecordId, version: Version) -> Result<(), CommitError> {
        match self.shelf.slot(record) {
            Some(slot) if slot.version == version => Ok(()),
            _ => Err(CommitError::Conflict { record }),
        }
    }

    fn insert(&mut self, entry: Entry) -> Result<(), CommitError> {
        let record = entry.record.id();
        if self.shelf.slot(record).is_some() {
            return Err(CommitError::Conflict { record });
        }
        self.write(Version::FIRST, entry)
    }

    fn update(&mut self, expected: Version, mut entry: Entry) -> Result<(), CommitError> {
        let id = entry.record.id();
        self.expect(id, expected)?;
        if let Some(before) = self.shelf.slot(id) {
            entry.record.keep_touch(&before.entry.record);
        }
        self.write(expected.next(), entry)
    }

    fn write(&mut self, version: Version, entry: Entry) -> Result<(), CommitError> {
        let id = entry.record.id();
        let taken = |key| self.shelf.holder(key).is_some_and(|holder| holder != id);
        if let Some(key) = entry.keys.iter().find(|key| taken(key)).cloned() {
            return Err(CommitError::Duplicate { key });
        }
        self.replace(id, Some(Box::new(Slot { version, entry })));
        Ok(())
    }

    fn remove(&mut self, record: RecordId) {
        self.replace(record, None);
        self.removed.push(record);
        let owned: Vec<RecordId> = self.shelf.named_by(record, true).collect();
        for id in owned {
            // What owns itself, or is owned twice over, may be gone by now.
            if self.shelf.slot(id).is_some() {
                self.remove(id);
            }
        }
    }

    fn set(&mut self, set: &SetChange) -> Result<u64, CommitError> {
        let candidates = match set {
            SetChange::EndSessions { user, .. }
            | SetChange::EndTickets { user, .. }
            | SetChange::RevokeApiKeys { user, .. } => self.shelf.ids_of_user(*user, set.kind()),
            SetChange::MoveReports { from, .. } => self.shelf.named_by((*from).into(), false).collect(),
        };
        let mut touched = 0;
        for id in candidates {
            if let Some(slot) = self.shelf.slot(id)
                && let Some(record) = set.apply(&slot.entry.record)
            {
                self.write(slot.version.next(), Entry::new(record))?;
                touched += 1;
            }
        }
        Ok(touched)
    }

    fn count(
        &mut self,
        counter: Counter,
        delta: i64,
        at_least: Option<i64>,
        at_most: Option<i64>,
    ) -> Result<(), CommitError> {
        let before = self.shelf.counters.get(&counter).copied();
        let value = before.unwrap_or(0).saturating_add(delta);
        let in_bounds = at_least.is_none_or(|least| value >= least) && at_most.is_none_or(|most| value <= most);
        if !in_bounds {
            return Err(CommitError::OutOfBounds { counter, value });
        }
        self.counters.push((counter, before));
        self.shelf.counters.insert(counter, value);
        Ok(())
    }

    fn touch(&mut self, record: RecordId, seen_at: Timestamp) {
        let Some(slot) = self.shelf.slot(record) else {
            return;
        };
        let Some(touched) = slot.entry.record.touched(seen_at) else {
            return;
        };
        let slot = Slot {
            version: slot.version,
            entry: Entry {
                record: touched,
                ..slot.entry.clone()
            },
        };
        self.replace(record, Some(Box::new(slot)));
    }

    fn check_references(&self) -> Result<(), CommitError> {
        for (from, _) in &self.records {
            let Some(slot) = self.shelf.slot(*from) else { continue };
            let exists = |to| self.shelf.slot(to).is_some();
            if let Some(missing) = slot.entry.references.iter().find(|reference| !exists(reference.to)) {
                return Err(CommitError::MissingReference {
                    from: *from,
                    to: missing.to,
                });
            }
        }
        self.removed.iter().try_for_each(|record| self.check_unused(*record))
    }

    fn check_unused(&self, record: RecordId) -> Result<(), CommitError> {
        if self.shelf.slot(record).is_some() {
            return Ok(());
        }
        let by = |id: RecordId| id.kind();
        let users: Vec<RecordKind> = self.shelf.named_by(record, false).map(by).collect();
        match users.first() {
            Some(&by) => Err(CommitError::InUse {
                record,
                by,
                count: users.iter().filter(|kind| **kind == by).count() as u64,
            }),
            None => Ok(()),
        }
    }

    fn replace(&mut self, id: RecordId, slot: Option<Box<Slot>>) {
        let before = self.shelf.replace(id, slot);
        self.records.push((id, before));
    }

    fn undo(self) {
        for (id, before) in self.records.into_iter().rev() {
            self.shelf.replace(id, before);
        }
        for (counter, before) in self.counters.into_iter().rev() {
            match before {
                Some(value) => self.shelf.counters.insert(counter, value),
                None => self.shelf.counters.remove(&counter),
            };
        }
    }
}
