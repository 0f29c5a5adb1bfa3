//! Faults of commit ids.

use time::Duration;

use super::commits::Answered;
use super::{Answer, Fault, Mutant};
use crate::store::{Commit, CommitError, Committed};

impl Mutant {
    pub(super) async fn noting_ids(&self, mut commit: Commit) -> Answered {
        let place = (commit.tenant, commit.id);
        let (at, fingerprint) = (commit.at, commit.fingerprint());
        let known = self.notes().answers.get(&place).cloned();
        if let Some(known) = known {
            if let Some(answer) = self.wrong_answer(&commit, fingerprint, &known).await {
                return answer;
            }
            if self.is_forgotten(&commit, &known) {
                commit.id = self.fresh_id();
            }
        } else if self.is_foreign(&commit) {
            return Err(CommitError::IdReused);
        }
        let answer = self.inner.commit(commit).await;
        self.remember(place, at, fingerprint, &answer);
        answer
    }

    async fn wrong_answer(&self, commit: &Commit, fingerprint: [u8; 32], known: &Answer) -> Option<Answered> {
        let same = known.fingerprint == fingerprint;
        match self.fault {
            Fault::IgnoresContent => Some(Ok(known.committed.clone())),
            Fault::AnswersNothing if same => Some(Ok(Committed::default())),
            Fault::KeepsIdsForEver if !same => Some(Err(CommitError::IdReused)),
            Fault::GuardsBeforeIds => self.look_at_guards(commit).await.err().map(Err),
            _ => None,
        }
    }

    fn is_forgotten(&self, commit: &Commit, known: &Answer) -> bool {
        match self.fault {
            Fault::IgnoresIds => true,
            Fault::ForgetsIdsEarly => commit.at >= known.at.saturating_add(Duration::hours(23)),
            Fault::KeepsFewIds => self.notes().fresh > known.number + 100,
            _ => false,
        }
    }

    fn is_foreign(&self, commit: &Commit) -> bool {
        let notes = self.notes();
        match self.fault {
            Fault::SharesCommitIds => notes.answers.keys().any(|(_, id)| *id == commit.id),
            Fault::KeepsRefusedIds => notes.refused.contains(&commit.id),
            _ => false,
        }
    }

    fn remember(
        &self,
        place: (crate::id::TenantId, crate::id::CommitId),
        at: crate::clock::Timestamp,
        fingerprint: [u8; 32],
        answer: &Answered,
    ) {
        let mut notes = self.notes();
        notes.fresh += 1;
        let number = notes.fresh;
        match answer {
            Ok(committed) => {
                let committed = committed.clone();
                let answer = Answer {
                    number,
                    at,
                    fingerprint,
                    committed,
                };
                notes.answers.insert(place, answer);
            }
            Err(_) => {
                notes.refused.insert(place.1);
            }
        }
    }
}
