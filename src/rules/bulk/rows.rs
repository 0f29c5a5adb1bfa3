//! The rows of an import, as they stand in a file: text, which the library reads.

use std::fmt;

use serde::{Deserialize, Serialize};

/// An employee, as a row of a file. Every field is text; what is left out, or empty, is not said.
///
/// Columns have the names of the fields, so that a reader of CSV files can make rows of them; it refuses a column of another name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct EmployeeRow {
    /// What other rows of the same import call this one, where it has no signature. Kept nowhere.
    pub reference: Option<String>,
    /// The short sign, unique in the tenant.
    pub signature: Option<String>,
    /// Given name.
    pub first_name: String,
    /// Family name.
    pub last_name: String,
    /// Where mail reaches them. Without one there can be no user (LO1).
    pub email: Option<String>,
    /// Who they report to: a signature or reference of this import, in any order, or a signature or id of the register.
    pub supervisor: Option<String>,
    /// Where they work: the name of an org unit, as much of its path as it takes (`Nordwind/Berlin`), or its id.
    pub unit: Option<String>,
    /// First day, as 2026-11-21.
    pub employed_from: Option<String>,
    /// Last day.
    pub employed_until: Option<String>,
}

impl EmployeeRow {
    /// A row with a name.
    pub fn new(first_name: impl Into<String>, last_name: impl Into<String>) -> Self {
        Self {
            first_name: first_name.into(),
            last_name: last_name.into(),
            ..Self::default()
        }
    }
}

/// A user, as a row of a file. Every field is text; what is left out, or empty, is not said.
///
/// Of an employee where `employee` is given, a client's contact where `client` is, a program where neither is and `api_only` is
/// `true`. Lists are parted by semicolons.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct UserRow {
    /// Whose access it is: a signature or reference of this import, or a signature or id of the register.
    pub employee: Option<String>,
    /// The client of an external user: an org unit by name, path or id.
    pub client: Option<String>,
    /// Given name; of an employee's user the employee's, unless it is said.
    pub first_name: Option<String>,
    /// Family name; likewise.
    pub last_name: Option<String>,
    /// Where mail goes; of an employee's user the employee's address, unless it is said.
    pub email: Option<String>,
    /// What they log in with; the address, unless it is said.
    pub user_name: Option<String>,
    /// The name that others see; first and last name, unless it is said.
    pub display_name: Option<String>,
    /// Language and date format (BCP 47).
    pub locale: Option<String>,
    /// Time zone (IANA).
    pub time_zone: Option<String>,
    /// A role, by name or id.
    pub role: Option<String>,
    /// The org units in which the role holds, and below; everywhere, unless it is said.
    pub role_units: Option<String>,
    /// Further rights: roles, or permissions as `permission:prices.change`, each perhaps with ` @ ` and org units, parted by
    /// commas, to which it is limited.
    pub grants: Option<String>,
    /// The org units that they belong to; where the employee works, unless it is said. `-` for none.
    pub memberships: Option<String>,
    /// Whether it may call APIs only: `true` or `false`.
    pub api_only: Option<String>,
    /// From where they may come: addresses, networks and wildcards.
    pub allowlist: Option<String>,
    /// `active`, `inactive`, `suspended` or `disabled`; set up and not in use, unless it is said.
    pub status: Option<String>,
    /// A password hash of the program that they come from ([`PasswordHash::import`](crate::password::PasswordHash::import)). Only the
    /// host's own code can bring one (P8).
    pub password_hash: Option<String>,
}

impl UserRow {
    /// The user of an employee, by signature, reference or id.
    pub fn of_employee(employee: impl Into<String>) -> Self {
        Self {
            employee: Some(employee.into()),
            ..Self::default()
        }
    }

    /// A client's contact.
    pub fn external(
        client: impl Into<String>,
        first_name: impl Into<String>,
        last_name: impl Into<String>,
        email: impl Into<String>,
    ) -> Self {
        Self {
            client: Some(client.into()),
            first_name: Some(first_name.into()),
            last_name: Some(last_name.into()),
            email: Some(email.into()),
            ..Self::default()
        }
    }
}

impl fmt::Debug for UserRow {
    // All but the hash, by which passwords can be guessed.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UserRow")
            .field("employee", &self.employee)
            .field("client", &self.client)
            .field("first_name", &self.first_name)
            .field("last_name", &self.last_name)
            .field("email", &self.email)
            .field("user_name", &self.user_name)
            .field("role", &self.role)
            .field("role_units", &self.role_units)
            .field("grants", &self.grants)
            .field("memberships", &self.memberships)
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

/// Employees and users to be brought in, in one act.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Import {
    /// Employees, written before the users.
    pub employees: Vec<EmployeeRow>,
    /// Users: of these employees, of those of the register, external ones and programs.
    pub users: Vec<UserRow>,
    /// Whether those who come without a status and without a password hash are sent an invitation in the same act.
    pub invite: bool,
}

impl Import {
    /// How many rows one import can have.
    pub const MAX_ROWS: usize = 250_000;

    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// With these employees besides.
    pub fn employees(mut self, rows: impl IntoIterator<Item = EmployeeRow>) -> Self {
        self.employees.extend(rows);
        self
    }

    /// With these users besides.
    pub fn users(mut self, rows: impl IntoIterator<Item = UserRow>) -> Self {
        self.users.extend(rows);
        self
    }

    /// Sending an invitation to each who comes without a status and without a password hash. Otherwise no mail is sent.
    pub fn inviting(self) -> Self {
        Self { invite: true, ..self }
    }
}

/// What a field says, if it says anything.
pub(super) fn said(field: Option<&String>) -> Option<&str> {
    field.map(String::as_str).filter(|text| !text.trim().is_empty())
}

/// The items of a list.
pub(super) fn list(text: &str, parted_by: char) -> impl Iterator<Item = &str> {
    text.split(parted_by).map(str::trim).filter(|item| !item.is_empty())
}
