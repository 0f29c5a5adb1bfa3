//! Records: what a store keeps, and all that it is told about each.

use std::fmt;
use std::ops::Deref;

use serde::{Deserialize, Serialize};
use time::Duration;

use super::{
    ApiKey, ApiKeyState, Attempt, Credential, Employee, ExternalIdentity, Invitation, InvitationState, MailState,
    OrgUnit, QueuedMail, Role, Session, SessionState, StatusKind, Tenant, Throttle, Ticket, TicketPurpose, TicketState,
    User, UserKind,
};
use crate::clock::Timestamp;
use crate::id::{
    ApiKeyId, AttemptId, EmployeeId, InvitationId, MailId, RoleId, SessionId, TenantId, ThrottleId, TicketId, UnitId,
    UserId,
};
use crate::secret::TokenHash;
use crate::text::Key;

macro_rules! records {
    ($($(#[$doc:meta])* $kind:ident($type:ty, $id:ty, $field:ident) = $name:literal),* $(,)?) => {
        /// What a record is. More kinds may come.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        #[non_exhaustive]
        pub enum RecordKind { $($(#[$doc])* $kind),* }

        impl RecordKind {
            /// Every kind.
            pub const ALL: &'static [Self] = &[$(Self::$kind),*];

            /// The name in messages and columns.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$kind => $name),* }
            }
        }

        /// Names a record within its tenant.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        #[non_exhaustive]
        pub enum RecordId { $($(#[$doc])* $kind($id)),* }

        impl RecordId {
            /// What the record is.
            pub fn kind(&self) -> RecordKind {
                match self { $(Self::$kind(_) => RecordKind::$kind),* }
            }

            /// The UUID of the record; a credential has its user's.
            pub fn uuid(&self) -> &uuid::Uuid {
                match self { $(Self::$kind(id) => id.as_uuid()),* }
            }

            /// The id of a record of `kind` with this UUID.
            pub fn new(kind: RecordKind, uuid: uuid::Uuid) -> Self {
                match kind { $(RecordKind::$kind => Self::$kind(uuid.into())),* }
            }
        }

        /// A value as a store keeps it.
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        #[non_exhaustive]
        #[allow(
            clippy::large_enum_variant,
            reason = "the largest are users, and they are read most: a box would cost each of them"
        )]
        pub enum Record { $($(#[$doc])* $kind($type)),* }

        impl Record {
            /// Which record it is.
            pub fn id(&self) -> RecordId {
                match self { $(Self::$kind(value) => RecordId::$kind(value.$field)),* }
            }

            /// What it is.
            pub fn kind(&self) -> RecordKind {
                match self { $(Self::$kind(_) => RecordKind::$kind),* }
            }
        }

        $(
            impl From<$type> for Record {
                fn from(value: $type) -> Self { Self::$kind(value) }
            }

            impl Kept for $type {
                type Id = $id;

                fn record_id(id: $id) -> RecordId { RecordId::$kind(id) }

                fn from_record(record: Record) -> Option<Self> {
                    match record { Record::$kind(value) => Some(value), _ => None }
                }
            }
        )*
    };
}

records! {
    /// A tenant.
    Tenant(Tenant, TenantId, id) = "tenant",
    /// An org unit.
    Unit(OrgUnit, UnitId, id) = "org unit",
    /// A role.
    Role(Role, RoleId, id) = "role",
    /// An employee.
    Employee(Employee, EmployeeId, id) = "employee",
    /// A user.
    User(User, UserId, id) = "user",
    /// An invitation.
    Invitation(Invitation, InvitationId, id) = "invitation",
    /// A ticket.
    Ticket(Ticket, TicketId, id) = "ticket",
    /// A user's credential, under the user's id.
    Credential(Credential, UserId, user) = "credential",
    /// A session.
    Session(Session, SessionId, id) = "session",
    /// An entry of the login history.
    Attempt(Attempt, AttemptId, id) = "login attempt",
    /// A mail in the queue.
    Mail(QueuedMail, MailId, id) = "mail",
    /// What is remembered of failed logins at one place.
    Throttle(Throttle, ThrottleId, id) = "throttle",
    /// An API key.
    ApiKey(ApiKey, ApiKeyId, id) = "api key",
}

macro_rules! record_ids {
    ($($id:ident => $kind:ident),* $(,)?) => {$(
        impl From<$id> for RecordId {
            fn from(id: $id) -> Self {
                Self::$kind(id)
            }
        }
    )*};
}

// A credential has its user's id, so it is named by its variant alone.
record_ids! {
    TenantId => Tenant,
    UnitId => Unit,
    RoleId => Role,
    EmployeeId => Employee,
    UserId => User,
    InvitationId => Invitation,
    TicketId => Ticket,
    SessionId => Session,
    AttemptId => Attempt,
    MailId => Mail,
    ThrottleId => Throttle,
    ApiKeyId => ApiKey,
}

impl fmt::Display for RecordKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind(), self.uuid())
    }
}

/// A type that stores keep.
pub trait Kept: Into<Record> + Clone {
    /// What names it.
    type Id: Copy;

    /// The id of the record that it is kept as.
    fn record_id(id: Self::Id) -> RecordId;

    /// The value in `record`, if it is of this type.
    fn from_record(record: Record) -> Option<Self>;
}

/// How often a record has been written: 1 when inserted, one more with every change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Version(u64);

impl Version {
    /// The version of a record just inserted.
    pub const FIRST: Self = Self(1);

    /// The version with this number.
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// Its number.
    pub const fn number(self) -> u64 {
        self.0
    }

    /// The version after this one.
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

/// A value with the version it was read at, which every decision about it names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Loaded<T> {
    /// The version.
    pub version: Version,
    /// The value.
    pub value: T,
}

impl<T> Loaded<T> {
    /// A value read at a version.
    pub fn new(version: Version, value: T) -> Self {
        Self { version, value }
    }

    /// The same version of another form of the value.
    pub fn map<U>(self, map: impl FnOnce(T) -> U) -> Loaded<U> {
        Loaded {
            version: self.version,
            value: map(self.value),
        }
    }
}

impl Loaded<Record> {
    /// The value, if it is of this type.
    pub fn cast<T: Kept>(self) -> Option<Loaded<T>> {
        let version = self.version;
        T::from_record(self.value).map(|value| Loaded { version, value })
    }
}

impl<T> Deref for Loaded<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

/// In which space a key is unique, tenant by tenant. More spaces may come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum KeySpace {
    /// Which user an employee has. Before the login, so that a second user for an employee is refused for what it is, and
    /// not for the address that both would have.
    EmployeeUser,
    /// User names and addresses, in one space, so that nobody's user name can be another's address.
    Login,
    /// Signatures of employees.
    Signature,
    /// Names of roles.
    RoleName,
    /// The open ticket of a user for a purpose: one at a time.
    OpenTicket,
    /// Hashes of the tokens of tickets.
    TicketToken,
    /// Hashes of the tokens of sessions.
    SessionToken,
    /// Hashes of the tokens of API keys.
    ApiKeyToken,
    /// Subjects of external identity providers.
    Identity,
}

impl KeySpace {
    /// Every space.
    pub const ALL: &'static [Self] = &[
        Self::EmployeeUser,
        Self::Login,
        Self::Signature,
        Self::RoleName,
        Self::OpenTicket,
        Self::TicketToken,
        Self::SessionToken,
        Self::ApiKeyToken,
        Self::Identity,
    ];

    /// The name in columns.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Login => "login",
            Self::EmployeeUser => "employee_user",
            Self::Signature => "signature",
            Self::RoleName => "role_name",
            Self::OpenTicket => "open_ticket",
            Self::TicketToken => "ticket_token",
            Self::SessionToken => "session_token",
            Self::ApiKeyToken => "api_key_token",
            Self::Identity => "identity",
        }
    }
}

/// A key that at most one record of a tenant has at a time. Computed by the library and compared byte by byte: no
/// collation, no `lower()`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct UniqueKey {
    /// Where it is unique.
    pub space: KeySpace,
    /// The key.
    pub bytes: Vec<u8>,
}

impl UniqueKey {
    fn new(space: KeySpace, bytes: impl AsRef<[u8]>) -> Self {
        Self {
            space,
            bytes: bytes.as_ref().to_vec(),
        }
    }

    /// A user name or address.
    pub fn login(key: &Key) -> Self {
        Self::new(KeySpace::Login, key.as_bytes())
    }

    /// The user of an employee.
    pub fn employee_user(employee: EmployeeId) -> Self {
        Self::new(KeySpace::EmployeeUser, employee.as_uuid().as_bytes())
    }

    /// A signature.
    pub fn signature(key: &Key) -> Self {
        Self::new(KeySpace::Signature, key.as_bytes())
    }

    /// The name of a role.
    pub fn role_name(key: &Key) -> Self {
        Self::new(KeySpace::RoleName, key.as_bytes())
    }

    /// The open ticket of a user for a purpose.
    pub fn open_ticket(user: UserId, purpose: TicketPurpose) -> Self {
        let purpose = match purpose {
            TicketPurpose::Invitation => b'i',
            TicketPurpose::Reset => b'r',
            TicketPurpose::ConfirmAddress => b'a',
            TicketPurpose::StopChange => b's',
            TicketPurpose::OneTimePassword => b'o',
        };
        Self::new(
            KeySpace::OpenTicket,
            [user.as_uuid().as_bytes().as_slice(), &[purpose]].concat(),
        )
    }

    /// A token of a ticket.
    pub fn ticket_token(hash: &TokenHash) -> Self {
        Self::new(KeySpace::TicketToken, hash.as_bytes())
    }

    /// The token of a session.
    pub fn session_token(hash: &TokenHash) -> Self {
        Self::new(KeySpace::SessionToken, hash.as_bytes())
    }

    /// The token of an API key.
    pub fn api_key_token(hash: &TokenHash) -> Self {
        Self::new(KeySpace::ApiKeyToken, hash.as_bytes())
    }

    /// The subject of an external provider.
    pub fn identity(identity: &ExternalIdentity) -> Self {
        // The provider's name holds no zero byte, so no two pairs run into one another.
        let (provider, subject) = (identity.provider.key(), identity.subject.as_str());
        Self::new(
            KeySpace::Identity,
            [provider.as_bytes(), b"\0", subject.as_bytes()].concat(),
        )
    }
}

/// A record that another one names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Reference {
    /// The record named. It must exist when the commit ends.
    pub to: RecordId,
    /// Whether the one that names it belongs to it: then it is removed with it. Otherwise the record named cannot be
    /// removed while it is.
    pub owned: bool,
}

/// When something about a record changes by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Due {
    /// When.
    pub at: Timestamp,
    /// The record.
    pub record: RecordId,
}

/// A record on its way into a store, with all that the store is told about it.
///
/// Keys and references are computed by the library ([`Entry::new`]); a store takes them as they are here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The record.
    pub record: Record,
    /// The keys it holds from now on, instead of those it held before.
    pub keys: Vec<UniqueKey>,
    /// The records it names from now on, instead of those it named before.
    pub references: Vec<Reference>,
    /// When it changes by itself, if it does.
    pub due_at: Option<Timestamp>,
}

impl Entry {
    /// The entry of a record.
    pub fn new(record: impl Into<Record>) -> Self {
        let record = record.into();
        Self {
            keys: record.keys(),
            references: record.references(),
            due_at: record.due_at(),
            record,
        }
    }
}

impl Record {
    /// How long mails that are done stay on record.
    pub const MAIL_KEPT: Duration = Duration::days(30);

    /// The keys that this record holds, sorted, each once.
    pub fn keys(&self) -> Vec<UniqueKey> {
        let mut keys = match self {
            Self::Role(role) => vec![UniqueKey::role_name(&role.name.key())],
            Self::Employee(employee) => employee
                .signature
                .iter()
                .map(|signature| UniqueKey::signature(&signature.key()))
                .collect(),
            Self::User(user) => user_keys(user),
            Self::Ticket(ticket) => ticket_keys(ticket),
            Self::Session(session) => vec![UniqueKey::session_token(&session.token)],
            Self::ApiKey(key) => vec![UniqueKey::api_key_token(&key.token)],
            Self::Tenant(_)
            | Self::Unit(_)
            | Self::Invitation(_)
            | Self::Credential(_)
            | Self::Attempt(_)
            | Self::Mail(_)
            | Self::Throttle(_) => Vec::new(),
        };
        keys.sort();
        keys.dedup();
        keys
    }

    /// The records that this record names, sorted, each once.
    pub fn references(&self) -> Vec<Reference> {
        let restricting = |to: RecordId| Reference { to, owned: false };
        let owned_by = |user: UserId| {
            vec![Reference {
                to: RecordId::User(user),
                owned: true,
            }]
        };
        let mut references: Vec<Reference> = match self {
            Self::Tenant(tenant) => [RecordId::User(tenant.owner), RecordId::Role(tenant.administrator)]
                .map(restricting)
                .to_vec(),
            Self::Unit(unit) => unit.parent().map(RecordId::Unit).map(restricting).into_iter().collect(),
            Self::Employee(employee) => [
                employee.supervisor.map(RecordId::Employee),
                employee.unit.map(RecordId::Unit),
            ]
            .into_iter()
            .flatten()
            .map(restricting)
            .collect(),
            Self::User(user) => user_references(user).into_iter().map(restricting).collect(),
            Self::Invitation(invitation) => owned_by(invitation.user),
            Self::Ticket(ticket) => owned_by(ticket.user),
            Self::Credential(credential) => owned_by(credential.user),
            Self::Session(session) => owned_by(session.user),
            Self::Mail(mail) => owned_by(mail.user),
            Self::ApiKey(key) => owned_by(key.user),
            // They go with the user: what is left of them would name a person's addresses (D6).
            Self::Attempt(attempt) => attempt.user.map_or_else(Vec::new, owned_by),
            Self::Throttle(throttle) => throttle.user.map_or_else(Vec::new, owned_by),
            Self::Role(_) => Vec::new(),
        };
        references.sort();
        references.dedup();
        references
    }

    /// When something about this record changes by itself: a status, or its removal.
    pub fn due_at(&self) -> Option<Timestamp> {
        match self {
            Self::User(user) => user.due_at(),
            Self::Invitation(invitation) => {
                matches!(invitation.state, InvitationState::Pending).then_some(invitation.expires_at)
            }
            Self::Ticket(ticket) => Some(ticket_removed_at(ticket)),
            Self::Session(session) => Some(session_removed_at(session)),
            Self::ApiKey(key) => key_removed_at(key),
            Self::Attempt(attempt) => Some(attempt.keep_until),
            Self::Throttle(throttle) => Some(throttle.forget_at.saturating_add(Throttle::KEPT_AFTER)),
            Self::Mail(mail) => match mail.state {
                MailState::Sent { at, .. } | MailState::Superseded { at } | MailState::Failed { at, .. } => {
                    Some(at.saturating_add(Self::MAIL_KEPT))
                }
                MailState::Queued { .. } | MailState::Leased { .. } => None,
            },
            Self::Tenant(_) | Self::Unit(_) | Self::Role(_) | Self::Employee(_) | Self::Credential(_) => None,
        }
    }

    /// When this record came to be; where that is not kept, the beginning of 1970.
    pub fn created_at(&self) -> Timestamp {
        match self {
            Self::Tenant(tenant) => tenant.created_at,
            Self::Unit(unit) => unit.created_at,
            Self::Role(role) => role.created_at,
            Self::Employee(employee) => employee.created_at,
            Self::User(user) => user.created_at,
            Self::Invitation(invitation) => invitation.created_at,
            Self::Session(session) => session.started_at,
            Self::Attempt(attempt) => attempt.at,
            Self::Mail(mail) => mail.queued_at,
            Self::ApiKey(key) => key.created_at,
            Self::Ticket(_) | Self::Credential(_) | Self::Throttle(_) => Timestamp::EPOCH,
        }
    }
}

fn user_keys(user: &User) -> Vec<UniqueKey> {
    let mut keys = Vec::new();
    if user.status.holds_keys() {
        keys.push(UniqueKey::login(&user.user_name.key()));
        keys.push(UniqueKey::login(&user.address.key()));
        // Kept for them until the change takes effect; the old one is theirs until then.
        let next = user.pending_address.iter();
        keys.extend(next.map(|change| UniqueKey::login(&change.to.key())));
    }
    // Also of somebody whose invitation has lapsed; only a deleted user's subject can come in as another.
    if let (Some(identity), false) = (&user.identity, user.status.kind() == StatusKind::Deleted) {
        keys.push(UniqueKey::identity(identity));
    }
    if let (UserKind::Internal { employee }, false) = (user.kind, user.status.kind() == StatusKind::Deleted) {
        keys.push(UniqueKey::employee_user(employee));
    }
    keys
}

fn user_references(user: &User) -> Vec<RecordId> {
    if user.status.kind() == StatusKind::Deleted {
        return Vec::new();
    }
    let employee = match user.kind {
        UserKind::Internal { employee } => Some(RecordId::Employee(employee)),
        UserKind::External { .. } | UserKind::Program => None,
    };
    let units = user.units().into_iter().map(RecordId::Unit);
    user.roles()
        .into_iter()
        .map(RecordId::Role)
        .chain(units)
        .chain(employee)
        .collect()
}

fn ticket_keys(ticket: &Ticket) -> Vec<UniqueKey> {
    let open = matches!(ticket.state, TicketState::Open).then(|| UniqueKey::open_ticket(ticket.user, ticket.purpose));
    ticket.tokens.iter().map(UniqueKey::ticket_token).chain(open).collect()
}

fn ticket_removed_at(ticket: &Ticket) -> Timestamp {
    let closed_at = match ticket.state {
        TicketState::Open => ticket.expires_at,
        TicketState::Consumed { at } | TicketState::Ended { at } => at,
    };
    closed_at.saturating_add(Ticket::KEPT_AFTER_END)
}

fn key_removed_at(key: &ApiKey) -> Option<Timestamp> {
    let closed_at = match key.state {
        ApiKeyState::Open => key.expires_at,
        ApiKeyState::Revoked { at } => Some(at),
    };
    closed_at.map(|at| at.saturating_add(ApiKey::KEPT_AFTER_END))
}

fn session_removed_at(session: &Session) -> Timestamp {
    let closed_at = match session.state {
        SessionState::Open => session.expires_at,
        SessionState::Ended { at, .. } => at,
    };
    closed_at.saturating_add(Session::KEPT_AFTER_END)
}
