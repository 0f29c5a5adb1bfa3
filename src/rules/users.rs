//! Users: created from an employee, directly, or for a client; edited. Every path asks [`may_give`] what may be given and
//! [`may_act_on`] whom the actor may touch.

use std::collections::BTreeSet;

use super::context::Context;
use super::decision::Decision;
use super::fields::Fields;
use super::invitations;
use super::one_time;
use super::operation::Operation;
use super::rights::{Place, Surroundings, may_act_on, may_give};
use crate::error::{Denied, Problem};
use crate::id::{RoleId, UnitId};
use crate::model::{
    Credential, Employee, Employment, Grant, Inactivity, Loaded, Permission, Profile, RecordKind, Right, Scope, Secret,
    Start, User, UserKind, UserStatus, What,
};
use crate::policy::{Policy, Welcome};
use crate::store::Guard;
use crate::text::{Allowlist, DisplayName, EmailAddress, Locale, Message, PersonName, TimeZone, UserName};

/// A person to become a user, where no employee is there to take it from.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct NewUser {
    /// Given name: 1 to 100 characters.
    pub first_name: String,
    /// Family name: 1 to 100 characters.
    pub last_name: String,
    /// Where mail goes, and, unless there is a user name, what they log in with.
    pub email: String,
    /// What they log in with, if not the address.
    pub user_name: Option<String>,
    /// The name that others see; first and last name if left out.
    pub display_name: Option<String>,
    /// Language and date format (BCP 47); `en` if left out.
    pub locale: Option<String>,
    /// Time zone (IANA); `UTC` if left out.
    pub time_zone: Option<String>,
}

impl NewUser {
    /// A person with a name and an address.
    pub fn new(first_name: impl Into<String>, last_name: impl Into<String>, email: impl Into<String>) -> Self {
        Self {
            first_name: first_name.into(),
            last_name: last_name.into(),
            email: email.into(),
            user_name: None,
            display_name: None,
            locale: None,
            time_zone: None,
        }
    }

    /// The same with a user name apart from the address.
    pub fn user_name(self, user_name: impl Into<String>) -> Self {
        Self {
            user_name: Some(user_name.into()),
            ..self
        }
    }

    /// The same with another name to be seen.
    pub fn display_name(self, display_name: impl Into<String>) -> Self {
        Self {
            display_name: Some(display_name.into()),
            ..self
        }
    }

    /// The same with a language (BCP 47).
    pub fn locale(self, locale: impl Into<String>) -> Self {
        Self {
            locale: Some(locale.into()),
            ..self
        }
    }

    /// The same with a time zone (IANA).
    pub fn time_zone(self, time_zone: impl Into<String>) -> Self {
        Self {
            time_zone: Some(time_zone.into()),
            ..self
        }
    }

    pub(super) fn parse(&self) -> Result<Person, Denied> {
        let mut fields = Fields::default();
        let first_name = fields.take("first_name", PersonName::new(&self.first_name));
        let last_name = fields.take("last_name", PersonName::new(&self.last_name));
        let address = fields.take("email", EmailAddress::new(&self.email));
        // Without a user name of its own, the address is the user name; if it is wrong, that is said once.
        let user_name = match &self.user_name {
            Some(name) => fields.take("user_name", UserName::new(name)),
            None => address
                .as_ref()
                .and_then(|address| fields.take("user_name", UserName::new(address))),
        };
        let display_name = match (&self.display_name, &first_name, &last_name) {
            (Some(name), ..) => fields.take("display_name", DisplayName::new(name)),
            (None, Some(first), Some(last)) => {
                // Two names of full length and the space between them are one character too many.
                let full_name = format!("{first} {last}");
                let shown: String = full_name.chars().take(DisplayName::MAX_CHARS).collect();
                fields.take("display_name", DisplayName::new(shown))
            }
            (None, ..) => None,
        };
        let locale = fields
            .optional("locale", self.locale.as_ref(), Locale::new)
            .unwrap_or_default();
        let time_zone = fields
            .optional("time_zone", self.time_zone.as_ref(), TimeZone::new)
            .unwrap_or_default();
        let (Some(first_name), Some(last_name), Some(display_name), Some(address), Some(user_name)) =
            (first_name, last_name, display_name, address, user_name)
        else {
            return Err(fields.denied());
        };
        fields.check()?;
        let profile = Profile {
            first_name,
            last_name,
            display_name,
            locale,
            time_zone,
        };
        Ok(Person {
            profile,
            address,
            user_name,
        })
    }
}

/// A person whose data has the form that it must have.
#[derive(Debug, Clone)]
pub(super) struct Person {
    pub(super) profile: Profile,
    pub(super) address: EmailAddress,
    pub(super) user_name: UserName,
}

/// What a new user may do, where, and from when on.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Access {
    /// The rights.
    pub grants: Vec<Grant>,
    /// The units they belong to, apart from those that the grants name.
    pub memberships: BTreeSet<UnitId>,
    /// When access begins once the invitation is accepted.
    pub start: Start,
    /// Whether an invitation is sent in the same act; where it is not said here, the policy says whether and what.
    pub invite: Option<bool>,
    /// A personal message in the invitation: plain text, 1 to 2,000 characters.
    pub message: Option<String>,
    /// From where they may come; from anywhere, if not said (BI10).
    pub allowlist: Allowlist,
    /// For APIs alone: never an interactive session (BI2). There is nothing to accept, so no invitation is sent unless it is
    /// asked for, and access begins at once unless [`start`](Access::start) says otherwise.
    pub api_only: bool,
}

impl Access {
    /// No rights yet.
    pub fn none() -> Self {
        Self::default()
    }

    /// A role, everywhere, unless [`within`](Access::within) follows.
    pub fn role(role: RoleId) -> Self {
        Self::none().and_role(role)
    }

    /// A role besides, everywhere, unless [`within`](Access::within) follows.
    pub fn and_role(mut self, role: RoleId) -> Self {
        self.grants.push(Grant::role(role, Scope::All));
        self
    }

    /// A single permission besides, everywhere, unless [`within`](Access::within) follows.
    pub fn and_permission(mut self, permission: Permission) -> Self {
        self.grants.push(Grant::permission(permission, Scope::All));
        self
    }

    /// Limits the grant named last to these units and all below them.
    pub fn within(mut self, units: impl IntoIterator<Item = UnitId>) -> Self {
        if let Some(last) = self.grants.last_mut() {
            last.scope = Scope::from(units);
        }
        self
    }

    /// Belonging to these units.
    pub fn member_of(mut self, units: impl IntoIterator<Item = UnitId>) -> Self {
        self.memberships.extend(units);
        self
    }

    /// Coming from these networks only.
    pub fn allowlist(self, allowlist: Allowlist) -> Self {
        Self { allowlist, ..self }
    }

    /// Beginning on a day, or when an administrator says so.
    pub fn starting(self, start: Start) -> Self {
        Self { start, ..self }
    }

    /// Sending the invitation in the same act.
    pub fn invite(self) -> Self {
        Self {
            invite: Some(true),
            ..self
        }
    }

    /// Saving only; the invitation is another act.
    pub fn without_invitation(self) -> Self {
        Self {
            invite: Some(false),
            ..self
        }
    }

    /// For APIs alone, with API keys: never an interactive session (BI2).
    pub fn api_only(self) -> Self {
        Self { api_only: true, ..self }
    }

    /// What is sent in the same act, if anything.
    pub fn welcome(&self, policy: &Policy) -> Option<Welcome> {
        match self.invite {
            Some(invite) => invite.then_some(Welcome::Invitation),
            None => (policy.invite_on_create && !self.api_only).then_some(policy.welcome),
        }
    }

    /// With a personal message in the invitation.
    pub fn message(self, message: impl Into<String>) -> Self {
        Self {
            message: Some(message.into()),
            ..self
        }
    }
}

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
    let employee = employee.filter(|employee| has_in_care(cx, employee, around));
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
    decision.guard([Guard::on(employee)]);
    let kind = UserKind::Internal { employee: employee.id };
    create(cx, decision, kind, checked, &access, around)
}

/// Whether the actor may make a user of this employee: where they work, or everywhere for those who work nowhere.
pub(super) fn has_in_care(cx: &Context, employee: &Employee, around: &Surroundings) -> bool {
    let place = match employee.unit.map(|unit| around.units.0.get(&unit)) {
        None => Place::Everywhere,
        Some(Some(unit)) => Place::In(&unit.path),
        Some(None) => return false,
    };
    cx.may(Operation::CreateUser, place)
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
    let checked = check_input(cx, input.parse(), access, None, around)?;
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
    create(cx, decision, kind, checked, access, around)
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
    let checked = check_input(cx, input.parse(), access, Some(client), around)?;
    create(
        cx,
        Decision::by(cx),
        UserKind::External { client },
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
    let checked = check_input(cx, input.parse(), &access, None, around)?;
    create(cx, Decision::by(cx), UserKind::Program, checked, &access, around)
}

/// A person and an access that have the form that they must have.
pub(super) struct Checked {
    pub(super) person: Person,
    message: Option<Message>,
    /// What they come with: no password, unless they come from elsewhere.
    pub(super) secret: Secret,
    /// In which state they come, if that is not to be what the access says.
    pub(super) status: Option<UserStatus>,
}

/// Everything wrong with the person and with the access, all at once (BI4).
pub(super) fn check_input(
    cx: &Context,
    person: Result<Person, Denied>,
    access: &Access,
    client: Option<UnitId>,
    around: &Surroundings,
) -> Result<Checked, Denied> {
    let mut fields = Fields::default();
    let person = fields.absorb(person)?;
    fields.absorb(around.check_exist(&access.grants, &access.memberships))?;
    if client.is_some_and(|client| !around.units.0.contains_key(&client)) {
        fields.wrong("client", Problem::Unknown(RecordKind::Unit));
    }
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

// The numbers of the fresh ids that these rules take. Those of invitations begin at 10.
const USER: u16 = 0;
const EMPLOYEE: u16 = 1;

pub(super) fn create(
    cx: &Context,
    mut decision: Decision<()>,
    kind: UserKind,
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
    let status = if access.api_only && access.start == Start::Now {
        UserStatus::Active {
            since: cx.now,
            until: None,
        }
    } else {
        UserStatus::Inactive {
            since: cx.now,
            because: Inactivity::SetUp,
            starts_at,
        }
    };
    let user = User {
        status: checked.status.unwrap_or(status),
        ..user
    };
    decision.insert_user(cx, user.clone());
    Ok(decision.with(user))
}

/// Gives a user other rights. Both what they had and what they get must be the actor's to give.
///
/// # Errors
/// [`Denied::Forbidden`], [`Denied::NotFound`], [`Denied::Invalid`], [`Denied::BeyondOwnRights`], [`Denied::OnHold`],
/// [`Denied::OwnerProtected`]; the store adds [`Denied::LastAdministrator`].
pub fn change_grants(
    cx: &Context,
    user: Option<&Loaded<User>>,
    grants: &[Grant],
    around: &Surroundings,
) -> Result<Decision<User>, Denied> {
    let (user, now) = subject(cx, Operation::ChangeGrants, user, around)?;
    around.check_exist(grants, &BTreeSet::new())?;
    let after = User {
        grants: normal(grants),
        ..now.clone()
    };
    check_unit(cx, &after)?;
    may_give(cx, &after, around)?;
    let mut decision = Decision::by(cx);
    if after.grants == now.grants {
        return Ok(decision.with(now));
    }
    if now.hold.is_some() {
        return Err(Denied::OnHold);
    }
    decision.guard(around.guards());
    decision.event(
        cx,
        now.id,
        What::GrantsChanged {
            from: now.grants,
            to: after.grants.clone(),
        },
    );
    decision.update_user(cx, user, after.clone())?;
    Ok(decision.with(after))
}

/// Changes the units that a user belongs to.
///
/// # Errors
/// As [`change_grants`].
pub fn change_memberships(
    cx: &Context,
    user: Option<&Loaded<User>>,
    memberships: &BTreeSet<UnitId>,
    around: &Surroundings,
) -> Result<Decision<User>, Denied> {
    let (user, now) = subject(cx, Operation::ChangeMemberships, user, around)?;
    around.check_exist(&[], memberships)?;
    let after = User {
        memberships: memberships.clone(),
        ..now.clone()
    };
    check_unit(cx, &after)?;
    may_give(cx, &after, around)?;
    let mut decision = Decision::by(cx);
    if after.memberships == now.memberships {
        return Ok(decision.with(now));
    }
    if now.hold.is_some() {
        return Err(Denied::OnHold);
    }
    decision.guard(around.guards());
    decision.event(
        cx,
        now.id,
        What::MembershipsChanged {
            from: now.memberships,
            to: after.memberships.clone(),
        },
    );
    decision.update_user(cx, user, after.clone())?;
    Ok(decision.with(after))
}

/// What is to be changed of a profile; what is left out stays.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct ProfileEdit {
    /// Given name.
    pub first_name: Option<String>,
    /// Family name.
    pub last_name: Option<String>,
    /// The name that others see.
    pub display_name: Option<String>,
    /// Language and date format (BCP 47).
    pub locale: Option<String>,
    /// Time zone (IANA).
    pub time_zone: Option<String>,
}

impl ProfileEdit {
    /// Nothing changed yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Another given name.
    pub fn first_name(self, first_name: impl Into<String>) -> Self {
        Self {
            first_name: Some(first_name.into()),
            ..self
        }
    }

    /// Another family name.
    pub fn last_name(self, last_name: impl Into<String>) -> Self {
        Self {
            last_name: Some(last_name.into()),
            ..self
        }
    }

    /// Another name to be seen.
    pub fn display_name(self, display_name: impl Into<String>) -> Self {
        Self {
            display_name: Some(display_name.into()),
            ..self
        }
    }

    /// Another language.
    pub fn locale(self, locale: impl Into<String>) -> Self {
        Self {
            locale: Some(locale.into()),
            ..self
        }
    }

    /// Another time zone.
    pub fn time_zone(self, time_zone: impl Into<String>) -> Self {
        Self {
            time_zone: Some(time_zone.into()),
            ..self
        }
    }

    /// The profile with the changes.
    ///
    /// # Errors
    /// [`Denied::Invalid`] naming every wrong field.
    pub fn apply(&self, before: &Profile) -> Result<Profile, Denied> {
        let mut fields = Fields::default();
        let first_name = fields.optional("first_name", self.first_name.as_ref(), PersonName::new);
        let last_name = fields.optional("last_name", self.last_name.as_ref(), PersonName::new);
        let display_name = fields.optional("display_name", self.display_name.as_ref(), DisplayName::new);
        let locale = fields.optional("locale", self.locale.as_ref(), Locale::new);
        let time_zone = fields.optional("time_zone", self.time_zone.as_ref(), TimeZone::new);
        fields.check()?;
        let before = before.clone();
        Ok(Profile {
            first_name: first_name.unwrap_or(before.first_name),
            last_name: last_name.unwrap_or(before.last_name),
            display_name: display_name.unwrap_or(before.display_name),
            locale: locale.unwrap_or(before.locale),
            time_zone: time_zone.unwrap_or(before.time_zone),
        })
    }
}

/// Edits a user's profile.
///
/// # Errors
/// [`Denied::Forbidden`], [`Denied::NotFound`], [`Denied::Invalid`], [`Denied::BeyondOwnRights`].
pub fn edit_profile(
    cx: &Context,
    user: Option<&Loaded<User>>,
    edit: &ProfileEdit,
    around: &Surroundings,
) -> Result<Decision<User>, Denied> {
    let (user, now) = subject(cx, Operation::EditProfile, user, around)?;
    let mut decision = Decision::by(cx);
    decision.guard(around.guards());
    write_profile(cx, decision, user, now, edit)
}

/// Edits the actor's own profile. Takes no permission.
///
/// # Errors
/// [`Denied::NotFound`] where the actor is no user, [`Denied::Invalid`].
pub fn edit_own_profile(
    cx: &Context,
    user: Option<&Loaded<User>>,
    edit: &ProfileEdit,
) -> Result<Decision<User>, Denied> {
    let user = user
        .filter(|user| cx.user() == Some(user.id))
        .ok_or(Denied::NotFound { what: RecordKind::User })?;
    write_profile(cx, Decision::by(cx), user, user.value.clone().as_of(cx.now), edit)
}

fn write_profile(
    cx: &Context,
    mut decision: Decision<()>,
    user: &Loaded<User>,
    now: User,
    edit: &ProfileEdit,
) -> Result<Decision<User>, Denied> {
    let after = User {
        profile: edit.apply(&now.profile)?,
        ..now.clone()
    };
    if after.profile == now.profile {
        return Ok(decision.with(now));
    }
    decision.event(
        cx,
        now.id,
        What::ProfileEdited {
            fields: changed_fields(&now.profile, &after.profile),
        },
    );
    decision.update_user(cx, user, after.clone())?;
    Ok(decision.with(after))
}

/// The user whom the actor may act on, as loaded and as they stand now.
///
/// # Errors
/// As [`may_act_on`]; [`Denied::NotFound`] also for the deleted.
pub(super) fn subject<'a>(
    cx: &Context,
    operation: Operation,
    user: Option<&'a Loaded<User>>,
    around: &Surroundings,
) -> Result<(&'a Loaded<User>, User), Denied> {
    cx.permit(operation)?;
    let is_there = |user: &&Loaded<User>| !matches!(user.status, UserStatus::Deleted { .. });
    let user = user
        .filter(is_there)
        .ok_or(Denied::NotFound { what: RecordKind::User })?;
    may_act_on(cx, operation, &user.value, around)?;
    Ok((user, user.value.clone().as_of(cx.now)))
}

fn check_unit(cx: &Context, after: &User) -> Result<(), Denied> {
    if cx.policy.require_unit && after.units().is_empty() {
        return Err(Denied::invalid("memberships", Problem::Missing));
    }
    Ok(())
}

/// Each grant once, in one order, so that equal rights are equal values.
fn normal(grants: &[Grant]) -> Vec<Grant> {
    let mut grants = grants.to_vec();
    grants.sort();
    grants.dedup();
    grants
}

fn changed_fields(before: &Profile, after: &Profile) -> BTreeSet<String> {
    let changed = [
        ("first_name", before.first_name != after.first_name),
        ("last_name", before.last_name != after.last_name),
        ("display_name", before.display_name != after.display_name),
        ("locale", before.locale != after.locale),
        ("time_zone", before.time_zone != after.time_zone),
    ];
    changed
        .into_iter()
        .filter(|(_, changed)| *changed)
        .map(|(name, _)| name.to_owned())
        .collect()
}

/// The roles and units that a rule about these grants and users has to be shown.
pub fn named<'a>(
    grants: impl IntoIterator<Item = &'a Grant>,
    users: impl IntoIterator<Item = &'a User>,
) -> (BTreeSet<RoleId>, BTreeSet<UnitId>) {
    let (mut roles, mut units) = (BTreeSet::new(), BTreeSet::new());
    for grant in grants {
        if let Right::Role(role) = grant.right {
            roles.insert(role);
        }
        units.extend(grant.scope.units());
    }
    for user in users {
        roles.extend(user.roles());
        units.extend(user.units());
    }
    (roles, units)
}
