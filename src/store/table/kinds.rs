//! Which tables there are, and what each has.

use super::Malformed;
use crate::model::{RecordKind, SortBy};

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

/// The columns that the records of a kind are ordered by, each with the order whose [`Record::sort_key`] stands in it.
///
/// [`Record::sort_key`]: crate::model::Record::sort_key
pub(in crate::store) fn sort_columns(kind: RecordKind) -> &'static [(SortBy, &'static str)] {
    const CREATED: (SortBy, &str) = (SortBy::Created, "created_key");
    const NAME: (SortBy, &str) = (SortBy::Name, "name_key");
    const SIGNATURE: (SortBy, &str) = (SortBy::Signature, "signature_key");
    const FIRST_NAME: (SortBy, &str) = (SortBy::FirstName, "first_name_key");
    const ADDRESS: (SortBy, &str) = (SortBy::Address, "address_key");
    match kind {
        RecordKind::User => &[
            CREATED,
            NAME,
            SIGNATURE,
            FIRST_NAME,
            (SortBy::DisplayName, "display_name_key"),
            (SortBy::UserName, "user_name_key"),
            ADDRESS,
            (SortBy::LastLogin, "last_login_key"),
        ],
        RecordKind::Employee => &[CREATED, NAME, SIGNATURE, FIRST_NAME, ADDRESS],
        RecordKind::Tenant | RecordKind::Unit | RecordKind::Role | RecordKind::Invitation | RecordKind::ApiKey => {
            &[CREATED, NAME]
        }
        RecordKind::Ticket
        | RecordKind::Credential
        | RecordKind::Session
        | RecordKind::Attempt
        | RecordKind::Mail
        | RecordKind::Throttle => &[CREATED],
    }
}

/// The column that an order of a kind goes by: one of [`sort_columns`], or `status`, whose bytes are those of the key. None
/// where all records of the kind have the empty key.
pub(in crate::store) fn sort_column(kind: RecordKind, by: SortBy) -> Option<&'static str> {
    let by = match (by, kind) {
        (SortBy::Status, _) => return has_status(kind).then_some("status"),
        (SortBy::LastName, RecordKind::User | RecordKind::Employee) | (SortBy::Address, RecordKind::Invitation) => {
            SortBy::Name
        }
        (by, _) => by,
    };
    let columns = sort_columns(kind).iter();
    columns.copied().find(|(of, _)| *of == by).map(|(_, column)| column)
}

/// Whether records of a kind are found by something of their own ([`Record::search_text`]).
///
/// [`Record::search_text`]: crate::model::Record::search_text
pub(in crate::store) fn has_text(kind: RecordKind) -> bool {
    matches!(
        kind,
        RecordKind::Tenant
            | RecordKind::Unit
            | RecordKind::Role
            | RecordKind::Employee
            | RecordKind::User
            | RecordKind::ApiKey
    )
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
