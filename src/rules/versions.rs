//! Edits of what somebody had read: refused where it was changed since (D4), and told what they missed.

use std::collections::BTreeSet;
use std::fmt;

use serde::Serialize;

use super::decision::Decision;
use crate::clock::Timestamp;
use crate::error::{Denied, DeniedKind};
use crate::model::security_report::ChangedBy;
use crate::model::{Event, Kept, Loaded, RecordId, Version, What};
use crate::store::Guard;

/// A record that was changed since the caller read it, and what they missed. It says which fields, and no values: whoever may,
/// reads the record again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Stale {
    /// Which record.
    pub record: RecordId,
    /// The version that the caller had read.
    pub read: Version,
    /// The version that it has.
    pub current: Version,
    /// What the log says of the versions between, oldest first; the newest [`MOST`](Stale::MOST). What came with a set change, as
    /// of everyone who reported to somebody, stands in the log under that somebody and is not among these.
    pub missed: Vec<Missed>,
}

/// One change that the caller had not read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Missed {
    /// When.
    pub at: Timestamp,
    /// By whom. Of the host's own code no reason is told: it may name anything.
    pub by: ChangedBy,
    /// What happened, by its name in the log: `grants_changed`.
    pub what: String,
    /// The fields that it changed, as far as the log tells.
    pub fields: BTreeSet<String>,
    /// The version that it made.
    pub version: Version,
}

impl Stale {
    /// How many changes it tells at most.
    pub const MOST: u32 = 50;

    /// The same with what the log says of the record: the events about it, newest first.
    pub fn told(self, log: impl IntoIterator<Item = Event>) -> Self {
        let mut missed: Vec<Missed> = log.into_iter().filter_map(|event| self.missed(&event)).collect();
        missed.reverse();
        Self { missed, ..self }
    }

    /// The same for the user whose account it is: not which other user did it, for that stands in the log, for those who may read it.
    pub fn without_names(self) -> Self {
        let unnamed = |missed: Missed| Missed {
            by: match missed.by {
                ChangedBy::Other(_) => ChangedBy::Another,
                by => by,
            },
            ..missed
        };
        Self {
            missed: self.missed.into_iter().map(unnamed).collect(),
            ..self
        }
    }

    fn missed(&self, event: &Event) -> Option<Missed> {
        let account = match self.record {
            RecordId::User(user) => Some(user),
            _ => None,
        };
        let version = event.version.filter(|version| *version > self.read)?;
        (event.subject == self.record).then(|| Missed {
            at: event.at,
            by: ChangedBy::of(&event.actor, account),
            what: event.what.name(),
            fields: event.what.fields(),
            version,
        })
    }
}

impl fmt::Display for Stale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = self.record.kind();
        write!(f, "the {kind} was changed since it was read")?;
        let fields: BTreeSet<&str> = self
            .missed
            .iter()
            .flat_map(|missed| missed.fields.iter().map(String::as_str))
            .collect();
        if fields.is_empty() {
            return Ok(());
        }
        write!(f, ": {}", fields.into_iter().collect::<Vec<_>>().join(", "))
    }
}

impl std::error::Error for Stale {}

/// Whether what was decided about a record is about the version that the caller had read, where they say one. What the rules
/// refused to those who may not, or cannot see it, stays refused in those words: they learn nothing of versions.
///
/// # Errors
/// [`Stale`] without what was missed; the log knows that ([`Stale::told`]).
pub fn check<T, R: Kept>(
    decided: &Result<Decision<T>, Denied>,
    read: Option<Version>,
    record: Option<&Loaded<R>>,
) -> Result<(), Stale> {
    let (Some(read), Some(record)) = (read, record) else {
        return Ok(());
    };
    let tells_nothing = |denied: &Denied| {
        matches!(
            denied.kind(),
            DeniedKind::Unauthenticated | DeniedKind::Forbidden | DeniedKind::NotFound
        )
    };
    if read == record.version || decided.as_ref().is_err_and(tells_nothing) {
        return Ok(());
    }
    Err(Stale {
        record: Guard::on(record).record,
        read,
        current: record.version,
        missed: Vec::new(),
    })
}

/// The decision, which holds only while the record has the version that the caller had read, where they say one.
pub fn bind<T, R: Kept>(mut decision: Decision<T>, read: Option<Version>, record: Option<&Loaded<R>>) -> Decision<T> {
    decision.guard(read.and(record).map(Guard::on));
    decision
}

impl What {
    /// The fields of the subject that it changed, by the names that inputs have for them.
    pub fn fields(&self) -> BTreeSet<String> {
        let named: &[&str] = match self {
            Self::ProfileEdited { fields } | Self::EmployeeEdited { fields } => return fields.clone(),
            Self::RoleEdited { from, to } => {
                return changed([("name", from.0 != to.0), ("permissions", from.1 != to.1)]);
            }
            Self::AddressChanged { user_name } => return changed([("email", true), ("user_name", *user_name)]),
            Self::TenantRenamed { .. } | Self::UnitRenamed { .. } => &["name"],
            Self::SeatContractChanged { .. } => &["seats"],
            Self::OwnershipHandedOver { .. } | Self::OwnerReleased => &["owner"],
            Self::UnitMoved { .. } => &["parent"],
            Self::SupervisorChanged { .. } => &["supervisor"],
            Self::UserNameChanged => &["user_name"],
            Self::ApiOnlyChanged { .. } => &["api_only"],
            Self::GrantsChanged { .. } => &["grants"],
            Self::MembershipsChanged { .. } => &["memberships"],
            Self::AllowlistChanged { .. } => &["allowlist"],
            Self::AddressChangeRequested { .. }
            | Self::AddressChangeConfirmed { .. }
            | Self::AddressChangeStopped
            | Self::AddressChangeLapsed => &["pending_address"],
            Self::IdentityLinked { .. } | Self::IdentityUnlinked { .. } => &["identity"],
            Self::StatusChanged { .. }
            | Self::InvitationSent { .. }
            | Self::TenantSuspended
            | Self::TenantReinstated
            | Self::UserDeleted { .. }
            | Self::UserRestored => &["status"],
            Self::DeletionHeld { .. } | Self::DeletionReleased => &["hold"],
            _ => &[],
        };
        named.iter().map(|field| (*field).to_owned()).collect()
    }
}

fn changed<const N: usize>(fields: [(&str, bool); N]) -> BTreeSet<String> {
    let changed = fields.into_iter().filter(|(_, changed)| *changed);
    changed.map(|(field, _)| field.to_owned()).collect()
}
