//! Faults of mail, of what is due and of the feed.

use super::{Fault, Mutant, never, pause, shortly_before};
use crate::clock::Timestamp;
use crate::id::{CommitId, TenantId};
use crate::model::{Entry, Loaded, MailState, QueuedMail, RecordId, RecordKind, Version};
use crate::store::{Change, Commit, DueItem, FeedEntry, FeedPosition, MailBacklog, Query, StoreError};

type Leased = Vec<(TenantId, Loaded<QueuedMail>)>;

impl Mutant {
    pub(super) async fn broken_lease(
        &self,
        now: Timestamp,
        until: Timestamp,
        limit: u32,
    ) -> Result<Leased, StoreError> {
        let (now, limit) = match self.fault {
            Fault::LeasesTooEarly => (never(), limit),
            Fault::LeasesAll => (now, u32::MAX),
            Fault::LeasesUnwritten | Fault::LeasesEarly => return Ok(self.pick(now, until, limit).await),
            _ => (now, limit),
        };
        let mut leased = self.inner.lease_mail(now, until, limit).await?;
        match self.fault {
            Fault::LeasesNewestFirst => leased.reverse(),
            Fault::LeasesForEver => {
                let mut notes = self.notes();
                leased.retain(|(_, mail)| notes.leased.insert(mail.id));
            }
            Fault::LeasesOneTenant => {
                let first = self.notes().tenants.first().copied();
                leased.retain(|(tenant, _)| Some(*tenant) == first);
            }
            Fault::LeasesKeepVersions => {
                for (_, mail) in &mut leased {
                    mail.version = Version::new(mail.version.number() - 1);
                }
            }
            Fault::LeasesCountNothing => {
                for (_, mail) in &mut leased {
                    if let MailState::Leased { attempts, .. } = &mut mail.value.state {
                        *attempts -= 1;
                    }
                }
            }
            _ => {}
        }
        Ok(leased)
    }

    async fn waiting(&self) -> Leased {
        let tenants: Vec<TenantId> = self.notes().tenants.iter().copied().collect();
        let mut waiting = Vec::new();
        for tenant in tenants {
            let query = Query::new(RecordKind::Mail, Timestamp::EPOCH);
            let all = self.everything(tenant, query).await;
            waiting.extend(
                all.into_iter()
                    .filter_map(|mail| Some((tenant, mail.cast::<QueuedMail>()?))),
            );
        }
        waiting.retain(|(_, mail)| mail.ready_at().is_some());
        waiting.sort_by_key(|(_, mail)| mail.ready_at());
        waiting
    }

    /// Chooses first and writes later, or not at all.
    async fn pick(&self, now: Timestamp, until: Timestamp, limit: u32) -> Leased {
        let mut picked = self.waiting().await;
        picked.retain(|(_, mail)| mail.ready_at().is_some_and(|at| at <= now));
        picked.truncate(limit as usize);
        for (_, mail) in &mut picked {
            *mail = Loaded::new(mail.version.next(), mail.value.clone().leased(until));
        }
        if self.has(Fault::LeasesEarly) {
            pause().await;
            for (tenant, mail) in &picked {
                let Some(expected) = self.version(*tenant, mail.id.into()).await else {
                    continue;
                };
                let entry = Entry::new(mail.value.clone());
                let commit = Commit {
                    id: self.fresh_id(),
                    tenant: *tenant,
                    at: now,
                    guards: Vec::new(),
                    changes: vec![Change::Update { expected, entry }],
                    events: Vec::new(),
                    mail: Vec::new(),
                };
                // Whoever loses the race has the mail all the same.
                let _ = self.inner.commit(commit).await;
            }
        }
        picked
    }

    pub(super) async fn broken_backlog(&self) -> Result<MailBacklog, StoreError> {
        let mut backlog = self.inner.mail_backlog().await?;
        match self.fault {
            Fault::BacklogsLackAge => backlog.oldest_queued_at = None,
            Fault::BacklogsForgetLeased => {
                let leased = |mail: &&(TenantId, Loaded<QueuedMail>)| matches!(mail.1.state, MailState::Leased { .. });
                backlog.waiting -= self.waiting().await.iter().filter(leased).count() as u64;
            }
            _ => {}
        }
        Ok(backlog)
    }

    pub(super) async fn broken_due(
        &self,
        tenant: Option<TenantId>,
        as_of: Timestamp,
        after: Option<DueItem>,
        limit: u32,
    ) -> Result<Vec<DueItem>, StoreError> {
        let inner = &self.inner;
        match self.fault {
            Fault::DueTooEarly => inner.due(tenant, never(), after, limit).await,
            Fault::DueTooLate => inner.due(tenant, shortly_before(as_of), after, limit).await,
            Fault::DueIgnoresAfter => inner.due(tenant, as_of, None, limit).await,
            Fault::DueIgnoresLimit => inner.due(tenant, as_of, after, u32::MAX).await,
            Fault::DueIgnoresTenant => inner.due(None, as_of, after, limit).await,
            Fault::DueBackwards => {
                let mut items = inner.due(tenant, as_of, after, limit).await?;
                items.reverse();
                Ok(items)
            }
            Fault::DueSkipsTies => {
                let mut items = inner.due(tenant, as_of, after, u32::MAX).await?;
                items.retain(|item| after.is_none_or(|after| item.at > after.at));
                items.truncate(limit as usize);
                Ok(items)
            }
            Fault::DueRemembers => {
                let items = inner.due(tenant, as_of, after, limit).await?;
                let mut notes = self.notes();
                notes.due.extend(items);
                Ok(notes.due.iter().copied().take(limit as usize).collect())
            }
            _ => inner.due(tenant, as_of, after, limit).await,
        }
    }

    pub(super) async fn broken_events_about(
        &self,
        tenant: TenantId,
        subject: RecordId,
        before: Option<FeedPosition>,
        limit: u32,
    ) -> Result<Vec<FeedEntry>, StoreError> {
        let mut entries = match self.fault {
            Fault::AboutAnything => {
                let mut whole = self.inner.feed(tenant, FeedPosition::START, u32::MAX).await?;
                whole.reverse();
                whole.truncate(limit as usize);
                whole
            }
            Fault::AboutFromTheStart => self.inner.events_about(tenant, subject, None, limit).await?,
            Fault::AboutIgnoresLimit => self.inner.events_about(tenant, subject, before, u32::MAX).await?,
            _ => self.inner.events_about(tenant, subject, before, limit).await?,
        };
        match self.fault {
            Fault::AboutOldestFirst => entries.reverse(),
            Fault::AboutAnywhere => {
                for other in self.others(tenant) {
                    entries.extend(self.inner.events_about(other, subject, before, limit).await?);
                }
            }
            _ => {}
        }
        Ok(entries)
    }

    pub(super) async fn broken_feed(
        &self,
        tenant: TenantId,
        after: FeedPosition,
        limit: u32,
    ) -> Result<Vec<FeedEntry>, StoreError> {
        let whole = self.inner.feed(tenant, FeedPosition::START, u32::MAX).await?;
        let number = whole.len();
        let mut entries: Vec<FeedEntry> = whole
            .into_iter()
            .enumerate()
            .filter(|(n, entry)| match self.fault {
                Fault::FeedsRepeat => entry.position >= after,
                // The fifth event becomes visible when 150 are there.
                Fault::FeedsLag => entry.position > after && (*n != 4 || number >= 150),
                Fault::FeedsForget => entry.position > after && n + 10 >= number,
                _ => entry.position > after,
            })
            .map(|(_, entry)| entry)
            .collect();
        if !self.has(Fault::FeedsIgnoreLimit) {
            entries.truncate(limit as usize);
        }
        match self.fault {
            Fault::FeedsBackwards => entries.reverse(),
            Fault::FeedsAnonymous => {
                let nobody = CommitId::from_uuid(uuid::Uuid::nil());
                for entry in &mut entries {
                    entry.commit = nobody;
                }
            }
            Fault::RoundsEvents => {
                for entry in &mut entries {
                    let millis = entry.event.at.unix_micros() / 1_000 * 1_000;
                    entry.event.at = Timestamp::from_unix_micros(millis).unwrap_or(entry.event.at);
                }
            }
            Fault::FeedsAnywhere => {
                for other in self.others(tenant) {
                    entries.extend(self.inner.feed(other, after, limit).await?);
                }
            }
            _ => {}
        }
        Ok(entries)
    }
}
