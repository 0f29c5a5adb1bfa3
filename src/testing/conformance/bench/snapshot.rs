//! All that can be seen of a tenant.

use super::{Bench, at, must};
use crate::model::{Loaded, Record, RecordKind, StatusKind};
use crate::store::{Counter, DueItem, FeedEntry, MailBacklog, Query};

/// All that can be seen of a tenant, and the backlog of mail of all.
#[derive(Debug, PartialEq, Eq)]
pub(in super::super) struct Snapshot {
    records: Vec<Loaded<Record>>,
    counters: [i64; 2],
    events: Vec<FeedEntry>,
    due: Vec<DueItem>,
    backlog: MailBacklog,
}

impl Bench {
    pub(in super::super) async fn snapshot(&self) -> Snapshot {
        let far = at(1_000_000_000);
        Snapshot {
            records: self.records().await,
            counters: [
                self.counter(Counter::Seats).await,
                self.counter(Counter::Administrators).await,
            ],
            events: self.feed().await,
            due: must("due", self.store.due(Some(self.tenant), far, None, 10_000).await),
            backlog: must("backlog", self.store.mail_backlog().await),
        }
    }

    /// Every record of the tenant, deleted users included.
    pub(in super::super) async fn records(&self) -> Vec<Loaded<Record>> {
        let mut records = Vec::new();
        for kind in RecordKind::ALL {
            records.extend(self.whole(Query::new(*kind, at(0))).await);
        }
        let deleted = Query::new(RecordKind::User, at(0)).status([StatusKind::Deleted.as_str()]);
        records.extend(self.whole(deleted).await);
        records
    }

    async fn whole(&self, query: Query) -> Vec<Loaded<Record>> {
        let mut query = query.limit(Query::MAX_LIMIT);
        let mut all = Vec::new();
        loop {
            let page = self.list(&query).await;
            all.extend(page.items);
            match page.next {
                Some(next) => query = query.after(Some(next)),
                None => return all,
            }
        }
    }
}
