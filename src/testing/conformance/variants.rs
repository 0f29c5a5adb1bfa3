//! Every record in every state it can be in.

use time::Duration;

use super::bench::{Bench, address, at, credential, must};
use crate::id::{UnitId, UserId};
use crate::model::{
    Actor, AddressChange, AddressChangeState, ApiKey, ApiKeyState, Attempt, AttemptOutcome, Credential, DoneBy,
    Employee, EndReason, ExternalIdentity, Grant, Hold, Inactivity, Invitation, InvitationState, Mail, MailState,
    OrgUnit, PermissionSet, Profile, QueuedMail, Record, RefusalReason, Role, Scope, SeatContract, Secret, Session,
    SessionLimit, SessionState, Start, Tenant, TenantStatus, Throttle, Ticket, TicketPurpose, TicketState, UnitKind,
    User, UserKind, UserStatus, permissions,
};
use crate::password::PasswordHash;
use crate::secret::TokenHash;
use crate::text::{DisplayName, Locale, Message, Name, Reason, Signature, Subject, TimeZone, UserName};

const PHC: &str = "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$\
                   Vn0yWzB4mJ5BSJ8NxUtFg5zmQnGGGzW1R7PAY1HAvvE";

/// All of them. What they name is stored; they themselves are not.
pub(super) async fn all(b: &Bench) -> Vec<(String, Record)> {
    let user = b.put(b.user("subject")).await.value.id;
    let mut records: Vec<Record> = Vec::new();
    records.extend(users(b).await);
    records.extend(invitations(b, user));
    records.extend(tickets(b, user));
    records.extend(sessions(b, user));
    records.extend(attempts(b, user));
    records.extend(throttles(b, user));
    records.extend(api_keys(b, user));
    records.extend(mails(b, user));
    records.extend(credentials(b).await);
    records.extend(register(b).await);
    records.iter().for_each(is_known);
    records
        .into_iter()
        .map(|record| (format!("{record:?}"), record))
        .collect()
}

/// Fails to compile when a state is added to the model: it then belongs into the lists below, and here.
#[expect(clippy::match_same_arms, reason = "a list, in the order of the model")]
fn is_known(record: &Record) {
    match record {
        Record::User(user) => match (&user.status, user.kind) {
            (UserStatus::Inactive { because, .. }, _) => match because {
                Inactivity::SetUp | Inactivity::NotStarted | Inactivity::Deactivated => {}
                Inactivity::Ended | Inactivity::InvitationCancelled | Inactivity::InvitationExpired => {}
            },
            (UserStatus::Invited { start, .. }, _) => match start {
                Start::Now | Start::At(_) | Start::WhenActivated => {}
            },
            (UserStatus::Active { .. } | UserStatus::Suspended { .. }, _) => {}
            (UserStatus::Disabled { .. } | UserStatus::Deleted { .. }, kind) => match kind {
                UserKind::Internal { .. } | UserKind::External { .. } | UserKind::Program => {}
            },
        },
        Record::Invitation(invitation) => match &invitation.state {
            InvitationState::Pending | InvitationState::Accepted { .. } | InvitationState::Expired { .. } => {}
            InvitationState::Cancelled { by, .. } => match by {
                Actor::User(_) | Actor::Subject(_) | Actor::System(_) | Actor::Schedule | Actor::Founder => {}
            },
        },
        Record::Ticket(ticket) => match (ticket.state, ticket.purpose) {
            (TicketState::Consumed { .. } | TicketState::Ended { .. }, _) => {}
            (TicketState::Open, TicketPurpose::Invitation | TicketPurpose::Reset) => {}
            (TicketState::Open, TicketPurpose::ConfirmAddress | TicketPurpose::StopChange) => {}
            (TicketState::Open, TicketPurpose::OneTimePassword) => {}
        },
        Record::Session(session) => match session.state {
            SessionState::Open => match session.limited {
                None | Some(SessionLimit::PasswordChange | SessionLimit::Api) => {}
            },
            SessionState::Ended { reason, .. } => match reason {
                EndReason::SignedOut | EndReason::EndedByUser => {}
                EndReason::EndedByAdministrator
                | EndReason::AccessEnded
                | EndReason::TooMany
                | EndReason::PasswordChanged => {}
            },
        },
        Record::Attempt(attempt) => match attempt.outcome {
            AttemptOutcome::Success { .. } | AttemptOutcome::Pending => {}
            AttemptOutcome::Refused { reason } => match reason {
                RefusalReason::UnknownLogin | RefusalReason::WrongPassword | RefusalReason::NoPassword => {}
                RefusalReason::Invited | RefusalReason::Inactive | RefusalReason::Suspended => {}
                RefusalReason::Disabled | RefusalReason::ApiOnly | RefusalReason::TenantSuspended => {}
                RefusalReason::Locked | RefusalReason::TooManyFromNetwork | RefusalReason::WrongNetwork => {}
                RefusalReason::ExternalOnly | RefusalReason::OneTimePasswordOver => {}
                RefusalReason::TooManySessions | RefusalReason::NotAtApi => {}
            },
        },
        Record::Mail(mail) => match (&mail.mail, &mail.state) {
            (Mail::Invitation { .. }, MailState::Queued { .. } | MailState::Leased { .. }) => {}
            (Mail::Invitation { .. }, MailState::Sent { .. } | MailState::Superseded { .. }) => {}
            (Mail::Invitation { .. }, MailState::Failed { .. }) => {}
            (Mail::PasswordReset { .. } | Mail::OneTimePassword { .. } | Mail::PasswordChanged { .. }, _) => {}
            (Mail::ConfirmAddress { .. } | Mail::AddressAnnounced { .. }, _) => {}
            (Mail::AddressChangeRequested { .. } | Mail::AddressChanged { .. }, _) => {}
            (Mail::SignInAtProvider { .. } | Mail::SecurityReport { .. }, _) => {}
            (Mail::IdentityChanged { by, .. } | Mail::ApiKeyCreated { by, .. }, _) => match by {
                DoneBy::Recipient | DoneBy::Other { .. } | DoneBy::Tenant | DoneBy::Untold => {}
            },
        },
        Record::Credential(credential) => match credential.secret {
            Secret::None | Secret::OneTime { .. } | Secret::Password { .. } => {}
        },
        Record::Unit(unit) => match unit.kind {
            UnitKind::Company | UnitKind::Client | UnitKind::Department => {}
        },
        Record::Tenant(tenant) => match tenant.status {
            TenantStatus::Active | TenantStatus::Suspended { .. } => {}
        },
        Record::ApiKey(key) => match key.state {
            ApiKeyState::Open | ApiKeyState::Revoked { .. } => {}
        },
        Record::Role(_) | Record::Employee(_) | Record::Throttle(_) => {}
    }
}

fn reason() -> Reason {
    must("reason", Reason::new("parental leave 👶"))
}

async fn users(b: &Bench) -> Vec<Record> {
    let (since, later) = (at(1), Some(at(2).saturating_add(Duration::MICROSECOND)));
    let invited = |start| UserStatus::Invited {
        invitation: b.id(),
        expires_at: at(9),
        start,
    };
    let inactive = |because| UserStatus::Inactive {
        since,
        because,
        starts_at: later,
    };
    let suspended = |until, reason| UserStatus::Suspended { since, until, reason };
    let statuses = vec![
        invited(Start::Now),
        invited(Start::At(at(5))),
        invited(Start::WhenActivated),
        UserStatus::Inactive {
            since,
            because: Inactivity::SetUp,
            starts_at: None,
        },
        inactive(Inactivity::NotStarted),
        inactive(Inactivity::Deactivated),
        inactive(Inactivity::Ended),
        inactive(Inactivity::InvitationCancelled),
        inactive(Inactivity::InvitationExpired),
        UserStatus::Active { since, until: later },
        suspended(None, None),
        suspended(later, Some(reason())),
        UserStatus::Disabled { since },
        UserStatus::Deleted {
            at: since,
            erase_at: at(3),
        },
    ];
    let mut users: Vec<Record> = Vec::new();
    for (n, status) in statuses.into_iter().enumerate() {
        users.push(
            User {
                status,
                ..b.user(&format!("user{n}"))
            }
            .into(),
        );
    }
    users.push(full_user(b).await.into());
    users.extend(readdressed(b).map(Record::from));
    let employee = b.put(b.employee("Smith")).await.value.id;
    users.push(b.user_of("internal", employee).into());
    users
}

/// A user of whom nothing is left out.
pub(super) async fn full_user(b: &Bench) -> User {
    let unique = |text: &str| format!("{text}{}", b.id::<uuid::Uuid>().simple());
    let role = b.put(b.role(&unique("role"))).await.value.id;
    let (client, unit) = (
        b.put(b.unit("Client", None)).await.value,
        b.put(b.unit("Unit", None)).await.value,
    );
    User {
        kind: UserKind::External { client: client.id },
        profile: Profile {
            display_name: must("display name", DisplayName::new("Zoë “Z” 😀")),
            locale: must("locale", Locale::new("de-AT")),
            time_zone: must("zone", TimeZone::new("Europe/Vienna")),
            ..b.user("x").profile
        },
        grants: vec![
            Grant::role(role, Scope::from([unit.id, client.id])),
            Grant::permission(permissions::USERS_READ, Scope::All),
            Grant::permission(permissions::UNITS_MANAGE, Scope::from([unit.id])),
        ],
        memberships: [unit.id, client.id].into(),
        api_only: true,
        hold: Some(Hold {
            by: Some(b.id()),
            at: at(1),
            until: at(2),
        }),
        ..b.user(&unique("full"))
    }
}

/// Users whose address is about to be another one, and who log in through a provider.
fn readdressed(b: &Bench) -> [User; 2] {
    let states = [
        AddressChangeState::Requested {
            ticket: b.id(),
            confirm_by: at(3),
        },
        AddressChangeState::Confirmed {
            at: at(1),
            effective_at: at(2).saturating_add(Duration::MICROSECOND),
        },
    ];
    states.map(|state| {
        let unique = b.id::<uuid::Uuid>().simple().to_string();
        let to = address(&format!("{unique}@bücher.example"));
        let user = b.user(&format!("old{unique}"));
        User {
            pending_address: Some(Box::new(AddressChange {
                user_name: Some(must("user name", UserName::new(&to))),
                to,
                requested_at: at(0),
                requested_by: Actor::System(reason()),
                not_before: at(2),
                stop: b.id(),
                state,
            })),
            identity: Some(ExternalIdentity {
                provider: must("provider", Name::new("Entra Ü")),
                subject: must("subject", Subject::new(&unique)),
            }),
            ..user
        }
    })
}

fn invitations(b: &Bench, user: UserId) -> Vec<Record> {
    let states = [
        InvitationState::Pending,
        InvitationState::Accepted { at: at(1) },
        InvitationState::Cancelled {
            at: at(1),
            by: Actor::System(reason()),
        },
        InvitationState::Cancelled {
            at: at(1),
            by: Actor::User(user),
        },
        InvitationState::Expired { at: at(1) },
    ];
    let sponsors = [
        Actor::User(user),
        Actor::Subject(user),
        Actor::System(reason()),
        Actor::Schedule,
        Actor::Founder,
    ];
    let with = |(state, sponsor)| Invitation {
        message: Some(must("message", Message::new("Welcome!\n\nSee you 😀"))),
        state,
        sponsor,
        ..b.invitation(user)
    };
    states.into_iter().zip(sponsors).map(with).map(Record::from).collect()
}

fn tickets(b: &Bench, user: UserId) -> Vec<Record> {
    use TicketPurpose as P;
    let states = [
        TicketState::Open,
        TicketState::Consumed { at: at(1) },
        TicketState::Ended { at: at(1) },
    ];
    let purposes = [
        P::Invitation,
        P::Reset,
        P::ConfirmAddress,
        P::StopChange,
        P::OneTimePassword,
    ];
    let pairs = purposes
        .into_iter()
        .flat_map(|purpose| states.map(|state| (purpose, state)));
    let with = |(purpose, state)| Ticket {
        state,
        // Not in the order of the bytes: the oldest gives way first.
        tokens: vec![b.token(), b.token(), b.token()].into_iter().rev().collect(),
        address: address("Kate.O'Hara+x@Bücher.example"),
        ..b.ticket(user, purpose)
    };
    let mut tickets: Vec<Record> = pairs.map(with).map(Record::from).collect();
    let bare = Ticket {
        tokens: Vec::new(),
        state: TicketState::Ended { at: at(1) },
        ..b.ticket(user, P::Reset)
    };
    let with_term = Ticket {
        state: TicketState::Consumed { at: at(1) },
        ..b.ticket(user, P::Reset).from_each_minting(Duration::HOUR)
    };
    tickets.extend([bare.into(), with_term.into()]);
    tickets
}

fn sessions(b: &Bench, user: UserId) -> Vec<Record> {
    use EndReason as R;
    let reasons = [
        R::SignedOut,
        R::EndedByUser,
        R::EndedByAdministrator,
        R::AccessEnded,
        R::TooMany,
        R::PasswordChanged,
    ];
    let ended = reasons.map(|reason| SessionState::Ended { at: at(1), reason });
    let states = ended.into_iter().chain([SessionState::Open; 3]);
    let limits = [None, Some(SessionLimit::PasswordChange), Some(SessionLimit::Api)];
    states
        .zip(limits.into_iter().cycle())
        .map(|(state, limited)| {
            Session {
                limited,
                state,
                ..b.session(user)
            }
            .into()
        })
        .collect()
}

fn attempts(b: &Bench, user: UserId) -> Vec<Record> {
    use RefusalReason as R;
    let reasons = [
        R::UnknownLogin,
        R::WrongPassword,
        R::NoPassword,
        R::Invited,
        R::Inactive,
        R::Suspended,
        R::Disabled,
        R::ApiOnly,
        R::TenantSuspended,
        R::ExternalOnly,
        R::Locked,
        R::TooManyFromNetwork,
        R::WrongNetwork,
        R::OneTimePasswordOver,
        R::TooManySessions,
        R::NotAtApi,
    ];
    let refused = reasons.map(|reason| AttemptOutcome::Refused { reason });
    let outcomes = refused
        .into_iter()
        .chain([AttemptOutcome::Success { session: b.id() }, AttemptOutcome::Pending]);
    let owners = [None, Some(user)].into_iter().cycle();
    outcomes
        .zip(owners)
        .map(|(outcome, owner)| {
            Attempt {
                outcome,
                ..b.attempt(owner)
            }
            .into()
        })
        .collect()
}

fn throttles(b: &Bench, user: UserId) -> [Record; 3] {
    let locked = Throttle {
        failures: u32::MAX,
        locked_until: Some(at(30)),
        ..b.throttle(Some(user))
    };
    [locked.into(), b.throttle(None).into(), b.throttle(Some(user)).into()]
}

fn api_keys(b: &Bench, user: UserId) -> [Record; 3] {
    let unit = UnitId::from_uuid(b.id());
    let full = ApiKey {
        name: must("name", crate::text::Name::new("Invoice import 😀")),
        permissions: PermissionSet::from([permissions::USERS_READ, permissions::UNITS_MANAGE]),
        scope: Scope::from([unit]),
        created_by: Actor::User(user),
        expires_at: Some(at(9).saturating_add(Duration::MICROSECOND)),
        seen_at: Some(at(2)),
        ..b.api_key(user)
    };
    let revoked = ApiKey {
        state: ApiKeyState::Revoked { at: at(3) },
        token: b.token(),
        id: b.id(),
        ..full.clone()
    };
    [b.api_key(user).into(), full.into(), revoked.into()]
}

fn mails(b: &Bench, user: UserId) -> Vec<Record> {
    let states = [
        MailState::Queued {
            ready_at: at(1),
            attempts: 3,
        },
        MailState::Leased {
            until: at(1),
            attempts: 1,
        },
        MailState::Sent { at: at(1), attempts: 2 },
        MailState::Superseded { at: at(1) },
        MailState::Failed {
            at: at(1),
            attempts: u32::MAX,
        },
    ];
    let plain = b.mail(user, 0);
    let mail = Mail::Invitation {
        tenant: tenant(),
        recipient: recipient(),
        user_name: "zoë".to_owned(),
        message: Some(must("message", Message::new("Welcome 😀"))),
        expires_at: at(7),
        again: true,
    };
    let with = |state| QueuedMail {
        ticket: Some(b.id()),
        locale: must("locale", Locale::new("pt-BR")),
        mail: mail.clone(),
        state,
        ..b.mail(user, 0)
    };
    let others = contents().map(|mail| QueuedMail {
        time_zone: must("time zone", TimeZone::new("Asia/Almaty")),
        mail,
        ..b.mail(user, 0)
    });
    let mails = states.into_iter().map(with).chain([plain]).chain(others);
    mails.map(Record::from).collect()
}

fn tenant() -> Name {
    must("name", Name::new("Acme"))
}

fn recipient() -> DisplayName {
    must("display name", DisplayName::new("Zoë O'Hara"))
}

/// Each other mail than an invitation.
fn contents() -> [Mail; 13] {
    let new = address("zoë@example.com");
    [
        Mail::PasswordReset {
            tenant: tenant(),
            recipient: recipient(),
            user_name: "zoë".to_owned(),
            requested_by_administrator: true,
        },
        Mail::OneTimePassword {
            tenant: tenant(),
            recipient: recipient(),
            user_name: "zoë".to_owned(),
            again: false,
        },
        Mail::PasswordChanged {
            tenant: tenant(),
            recipient: recipient(),
            at: at(1),
        },
        Mail::ConfirmAddress {
            tenant: tenant(),
            recipient: recipient(),
            address: new.clone(),
            effective_at: Some(at(2)),
        },
        Mail::ConfirmAddress {
            tenant: tenant(),
            recipient: recipient(),
            address: new.clone(),
            effective_at: None,
        },
        Mail::AddressAnnounced {
            tenant: tenant(),
            recipient: recipient(),
            address: new.clone(),
            effective_at: at(2),
        },
        Mail::AddressChangeRequested {
            tenant: tenant(),
            recipient: recipient(),
            to: new.clone(),
            effective_at: at(2),
        },
        Mail::AddressChanged {
            tenant: tenant(),
            recipient: recipient(),
            at: at(1),
        },
        Mail::SignInAtProvider {
            tenant: tenant(),
            recipient: recipient(),
            place: Some("https://login.example.com/".to_owned()),
        },
        Mail::SecurityReport {
            tenant: tenant(),
            recipient: recipient(),
            report: Box::new(super::reports::report()),
        },
        Mail::IdentityChanged {
            tenant: tenant(),
            recipient: recipient(),
            provider: Some(tenant()),
            by: DoneBy::Other { name: recipient() },
            at: at(1),
        },
        Mail::IdentityChanged {
            tenant: tenant(),
            recipient: recipient(),
            provider: None,
            by: DoneBy::Tenant,
            at: at(1),
        },
        Mail::ApiKeyCreated {
            tenant: tenant(),
            recipient: recipient(),
            key: Some(tenant()),
            expires_at: Some(at(2)),
            by: DoneBy::Recipient,
            at: at(1),
        },
    ]
}

async fn credentials(b: &Bench) -> Vec<Record> {
    let (one, other) = (
        b.put(b.user("one")).await.value.id,
        b.put(b.user("other")).await.value.id,
    );
    let password = Credential {
        user: other,
        secret: Secret::Password {
            hash: must("hash", PasswordHash::parse(PHC)),
            set_at: at(1),
            rehash_of: Some(TokenHash::from_bytes([7; 32])),
        },
    };
    vec![credential(one).into(), password.into()]
}

async fn register(b: &Bench) -> Vec<Record> {
    let (owner, role) = (
        b.put(b.user("owner")).await.value.id,
        b.put(b.role("administrator")).await.value.id,
    );
    let (parent, boss) = (
        b.put(b.unit("Parent", None)).await.value,
        b.put(b.employee("Boss")).await.value,
    );
    let kinds = [UnitKind::Company, UnitKind::Client, UnitKind::Department];
    let units = kinds.map(|kind| OrgUnit {
        kind,
        ..b.unit("Unit", Some(&parent))
    });
    let employee = Employee {
        signature: Some(must("signature", Signature::new("Ⓙdo"))),
        email: Some(address("smith@example.com")),
        supervisor: Some(boss.id),
        unit: Some(parent.id),
        ..b.employee("Smith")
    };
    let tenant = Tenant {
        status: TenantStatus::Suspended { at: at(1) },
        owner_released: true,
        units: u32::MAX,
        seats: SeatContract {
            contracted: 5,
            limit: Some(u32::MAX),
        },
        ..b.tenant_record(owner, role)
    };
    let all = Role {
        permissions: PermissionSet::All,
        built_in: true,
        ..b.role("everything")
    };
    let none = Role {
        permissions: PermissionSet::Only([].into()),
        ..b.role("nothing")
    };
    let roles = [all, none].map(Record::from);
    let units = units.map(Record::from);
    units
        .into_iter()
        .chain(roles)
        .chain([employee.into(), tenant.into()])
        .collect()
}
