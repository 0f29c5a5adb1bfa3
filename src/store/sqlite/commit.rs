//! A commit, inside a transaction of the writer.

use std::collections::{HashMap, HashSet};

use rusqlite::{Connection, params};
use time::Duration;

use super::failure::Failure;
use super::rows::{Row, version};
use super::search::Unindexed;
use super::sql::{first, instant, integer, run};
use super::{keys, references, sets};
use crate::clock::Timestamp;
use crate::id::TenantId;
use crate::model::{Affected, Entry, Event, RecordId, Reference, Version, instant_key};
use crate::store::table::{actor_name, name_of, table};
use crate::store::{Change, Commit, CommitError, Committed, Counter, SetChange};

/// How long the answer to a commit is kept (law 7).
const ANSWERS_KEPT: Duration = Duration::hours(24);
/// How many older answers one commit clears away at most. Each adds one, so none stays for long.
const CLEARED_AT_ONCE: i64 = 100;

/// A commit with its rows made out, ready for the writer.
pub(super) struct Plan {
    fingerprint: [u8; 32],
    steps: Vec<Step>,
    mail: Vec<Row>,
    /// The commit, without the changes and the mail.
    commit: Commit,
}

/// A change, made out.
enum Step {
    Insert(Row),
    Update(Version, Row),
    Remove(RecordId, Version),
    Set(SetChange),
    Count {
        counter: Counter,
        delta: i64,
        at_least: Option<i64>,
        at_most: Option<i64>,
    },
    Touch(RecordId, Timestamp),
    Unknown(String),
}

impl Plan {
    /// Does all that can be done before it is the writer's turn.
    pub(super) fn new(mut commit: Commit) -> Result<Self, Failure> {
        let fingerprint = commit.fingerprint();
        let tenant = commit.tenant;
        let changes = std::mem::take(&mut commit.changes);
        let mail = std::mem::take(&mut commit.mail);
        Ok(Self {
            fingerprint,
            steps: changes
                .into_iter()
                .map(|change| Step::new(tenant, change))
                .collect::<Result<_, _>>()?,
            mail: mail
                .into_iter()
                .map(|mail| Row::new(tenant, Entry::new(mail)))
                .collect::<Result<_, _>>()?,
            commit,
        })
    }

    /// Writes it, in the order that the contract lays down. After an error nothing of it may stand: the caller rolls back.
    pub(super) fn write(&self, conn: &Connection) -> Result<Committed, Failure> {
        if let Some(answer) = self.earlier_answer(conn)? {
            return Ok(answer);
        }
        let mut writing = Writing {
            conn,
            tenant: self.commit.tenant,
            written: Vec::new(),
            standing: HashMap::new(),
            removed: Vec::new(),
            unindexed: Unindexed::default(),
        };
        for guard in &self.commit.guards {
            writing.expect(guard.record, guard.version)?;
        }
        let touched = self
            .steps
            .iter()
            .map(|step| writing.step(step))
            .collect::<Result<_, _>>()?;
        for mail in &self.mail {
            writing.insert(mail)?;
        }
        writing.unindexed.index(conn)?;
        writing.check_references(&self.steps)?;
        let committed = Committed { touched };
        for event in self.commit.counted_events(&committed.touched) {
            self.log(conn, &event)?;
        }
        self.remember(conn, &committed)?;
        Ok(committed)
    }

    fn earlier_answer(&self, conn: &Connection) -> Result<Option<Committed>, Failure> {
        let Commit { tenant, id, at, .. } = &self.commit;
        let answer = first(
            conn,
            "SELECT at, fingerprint, answer FROM tenure_commit WHERE tenant = ?1 AND id = ?2",
            params![tenant.as_uuid().as_bytes(), id.as_uuid().as_bytes()],
            |row| {
                let text: String = row.get(2)?;
                Ok((instant(row, 0)?, row.get::<_, [u8; 32]>(1)?, text))
            },
        )?;
        match answer {
            Some((before, ..)) if *at >= before.saturating_add(ANSWERS_KEPT) => Ok(None),
            Some((_, fingerprint, answer)) if fingerprint == self.fingerprint => {
                Ok(Some(serde_json::from_str(&answer)?))
            }
            Some(_) => Err(CommitError::IdReused.into()),
            None => Ok(None),
        }
    }

    fn remember(&self, conn: &Connection, committed: &Committed) -> Result<(), Failure> {
        let Commit { tenant, id, at, .. } = &self.commit;
        let tenant = tenant.as_uuid().as_bytes();
        run(
            conn,
            "DELETE FROM tenure_commit WHERE tenant = ?1 AND id IN (
                 SELECT id FROM tenure_commit WHERE tenant = ?1 AND at <= ?2 LIMIT ?3)",
            params![tenant, at.saturating_add(-ANSWERS_KEPT).unix_micros(), CLEARED_AT_ONCE],
        )?;
        run(
            conn,
            "INSERT OR REPLACE INTO tenure_commit (tenant, id, at, fingerprint, answer) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![
                tenant,
                id.as_uuid().as_bytes(),
                at.unix_micros(),
                self.fingerprint,
                serde_json::to_string(committed)?
            ],
        )?;
        Ok(())
    }

    fn log(&self, conn: &Connection, event: &Event) -> Result<(), Failure> {
        let affected = match event.affected {
            Some(Affected::Records(count)) => Some(integer(count)),
            Some(Affected::ByChange(_)) | None => None,
        };
        run(
            conn,
            "INSERT INTO tenure_event
                 (tenant, commit_id, at, name, actor, actor_user, subject_kind, subject, affected, body)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
            params![
                self.commit.tenant.as_uuid().as_bytes(),
                self.commit.id.as_uuid().as_bytes(),
                event.at.unix_micros(),
                name_of(&event.what, "event")?,
                actor_name(&event.actor)?,
                event.actor.user().as_ref().map(|user| user.as_uuid().as_bytes()),
                event.subject.kind().as_str(),
                event.subject.uuid().as_bytes(),
                affected,
                serde_json::to_string(event)?
            ],
        )?;
        Ok(())
    }
}

impl Step {
    fn new(tenant: TenantId, change: Change) -> Result<Self, Failure> {
        Ok(match change {
            Change::Insert(entry) => Self::Insert(Row::new(tenant, entry)?),
            Change::Update { expected, entry } => Self::Update(expected, Row::new(tenant, entry)?),
            Change::Remove { record, expected } => Self::Remove(record, expected),
            Change::Set(set) => Self::Set(set),
            Change::Count {
                counter,
                delta,
                at_least,
                at_most,
            } => Self::Count {
                counter,
                delta,
                at_least,
                at_most,
            },
            Change::Touch { record, seen_at } => Self::Touch(record, seen_at),
            Change::Unknown(what) => Self::Unknown(what),
        })
    }
}

/// A commit under way.
struct Writing<'a> {
    conn: &'a Connection,
    tenant: TenantId,
    /// What was written, in that order.
    written: Vec<RecordId>,
    /// What those of them that still stand name.
    standing: HashMap<RecordId, &'a [Reference]>,
    removed: Vec<RecordId>,
    unindexed: Unindexed,
}

impl<'a> Writing<'a> {
    fn step(&mut self, step: &'a Step) -> Result<u64, Failure> {
        match step {
            Step::Insert(row) => self.insert(row)?,
            Step::Update(expected, row) => self.update(*expected, row)?,
            Step::Remove(record, expected) => {
                self.expect(*record, *expected)?;
                self.remove(*record)?;
            }
            Step::Set(set) => return Ok(sets::apply(self.conn, self.tenant, set)? as u64),
            Step::Count {
                counter,
                delta,
                at_least,
                at_most,
            } => self.count(*counter, *delta, *at_least, *at_most)?,
            Step::Touch(record, seen_at) => self.touch(*record, *seen_at)?,
            Step::Unknown(what) => return Err(CommitError::Unsupported { what: what.clone() }.into()),
        }
        Ok(1)
    }

    fn version(&self, record: RecordId) -> Result<Option<Version>, Failure> {
        let sql = format!(
            "SELECT version FROM {} WHERE tenant = ?1 AND id = ?2",
            table(record.kind())
        );
        let params = params![self.tenant.as_uuid().as_bytes(), record.uuid().as_bytes()];
        first(self.conn, &sql, params, |row| version(row, 0))
    }

    fn expect(&self, record: RecordId, expected: Version) -> Result<(), Failure> {
        match self.version(record)? {
            Some(version) if version == expected => Ok(()),
            _ => Err(CommitError::Conflict { record }.into()),
        }
    }

    fn insert(&mut self, row: &'a Row) -> Result<(), Failure> {
        match self.version(row.id)? {
            Some(_) => Err(CommitError::Conflict { record: row.id }.into()),
            None => self.write(Version::FIRST, row, true),
        }
    }

    fn update(&mut self, expected: Version, row: &'a Row) -> Result<(), Failure> {
        self.expect(row.id, expected)?;
        let seen_at = self.seen_at(row.id)?;
        self.write(expected.next(), row, false)?;
        match seen_at {
            Some(seen_at) => self.bring_forward(row.id, seen_at, ""),
            None => Ok(()),
        }
    }

    fn write(&mut self, version: Version, row: &'a Row, is_new: bool) -> Result<(), Failure> {
        keys::check_free(self.conn, self.tenant, row)?;
        row.write(self.conn, version, is_new)?;
        match row.text() {
            Some(text) if is_new => self.unindexed.add(self.conn, self.tenant, row.id, text)?,
            Some(text) => self.unindexed.change(self.conn, self.tenant, row.id, text)?,
            None => {}
        }
        keys::take(self.conn, self.tenant, row, is_new)?;
        references::take(self.conn, self.tenant, row, is_new)?;
        self.written.push(row.id);
        self.standing.insert(row.id, row.references());
        Ok(())
    }

    /// Removes a record and, in turn, all that it owns.
    fn remove(&mut self, record: RecordId) -> Result<(), Failure> {
        let owned = references::owned_by(self.conn, self.tenant, record)?;
        keys::release(self.conn, self.tenant, record)?;
        references::release(self.conn, self.tenant, record)?;
        let sql = format!("DELETE FROM {} WHERE tenant = ?1 AND id = ?2", table(record.kind()));
        let params = params![self.tenant.as_uuid().as_bytes(), record.uuid().as_bytes()];
        let was_there = run(self.conn, &sql, params)? > 0;
        // What owns itself, or is owned twice over, may be gone by now.
        if was_there {
            self.unindexed.remove(self.conn, self.tenant, record)?;
            self.standing.remove(&record);
            self.removed.push(record);
            for record in owned {
                self.remove(record)?;
            }
        }
        Ok(())
    }

    fn count(&self, counter: Counter, delta: i64, at_least: Option<i64>, at_most: Option<i64>) -> Result<(), Failure> {
        let value = value(self.conn, self.tenant, counter)?.saturating_add(delta);
        let in_bounds = at_least.is_none_or(|least| value >= least) && at_most.is_none_or(|most| value <= most);
        if !in_bounds {
            return Err(CommitError::OutOfBounds { counter, value }.into());
        }
        run(
            self.conn,
            "INSERT INTO tenure_counter (tenant, counter, value) VALUES (?1, ?2, ?3)
             ON CONFLICT (tenant, counter) DO UPDATE SET value = excluded.value",
            params![self.tenant.as_uuid().as_bytes(), counter.key(), value],
        )?;
        Ok(())
    }

    /// When a record was last touched, if it was.
    fn seen_at(&self, record: RecordId) -> Result<Option<Timestamp>, Failure> {
        let Some((column, _)) = touched_column(record) else {
            return Ok(None);
        };
        let sql = format!(
            "SELECT {column} FROM {} WHERE tenant = ?1 AND id = ?2 AND {column} IS NOT NULL",
            table(record.kind())
        );
        let params = params![self.tenant.as_uuid().as_bytes(), record.uuid().as_bytes()];
        first(self.conn, &sql, params, |row| instant(row, 0))
    }

    fn touch(&self, record: RecordId, seen_at: Timestamp) -> Result<(), Failure> {
        match touched_column(record) {
            Some((_, only)) => self.bring_forward(record, seen_at, only),
            None => Ok(()),
        }
    }

    /// Brings the instant forward, and never back (law 12).
    fn bring_forward(&self, record: RecordId, seen_at: Timestamp, only: &str) -> Result<(), Failure> {
        let Some((column, _)) = touched_column(record) else {
            return Ok(());
        };
        let key = match record {
            RecordId::User(_) => ", last_login_key = ?5",
            _ => "",
        };
        let sql = format!(
            "UPDATE {} SET {column} = ?1, body = json_set(body, '$.{column}', json(?2)){key}
             WHERE tenant = ?3 AND id = ?4 AND ({column} IS NULL OR {column} < ?1) {only}",
            table(record.kind())
        );
        let body = serde_json::to_string(&seen_at)?;
        let (tenant, id) = (self.tenant.as_uuid().as_bytes(), record.uuid().as_bytes());
        let at = seen_at.unix_micros();
        if key.is_empty() {
            run(self.conn, &sql, params![at, body, tenant, id])?;
        } else {
            run(self.conn, &sql, params![at, body, tenant, id, instant_key(seen_at)])?;
        }
        Ok(())
    }

    /// Law 4, when all is written: first what is named and missing, then what is gone and still named.
    fn check_references(&self, steps: &[Step]) -> Result<(), Failure> {
        // What stands was written; what is named often is looked for once.
        let mut seen: HashSet<RecordId> = self.standing.keys().copied().collect();
        for from in &self.written {
            let references = self.standing.get(from).copied().unwrap_or_default();
            for Reference { to, .. } in references {
                if seen.insert(*to) && !references::exists(self.conn, self.tenant, *to)? {
                    let (from, to) = (*from, *to);
                    return Err(CommitError::MissingReference { from, to }.into());
                }
            }
        }
        for step in steps {
            if let Step::Set(set) = step {
                sets::check_references(self.conn, self.tenant, set)?;
            }
        }
        for record in &self.removed {
            if !references::exists(self.conn, self.tenant, *record)? {
                references::check_unused(self.conn, self.tenant, *record)?;
            }
        }
        Ok(())
    }
}

/// The column, and the field in the body, that a touch moves, and which rows it leaves alone; none where it moves nothing.
fn touched_column(record: RecordId) -> Option<(&'static str, &'static str)> {
    match record {
        RecordId::Session(_) | RecordId::ApiKey(_) => Some(("seen_at", "AND status = 'open'")),
        RecordId::User(_) => Some(("last_login_at", "")),
        _ => None,
    }
}

/// What a counter stands at.
pub(super) fn value(conn: &Connection, tenant: TenantId, counter: Counter) -> Result<i64, Failure> {
    let value = first(
        conn,
        "SELECT value FROM tenure_counter WHERE tenant = ?1 AND counter = ?2",
        params![tenant.as_uuid().as_bytes(), counter.key()],
        |row| Ok(row.get(0)?),
    )?;
    Ok(value.unwrap_or(0))
}
