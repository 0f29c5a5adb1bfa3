//! The serde forms that stores keep, fixed by snapshots: every record in each state, every event, every change. Each reads
//! back as it was, and none holds a secret.
#![expect(clippy::unwrap_used, reason = "helpers of tests: a panic is the report")]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{Debug, Display};
use std::net::IpAddr;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tenure::id::{TenantId, UserId};
use tenure::model::{
    Actor, AddressChange, AddressChangeState, Affected, Attempt, AttemptOutcome, Client, Credential, DoneBy, Due,
    Employee, Employment, EndReason, Entry, Event, ExternalIdentity, Grant, Hold, Inactivity, Invitation,
    InvitationState, Mail, MailKind, MailState, OrgUnit, Permission, PermissionSet, Profile, QueuedMail, Record,
    RecordId, RefusalReason, Role, Scope, SeatContract, Secret, SecurityReport, Session, SessionState, Start,
    StatusKind, Tenant, TenantStatus, Ticket, TicketPurpose, TicketState, UnitKind, UnitPath, User, UserKind,
    UserStatus, Version, What,
};
use tenure::password::{HashPool, HashingParams, Password, PasswordHash};
use tenure::rules::deletion::Blocker;
use tenure::secret::{Token, TokenHash, TokenPurpose};
use tenure::store::{Change, Commit, Committed, Counter, Guard, SetChange};
use tenure::testing::SeededRandom;
use tenure::text::{
    DisplayName, EmailAddress, Locale, Message, Name, PersonName, Reason, Signature, Subject, TimeZone, UserName,
};
use tenure::{Policy, Rights, Timestamp};
use time::{Date, Duration, Month};
use uuid::Uuid;

const PASSWORD: &str = "Zitrone-42-gelb";

fn id<T: From<Uuid>>(number: u128) -> T {
    Uuid::from_u128(number).into()
}

fn at(minutes: i64) -> Timestamp {
    Timestamp::from_unix_micros(1_795_253_400_000_001)
        .unwrap()
        .saturating_add(Duration::minutes(minutes))
}

fn name(text: &str) -> Name {
    Name::new(text).unwrap()
}

fn address() -> EmailAddress {
    EmailAddress::new("Kate@example.com").unwrap()
}

fn kate() -> UserId {
    id(0x12)
}

fn tenant_id() -> TenantId {
    id(1)
}

/// The same tokens at every run.
fn token(purpose: TokenPurpose) -> Token {
    Token::mint(purpose, *tenant_id().as_uuid(), &SeededRandom::new(7)).unwrap()
}

fn tokens() -> Vec<Token> {
    TokenPurpose::ALL.map(token).to_vec()
}

fn hash() -> PasswordHash {
    let pool = HashPool::new(HashingParams::weak_for_tests());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime
        .block_on(pool.hash(Password::from(PASSWORD), *b"sixteen salty by"))
        .unwrap()
}

/// What must never stand anywhere.
fn assert_without_secrets(text: &str) {
    assert!(!text.contains(PASSWORD), "a password in {text}");
    for token in tokens() {
        let body = &token.expose()[token.purpose().prefix().len()..];
        assert!(!text.contains(body), "a token in {text}");
    }
}

/// Fixes the serde forms of these values, each under a name.
fn fixed<T: Serialize + DeserializeOwned + PartialEq + Debug>(
    snapshot: &str,
    values: impl IntoIterator<Item = (&'static str, T)>,
) {
    let mut forms: BTreeMap<&str, Value> = BTreeMap::new();
    for (name, value) in values {
        let text = serde_json::to_string(&value).unwrap();
        assert_without_secrets(&text);
        assert_without_secrets(&format!("{value:?}{value:#?}"));
        let back: T = serde_json::from_str(&text).unwrap();
        assert_eq!(back, value, "{name} reads back as it was");
        let form = serde_json::to_value(&value).unwrap();
        assert_eq!(serde_json::from_value::<T>(form.clone()).unwrap(), value);
        assert!(forms.insert(name, form).is_none(), "{name} twice");
    }
    insta::assert_json_snapshot!(snapshot, forms);
}

/// The same for records, which a store keeps as [`Record`].
fn fixed_records<T: Into<Record>>(snapshot: &str, values: impl IntoIterator<Item = (&'static str, T)>) {
    let records = values.into_iter().map(|(name, value)| (name, value.into()));
    fixed::<Record>(snapshot, records);
}

/// What a table shows is the name in JSON, and keeps to a width.
fn shows_as_in_json<T: Serialize + Display>(value: &T, tag: &str) {
    let json = serde_json::to_value(value).unwrap();
    let name = json.get(tag).unwrap_or(&json).as_str().unwrap();
    assert_eq!(value.to_string(), name);
    assert_eq!(format!("{value:<40}|"), format!("{name:<40}|"));
}

fn tenant(status: TenantStatus, seats: SeatContract) -> Tenant {
    Tenant {
        id: tenant_id(),
        name: name("Nordwind"),
        owner: id(0x10),
        owner_released: false,
        administrator: id(0x20),
        status,
        units: 3,
        seats,
        created_at: at(0),
    }
}

#[test]
fn tenants() {
    let limited = SeatContract {
        contracted: 5,
        limit: Some(10),
    };
    fixed_records(
        "tenant",
        [
            ("active", tenant(TenantStatus::Active, SeatContract::default())),
            ("suspended", tenant(TenantStatus::Suspended { at: at(1) }, limited)),
        ],
    );
}

#[test]
fn units() {
    let unit = |kind, path: UnitPath| OrgUnit {
        id: path.unit().unwrap(),
        name: name("Zürich – Mitte"),
        kind,
        path,
        created_at: at(0),
    };
    let root = UnitPath::root(id(0x30));
    fixed_records(
        "unit",
        [
            ("company", unit(UnitKind::Company, root.clone())),
            ("client", unit(UnitKind::Client, UnitPath::root(id(0x31)))),
            ("department", unit(UnitKind::Department, root.child(id(0x32)))),
        ],
    );
}

fn prices() -> Permission {
    Permission::new("prices.change").unwrap()
}

#[test]
fn roles() {
    let role = |permissions, built_in| Role {
        id: id(0x20),
        name: name("Administrator"),
        permissions,
        built_in,
        created_at: at(0),
    };
    fixed_records(
        "role",
        [
            ("built_in", role(PermissionSet::All, true)),
            ("of_the_tenant", role(PermissionSet::from([prices()]), false)),
            ("empty", role(PermissionSet::from([]), false)),
        ],
    );
}

#[test]
fn employees() {
    let least = Employee {
        id: id(0x40),
        first_name: PersonName::new("Zoë").unwrap(),
        last_name: PersonName::new("Ärmel").unwrap(),
        signature: None,
        email: None,
        supervisor: None,
        unit: None,
        employment: Employment::default(),
        created_at: at(0),
    };
    let day = |month, day| Date::from_calendar_date(2026, month, day).ok();
    let most = Employee {
        signature: Some(Signature::new("ZÄ").unwrap()),
        email: Some(address()),
        supervisor: Some(id(0x41)),
        unit: Some(id(0x30)),
        employment: Employment {
            from: day(Month::January, 1),
            until: day(Month::December, 31),
        },
        ..least.clone()
    };
    fixed_records("employee", [("least", least), ("most", most)]);
}

fn user(status: UserStatus) -> User {
    User {
        id: kate(),
        kind: UserKind::Internal { employee: id(0x40) },
        user_name: UserName::new("kate").unwrap(),
        address: address(),
        profile: Profile {
            first_name: PersonName::new("Kate").unwrap(),
            last_name: PersonName::new("O'Hara").unwrap(),
            display_name: DisplayName::new("Kate O'Hara").unwrap(),
            locale: Locale::new("de-CH").unwrap(),
            time_zone: TimeZone::new("Europe/Zurich").unwrap(),
        },
        grants: grants(),
        memberships: BTreeSet::from([id(0x30)]),
        api_only: false,
        start: tenure::Start::Now,
        status,
        hold: None,
        signature: None,
        last_login_at: None,
        identity: None,
        pending_address: None,
        allowlist: tenure::text::Allowlist::any(),
        created_at: at(0),
    }
}

fn grants() -> Vec<Grant> {
    vec![
        Grant::role(id(0x20), Scope::All),
        Grant::permission(prices(), Scope::from([id(0x30), id(0x31)])),
    ]
}

fn reason() -> Reason {
    Reason::new("leave").unwrap()
}

/// Users whose address is about to be another, and one who logs in through a provider.
fn readdressed_and_linked() -> Vec<(&'static str, User)> {
    let active = UserStatus::Active {
        since: at(0),
        until: None,
    };
    let changing = |state| User {
        pending_address: Some(Box::new(AddressChange {
            to: EmailAddress::new("kate@new.example").unwrap(),
            user_name: Some(UserName::new("kate@new.example").unwrap()),
            requested_at: at(0),
            requested_by: Actor::User(id(0x11)),
            not_before: at(10),
            stop: id(0x71),
            state,
        })),
        ..user(active.clone())
    };
    let to_confirm = AddressChangeState::Requested {
        ticket: id(0x70),
        confirm_by: at(480),
    };
    let confirmed = AddressChangeState::Confirmed {
        at: at(5),
        effective_at: at(10),
    };
    let linked = User {
        identity: Some(ExternalIdentity {
            provider: name("Entra"),
            subject: Subject::new("7f3a").unwrap(),
        }),
        ..user(active.clone())
    };
    vec![
        ("address_to_confirm", changing(to_confirm)),
        ("address_confirmed", changing(confirmed)),
        ("linked", linked),
    ]
}

#[test]
fn users() {
    let invited = |start| {
        user(UserStatus::Invited {
            invitation: id(0x50),
            expires_at: at(60),
            start,
        })
    };
    let inactive = |because, starts_at| {
        user(UserStatus::Inactive {
            since: at(0),
            because,
            starts_at,
        })
    };
    let active = UserStatus::Active {
        since: at(0),
        until: None,
    };
    let ending = UserStatus::Active {
        since: at(0),
        until: Some(at(60)),
    };
    let suspended = UserStatus::Suspended {
        since: at(0),
        until: Some(at(60)),
        reason: Some(reason()),
    };
    let open_ended = UserStatus::Suspended {
        since: at(0),
        until: None,
        reason: None,
    };
    let deleted = UserStatus::Deleted {
        at: at(0),
        erase_at: at(60),
    };
    let held = User {
        hold: Some(Hold {
            by: Some(id(0x11)),
            at: at(0),
            until: at(15),
        }),
        ..user(active.clone())
    };
    let external = User {
        kind: UserKind::External { client: id(0x31) },
        ..user(active.clone())
    };
    let program = User {
        kind: UserKind::Program,
        api_only: true,
        start: tenure::Start::Now,
        grants: Vec::new(),
        memberships: BTreeSet::new(),
        ..user(active.clone())
    };
    let values = vec![
        ("invited", invited(Start::Now)),
        ("invited_for_a_day", invited(Start::At(at(600)))),
        ("invited_until_told", invited(Start::WhenActivated)),
        ("set_up", inactive(Inactivity::SetUp, None)),
        ("not_started", inactive(Inactivity::NotStarted, Some(at(600)))),
        ("deactivated", inactive(Inactivity::Deactivated, None)),
        ("ended", inactive(Inactivity::Ended, None)),
        ("invitation_cancelled", inactive(Inactivity::InvitationCancelled, None)),
        ("invitation_expired", inactive(Inactivity::InvitationExpired, None)),
        ("active", user(active)),
        ("active_until", user(ending)),
        ("suspended", user(suspended)),
        ("suspended_open_ended", user(open_ended)),
        ("disabled", user(UserStatus::Disabled { since: at(0) })),
        ("deleted", user(deleted)),
        ("held", held),
        ("external", external),
        ("program", program),
    ];
    for (_, user) in &values {
        shows_as_in_json(&user.status, "status");
        shows_as_in_json(&user.kind.user_type(), "");
    }
    let kinds: BTreeSet<StatusKind> = values.iter().map(|(_, user)| user.status.kind()).collect();
    assert_eq!(kinds, StatusKind::ALL.into());
    fixed_records("user", [values, readdressed_and_linked()].concat());
}

fn invitation(state: InvitationState, sponsor: Actor) -> Invitation {
    Invitation {
        id: id(0x50),
        user: kate(),
        address: address(),
        message: Some(Message::new("Welcome,\nKate").unwrap()),
        sponsor,
        ticket: id(0x51),
        expires_at: at(60),
        state,
        created_at: at(0),
    }
}

#[test]
fn invitations() {
    let by = || Actor::User(id(0x11));
    let cancelled = InvitationState::Cancelled { at: at(1), by: by() };
    let system = Actor::System(Reason::new("import").unwrap());
    let values = [
        ("pending", invitation(InvitationState::Pending, by())),
        ("accepted", invitation(InvitationState::Accepted { at: at(1) }, by())),
        ("cancelled", invitation(cancelled, by())),
        ("expired", invitation(InvitationState::Expired { at: at(60) }, system)),
    ];
    for (_, invitation) in &values {
        shows_as_in_json(&invitation.state, "state");
    }
    fixed_records("invitation", values);
}

/// The hash of some one-time password.
fn one_time_hash() -> TokenHash {
    TokenHash::from_bytes([0x70; 32])
}

fn ticket(purpose: TicketPurpose, state: TicketState) -> Ticket {
    Ticket {
        id: id(0x51),
        user: kate(),
        purpose,
        address: address(),
        tokens: vec![purpose.token().map_or(one_time_hash(), |purpose| token(purpose).hash())],
        expires_at: at(60),
        term: None,
        state,
    }
}

#[test]
fn t1_tickets() {
    use TicketPurpose as P;
    let consumed = TicketState::Consumed { at: at(1) };
    fixed_records(
        "ticket",
        [
            ("open", ticket(P::Invitation, TicketState::Open)),
            ("consumed", ticket(P::Reset, consumed)),
            ("ended", ticket(P::ConfirmAddress, TicketState::Ended { at: at(1) })),
            ("stop_change", ticket(P::StopChange, TicketState::Open)),
            (
                "one_time_password",
                ticket(P::OneTimePassword, TicketState::Open).from_each_minting(Duration::HOUR),
            ),
        ],
    );
}

#[test]
fn a_ticket_and_a_mail_from_before_terms_and_time_zones_are_still_read() {
    let before = |record: &Record, field: &str| {
        let mut form = serde_json::to_value(record).unwrap();
        let body = form.as_object_mut().unwrap().values_mut().next().unwrap();
        assert!(body.as_object_mut().unwrap().remove(field).is_some());
        serde_json::from_value::<Record>(form).unwrap()
    };
    let ticket = Record::from(ticket(TicketPurpose::Reset, TicketState::Open));
    assert_eq!(before(&ticket, "term"), ticket);
    let in_utc = QueuedMail {
        time_zone: TimeZone::default(),
        ..queued()
    };
    assert_eq!(before(&queued().into(), "time_zone"), in_utc.into());
}

fn credentials() -> [(&'static str, Credential); 2] {
    let password = Secret::password(hash(), at(0));
    let of_kate = |secret| Credential { user: kate(), secret };
    [("none", of_kate(Secret::None)), ("password", of_kate(password))]
}

#[test]
fn t1_credentials() {
    fixed_records("credential", credentials());
}

#[test]
fn t1_debug_shows_neither_hashes_of_passwords_nor_tokens() {
    for (_, credential) in credentials() {
        for text in [format!("{credential:?}"), format!("{:#?}", Record::from(credential))] {
            assert!(!text.contains("$argon2") && !text.contains(hash().as_str()), "{text}");
        }
    }
    for token in tokens() {
        assert_without_secrets(&format!("{token:?}{token:#?}"));
        assert!(format!("{token:?}").contains("Token"));
    }
    assert_eq!(format!("{:?}", Password::from(PASSWORD)), "Password(…)");
}

fn client() -> Client {
    let address: IpAddr = "2001:db8::7".parse().unwrap();
    Client::at(address).user_agent("Mozilla/5.0 (X11; Linux)")
}

fn session(state: SessionState) -> Session {
    Session {
        id: id(0x60),
        user: kate(),
        token: token(TokenPurpose::Session).hash(),
        client: client(),
        started_at: at(0),
        expires_at: at(720),
        seen_at: at(1),
        limited: None,
        state,
    }
}

fn ended(reason: EndReason) -> Session {
    session(SessionState::Ended { at: at(2), reason })
}

#[test]
fn t1_sessions() {
    let unknown = Session {
        client: Client::unknown(),
        ..session(SessionState::Open)
    };
    let of_a_program = Session {
        limited: Some(tenure::model::SessionLimit::Api),
        ..session(SessionState::Open)
    };
    fixed_records(
        "session",
        [
            ("open", session(SessionState::Open)),
            ("open_of_an_unknown_client", unknown),
            ("signed_out", ended(EndReason::SignedOut)),
            ("ended_by_user", ended(EndReason::EndedByUser)),
            ("ended_by_administrator", ended(EndReason::EndedByAdministrator)),
            ("access_ended", ended(EndReason::AccessEnded)),
            ("of_a_program", of_a_program),
        ],
    );
}

#[test]
fn l4_attempts() {
    let attempt = |user, outcome| Attempt {
        id: id(0x70),
        at: at(0),
        user,
        client: client(),
        outcome,
        keep_until: at(9),
    };
    let refused = |reason| attempt(Some(kate()), AttemptOutcome::Refused { reason });
    let unknown = AttemptOutcome::Refused {
        reason: RefusalReason::UnknownLogin,
    };
    fixed_records(
        "attempt",
        [
            (
                "success",
                attempt(Some(kate()), AttemptOutcome::Success { session: id(0x60) }),
            ),
            ("unknown_login", attempt(None, unknown)),
            ("wrong_password", refused(RefusalReason::WrongPassword)),
            ("no_password", refused(RefusalReason::NoPassword)),
            ("invited", refused(RefusalReason::Invited)),
            ("inactive", refused(RefusalReason::Inactive)),
            ("suspended", refused(RefusalReason::Suspended)),
            ("disabled", refused(RefusalReason::Disabled)),
            ("api_only", refused(RefusalReason::ApiOnly)),
            ("tenant_suspended", refused(RefusalReason::TenantSuspended)),
            ("pending", attempt(Some(kate()), AttemptOutcome::Pending)),
            ("locked", refused(RefusalReason::Locked)),
            ("too_many_from_network", refused(RefusalReason::TooManyFromNetwork)),
            ("wrong_network", refused(RefusalReason::WrongNetwork)),
            ("external_only", refused(RefusalReason::ExternalOnly)),
            ("one_time_password_over", refused(RefusalReason::OneTimePasswordOver)),
            ("too_many_sessions", refused(RefusalReason::TooManySessions)),
            ("not_at_api", refused(RefusalReason::NotAtApi)),
        ],
    );
}

fn mail(state: MailState) -> QueuedMail {
    QueuedMail {
        id: id(0x80),
        user: kate(),
        to: address(),
        locale: Locale::new("de-CH").unwrap(),
        time_zone: TimeZone::new("Europe/Zurich").unwrap(),
        ticket: Some(id(0x51)),
        mail: Mail::Invitation {
            tenant: name("Nordwind"),
            recipient: DisplayName::new("Kate O'Hara").unwrap(),
            user_name: "kate".to_owned(),
            message: Some(Message::new("Welcome,\nKate").unwrap()),
            expires_at: at(60),
            again: true,
        },
        queued_at: at(0),
        state,
    }
}

/// A report cannot be made from outside; it is read as it was written.
fn report() -> SecurityReport {
    let (user, role, unit) = (Uuid::from_u128(0x12), Uuid::from_u128(0x21), Uuid::from_u128(0x31));
    let grant = serde_json::json!({ "right": { "role": role }, "scope": { "units": [unit] } });
    let given_by = serde_json::json!([{ "grant": grant, "role": "Clerk" }]);
    let client = serde_json::to_value(Client::at([192, 0, 2, 7].into())).unwrap();
    let form = serde_json::json!({
        "user": user, "display_name": "Kate", "user_name": "kate", "made_at": at(0), "status": "active",
        "api_only": false, "grants": given_by,
        "rights": {
            "permissions": [
                { "permission": "prices.change", "scope": { "units": [unit] }, "given_by": given_by },
                { "permission": null, "scope": "all", "given_by": [] },
            ],
            "against": ["no_grant", { "not_active": "suspended" }],
        },
        "units": { unit.to_string(): "Berlin" },
        "factors": { "password": { "password": "set", "set_at": at(-9) }, "provider": "Entra", "api_keys": 2 },
        "sessions": [{ "session": Uuid::from_u128(0x60), "started_at": at(-8), "seen_at": at(-7), "client": client }],
        "attempts": [{
            "id": Uuid::from_u128(0x70), "at": at(-8), "user": user, "client": client,
            "outcome": { "result": "refused", "reason": "wrong_password" }, "keep_until": at(99),
        }],
        "changes": [
            { "at": at(-6), "by": { "other": user }, "what": "grants_changed", "fields": ["grants"] },
            { "at": at(-7), "by": "time", "what": "status_changed", "fields": [] },
        ],
    });
    serde_json::from_value(form).unwrap()
}

fn queued() -> QueuedMail {
    mail(MailState::Queued {
        ready_at: at(0),
        attempts: 0,
    })
}

#[test]
fn t1_d7_mail() {
    let attempts = 2;
    fixed_records(
        "mail",
        [
            ("queued", queued()),
            ("leased", mail(MailState::Leased { until: at(2), attempts })),
            ("sent", mail(MailState::Sent { at: at(1), attempts })),
            ("superseded", mail(MailState::Superseded { at: at(1) })),
            ("failed", mail(MailState::Failed { at: at(1), attempts })),
        ],
    );
}

/// One of each kind, under its name.
#[expect(clippy::too_many_lines, reason = "one of each, in a row")]
fn contents() -> [(&'static str, QueuedMail); 12] {
    let tenant = || name("Nordwind");
    let recipient = || DisplayName::new("Kate O'Hara").unwrap();
    let (user_name, address) = (|| "kate".to_owned(), address());
    let says = |mail| QueuedMail { mail, ..queued() };
    [
        ("invitation", queued()),
        (
            "password_reset",
            says(Mail::PasswordReset {
                tenant: tenant(),
                recipient: recipient(),
                user_name: user_name(),
                requested_by_administrator: true,
            }),
        ),
        (
            "one_time_password",
            says(Mail::OneTimePassword {
                tenant: tenant(),
                recipient: recipient(),
                user_name: user_name(),
                again: true,
            }),
        ),
        (
            "password_changed",
            says(Mail::PasswordChanged {
                tenant: tenant(),
                recipient: recipient(),
                at: at(1),
            }),
        ),
        (
            "confirm_address",
            says(Mail::ConfirmAddress {
                tenant: tenant(),
                recipient: recipient(),
                address: address.clone(),
                effective_at: Some(at(60)),
            }),
        ),
        (
            "address_announced",
            says(Mail::AddressAnnounced {
                tenant: tenant(),
                recipient: recipient(),
                address: address.clone(),
                effective_at: at(60),
            }),
        ),
        (
            "address_change_requested",
            says(Mail::AddressChangeRequested {
                tenant: tenant(),
                recipient: recipient(),
                to: address,
                effective_at: at(60),
            }),
        ),
        (
            "address_changed",
            says(Mail::AddressChanged {
                tenant: tenant(),
                recipient: recipient(),
                at: at(1),
            }),
        ),
        (
            "sign_in_at_provider",
            says(Mail::SignInAtProvider {
                tenant: tenant(),
                recipient: recipient(),
                place: Some("https://login.example.net/".to_owned()),
            }),
        ),
        (
            "security_report",
            says(Mail::SecurityReport {
                tenant: tenant(),
                recipient: recipient(),
                report: Box::new(report()),
            }),
        ),
        (
            "identity_changed",
            says(Mail::IdentityChanged {
                tenant: tenant(),
                recipient: recipient(),
                provider: Some(name("Entra")),
                by: DoneBy::Other { name: recipient() },
                at: at(1),
            }),
        ),
        (
            "api_key_created",
            says(Mail::ApiKeyCreated {
                tenant: tenant(),
                recipient: recipient(),
                key: Some(name("import")),
                expires_at: Some(at(60)),
                by: DoneBy::Recipient,
                at: at(1),
            }),
        ),
    ]
}

#[test]
fn t1_d7_what_mails_say() {
    fixed_records("mail_contents", contents());
}

#[test]
fn who_did_what_a_notice_tells_of() {
    let name = DisplayName::new("Grace Hopper").unwrap();
    for (by, json) in [
        (DoneBy::Recipient, r#"{"who":"recipient"}"#),
        (DoneBy::Other { name }, r#"{"who":"other","name":"Grace Hopper"}"#),
        (DoneBy::Tenant, r#"{"who":"tenant"}"#),
    ] {
        assert_eq!(serde_json::to_string(&by).unwrap(), json);
        assert_eq!(serde_json::from_str::<DoneBy>(json).unwrap(), by);
    }
}

#[test]
fn kinds_of_mail_are_called_as_what_they_say() {
    let kinds: Vec<MailKind> = contents().map(|(_, mail)| mail.mail.kind()).into();
    assert_eq!(kinds, MailKind::ALL);
    for (name, mail) in contents() {
        assert_eq!(serde_json::to_value(&mail.mail).unwrap()["kind"], name);
        assert_eq!(serde_json::to_value(mail.mail.kind()).unwrap(), name);
    }
}

/// One of each.
#[expect(clippy::too_many_lines, reason = "one of each, in a row")]
fn whats() -> Vec<What> {
    let permissions = || PermissionSet::from([prices()]);
    let fields = || BTreeSet::from(["first_name".to_owned()]);
    vec![
        What::TenantFounded {
            seats: SeatContract {
                contracted: 3,
                limit: None,
            },
        },
        What::TenantRenamed {
            from: name("Nordwind"),
            to: name("Südwind"),
        },
        What::TenantSuspended,
        What::TenantReinstated,
        What::SeatContractChanged {
            from: SeatContract::default(),
            to: SeatContract {
                contracted: 5,
                limit: Some(10),
            },
        },
        What::UnitAdded {
            name: name("Mitte"),
            parent: Some(id(0x30)),
        },
        What::UnitRenamed {
            from: name("Mitte"),
            to: name("Centre"),
        },
        What::UnitMoved {
            from: None,
            to: Some(id(0x30)),
            units: 2,
        },
        What::UnitRemoved { name: name("Mitte") },
        What::RoleAdded {
            name: name("Clerk"),
            permissions: permissions(),
        },
        What::RoleEdited {
            from: (name("Clerk"), permissions()),
            to: (name("Buyer"), PermissionSet::from([])),
        },
        What::RoleRemoved { name: name("Clerk") },
        What::EmployeeAdded,
        What::EmployeeEdited { fields: fields() },
        What::SupervisorChanged {
            from: None,
            to: Some(id(0x41)),
        },
        What::ReportsMoved {
            from: id(0x40),
            to: Some(id(0x41)),
        },
        What::EmployeeRemoved,
        What::UserCreated {
            seat: true,
            status: StatusKind::SetUp,
            grants: grants(),
            until: Some(at(5)),
        },
        What::ProfileEdited { fields: fields() },
        What::GrantsChanged {
            from: Vec::new(),
            to: grants(),
        },
        What::MembershipsChanged {
            from: BTreeSet::new(),
            to: BTreeSet::from([id(0x30)]),
        },
        What::StatusChanged {
            verb: "suspend".to_owned(),
            from: StatusKind::Active,
            to: StatusKind::Suspended,
            until: Some(at(60)),
            noted: true,
        },
        What::InvitationSent {
            seat: true,
            expires_at: at(60),
            again: true,
        },
        What::InvitationLinkHandedOut { user: id(0x10) },
        What::InvitationAccepted {
            user: id(0x10),
            seat: true,
            to: StatusKind::Active,
            until: None,
        },
        What::InvitationCancelled {
            user: id(0x10),
            seat: false,
        },
        What::InvitationExpired {
            user: id(0x10),
            seat: false,
        },
        What::PasswordSet,
        What::ResetRequested { by_administrator: true },
        What::OneTimePasswordSent { again: true },
        What::SignedIn { session: id(0x60) },
        What::LockedOut { until: at(9) },
        What::LockoutEnded,
        What::AllowlistChanged {
            entries: 2,
            forced: false,
        },
        What::ApiKeysRevoked,
        What::SessionEnded {
            user: kate(),
            reason: EndReason::SignedOut,
        },
        What::SessionsEnded {
            reason: EndReason::EndedByUser,
            except: Some(id(0x60)),
        },
        What::ApiKeyCreated {
            user: id(0x10),
            permissions: PermissionSet::from([tenure::permissions::USERS_READ]),
            scope: Scope::All,
            expires_at: Some(at(60)),
        },
        What::ApiKeyRevoked { user: id(0x10) },
        What::DeletionHeld { until: at(15) },
        What::DeletionReleased,
        What::UserDeleted { erase_at: at(60) },
        What::UserRestored,
        What::UserErased,
        What::OwnerReleased,
        What::OwnershipHandedOver {
            from: id(0x10),
            to: kate(),
        },
    ]
}

/// What happens to the ways in which a user logs in.
fn whats_of_logins() -> Vec<What> {
    vec![
        What::AddressChangeRequested {
            not_before: at(10),
            confirm_by: Some(at(480)),
        },
        What::AddressChangeConfirmed { effective_at: at(10) },
        What::AddressChangeStopped,
        What::AddressChangeLapsed,
        What::AddressChanged { user_name: true },
        What::UserNameChanged,
        What::ApiOnlyChanged { api_only: true },
        What::RoleMoved {
            from: id(0x21),
            to: id(0x22),
            users: 3,
        },
        What::SecurityReportSent { to_user: true },
        What::IdentityLinked {
            provider: name("Entra"),
        },
        What::IdentityUnlinked {
            provider: name("Entra"),
        },
    ]
}

fn event(what: What) -> Event {
    Event {
        at: at(0),
        actor: Actor::User(id(0x11)),
        subject: RecordId::User(kate()),
        what,
        affected: None,
        version: None,
    }
}

/// The variants of an enum as they stand in its source, in snake case.
fn variants(source: &str, name: &str) -> BTreeSet<String> {
    let start = source.find(&format!("pub enum {name} {{")).unwrap();
    let body = &source[start..];
    let body = &body[..body.find("\n}").unwrap()];
    let variant = |line: &str| {
        let line = line.strip_prefix("    ")?;
        line.starts_with(char::is_uppercase)
            .then(|| line.split(|char: char| !char.is_alphanumeric()).next().map(snake))?
    };
    body.lines().filter_map(variant).collect()
}

fn snake(name: &str) -> String {
    let mut text = String::new();
    for char in name.chars() {
        if char.is_uppercase() && !text.is_empty() {
            text.push('_');
        }
        text.extend(char.to_lowercase());
    }
    text
}

#[test]
fn events() {
    let tag = |what: &What| -> &'static str {
        let form = serde_json::to_value(what).unwrap();
        form["event"].as_str().unwrap().to_owned().leak()
    };
    let of_each: Vec<(&'static str, Event)> = whats()
        .into_iter()
        .chain(whats_of_logins())
        .map(|what| (tag(&what), event(what)))
        .collect();
    let tags: BTreeSet<String> = of_each.iter().map(|(tag, _)| (*tag).to_owned()).collect();
    assert_eq!(
        tags,
        variants(include_str!("../src/model/event.rs"), "What"),
        "one of each"
    );
    for (_, event) in &of_each {
        shows_as_in_json(&event.what, "event");
    }
    fixed("event", of_each);
}

#[test]
fn actors_subjects_and_counts_of_events() {
    let by = |actor| Event {
        actor,
        ..event(What::PasswordSet)
    };
    let of = |subject| Event {
        subject,
        ..event(What::PasswordSet)
    };
    let counted = |affected| Event {
        affected: Some(affected),
        ..event(What::PasswordSet)
    };
    let made = Event {
        version: Some(Version::new(3)),
        ..event(What::PasswordSet)
    };
    fixed(
        "event_parts",
        [
            ("version", made),
            ("by_user", by(Actor::User(id(0x11)))),
            ("by_subject", by(Actor::Subject(kate()))),
            ("by_system", by(Actor::System(Reason::new("import").unwrap()))),
            ("by_schedule", by(Actor::Schedule)),
            ("by_founder", by(Actor::Founder)),
            ("not_counted_yet", counted(Affected::ByChange(2))),
            ("counted", counted(Affected::Records(1_000))),
            ("of_tenant", of(RecordId::Tenant(tenant_id()))),
            ("of_unit", of(RecordId::Unit(id(0x30)))),
            ("of_role", of(RecordId::Role(id(0x20)))),
            ("of_employee", of(RecordId::Employee(id(0x40)))),
            ("of_invitation", of(RecordId::Invitation(id(0x50)))),
            ("of_ticket", of(RecordId::Ticket(id(0x51)))),
            ("of_credential", of(RecordId::Credential(kate()))),
            ("of_session", of(RecordId::Session(id(0x60)))),
            ("of_attempt", of(RecordId::Attempt(id(0x70)))),
            ("of_mail", of(RecordId::Mail(id(0x80)))),
        ],
    );
}

fn changes() -> Vec<Change> {
    let invited = UserStatus::Invited {
        invitation: id(0x50),
        expires_at: at(60),
        start: Start::Now,
    };
    vec![
        Change::Insert(Entry::new(user(invited))),
        Change::Insert(Entry::new(ticket(TicketPurpose::Invitation, TicketState::Open))),
        Change::Insert(Entry::new(credentials()[1].1.clone())),
        Change::Update {
            expected: Version::new(3),
            entry: Entry::new(session(SessionState::Open)),
        },
        Change::Remove {
            record: RecordId::Role(id(0x20)),
            expected: Version::FIRST,
        },
        Change::Set(SetChange::EndSessions {
            user: kate(),
            except: Some(id(0x60)),
            at: at(0),
            reason: EndReason::AccessEnded,
        }),
        Change::Set(SetChange::RevokeApiKeys {
            user: id(0x11),
            at: at(1),
        }),
        Change::Set(SetChange::EndTickets {
            user: kate(),
            purpose: Some(TicketPurpose::Invitation),
            at: at(0),
        }),
        Change::Set(SetChange::MoveReports {
            from: id(0x40),
            to: Some(id(0x41)),
            except: None,
        }),
        Change::Count {
            counter: Counter::Seats,
            delta: 1,
            at_least: None,
            at_most: Some(10),
        },
        Change::Count {
            counter: Counter::Administrators,
            delta: -1,
            at_least: Some(1),
            at_most: None,
        },
        Change::Touch {
            record: RecordId::Session(id(0x60)),
            seen_at: at(1),
        },
        Change::Unknown("from a later release".to_owned()),
    ]
}

#[test]
fn t1_commits_with_each_change() {
    let changes = changes();
    let source = include_str!("../src/store/commit.rs");
    let tags = |values: Vec<Value>| -> BTreeSet<String> {
        let tag = |value: Value| value.as_object().unwrap().keys().next().unwrap().clone();
        values.into_iter().map(tag).collect()
    };
    let forms: Vec<Value> = changes
        .iter()
        .map(|change| serde_json::to_value(change).unwrap())
        .collect();
    let sets = forms.iter().filter_map(|form| form.get("set").cloned()).collect();
    assert_eq!(tags(sets), variants(source, "SetChange"));
    assert_eq!(tags(forms), variants(source, "Change"));
    let commit = Commit {
        id: id(0x90),
        tenant: tenant_id(),
        at: at(0),
        guards: vec![Guard {
            record: RecordId::User(id(0x11)),
            version: Version::new(3),
        }],
        changes,
        events: vec![event(What::UserRestored)],
        mail: vec![queued()],
    };
    fixed("commit", [("commit", commit)]);
    fixed(
        "committed",
        [(
            "committed",
            Committed {
                touched: vec![1, 0, 1_000],
            },
        )],
    );
}

#[test]
fn a_commits_fingerprint_is_that_of_its_form() {
    let commit = |changes| Commit {
        id: id(0x90),
        tenant: tenant_id(),
        at: at(0),
        guards: Vec::new(),
        changes,
        events: Vec::new(),
        mail: Vec::new(),
    };
    let all = commit(changes());
    let read_back: Commit = serde_json::from_str(&serde_json::to_string(&all).unwrap()).unwrap();
    assert_eq!(read_back.fingerprint(), all.fingerprint());
    assert_ne!(commit(changes()[1..].to_vec()).fingerprint(), all.fingerprint());
}

#[test]
fn what_else_is_kept_or_sent() {
    fixed(
        "policy",
        [("default", Policy::default()), ("logistics", Policy::logistics())],
    );
    let role = Role {
        id: id(0x20),
        name: name("Administrator"),
        permissions: PermissionSet::All,
        built_in: true,
        created_at: at(0),
    };
    fixed("rights", [("of_grants", Rights::of(&grants(), |_| Some(&role)))]);
    fixed(
        "blocker",
        [(
            "blocker",
            Blocker::new("open_invoices", "invoices are open", 3, "post them"),
        )],
    );
    let due = Due {
        at: at(0),
        record: RecordId::User(kate()),
    };
    fixed("due", [("due", due)]);
}
