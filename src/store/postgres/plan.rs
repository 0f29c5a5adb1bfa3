//! A commit made out as JSON for `tenure_write_commit`.

use std::collections::HashMap;
use std::fmt::{self, Write as _};

use serde_json::{Value as Json, json};

use super::failure::Failure;
use super::{grams, pattern};
use crate::id::TenantId;
use crate::model::{
    Affected, ApiKey, ApiKeyState, Entry, Event, RecordId, RecordKind, Session, SessionState, Ticket, TicketState,
    UniqueKey, Version, instant_key,
};
use crate::store::table::{Beside, Made, Malformed, Value, actor_name, name_of};
use crate::store::{Change, Commit, Counter, Guard, SetChange};

/// What is sent, and what its places mean when the server names them in a refusal.
pub(super) struct Plan {
    pub(super) json: Hidden,
    pub(super) steps: Vec<Meaning>,
    pub(super) named: Vec<(RecordId, RecordId)>,
}

/// JSON with records in it, password hashes too. The driver may log what it binds: of this it shows nothing.
pub(super) struct Hidden(pub(super) Json);

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(a commit)")
    }
}

impl serde::Serialize for Hidden {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

/// What a step can be refused for.
pub(super) enum Meaning {
    Keys(Vec<UniqueKey>),
    Counter(Counter),
    Unknown(String),
    Other,
}

impl Plan {
    /// Does all that can be done before the tenant is locked.
    pub(super) fn new(commit: Commit) -> Result<Self, Failure> {
        let tenant = commit.tenant;
        let changes = commit.changes.len();
        let only_touches = commit.guards.is_empty() && commit.events.is_empty() && commit.mail.is_empty();
        let only_touches = only_touches
            && commit
                .changes
                .iter()
                .all(|change| matches!(change, Change::Touch { .. }));
        let mut drawn = Drawn::default();
        for change in commit.changes {
            drawn.change(tenant, change)?;
        }
        for mail in commit.mail {
            drawn.change(tenant, Change::Insert(Entry::new(mail)))?;
        }
        let named = drawn.named();
        let guards = commit.guards.iter().map(guard);
        let json = json!({
            "only_touches": only_touches,
            "changes": changes,
            "guards": guards.collect::<Vec<_>>(),
            "steps": drawn.json,
            "named": named.iter().enumerate().map(|(place, (from, to))| link(place, *from, *to)).collect::<Vec<_>>(),
            "events": commit.events.iter().map(event).collect::<Result<Vec<_>, _>>()?,
        });
        Ok(Self {
            json: Hidden(json),
            steps: drawn.steps,
            named,
        })
    }
}

/// Steps made out so far.
#[derive(Default)]
pub(super) struct Drawn {
    pub(super) json: Vec<Json>,
    steps: Vec<Meaning>,
    /// What was written, in that order, and what each names after the last write.
    written: Vec<RecordId>,
    names: HashMap<RecordId, Vec<RecordId>>,
}

impl Drawn {
    pub(super) fn change(&mut self, tenant: TenantId, change: Change) -> Result<(), Malformed> {
        let (json, meaning) = match change {
            Change::Insert(entry) => self.write(tenant, entry, None)?,
            Change::Update { expected, entry } => self.write(tenant, entry, Some(expected))?,
            Change::Remove { record, expected } => {
                let mut json = of(record);
                json["do"] = "remove".into();
                json["expected"] = number(expected);
                (json, Meaning::Other)
            }
            Change::Set(set) => (set_change(&set)?, Meaning::Other),
            Change::Count {
                counter,
                delta,
                at_least,
                at_most,
            } => (
                json!({
                    "do": "count", "counter": counter.key(), "delta": delta, "at_least": at_least, "at_most": at_most,
                }),
                Meaning::Counter(counter),
            ),
            Change::Touch { record, seen_at } => {
                let mut json = of(record);
                json["do"] = "touch".into();
                json["seen_at"] = seen_at.unix_micros().into();
                json["seen"] = json!(seen_at);
                json["seen_key"] = hex(&instant_key(seen_at)).into();
                (json, Meaning::Other)
            }
            Change::Unknown(what) => (json!({ "do": "unknown" }), Meaning::Unknown(what)),
        };
        let mut json = json;
        json["place"] = self.steps.len().into();
        self.json.push(json);
        self.steps.push(meaning);
        Ok(())
    }

    fn write(
        &mut self,
        tenant: TenantId,
        entry: Entry,
        expected: Option<Version>,
    ) -> Result<(Json, Meaning), Malformed> {
        let made = Made::of(tenant, entry)?;
        let mut json = of(made.id);
        json["do"] = if expected.is_some() { "update" } else { "insert" }.into();
        json["expected"] = expected.map_or(Json::Null, number);
        let (row, listed) = rows(tenant, &made);
        json["row"] = row;
        json["listed"] = listed;
        json["linked"] = made.linked.into();
        json["keys"] = made.keys.iter().map(key).collect();
        json["apart"] = made.keys_apart().into_iter().map(key).collect();
        let others = made.other_references().iter();
        json["references"] = others
            .map(|reference| {
                let mut json = of(reference.to);
                json["owned"] = reference.owned.into();
                json
            })
            .collect();
        match &made.beside {
            Beside::Nothing => {}
            Beside::User(roles, units) => {
                json["roles"] = roles.iter().map(|role| json!(role.as_uuid())).collect();
                json["units"] = units.iter().map(|unit| json!(unit.as_uuid())).collect();
            }
            Beside::Path(path) => json["path"] = path.iter().map(|unit| json!(unit.as_uuid())).collect(),
        }
        self.written.push(made.id);
        let names = made.references.iter().map(|reference| reference.to).collect();
        self.names.insert(made.id, names);
        Ok((json, Meaning::Keys(made.keys)))
    }

    /// What must exist at the end where the record that names it does.
    fn named(&self) -> Vec<(RecordId, RecordId)> {
        let names = |from: &RecordId| {
            self.names
                .get(from)
                .into_iter()
                .flatten()
                .map(|to| (*from, *to))
                .collect()
        };
        self.written.iter().flat_map(|from| -> Vec<_> { names(from) }).collect()
    }
}

/// The row of a record, and of an employee or a user also that by which they are listed.
fn rows(tenant: TenantId, made: &Made) -> (Json, Json) {
    let json = |columns: &[(&'static str, Value)]| -> Json {
        let columns = columns.iter();
        columns
            .map(|(name, value)| ((*name).to_owned(), column(value)))
            .collect()
    };
    let mut row = json(&made.columns.0);
    if let Some(listed) = listed(tenant, made) {
        return (row, json(&listed));
    }
    if let Some(text) = &made.text {
        row["found"] = pattern::found(text).into();
    }
    (row, Json::Null)
}

/// What listings of employees and users go by: keys as they are, states as bytes.
pub(super) fn listed(tenant: TenantId, made: &Made) -> Option<Vec<(&'static str, Value)>> {
    let is_listed = matches!(made.id.kind(), RecordKind::Employee | RecordKind::User);
    let text = made.text.as_ref().filter(|_| is_listed)?;
    let columns = made.columns.0.iter().filter_map(|(name, value)| match (*name, value) {
        ("status" | "status_next", Value::Text(state)) => Some((*name, Value::Bytes(state.as_bytes().to_vec()))),
        ("provider", value) => Some(("has_identity", Value::Integer((*value != Value::Null).into()))),
        ("tenant" | "id" | "status_until" | "status_next" | "kind" | "employee" | "unit", value) => {
            Some((*name, value.clone()))
        }
        (name, value) if name.ends_with("_key") && name != "last_login_key" => Some((name, value.clone())),
        _ => None,
    });
    let grams: Vec<String> = grams::of_text(tenant, text).iter().map(i32::to_string).collect();
    let found = [
        ("found", Value::Text(pattern::found(text))),
        ("grams", Value::Text(format!("{{{}}}", grams.join(",")))),
    ];
    Some(columns.chain(found).collect())
}

/// A record that another one names.
pub(super) fn link(place: usize, from: RecordId, to: RecordId) -> Json {
    json!({
        "place": place, "from_kind": from.kind().as_str(), "from": from.uuid(),
        "to_kind": to.kind().as_str(), "to": to.uuid(),
    })
}

pub(super) fn guard(guard: &Guard) -> Json {
    let mut json = of(guard.record);
    json["version"] = number(guard.version);
    json
}

fn of(record: RecordId) -> Json {
    json!({ "kind": record.kind().as_str(), "id": record.uuid() })
}

/// A version as PostgreSQL keeps it. What is too large stays larger than all that is stored.
fn number(version: Version) -> Json {
    i64::try_from(version.number()).unwrap_or(i64::MAX - 1).into()
}

fn key(key: &UniqueKey) -> Json {
    json!({ "space": key.space.as_str(), "key": hex(&key.bytes) })
}

fn column(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Integer(number) => (*number).into(),
        Value::Text(text) => text.as_str().into(),
        Value::Id(uuid) => json!(uuid),
        Value::Bytes(bytes) => hex(bytes).into(),
    }
}

/// Bytes as `bytea` takes them in.
fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(2 + 2 * bytes.len());
    text.push_str("\\x");
    for byte in bytes {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

fn set_change(set: &SetChange) -> Result<Json, Malformed> {
    Ok(match set {
        SetChange::EndSessions {
            user,
            except,
            at,
            reason,
        } => {
            let (at, reason) = (*at, *reason);
            json!({
                "do": "end_sessions", "user": user.as_uuid(), "except": except,
                "state": SessionState::Ended { at, reason }, "at": at.unix_micros(),
                "because": name_of(&reason, "reason")?,
                "due_at": at.saturating_add(Session::KEPT_AFTER_END).unix_micros(),
            })
        }
        SetChange::EndTickets { user, purpose, at } => json!({
            "do": "end_tickets", "user": user.as_uuid(),
            "purpose": purpose.map(|purpose| name_of(&purpose, "purpose")).transpose()?,
            "state": TicketState::Ended { at: *at },
            "due_at": at.saturating_add(Ticket::KEPT_AFTER_END).unix_micros(),
        }),
        SetChange::RevokeApiKeys { user, at } => json!({
            "do": "revoke_api_keys", "user": user.as_uuid(), "state": ApiKeyState::Revoked { at: *at },
            "at": at.unix_micros(), "due_at": at.saturating_add(ApiKey::KEPT_AFTER_END).unix_micros(),
        }),
        SetChange::MoveReports { from, to, except } => json!({
            "do": "move_reports", "from": from.as_uuid(), "to": to, "except": except,
        }),
    })
}

pub(super) fn event(event: &Event) -> Result<Json, Malformed> {
    let (affected, by_change) = match event.affected {
        Some(Affected::Records(count)) => (Some(i64::try_from(count).unwrap_or(i64::MAX)), None),
        Some(Affected::ByChange(index)) => (None, Some(i32::try_from(index).unwrap_or(i32::MAX - 1))),
        None => (None, None),
    };
    Ok(json!({
        "at": event.at.unix_micros(), "name": name_of(&event.what, "event")?, "actor": actor_name(&event.actor)?,
        "actor_user": event.actor.user(), "subject_kind": event.subject.kind().as_str(),
        "subject": event.subject.uuid(), "affected": affected, "by_change": by_change,
        "body": serde_json::to_string(event)?,
    }))
}
