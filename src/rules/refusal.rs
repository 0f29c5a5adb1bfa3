//! What a store's refusal of a commit means in the words of the domain.

use crate::error::{Denied, Problem};
use crate::model::{KeySpace, Record, RecordId, UniqueKey};
use crate::store::{Change, Commit, CommitError, Counter};

/// The refusal that a caller can act on; none where the store failed or others were faster, and trying again may help.
pub fn refusal(error: &CommitError, commit: &Commit) -> Option<Denied> {
    match error {
        CommitError::Duplicate { key } => duplicate(key, commit),
        CommitError::MissingReference { to, .. } => Some(Denied::invalid(field_of(to), Problem::Unknown(to.kind()))),
        CommitError::InUse { record, by, count } => Some(Denied::InUse {
            what: record.kind(),
            by: *by,
            count: *count,
        }),
        CommitError::OutOfBounds {
            counter: Counter::Administrators,
            ..
        } => Some(Denied::LastAdministrator),
        CommitError::OutOfBounds {
            counter: Counter::Seats,
            ..
        } => Some(Denied::NoSeat {
            limit: seat_limit(commit),
        }),
        CommitError::Conflict { .. }
        | CommitError::IdReused
        | CommitError::Unsupported { .. }
        | CommitError::Store(_) => None,
    }
}

fn duplicate(key: &UniqueKey, commit: &Commit) -> Option<Denied> {
    match key.space {
        KeySpace::Login => Some(Denied::LoginTaken {
            field: login_field(key, commit),
        }),
        KeySpace::EmployeeUser => Some(Denied::EmployeeHasUser),
        KeySpace::Signature => Some(Denied::SignatureTaken),
        KeySpace::RoleName => Some(Denied::RoleNameTaken),
        KeySpace::Identity => Some(Denied::IdentityTaken),
        // Two acts on one user at a time, or a chance of 2^-256: trying again settles both.
        KeySpace::OpenTicket | KeySpace::TicketToken | KeySpace::SessionToken | KeySpace::ApiKeyToken => None,
    }
}

/// Whether it is the user name that is taken, or the address. Where both are the same, the address was entered.
fn login_field(key: &UniqueKey, commit: &Commit) -> &'static str {
    let is_address = |record: &Record| match record {
        Record::User(user) => {
            let next = user.pending_address.iter().map(|change| &change.to);
            next.chain([&user.address])
                .any(|address| UniqueKey::login(&address.key()) == *key)
        }
        _ => false,
    };
    if entries(commit).any(is_address) {
        "email"
    } else {
        "user_name"
    }
}

fn seat_limit(commit: &Commit) -> u32 {
    let mut limits = commit.changes.iter().filter_map(|change| match change {
        Change::Count {
            counter: Counter::Seats,
            at_most,
            ..
        } => *at_most,
        _ => None,
    });
    limits
        .next_back()
        .and_then(|limit| u32::try_from(limit).ok())
        .unwrap_or(0)
}

fn entries(commit: &Commit) -> impl Iterator<Item = &Record> {
    commit.changes.iter().filter_map(|change| match change {
        Change::Insert(entry) | Change::Update { entry, .. } => Some(&entry.record),
        _ => None,
    })
}

fn field_of(record: &RecordId) -> &'static str {
    match record {
        RecordId::Unit(_) => "unit",
        RecordId::Role(_) => "role",
        RecordId::Employee(_) => "employee",
        RecordId::User(_) => "user",
        _ => "reference",
    }
}
