//! Mails to be written in tests.
#![allow(clippy::unwrap_used)]

use secrecy::SecretString;
use uuid::Uuid;

use super::{Enclosed, Texts};
use crate::clock::Timestamp;
use crate::mail::Message;
use crate::model::{Mail, MailKind, MailState, QueuedMail, TicketPurpose};
use crate::secret::{OneTimePassword, Random, RandomError};
use crate::text::{DisplayName, EmailAddress, Locale, Message as Personal, Name, TimeZone};

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
            MailKind::SignInAtProvider => Mail::SignInAtProvider {
                tenant,
                recipient,
                place: self.place.map(str::to_owned),
            },
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
