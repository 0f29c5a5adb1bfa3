//! Faults that look first and write later: right for one caller, wrong for two at once.

use super::commits::{Answered, entries, entry_of};
use super::{Answer, Fault, Mutant, pause};
use crate::model::{KeySpace, RecordKind};
use crate::store::{Change, Commit, CommitError, Lookup};

impl Mutant {
    pub(super) async fn too_early(&self, mut commit: Commit) -> Answered {
        match self.fault {
            Fault::GuardsEarly => {
                self.look_at_guards(&commit).await?;
                pause().await;
                commit.guards.clear();
            }
            Fault::VersionsEarly => return self.versions_early(commit).await,
            Fault::KeysEarly => {
                self.look_at_keys(&commit).await?;
                pause().await;
                for entry in commit.changes.iter_mut().filter_map(entry_of) {
                    entry.keys.retain(|key| key.space != KeySpace::Login);
                }
            }
            Fault::ReferencesEarly => {
                self.look_at_references(&commit).await?;
                pause().await;
                for entry in commit.changes.iter_mut().filter_map(entry_of) {
                    entry
                        .references
                        .retain(|reference| reference.to.kind() != RecordKind::Role);
                }
            }
            Fault::IdsEarly => return self.ids_early(commit).await,
            _ => self.counters_early(&mut commit).await?,
        }
        self.inner.commit(commit).await
    }

    pub(super) async fn look_at_guards(&self, commit: &Commit) -> Result<(), CommitError> {
        for guard in &commit.guards {
            if self.version(commit.tenant, guard.record).await != Some(guard.version) {
                return Err(CommitError::Conflict { record: guard.record });
            }
        }
        Ok(())
    }

    pub(super) async fn look_at_keys(&self, commit: &Commit) -> Result<(), CommitError> {
        for entry in entries(commit) {
            for key in &entry.keys {
                let holder = self.stored(commit.tenant, key.clone()).await;
                if holder.is_some_and(|holder| holder.value.id() != entry.record.id()) {
                    return Err(CommitError::Duplicate { key: key.clone() });
                }
            }
        }
        Ok(())
    }

    async fn look_at_references(&self, commit: &Commit) -> Result<(), CommitError> {
        for entry in entries(commit) {
            for reference in &entry.references {
                if self.stored(commit.tenant, Lookup::Id(reference.to)).await.is_none() {
                    return Err(CommitError::MissingReference {
                        from: entry.record.id(),
                        to: reference.to,
                    });
                }
            }
        }
        Ok(())
    }

    async fn versions_early(&self, mut commit: Commit) -> Answered {
        for change in &commit.changes {
            if let Change::Update { expected, entry } = change
                && self.version(commit.tenant, entry.record.id()).await != Some(*expected)
            {
                return Err(CommitError::Conflict {
                    record: entry.record.id(),
                });
            }
        }
        pause().await;
        for change in &mut commit.changes {
            if let Change::Update { expected, entry } = change {
                *expected = self
                    .version(commit.tenant, entry.record.id())
                    .await
                    .unwrap_or(*expected);
            }
        }
        self.inner.commit(commit).await
    }

    async fn counters_early(&self, commit: &mut Commit) -> Result<(), CommitError> {
        for change in &mut commit.changes {
            let Change::Count {
                counter,
                delta,
                at_least,
                at_most,
            } = change
            else {
                continue;
            };
            let before = self.inner.counter(commit.tenant, *counter).await?;
            pause().await;
            if self.has(Fault::LosesMoves) {
                *delta += before - self.inner.counter(commit.tenant, *counter).await?;
                continue;
            }
            let value = before + *delta;
            if at_most.is_some_and(|most| value > most) || at_least.is_some_and(|least| value < least) {
                return Err(CommitError::OutOfBounds {
                    counter: *counter,
                    value,
                });
            }
            (*at_least, *at_most) = (None, None);
        }
        Ok(())
    }

    async fn ids_early(&self, mut commit: Commit) -> Answered {
        let place = (commit.tenant, commit.id);
        let known = self.notes().answers.get(&place).cloned();
        if let Some(known) = known {
            return Ok(known.committed);
        }
        pause().await;
        commit.id = self.fresh_id();
        let (at, fingerprint) = (commit.at, commit.fingerprint());
        let committed = self.inner.commit(commit).await?;
        let answer = Answer {
            number: 0,
            at,
            fingerprint,
            committed: committed.clone(),
        };
        self.notes().answers.insert(place, answer);
        Ok(committed)
    }
}
