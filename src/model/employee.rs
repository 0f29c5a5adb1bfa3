//! Employees: the register of persons. An employee needs no access.

use serde::{Deserialize, Serialize};
use time::Date;

use crate::clock::Timestamp;
use crate::id::{EmployeeId, UnitId};
use crate::text::{EmailAddress, PersonName, Signature};

/// A person in the register.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Employee {
    /// Which employee.
    pub id: EmployeeId,
    /// Given name.
    pub first_name: PersonName,
    /// Family name.
    pub last_name: PersonName,
    /// The short sign the person is known by in the house; unique in the tenant.
    pub signature: Option<Signature>,
    /// Where mail reaches them. Without one there can be no user (LO1).
    pub email: Option<EmailAddress>,
    /// Who they report to. The relation has no cycles.
    pub supervisor: Option<EmployeeId>,
    /// Where they work.
    pub unit: Option<UnitId>,
    /// From when to when.
    pub employment: Employment,
    /// When the record was added.
    pub created_at: Timestamp,
}

impl Employee {
    /// How many levels a line of supervisors has at most, from the top down to the lowest. Of two acts at the very same moment,
    /// one at each end of a line, each may be decided on what the other has not written: every reader of a line takes any length.
    pub const MAX_LEVELS: usize = 64;

    /// First and last name.
    pub fn full_name(&self) -> String {
        format!("{} {}", self.first_name, self.last_name)
    }
}

/// The days between which a person is employed, both included, in the tenant's own calendar. Records only: access
/// follows the user's status, never these.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Employment {
    /// First day.
    pub from: Option<Date>,
    /// Last day. Not before the first.
    pub until: Option<Date>,
}
