//! The users of an import.

use std::collections::HashMap;

use super::employees::Staff;
use super::export::is_shown;
use super::import::{People, Who};
use super::known::{address, user_name};
use super::names::Names;
use super::rows::{Import, UserRow, list, said};
use super::{Left, Refusals, number};
use crate::error::{Denied, Problem};
use crate::id::{UnitId, UserId};
use crate::model::{Actor, Employee, Grant, Inactivity, RecordKind, Scope, Secret, User, UserKind, UserStatus};
use crate::password::PasswordHash;
use crate::rules::context::Context;
use crate::rules::decision::Decision;
use crate::rules::fields::Fields;
use crate::rules::operation::Operation;
use crate::rules::users::{Access, NewUser, check_input, create, has_in_care};
use crate::text::{Allowlist, EmailAddress, Key};

pub(super) struct Drawn {
    pub(super) users: Vec<UserId>,
    pub(super) seats: i64,
}

pub(super) fn draw(
    cx: &Context,
    rows: &Import,
    people: &People<'_>,
    staff: &Staff,
    decision: &mut Decision<()>,
    against: &mut Refusals,
) -> Drawn {
    let mut row_cx = cx.clone();
    let mut seen = Seen::default();
    let mut left = Left::new(people.known.counts);
    let mut users = Vec::with_capacity(rows.users.len());
    for (at, row) in rows.users.iter().enumerate() {
        row_cx.at_row(cx, rows.employees.len() + at);
        let maker = Maker {
            cx: &row_cx,
            row,
            people,
            staff,
            invite: rows.invite,
        };
        let who = said(row.employee.as_ref()).and_then(|text| people.find(text));
        // Of whoever is in others' care nothing is told, not even that they are there.
        let who = who.filter(|who| is_in_care(cx, *who, people));
        seen.check(cx, at, row, who, people, staff, against);
        let made = match maker.make(who) {
            // The employee's own row is refused, and says why.
            Ok(None) => continue,
            Ok(Some(made)) => made,
            Err(denied) => {
                against.add(at, denied);
                continue;
            }
        };
        if let Err(denied) = left.take(cx, None, &made.outcome) {
            against.add(at, denied);
        }
        let user = decision.absorb(made);
        users.push(user.id);
    }
    Drawn {
        users,
        seats: left.seats_taken,
    }
}

/// What earlier rows have.
#[derive(Default)]
struct Seen {
    logins: HashMap<Key, usize>,
    new: HashMap<usize, usize>,
    kept: HashMap<crate::id::EmployeeId, usize>,
}

impl Seen {
    /// What earlier rows, and the store, have of this one already.
    #[expect(clippy::too_many_arguments, reason = "called in one place")]
    fn check(
        &mut self,
        cx: &Context,
        at: usize,
        row: &UserRow,
        who: Option<Who<'_>>,
        people: &People<'_>,
        staff: &Staff,
        against: &mut Refusals,
    ) {
        let first = match who {
            Some(Who::New(employee)) => Some(*self.new.entry(employee).or_insert(at)),
            Some(Who::Kept(employee)) => {
                if people.known.has_user(employee.id) {
                    against.add(at, Denied::EmployeeHasUser);
                    return;
                }
                Some(*self.kept.entry(employee.id).or_insert(at))
            }
            None => None,
        };
        if let Some(first) = first.filter(|first| *first != at) {
            let row = number(first);
            against.add(at, Denied::invalid("employee", Problem::RepeatsRow { row }));
            return;
        }
        let employee = who.and_then(|who| person(who, staff));
        let employees = || employee.and_then(|it| it.email.as_ref()).map(EmailAddress::key);
        let email = if said(row.email.as_ref()).is_some() {
            address(row.email.as_ref())
        } else {
            employees()
        };
        let own = [("email", email), ("user_name", user_name(row.user_name.as_ref()))];
        for (field, key) in own {
            let Some(key) = key else { continue };
            if people.known.is_taken(&key, cx.now) {
                against.add(at, Denied::LoginTaken { field });
            }
            let first = *self.logins.entry(key).or_insert(at);
            if first != at {
                let row = number(first);
                against.add(at, Denied::invalid(field, Problem::RepeatsRow { row }));
            }
        }
    }
}

fn is_in_care(cx: &Context, who: Who<'_>, people: &People<'_>) -> bool {
    match who {
        Who::New(_) => true,
        Who::Kept(employee) => is_shown(cx, Operation::CreateUser, employee, &people.known.names),
    }
}

fn person<'a>(who: Who<'a>, staff: &'a Staff) -> Option<&'a Employee> {
    match who {
        Who::New(row) => staff.get(row),
        Who::Kept(employee) => Some(&employee.value),
    }
}

/// Makes a user of a row.
struct Maker<'a> {
    cx: &'a Context,
    row: &'a UserRow,
    people: &'a People<'a>,
    staff: &'a Staff,
    invite: bool,
}

/// What a row says besides the person.
struct Read {
    access: Access,
    client: Option<UnitId>,
    secret: Secret,
    status: Option<UserStatus>,
}

impl Maker<'_> {
    /// The decision to create the user, by the rules of the single acts; none where the row of the employee is refused.
    fn make(&self, who: Option<Who<'_>>) -> Result<Option<Decision<User>>, Denied> {
        let (cx, row) = (self.cx, self.row);
        let mut fields = Fields::default();
        let mut read = self.read(&mut fields);
        let is_unknown = said(row.employee.as_ref()).is_some() && who.is_none();
        if is_unknown {
            fields.wrong("employee", Problem::Unknown(RecordKind::Employee));
        }
        let employee = who.and_then(|who| person(who, self.staff));
        if employee.is_none() && who.is_some() {
            fields.check()?;
            return Ok(None);
        }
        if said(row.memberships.as_ref()).is_none() {
            read.access
                .memberships
                .extend(employee.and_then(|employee| employee.unit));
        }
        let units = read.access.memberships.iter().copied().chain(read.client);
        let works_in = employee.and_then(|employee| employee.unit);
        let around = self
            .people
            .known
            .names
            .around(&read.access.grants, units.chain(works_in));
        let input = self.input(employee);
        if let Some(employee) = employee {
            if !has_in_care(cx, Operation::CreateUser, employee, &around) {
                let what = RecordKind::Employee;
                return Err(Denied::NotFound { what });
            }
            if employee.email.is_none() {
                fields.check()?;
                return Err(Denied::EmployeeWithoutAddress);
            }
        }
        // What is the employee's need not be said again, whatever the policy requires of others.
        let person = if employee.is_some() || is_unknown {
            input.parse_employees(&cx.policy)
        } else {
            input.parse_by(&cx.policy)
        };
        let checked = check_input(cx, person, &read.access, read.client, &around);
        let checked = fields.absorb(checked)?;
        if is_unknown {
            fields.forget(|field| self.would_be_employees(field));
        }
        let Some(mut checked) = checked else {
            return Err(fields.denied());
        };
        fields.check()?;
        if !cx.policy.takes_password(read.access.api_only) && !matches!(read.secret, Secret::None) {
            return Err(Denied::ApiOnly);
        }
        checked.secret = read.secret;
        checked.status = read.status;
        let kind = match (employee, read.client) {
            (Some(employee), _) => UserKind::Internal { employee: employee.id },
            (None, Some(client)) => UserKind::External { client },
            (None, None) => UserKind::Program,
        };
        let mut decision = Decision::nothing();
        if let Some(Who::Kept(employee)) = who {
            // Written, and not only guarded: an edit of the employee at the same moment has to see their user.
            decision.update(employee, employee.value.clone());
        }
        let signature = employee.and_then(|employee| employee.signature.clone());
        create(cx, decision, kind, signature, checked, &read.access, &around).map(Some)
    }

    /// Whether this is taken from the employee: where that one is not known, only that is told, and not what follows.
    fn would_be_employees(&self, field: &str) -> bool {
        let row = self.row;
        let own = match field {
            "first_name" => &row.first_name,
            "last_name" => &row.last_name,
            "email" => &row.email,
            "memberships" => &row.memberships,
            _ => return false,
        };
        said(own.as_ref()).is_none()
    }

    /// The person, with what is the employee's where the row does not say otherwise.
    fn input(&self, employee: Option<&Employee>) -> NewUser {
        let row = self.row;
        let or = |text: &Option<String>, employees: Option<String>| {
            said(text.as_ref()).map(str::to_owned).or(employees).unwrap_or_default()
        };
        let first_name = employee.map(|employee| employee.first_name.to_string());
        let last_name = employee.map(|employee| employee.last_name.to_string());
        let email = employee.and_then(|employee| employee.email.as_ref());
        let other = |text: &Option<String>| said(text.as_ref()).map(str::to_owned);
        NewUser {
            user_name: other(&row.user_name),
            display_name: other(&row.display_name),
            locale: other(&row.locale),
            time_zone: other(&row.time_zone),
            ..NewUser::new(
                or(&row.first_name, first_name),
                or(&row.last_name, last_name),
                or(&row.email, email.map(ToString::to_string)),
            )
        }
    }

    fn read(&self, fields: &mut Fields) -> Read {
        let (row, names) = (self.row, &self.people.known.names);
        let mut access = Access::none();
        access.grants = grants(row, names, fields);
        if let Some(text) = said(row.memberships.as_ref()).filter(|text| text.trim() != "-") {
            access.memberships = fields.take("memberships", names.units(text, ';')).unwrap_or_default();
        }
        access.api_only = match said(row.api_only.as_ref()).map(str::trim) {
            Some("true") => true,
            Some("false") | None => false,
            Some(_) => {
                let allowed = "true, false";
                fields.wrong("api_only", Problem::NotOneOf { allowed });
                false
            }
        };
        let entries =
            said(row.allowlist.as_ref()).map(|text| list(text, ';').map(str::parse).collect::<Result<Vec<_>, _>>());
        let allowlist = entries.map(|entries| entries.and_then(Allowlist::new));
        access.allowlist = allowlist
            .and_then(|allowlist| fields.take("allowlist", allowlist))
            .unwrap_or_default();
        let hash = said(row.password_hash.as_ref());
        // Whoever gives somebody a password that they know could act under their name (P8, I6).
        if hash.is_some() && !matches!(self.cx.actor, Actor::System(_)) {
            fields.wrong("password_hash", Problem::HostOnly);
        }
        let hash = hash.map(|text| PasswordHash::import(text.trim()));
        let hash = hash.and_then(|hash| {
            let unusable = |error: crate::password::PasswordHashError| Problem::NotAHash { why: error.to_string() };
            fields.take("password_hash", hash.map_err(unusable))
        });
        let set_at = self.cx.now;
        let secret = hash.map_or(Secret::None, |hash| Secret::password(hash, set_at));
        let status = self.status(fields);
        let comes_ready = status.is_some() || !matches!(secret, Secret::None) || access.api_only;
        access.invite = Some(self.invite && !comes_ready);
        Read {
            client: self.client(&access, fields),
            access,
            secret,
            status,
        }
    }

    fn status(&self, fields: &mut Fields) -> Option<UserStatus> {
        let since = self.cx.now;
        Some(match said(self.row.status.as_ref())?.trim() {
            "active" => UserStatus::Active { since, until: None },
            "inactive" => UserStatus::Inactive {
                since,
                because: Inactivity::SetUp,
                starts_at: None,
            },
            "suspended" => UserStatus::Suspended {
                since,
                until: None,
                reason: None,
            },
            "disabled" => UserStatus::Disabled { since },
            _ => {
                let allowed = "active, inactive, suspended, disabled";
                fields.wrong("status", Problem::NotOneOf { allowed });
                return None;
            }
        })
    }

    /// The client, where the row is of a client's contact; what a row is of is said once.
    fn client(&self, access: &Access, fields: &mut Fields) -> Option<UnitId> {
        let (employee, client) = (said(self.row.employee.as_ref()), said(self.row.client.as_ref()));
        match (employee, client) {
            (Some(_), Some(_)) => fields.wrong("client", Problem::Repeated),
            (None, None) if !access.api_only => fields.wrong("employee", Problem::Missing),
            _ => {}
        }
        client.and_then(|text| fields.take("client", self.people.known.names.unit(text)))
    }
}

/// The rights that a row gives.
fn grants(row: &UserRow, names: &Names, fields: &mut Fields) -> Vec<Grant> {
    let mut grants = Vec::new();
    let scope = match said(row.role_units.as_ref()) {
        Some(text) => fields.take("role_units", names.units(text, ';')).map(Scope::Units),
        None => Some(Scope::All),
    };
    match said(row.role.as_ref()) {
        Some(text) => {
            let role = fields.take("role", names.role(text));
            grants.extend(role.zip(scope).map(|(role, scope)| Grant::role(role, scope)));
        }
        None if said(row.role_units.as_ref()).is_some() => fields.wrong("role", Problem::Missing),
        None => {}
    }
    let more = said(row.grants.as_ref()).into_iter().flat_map(|text| list(text, ';'));
    // One more than there can be is refused as too many; no more is read.
    let more = more.take(Grant::MAX + 1);
    for text in more {
        grants.extend(fields.take("grants", names.grant(text)));
    }
    grants
}
