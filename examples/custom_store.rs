//! A store of your own: maps in memory, and on disk the log of all commits, from which the maps are made anew.
//!
//! ```sh
//! cargo run --example custom_store
//! ```
//!
//! It was written from the documentation of [`tenure::store`] alone, and the conformance suite finds nothing to say against
//! it: that is what `main` shows, and what `cargo test` runs (in `tests/conformance.rs`).
//!
//! What makes it small: the library has already decided everything. A [`Commit`] says what changes; keys, references and due
//! instants come with each [`Entry`]; queries know which records they want. What remains is to keep it all, or nothing.
//!
//! What makes it an example and no product: each commit works on a copy of the tenant's maps, the log only grows, and
//! one lock serves everybody, also while the disk is awaited. One process at a time may have the file open.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use tenure::Timestamp;
use tenure::id::{CommitId, TenantId};
use tenure::model::{ApiKey, Entry, Kept, Loaded, QueuedMail, Record, RecordId, RecordKind, Role, UniqueKey, Version};
use tenure::secret::TokenHash;
use tenure::store::{
    Change, Commit, CommitError, Committed, Counter, DueItem, FeedEntry, FeedPosition, Lookup, MailBacklog, Page,
    PrincipalRecords, Query, SetChange, Store, StoreError, StoreErrorKind, View,
};
use time::Duration;

/// Keeps everything in memory, and every commit as a line of JSON in a file.
#[derive(Debug)]
pub struct LogStore {
    state: Arc<Mutex<State>>,
}

#[derive(Debug)]
struct State {
    log: Log,
    tenants: BTreeMap<TenantId, Records>,
}

/// What is kept for one tenant. That no two tenants share a map is law 5.
#[derive(Debug, Clone, Default, PartialEq)]
struct Records {
    kept: BTreeMap<RecordId, Arc<Loaded<Entry>>>,
    holders: BTreeMap<UniqueKey, RecordId>,
    counters: BTreeMap<String, i64>,
    feed: Vec<Arc<FeedEntry>>,
    answers: BTreeMap<CommitId, Arc<Answer>>,
}

/// What a commit was answered, for whoever sends it again (law 7).
#[derive(Debug, PartialEq)]
struct Answer {
    at: Timestamp,
    fingerprint: [u8; 32],
    committed: Committed,
}

/// A line of the log.
#[derive(Debug, Serialize, Deserialize)]
enum Line {
    Commit(Box<Commit>),
    Leased(Vec<(TenantId, Loaded<QueuedMail>)>),
}

impl LogStore {
    /// Opens a log, or begins one, and does everything in it again.
    ///
    /// # Errors
    /// [`StoreErrorKind::Corrupt`] where a line is none of ours; [`StoreErrorKind::Other`] where the file cannot be read.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        let (log, lines) = Log::open(path.as_ref())?;
        let tenants = BTreeMap::new();
        let mut state = State { log, tenants };
        for line in lines {
            state.replay(line)?;
        }
        let state = Arc::new(Mutex::new(state));
        Ok(Self { state })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    /// Something that waits for the disk, on a thread where that is allowed. Once begun it ends, whoever still listens.
    async fn write<T, E>(&self, write: impl FnOnce(&mut State) -> Result<T, E> + Send + 'static) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let state = Arc::clone(&self.state);
        let written = tokio::task::spawn_blocking(move || write(&mut lock(&state)));
        written
            .await
            .unwrap_or_else(|error| Err(StoreError::new(StoreErrorKind::UnknownOutcome, error).into()))
    }
}

/// The maps are replaced in one go when a commit stands, so a panic before leaves them whole.
fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

#[async_trait]
impl Store for LogStore {
    async fn load(&self, tenant: TenantId, wanted: &[Lookup]) -> Result<Vec<Option<Loaded<Record>>>, StoreError> {
        let state = self.state();
        let records = state.of(tenant);
        let found = wanted.iter().map(|lookup| match lookup {
            Lookup::Id(record) => records?.load(*record),
            Lookup::Key(key) => records?.load(records?.holder(key)?),
        });
        Ok(found.collect())
    }

    async fn list(&self, tenant: TenantId, query: &Query) -> Result<Page<Loaded<Record>>, StoreError> {
        query.check()?;
        let state = self.state();
        let matching = state
            .of(tenant)
            .map_or_else(Vec::new, |records| records.matching(query));
        Ok(query.page(matching))
    }

    async fn principal_by_session(
        &self,
        tenant: TenantId,
        token: &TokenHash,
    ) -> Result<Option<PrincipalRecords>, StoreError> {
        let state = self.state();
        Ok(state
            .of(tenant)
            .and_then(|records| records.principal(tenant, &UniqueKey::session_token(token))))
    }

    async fn principal_by_api_key(
        &self,
        tenant: TenantId,
        token: &TokenHash,
    ) -> Result<Option<PrincipalRecords<ApiKey>>, StoreError> {
        let state = self.state();
        Ok(state
            .of(tenant)
            .and_then(|records| records.principal(tenant, &UniqueKey::api_key_token(token))))
    }

    async fn counter(&self, tenant: TenantId, counter: Counter) -> Result<i64, StoreError> {
        let state = self.state();
        let moved = state
            .of(tenant)
            .and_then(|records| records.counters.get(&counter.key()));
        Ok(moved.copied().unwrap_or(0))
    }

    async fn due(
        &self,
        tenant: Option<TenantId>,
        as_of: Timestamp,
        after: Option<DueItem>,
        limit: u32,
    ) -> Result<Vec<DueItem>, StoreError> {
        let state = self.state();
        let asked = state
            .tenants
            .iter()
            .filter(|(id, _)| tenant.is_none_or(|tenant| tenant == **id));
        let due: BTreeSet<DueItem> = asked.flat_map(|(id, records)| records.due(*id)).collect();
        let due = due
            .into_iter()
            .filter(|item| item.at <= as_of && after.is_none_or(|after| *item > after));
        Ok(due.take(limit as usize).collect())
    }

    async fn lease_mail(
        &self,
        now: Timestamp,
        until: Timestamp,
        limit: u32,
    ) -> Result<Vec<(TenantId, Loaded<QueuedMail>)>, StoreError> {
        self.write(move |state| state.lease(now, until, limit)).await
    }

    async fn mail_backlog(&self) -> Result<MailBacklog, StoreError> {
        let state = self.state();
        let waiting: Vec<Timestamp> = state.waiting().map(|(_, mail)| mail.queued_at).collect();
        Ok(MailBacklog {
            waiting: waiting.len() as u64,
            oldest_queued_at: waiting.into_iter().min(),
        })
    }

    async fn feed(&self, tenant: TenantId, after: FeedPosition, limit: u32) -> Result<Vec<FeedEntry>, StoreError> {
        let state = self.state();
        let feed = state.of(tenant).map_or(&[][..], |records| &records.feed);
        let rest = feed.iter().filter(|entry| entry.position > after);
        Ok(rest.take(limit as usize).map(|entry| FeedEntry::clone(entry)).collect())
    }

    async fn events_about(
        &self,
        tenant: TenantId,
        subject: RecordId,
        before: Option<FeedPosition>,
        limit: u32,
    ) -> Result<Vec<FeedEntry>, StoreError> {
        let state = self.state();
        let feed = state.of(tenant).map_or(&[][..], |records| &records.feed);
        let is_wanted = |entry: &&Arc<FeedEntry>| {
            entry.event.subject == subject && before.is_none_or(|before| entry.position < before)
        };
        let newest = feed.iter().rev().filter(is_wanted);
        Ok(newest
            .take(limit as usize)
            .map(|entry| FeedEntry::clone(entry))
            .collect())
    }

    async fn commit(&self, commit: Commit) -> Result<Committed, CommitError> {
        self.write(move |state| state.commit(commit)).await
    }
}

impl State {
    fn of(&self, tenant: TenantId) -> Option<&Records> {
        self.tenants.get(&tenant)
    }

    /// The id first (law 7), then the rest on a copy; the log has it before anybody sees it (law 1).
    fn commit(&mut self, commit: Commit) -> Result<Committed, CommitError> {
        if let Some(answer) = self.of(commit.tenant).and_then(|records| records.answered(&commit)) {
            return answer;
        }
        let (tenant, records, committed) = self.decided(&commit)?;
        self.log.append(&Line::Commit(Box::new(commit)))?;
        self.tenants.insert(tenant, records);
        Ok(committed)
    }

    fn decided(&self, commit: &Commit) -> Result<(TenantId, Records, Committed), CommitError> {
        let records = self.of(commit.tenant).cloned().unwrap_or_default();
        let (records, committed) = Draft::of(records).after(commit)?;
        Ok((commit.tenant, records, committed))
    }

    fn lease(
        &mut self,
        now: Timestamp,
        until: Timestamp,
        limit: u32,
    ) -> Result<Vec<(TenantId, Loaded<QueuedMail>)>, StoreError> {
        let ready = self
            .waiting()
            .filter(|(_, mail)| mail.ready_at().is_some_and(|at| at <= now));
        let mut ready: Vec<_> = ready.collect();
        ready.sort_by_key(|(tenant, mail)| (mail.ready_at(), *tenant, mail.id));
        ready.truncate(limit as usize);
        let lease = |(tenant, mail): (TenantId, Loaded<QueuedMail>)| {
            let leased = Loaded::new(mail.version.next(), mail.value.leased(until));
            (tenant, leased)
        };
        let leased: Vec<_> = ready.into_iter().map(lease).collect();
        if !leased.is_empty() {
            self.log.append(&Line::Leased(leased.clone()))?;
            self.keep(leased.clone());
        }
        Ok(leased)
    }

    /// The mail of all tenants that has not left.
    fn waiting(&self) -> impl Iterator<Item = (TenantId, Loaded<QueuedMail>)> + '_ {
        let mails = |(tenant, records): (&TenantId, &Records)| {
            let mail = |kept: &Arc<Loaded<Entry>>| match &kept.record {
                Record::Mail(mail) if mail.ready_at().is_some() => Some(Loaded::new(kept.version, mail.clone())),
                _ => None,
            };
            let tenant = *tenant;
            let mails: Vec<_> = records.kept.values().filter_map(mail).collect();
            mails.into_iter().map(move |mail| (tenant, mail))
        };
        self.tenants.iter().flat_map(mails)
    }

    fn keep(&mut self, leased: Vec<(TenantId, Loaded<QueuedMail>)>) {
        for (tenant, mail) in leased {
            let entry = mail.map(Entry::new);
            let kept = &mut self.tenants.entry(tenant).or_default().kept;
            kept.insert(entry.record.id(), Arc::new(entry));
        }
    }

    /// Does again what was done before the store was closed.
    fn replay(&mut self, line: Line) -> Result<(), StoreError> {
        match line {
            Line::Leased(leased) => self.keep(leased),
            Line::Commit(commit) => {
                let (tenant, records, _) = self.decided(&commit).map_err(corrupt)?;
                self.tenants.insert(tenant, records);
            }
        }
        Ok(())
    }
}

impl Records {
    fn load(&self, record: RecordId) -> Option<Loaded<Record>> {
        let kept = self.kept.get(&record)?;
        Some(Loaded::new(kept.version, kept.record.clone()))
    }

    fn matching(&self, query: &Query) -> Vec<Loaded<Record>> {
        let matching = self.kept.iter().filter(|(_, kept)| query.selects(&kept.record, self));
        matching.filter_map(|(record, _)| self.load(*record)).collect()
    }

    fn principal<P: Kept>(&self, tenant: TenantId, token: &UniqueKey) -> Option<PrincipalRecords<P>> {
        let pass = self.load(self.holder(token)?)?;
        let user = self.load(pass.owner()?.into())?.cast::<tenure::User>()?;
        let roles = user.roles().into_iter();
        let roles = roles
            .filter_map(|role| self.load(role.into())?.cast::<Role>())
            .collect();
        Some(PrincipalRecords {
            tenant: self.load(tenant.into())?.cast()?,
            pass: pass.cast()?,
            user,
            roles,
        })
    }

    fn due(&self, tenant: TenantId) -> impl Iterator<Item = DueItem> + '_ {
        self.kept.iter().filter_map(move |(record, kept)| {
            Some(DueItem {
                at: kept.due_at?,
                tenant,
                record: *record,
            })
        })
    }

    fn answered(&self, commit: &Commit) -> Option<Result<Committed, CommitError>> {
        let answer = self.answers.get(&commit.id).filter(|answer| answer.holds(commit.at))?;
        Some(if answer.fingerprint == commit.fingerprint() {
            Ok(answer.committed.clone())
        } else {
            Err(CommitError::IdReused)
        })
    }
}

/// Through this a query looks at the records that others name.
impl View for Records {
    fn record(&self, id: RecordId) -> Option<&Record> {
        self.kept.get(&id).map(|kept| &kept.record)
    }

    fn holder(&self, key: &UniqueKey) -> Option<RecordId> {
        self.holders.get(key).copied()
    }
}

impl Answer {
    fn holds(&self, now: Timestamp) -> bool {
        now.since(self.at) < Duration::DAY
    }
}

/// A commit under way, on a copy of the records. Where it fails, the copy is dropped: nothing has happened.
#[derive(Debug)]
struct Draft {
    records: Records,
    written: BTreeSet<RecordId>,
    removed: BTreeSet<RecordId>,
}

impl Draft {
    fn of(records: Records) -> Self {
        Self {
            records,
            written: BTreeSet::new(),
            removed: BTreeSet::new(),
        }
    }

    /// The records after a commit: guards, changes, mail, references, events, in the order that the laws name.
    fn after(mut self, commit: &Commit) -> Result<(Records, Committed), CommitError> {
        for guard in &commit.guards {
            self.expect(guard.record, Some(guard.version))?;
        }
        let changes = commit.changes.iter();
        let touched = changes.map(|change| self.apply(change)).collect::<Result<_, _>>()?;
        let committed = Committed { touched };
        for mail in commit.mail_entries() {
            self.insert(mail)?;
        }
        self.check_named_exist()?;
        self.check_removed_are_free()?;
        self.records.note(commit, &committed);
        Ok((self.records, committed))
    }

    fn apply(&mut self, change: &Change) -> Result<u64, CommitError> {
        match change {
            Change::Insert(entry) => self.insert(entry.clone())?,
            Change::Update { expected, entry } => self.update(*expected, entry.clone())?,
            Change::Remove { record, expected } => {
                self.expect(*record, Some(*expected))?;
                self.remove(*record);
            }
            Change::Set(set) => return self.set(set),
            Change::Count {
                counter,
                delta,
                at_least,
                at_most,
            } => self.count(*counter, *delta, *at_least, *at_most)?,
            Change::Touch { record, seen_at } => self.touch(*record, *seen_at),
            // Law 13: a change that this store was not written for.
            _ => {
                let what = "of a later release".to_owned();
                return Err(CommitError::Unsupported { what });
            }
        }
        Ok(1)
    }

    /// Law 2. No version: there must be no such record.
    fn expect(&self, record: RecordId, version: Option<Version>) -> Result<(), CommitError> {
        if self.records.kept.get(&record).map(|kept| kept.version) == version {
            Ok(())
        } else {
            Err(CommitError::Conflict { record })
        }
    }

    fn insert(&mut self, entry: Entry) -> Result<(), CommitError> {
        self.expect(entry.record.id(), None)?;
        self.put(Version::FIRST, entry)
    }

    fn update(&mut self, expected: Version, mut entry: Entry) -> Result<(), CommitError> {
        let id = entry.record.id();
        self.expect(id, Some(expected))?;
        // Law 12: a touch may have come since the session was read.
        if let Some(stored) = self.records.record(id) {
            entry.record.keep_touch(stored);
        }
        self.put(expected.next(), entry)
    }

    /// Law 3: the keys of before are given up, those of now taken.
    fn put(&mut self, version: Version, entry: Entry) -> Result<(), CommitError> {
        let record = entry.record.id();
        self.release_keys(record);
        for key in &entry.keys {
            if self.records.holders.insert(key.clone(), record).is_some() {
                return Err(CommitError::Duplicate { key: key.clone() });
            }
        }
        self.records.kept.insert(record, Arc::new(Loaded::new(version, entry)));
        self.removed.remove(&record);
        self.written.insert(record);
        Ok(())
    }

    fn release_keys(&mut self, record: RecordId) {
        let keys = self.records.kept.get(&record).map(|kept| kept.keys.clone());
        for key in keys.unwrap_or_default() {
            self.records.holders.remove(&key);
        }
    }

    /// What the record owns goes with it (law 4).
    fn remove(&mut self, record: RecordId) {
        self.release_keys(record);
        self.records.kept.remove(&record);
        self.written.remove(&record);
        self.removed.insert(record);
        let owned = self.records.kept.iter().filter(|(_, kept)| names(kept, record, true));
        for owned in owned.map(|(id, _)| *id).collect::<Vec<_>>() {
            self.remove(owned);
        }
    }

    /// Law 6.
    fn set(&mut self, set: &SetChange) -> Result<u64, CommitError> {
        let kind = self
            .records
            .kept
            .values()
            .filter(|kept| kept.record.kind() == set.kind());
        let after = |kept: &Arc<Loaded<Entry>>| Some((kept.version.next(), Entry::new(set.apply(&kept.record)?)));
        let touched: Vec<(Version, Entry)> = kind.filter_map(after).collect();
        let count = touched.len() as u64;
        for (version, entry) in touched {
            self.put(version, entry)?;
        }
        Ok(count)
    }

    /// Law 10.
    fn count(
        &mut self,
        counter: Counter,
        delta: i64,
        least: Option<i64>,
        most: Option<i64>,
    ) -> Result<(), CommitError> {
        let stands = self.records.counters.entry(counter.key()).or_default();
        let value = stands.saturating_add(delta);
        if least.is_some_and(|least| value < least) || most.is_some_and(|most| value > most) {
            return Err(CommitError::OutOfBounds { counter, value });
        }
        *stands = value;
        Ok(())
    }

    /// Law 12: no version is raised.
    fn touch(&mut self, record: RecordId, seen_at: Timestamp) {
        if let Some(kept) = self.records.kept.get_mut(&record)
            && let Some(touched) = kept.record.touched(seen_at)
        {
            Arc::make_mut(kept).value.record = touched;
        }
    }

    fn check_named_exist(&self) -> Result<(), CommitError> {
        let written = self
            .written
            .iter()
            .filter_map(|id| Some((*id, self.records.kept.get(id)?)));
        for (from, kept) in written {
            let mut named = kept.references.iter().map(|reference| reference.to);
            if let Some(to) = named.find(|to| !self.records.kept.contains_key(to)) {
                return Err(CommitError::MissingReference { from, to });
            }
        }
        Ok(())
    }

    fn check_removed_are_free(&self) -> Result<(), CommitError> {
        for record in self.removed.iter().copied() {
            let mut naming: BTreeMap<RecordKind, u64> = BTreeMap::new();
            for kept in self.records.kept.values().filter(|kept| names(kept, record, false)) {
                *naming.entry(kept.record.kind()).or_default() += 1;
            }
            if let Some((by, count)) = naming.pop_first() {
                return Err(CommitError::InUse { record, by, count });
            }
        }
        Ok(())
    }
}

fn names(kept: &Entry, record: RecordId, owned: bool) -> bool {
    let mut references = kept.references.iter();
    references.any(|reference| reference.to == record && reference.owned == owned)
}

impl Records {
    /// The events to the feed, and the answer for whoever asks again.
    fn note(&mut self, commit: &Commit, committed: &Committed) {
        for event in commit.counted_events(&committed.touched) {
            let position = FeedPosition(self.feed.len() as u64 + 1, 0);
            let commit = commit.id;
            self.feed.push(Arc::new(FeedEntry {
                position,
                commit,
                event,
            }));
        }
        self.answers.retain(|_, answer| answer.holds(commit.at));
        let answer = Answer {
            at: commit.at,
            fingerprint: commit.fingerprint(),
            committed: committed.clone(),
        };
        self.answers.insert(commit.id, Arc::new(answer));
    }
}

/// The file: a line of JSON for each commit.
#[derive(Debug)]
struct Log {
    file: File,
    /// Where the last whole line ends. What lies behind it was never acknowledged.
    end: u64,
}

impl Log {
    fn open(path: &Path) -> Result<(Self, Vec<Line>), StoreError> {
        let mut options = OpenOptions::new();
        let opened = options.read(true).write(true).create(true).truncate(false).open(path);
        let file = opened.map_err(StoreError::other)?;
        let (mut lines, mut end, mut reader) = (Vec::new(), 0, BufReader::new(&file));
        loop {
            let mut line = Vec::new();
            end += reader.read_until(b'\n', &mut line).map_err(StoreError::other)? as u64;
            if line.last() != Some(&b'\n') {
                // The end, or a line that was being written when the power went.
                end -= line.len() as u64;
                return Ok((Self { file, end }, lines));
            }
            lines.push(serde_json::from_slice(&line).map_err(corrupt)?);
        }
    }

    fn append(&mut self, line: &Line) -> Result<(), StoreError> {
        let mut text = serde_json::to_vec(line).map_err(StoreError::other)?;
        text.push(b'\n');
        if let Err(error) = self.write(&text) {
            let taken_back = self.file.set_len(self.end).and_then(|()| self.file.sync_data());
            return Err(match taken_back {
                Ok(()) => StoreError::transient(error),
                Err(_) => StoreError::new(StoreErrorKind::UnknownOutcome, error),
            });
        }
        self.end += text.len() as u64;
        Ok(())
    }

    fn write(&mut self, text: &[u8]) -> std::io::Result<()> {
        self.file.set_len(self.end)?;
        self.file.seek(SeekFrom::Start(self.end))?;
        self.file.write_all(text)?;
        self.file.sync_data()
    }
}

fn corrupt(error: impl std::error::Error + Send + Sync + 'static) -> StoreError {
    StoreError::new(StoreErrorKind::Corrupt, error)
}

/// Runs the conformance suite on the store, case by case, each on a file of its own. A case that fails panics.
fn main() -> Result<(), Box<dyn std::error::Error>> {
    use tenure::testing::conformance::{CASES, run_on};

    let folder = tempfile::tempdir()?;
    let mut passed: BTreeMap<u8, usize> = BTreeMap::new();
    for case in CASES {
        let path = folder.path().join(case.name);
        let store = Arc::new(LogStore::open(&path)?);
        run_on(case.name, store.clone());
        let reopened = LogStore::open(&path)?;
        assert!(
            reopened.state().tenants == store.state().tenants,
            "{}: the log gives the same records again",
            case.name
        );
        *passed.entry(case.clause.law()).or_default() += 1;
    }
    for (law, cases) in &passed {
        match law {
            0 => println!("what the methods promise  {cases:>3} cases passed"),
            law => println!("law {law:<20}  {cases:>3} cases passed"),
        }
    }
    println!("\nLogStore passes all {} cases of the conformance suite,", CASES.len());
    println!("and after each of them its log gave the same records again.");
    Ok(())
}
