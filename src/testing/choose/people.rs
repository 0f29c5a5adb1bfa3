//! Whom and what commands are about that edit as read, bring in many, and search.

use super::Chooser;
use crate::desk::Listing;
use crate::id::{RoleId, UserId};
use crate::model::{Grant, PermissionSet, Record, RecordId, Role, Scope, StatusKind, UserType, Version, permissions};
use crate::rules::bulk::{EmployeeRow, Import, UserRow};
use crate::rules::status::{StatusChange, Suspension};
use crate::testing::commands::{EmployeeLine, Find, ImportForm, Minutes, Pick, Search, StatusVerb, UserLine, Whose};
use crate::text::SearchField;
use crate::{SortBy, Timestamp};

impl Chooser<'_> {
    /// The version that a record has; the first one of what is not here.
    pub(in crate::testing) fn version(&self, id: impl Into<RecordId>) -> Version {
        let found = self.here.records.get(&id.into());
        found.map_or(Version::FIRST, |loaded| loaded.version)
    }

    /// One that it had, or does not have yet.
    pub(in crate::testing) fn other_version(&self, id: impl Into<RecordId>) -> Version {
        let now = self.version(id).number();
        Version::new(if now > 1 { now - 1 } else { now + 1 })
    }

    /// What a role allows.
    pub(in crate::testing) fn allowed_by(&self, role: RoleId) -> Vec<String> {
        match self.here.role(role).map(|role| &role.permissions) {
            Some(PermissionSet::Only(some)) => some.iter().map(|permission| permission.as_str().to_owned()).collect(),
            _ => Vec::new(),
        }
    }

    /// A role that somebody has and whose users could be given another.
    pub(in crate::testing) fn held_role(&self, pick: Pick) -> RoleId {
        let named = self.named();
        let fits = |role: &Role| {
            !role.built_in && self.rights.cover_everywhere(&role.permissions) && named.contains(&role.id.into())
        };
        self.choose(pick, |contents| contents.roles().collect(), |role| role.id, fits)
    }

    /// A user who has some right, and one of those; some right, of those who have none.
    pub(in crate::testing) fn right_held(&self, pick: Pick, which: Pick) -> (UserId, Grant) {
        let user = self.user(pick, |user| !user.grants.is_empty() && user.hold.is_none());
        let grants = self.as_of_now(user).map(|user| user.grants).unwrap_or_default();
        let held = which.of(grants.len()).map(|index| grants[index].clone());
        let other = || Grant::permission(permissions::USERS_READ, Scope::All);
        (user, held.unwrap_or_else(other))
    }

    /// A change of status, and the states that it fits.
    pub(in crate::testing) fn status(
        &self,
        verb: StatusVerb,
        day: Option<Minutes>,
    ) -> (StatusChange, &'static [StatusKind]) {
        use StatusKind as K;
        let day: Option<Timestamp> = day.map(|day| self.day(day));
        let suspension = day.map_or_else(Suspension::open_ended, Suspension::until);
        match verb {
            StatusVerb::Activate => (StatusChange::Activate, &[K::SetUp, K::Inactive]),
            StatusVerb::ScheduleStart => (StatusChange::ScheduleStart(day), &[K::SetUp, K::Inactive]),
            StatusVerb::Deactivate => (StatusChange::Deactivate, &[K::Active, K::Suspended]),
            StatusVerb::ScheduleEnd => (StatusChange::ScheduleEnd(day), &[K::Active]),
            StatusVerb::Suspend => (StatusChange::Suspend(suspension), &[K::Active, K::Suspended]),
            StatusVerb::Reinstate => (StatusChange::Reinstate, &[K::Suspended]),
            StatusVerb::Disable => (StatusChange::Disable, &[K::Active, K::Suspended, K::Inactive]),
            StatusVerb::Reactivate => (StatusChange::Reactivate, &[K::Disabled, K::Inactive]),
        }
    }

    /// A list as it is asked for, but for the page.
    pub(in crate::testing) fn searched(&self, search: &Search) -> Listing {
        let listing = Listing::new()
            .sort(SortBy::ALL[usize::from(search.by) % SortBy::ALL.len()])
            .limit(u32::from(search.page))
            .count_up_to(10);
        let listing = if search.descending {
            listing.descending()
        } else {
            listing
        };
        match &search.find {
            Find::Everybody => listing,
            Find::Text(text) => listing.search(text),
            Find::Field(field, text) => {
                listing.search_in(SearchField::ALL[usize::from(*field) % SearchField::ALL.len()], text)
            }
            Find::Supervisor(text) => listing.supervisor(text),
            Find::Status(status) => listing.status([status.as_str()]),
            Find::Within(unit) => listing.within(self.unit(*unit)),
            Find::HasUnit(has) => listing.has_unit(*has),
            Find::WithRole(role) => listing.with_role(self.role(*role)),
            Find::OfType(number) => {
                let types = [UserType::Internal, UserType::External, UserType::Program];
                listing.of_type([types[usize::from(*number) % types.len()]])
            }
            Find::HasIdentity(has) => listing.has_identity(*has),
            Find::ReportsTo(employee) => listing.reports_to(self.employee(*employee)),
            Find::Below(employee) => listing.below(self.employee(*employee)),
            Find::HasUser(has) => listing.has_user(*has),
            Find::HasAddress(has) => listing.has_address(*has),
        }
    }

    /// Rows to bring in.
    pub(in crate::testing) fn import(&self, form: &ImportForm) -> Import {
        let import = Import::new()
            .employees(
                (0_u8..)
                    .zip(&form.employees)
                    .map(|(row, line)| self.employee_row(row, line)),
            )
            .users(form.users.iter().map(|line| self.user_row(line)));
        if form.invite { import.inviting() } else { import }
    }

    fn employee_row(&self, row: u8, line: &EmployeeLine) -> EmployeeRow {
        let form = &line.form;
        let above = match line.above {
            Some(above) => Some(reference(above)),
            None => form.supervisor.map(|supervisor| self.employee(supervisor).to_string()),
        };
        EmployeeRow {
            reference: Some(reference(row)),
            signature: form.signature.clone(),
            email: form.email.clone(),
            supervisor: above,
            unit: form.unit.map(|unit| self.called(unit)),
            ..EmployeeRow::new(form.first.as_str(), form.last.as_str())
        }
    }

    fn user_row(&self, line: &UserLine) -> UserRow {
        let person = &line.person;
        let named = UserRow {
            first_name: Some(person.first.clone()),
            last_name: Some(person.last.clone()),
            email: Some(person.email.clone()),
            ..UserRow::default()
        };
        let whose = match line.whose {
            Whose::Row(row) => UserRow::of_employee(reference(row)),
            Whose::Employee(employee) => UserRow::of_employee(self.candidate(employee).to_string()),
            Whose::Client(client) => UserRow {
                client: Some(self.client(client).to_string()),
                ..named
            },
            Whose::Program => UserRow {
                api_only: Some("true".to_owned()),
                ..named
            },
        };
        let units: Vec<String> = line.units.iter().map(|unit| self.called(*unit)).collect();
        let units = (!units.is_empty()).then(|| units.join("; "));
        UserRow {
            role: line.role.map(|role| self.role(role).to_string()),
            role_units: units.clone(),
            memberships: units,
            status: line.status.clone(),
            ..whose
        }
    }

    /// What a row calls a unit: mostly by its id, now and then by its name.
    fn called(&self, pick: Pick) -> String {
        let unit = self.unit(pick);
        match self.here.record(unit) {
            Some(Record::Unit(named)) if pick.0.is_multiple_of(3) => named.name.to_string(),
            _ => unit.to_string(),
        }
    }
}

/// What rows call each other.
fn reference(row: u8) -> String {
    format!("row {row}")
}
