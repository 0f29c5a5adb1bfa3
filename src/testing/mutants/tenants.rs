//! Faults that let tenants meet.

use super::commits::Answered;
use super::{Fault, Mutant};
use crate::store::{Change, Commit, CommitError};

impl Mutant {
    pub(super) async fn across_tenants(&self, commit: Commit) -> Answered {
        let others = self.others(commit.tenant);
        match self.fault {
            Fault::SharesIds => {
                for change in &commit.changes {
                    let Change::Insert(entry) = change else { continue };
                    let record = entry.record.id();
                    for other in &others {
                        if self.version(*other, record).await.is_some() {
                            return Err(CommitError::Conflict { record });
                        }
                    }
                }
                self.inner.commit(commit).await
            }
            Fault::WritesAnywhere => {
                let mut answer = self.inner.commit(commit.clone()).await;
                for other in others {
                    if answer.is_err() {
                        answer = self
                            .inner
                            .commit(Commit {
                                tenant: other,
                                ..commit.clone()
                            })
                            .await;
                    }
                }
                answer
            }
            _ => {
                let spreads = |change: &&Change| !matches!(change, Change::Insert(_) | Change::Update { .. });
                let changes: Vec<_> = commit.changes.iter().filter(spreads).cloned().collect();
                let spread = Commit {
                    changes,
                    ..self.empty(&commit)
                };
                let committed = self.inner.commit(commit).await?;
                for tenant in others {
                    // What does not fit there does no harm there.
                    let _ = self
                        .inner
                        .commit(Commit {
                            tenant,
                            ..spread.clone()
                        })
                        .await;
                }
                Ok(committed)
            }
        }
    }
}
