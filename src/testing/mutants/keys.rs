//! Faults of keys and references.

use super::commits::{Answered, entries};
use super::{Fault, Mutant};
use crate::store::{Change, Commit, CommitError, Lookup};

impl Mutant {
    pub(super) async fn noting_keys(&self, commit: Commit) -> Answered {
        if self.has(Fault::GuardsAfterKeys) {
            self.look_at_keys(&commit).await?;
            return self.inner.commit(commit).await;
        }
        self.collide(&commit)?;
        let taken: Vec<_> = entries(&commit)
            .flat_map(|entry| entry.keys.iter().map(|key| (key.clone(), entry.record.id())))
            .collect();
        let tenant = commit.tenant;
        let committed = self.inner.commit(commit).await?;
        let keys = taken.into_iter().map(|(key, record)| ((tenant, key), record));
        self.notes().keys.extend(keys);
        Ok(committed)
    }

    fn collide(&self, commit: &Commit) -> Result<(), CommitError> {
        let notes = self.notes();
        for entry in entries(commit) {
            let id = entry.record.id();
            for key in &entry.keys {
                let own = notes.keys.get(&(commit.tenant, key.clone()));
                let elsewhere = notes
                    .keys
                    .keys()
                    .any(|(tenant, held)| *tenant != commit.tenant && held == key);
                let collides = match self.fault {
                    Fault::KeepsKeys => own.is_some_and(|holder| *holder != id),
                    Fault::CollidesWithItself => own == Some(&id),
                    _ => elsewhere,
                };
                if collides {
                    return Err(CommitError::Duplicate { key: key.clone() });
                }
            }
        }
        Ok(())
    }

    pub(super) async fn references_at_once(&self, commit: Commit) -> Answered {
        let mut written = Vec::new();
        for change in &commit.changes {
            if let Change::Insert(entry) | Change::Update { entry, .. } = change {
                let from = entry.record.id();
                for reference in &entry.references {
                    let to = reference.to;
                    if !written.contains(&to) && self.stored(commit.tenant, Lookup::Id(to)).await.is_none() {
                        return Err(CommitError::MissingReference { from, to });
                    }
                }
                written.push(from);
            }
        }
        self.inner.commit(commit).await
    }
}
