//! Faults of set changes.

use super::commits::Answered;
use super::{Fault, Mutant, pause};
use crate::id::TenantId;
use crate::model::{Entry, Loaded, Record, RecordId};
use crate::store::{Change, Commit, Committed, Query, SetChange};

impl Mutant {
    pub(super) fn rewrite_set(&self, change: &mut Change) {
        let Change::Set(set) = change else { return };
        match (self.fault, set) {
            (Fault::SetsKnowNoException, SetChange::EndSessions { except, .. }) => *except = None,
            (Fault::SetsKnowNoException, SetChange::MoveReports { except, .. }) => *except = None,
            (Fault::SetsKnowNoPurpose, SetChange::EndTickets { purpose, .. }) => *purpose = None,
            _ => {}
        }
    }

    /// Every record of the kind that a query lists.
    pub(super) async fn everything(&self, tenant: TenantId, query: Query) -> Vec<Loaded<Record>> {
        let mut query = query.limit(Query::MAX_LIMIT);
        let mut all = Vec::new();
        while let Ok(page) = self.inner.list(tenant, &query).await {
            all.extend(page.items);
            match page.next {
                Some(next) => query = query.after(Some(next)),
                None => break,
            }
        }
        all
    }

    async fn matching(&self, commit: &Commit, set: &SetChange) -> Vec<Change> {
        let all = self.everything(commit.tenant, Query::new(set.kind(), commit.at)).await;
        let update = |loaded: Loaded<Record>| {
            let mut entry = Entry::new(set.apply(&loaded.value)?);
            if self.has(Fault::SetsNameAnything) {
                entry.references.clear();
            }
            Some(Change::Update {
                expected: loaded.version,
                entry,
            })
        };
        all.into_iter().filter_map(update).collect()
    }

    pub(super) async fn expanding_sets(&self, mut commit: Commit) -> Answered {
        let mut sizes = Vec::new();
        let mut changes = Vec::new();
        for change in std::mem::take(&mut commit.changes) {
            let mut group = match change {
                Change::Set(set) => self.matching(&commit, &set).await,
                other => vec![other],
            };
            if self.has(Fault::SetsMissOne) && group.len() > 1 {
                group.pop();
            }
            sizes.push(group.len() as u64);
            changes.extend(group);
        }
        self.inner.commit(Commit { changes, ..commit }).await?;
        Ok(Committed { touched: sizes })
    }

    pub(super) async fn noting_sets(&self, commit: Commit) -> Answered {
        let mut lowered: Vec<RecordId> = Vec::new();
        for change in &commit.changes {
            if let Change::Set(set) = change
                && self.has(Fault::SetsKeepVersions)
            {
                let updates = self.matching(&commit, set).await;
                lowered.extend(updates.into_iter().filter_map(|update| match update {
                    Change::Update { entry, .. } => Some(entry.record.id()),
                    _ => None,
                }));
            }
        }
        let committed = self.inner.commit(commit).await?;
        self.notes().lowered.extend(lowered);
        Ok(committed)
    }

    pub(super) async fn sets_apart(&self, mut commit: Commit) -> Answered {
        let is_set = |change: &Change| matches!(change, Change::Set(_));
        let places: Vec<bool> = commit.changes.iter().map(is_set).collect();
        let (sets, rest): (Vec<_>, Vec<_>) = std::mem::take(&mut commit.changes).into_iter().partition(is_set);
        let sets = Commit {
            changes: sets,
            ..self.empty(&commit)
        };
        let rest = Commit {
            changes: rest,
            ..commit
        };
        let (sets, rest) = if sets.changes.is_empty() {
            (Committed::default(), self.inner.commit(rest).await?)
        } else if self.has(Fault::SetsFirst) {
            let sets = self.inner.commit(sets).await?;
            pause().await;
            (sets, self.inner.commit(rest).await?)
        } else {
            let rest = self.inner.commit(rest).await?;
            pause().await;
            (self.inner.commit(sets).await?, rest)
        };
        let (mut sets, mut rest) = (sets.touched.into_iter(), rest.touched.into_iter());
        let touched = places
            .into_iter()
            .filter_map(|set| if set { sets.next() } else { rest.next() });
        Ok(Committed {
            touched: touched.collect(),
        })
    }
}
