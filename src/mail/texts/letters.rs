//! Which sentences a mail has, and in which order. What they say in a language stands in that language's table.

use super::facts::Facts;
use super::language::{
    Announced, ApiKey, Changed, Confirm, DoneBy, Identity, Invitation, Language, OneTime, Provider, Report, Requested,
    Reset,
};
use super::letter::Letter;
use crate::model::{self, Mail};

/// Writes the letter of a mail.
pub(super) fn compose<'a>(mail: &Mail, facts: &'a Facts, language: &'static Language) -> Letter<'a> {
    let letter = |subject| Letter::new(facts, language, subject);
    match mail {
        Mail::Invitation { again, .. } => invitation(&letter, &language.invitation, *again),
        Mail::PasswordReset {
            requested_by_administrator,
            ..
        } => reset(&letter, &language.reset, *requested_by_administrator),
        Mail::OneTimePassword { again, .. } => one_time(&letter, &language.one_time, *again),
        Mail::PasswordChanged { .. } => changed(&letter, &language.password_changed),
        Mail::ConfirmAddress { effective_at, .. } => confirm(&letter, &language.confirm, effective_at.is_some()),
        Mail::AddressAnnounced { .. } => announced(&letter, &language.announced),
        Mail::AddressChangeRequested { .. } => requested(&letter, &language.requested),
        Mail::AddressChanged { .. } => changed(&letter, &language.address_changed),
        Mail::SecurityReport { .. } => report(&letter, &language.report),
        Mail::IdentityChanged { provider, by, .. } => {
            let doer = done_by(by, &language.done_by);
            identity(&letter, &language.identity, provider.is_some(), doer)
        }
        Mail::ApiKeyCreated { expires_at, by, .. } => {
            let doer = done_by(by, &language.done_by);
            api_key(&letter, &language.api_key, expires_at.is_some(), doer)
        }
        Mail::SignInAtProvider { place, .. } => provider(&letter, &language.provider, place.is_some()),
    }
}

/// Begins a letter with this subject.
type Begin<'l, 'a> = &'l dyn Fn(&'static str) -> Letter<'a>;

fn invitation<'a>(begin: Begin<'_, 'a>, words: &'static Invitation, again: bool) -> Letter<'a> {
    begin(if again { words.subject_again } else { words.subject })
        .say(words.offer)
        .say_if(again, words.again)
        .quote(words.writes)
        .say(words.open)
        .link("link", words.label)
        .say(words.until)
        .say(words.login)
        .say(words.alone)
}

fn reset<'a>(begin: Begin<'_, 'a>, words: &'static Reset, by_administrator: bool) -> Letter<'a> {
    let (why, otherwise) = if by_administrator {
        (words.sent, words.not_expected)
    } else {
        (words.asked, words.not_asked)
    };
    begin(words.subject)
        .say(why)
        .say(words.open)
        .link("link", words.label)
        .say(words.until)
        .say(words.alone)
        .say(otherwise)
}

fn one_time<'a>(begin: Begin<'_, 'a>, words: &'static OneTime, again: bool) -> Letter<'a> {
    begin(if again { words.subject_again } else { words.subject })
        .say(words.access)
        .say_if(again, words.again)
        .say(words.login)
        .say(words.password)
        .password()
        .say(words.open)
        .link("sign_in", words.label)
        .say(words.until)
        .say(words.alone)
}

fn changed<'a>(begin: Begin<'_, 'a>, words: &'static Changed) -> Letter<'a> {
    begin(words.subject)
        .say(words.what)
        .say(words.by_you)
        .say(words.not_by_you)
}

fn confirm<'a>(begin: Begin<'_, 'a>, words: &'static Confirm, later: bool) -> Letter<'a> {
    begin(words.subject)
        .say(words.asked)
        .say(words.open)
        .link("link", words.label)
        .say(words.until)
        .say(if later { words.later } else { words.at_once })
        .say(words.not_asked)
}

fn announced<'a>(begin: Begin<'_, 'a>, words: &'static Announced) -> Letter<'a> {
    begin(words.subject).say(words.from).say(words.not_asked)
}

fn requested<'a>(begin: Begin<'_, 'a>, words: &'static Requested) -> Letter<'a> {
    begin(words.subject)
        .say(words.asked)
        .say(words.by_you)
        .say(words.open)
        .link("link", words.label)
        .say(words.until)
        .say(words.not_by_you)
}

fn provider<'a>(begin: Begin<'_, 'a>, words: &'static Provider, has_place: bool) -> Letter<'a> {
    begin(words.subject)
        .say(words.asked)
        .say(words.elsewhere)
        .say(if has_place { words.place } else { words.no_place })
        .say(words.not_asked)
}

fn report<'a>(begin: Begin<'_, 'a>, words: &'static Report) -> Letter<'a> {
    begin(words.subject)
        .say(words.about)
        .lines("report")
        .say(words.in_order)
}

fn done_by(by: &model::DoneBy, words: &'static DoneBy) -> &'static str {
    match by {
        model::DoneBy::Recipient => words.own,
        model::DoneBy::Other { .. } => words.other,
        // Nothing leaves untold.
        model::DoneBy::Tenant | model::DoneBy::Untold => words.tenant,
    }
}

fn identity<'a>(begin: Begin<'_, 'a>, words: &'static Identity, linked: bool, doer: &'static str) -> Letter<'a> {
    begin(words.subject)
        .say(if linked { words.linked } else { words.unlinked })
        .say(doer)
        .say(words.expected)
        .say(words.not_expected)
}

fn api_key<'a>(begin: Begin<'_, 'a>, words: &'static ApiKey, has_end: bool, doer: &'static str) -> Letter<'a> {
    begin(words.subject)
        .say(words.made)
        .say(doer)
        .say(words.acts)
        .say(if has_end { words.until } else { words.no_end })
        .say(words.expected)
        .say(words.not_expected)
}
