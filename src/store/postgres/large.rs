//! A commit that is too large for one statement: sent in portions, in one transaction.
//!
//! A value of JSON holds 256 MiB, a statement has to be done in its time, and a step at a time takes ten times as long as many
//! at once. So new records of a kind in a row are written together, some thousand a statement, as arrays; other steps go as JSON.

use std::collections::{HashMap, HashSet};

use serde_json::{Value as JsonValue, json};
use tokio_postgres::types::Json;

use super::commit::{ATTEMPTS, ready, understand};
use super::failure::Failure;
use super::line::Lines;
use super::link::Line;
use super::plan::{Drawn, Hidden, Meaning, event, guard, link};
use super::together::{Together, pieces};
use crate::id::TenantId;
use crate::model::{Entry, RecordId};
use crate::store::table::Malformed;
use crate::store::{Change, Commit, Committed};

/// How many steps a commit has that is sent in portions.
const LARGE: usize = 1_000;
/// How many steps, guards or events a portion has.
const PORTION: usize = 2_000;

const BEGIN: &str = "SELECT tenure_begin_commit($1, $2, $3, $4, false)";
const GUARDS: &str = "SELECT tenure_guards($1, $2)";
const STEPS: &str = "SELECT touched, removed::text FROM tenure_steps($1, $2)";
const NAMED: &str = "SELECT tenure_check_named($1, $2)";
const REFERENCES: &str = "SELECT tenure_check_references($1, $2, $3)";
const LOG: &str = "SELECT tenure_log($1, $2, $3, '{}')";
const END: &str = "SELECT tenure_end_commit($1, $2, $3, $4, $5)";

pub(super) fn is_large(commit: &Commit) -> bool {
    commit.changes.len() + commit.mail.len() + commit.events.len() + commit.guards.len() > LARGE
}

/// Writes a large commit, whole or not at all.
pub(super) async fn write(lines: &Lines, commit: &Commit, fingerprint: &[u8]) -> Result<Committed, Failure> {
    let sending = Sending::new(commit, fingerprint);
    let mut attempt = 1;
    loop {
        let own = ready(lines, BEGIN).await?;
        own.line.begin("BEGIN").await?;
        match sending.send(&own.line).await {
            Ok(committed) => match own.line.settle("COMMIT").await {
                Ok(()) => return Ok(committed),
                Err(failure) if failure.is_lost() => {
                    own.give_up();
                    return Err(Failure::Lost(Box::new(failure)));
                }
                Err(failure) => return Err(failure),
            },
            // Without COMMIT nothing was written, whatever became of the line.
            Err(failure) if failure.is_lost() => {
                own.give_up();
                return Err(failure);
            }
            Err(failure) => {
                own.line.settle("ROLLBACK").await?;
                if failure.is_collision() && attempt < ATTEMPTS {
                    attempt += 1;
                } else {
                    return Err(sending.understand(failure));
                }
            }
        }
    }
}

struct Sending<'a> {
    commit: &'a Commit,
    fingerprint: &'a [u8],
    mail: Vec<Change>,
    named: Vec<(RecordId, RecordId)>,
}

impl<'a> Sending<'a> {
    fn new(commit: &'a Commit, fingerprint: &'a [u8]) -> Self {
        let mail: Vec<Change> = commit.mail_entries().map(Change::Insert).collect();
        let named = named(commit.changes.iter().chain(&mail));
        Self {
            commit,
            fingerprint,
            mail,
            named,
        }
    }

    fn steps(&self) -> impl Iterator<Item = &[Change]> {
        self.commit.changes.chunks(PORTION).chain(self.mail.chunks(PORTION))
    }

    async fn send(&self, line: &Line) -> Result<Committed, Failure> {
        let commit = self.commit;
        let (tenant, id, at) = (*commit.tenant.as_uuid(), *commit.id.as_uuid(), commit.at.unix_micros());
        let rows = line.rows(BEGIN, &[&tenant, &id, &at, &self.fingerprint]).await?;
        let earlier = rows.first().ok_or(Failure::column("no answer"))?;
        if let Some(answer) = earlier.try_get::<_, Option<&str>>(0)? {
            return Ok(serde_json::from_str(answer).map_err(Malformed::from)?);
        }
        for guards in commit.guards.chunks(PORTION) {
            let guards = Hidden(guards.iter().map(guard).collect());
            line.rows(GUARDS, &[&tenant, &Json(&guards)]).await?;
        }
        let (mut committed, removed) = self.write_steps(line).await?;
        for (number, portion) in self.named.chunks(PORTION).enumerate() {
            let links = portion.iter().enumerate();
            let links = links.map(|(place, (from, to))| link(number * PORTION + place, *from, *to));
            line.rows(NAMED, &[&tenant, &Json(&Hidden(links.collect()))]).await?;
        }
        let rest = Hidden(json!({ "named": [], "steps": self.moves()? }));
        line.rows(REFERENCES, &[&tenant, &Json(&rest), &Json(&Hidden(removed.into()))])
            .await?;
        for events in commit.counted_events(&committed.touched).chunks(PORTION) {
            let events = events.iter().map(event).collect::<Result<JsonValue, _>>()?;
            line.rows(LOG, &[&tenant, &id, &Json(&Hidden(events))]).await?;
        }
        committed.touched.truncate(commit.changes.len());
        let answer = serde_json::to_string(&committed).map_err(Malformed::from)?;
        line.rows(END, &[&tenant, &id, &at, &self.fingerprint, &answer]).await?;
        Ok(committed)
    }

    async fn write_steps(&self, line: &Line) -> Result<(Committed, Vec<JsonValue>), Failure> {
        let (mut touched, mut removed) = (Vec::new(), Vec::new());
        let mut begin = 0;
        let tenant = self.commit.tenant;
        for (kind, steps) in self.steps().flat_map(pieces) {
            if let Some(kind) = kind {
                Together::of(tenant, kind, steps, begin)?.write(line).await?;
                touched.extend(steps.iter().map(|_| 1));
            } else {
                let json = Hidden(drawn(tenant, steps, begin)?.into());
                let rows = line.rows(STEPS, &[tenant.as_uuid(), &Json(&json)]).await?;
                let row = rows.first().ok_or(Failure::column("no answer"))?;
                let counts = row.try_get::<_, Vec<i64>>(0)?;
                touched.extend(counts.into_iter().map(|count| u64::try_from(count).unwrap_or(0)));
                let gone: Vec<JsonValue> = serde_json::from_str(row.try_get(1)?).map_err(Malformed::from)?;
                removed.extend(gone);
            }
            begin += steps.len();
        }
        Ok((Committed { touched }, removed))
    }

    /// The steps that name somebody in a set.
    fn moves(&self) -> Result<Vec<JsonValue>, Failure> {
        let sets = self
            .commit
            .changes
            .iter()
            .filter(|change| matches!(change, Change::Set(_)));
        let mut drawn = Drawn::default();
        for set in sets {
            drawn.change(self.commit.tenant, set.clone())?;
        }
        Ok(drawn.json)
    }

    fn understand(&self, failure: Failure) -> Failure {
        let changes = self.commit.changes.iter().chain(&self.mail);
        let meanings: Vec<Meaning> = changes.map(meaning).collect();
        understand(failure, |step| meanings.get(step), &self.named)
    }
}

fn meaning(change: &Change) -> Meaning {
    match change {
        Change::Insert(entry) | Change::Update { entry, .. } => Meaning::Keys(entry.keys.clone()),
        Change::Count { counter, .. } => Meaning::Counter(*counter),
        Change::Unknown(what) => Meaning::Unknown(what.clone()),
        Change::Remove { .. } | Change::Set(_) | Change::Touch { .. } => Meaning::Other,
    }
}

/// What must exist at the end. What the commit itself writes does, where it removes nothing; and what is named twice is looked
/// for once.
fn named<'a>(changes: impl Iterator<Item = &'a Change> + Clone) -> Vec<(RecordId, RecordId)> {
    let removes = changes.clone().any(|change| matches!(change, Change::Remove { .. }));
    let entries = changes.filter_map(|change| match change {
        Change::Insert(entry) | Change::Update { entry, .. } => Some(entry),
        _ => None,
    });
    let last: HashMap<RecordId, &Entry> = entries.clone().map(|entry| (entry.record.id(), entry)).collect();
    let mut named = Vec::new();
    let mut seen = HashSet::new();
    for from in entries.map(|entry| entry.record.id()) {
        for reference in last.get(&from).into_iter().flat_map(|entry| &entry.references) {
            let certain = !removes && (last.contains_key(&reference.to) || !seen.insert(reference.to));
            if !certain {
                named.push((from, reference.to));
            }
        }
    }
    named
}

/// Steps as JSON, of which the first has this place in the commit.
fn drawn(tenant: TenantId, steps: &[Change], begin: usize) -> Result<Vec<JsonValue>, Failure> {
    let mut drawn = Drawn::default();
    for step in steps {
        drawn.change(tenant, step.clone())?;
    }
    for (step, place) in drawn.json.iter_mut().zip(begin..) {
        step["place"] = place.into();
    }
    Ok(drawn.json)
}
