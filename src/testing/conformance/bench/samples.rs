//! One of each record, plain, to be varied by the cases.

use std::collections::BTreeSet;

use time::Duration;

use super::{Bench, at, must};
use crate::id::{EmployeeId, RoleId, UnitId, UserId};
use crate::model::{
    Actor, ApiKey, ApiKeyState, Attempt, AttemptOutcome, Client, Credential, Employee, Employment, Grant, Invitation,
    InvitationState, Mail, MailState, OrgUnit, PermissionSet, Profile, QueuedMail, RefusalReason, Role, Scope,
    SeatContract, Secret, Session, SessionState, Tenant, TenantStatus, Throttle, Ticket, TicketPurpose, TicketState,
    UnitKind, UnitPath, User, UserKind, UserStatus, permissions,
};
use crate::secret::TokenHash;
use crate::text::{DisplayName, EmailAddress, Locale, Name, PersonName, TimeZone, UserName};

pub(in super::super) fn address(text: &str) -> EmailAddress {
    must("address", EmailAddress::new(text))
}

pub(in super::super) fn name(text: &str) -> Name {
    must("name", Name::new(text))
}

pub(in super::super) fn person_name(text: &str) -> PersonName {
    must("person's name", PersonName::new(text))
}

/// A user without a password.
pub(in super::super) fn credential(user: UserId) -> Credential {
    Credential {
        user,
        secret: Secret::None,
    }
}

impl Bench {
    /// An active user without an employee, rights or units.
    pub(in super::super) fn user(&self, user_name: &str) -> User {
        User {
            id: self.id(),
            kind: UserKind::Program,
            user_name: must("user name", UserName::new(user_name)),
            address: address(&format!("{user_name}@example.com")),
            profile: Profile {
                first_name: person_name("Kate"),
                last_name: person_name("O'Hara"),
                display_name: must("display name", DisplayName::new("Kate O'Hara")),
                locale: Locale::default(),
                time_zone: TimeZone::default(),
            },
            grants: Vec::new(),
            memberships: BTreeSet::new(),
            api_only: false,
            start: crate::model::Start::Now,
            status: UserStatus::Active {
                since: at(0),
                until: None,
            },
            hold: None,
            signature: None,
            last_login_at: None,
            identity: None,
            pending_address: None,
            allowlist: crate::text::Allowlist::any(),
            created_at: at(0),
        }
    }

    pub(in super::super) fn user_of(&self, user_name: &str, employee: EmployeeId) -> User {
        User {
            kind: UserKind::Internal { employee },
            ..self.user(user_name)
        }
    }

    pub(in super::super) fn user_with(&self, user_name: &str, role: RoleId) -> User {
        User {
            grants: vec![Grant::role(role, Scope::All)],
            ..self.user(user_name)
        }
    }

    pub(in super::super) fn user_in(&self, user_name: &str, units: impl IntoIterator<Item = UnitId>) -> User {
        User {
            memberships: units.into_iter().collect(),
            ..self.user(user_name)
        }
    }

    pub(in super::super) fn role(&self, role_name: &str) -> Role {
        Role {
            id: self.id(),
            name: name(role_name),
            permissions: PermissionSet::from([permissions::USERS_READ]),
            built_in: false,
            created_at: at(0),
        }
    }

    pub(in super::super) fn unit(&self, unit_name: &str, parent: Option<&OrgUnit>) -> OrgUnit {
        let id = self.id();
        OrgUnit {
            id,
            name: name(unit_name),
            kind: UnitKind::Department,
            path: parent.map_or_else(|| UnitPath::root(id), |parent| parent.path.child(id)),
            created_at: at(0),
        }
    }

    pub(in super::super) fn employee(&self, last_name: &str) -> Employee {
        Employee {
            id: self.id(),
            first_name: person_name("Kate"),
            last_name: person_name(last_name),
            signature: None,
            email: None,
            supervisor: None,
            unit: None,
            employment: Employment::default(),
            created_at: at(0),
        }
    }

    pub(in super::super) fn invitation(&self, user: UserId) -> Invitation {
        Invitation {
            id: self.id(),
            user,
            address: address("kate@example.com"),
            message: None,
            sponsor: Actor::Founder,
            ticket: self.id(),
            expires_at: at(0).saturating_add(Duration::days(21)),
            state: InvitationState::Pending,
            created_at: at(0),
        }
    }

    pub(in super::super) fn ticket(&self, user: UserId, purpose: TicketPurpose) -> Ticket {
        Ticket {
            id: self.id(),
            user,
            purpose,
            address: address("kate@example.com"),
            tokens: vec![self.token()],
            expires_at: at(3_600),
            term: None,
            state: TicketState::Open,
        }
    }

    pub(in super::super) fn session(&self, user: UserId) -> Session {
        Session {
            id: self.id(),
            user,
            token: self.token(),
            client: Client::unknown(),
            started_at: at(0),
            expires_at: at(43_200),
            seen_at: at(0),
            limited: None,
            state: SessionState::Open,
        }
    }

    pub(in super::super) fn attempt(&self, user: Option<UserId>) -> Attempt {
        Attempt {
            id: self.id(),
            at: at(0),
            user,
            client: Client::unknown(),
            keep_until: at(8_640_000),
            outcome: AttemptOutcome::Refused {
                reason: RefusalReason::WrongPassword,
            },
        }
    }

    /// Two failures, and no lock.
    pub(in super::super) fn throttle(&self, user: Option<UserId>) -> Throttle {
        Throttle {
            id: self.id(),
            user,
            failures: 2,
            locked_until: None,
            forget_at: at(86_400),
        }
    }

    /// An open key without an end, never used.
    pub(in super::super) fn api_key(&self, user: UserId) -> ApiKey {
        ApiKey {
            id: self.id(),
            user,
            name: name("import"),
            token: self.token(),
            permissions: PermissionSet::from([permissions::USERS_READ]),
            scope: Scope::All,
            created_by: Actor::Founder,
            created_at: at(0),
            expires_at: None,
            seen_at: None,
            state: ApiKeyState::Open,
        }
    }

    /// A mail that waits, ready this many seconds after the start.
    pub(in super::super) fn mail(&self, user: UserId, ready: i64) -> QueuedMail {
        QueuedMail {
            id: self.id(),
            user,
            to: address("kate@example.com"),
            locale: Locale::default(),
            time_zone: TimeZone::default(),
            ticket: None,
            mail: Mail::Invitation {
                tenant: name("Acme"),
                recipient: must("display name", DisplayName::new("Kate O'Hara")),
                user_name: "kate".to_owned(),
                message: None,
                expires_at: at(100_000),
                again: false,
            },
            queued_at: at(ready),
            state: MailState::Queued {
                ready_at: at(ready),
                attempts: 0,
            },
        }
    }

    /// The record of the tenant itself.
    pub(in super::super) fn tenant_record(&self, owner: UserId, administrator: RoleId) -> Tenant {
        Tenant {
            id: self.tenant,
            name: name("Acme"),
            owner,
            owner_released: false,
            administrator,
            status: TenantStatus::Active,
            units: 0,
            seats: SeatContract::default(),
            created_at: at(0),
        }
    }

    pub(in super::super) fn token(&self) -> TokenHash {
        let id: uuid::Uuid = self.id();
        let mut bytes = [0xa5; 32];
        bytes[..16].copy_from_slice(id.as_bytes());
        TokenHash::from_bytes(bytes)
    }
}
