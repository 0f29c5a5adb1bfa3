#![allow(clippy::unwrap_used)]

use proptest::prelude::*;
use uuid::Uuid;

use super::letter::Letter;
use super::*;
use crate::mail::links;
use crate::model::MailState;
use crate::text::{DisplayName, EmailAddress, Locale, Message as Personal, Name};

const LINK: &str = "https://backoffice.example.com/app/invitation?token=tni_AAAAAAAAAAAAAAAAAAAAAP__________";

/// 12 December 2026, 09:30:59.999999 UTC.
const EXPIRES: i64 = 1_797_067_859_999_999;

struct Case<'a> {
    tenant: &'a str,
    recipient: &'a str,
    user_name: &'a str,
    message: Option<&'a str>,
    again: bool,
}

const PLAIN: Case<'_> = Case {
    tenant: "Northwind Logistics",
    recipient: "Kate O'Hara",
    user_name: "kate",
    message: None,
    again: false,
};

impl Case<'_> {
    fn queued(&self) -> QueuedMail {
        let mail = Mail::Invitation {
            tenant: Name::new(self.tenant).unwrap(),
            recipient: DisplayName::new(self.recipient).unwrap(),
            user_name: self.user_name.to_owned(),
            message: self.message.map(|message| Personal::new(message).unwrap()),
            expires_at: Timestamp::from_unix_micros(EXPIRES).unwrap(),
            again: self.again,
        };
        QueuedMail {
            id: Uuid::from_u128(1).into(),
            user: Uuid::from_u128(2).into(),
            to: EmailAddress::new("kate@example.org").unwrap(),
            locale: Locale::default(),
            ticket: None,
            mail,
            queued_at: Timestamp::EPOCH,
            state: MailState::Queued {
                ready_at: Timestamp::EPOCH,
                attempts: 0,
            },
        }
    }

    fn render(&self) -> Message {
        render(&self.queued(), Some(&LINK.to_owned().into())).unwrap()
    }
}

fn shown(message: &Message) -> String {
    format!(
        "Subject: {}\n\n{}\n----\n{}",
        message.subject,
        message.text(),
        message.html()
    )
}

#[test]
fn an_invitation() {
    insta::assert_snapshot!(shown(&PLAIN.render()));
}

#[test]
fn cp8_an_invitation_sent_again_with_a_message_says_that_the_earlier_link_is_dead() {
    let case = Case {
        message: Some("Welcome aboard!\n\nYour desk is next to mine.\n\t— Jörg"),
        again: true,
        ..PLAIN
    };
    insta::assert_snapshot!(shown(&case.render()));
}

#[test]
fn d7_personal_text_is_escaped_attributed_and_never_in_the_subject() {
    let case = Case {
        tenant: "A & B <i>",
        recipient: "<b>\"Kate\"</b>",
        user_name: "'kate'&<br>",
        message: Some(
            "<script>alert('x')</script>\nhttps://evil.example/\n</blockquote><a href=\"https://evil.example\">",
        ),
        again: false,
    };
    let message = case.render();
    insta::assert_snapshot!(shown(&message));
    assert!(!message.subject.contains("script") && !message.subject.contains("evil"));
    assert_eq!(links(&message), [LINK], "a link in a personal message is not ours");
}

#[test]
fn d7_an_invitation_without_its_link_is_no_mail() {
    assert_eq!(render(&PLAIN.queued(), None).unwrap_err(), MissingLink);
}

#[test]
fn t1_debug_of_a_message_shows_no_link() {
    assert!(!format!("{:?}", PLAIN.render()).contains("tni_"));
}

#[test]
fn dates_are_written_out_and_never_later_than_they_are() {
    let date = |micros| super::date(Timestamp::from_unix_micros(micros).unwrap());
    assert_eq!(date(EXPIRES), "12 December 2026, 09:30 UTC");
    assert_eq!(date(0), "1 January 1970, 00:00 UTC");
}

/// The tags of a page, and what stands between them.
fn tags(html: &str) -> Vec<&str> {
    let mut tags: Vec<&str> = html
        .split('<')
        .skip(1)
        .map(|tag| tag.split('>').next().unwrap())
        .collect();
    tags.sort_unstable();
    tags
}

proptest! {
    #[test]
    fn d7_no_text_changes_the_markup(
        name in "[<>&\"'a-z/=;!-]{1,20}",
        personal in "([<>&\"'a-z/=;!-]|\n){1,40}x",
    ) {
        let of = |name, message| {
            Case { tenant: name, recipient: name, user_name: name, message: Some(message), again: true }.render()
        };
        let (plain, hostile) = (of("x", "x"), of(&name, &personal));
        prop_assert_eq!(tags(plain.html()), tags(hostile.html()));
        prop_assert_eq!(plain.html().matches('"').count(), hostile.html().matches('"').count());
    }

    #[test]
    fn d7_a_subject_is_one_line_of_ours_and_the_tenants_name(name in "\\PC{1,210}", personal in "(\\PC|\r\n){1,60}") {
        prop_assume!(Name::new(&name).is_ok() && Personal::new(&personal).is_ok());
        let message = Case { tenant: &name, message: Some(&personal), ..PLAIN }.render();
        let kept = Name::new(&name).unwrap();
        prop_assert_eq!(&message.subject, &format!("Your invitation to {kept}"));
        let breaks_line = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
        prop_assert!(!message.subject.contains(breaks_line));
    }

    #[test]
    fn d7_a_header_cannot_be_smuggled_in_by_a_subject(subject in ".{0,20}[\r\n\u{85}\u{2028}]{1,3}Bcc: eve@example.org") {
        let subject = Letter::new(subject, String::new()).subject();
        prop_assert_eq!(subject.lines().count().max(1), 1);
        prop_assert!(!subject.contains(char::is_control));
    }
}
