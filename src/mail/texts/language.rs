//! What the built-in mails say in one language: one table each, for a translator to copy. Words in braces are
//! [facts](super::facts::Facts) of the mail; each must stand in the same sentence of every language.

use super::de::GERMAN;
use super::en::ENGLISH;
use super::sv::SWEDISH;
use crate::text::Locale;

pub(super) struct Language {
    /// For the `lang` of the page, and to be chosen by.
    pub(super) tag: &'static str,
    pub(super) hello: &'static str,
    /// In previews, where there is no link yet, no password, and no end of its time.
    pub(super) no_link: &'static str,
    pub(super) no_password: &'static str,
    pub(super) no_time: &'static str,
    pub(super) invitation: Invitation,
    pub(super) reset: Reset,
    pub(super) one_time: OneTime,
    pub(super) password_changed: Changed,
    pub(super) confirm: Confirm,
    pub(super) announced: Announced,
    pub(super) requested: Requested,
    pub(super) address_changed: Changed,
    pub(super) provider: Provider,
    pub(super) report: Report,
    pub(super) done_by: DoneBy,
    pub(super) identity: Identity,
    pub(super) api_key: ApiKey,
}

pub(super) struct Invitation {
    pub(super) subject: &'static str,
    pub(super) subject_again: &'static str,
    pub(super) offer: &'static str,
    pub(super) again: &'static str,
    /// Before the personal message.
    pub(super) writes: &'static str,
    pub(super) open: &'static str,
    pub(super) label: &'static str,
    pub(super) until: &'static str,
    pub(super) login: &'static str,
    pub(super) alone: &'static str,
}

pub(super) struct Reset {
    pub(super) subject: &'static str,
    /// Somebody asked at the login page …
    pub(super) asked: &'static str,
    /// … or an administrator did.
    pub(super) sent: &'static str,
    pub(super) open: &'static str,
    pub(super) label: &'static str,
    pub(super) until: &'static str,
    pub(super) alone: &'static str,
    /// What to do where it was not asked for, in the one case and in the other.
    pub(super) not_asked: &'static str,
    pub(super) not_expected: &'static str,
}

pub(super) struct OneTime {
    pub(super) subject: &'static str,
    pub(super) subject_again: &'static str,
    pub(super) access: &'static str,
    pub(super) again: &'static str,
    pub(super) login: &'static str,
    /// Before the password.
    pub(super) password: &'static str,
    pub(super) open: &'static str,
    pub(super) label: &'static str,
    pub(super) until: &'static str,
    pub(super) alone: &'static str,
}

/// A notice that something was changed.
pub(super) struct Changed {
    pub(super) subject: &'static str,
    pub(super) what: &'static str,
    pub(super) by_you: &'static str,
    pub(super) not_by_you: &'static str,
}

pub(super) struct Confirm {
    pub(super) subject: &'static str,
    pub(super) asked: &'static str,
    pub(super) open: &'static str,
    pub(super) label: &'static str,
    pub(super) until: &'static str,
    /// What follows: on a day …
    pub(super) later: &'static str,
    /// … or at once.
    pub(super) at_once: &'static str,
    pub(super) not_asked: &'static str,
}

pub(super) struct Announced {
    pub(super) subject: &'static str,
    pub(super) from: &'static str,
    pub(super) not_asked: &'static str,
}

pub(super) struct Requested {
    pub(super) subject: &'static str,
    pub(super) asked: &'static str,
    pub(super) by_you: &'static str,
    pub(super) open: &'static str,
    pub(super) label: &'static str,
    pub(super) until: &'static str,
    pub(super) not_by_you: &'static str,
}

pub(super) struct Provider {
    pub(super) subject: &'static str,
    pub(super) asked: &'static str,
    pub(super) elsewhere: &'static str,
    /// Where, if the host says …
    pub(super) place: &'static str,
    /// … and if not.
    pub(super) no_place: &'static str,
    pub(super) not_asked: &'static str,
}

pub(super) struct Report {
    pub(super) subject: &'static str,
    pub(super) about: &'static str,
    pub(super) in_order: &'static str,
    /// Before the values: lines, and titles of lists.
    pub(super) user_name: &'static str,
    pub(super) status: &'static str,
    pub(super) api_only: &'static str,
    pub(super) password: &'static str,
    pub(super) provider: &'static str,
    pub(super) api_keys: &'static str,
    pub(super) rights: &'static str,
    pub(super) may: &'static str,
    pub(super) sessions: &'static str,
    pub(super) attempts: &'static str,
    pub(super) changes: &'static str,
    /// Where the access stands.
    pub(super) invited: &'static str,
    pub(super) inactive: &'static str,
    pub(super) active: &'static str,
    pub(super) suspended: &'static str,
    pub(super) disabled: &'static str,
    /// Of the password: none, or before the instant.
    pub(super) no_password: &'static str,
    pub(super) one_time: &'static str,
    pub(super) set: &'static str,
    /// Of rights.
    pub(super) everything: &'static str,
    pub(super) everywhere: &'static str,
    /// In units that the reader is not told of.
    pub(super) elsewhere: &'static str,
    /// Of a session: before the instant of its last use.
    pub(super) seen: &'static str,
    /// How a login ended.
    pub(super) succeeded: &'static str,
    pub(super) failed: &'static str,
    /// Who changed something.
    pub(super) by_themselves: &'static str,
    pub(super) by_other: &'static str,
    pub(super) by_host: &'static str,
    pub(super) by_time: &'static str,
}

/// Who did what a notice tells of.
pub(super) struct DoneBy {
    /// Whoever was logged in as the reader …
    pub(super) own: &'static str,
    /// … another user …
    pub(super) other: &'static str,
    /// … or the host's own code.
    pub(super) tenant: &'static str,
}

/// Another way to log in.
pub(super) struct Identity {
    pub(super) subject: &'static str,
    /// Through a provider from now on …
    pub(super) linked: &'static str,
    /// … or no longer.
    pub(super) unlinked: &'static str,
    pub(super) expected: &'static str,
    pub(super) not_expected: &'static str,
}

/// A new API key.
pub(super) struct ApiKey {
    pub(super) subject: &'static str,
    pub(super) made: &'static str,
    pub(super) acts: &'static str,
    /// It has an end …
    pub(super) until: &'static str,
    /// … or none.
    pub(super) no_end: &'static str,
    pub(super) expected: &'static str,
    pub(super) not_expected: &'static str,
}

impl Language {
    /// All of them; the first is for everybody whose language is not among them.
    pub(super) const ALL: [&'static Self; 3] = [&ENGLISH, &GERMAN, &SWEDISH];

    pub(super) fn of(locale: &Locale) -> &'static Self {
        let [otherwise, ..] = Self::ALL;
        let spoken = |language: &&&Self| language.tag == locale.language();
        Self::ALL.iter().find(spoken).copied().unwrap_or(otherwise)
    }
}
