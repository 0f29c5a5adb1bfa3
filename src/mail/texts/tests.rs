#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;

use proptest::prelude::*;
use secrecy::SecretString;
use uuid::Uuid;

use super::facts::{NothingEnclosed, one_line};
use super::samples::{Case, FULL, LINK, PASSWORD, PLAIN, SIGN_IN, at};
use super::*;
use crate::mail::{links, passwords};
use crate::model::MailKind;
use crate::text::{Message as Personal, Name};

const LANGUAGES: [&str; 3] = ["en", "de", "sv"];

fn render(case: Case<'_>, kind: MailKind) -> Message {
    case.render(&Texts::new(), kind)
}

/// Each mail, in its shortest form and in its longest.
fn all(locale: &str) -> impl Iterator<Item = (MailKind, Message)> {
    let forms = [Case { locale, ..PLAIN }, Case { locale, ..FULL }];
    let kinds = MailKind::ALL.iter().copied();
    let mails: Vec<_> = kinds
        .flat_map(|kind| forms.map(|form| (kind, render(form, kind))))
        .collect();
    mails.into_iter()
}

fn texts(locale: &str) -> String {
    all(locale)
        .map(|(kind, message)| format!("{kind:?}\nSubject: {}\n\n{}", message.subject, message.text()))
        .collect::<Vec<_>>()
        .join("\n==========\n\n")
}

#[test]
fn the_english_texts() {
    insta::assert_snapshot!(texts("en"));
}

#[test]
fn d7_the_german_texts() {
    insta::assert_snapshot!(texts("de"));
}

#[test]
fn d7_the_swedish_texts() {
    insta::assert_snapshot!(texts("sv"));
}

#[test]
fn cp8_ps2_pages_in_html() {
    let pages = [MailKind::Invitation, MailKind::OneTimePassword].map(|kind| render(FULL, kind).html().to_owned());
    insta::assert_snapshot!(pages.join("\n==========\n\n"));
}

#[test]
fn d7_a_mail_is_in_the_recipients_language_or_in_english() {
    let subject = |locale| render(Case { locale, ..PLAIN }, MailKind::Invitation).subject;
    let page = |locale| render(Case { locale, ..PLAIN }, MailKind::Invitation).html().to_owned();
    for (locale, language, expected) in [
        ("en-GB", "en", "Your invitation to Northwind Logistics"),
        ("de", "de", "Ihre Einladung zu Northwind Logistics"),
        ("de-CH", "de", "Ihre Einladung zu Northwind Logistics"),
        ("sv-FI", "sv", "Din inbjudan till Northwind Logistics"),
        ("fr", "en", "Your invitation to Northwind Logistics"),
        ("den", "en", "Your invitation to Northwind Logistics"),
    ] {
        assert_eq!(subject(locale), expected, "{locale}");
        assert!(
            page(locale).contains(&format!("<html lang=\"{language}\">")),
            "{locale}"
        );
    }
}

/// Which facts stand in a text.
fn told(case: Case<'_>, kind: MailKind) -> BTreeSet<&'static str> {
    let message = render(case, kind);
    let facts = [
        "Northwind Logistics",
        "Kate O'Hara",
        "kate",
        "Welcome aboard!",
        "https://login.example.net/password",
        "2026-12-12 09:30 UTC",
        "2026-12-12 10:30 UTC+1",
        "2026-12-12 08:30 UTC",
        "2026-12-12 09:30 UTC+1",
        "2026-12-12 11:30 UTC",
        "2026-12-12 12:30 UTC+1",
        "kate.new@example.net",
        "k…@example.net",
        "Nordlicht",
        "Dr. Kate O'Hara",
        LINK,
        SIGN_IN,
        PASSWORD,
    ];
    assert!(message.subject.contains("Northwind Logistics"));
    facts.into_iter().filter(|fact| message.text().contains(fact)).collect()
}

#[test]
fn d7_every_language_tells_the_same_facts() {
    for kind in MailKind::ALL {
        for case in [PLAIN, FULL] {
            let english = told(case, *kind);
            for locale in LANGUAGES {
                assert_eq!(told(Case { locale, ..case }, *kind), english, "{kind:?} in {locale}");
            }
        }
    }
}

#[test]
fn every_sentence_is_filled_in() {
    for (kind, message) in LANGUAGES.into_iter().flat_map(all) {
        for text in [&message.subject, message.text(), message.html()] {
            assert!(!text.contains(['{', '}']) && !text.contains("  "), "{kind:?}: {text}");
        }
    }
}

#[test]
fn a_mail_offers_its_link_or_password_once_and_a_notice_offers_nothing() {
    for (kind, message) in LANGUAGES.into_iter().flat_map(all) {
        let place = (kind == MailKind::SignInAtProvider).then_some("https://login.example.net/password");
        let offered = match kind {
            MailKind::OneTimePassword => vec![SIGN_IN],
            kind if kind.ticket().is_some() => vec![LINK],
            _ => vec![],
        };
        assert_eq!(links(&message), offered, "{kind:?}");
        let password = (kind == MailKind::OneTimePassword).then_some(PASSWORD);
        assert_eq!(
            passwords(&message),
            password.into_iter().collect::<Vec<_>>(),
            "{kind:?}"
        );
        for secret in offered.into_iter().chain(password) {
            assert!(message.html().contains(secret) && !message.subject.contains(secret));
        }
        let shows_place = place.is_some_and(|place| message.html().contains(place));
        assert_eq!(
            message.html().contains("https://"),
            kind.ticket().is_some() || shows_place,
            "{kind:?}"
        );
    }
}

#[test]
fn t8_a_mail_says_when_what_it_carries_is_over() {
    for kind in MailKind::ALL.iter().filter(|kind| kind.ticket().is_some()) {
        assert!(told(PLAIN, *kind).contains("2026-12-12 09:30 UTC"), "{kind:?}");
        assert!(told(FULL, *kind).contains("2026-12-12 10:30 UTC+1"), "{kind:?}");
    }
}

#[test]
#[cfg(feature = "localised-dates")]
fn bi11_dates_in_mails_follow_locale_and_zone() {
    for (locale, zone, expected) in [
        ("en-US", "America/New_York", "until 12/12/2026, 4:30 AM GMT-5."),
        ("en-GB", "Europe/London", "until 12/12/2026, 09:30 GMT+0."),
        ("de-DE", "Asia/Almaty", "bis 12.12.2026, 14:30 GMT+5."),
        ("sv-SE", "Europe/Stockholm", "fram till 2026-12-12 10:30 GMT+1."),
        ("fr-FR", "Europe/Paris", "until 12/12/2026 10:30 UTC+1."),
    ] {
        let texts = Texts::new().localised_dates();
        let message = Case { locale, zone, ..PLAIN }.render(&texts, MailKind::PasswordReset);
        // The CLDR has narrow blanks before AM and PM.
        let text = message.text().replace('\u{202f}', " ");
        assert!(text.contains(expected), "{locale}: {text}");
    }
}

#[test]
fn ps7_the_old_address_is_told_the_new_one_in_part_only() {
    let message = render(FULL, MailKind::AddressChangeRequested);
    for text in [&message.subject, message.text(), message.html()] {
        assert!(!text.contains("kate.new"), "{text}");
    }
    assert!(message.text().contains("to k…@example.net."));
    assert!(
        render(FULL, MailKind::ConfirmAddress)
            .text()
            .contains("kate.new@example.net")
    );
}

#[test]
fn if12_a_user_of_an_external_provider_is_pointed_there_and_offered_nothing() {
    let told = render(FULL, MailKind::SignInAtProvider);
    assert!(
        told.text()
            .contains("This is the place: https://login.example.net/password\n")
    );
    let untold = render(PLAIN, MailKind::SignInAtProvider);
    assert!(untold.text().contains("ask an administrator"));
    for message in [told, untold] {
        assert!(links(&message).is_empty() && passwords(&message).is_empty());
        assert!(!message.html().contains("<a "));
    }
}

#[test]
fn d7_a_mail_that_offers_something_and_does_not_carry_it_is_no_mail() {
    let link = SecretString::from(LINK);
    let link = Enclosed::Link {
        link: &link,
        until: at(0),
    };
    let tenant = Uuid::from_u128(9).into();
    for kind in MailKind::ALL {
        let render = |enclosed| Texts::new().render(tenant, &FULL.queued(*kind), enclosed);
        let empty = render(Enclosed::Nothing);
        assert_eq!(empty.is_ok(), kind.ticket().is_none(), "{kind:?}");
        if *kind == MailKind::OneTimePassword {
            assert_eq!(render(link).unwrap_err(), NothingEnclosed, "a link is no password");
        }
    }
}

#[test]
fn lo5_a_preview_shows_all_but_what_is_minted_later() {
    let tenant = Uuid::from_u128(9).into();
    for (locale, link, password, time) in [
        ("en", "[personal link]", "[one-time password]", "[date and time]"),
        ("de", "[persönlicher Link]", "[Einmalpasswort]", "[Datum und Uhrzeit]"),
        ("sv", "[personlig länk]", "[engångslösenord]", "[datum och tid]"),
    ] {
        let preview = |kind| {
            let queued = Case { locale, ..FULL }.queued(kind);
            let preview = Enclosed::Preview { sign_in: SIGN_IN };
            Texts::new().render(tenant, &queued, preview).unwrap()
        };
        let invitation = preview(MailKind::Invitation);
        assert!(invitation.text().contains(link) && invitation.text().contains("2026-12-12 10:30 UTC+1"));
        let reset = preview(MailKind::PasswordReset);
        assert!(reset.text().contains(link) && reset.text().contains(time));
        let one_time = preview(MailKind::OneTimePassword);
        assert!(one_time.text().contains(password) && one_time.text().contains(SIGN_IN));
        assert!(
            preview(MailKind::AddressChanged)
                .text()
                .contains("2026-12-12 09:30 UTC+1")
        );
    }
}

#[test]
fn t1_debug_of_a_message_shows_no_link_and_no_password() {
    for (_, message) in all("en") {
        let shown = format!("{message:?}");
        assert!(!shown.contains("tni_") && !shown.contains("7777-"));
    }
}

#[test]
fn d7_links_in_a_personal_message_are_not_ours() {
    let message =
        Some("See\nhttps://evil.example/\n</blockquote><a href=\"https://evil.example\">\n111111-111111-111111-111111");
    let mail = render(Case { message, ..PLAIN }, MailKind::Invitation);
    assert_eq!(links(&mail), [LINK]);
    assert!(passwords(&mail).is_empty());
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

fn kind() -> impl Strategy<Value = MailKind> {
    prop::sample::select(MailKind::ALL)
}

fn breaks_line(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')
}

proptest! {
    #[test]
    fn d7_no_text_changes_the_markup_of_any_mail(
        kind in kind(),
        locale in prop::sample::select(&LANGUAGES[..]),
        name in "[<>&\"'a-z/=;!{}-]{1,20}",
        free in "([<>&\"'a-z/=;!{}-]|\r\n|\n|\u{2028}){1,40}x",
        flag: bool,
    ) {
        let of = |name, free| {
            // A message takes line breaks, and no other separators.
            let message = str::replace(free, "\u{2028}", "");
            let (message, place) = (Some(message.as_str()), Some(free));
            render(Case { tenant: name, recipient: name, user_name: free, message, place, named: name, flag, locale, zone: "UTC" }, kind)
        };
        let (plain, hostile) = (of("x", "x"), of(&name, &free));
        prop_assert_eq!(tags(plain.html()), tags(hostile.html()));
        prop_assert_eq!(plain.html().matches('"').count(), hostile.html().matches('"').count());
    }

    #[test]
    fn d7_a_subject_is_one_line_of_ours_and_the_tenants_name(
        kind in kind(),
        name in "\\PC{1,200}",
        personal in "(\\PC|\r\n){1,60}",
        flag: bool,
    ) {
        prop_assume!(Name::new(&name).is_ok() && Personal::new(&personal).is_ok());
        let message = Some(personal.as_str());
        let case = Case { tenant: &name, message, user_name: &personal, place: message, flag, ..PLAIN };
        let (subject, kept) = (render(case, kind).subject, Name::new(&name).unwrap());
        let usual = render(Case { flag, ..PLAIN }, kind).subject;
        prop_assert_eq!(&subject, &usual.replace("Northwind Logistics", kept.as_str()));
        prop_assert!(!subject.contains(breaks_line));
    }

    #[test]
    fn d7_one_line_fields_add_no_line_to_the_text(kind in kind(), free in ".{0,20}[\r\n\u{85}\u{2028}]{1,3}https://evil.example/.{0,9}") {
        let case = Case { user_name: &free, place: Some(&free), ..PLAIN };
        let usual = Case { place: Some("x"), ..PLAIN };
        let (text, usual) = (render(case, kind), render(usual, kind));
        prop_assert_eq!(text.text().lines().count(), usual.text().lines().count());
        prop_assert_eq!(links(&text), links(&usual));
    }

    #[test]
    fn d7_a_header_cannot_be_smuggled_in(subject in ".{0,20}[\r\n\u{85}\u{2028}]{1,3}Bcc: eve@example.org") {
        let subject = one_line(&subject);
        prop_assert_eq!(subject.lines().count().max(1), 1);
        prop_assert!(!subject.contains(breaks_line));
    }

    #[test]
    fn a_fact_that_looks_like_a_name_in_braces_stays_what_it_is(name in "\\{(tenant|until|link|password|\\{)\\}?") {
        let case = Case { recipient: &name, ..PLAIN };
        let greeting = ["Hello ", &name, ",\n"].concat();
        prop_assert!(render(case, MailKind::PasswordReset).text().starts_with(&greeting));
    }
}
