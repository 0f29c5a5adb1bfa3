//! What templates may name, mail by mail, and samples to try them with.

use crate::mail::texts::{Fact, Facts};
use crate::model::MailKind;

/// What is behind a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Variable {
    Text,
    /// Text, or `none`.
    Perhaps,
    /// `true` or `false`.
    Flag,
}

use Variable::{Flag, Perhaps, Text};

/// A test holds this table against the mails.
pub(super) fn variables(kind: MailKind) -> &'static [(&'static str, Variable)] {
    match kind {
        MailKind::Invitation => &[
            ("tenant", Text),
            ("recipient", Text),
            ("user_name", Text),
            ("message", Perhaps),
            ("again", Flag),
            ("link", Text),
            ("until", Text),
        ],
        MailKind::PasswordReset => &[
            ("tenant", Text),
            ("recipient", Text),
            ("user_name", Text),
            ("requested_by_administrator", Flag),
            ("link", Text),
            ("until", Text),
        ],
        MailKind::OneTimePassword => &[
            ("tenant", Text),
            ("recipient", Text),
            ("user_name", Text),
            ("again", Flag),
            ("password", Text),
            ("sign_in", Text),
            ("until", Text),
        ],
        MailKind::PasswordChanged | MailKind::AddressChanged => &[("tenant", Text), ("recipient", Text), ("at", Text)],
        MailKind::ConfirmAddress => &[
            ("tenant", Text),
            ("recipient", Text),
            ("address", Text),
            ("effective_at", Perhaps),
            ("link", Text),
            ("until", Text),
        ],
        MailKind::AddressAnnounced => &[
            ("tenant", Text),
            ("recipient", Text),
            ("address", Text),
            ("effective_at", Text),
        ],
        MailKind::AddressChangeRequested => &[
            ("tenant", Text),
            ("recipient", Text),
            ("address", Text),
            ("effective_at", Text),
            ("link", Text),
            ("until", Text),
        ],
        MailKind::SecurityReport => &[
            ("tenant", Text),
            ("recipient", Text),
            ("user", Text),
            ("at", Text),
            ("report", Text),
        ],
        MailKind::IdentityChanged => &[
            ("tenant", Text),
            ("recipient", Text),
            ("provider", Perhaps),
            ("by", Perhaps),
            ("own", Flag),
            ("at", Text),
        ],
        MailKind::ApiKeyCreated => &[
            ("tenant", Text),
            ("recipient", Text),
            ("key", Text),
            ("expires_at", Perhaps),
            ("by", Perhaps),
            ("own", Flag),
            ("at", Text),
        ],
        MailKind::SignInAtProvider => &[("tenant", Text), ("recipient", Text), ("place", Perhaps)],
    }
}

/// Whether a subject may name it: no text of a person, and no secret (D7).
pub(super) fn is_for_subjects(name: &str, variable: Variable) -> bool {
    name == "tenant" || variable == Flag
}

/// With each flag up and down, and each text that there may be there and not.
pub(super) fn samples(kind: MailKind) -> impl Iterator<Item = Facts> {
    let variables = variables(kind);
    let choices = variables.iter().filter(|(_, variable)| *variable != Text).count();
    (0..1_u32 << choices).map(move |chosen| {
        let mut choice = 0;
        let mut next_choice = || {
            choice += 1;
            chosen & (1 << (choice - 1)) != 0
        };
        variables
            .iter()
            .map(|(name, variable)| {
                let fact = match variable {
                    Flag => Fact::Flag(next_choice()),
                    Perhaps if next_choice() => Fact::Absent,
                    Text | Perhaps => Fact::Text(sample(name)),
                };
                (*name, fact)
            })
            .collect()
    })
}

/// What samples have for markup, and no page should.
pub(super) const MARKUP: &str = "<sample>";

/// Text of others has markup in it; links and passwords have not.
fn sample(name: &str) -> String {
    match name {
        "link" => "https://sample.example/page?token=tnr_SampleSampleSample-_".to_owned(),
        "sign_in" => "https://sample.example/sign-in".to_owned(),
        "password" => "SAMPLE-SAMPLE-SAMPLE-SAMPLE".to_owned(),
        name => format!("{MARKUP} {name}"),
    }
}
