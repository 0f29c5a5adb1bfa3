//! Records made of small numbers, so that they meet often.

use time::Duration;
use uuid::Uuid;

use crate::clock::Timestamp;
use crate::id::{CommitId, EmployeeId, RoleId, TenantId, UnitId, UserId};
use crate::model::{
    Actor, ApiKey, ApiKeyState, Attempt, AttemptOutcome, Client, Credential, Employee, Employment, Entry, Grant,
    Invitation, InvitationState, Mail, MailState, OrgUnit, PermissionSet, Profile, QueuedMail, Record, RefusalReason,
    Role, Scope, SeatContract, Secret, Session, SessionState, Tenant, TenantStatus, Throttle, Ticket, TicketPurpose,
    TicketState, UnitKind, UnitPath, User, UserKind, UserStatus,
};
use crate::secret::TokenHash;
use crate::store::{Change, Commit};
use crate::text::{DisplayName, EmailAddress, Locale, Name, PersonName, TimeZone, UserName};

pub(super) const TENANT: TenantId = TenantId::from_uuid(Uuid::from_u128(1));

pub(super) fn id<T: From<Uuid>>(number: u64) -> T {
    Uuid::from_u128(u128::from(number)).into()
}

/// So many seconds after the beginning, and a bit.
pub(super) fn at(seconds: u64) -> Timestamp {
    let seconds = Duration::seconds(i64::try_from(seconds).unwrap());
    Timestamp::EPOCH.saturating_add(seconds + Duration::microseconds(125))
}

/// One of these, by number.
pub(super) fn nth<T: Copy>(number: u64, of: &[T]) -> T {
    of[usize::try_from(number).unwrap() % of.len()]
}

pub(super) fn token(number: u64) -> TokenHash {
    let mut bytes = [7; 32];
    bytes[..8].copy_from_slice(&number.to_be_bytes());
    TokenHash::from_bytes(bytes)
}

pub(super) fn commit(number: u64, changes: Vec<Change>) -> Commit {
    Commit {
        id: CommitId::from_uuid(Uuid::from_u128(u128::from(number))),
        tenant: TENANT,
        at: at(number),
        guards: Vec::new(),
        changes,
        events: Vec::new(),
        mail: Vec::new(),
    }
}

pub(super) fn insert(record: impl Into<Record>) -> Change {
    Change::Insert(Entry::new(record))
}

pub(super) fn tenant(owner: UserId, administrator: RoleId) -> Tenant {
    Tenant {
        id: TENANT,
        name: Name::new("Acme").unwrap(),
        owner,
        owner_released: false,
        administrator,
        status: TenantStatus::Active,
        units: 0,
        seats: SeatContract::default(),
        created_at: at(0),
    }
}

pub(super) fn role(number: u64, name: &str) -> Role {
    Role {
        id: id(number),
        name: Name::new(name).unwrap(),
        permissions: PermissionSet::from([crate::model::permissions::USERS_READ]),
        built_in: false,
        created_at: at(number % 3),
    }
}

pub(super) fn unit(number: u64, above: Option<&UnitPath>) -> OrgUnit {
    let unit: UnitId = id(number);
    OrgUnit {
        id: unit,
        name: Name::new(format!("Ünit {}", number % 4)).unwrap(),
        kind: UnitKind::Department,
        path: above.map_or_else(|| UnitPath::root(unit), |above| above.child(unit)),
        created_at: at(number % 3),
    }
}

pub(super) fn employee(number: u64, supervisor: Option<EmployeeId>, unit: Option<UnitId>) -> Employee {
    Employee {
        id: id(number),
        first_name: PersonName::new(nth(number, &["Zoë", "Ann", "\u{1f600} Ö"])).unwrap(),
        last_name: PersonName::new(nth(number, &["O'Hara", "Ärmel", "Lee \"x\" \\"])).unwrap(),
        signature: None,
        email: number
            .is_multiple_of(2)
            .then(|| EmailAddress::new("lee@example.org").unwrap()),
        supervisor,
        unit,
        employment: Employment::default(),
        created_at: at(number % 5),
    }
}

pub(super) fn user(number: u64, kind: UserKind, status: UserStatus, grants: Vec<Grant>) -> User {
    User {
        id: id(number),
        kind,
        user_name: UserName::new(format!("user{number}")).unwrap(),
        address: EmailAddress::new(format!("u{}@example.org", number % 9)).unwrap(),
        profile: Profile {
            first_name: PersonName::new("Kate").unwrap(),
            last_name: PersonName::new(nth(number, &["Lee", "lee", "Lée"])).unwrap(),
            display_name: DisplayName::new("Kate").unwrap(),
            locale: Locale::default(),
            time_zone: TimeZone::default(),
        },
        grants,
        memberships: std::collections::BTreeSet::new(),
        api_only: false,
        start: crate::model::Start::Now,
        status,
        hold: None,
        signature: None,
        last_login_at: None,
        identity: None,
        pending_address: None,
        allowlist: crate::text::Allowlist::any(),
        created_at: at(number % 5),
    }
}

pub(super) fn active(number: u64, role: RoleId) -> User {
    let status = UserStatus::Active {
        since: at(0),
        until: None,
    };
    user(number, UserKind::Program, status, vec![Grant::role(role, Scope::All)])
}

pub(super) fn invitation(number: u64, user: UserId) -> Invitation {
    Invitation {
        id: id(number),
        user,
        address: EmailAddress::new(format!("i{}@example.org", number % 4)).unwrap(),
        message: None,
        sponsor: Actor::Founder,
        ticket: id(number),
        expires_at: at(20 + number),
        state: InvitationState::Pending,
        created_at: at(number % 5),
    }
}

pub(super) fn ticket(number: u64, user: UserId, purpose: TicketPurpose) -> Ticket {
    Ticket {
        id: id(number),
        user,
        purpose,
        address: EmailAddress::new("t@example.org").unwrap(),
        tokens: vec![token(number), token(number + 1)],
        expires_at: at(20 + number),
        term: None,
        state: TicketState::Open,
    }
}

pub(super) fn session(number: u64, user: UserId) -> Session {
    Session {
        id: id(number),
        user,
        token: token(number % 20),
        client: Client::at([127, 0, 0, 1].into()).user_agent("Tester \"7\""),
        started_at: at(number % 5),
        expires_at: at(20 + number),
        seen_at: at(number),
        limited: None,
        state: SessionState::Open,
    }
}

pub(super) fn attempt(number: u64, user: Option<UserId>) -> Attempt {
    Attempt {
        id: id(number),
        at: at(number % 7),
        user,
        client: Client::unknown(),
        outcome: AttemptOutcome::Refused {
            reason: RefusalReason::UnknownLogin,
        },
        keep_until: at(40),
    }
}

pub(super) fn throttle(number: u64, user: Option<UserId>) -> Throttle {
    Throttle {
        id: id(number),
        user,
        failures: 3,
        locked_until: None,
        forget_at: at(40),
    }
}

pub(super) fn api_key(number: u64, user: UserId) -> ApiKey {
    ApiKey {
        id: id(number),
        user,
        name: Name::new("key").unwrap(),
        token: token(number),
        permissions: PermissionSet::from([]),
        scope: Scope::All,
        created_by: Actor::Founder,
        created_at: at(number % 7),
        expires_at: number.is_multiple_of(2).then(|| at(20)),
        seen_at: None,
        state: ApiKeyState::Open,
    }
}

pub(super) fn credential(user: UserId) -> Credential {
    Credential {
        user,
        secret: Secret::None,
    }
}

pub(super) fn mail(number: u64, user: UserId) -> QueuedMail {
    QueuedMail {
        id: id(number),
        user,
        to: EmailAddress::new("m@example.org").unwrap(),
        locale: Locale::default(),
        time_zone: TimeZone::default(),
        ticket: None,
        mail: Mail::Invitation {
            tenant: Name::new("Acme").unwrap(),
            recipient: DisplayName::new("Kate").unwrap(),
            user_name: "kate\u{0}\u{1f600}".to_owned(),
            message: None,
            expires_at: at(9),
            again: false,
        },
        queued_at: at(number % 7),
        state: MailState::Queued {
            ready_at: at(number),
            attempts: 0,
        },
    }
}
