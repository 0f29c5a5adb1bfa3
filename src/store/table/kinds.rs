//! Which tables there are, and what each has.

use super::Malformed;
use crate::model::RecordKind;

/// The table that keeps the records of a kind.
pub(in crate::store) fn table(kind: RecordKind) -> &'static str {
    match kind {
        RecordKind::Tenant => "tenure_tenant",
        RecordKind::Unit => "tenure_unit",
        RecordKind::Role => "tenure_role",
        RecordKind::Employee => "tenure_employee",
        RecordKind::User => "tenure_user",
        RecordKind::Invitation => "tenure_invitation",
        RecordKind::Ticket => "tenure_ticket",
        RecordKind::Credential => "tenure_credential",
        RecordKind::Session => "tenure_session",
        RecordKind::Attempt => "tenure_attempt",
        RecordKind::Mail => "tenure_mail",
        RecordKind::Throttle => "tenure_throttle",
        RecordKind::ApiKey => "tenure_api_key",
    }
}

/// The kind with this name in columns.
pub(in crate::store) fn kind_named(name: &str) -> Result<RecordKind, Malformed> {
    let named = |kind: &&RecordKind| kind.as_str() == name;
    let kind = RecordKind::ALL.iter().find(named).copied();
    kind.ok_or(Malformed::Column("no kind of record"))
}

/// Whether records of a kind have a name to be ordered by.
pub(in crate::store) fn has_name(kind: RecordKind) -> bool {
    match kind {
        RecordKind::Tenant
        | RecordKind::Unit
        | RecordKind::Role
        | RecordKind::Employee
        | RecordKind::User
        | RecordKind::Invitation
        | RecordKind::ApiKey => true,
        RecordKind::Ticket
        | RecordKind::Credential
        | RecordKind::Session
        | RecordKind::Attempt
        | RecordKind::Mail
        | RecordKind::Throttle => false,
    }
}

/// Whether records of a kind have states.
pub(in crate::store) fn has_status(kind: RecordKind) -> bool {
    match kind {
        RecordKind::User
        | RecordKind::Invitation
        | RecordKind::Ticket
        | RecordKind::Session
        | RecordKind::Mail
        | RecordKind::ApiKey => true,
        RecordKind::Tenant
        | RecordKind::Unit
        | RecordKind::Role
        | RecordKind::Employee
        | RecordKind::Credential
        | RecordKind::Attempt
        | RecordKind::Throttle => false,
    }
}

/// Where a table says which user its record belongs to.
pub(in crate::store) fn owner_column(kind: RecordKind) -> Option<&'static str> {
    match kind {
        RecordKind::Invitation
        | RecordKind::Ticket
        | RecordKind::Session
        | RecordKind::Attempt
        | RecordKind::Mail
        | RecordKind::Throttle
        | RecordKind::ApiKey => Some("user"),
        RecordKind::Credential => Some("id"),
        RecordKind::Tenant | RecordKind::Unit | RecordKind::Role | RecordKind::Employee | RecordKind::User => None,
    }
}
