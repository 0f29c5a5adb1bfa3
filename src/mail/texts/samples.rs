//! Mails to be written in tests.
#![allow(clippy::unwrap_used)]

use secrecy::SecretString;
use uuid::Uuid;

use super::{Enclosed, Texts};
use crate::clock::Timestamp;
use crate::mail::Message;
use crate::model::security_report::{AccountChange, ChangedBy, Factors, OpenSession, PasswordFactor, SecurityReport};
use crate::model::{
    Attempt, AttemptOutcome, Client, DoneBy, Grant, Mail, MailKind, MailState, Permission, QueuedMail, RefusalReason,
    Scope, StatusKind, TicketPurpose,
};
use crate::rules::effective::{EffectivePermission, EffectiveRights, GivenBy};
use crate::secret::{OneTimePassword, Random, RandomError};
use crate::text::{DisplayName, EmailAddress, Locale, Message as Personal, Name, TimeZone, UserName};

pub(in crate::mail) const LINK: &str =
    "https://backoffice.example.com/app/page?token=tni_AAAAAAAAAAAAAAAAAAAAAP__________";
pub(in crate::mail) const SIGN_IN: &str = "https://backoffice.example.com/app/sign-in";
pub(in crate::mail) const PASSWORD: &str = "7777-7777-7777-7777-7777-7777";

/// 12 December 2026, 09:30:59.999999 UTC.
pub(in crate::mail) const UNTIL: i64 = 1_797_067_859_999_999;

/// What a mail may be about, whichever it is.
#[derive(Clone, Copy)]
pub(in crate::mail) struct Case<'a> {
    pub(in crate::mail) tenant: &'a str,
    pub(in crate::mail) recipient: &'a str,
    pub(in crate::mail) user_name: &'a str,
    pub(in crate::mail) message: Option<&'a str>,
    pub(in crate::mail) place: Option<&'a str>,
    /// What somebody gave a name to: a provider, a key.
    pub(in crate::mail) named: &'a str,
    /// Sent again, asked for by an administrator, with an effect at a later time.
    pub(in crate::mail) flag: bool,
    pub(in crate::mail) locale: &'a str,
    pub(in crate::mail) zone: &'a str,
}

pub(in crate::mail) const PLAIN: Case<'_> = Case {
    tenant: "Northwind Logistics",
    recipient: "Kate O'Hara",
    user_name: "kate",
    message: None,
    place: None,
    named: "Nordlicht",
    flag: false,
    locale: "en",
    zone: "UTC",
};

pub(in crate::mail) const FULL: Case<'_> = Case {
    message: Some("Welcome aboard!\n\nYour desk is next to mine.\n\t— Jörg"),
    place: Some("https://login.example.net/password"),
    flag: true,
    zone: "Europe/Berlin",
    ..PLAIN
};

#[derive(Debug)]
struct Sevens;

impl Random for Sevens {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), RandomError> {
        bytes.fill(7);
        Ok(())
    }
}

pub(in crate::mail) fn at(minutes: i64) -> Timestamp {
    Timestamp::from_unix_micros(UNTIL)
        .unwrap()
        .saturating_add(time::Duration::minutes(minutes))
}

impl Case<'_> {
    pub(in crate::mail) fn mail(&self, kind: MailKind) -> Mail {
        let tenant = Name::new(self.tenant).unwrap();
        let recipient = DisplayName::new(self.recipient).unwrap();
        let user_name = self.user_name.to_owned();
        let address = EmailAddress::new("kate.new@example.net").unwrap();
        match kind {
            MailKind::Invitation => Mail::Invitation {
                tenant,
                recipient,
                user_name,
                message: self.message.map(|message| Personal::new(message).unwrap()),
                expires_at: at(0),
                again: self.flag,
            },
            MailKind::PasswordReset => Mail::PasswordReset {
                tenant,
                recipient,
                user_name,
                requested_by_administrator: self.flag,
            },
            MailKind::OneTimePassword => Mail::OneTimePassword {
                tenant,
                recipient,
                user_name,
                again: self.flag,
            },
            MailKind::PasswordChanged => Mail::PasswordChanged {
                tenant,
                recipient,
                at: at(-60),
            },
            MailKind::ConfirmAddress => Mail::ConfirmAddress {
                tenant,
                recipient,
                address,
                effective_at: self.flag.then(|| at(120)),
            },
            MailKind::AddressAnnounced => Mail::AddressAnnounced {
                tenant,
                recipient,
                address,
                effective_at: at(120),
            },
            MailKind::AddressChangeRequested => Mail::AddressChangeRequested {
                tenant,
                recipient,
                to: address,
                effective_at: at(120),
            },
            MailKind::AddressChanged => Mail::AddressChanged {
                tenant,
                recipient,
                at: at(-60),
            },
            MailKind::SecurityReport => Mail::SecurityReport {
                tenant,
                recipient,
                report: Box::new(self.report()),
            },
            MailKind::IdentityChanged => Mail::IdentityChanged {
                tenant,
                by: self.done_by(),
                recipient,
                provider: self.flag.then(|| Name::new(self.named).unwrap()),
                at: at(-60),
            },
            MailKind::ApiKeyCreated => Mail::ApiKeyCreated {
                tenant,
                recipient,
                key: Some(Name::new(self.named).unwrap()),
                expires_at: self.flag.then(|| at(120)),
                by: if self.flag { DoneBy::Recipient } else { self.done_by() },
                at: at(-60),
            },
            MailKind::SignInAtProvider => Mail::SignInAtProvider {
                tenant,
                recipient,
                place: self.place.map(str::to_owned),
            },
        }
    }

    fn done_by(&self) -> DoneBy {
        if self.flag {
            let name = format!("Dr. {}", self.recipient);
            DoneBy::Other {
                name: DisplayName::new(name).unwrap(),
            }
        } else {
            DoneBy::Tenant
        }
    }

    /// As bare as it can be, and with something in each list.
    fn report(&self) -> SecurityReport {
        let role = Uuid::from_u128(4).into();
        let (unit, other) = (Uuid::from_u128(5).into(), Uuid::from_u128(8).into());
        let grant = Grant::role(
            role,
            if self.flag {
                Scope::from([unit, other])
            } else {
                Scope::All
            },
        );
        let given_by = GivenBy {
            grant: grant.clone(),
            role: Some(Name::new("Clerk").unwrap()),
        };
        let permission = self.flag.then(|| Permission::new("prices.change").unwrap());
        let client = Client::at([192, 0, 2, 7].into()).user_agent("Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0");
        let attempt = |outcome| Attempt {
            id: Uuid::from_u128(6).into(),
            at: at(-30),
            user: Some(Uuid::from_u128(2).into()),
            client: client.clone(),
            outcome,
            keep_until: at(0),
        };
        let change = |by, what: &str, fields: &[&str]| AccountChange {
            at: at(-20),
            by,
            what: what.to_owned(),
            fields: fields.iter().map(|field| (*field).to_owned()).collect(),
        };
        let refused = AttemptOutcome::Refused {
            reason: RefusalReason::WrongPassword,
        };
        let session = Uuid::from_u128(7).into();
        let some = |number: usize| if self.flag { number } else { 0 };
        SecurityReport {
            user: Uuid::from_u128(2).into(),
            display_name: DisplayName::new(self.recipient).unwrap(),
            // Other mails carry it as text, and tests put in what is no name.
            user_name: UserName::new(self.user_name).unwrap_or_else(|_| UserName::new("kate").unwrap()),
            made_at: at(-10),
            status: if self.flag {
                StatusKind::Active
            } else {
                StatusKind::Disabled
            },
            api_only: !self.flag,
            grants: vec![given_by.clone()],
            rights: EffectiveRights {
                permissions: vec![EffectivePermission {
                    permission,
                    scope: grant.scope,
                    given_by: vec![given_by],
                }],
                against: Vec::new(),
            },
            units: [(unit, Name::new("Berlin").unwrap())].into(),
            elsewhere: some(1),
            factors: Factors {
                password: if self.flag {
                    PasswordFactor::Set { set_at: at(-600) }
                } else {
                    PasswordFactor::None
                },
                provider: self.flag.then(|| Name::new("Entra").unwrap()),
                api_keys: some(2) as u64,
            },
            sessions: vec![
                OpenSession {
                    session,
                    started_at: at(-30),
                    seen_at: at(-11),
                    client: client.clone(),
                };
                some(1)
            ],
            attempts: [AttemptOutcome::Success { session }, refused]
                .map(attempt)
                .into_iter()
                .take(some(2))
                .collect(),
            changes: [
                change(ChangedBy::Themselves, "password_set", &[]),
                change(
                    ChangedBy::Other(Uuid::from_u128(8).into()),
                    "grants_changed",
                    &["grants"],
                ),
                change(ChangedBy::Host, "profile_edited", &["first_name", "last_name"]),
                change(ChangedBy::Time, "status_changed", &["status"]),
            ]
            .into_iter()
            .take(some(4))
            .collect(),
        }
    }

    pub(in crate::mail) fn queued(&self, kind: MailKind) -> QueuedMail {
        QueuedMail {
            id: Uuid::from_u128(1).into(),
            user: Uuid::from_u128(2).into(),
            to: EmailAddress::new("kate@example.org").unwrap(),
            locale: Locale::new(self.locale).unwrap(),
            time_zone: TimeZone::new(self.zone).unwrap(),
            ticket: None,
            mail: self.mail(kind),
            queued_at: Timestamp::EPOCH,
            state: MailState::Queued {
                ready_at: Timestamp::EPOCH,
                attempts: 0,
            },
        }
    }

    /// As the courier would send it.
    pub(in crate::mail) fn render(&self, texts: &Texts, kind: MailKind) -> Message {
        let (link, until) = (SecretString::from(LINK), at(0));
        let password = OneTimePassword::mint(&Sevens).unwrap();
        let enclosed = match kind.ticket() {
            None => Enclosed::Nothing,
            Some(TicketPurpose::OneTimePassword) => Enclosed::Password {
                password: &password,
                sign_in: SIGN_IN,
                until,
            },
            Some(_) => Enclosed::Link { link: &link, until },
        };
        let tenant = Uuid::from_u128(9).into();
        texts.render(tenant, &self.queued(kind), enclosed).unwrap()
    }
}
