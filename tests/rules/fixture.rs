//! One small tenant, seen from all sides.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tenure::id::{EmployeeId, InvitationId, RoleId, Seed, SessionId, TenantId, TicketId, UnitId, UserId};
use tenure::model::{
    Actor, Affected, Client, Credential, Employee, Employment, EndReason, Entry, Event, Grant, Inactivity, Invitation,
    InvitationState, Kept, Loaded, Mail, MailState, OrgUnit, Permission, PermissionSet, Profile, QueuedMail, Record,
    RecordId, Role, Scope, SeatContract, Secret, Session, SessionState, Start, Tenant, TenantStatus, Throttle, Ticket,
    TicketPurpose, TicketState, UnitKind, UnitPath, User, UserKind, UserStatus, Version, What,
};
use tenure::password::PasswordHash;
use tenure::rules::rights::{Rights, Surroundings, Units};
use tenure::rules::{Context, Decision};
use tenure::secret::TokenHash;
use tenure::store::{Change, Counter, Guard, SetChange};
use tenure::text::{Allowlist, DisplayName, EmailAddress, Locale, Name, PersonName, TimeZone, UserName};
use tenure::{Policy, Timestamp};
use time::Duration;
use uuid::Uuid;

/// A permission that the host defines.
pub(crate) fn prices() -> Permission {
    Permission::new("prices.change").unwrap()
}

/// Another.
pub(crate) fn reports() -> Permission {
    Permission::new("reports.read").unwrap()
}

pub(crate) fn id<T: From<Uuid>>(number: u128) -> T {
    Uuid::from_u128(number).into()
}

/// Minutes after the instant of every decision here.
pub(crate) fn at(minutes: i64) -> Timestamp {
    now().saturating_add(Duration::minutes(minutes))
}

pub(crate) fn now() -> Timestamp {
    Timestamp::from_unix_micros(1_795_253_400_000_000).unwrap()
}

/// When the records of the fixture came to be.
pub(crate) fn long_ago() -> Timestamp {
    at(-60 * 24 * 90)
}

pub(crate) fn tenant_id() -> TenantId {
    id(1)
}

pub(crate) fn owner() -> UserId {
    id(10)
}

/// Who acts in most tests.
pub(crate) fn actor() -> UserId {
    id(11)
}

/// What others see of them.
pub(crate) fn actor_name() -> DisplayName {
    DisplayName::new("Grace Hopper").unwrap()
}

pub(crate) fn kate() -> UserId {
    id(12)
}

pub(crate) fn administrator() -> RoleId {
    id(20)
}

pub(crate) fn clerk() -> RoleId {
    id(21)
}

pub(crate) fn berlin() -> UnitId {
    id(30)
}

/// Below Berlin.
pub(crate) fn mitte() -> UnitId {
    id(31)
}

pub(crate) fn paris() -> UnitId {
    id(32)
}

pub(crate) fn ada() -> EmployeeId {
    id(40)
}

pub(crate) fn loaded<T>(version: u64, value: T) -> Loaded<T> {
    Loaded::new(Version::new(version), value)
}

pub(crate) fn name(text: &str) -> Name {
    Name::new(text).unwrap()
}

pub(crate) fn address(text: &str) -> EmailAddress {
    EmailAddress::new(text).unwrap()
}

pub(crate) fn tenant() -> Loaded<Tenant> {
    loaded(
        7,
        Tenant {
            id: tenant_id(),
            name: name("Nordwind"),
            owner: owner(),
            owner_released: false,
            administrator: administrator(),
            status: TenantStatus::Active,
            units: 3,
            seats: SeatContract::default(),
            created_at: long_ago(),
        },
    )
}

pub(crate) fn seed() -> Seed {
    Seed {
        at: now(),
        random: [1, 2, 3, 4, 5, 6, 7, 8, 0, 0],
    }
}

/// The `n`th id that a rule makes of the seed.
pub(crate) fn fresh<T: From<Uuid>>(n: u16) -> T {
    seed().id(n)
}

/// What the actor's own rights rest on.
pub(crate) fn actor_guard() -> Guard {
    Guard {
        record: RecordId::User(actor()),
        version: Version::new(3),
    }
}

/// The actor with these rights.
pub(crate) fn cx(rights: Rights) -> Context {
    Context {
        actor: Actor::User(actor()),
        actor_name: Some(actor_name()),
        rights,
        guards: vec![actor_guard()],
        tenant: tenant(),
        policy: Arc::new(Policy::default()),
        now: now(),
        seed: seed(),
    }
}

/// The actor as an administrator.
pub(crate) fn admin() -> Context {
    cx(Rights::everything())
}

/// The actor with these permissions in one scope.
pub(crate) fn holding(permissions: &[Permission], scope: impl Into<ScopeOf>) -> Context {
    cx(rights(permissions, scope))
}

pub(crate) fn rights(permissions: &[Permission], scope: impl Into<ScopeOf>) -> Rights {
    let scope = scope.into().0;
    let grants: Vec<Grant> = permissions
        .iter()
        .map(|permission| Grant::permission(permission.clone(), scope.clone()))
        .collect();
    Rights::of(&grants, |_| None)
}

/// The actor without any rights.
pub(crate) fn nobody() -> Context {
    cx(Rights::default())
}

/// The host's own code.
pub(crate) fn system() -> Context {
    Context {
        actor: Actor::System("nightly job".try_into().unwrap()),
        actor_name: None,
        guards: Vec::new(),
        ..admin()
    }
}

/// Time itself.
pub(crate) fn schedule() -> Context {
    Context {
        actor: Actor::Schedule,
        actor_name: None,
        guards: Vec::new(),
        ..admin()
    }
}

/// The default policy, changed.
pub(crate) fn policy(change: impl FnOnce(&mut Policy)) -> Policy {
    let mut policy = Policy::default();
    change(&mut policy);
    policy
}

pub(crate) fn with_policy(cx: Context, change: impl FnOnce(&mut Policy)) -> Context {
    let mut policy = Policy::default();
    change(&mut policy);
    Context {
        policy: Arc::new(policy),
        ..cx
    }
}

pub(crate) fn with_limit(mut cx: Context, limit: u32) -> Context {
    cx.tenant.value.seats.limit = Some(limit);
    cx
}

/// A scope, or the units of one.
pub(crate) struct ScopeOf(pub(crate) Scope);

impl From<Scope> for ScopeOf {
    fn from(scope: Scope) -> Self {
        Self(scope)
    }
}

impl<const N: usize> From<[UnitId; N]> for ScopeOf {
    fn from(units: [UnitId; N]) -> Self {
        Self(Scope::from(units))
    }
}

pub(crate) fn unit(id: UnitId) -> Loaded<OrgUnit> {
    let (text, path, version) = if id == berlin() {
        ("Berlin", UnitPath::root(berlin()), 4)
    } else if id == mitte() {
        ("Mitte", UnitPath::root(berlin()).child(mitte()), 5)
    } else {
        ("Paris", UnitPath::root(id), 6)
    };
    loaded(
        version,
        OrgUnit {
            id,
            name: name(text),
            kind: UnitKind::Company,
            path,
            created_at: long_ago(),
        },
    )
}

pub(crate) fn role(id: RoleId) -> Loaded<Role> {
    let built_in = id == administrator();
    let (text, permissions) = if built_in {
        ("Administrator", PermissionSet::All)
    } else {
        ("Clerk", PermissionSet::from([prices()]))
    };
    loaded(
        8,
        Role {
            id,
            name: name(text),
            permissions,
            built_in,
            created_at: long_ago(),
        },
    )
}

/// All roles and units of the tenant.
pub(crate) fn around() -> Surroundings {
    surroundings([administrator(), clerk()], [berlin(), mitte(), paris()])
}

/// These roles and units.
pub(crate) fn surroundings<const R: usize, const U: usize>(roles: [RoleId; R], units: [UnitId; U]) -> Surroundings {
    Surroundings {
        roles: roles.into_iter().map(|id| (id, role(id))).collect::<BTreeMap<_, _>>(),
        units: Units(units.into_iter().map(|id| (id, unit(id))).collect()),
        employee: None,
    }
}

pub(crate) fn employee() -> Loaded<Employee> {
    loaded(
        9,
        Employee {
            id: ada(),
            first_name: PersonName::new("Ada").unwrap(),
            last_name: PersonName::new("Lovelace").unwrap(),
            signature: None,
            email: Some(address("ada@example.com")),
            supervisor: None,
            unit: Some(berlin()),
            employment: Employment::default(),
            created_at: long_ago(),
        },
    )
}

pub(crate) fn profile(first: &str, last: &str) -> Profile {
    Profile {
        first_name: PersonName::new(first).unwrap(),
        last_name: PersonName::new(last).unwrap(),
        display_name: DisplayName::new(format!("{first} {last}")).unwrap(),
        locale: Locale::default(),
        time_zone: TimeZone::default(),
    }
}

pub(crate) fn active() -> UserStatus {
    UserStatus::Active {
        since: long_ago(),
        until: None,
    }
}

pub(crate) fn set_up() -> UserStatus {
    UserStatus::Inactive {
        since: long_ago(),
        because: Inactivity::SetUp,
        starts_at: None,
    }
}

/// Invited with the invitation of the fixture, good for one more hour.
pub(crate) fn invited() -> UserStatus {
    UserStatus::Invited {
        invitation: invitation_id(),
        expires_at: at(60),
        start: Start::Now,
    }
}

/// Kate, a clerk in Berlin, in this state.
pub(crate) fn user(status: UserStatus) -> Loaded<User> {
    loaded(
        5,
        User {
            id: kate(),
            kind: UserKind::Internal { employee: id(41) },
            user_name: UserName::new("kate").unwrap(),
            address: address("kate@example.com"),
            profile: profile("Kate", "Adler"),
            grants: vec![Grant::role(clerk(), Scope::from([berlin()]))],
            memberships: BTreeSet::new(),
            api_only: false,
            start: tenure::Start::Now,
            status,
            hold: None,
            signature: None,
            last_login_at: None,
            identity: None,
            pending_address: None,
            allowlist: Allowlist::any(),
            created_at: long_ago(),
        },
    )
}

/// Kate, changed.
pub(crate) fn user_with(status: UserStatus, change: impl FnOnce(&mut User)) -> Loaded<User> {
    let mut user = user(status);
    change(&mut user.value);
    user
}

/// Kate as an administrator of everything.
pub(crate) fn administrator_kate(status: UserStatus) -> Loaded<User> {
    user_with(status, |user| {
        user.grants = vec![Grant::role(administrator(), Scope::All)];
    })
}

/// The owner, active.
pub(crate) fn owner_user() -> Loaded<User> {
    let mut user = administrator_kate(active());
    user.value.id = owner();
    user
}

pub(crate) fn invitation_id() -> InvitationId {
    id(50)
}

pub(crate) fn ticket_id() -> TicketId {
    id(51)
}

/// Kate's invitation, sent by the actor a while ago, good for one more hour.
pub(crate) fn invitation(state: InvitationState) -> Loaded<Invitation> {
    loaded(
        2,
        Invitation {
            id: invitation_id(),
            user: kate(),
            address: address("kate@example.com"),
            message: Some("Welcome".try_into().unwrap()),
            sponsor: Actor::User(actor()),
            ticket: ticket_id(),
            expires_at: at(60),
            state,
            created_at: at(-60),
        },
    )
}

pub(crate) fn pending() -> Loaded<Invitation> {
    invitation(InvitationState::Pending)
}

/// The ticket of that invitation.
pub(crate) fn ticket(state: TicketState) -> Loaded<Ticket> {
    loaded(
        3,
        Ticket {
            id: ticket_id(),
            user: kate(),
            purpose: TicketPurpose::Invitation,
            address: address("kate@example.com"),
            tokens: vec![TokenHash::from_bytes([9; 32])],
            expires_at: at(60),
            term: None,
            state,
        },
    )
}

/// A hash of nobody's password.
pub(crate) fn hash() -> PasswordHash {
    PasswordHash::parse("$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc")
        .unwrap()
}

pub(crate) fn no_password() -> Loaded<Credential> {
    loaded(
        1,
        Credential {
            user: kate(),
            secret: Secret::None,
        },
    )
}

pub(crate) fn password() -> Loaded<Credential> {
    loaded(
        2,
        Credential {
            user: kate(),
            secret: Secret::password(hash(), long_ago()),
        },
    )
}

/// Kate's session, begun an hour ago and used a minute ago.
pub(crate) fn session(state: SessionState) -> Loaded<Session> {
    loaded(
        1,
        Session {
            id: session_id(),
            user: kate(),
            token: TokenHash::from_bytes([8; 32]),
            client: Client::unknown(),
            started_at: at(-60),
            expires_at: at(660),
            seen_at: at(-1),
            limited: None,
            state,
        },
    )
}

pub(crate) fn session_id() -> SessionId {
    id(60)
}

// What decisions are compared with.

/// A decision of the actor in `cx` with these changes and events.
pub(crate) fn decision<T>(
    cx: &Context,
    guards: impl IntoIterator<Item = Guard>,
    changes: Vec<Change>,
    events: Vec<Event>,
    outcome: T,
) -> Decision<T> {
    Decision {
        guards: cx.guards.iter().copied().chain(guards).collect(),
        changes,
        events,
        mail: Vec::new(),
        outcome,
    }
}

/// A mail to a user's address without anything to open, with the `n`th fresh id.
pub(crate) fn notice_to(user: &User, n: u16, mail: Mail) -> QueuedMail {
    QueuedMail {
        id: fresh(n),
        user: user.id,
        to: user.address.clone(),
        locale: user.profile.locale.clone(),
        time_zone: user.profile.time_zone.clone(),
        ticket: None,
        mail,
        queued_at: now(),
        state: MailState::Queued {
            ready_at: now(),
            attempts: 0,
        },
    }
}

/// A decision to do nothing.
pub(crate) fn nothing<T>(cx: &Context, outcome: T) -> Decision<T> {
    decision(cx, [], Vec::new(), Vec::new(), outcome)
}

pub(crate) fn insert(record: impl Into<Record>) -> Change {
    Change::Insert(Entry::new(record))
}

pub(crate) fn update<T: Kept>(before: &Loaded<T>, after: T) -> Change {
    Change::Update {
        expected: before.version,
        entry: Entry::new(after),
    }
}

pub(crate) fn remove<T: Kept>(before: &Loaded<T>) -> Change {
    Change::Remove {
        record: before.value.clone().into().id(),
        expected: before.version,
    }
}

pub(crate) fn seats(delta: i64, at_most: Option<i64>) -> Change {
    Change::Count {
        counter: Counter::Seats,
        delta,
        at_least: None,
        at_most,
    }
}

pub(crate) fn administrators(delta: i64) -> Change {
    Change::Count {
        counter: Counter::Administrators,
        delta,
        at_least: (delta < 0).then_some(1),
        at_most: None,
    }
}

/// All sessions of Kate end because her access does.
pub(crate) fn end_sessions() -> Change {
    Change::Set(SetChange::EndSessions {
        user: kate(),
        except: None,
        at: now(),
        reason: EndReason::AccessEnded,
    })
}

pub(crate) fn end_tickets(purpose: Option<TicketPurpose>) -> Change {
    Change::Set(SetChange::EndTickets {
        user: kate(),
        purpose,
        at: now(),
    })
}

pub(crate) fn event_by(actor: Actor, at: Timestamp, subject: impl Into<RecordId>, what: What) -> Event {
    Event {
        at,
        actor,
        subject: subject.into(),
        what,
        affected: None,
        version: None,
    }
}

/// What the actor did, now.
pub(crate) fn event(subject: impl Into<RecordId>, what: What) -> Event {
    event_by(Actor::User(actor()), now(), subject, what)
}

/// The event of the set change at this index.
pub(crate) fn of_set(index: usize, event: Event) -> Event {
    Event {
        affected: Some(Affected::ByChange(index)),
        ..event
    }
}

/// That all of Kate's sessions ended with her access, by the set change at this index.
pub(crate) fn sessions_ended(index: usize) -> Event {
    let what = What::SessionsEnded {
        reason: EndReason::AccessEnded,
        except: None,
    };
    of_set(index, event(kate(), what))
}

/// All of Kate's API keys are revoked.
pub(crate) fn revoke_keys() -> Change {
    Change::Set(SetChange::RevokeApiKeys {
        user: kate(),
        at: now(),
    })
}

/// That they were, by the set change at this index.
pub(crate) fn keys_revoked(index: usize) -> Event {
    of_set(index, event(kate(), What::ApiKeysRevoked))
}

/// The mail of an invitation of this user, as it is queued.
pub(crate) fn invitation_mail(user: &User, message: Option<&str>, again: bool) -> QueuedMail {
    QueuedMail {
        id: fresh(12),
        user: user.id,
        to: user.address.clone(),
        locale: user.profile.locale.clone(),
        time_zone: user.profile.time_zone.clone(),
        ticket: Some(fresh(11)),
        mail: Mail::Invitation {
            tenant: name("Nordwind"),
            recipient: user.profile.display_name.clone(),
            user_name: user.user_name.to_string(),
            message: message.map(|text| text.try_into().unwrap()),
            expires_at: term(),
            again,
        },
        queued_at: now(),
        state: MailState::Queued {
            ready_at: now(),
            attempts: 0,
        },
    }
}

/// When an invitation that is sent now is over (CP5).
pub(crate) fn term() -> Timestamp {
    now().saturating_add(Duration::days(21))
}

/// The ticket of an invitation that is sent to this user now.
pub(crate) fn new_ticket(user: &User) -> Ticket {
    Ticket {
        id: fresh(11),
        user: user.id,
        purpose: TicketPurpose::Invitation,
        address: user.address.clone(),
        tokens: Vec::new(),
        expires_at: term(),
        term: None,
        state: TicketState::Open,
    }
}

/// An invitation that the actor sends to this user now.
pub(crate) fn new_invitation(user: &User, message: Option<&str>) -> Invitation {
    Invitation {
        id: fresh(10),
        user: user.id,
        address: user.address.clone(),
        message: message.map(|text| text.try_into().unwrap()),
        sponsor: Actor::User(actor()),
        ticket: fresh(11),
        expires_at: term(),
        state: InvitationState::Pending,
        created_at: now(),
    }
}

pub(crate) fn allowlist(entries: &[&str]) -> Allowlist {
    Allowlist::new(entries.iter().map(|entry| entry.parse().unwrap())).unwrap()
}

/// What failed for Kate's account, last a minute ago.
pub(crate) fn throttle(failures: u32, locked_until: Option<Timestamp>) -> Loaded<Throttle> {
    loaded(
        4,
        Throttle {
            id: tenure::rules::throttle::account(kate()),
            user: Some(kate()),
            failures,
            locked_until,
            forget_at: at(24 * 60 - 1),
        },
    )
}

/// Has the provider "Azure" keep passwords at this place.
pub(crate) fn kept_at(policy: &mut Policy, place: Option<&String>) {
    let provider = match place {
        Some(place) => tenure::Provider::new().password_place(place),
        None => tenure::Provider::new(),
    };
    policy.providers.insert(name("Azure"), provider);
}
