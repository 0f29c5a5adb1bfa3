//! Which way a commit takes through a mutant.

use super::{Fault, Mutant, pause};
use crate::model::Entry;
use crate::store::{Change, Commit, CommitError, Committed};

pub(super) type Answered = Result<Committed, CommitError>;

impl Mutant {
    pub(super) async fn broken_commit(&self, mut commit: Commit) -> Answered {
        use Fault as F;
        match self.fault {
            F::SplitsCommits => self.split(commit).await,
            F::WritesEventsFirst | F::QueuesMailFirst | F::CountsFirst => self.in_two(commit).await,
            F::AnswersEarly => {
                let touched = vec![1; commit.changes.len()];
                let inner = self.inner.clone();
                tokio::spawn(async move {
                    pause().await;
                    inner.commit(commit).await
                });
                Ok(Committed { touched })
            }
            F::InsertsOverwrite | F::UpdatesAnyVersion | F::RemovesAnyVersion | F::SetsKeepVersions => {
                self.any_version(&mut commit).await;
                self.noting_sets(commit).await
            }
            F::GuardsEarly
            | F::VersionsEarly
            | F::KeysEarly
            | F::ReferencesEarly
            | F::BoundsEarly
            | F::LosesMoves
            | F::IdsEarly => self.too_early(commit).await,
            F::GuardsAfterKeys | F::KeepsKeys | F::CollidesWithItself | F::SharesKeys => self.noting_keys(commit).await,
            F::ReferencesAtOnce => self.references_at_once(commit).await,
            F::SharesIds | F::WritesAnywhere | F::WritesEverywhere => self.across_tenants(commit).await,
            F::SetsMissOne | F::SetsNameAnything => self.expanding_sets(commit).await,
            F::SetsFirst | F::SetsLast => self.sets_apart(commit).await,
            F::IgnoresIds
            | F::AnswersNothing
            | F::IgnoresContent
            | F::GuardsBeforeIds
            | F::ForgetsIdsEarly
            | F::KeepsFewIds
            | F::KeepsIdsForEver
            | F::KeepsRefusedIds
            | F::SharesCommitIds => self.noting_ids(commit).await,
            F::MergesUpdates | F::TouchesRaiseVersions | F::RefusesTouchOfNothing | F::TouchesAnything => {
                self.by_record(commit).await
            }
            F::TouchesBackwards | F::TouchesRevive | F::UpdatesUndoTouches => self.noting_touches(commit).await,
            F::ReversesChanges => {
                commit.changes.reverse();
                let mut committed = self.inner.commit(commit).await?;
                committed.touched.reverse();
                Ok(committed)
            }
            F::SetsMiscount => {
                let sets: Vec<bool> = commit
                    .changes
                    .iter()
                    .map(|change| matches!(change, Change::Set(_)))
                    .collect();
                let mut committed = self.inner.commit(commit).await?;
                let counts = committed.touched.iter_mut().zip(sets);
                counts.filter(|(_, set)| *set).for_each(|(count, _)| *count += 1);
                Ok(committed)
            }
            F::CountsOneUse => self.inner.commit(commit).await.map_err(|refusal| match refusal {
                CommitError::InUse { record, by, .. } => CommitError::InUse { record, by, count: 1 },
                other => other,
            }),
            _ => {
                self.rewrite(&mut commit);
                self.inner.commit(commit).await
            }
        }
    }

    /// Faults that are a commit of another content.
    fn rewrite(&self, commit: &mut Commit) {
        use Fault as F;
        match self.fault {
            F::DropsEvents => commit.events.clear(),
            F::DropsMail => commit.mail.clear(),
            F::DropsGuards => commit.guards.clear(),
            F::LogsNoCounts => commit.events.iter_mut().for_each(|event| event.affected = None),
            F::SkipsUnknownChanges => commit.changes.retain(|change| !matches!(change, Change::Unknown(_))),
            F::RemovesFirst => commit
                .changes
                .sort_by_key(|change| !matches!(change, Change::Remove { .. })),
            F::IgnoresReferences(..) => {
                let mail: Vec<_> = commit.mail.drain(..).map(Entry::new).map(Change::Insert).collect();
                commit.changes.extend(mail);
            }
            _ => {}
        }
        let changes = std::mem::take(&mut commit.changes);
        commit.changes = changes.into_iter().map(|change| self.rewritten(change)).collect();
    }

    fn rewritten(&self, mut change: Change) -> Change {
        if let Some(entry) = entry_of(&mut change) {
            self.rewrite_entry(entry);
        }
        self.rewrite_count(&mut change);
        self.rewrite_set(&mut change);
        // A touch of a counter that does not move is a touch of nothing.
        match change {
            Change::Touch { .. } if self.has(Fault::DropsTouches) => Change::Count {
                counter: crate::store::Counter::Seats,
                delta: 0,
                at_least: None,
                at_most: None,
            },
            other => other,
        }
    }

    pub(super) fn rewrite_entry(&self, entry: &mut Entry) {
        match self.fault {
            Fault::IgnoresKeys(space) => entry.keys.retain(|key| key.space != space),
            Fault::FoldsKeys => entry.keys.iter_mut().for_each(|key| key.bytes.make_ascii_lowercase()),
            Fault::MergesSpaces => {
                for key in &mut entry.keys {
                    if key.space == crate::model::KeySpace::Signature {
                        key.space = crate::model::KeySpace::RoleName;
                    }
                }
            }
            Fault::IgnoresReferences(from, to) if entry.record.kind() == from => {
                entry.references.retain(|reference| reference.to.kind() != to);
            }
            _ => {}
        }
    }
}

/// The entry that a change writes.
pub(super) fn entry_of(change: &mut Change) -> Option<&mut Entry> {
    match change {
        Change::Insert(entry) | Change::Update { entry, .. } => Some(entry),
        _ => None,
    }
}

/// Every entry that a commit writes.
pub(super) fn entries(commit: &Commit) -> impl Iterator<Item = &Entry> {
    commit.changes.iter().filter_map(|change| match change {
        Change::Insert(entry) | Change::Update { entry, .. } => Some(entry),
        _ => None,
    })
}
