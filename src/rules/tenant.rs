//! The tenant: founded by whoever signs up (PS1), renamed, its contract changed, handed over (PS5).

use std::sync::Arc;

use super::context::Context;
use super::decision::Decision;
use super::fields::Fields;
use super::invitations::check_password;
use super::operation::Operation;
use super::rights::{Place, Rights};
use super::users::{NewUser, Person};
use crate::clock::Timestamp;
use crate::error::{Denied, FieldError, Problem};
use crate::id::{EmployeeId, RoleId, Seed, TenantId, UserId};
use crate::model::{
    Actor, Credential, Employee, Employment, Grant, Loaded, PermissionSet, RecordKind, Role, Scope, SeatContract,
    Secret, Start, Tenant, TenantStatus, User, UserKind, UserStatus, Version, What,
};
use crate::password::{Password, PasswordHash};
use crate::policy::Policy;
use crate::store::{Change, Counter, Guard};
use crate::text::Name;

/// A tenant to found, with the user who signs up: its owner.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Founding {
    /// The customer's name: 1 to 200 characters.
    pub company: String,
    /// Who signs up.
    pub owner: NewUser,
    /// The password that they will log in with.
    pub password: Password,
    /// What was contracted.
    pub seats: SeatContract,
    /// The tenant's id, for hosts that choose it; a fresh one if left out.
    pub tenant: Option<TenantId>,
}

impl Founding {
    /// A tenant of a company, with its owner.
    pub fn new(company: impl Into<String>, owner: NewUser, password: impl Into<Password>) -> Self {
        let seats = SeatContract::default();
        Self {
            company: company.into(),
            owner,
            password: password.into(),
            seats,
            tenant: None,
        }
    }

    /// The same with a seat contract.
    pub fn seats(self, seats: SeatContract) -> Self {
        Self { seats, ..self }
    }

    /// The same under an id that the host chose.
    pub fn id(self, tenant: TenantId) -> Self {
        Self {
            tenant: Some(tenant),
            ..self
        }
    }

    /// Everything that can be told before the password is hashed.
    ///
    /// # Errors
    /// [`Denied::Invalid`] naming every wrong field: `company`, `password`, `seats`, and those of the owner.
    pub fn check(&self, policy: &Policy, now: Timestamp, seed: Seed) -> Result<(), Denied> {
        let mut wrong: Vec<FieldError> = Vec::new();
        let mut note = |denied: Denied| {
            if let Denied::Invalid { fields } = denied {
                wrong.extend(fields);
            }
        };
        let company = Name::new(&self.company)
            .map_err(|problem| note(Denied::invalid("company", problem)))
            .ok();
        let person = self.owner.parse().map_err(&mut note).ok();
        if self.seats.limit == Some(0) {
            note(Denied::invalid("seats", Problem::BelowUse { used: 1 }));
        }
        let password = if let (Some(company), Some(person)) = (company, person) {
            let (tenant, user, ..) = self.records(company, person, now, seed);
            check_password(&policy.passwords, &self.password, &user, &tenant)
        } else {
            // Names that are wrong are nobody's; the other rules are told all the same.
            let broken = policy.passwords.check(&self.password, &[]);
            broken.map_err(|rules| Denied::invalid("password", Problem::Password(rules)))
        };
        let _ = password.map_err(&mut note);
        if wrong.is_empty() {
            Ok(())
        } else {
            Err(Denied::Invalid { fields: wrong })
        }
    }

    fn records(&self, name: Name, owner: Person, now: Timestamp, seed: Seed) -> (Tenant, User, Employee, Role) {
        let (user, employee, role): (UserId, EmployeeId, RoleId) = (seed.id(0), seed.id(1), seed.id(2));
        let Person {
            profile,
            address,
            user_name,
        } = owner;
        let tenant = Tenant {
            id: self.tenant.unwrap_or_else(|| seed.id(3)),
            name,
            owner: user,
            owner_released: false,
            administrator: role,
            status: TenantStatus::Active,
            units: 0,
            seats: self.seats,
            created_at: now,
        };
        let employee = Employee {
            id: employee,
            first_name: profile.first_name.clone(),
            last_name: profile.last_name.clone(),
            signature: None,
            email: Some(address.clone()),
            supervisor: None,
            unit: None,
            employment: Employment::default(),
            created_at: now,
        };
        let user = User {
            id: user,
            kind: UserKind::Internal { employee: employee.id },
            user_name,
            address,
            profile,
            grants: vec![Grant::role(role, Scope::All)],
            memberships: std::collections::BTreeSet::new(),
            api_only: false,
            start: Start::Now,
            status: UserStatus::Active {
                since: now,
                until: None,
            },
            hold: None,
            signature: None,
            last_login_at: None,
            identity: None,
            pending_address: None,
            allowlist: crate::text::Allowlist::any(),
            created_at: now,
        };
        let role = Role {
            id: role,
            name: administrator_name(),
            permissions: PermissionSet::All,
            built_in: true,
            created_at: now,
        };
        (tenant, user, employee, role)
    }
}

/// The name of the built-in role.
fn administrator_name() -> Name {
    #[expect(clippy::expect_used, reason = "a constant that is a valid name")]
    Name::new("Administrator").expect("a valid name")
}

/// What was founded.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Founded {
    /// The tenant.
    pub tenant: Tenant,
    /// Its owner, active, with the administrator role everywhere.
    pub owner: User,
}

/// Founds a tenant: its owner as an employee and an active user, and the built-in administrator role (PS1).
///
/// # Errors
/// As [`Founding::check`].
pub fn found(
    founding: &Founding,
    hash: PasswordHash,
    policy: &Arc<Policy>,
    now: Timestamp,
    seed: Seed,
) -> Result<Decision<Founded>, Denied> {
    founding.check(policy, now, seed)?;
    let company = Name::new(&founding.company).map_err(|problem| Denied::invalid("company", problem))?;
    let (tenant, owner, employee, role) = founding.records(company, founding.owner.parse()?, now, seed);
    let cx = Context {
        actor: Actor::Founder,
        actor_name: None,
        rights: Rights::everything(),
        guards: Vec::new(),
        tenant: Loaded::new(Version::FIRST, tenant.clone()),
        policy: Arc::clone(policy),
        now,
        seed,
    };
    let mut decision = Decision::by(&cx);
    decision.insert(tenant.clone());
    decision.insert(role);
    let seats = tenant.seats;
    decision.event(&cx, tenant.id, What::TenantFounded { seats });
    decision.event(&cx, employee.id, What::EmployeeAdded);
    decision.insert(employee);
    let secret = Secret::password(hash, now);
    decision.insert(Credential { user: owner.id, secret });
    decision.insert_user(&cx, owner.clone());
    // The tenant is inserted here, not read: nothing to guard.
    decision.guards.clear();
    Ok(decision.with(Founded { tenant, owner }))
}

/// Renames the tenant.
///
/// # Errors
/// [`Denied::Forbidden`], [`Denied::Invalid`] (`name`).
pub fn rename(cx: &Context, name: &str) -> Result<Decision<Tenant>, Denied> {
    cx.permit_everywhere(Operation::RenameTenant)?;
    let mut fields = Fields::default();
    let Some(name) = fields.take("name", Name::new(name)) else {
        return Err(fields.denied());
    };
    let after = Tenant {
        name,
        ..cx.tenant.value.clone()
    };
    let what = What::TenantRenamed {
        from: cx.tenant.name.clone(),
        to: after.name.clone(),
    };
    Ok(write(cx, after, what))
}

/// Changes the seat contract. A hard limit cannot lie below what is in use. Only the host's own code may: whoever is billed
/// by it does not write it.
///
/// # Errors
/// [`Denied::Forbidden`] for users, [`Denied::Invalid`] (`limit`); the store adds [`Denied::NoSeat`] where seats were taken meanwhile.
pub fn change_seat_contract(cx: &Context, seats: SeatContract, used: i64) -> Result<Decision<Tenant>, Denied> {
    host_only(cx)?;
    let used = u64::try_from(used).unwrap_or(0);
    if seats.limit.is_some_and(|limit| u64::from(limit) < used) {
        return Err(Denied::invalid("limit", Problem::BelowUse { used }));
    }
    let after = Tenant {
        seats,
        ..cx.tenant.value.clone()
    };
    let what = What::SeatContractChanged {
        from: cx.tenant.seats,
        to: seats,
    };
    let mut decision = write(cx, after, what);
    if let (Some(limit), false) = (seats.limit, decision.changes.is_empty()) {
        // Seats that were taken since they were counted: nothing moves, but the bound is checked (D1).
        decision.changes.push(Change::Count {
            counter: Counter::Seats,
            delta: 0,
            at_least: None,
            at_most: Some(i64::from(limit)),
        });
    }
    Ok(decision)
}

/// Hands the tenant over to another administrator. Only the owner may, or the host's own code.
///
/// # Errors
/// [`Denied::Forbidden`], [`Denied::SessionRequired`], [`Denied::NotFound`], [`Denied::Invalid`] (`to`) where the new owner is no active administrator
/// without an end, or could not log in: no password was set, and no provider signs them in.
pub fn hand_over(
    cx: &Context,
    to: Option<&Loaded<User>>,
    credential: Option<&Loaded<Credential>>,
) -> Result<Decision<Tenant>, Denied> {
    let may = matches!(cx.actor, Actor::System(_)) || cx.user() == Some(cx.tenant.owner);
    if !may {
        return Err(Denied::Forbidden);
    }
    // The owner through an API key, which never carries all that they hold.
    if !cx.rights.are_all_at(Place::Everywhere) {
        return Err(Denied::SessionRequired);
    }
    let to = to.ok_or(Denied::NotFound { what: RecordKind::User })?;
    make_owner(cx, to, credential)
}

/// Whether the owner can be deleted: by policy, once they have another address (PS5). `stored` is the owner as loaded.
pub(super) fn is_released(cx: &Context, stored: &User) -> bool {
    let now = stored.clone().as_of(cx.now);
    cx.policy.address_change.releases_owner
        && now.id == cx.tenant.owner
        && (cx.tenant.owner_released || now.address.key() != stored.address.key())
}

/// Makes the actor, an administrator, the owner in place of one who was released (PS5).
///
/// # Errors
/// [`Denied::OwnerProtected`] where the actor cannot be the owner.
pub(super) fn succeed(cx: &Context, heir: Option<&Heir>) -> Result<Decision<Tenant>, Denied> {
    let heir = heir.filter(|heir| cx.user() == Some(heir.user.id) && cx.rights.are_all_at(Place::Everywhere));
    let heir = heir.ok_or(Denied::OwnerProtected)?;
    make_owner(cx, &heir.user, heir.credential.as_ref()).map_err(|_| Denied::OwnerProtected)
}

/// Who is to be the owner, as loaded.
#[derive(Debug, Clone)]
pub struct Heir {
    /// Their user.
    pub user: Loaded<User>,
    /// Their credential.
    pub credential: Option<Loaded<Credential>>,
}

fn make_owner(
    cx: &Context,
    to: &Loaded<User>,
    credential: Option<&Loaded<Credential>>,
) -> Result<Decision<Tenant>, Denied> {
    let now = to.value.clone().as_of(cx.now);
    if !now.counts_as_administrator(cx.tenant.administrator) || now.hold.is_some() {
        return Err(Denied::invalid("to", Problem::NotAdministrator));
    }
    // A one-time password that is on its way may never be used.
    let has_password = credential.filter(|it| it.user == now.id && it.hash().is_some());
    if has_password.is_none() && now.identity.is_none() {
        return Err(Denied::invalid("to", Problem::CannotLogIn));
    }
    let after = Tenant {
        owner: to.id,
        owner_released: cx.tenant.owner_released && to.id == cx.tenant.owner,
        ..cx.tenant.value.clone()
    };
    let mut decision = write(
        cx,
        after,
        What::OwnershipHandedOver {
            from: cx.tenant.owner,
            to: to.id,
        },
    );
    decision.guard([Guard::on(to)]);
    decision.guard(has_password.map(Guard::on));
    // Another address that they came to have before they owned the tenant releases nobody: it is written down before.
    if now.address.key() != to.address.key() {
        decision.update_user(cx, to, now)?;
    }
    Ok(decision)
}

/// Takes the whole tenant out of use. Only the host's own code may: whoever is billed for it decides.
///
/// # Errors
/// [`Denied::Forbidden`].
pub fn suspend(cx: &Context) -> Result<Decision<Tenant>, Denied> {
    let status = match cx.tenant.status {
        TenantStatus::Active => TenantStatus::Suspended { at: cx.now },
        suspended @ TenantStatus::Suspended { .. } => suspended,
    };
    set_status(cx, status, What::TenantSuspended)
}

/// Brings a suspended tenant back into use. Only the host's own code may.
///
/// # Errors
/// [`Denied::Forbidden`].
pub fn reinstate(cx: &Context) -> Result<Decision<Tenant>, Denied> {
    set_status(cx, TenantStatus::Active, What::TenantReinstated)
}

fn set_status(cx: &Context, status: TenantStatus, what: What) -> Result<Decision<Tenant>, Denied> {
    host_only(cx)?;
    let after = Tenant {
        status,
        ..cx.tenant.value.clone()
    };
    Ok(write(cx, after, what))
}

fn host_only(cx: &Context) -> Result<(), Denied> {
    match cx.actor {
        Actor::System(_) => Ok(()),
        _ => Err(Denied::Forbidden),
    }
}

fn write(cx: &Context, after: Tenant, what: What) -> Decision<Tenant> {
    let mut decision = Decision::by(cx);
    if after != cx.tenant.value {
        decision.update(&cx.tenant, after.clone());
        decision.event(cx, cx.tenant.id, what);
    }
    decision.with(after)
}
