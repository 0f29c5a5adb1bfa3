//! Sending a commit, and understanding the answer.

use serde::Deserialize;
use tokio_postgres::types::Json;
use uuid::Uuid;

use super::failure::Failure;
use super::large;
use super::line::{Lines, Own};
use super::plan::{Meaning, Plan};
use crate::model::{RecordId, RecordKind};
use crate::store::table::kind_named;
use crate::store::{Commit, CommitError, Committed};

const WRITE: &str = "SELECT tenure_write_commit($1, $2, $3, $4, $5)";
/// The state by which the server says that the contract refuses a commit; the detail says why.
const REFUSED: &str = "TN001";
/// How often a commit is sent that fell victim to another.
pub(super) const ATTEMPTS: u32 = 5;

/// Writes a commit, whole or not at all.
pub(super) async fn write(lines: &Lines, commit: Commit) -> Result<Committed, Failure> {
    let (tenant, id, at) = (*commit.tenant.as_uuid(), *commit.id.as_uuid(), commit.at.unix_micros());
    let fingerprint = commit.fingerprint();
    if large::is_large(&commit) {
        return large::write(lines, &commit, &fingerprint).await;
    }
    let plan = Plan::new(commit)?;
    let mut attempt = 1;
    loop {
        let own = ready(lines, WRITE).await?;
        let json = Json(&plan.json);
        let answer = own
            .line
            .rows(WRITE, &[&tenant, &id, &at, &fingerprint.as_slice(), &json])
            .await;
        match answer {
            Ok(rows) => {
                let row = rows.first().ok_or(Failure::column("no answer"))?;
                return Ok(serde_json::from_str(row.try_get(0)?)?);
            }
            Err(failure) if failure.is_collision() && attempt < ATTEMPTS => attempt += 1,
            Err(failure) if failure.is_lost() => {
                own.give_up();
                return Err(Failure::Lost(Box::new(failure)));
            }
            Err(failure) => return Err(plan.understand(failure)),
        }
    }
}

/// A connection on which the statement is prepared. Nothing was sent that writes, so where one turns out to be dead, another
/// is made without anybody having to know.
pub(super) async fn ready<'a>(lines: &'a Lines, sql: &str) -> Result<Own<'a>, Failure> {
    let own = lines.own().await?;
    match own.line.ready(sql).await {
        Ok(()) => return Ok(own),
        Err(failure) if failure.is_lost() => own.give_up(),
        Err(failure) => return Err(failure),
    }
    let own = lines.own().await?;
    own.line.ready(sql).await?;
    Ok(own)
}

/// Why the server refused, in places of the plan.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Refusal {
    Conflict {
        kind: String,
        id: Uuid,
    },
    Duplicate {
        step: usize,
        key: usize,
    },
    Missing(usize),
    MovedToNone {
        from: Uuid,
        to: Uuid,
    },
    InUse {
        kind: String,
        id: Uuid,
        by: String,
        count: u64,
    },
    OutOfBounds {
        step: usize,
        value: i64,
    },
    IdReused,
    Unsupported(usize),
}

impl Plan {
    fn understand(&self, failure: Failure) -> Failure {
        understand(failure, |step| self.steps.get(step), &self.named)
    }
}

/// What a failure means, by the meaning of the steps of a commit and by what its records name.
pub(super) fn understand<'a>(
    failure: Failure,
    step: impl Fn(usize) -> Option<&'a Meaning>,
    named: &[(RecordId, RecordId)],
) -> Failure {
    let Failure::Postgres(error) = &failure else {
        return failure;
    };
    let refusal = error.as_db_error().filter(|error| error.code().code() == REFUSED);
    match refusal.and_then(|refusal| refusal.detail()) {
        Some(detail) => match refusal_of(detail, step, named) {
            Ok(refusal) => refusal.into(),
            Err(failure) => failure,
        },
        None => failure,
    }
}

fn refusal_of<'a>(
    detail: &str,
    meaning: impl Fn(usize) -> Option<&'a Meaning>,
    named: &[(RecordId, RecordId)],
) -> Result<CommitError, Failure> {
    let unknown = Failure::column("an unknown refusal");
    Ok(match serde_json::from_str(detail)? {
        Refusal::Conflict { kind, id } => CommitError::Conflict {
            record: record(&kind, id)?,
        },
        Refusal::Duplicate { step, key } => match meaning(step) {
            Some(Meaning::Keys(keys)) => CommitError::Duplicate {
                key: keys.get(key).ok_or(unknown)?.clone(),
            },
            _ => return Err(unknown),
        },
        Refusal::Missing(place) => {
            let (from, to) = *named.get(place).ok_or(unknown)?;
            CommitError::MissingReference { from, to }
        }
        Refusal::MovedToNone { from, to } => CommitError::MissingReference {
            from: RecordId::new(RecordKind::Employee, from),
            to: RecordId::new(RecordKind::Employee, to),
        },
        Refusal::InUse { kind, id, by, count } => CommitError::InUse {
            record: record(&kind, id)?,
            by: kind_named(&by)?,
            count,
        },
        Refusal::OutOfBounds { step, value } => match meaning(step) {
            Some(Meaning::Counter(counter)) => CommitError::OutOfBounds {
                counter: *counter,
                value,
            },
            _ => return Err(unknown),
        },
        Refusal::IdReused => CommitError::IdReused,
        Refusal::Unsupported(step) => match meaning(step) {
            Some(Meaning::Unknown(what)) => CommitError::Unsupported { what: what.clone() },
            _ => return Err(unknown),
        },
    })
}

fn record(kind: &str, id: Uuid) -> Result<RecordId, Failure> {
    Ok(RecordId::new(kind_named(kind)?, id))
}
