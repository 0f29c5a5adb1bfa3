//! Filters: what must hold of a record to be listed.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::reach::{employee_of, in_scope, is_above, is_below, is_levels_below, units_of};
use super::{Query, View};
use crate::clock::Timestamp;
use crate::id::{EmployeeId, RoleId, UnitId, UserId};
use crate::model::{Client, Ended, Record, Scope, UniqueKey, UserType};
use crate::text::{AddressPattern, SearchField, SearchPattern, SearchText};

/// What must hold of a record to be listed. A filter that has no meaning for a kind of record lets none of that kind pass.
/// More may come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Filter {
    /// In one of these states, by the names that [`Record::status`] gives.
    Status(BTreeSet<String>),
    /// Belongs to this user: invitations, tickets, sessions, attempts, mail.
    OfUser(UserId),
    /// Users, employees and units in this unit or below it.
    Within(UnitId),
    /// Users with a grant of this role.
    WithRole(RoleId),
    /// Employees who report to this one directly, and their users.
    ReportsTo(EmployeeId),
    /// Employees below this one, however far, and their users.
    Below(EmployeeId),
    /// Employees exactly so many levels below this one, and their users: at 1 those who report to it directly. At 0 nobody.
    LevelsBelow(EmployeeId, u16),
    /// The line of supervisors above this employee, all the way up.
    Above(EmployeeId),
    /// Employees who have a user, or who have none.
    HasUser(bool),
    /// Employees who have an address, or who have none.
    HasAddress(bool),
    /// Users who have to do with a unit (membership, client or grant), or with none; employees who work in one, or in none.
    HasUnit(bool),
    /// Users who log in through an external provider, or who do not.
    HasIdentity(bool),
    /// Users of one of these kinds.
    OfType(BTreeSet<UserType>),
    /// What is found by this pattern in any of its fields ([`Record::search_text`]); what belongs to a user and has no name of
    /// its own, by the user's.
    Text(SearchPattern),
    /// The same in one field.
    Field(SearchField, SearchPattern),
    /// Employees who have a supervisor whom this pattern finds, and their users. Supervisors outside the scope of the query are
    /// not looked at: who is found by one says what the name, the signature or the address of that one is.
    Supervisor(SearchPattern),
    /// Attempts that ended in one of these ways.
    Ended(BTreeSet<Ended>),
    /// Sessions and attempts from these addresses.
    From(AddressPattern),
    /// What came to be at this instant or later.
    Since(Timestamp),
    /// What came to be before this instant.
    Before(Timestamp),
    /// Sessions last used after this instant.
    SeenAfter(Timestamp),
    /// What a later release might ask for. Every store refuses it; the conformance suite asks.
    #[doc(hidden)]
    Unknown(String),
}

impl Filter {
    pub(super) fn passes(&self, record: &Record, query: &Query, view: &dyn View) -> bool {
        match (self, record) {
            (Self::Status(states), _) => record.status(query.as_of).is_some_and(|status| states.contains(status)),
            (Self::OfUser(user), _) => record.owner() == Some(*user),
            (Self::Within(unit), _) => in_scope(record, &Scope::from([*unit]), view),
            (Self::WithRole(role), Record::User(user)) => user.roles().contains(role),
            (Self::ReportsTo(supervisor), Record::Employee(_) | Record::User(_)) => {
                employee_of(record, view).is_some_and(|employee| employee.supervisor == Some(*supervisor))
            }
            (Self::Below(top), Record::Employee(_) | Record::User(_)) => {
                employee_of(record, view).is_some_and(|employee| is_below(employee.id, *top, view))
            }
            (Self::LevelsBelow(top, levels), Record::Employee(_) | Record::User(_)) => {
                employee_of(record, view).is_some_and(|employee| is_levels_below(employee, *top, *levels, view))
            }
            (Self::Above(start), Record::Employee(employee)) => is_above(employee.id, *start, view),
            (Self::HasUser(wanted), Record::Employee(employee)) => {
                view.holder(&UniqueKey::employee_user(employee.id)).is_some() == *wanted
            }
            (Self::HasAddress(wanted), Record::Employee(employee)) => employee.email.is_some() == *wanted,
            (Self::HasUnit(wanted), _) => units_of(record).is_some_and(|units| units.is_empty() != *wanted),
            (Self::HasIdentity(wanted), Record::User(user)) => user.identity.is_some() == *wanted,
            (Self::OfType(types), Record::User(user)) => types.contains(&user.kind.user_type()),
            (Self::Text(pattern), _) => matches(pattern, None, searched(record, view)),
            (Self::Field(field, pattern), _) => matches(pattern, Some(*field), searched(record, view)),
            (Self::Supervisor(pattern), Record::Employee(_) | Record::User(_)) => {
                let supervisor = employee_of(record, view).and_then(|employee| employee.supervisor);
                let supervisor = supervisor.and_then(|supervisor| view.record(supervisor.into()));
                let supervisor = supervisor.filter(|supervisor| in_scope(supervisor, &query.scope, view));
                matches(pattern, None, supervisor.and_then(Record::search_text))
            }
            (Self::Ended(ends), Record::Attempt(attempt)) => ends.iter().any(|end| end.is(attempt.outcome)),
            (Self::From(addresses), Record::Attempt(attempt)) => is_from(&attempt.client, *addresses),
            (Self::From(addresses), Record::Session(session)) => is_from(&session.client, *addresses),
            (Self::Since(instant), _) => record.created_at() >= *instant,
            (Self::Before(instant), _) => record.created_at() < *instant,
            (Self::SeenAfter(instant), Record::Session(session)) => session.seen_at > *instant,
            (
                Self::WithRole(_)
                | Self::ReportsTo(_)
                | Self::Below(_)
                | Self::LevelsBelow(..)
                | Self::Above(_)
                | Self::HasUser(_)
                | Self::HasAddress(_)
                | Self::HasIdentity(_)
                | Self::OfType(_)
                | Self::Supervisor(_)
                | Self::Ended(_)
                | Self::From(_)
                | Self::SeenAfter(_)
                | Self::Unknown(_),
                _,
            ) => false,
        }
    }
}

/// What a record is found by: its own names, or those of the user it belongs to.
fn searched(record: &Record, view: &dyn View) -> Option<SearchText> {
    record
        .search_text()
        .or_else(|| view.record(record.owner()?.into())?.search_text())
}

fn matches(pattern: &SearchPattern, field: Option<SearchField>, text: Option<SearchText>) -> bool {
    text.is_some_and(|text| pattern.matches(text.as_str(), field))
}

fn is_from(client: &Client, addresses: AddressPattern) -> bool {
    client.address.is_some_and(|address| addresses.matches(address))
}
