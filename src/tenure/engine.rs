//! The engine: carries decisions out.

use std::collections::BTreeSet;

use super::Tenure;
use crate::clock::Timestamp;
use crate::error::{Denied, Error};
use crate::id::{CommitId, Seed, TenantId};
use crate::model::{Actor, Invitation, Kept, Loaded, Record, RecordId, Tenant, UniqueKey, User, UserStatus};
use crate::rules::due::{DueRecord, settle};
use crate::rules::rights::Rights;
use crate::rules::{Context, Decision, refusal};
use crate::secret::{RandomError, random_bytes};
use crate::store::{Commit, CommitError, Committed, DueItem, Lookup, StoreError, StoreErrorKind, StoreExt};

/// How often a command is decided anew because others were faster.
const TRIES: usize = 12;
/// How often a commit is repeated whose answer was lost. It is the same commit, so it stands once at most.
const REPEATS: usize = 3;
/// How many pages of what is due are settled for one act of many at most. Where more is due, nobody calls `settle_due`.
const SETTLED_FOR_MANY: usize = 32;
/// How many due records a refused command settles before it is tried again.
const SETTLED_AT_ONCE: u32 = 200;

/// What became of a commit.
#[derive(Debug)]
pub(crate) enum Outcome<T> {
    /// It stands.
    Done(T),
    /// Others changed what it was decided on.
    Conflict,
    /// It cannot stand; the key that is taken, if that is why.
    Refused(Denied, Option<UniqueKey>),
}

impl Tenure {
    pub(crate) fn now(&self) -> Timestamp {
        self.inner.clock.now()
    }

    pub(crate) fn seed(&self, at: Timestamp) -> Result<Seed, RandomError> {
        Ok(Seed {
            at,
            random: random_bytes(&*self.inner.random)?,
        })
    }

    /// Decides and commits, anew while others are faster. What was refused for something that is due is settled first: once
    /// a key that is taken, and once for a seat or an administrator.
    pub(crate) async fn carry_out<T, F, Fut>(&self, decide: F) -> Result<T, Error>
    where
        F: FnMut() -> Fut,
        Fut: Future<Output = Result<(TenantId, Timestamp, Decision<T>), Error>>,
    {
        self.carry_out_within(TRIES, decide).await
    }

    /// The same, with so many tries.
    pub(crate) async fn carry_out_within<T, F, Fut>(&self, tries: usize, mut decide: F) -> Result<T, Error>
    where
        F: FnMut() -> Fut,
        Fut: Future<Output = Result<(TenantId, Timestamp, Decision<T>), Error>>,
    {
        let mut settled = BTreeSet::new();
        for _ in 0..tries {
            let (tenant, at, decision) = decide().await?;
            match self.commit(tenant, at, decision).await? {
                Outcome::Done(outcome) => return Ok(outcome),
                Outcome::Conflict => {}
                Outcome::Refused(denied, key) => {
                    let is_new = settled.insert(key.clone());
                    if !is_new || !self.settle_in_the_way(tenant, at, &denied, key).await? {
                        return Err(denied.into());
                    }
                }
            }
        }
        Err(Error::Conflict)
    }

    /// Commits a decision.
    pub(crate) async fn commit<T>(
        &self,
        tenant: TenantId,
        at: Timestamp,
        decision: Decision<T>,
    ) -> Result<Outcome<T>, Error> {
        let id: CommitId = self.seed(at)?.id(u16::MAX);
        let (commit, outcome) = decision.into_commit(id, tenant, at);
        if commit.changes.is_empty() && commit.events.is_empty() && commit.mail.is_empty() {
            return Ok(Outcome::Done(outcome));
        }
        let queues_mail = !commit.mail.is_empty();
        match self.commit_surely(&commit).await {
            Ok(_) => {
                if queues_mail {
                    self.inner.courier.wake();
                }
                Ok(Outcome::Done(outcome))
            }
            Err(error) => refused(error, &commit),
        }
    }

    /// A lost answer is resolved by asking again with the same id (law 7): it is the same commit, so it stands once at most.
    async fn commit_surely(&self, commit: &Commit) -> Result<Committed, CommitError> {
        let mut result = self.inner.store.commit(commit.clone()).await;
        for _ in 0..REPEATS {
            let Err(CommitError::Store(error)) = &result else { break };
            if error.kind() != StoreErrorKind::UnknownOutcome {
                break;
            }
            match self.inner.store.commit(commit.clone()).await {
                // Not answered this time either: what became of the first one is still not known.
                Err(CommitError::Store(_)) => {}
                answer => result = answer,
            }
        }
        result
    }

    /// Time may have freed what a command was refused for: a seat, a login name, a place among the administrators.
    async fn settle_in_the_way(
        &self,
        tenant: TenantId,
        now: Timestamp,
        denied: &Denied,
        key: Option<UniqueKey>,
    ) -> Result<bool, Error> {
        match (denied, key) {
            (Denied::LoginTaken { .. }, Some(key)) => {
                let holder = self.inner.store.find::<User>(tenant, key).await?;
                let Some(holder) = holder.filter(|user| user.due_at().is_some_and(|at| at <= now)) else {
                    return Ok(false);
                };
                self.settle_record(tenant, now, holder.id.into()).await
            }
            (Denied::NoSeat { .. } | Denied::LastAdministrator, _) => self.settle_some_users(tenant, now).await,
            _ => Ok(false),
        }
    }

    /// Settles due users and invitations, some thousand at most, and tells whether there was one.
    pub(crate) async fn settle_users(&self, tenant: TenantId, now: Timestamp) -> Result<bool, Error> {
        for round in 0..SETTLED_FOR_MANY {
            if !self.settle_some_users(tenant, now).await? {
                return Ok(round > 0);
            }
        }
        Ok(true)
    }

    /// Settles due users and invitations, page by page, until a page had one that could be.
    pub(crate) async fn settle_some_users(&self, tenant: TenantId, now: Timestamp) -> Result<bool, Error> {
        let mut after = None;
        loop {
            let due = self.inner.store.due(Some(tenant), now, after, SETTLED_AT_ONCE).await?;
            let mut any = false;
            for item in &due {
                if matches!(item.record, RecordId::User(_) | RecordId::Invitation(_)) {
                    any |= self.settle_readable(tenant, now, item.record).await?;
                }
            }
            match due.last() {
                Some(last) if !any => after = Some(*last),
                _ => return Ok(any),
            }
        }
    }

    /// Writes down everything that is due at this instant, of one tenant or of all, and tells how many records that were.
    ///
    /// A change of status is true from its instant on, in every rule and listing, whether or not this was called. But what
    /// is to be *removed* goes only here: deleted users whose time is over are erased, and sessions, links and mails that
    /// were over for 30 days go. Call it from a job; once a minute is plenty.
    ///
    /// # Errors
    /// [`Error::Store`] where the store failed; what was settled before stays.
    pub async fn settle_due(&self, tenant: Option<TenantId>) -> Result<u64, Error> {
        let now = self.now();
        let (mut settled, mut after): (u64, Option<DueItem>) = (0, None);
        loop {
            let due = self.inner.store.due(tenant, now, after, SETTLED_AT_ONCE).await?;
            for item in &due {
                settled += u64::from(self.settle_readable(item.tenant, now, item.record).await?);
            }
            match due.last() {
                // One that cannot be settled stays due; the next page begins behind it.
                Some(last) => after = Some(*last),
                None => return Ok(settled),
            }
        }
    }

    /// One record that cannot be read must not keep all others from being settled.
    pub(crate) async fn settle_readable(
        &self,
        tenant: TenantId,
        now: Timestamp,
        record: RecordId,
    ) -> Result<bool, Error> {
        match self.settle_record(tenant, now, record).await {
            Err(Error::Store(error)) if error.kind() == StoreErrorKind::Corrupt => {
                tracing::error!(%tenant, %record, %error, "a due record cannot be read and is left as it is");
                Ok(false)
            }
            settled => settled,
        }
    }

    async fn settle_record(&self, tenant: TenantId, now: Timestamp, record: RecordId) -> Result<bool, Error> {
        for _ in 0..TRIES {
            let Some((cx, due)) = self.load_due(tenant, now, record).await? else {
                return Ok(false);
            };
            let decision = match settle(&cx, &due) {
                Ok(decision) => decision,
                Err(denied) => {
                    tracing::debug!(%tenant, %record, code = denied.code(), "a due change is not to be made");
                    return Ok(false);
                }
            };
            match self.commit(tenant, now, decision).await? {
                Outcome::Done(()) => return Ok(true),
                Outcome::Conflict => {}
                Outcome::Refused(denied, _) => {
                    tracing::warn!(%tenant, %record, code = denied.code(), "a due change was refused");
                    return Ok(false);
                }
            }
        }
        Ok(false)
    }

    async fn load_due(
        &self,
        tenant: TenantId,
        now: Timestamp,
        record: RecordId,
    ) -> Result<Option<(Context, DueRecord)>, Error> {
        let wanted = [Lookup::Id(Tenant::record_id(tenant)), Lookup::Id(record)];
        let mut found = self.inner.store.load(tenant, &wanted).await?.into_iter();
        let (Some(Some(tenant_record)), Some(Some(record))) = (found.next(), found.next()) else {
            return Ok(None);
        };
        let Some(tenant_record) = tenant_record.cast::<Tenant>() else {
            return Ok(None);
        };
        let due = match record.value {
            Record::User(user) => {
                let user = Loaded::new(record.version, user);
                let invitation = match user.status {
                    UserStatus::Invited { invitation, .. } => self.inner.store.get(tenant, invitation).await?,
                    _ => None,
                };
                DueRecord::User(Box::new(user), invitation.map(Box::new))
            }
            Record::Invitation(invitation) => {
                let invitation: Loaded<Invitation> = Loaded::new(record.version, invitation);
                let Some(user) = self.inner.store.get(tenant, invitation.user).await? else {
                    return Ok(None);
                };
                DueRecord::Invitation(Box::new(invitation), Box::new(user))
            }
            Record::Session(session) => DueRecord::Session(Loaded::new(record.version, session)),
            Record::Ticket(ticket) => DueRecord::Ticket(Loaded::new(record.version, ticket)),
            Record::Mail(mail) => DueRecord::Mail(Loaded::new(record.version, mail)),
            Record::Attempt(attempt) => DueRecord::Attempt(Loaded::new(record.version, attempt)),
            Record::Throttle(throttle) => DueRecord::Throttle(Loaded::new(record.version, throttle)),
            Record::ApiKey(key) => DueRecord::ApiKey(Loaded::new(record.version, key)),
            _ => return Ok(None),
        };
        let cx = Context {
            actor: Actor::Schedule,
            actor_name: None,
            rights: Rights::everything(),
            guards: Vec::new(),
            tenant: tenant_record,
            policy: std::sync::Arc::clone(&self.inner.policy),
            now,
            seed: self.seed(now)?,
        };
        Ok(Some((cx, due)))
    }
}

fn refused<T>(error: CommitError, commit: &Commit) -> Result<Outcome<T>, Error> {
    if let Some(denied) = refusal(&error, commit) {
        let key = match error {
            CommitError::Duplicate { key } => Some(key),
            _ => None,
        };
        return Ok(Outcome::Refused(denied, key));
    }
    match error {
        CommitError::Store(error) if error.kind() == StoreErrorKind::UnknownOutcome => {
            Err(Error::UnknownOutcome(error))
        }
        CommitError::Store(error) => Err(error.into()),
        CommitError::Unsupported { what } => Err(StoreError::new(StoreErrorKind::Unsupported, what).into()),
        _ => Ok(Outcome::Conflict),
    }
}
