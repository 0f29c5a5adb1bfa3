use serde::Serialize;

use super::AddressPattern;

/// Why a text was refused.
///
/// The message never repeats the text (a network address that was probably meant at most), so it is safe to log and to
/// show. Serialised, it is an object with its [`code`] and, for a length, the limit: `{"code":"too_long","max":100}`.
/// The enum is `#[non_exhaustive]`: a new type of text may bring a new reason.
///
/// [`code`]: TextError::code
#[derive(thiserror::Error, Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "code", rename_all = "snake_case")]
#[non_exhaustive]
pub enum TextError {
    /// Nothing is left once surrounding white space is gone, or nothing of it can be seen.
    #[error("must not be empty")]
    Empty,
    /// More than `max` characters (Unicode code points).
    #[error("must not be longer than {max} characters")]
    TooLong {
        /// The most characters allowed.
        max: usize,
    },
    /// More than `max` bytes in UTF-8.
    #[error("must not be longer than {max} bytes")]
    TooManyBytes {
        /// The most bytes allowed.
        max: usize,
    },
    /// A control character, such as NUL or a line break in a text of one line.
    #[error("must not contain control characters")]
    ControlCharacter,
    /// A character that this kind of text does not allow, such as a blank in a user name.
    #[error("contains a character that is not allowed here")]
    ForbiddenCharacter,
    /// Not exactly one plain e-mail address.
    #[error("is not an e-mail address")]
    NotAnAddress,
    /// Not a user name in the sense of RFC 8265.
    #[error("is not a user name")]
    NotAUserName,
    /// Not a dotted lower-case name such as `prices.change`.
    #[error("is not the name of a permission")]
    NotAPermission,
    /// Not a well-formed BCP 47 language tag such as `de-CH`.
    #[error("is not a language tag")]
    NotALocale,
    /// Not in the time zone database.
    #[error("is not a known time zone")]
    NotATimeZone,
    /// No IP address, network or wildcard; see [`AddressPattern`].
    #[error("is not an address, a network or a wildcard such as 192.0.2.*")]
    NotAPattern,
    /// An address, network or wildcard in another spelling than the one that everybody uses: with bits set beyond the
    /// network's length (`10.0.0.1/8`), with capitals or zeros to spare (`2001:0DB8::1`).
    #[error("is not written in its usual form; was {meant} meant?")]
    NotCanonical {
        /// What was probably meant. It names addresses only, so it is as safe to show as the rest.
        meant: AddressPattern,
    },
    /// A list of more than `max` entries.
    #[error("must not have more than {max} entries")]
    TooManyEntries {
        /// The most entries allowed.
        max: usize,
    },
    /// A search for more than `max` words at once.
    #[error("must not have more than {max} words")]
    TooManyWords {
        /// The most words allowed.
        max: usize,
    },
    /// A search with more than `max` wildcards.
    #[error("must not have more than {max} wildcards")]
    TooManyWildcards {
        /// The most wildcards allowed.
        max: usize,
    },
}

impl TextError {
    /// A stable name for the reason, for programs: the variant in `snake_case`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::TooLong { .. } => "too_long",
            Self::TooManyBytes { .. } => "too_many_bytes",
            Self::ControlCharacter => "control_character",
            Self::ForbiddenCharacter => "forbidden_character",
            Self::NotAnAddress => "not_an_address",
            Self::NotAUserName => "not_a_user_name",
            Self::NotAPermission => "not_a_permission",
            Self::NotALocale => "not_a_locale",
            Self::NotATimeZone => "not_a_time_zone",
            Self::NotAPattern => "not_a_pattern",
            Self::NotCanonical { .. } => "not_canonical",
            Self::TooManyEntries { .. } => "too_many_entries",
            Self::TooManyWords { .. } => "too_many_words",
            Self::TooManyWildcards { .. } => "too_many_wildcards",
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn all() -> [TextError; 15] {
        [
            TextError::Empty,
            TextError::TooLong { max: 1 },
            TextError::TooManyBytes { max: 1 },
            TextError::ControlCharacter,
            TextError::ForbiddenCharacter,
            TextError::NotAnAddress,
            TextError::NotAUserName,
            TextError::NotAPermission,
            TextError::NotALocale,
            TextError::NotATimeZone,
            TextError::NotAPattern,
            TextError::NotCanonical {
                meant: AddressPattern::new("192.0.2.*").unwrap(),
            },
            TextError::TooManyEntries { max: 1 },
            TextError::TooManyWords { max: 1 },
            TextError::TooManyWildcards { max: 1 },
        ]
    }

    #[test]
    fn the_serialised_form_carries_the_code() {
        for error in all() {
            assert_eq!(serde_json::to_value(&error).unwrap()["code"], error.code());
        }
    }

    #[test]
    fn messages_are_lower_case_without_full_stop() {
        for error in all() {
            let message = error.to_string();
            assert!(
                message.starts_with(char::is_lowercase) && !message.ends_with('.'),
                "{message}"
            );
        }
    }
}
