//! Faults of loading, of what is read back, of principals and counters.

use serde_json::Value;

use super::{Fault, Mutant};
use crate::clock::Timestamp;
use crate::id::TenantId;
use crate::model::{Actor, ApiKey, ApiKeyState, EndReason, InvitationState, Loaded, Record, SessionState, Version};
use crate::secret::TokenHash;
use crate::store::{Counter, Lookup, PrincipalRecords, StoreError};

impl Mutant {
    pub(super) async fn broken_load(
        &self,
        tenant: TenantId,
        wanted: &[Lookup],
    ) -> Result<Vec<Option<Loaded<Record>>>, StoreError> {
        let mut loaded = self.inner.load(tenant, wanted).await?;
        for (found, lookup) in loaded.iter_mut().zip(wanted) {
            match (self.fault, lookup) {
                (Fault::FindsNothing, Lookup::Key(_)) => *found = None,
                (Fault::LoadsAnywhere, lookup) if found.is_none() => {
                    for other in self.others(tenant) {
                        let elsewhere = self.stored(other, lookup.clone()).await;
                        *found = found.take().or(elsewhere);
                    }
                }
                _ => {}
            }
        }
        match self.fault {
            Fault::LoadsBackwards => loaded.reverse(),
            Fault::LoadsGaplessly => loaded.retain(Option::is_some),
            _ => {}
        }
        Ok(loaded
            .into_iter()
            .map(|found| found.map(|found| self.shown(found)))
            .collect())
    }

    /// A record as this store shows it.
    pub(super) fn shown(&self, mut loaded: Loaded<Record>) -> Loaded<Record> {
        self.show_version(&mut loaded);
        match self.fault {
            Fault::KeepsMilliseconds => retold(&mut loaded.value, &|_, text| to_micros(text, 1_000)),
            Fault::KeepsSeconds => retold(&mut loaded.value, &|_, text| to_micros(text, 1_000_000)),
            Fault::BeginsIn1970 => retold(&mut loaded.value, &|_, text| {
                Timestamp::try_from(text.to_owned())
                    .ok()
                    .map(|at| at.max(Timestamp::EPOCH).to_string())
            }),
            Fault::LosesAstral => retold(&mut loaded.value, &|_, text| {
                let lost = |c| if c > '\u{ffff}' { '\u{fffd}' } else { c };
                Some(text.chars().map(lost).collect())
            }),
            Fault::LowersNames => retold(&mut loaded.value, &|field, text| {
                field.ends_with("name").then(|| text.to_lowercase())
            }),
            Fault::CutsTexts => retold(&mut loaded.value, &|field, text| {
                ["name", "message", "user_agent"]
                    .contains(&field)
                    .then(|| text.chars().take(191).collect())
            }),
            _ => self.lose(&mut loaded.value),
        }
        loaded
    }

    fn show_version(&self, loaded: &mut Loaded<Record>) {
        let id = loaded.value.id();
        if self.has(Fault::ShowsFirstVersions) {
            loaded.version = Version::FIRST;
        }
        let notes = self.notes();
        if notes.lowered.contains(&id) {
            loaded.version = Version::new(loaded.version.number() - 1);
        }
        let (seen, revived) = (notes.seen.get(&id), notes.revived.get(&id));
        match &mut loaded.value {
            Record::Session(session) => {
                session.seen_at = *revived.or(seen).unwrap_or(&session.seen_at);
                if revived.is_some() {
                    session.state = SessionState::Open;
                }
            }
            Record::User(user) => {
                if let Some(seen) = revived.or(seen) {
                    user.last_login_at = Some(*seen).filter(|seen| *seen != Timestamp::EPOCH);
                }
            }
            Record::ApiKey(key) => {
                key.seen_at = revived.or(seen).copied().or(key.seen_at);
                if revived.is_some() {
                    key.state = ApiKeyState::Open;
                }
            }
            _ => {}
        }
    }

    fn lose(&self, record: &mut Record) {
        match (self.fault, record) {
            (Fault::LosesReasons, Record::Invitation(invitation)) => {
                if let InvitationState::Cancelled { by, .. } = &mut invitation.state {
                    *by = Actor::Founder;
                }
            }
            (Fault::LosesReasons, Record::Session(session)) => {
                if let SessionState::Ended { reason, .. } = &mut session.state {
                    *reason = EndReason::SignedOut;
                }
            }
            (Fault::LosesAddresses, Record::Session(session)) => {
                session.client.address = session.client.address.filter(std::net::IpAddr::is_ipv4);
            }
            (Fault::SortsTokens, Record::Ticket(ticket)) => ticket.tokens.sort(),
            _ => {}
        }
    }

    pub(super) async fn broken_principal(
        &self,
        tenant: TenantId,
        token: &TokenHash,
    ) -> Result<Option<PrincipalRecords>, StoreError> {
        let mut found = self.inner.principal_by_session(tenant, token).await?;
        match self.fault {
            Fault::PrincipalsLackRoles => {
                found = found.map(|found| PrincipalRecords {
                    roles: Vec::new(),
                    ..found
                });
            }
            Fault::HidesEndedSessions => found = found.filter(|found| found.pass.state == SessionState::Open),
            Fault::SignsInAnywhere if found.is_none() => {
                for other in self.others(tenant) {
                    let elsewhere = self.inner.principal_by_session(other, token).await?;
                    found = found.or(elsewhere);
                }
            }
            Fault::RemembersPrincipals => {
                let mut notes = self.notes();
                if let Some(found) = found.clone() {
                    notes.principals.entry(*token).or_insert(found);
                }
                found = notes.principals.get(token).cloned();
            }
            Fault::AdoptsTokens if found.is_none() => {
                let query = crate::store::Query::new(crate::model::RecordKind::Session, Timestamp::EPOCH);
                if let Some(Record::Session(last)) = self.everything(tenant, query).await.pop().map(|last| last.value) {
                    found = self.inner.principal_by_session(tenant, &last.token).await?;
                }
            }
            _ => {}
        }
        Ok(found)
    }

    pub(super) async fn broken_key_principal(
        &self,
        tenant: TenantId,
        token: &TokenHash,
    ) -> Result<Option<PrincipalRecords<ApiKey>>, StoreError> {
        let mut found = self.inner.principal_by_api_key(tenant, token).await?;
        match self.fault {
            Fault::PrincipalsLackRoles => {
                found = found.map(|found| PrincipalRecords {
                    roles: Vec::new(),
                    ..found
                });
            }
            Fault::HidesEndedSessions => found = found.filter(|found| found.pass.state == ApiKeyState::Open),
            Fault::SignsInAnywhere if found.is_none() => {
                for other in self.others(tenant) {
                    let elsewhere = self.inner.principal_by_api_key(other, token).await?;
                    found = found.or(elsewhere);
                }
            }
            Fault::RemembersPrincipals => {
                let mut notes = self.notes();
                if let Some(found) = found.clone() {
                    notes.key_principals.entry(*token).or_insert(found);
                }
                found = notes.key_principals.get(token).cloned();
            }
            Fault::AdoptsTokens if found.is_none() => {
                let query = crate::store::Query::new(crate::model::RecordKind::ApiKey, Timestamp::EPOCH);
                if let Some(Record::ApiKey(last)) = self.everything(tenant, query).await.pop().map(|last| last.value) {
                    found = self.inner.principal_by_api_key(tenant, &last.token).await?;
                }
            }
            _ => {}
        }
        Ok(found)
    }

    pub(super) async fn broken_counter(&self, tenant: TenantId, counter: Counter) -> Result<i64, StoreError> {
        let counter = if self.has(Fault::MergesCounters) {
            Counter::Seats
        } else {
            counter
        };
        let value = self.inner.counter(tenant, counter).await?;
        match (self.fault, value) {
            (Fault::CountsFromOne, 0) => Ok(1),
            (Fault::CountsAnywhere, 0) => match self.others(tenant).first() {
                Some(other) => self.inner.counter(*other, counter).await,
                None => Ok(0),
            },
            _ => Ok(value),
        }
    }
}

fn to_micros(text: &str, unit: i64) -> Option<String> {
    let at = Timestamp::try_from(text.to_owned()).ok()?;
    let cut = at.unix_micros().div_euclid(unit) * unit;
    Timestamp::from_unix_micros(cut).ok().map(|at| at.to_string())
}

/// Another text for a field's text; none where it stays.
type Retell<'a> = &'a dyn Fn(&str, &str) -> Option<String>;

/// The same record with every text retold.
fn retold(record: &mut Record, retell: Retell<'_>) {
    let Ok(mut value) = serde_json::to_value(&*record) else {
        return;
    };
    walk("", &mut value, retell);
    if let Ok(retold) = serde_json::from_value(value) {
        *record = retold;
    }
}

fn walk(field: &str, value: &mut Value, retell: Retell<'_>) {
    match value {
        Value::String(text) => {
            if let Some(other) = retell(field, text) {
                *text = other;
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| walk(field, item, retell)),
        Value::Object(fields) => fields.iter_mut().for_each(|(field, value)| walk(field, value, retell)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
