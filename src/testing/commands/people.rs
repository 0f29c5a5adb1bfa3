//! What commands are made of that edit as somebody had read, bring in many, change many, search and look back.

use super::{EmployeeForm, Give, Networks, Pick, Somebody};

/// An edit that can name the version that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edited {
    /// A user's first name.
    Profile(Pick, String),
    /// A user's units.
    Memberships(Pick, Vec<Pick>),
    /// Whom an employee reports to.
    Supervisor(Pick, Option<Pick>),
    /// A unit's name.
    Unit(Pick, String),
    /// A role's name.
    Role(Pick, String),
    /// The tenant's name.
    Tenant(String),
}

/// Several things about a user, in one act. What is left out stays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EditForm {
    /// Given name.
    pub first: Option<String>,
    /// What they log in with.
    pub user_name: Option<String>,
    /// Whether they may call APIs only.
    pub api_only: Option<bool>,
    /// Rights.
    pub grants: Option<Vec<Give>>,
    /// Units.
    pub units: Option<Vec<Pick>>,
    /// From where they may come.
    pub networks: Option<Networks>,
}

/// Rows to bring in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportForm {
    /// Of employees.
    pub employees: Vec<EmployeeLine>,
    /// Of users.
    pub users: Vec<UserLine>,
    /// Whether invitations are sent.
    pub invite: bool,
}

/// An employee, as a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmployeeLine {
    /// The employee.
    pub form: EmployeeForm,
    /// The row of whom they report to instead, if it is one.
    pub above: Option<u8>,
}

/// A user, as a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserLine {
    /// Whose access it is.
    pub whose: Whose,
    /// Names and address, for whoever is no employee.
    pub person: Somebody,
    /// A role, if any.
    pub role: Option<Pick>,
    /// Units, of the role and to belong to.
    pub units: Vec<Pick>,
    /// The state, as a file has it.
    pub status: Option<String>,
}

/// Whose access a row is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    /// The employee of a row.
    Row(u8),
    /// An employee of the register.
    Employee(Pick),
    /// A client's.
    Client(Pick),
    /// A program's.
    Program,
}

/// What is done to the status of many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StatusVerb {
    /// Brought into use.
    Activate,
    /// To start on a day.
    ScheduleStart,
    /// Taken out of use.
    Deactivate,
    /// To end on a day.
    ScheduleEnd,
    /// Suspended.
    Suspend,
    /// Reinstated.
    Reinstate,
    /// Disabled.
    Disable,
    /// Brought back.
    Reactivate,
}

/// A list as a screen asks for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Search {
    /// What is looked for.
    pub find: Find,
    /// By which order, by its number in [`SortBy::ALL`](crate::SortBy).
    pub by: u8,
    /// The other way round.
    pub descending: bool,
    /// How many a page.
    pub page: u8,
}

/// What is looked for in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Find {
    /// Everybody.
    Everybody,
    /// A text, in any field.
    Text(String),
    /// A text in one field, by its number in [`SearchField::ALL`](crate::text::SearchField::ALL).
    Field(u8, String),
    /// A text in the names of the supervisor.
    Supervisor(String),
    /// A state.
    Status(String),
    /// What is in a unit or below it.
    Within(Pick),
    /// Those with a unit, or without.
    HasUnit(bool),
    /// Those with a role.
    WithRole(Pick),
    /// Internal users, external ones, programs.
    OfType(u8),
    /// Those who log in through a provider, or who do not.
    HasIdentity(bool),
    /// Those who report to somebody.
    ReportsTo(Pick),
    /// Those below somebody.
    Below(Pick),
    /// Employees with a user, or without.
    HasUser(bool),
    /// Employees with an address, or without.
    HasAddress(bool),
}

/// Which events are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventsWanted {
    /// About this user.
    pub about: Option<Pick>,
    /// Done by this user.
    pub by: Option<Pick>,
    /// Only logins and changes of status.
    pub named: bool,
    /// Only of the last day.
    pub lately: bool,
}
