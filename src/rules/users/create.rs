//! Users are created: from an employee, directly, for a client, for a program. Every path asks [`may_give`].

use super::access::{Access, InitialStatus};
use super::person::{NewUser, Person};
use super::{check_required, normal};
use crate::error::{Denied, Problem};
use crate::id::UnitId;
use crate::model::{
    Credential, Employee, Employment, Inactivity, Loaded, RecordKind, Scope, Secret, Start, User, UserKind, UserStatus,
    What,
};
use crate::policy::Welcome;
use crate::rules::context::Context;
use crate::rules::decision::Decision;
use crate::rules::fields::Fields;
use crate::rules::operation::Operation;
use crate::rules::rights::{Place, Surroundings, may_give};
use crate::rules::{invitations, one_time};
use crate::text::{Message, Signature};

/// Creates a user from an employee (LO1–LO4): the employee's address becomes the user name.
///
/// # Errors
/// [`Denied::Forbidden`], [`Denied::NotFound`], [`Denied::EmployeeWithoutAddress`], [`Denied::Invalid`],
/// [`Denied::BeyondOwnRights`], [`Denied::MailNotReady`]; the store adds [`Denied::EmployeeHasUser`],
/// [`Denied::LoginTaken`] and [`Denied::NoSeat`].
pub fn create_for(
    cx: &Context,
    employee: Option<&Loaded<Employee>>,
    access: &Access,
    around: &Surroundings,
) -> Result<Decision<User>, Denied> {
    cx.permit(Operation::CreateUser)?;
    let employee = employee.filter(|employee| has_in_care(cx, Operation::CreateUser, employee, around));
    let employee = employee.ok_or(Denied::NotFound {
        what: RecordKind::Employee,
    })?;
    let address = employee.email.clone().ok_or(Denied::EmployeeWithoutAddress)?;
    let person = NewUser::new(
        employee.first_name.as_str(),
        employee.last_name.as_str(),
        address.as_str(),
    )
    .parse();
    let mut access = access.clone();
    access.memberships.extend(employee.unit);
    let checked = check_input(cx, person, &access, None, around)?;
    let mut decision = Decision::by(cx);
    // Written, and not only guarded: an edit of the employee at the same moment has to see their user (`User::signature`).
    decision.update(employee, employee.value.clone());
    let kind = UserKind::Internal { employee: employee.id };
    let signature = employee.signature.clone();
    create(cx, decision, kind, signature, checked, &access, around)
}

/// Whether the actor may do this about an employee: where they work, or everywhere for those who work nowhere.
pub(in crate::rules) fn has_in_care(
    cx: &Context,
    operation: Operation,
    employee: &Employee,
    around: &Surroundings,
) -> bool {
    let place = match employee.unit.map(|unit| around.units.0.get(&unit)) {
        None => Place::Everywhere,
        Some(Some(unit)) => Place::In(&unit.path),
        Some(None) => return false,
    };
    cx.may(operation, place)
}

/// Creates a user and, in the same act, the employee that every internal person has.
///
/// # Errors
/// As [`create_for`], but for those about the employee.
pub fn create_internal(
    cx: &Context,
    input: &NewUser,
    access: &Access,
    around: &Surroundings,
) -> Result<Decision<User>, Denied> {
    cx.permit(Operation::CreateUser)?;
    let checked = check_input(cx, input.parse_by(&cx.policy), access, None, around)?;
    let person = &checked.person;
    let employee = Employee {
        id: cx.id(EMPLOYEE),
        first_name: person.profile.first_name.clone(),
        last_name: person.profile.last_name.clone(),
        signature: None,
        email: Some(person.address.clone()),
        supervisor: None,
        unit: access.memberships.first().copied(),
        employment: Employment::default(),
        created_at: cx.now,
    };
    let mut decision = Decision::by(cx);
    decision.event(cx, employee.id, What::EmployeeAdded);
    let kind = UserKind::Internal { employee: employee.id };
    decision.insert(employee);
    create(cx, decision, kind, None, checked, access, around)
}

/// Creates a user for a client's contact, who is no employee (LO6).
///
/// # Errors
/// As [`create_internal`]; `client` is named where it does not exist.
pub fn create_external(
    cx: &Context,
    input: &NewUser,
    client: UnitId,
    access: &Access,
    around: &Surroundings,
) -> Result<Decision<User>, Denied> {
    cx.permit(Operation::CreateUser)?;
    let checked = check_input(cx, input.parse_by(&cx.policy), access, Some(client), around)?;
    create(
        cx,
        Decision::by(cx),
        UserKind::External { client },
        None,
        checked,
        access,
        around,
    )
}

/// Creates a user for a program, who is no employee and API-only (BI2). The name is what others see; mail about it goes to
/// the address.
///
/// # Errors
/// As [`create_internal`].
pub fn create_program(
    cx: &Context,
    input: &NewUser,
    access: &Access,
    around: &Surroundings,
) -> Result<Decision<User>, Denied> {
    cx.permit(Operation::CreateUser)?;
    let access = access.clone().api_only();
    let checked = check_input(cx, input.parse_by(&cx.policy), &access, None, around)?;
    create(cx, Decision::by(cx), UserKind::Program, None, checked, &access, around)
}

/// A person and an access that have the form that they must have.
pub(in crate::rules) struct Checked {
    pub(in crate::rules) person: Person,
    message: Option<Message>,
    /// What they come with: no password, unless they come from elsewhere.
    pub(in crate::rules) secret: Secret,
    /// In which state they come, if that is not to be what the access says.
    pub(in crate::rules) status: Option<UserStatus>,
}

/// Everything wrong with the person and with the access, all at once (BI4).
pub(in crate::rules) fn check_input(
    cx: &Context,
    person: Result<Person, Denied>,
    access: &Access,
    client: Option<UnitId>,
    around: &Surroundings,
) -> Result<Checked, Denied> {
    let mut fields = Fields::default();
    let person = fields.absorb(person)?;
    fields.absorb(around.check_exist(&access.grants, &access.memberships))?;
    if let Some(client) = client {
        match around.units.0.get(&client) {
            None => fields.wrong("client", Problem::Unknown(RecordKind::Unit)),
            Some(unit) if !cx.policy.client_kinds.contains(&unit.kind) => fields.wrong("client", Problem::NotClient),
            Some(_) => {}
        }
    }
    check_required(cx, &mut fields, Some(&access.grants), Some(&access.allowlist));
    check_status(cx, &mut fields, access);
    let message = fields.optional("message", access.message.as_ref(), Message::new);
    if matches!(access.start, Start::At(day) if day <= cx.now) {
        fields.wrong("start", Problem::NotInFuture);
    }
    let in_no_unit = access.memberships.is_empty() && access.grants.iter().all(|grant| grant.scope == Scope::All);
    if cx.policy.require_unit && client.is_none() && in_no_unit {
        fields.wrong("memberships", Problem::Missing);
    }
    let Some(person) = person else {
        return Err(fields.denied());
    };
    fields.check()?;
    Ok(Checked {
        person,
        message,
        secret: Secret::None,
        status: None,
    })
}

/// A state to begin with leaves no room for an invitation, nor for a day to begin.
fn check_status(cx: &Context, fields: &mut Fields, access: &Access) {
    let Some(status) = access.status else { return };
    if access.invite == Some(true) || access.message.is_some() {
        fields.wrong("invite", Problem::Contradicts("status"));
    }
    if access.start != Start::Now {
        fields.wrong("start", Problem::Contradicts("status"));
    }
    if matches!(status, InitialStatus::Suspended { until: Some(until) } if until <= cx.now) {
        fields.wrong("status.until", Problem::NotInFuture);
    }
}

// The numbers of the fresh ids that these rules take. Those of invitations begin at 10.
const USER: u16 = 0;
const EMPLOYEE: u16 = 1;

pub(in crate::rules) fn create(
    cx: &Context,
    mut decision: Decision<()>,
    kind: UserKind,
    signature: Option<Signature>,
    checked: Checked,
    access: &Access,
    around: &Surroundings,
) -> Result<Decision<User>, Denied> {
    let Person {
        profile,
        address,
        user_name,
    } = checked.person;
    let user = User {
        id: cx.id(USER),
        kind,
        user_name,
        address,
        profile,
        grants: normal(&access.grants),
        memberships: access.memberships.clone(),
        api_only: access.api_only,
        start: access.start,
        status: UserStatus::Inactive {
            since: cx.now,
            because: Inactivity::SetUp,
            starts_at: None,
        },
        hold: None,
        signature,
        last_login_at: None,
        identity: None,
        pending_address: None,
        allowlist: access.allowlist.clone(),
        created_at: cx.now,
    };
    may_give(cx, &user, around)?;
    decision.guard(around.guards());
    let sends = access.welcome(&cx.policy);
    // Where access begins another day, its password goes out when an administrator sends it.
    if sends == Some(Welcome::OneTimePassword) && access.start == Start::Now {
        return one_time::welcome(cx, decision, user);
    }
    let comes_with_password = matches!(checked.secret, Secret::Password { .. });
    decision.insert(Credential {
        user: user.id,
        secret: checked.secret,
    });
    if sends == Some(Welcome::Invitation) {
        return invitations::invite_new(cx, decision, user, access.start, checked.message);
    }
    let starts_at = match access.start {
        Start::At(day) => Some(day),
        Start::Now | Start::WhenActivated => None,
    };
    let at_once = (access.api_only && access.start == Start::Now).then_some(InitialStatus::Active);
    let status = match access.status.or(at_once) {
        Some(status) => status.status(cx.now),
        None => UserStatus::Inactive {
            since: cx.now,
            because: Inactivity::SetUp,
            starts_at,
        },
    };
    let user = User {
        status: checked.status.unwrap_or(status),
        ..user
    };
    decision.insert_user(cx, user.clone());
    if comes_with_password {
        decision.event(cx, user.id, What::PasswordSet);
    }
    Ok(decision.with(user))
}
