use std::borrow::Cow;

use email_address::Options;
use precis_profiles::{UsernameCasePreserved, precis_core::profile::PrecisFastInvocation};
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

use super::{
    Key, TextError,
    chars::{is_ignorable, refuse_controls},
    newtype::text_type,
};

text_type! {
    /// Exactly one e-mail address, in the spelling that was given.
    ///
    /// At most 254 bytes of UTF-8, 64 of them before the `@`; the domain has at least two labels. Letters, digits and
    /// marks of all scripts are allowed (RFC 6531) and kept in Normalisation Form C. Refused are: white space even at
    /// the ends, control characters, commas, brackets, quoted local parts, display names (`Kate <kate@example.org>`),
    /// domain literals (`kate@[192.0.2.1]`) and characters that cannot be seen. The same rules hold for the address's
    /// [`Key`], so nothing gets through in a compatibility spelling.
    ///
    /// Nothing is folded that only some providers fold: dots and `+tags` count. Mail goes to the address as it is kept
    /// here. An internationalised domain and its `xn--` form are two addresses.
    ///
    /// ```
    /// # use tenure::text::{EmailAddress, TextError};
    /// let address = EmailAddress::new("Kate@Example.org")?;
    /// assert_eq!(address.as_str(), "Kate@Example.org");
    /// assert_eq!(address.key(), EmailAddress::new("kate@example.org")?.key());
    /// assert_eq!(EmailAddress::new("a@example.org,b@example.org"), Err(TextError::ForbiddenCharacter));
    /// # Ok::<(), TextError>(())
    /// ```
    EmailAddress, MAX_BYTES = 254, parse
}

impl EmailAddress {
    /// What the address is looked up by and must be unique under, together with user names.
    pub fn key(&self) -> Key {
        Key::of(&self.0)
    }

    /// The part after the `@`, as it is kept.
    pub fn domain(&self) -> &str {
        self.0.rsplit_once('@').map_or("", |(_, domain)| domain)
    }
}

fn parse(text: &str, max: usize) -> Result<String, TextError> {
    // Most addresses are ASCII: in Normalisation Form C already, and only of characters that PRECIS allows. Every user
    // that is read from a store comes through here.
    if text.is_ascii() {
        return parse_ascii(text, max);
    }
    let address: String = text.nfc().take(max + 1).collect();
    if address.is_empty() {
        return Err(TextError::Empty);
    }
    if address.len() > max {
        return Err(TextError::TooManyBytes { max });
    }
    refuse_controls(&address, |_| false)?;
    check(&address)?;
    let key = Key::of(&address);
    check(key.as_str())?;
    // `⒈` would bring a dot along.
    if dots(&address) != dots(key.as_str()) {
        return Err(TextError::ForbiddenCharacter);
    }
    // PRECIS knows the letters, digits and marks of all scripts, and refuses what Unicode has not assigned.
    UsernameCasePreserved::prepare(key.as_str()).map_err(|_| TextError::ForbiddenCharacter)?;
    Ok(address)
}

fn parse_ascii(text: &str, max: usize) -> Result<String, TextError> {
    if text.is_empty() {
        return Err(TextError::Empty);
    }
    if text.len() > max {
        return Err(TextError::TooManyBytes { max });
    }
    refuse_controls(text, |_| false)?;
    check(text)?;
    Ok(text.to_owned())
}

fn check(address: &str) -> Result<(), TextError> {
    if address.contains(is_forbidden) {
        return Err(TextError::ForbiddenCharacter);
    }
    let options = Options::default()
        .with_required_tld()
        .without_display_text()
        .without_domain_literal();
    let shape = if address.is_ascii() {
        Cow::Borrowed(address)
    } else {
        Cow::Owned(ascii_shape(address))
    };
    match email_address::EmailAddress::parse_with_options(&shape, options) {
        Ok(_) if !has_stray_mark(address) => Ok(()),
        _ => Err(TextError::NotAnAddress),
    }
}

/// RFC 5322's specials but `@` and `.`, and outside ASCII all that is not a letter, a digit or a mark.
fn is_forbidden(c: char) -> bool {
    let special = matches!(c, '"' | '(' | ')' | ',' | ':' | ';' | '<' | '>' | '[' | '\\' | ']') || c.is_whitespace();
    let beyond_ascii = !c.is_ascii() && (is_ignorable(c) || !(c.is_alphanumeric() || is_combining_mark(c)));
    special || beyond_ascii
}

/// The address with each character outside ASCII replaced by as many letters as it has bytes. The `email_address` crate
/// judges such characters by the bytes of their code points, and refuses marks that Indian scripts need; we judge them
/// ourselves.
fn ascii_shape(address: &str) -> String {
    address
        .bytes()
        .map(|byte| if byte.is_ascii() { char::from(byte) } else { 'x' })
        .collect()
}

fn dots(address: &str) -> usize {
    address.matches('.').count()
}

/// Whether a combining mark sits on a separator instead of a letter.
fn has_stray_mark(address: &str) -> bool {
    let before = std::iter::once('@').chain(address.chars());
    before
        .zip(address.chars())
        .any(|(base, c)| is_combining_mark(c) && base.is_ascii() && !base.is_ascii_alphanumeric())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn key(text: &str) -> Key {
        EmailAddress::new(text).unwrap().key()
    }

    #[test]
    fn plain_addresses_are_kept_as_they_are() {
        for text in [
            "kate@example.org",
            "Kate.O'Hara+list@Example.co.uk",
            "a@b.c",
            "1_2-3%4@10.example",
            "jörg@müller.example",
            "संपर्क@डाटामेल.भारत",
            "Σίσυφος@παράδειγμα.ελ",
        ] {
            assert_eq!(EmailAddress::new(text).unwrap().as_str(), text);
        }
    }

    #[test]
    fn a1_case_variants_share_one_key() {
        assert_eq!(key("Kate@Example.ORG"), key("kate@example.org"));
        assert_eq!(key("STRASSE@example.org"), key("straße@example.org"));
        assert_eq!(key("zoe\u{308}@example.org"), key("Zo\u{eb}@example.org"));
    }

    #[test]
    fn a1_providers_own_folding_is_not_ours() {
        assert_ne!(key("kate.smith@example.org"), key("katesmith@example.org"));
        assert_ne!(key("kate+x@example.org"), key("kate@example.org"));
    }

    #[test]
    fn a2_look_alikes_are_another_account_or_the_same_key() {
        assert_ne!(key("mıke@example.org"), key("mike@example.org"));
        assert_ne!(key("mike@exampıe.org"), key("mike@example.org"));
        assert_eq!(key("\u{212a}ate@example.org"), key("kate@example.org"));
        assert_eq!(key("ｋａｔｅ@ｅxample.org"), key("kate@example.org"));
    }

    #[test]
    fn a3_anything_but_one_address_is_refused() {
        for (text, error) in [
            ("", TextError::Empty),
            ("kate", TextError::NotAnAddress),
            ("@example.org", TextError::NotAnAddress),
            ("kate@", TextError::NotAnAddress),
            ("kate@localhost", TextError::NotAnAddress),
            ("kate@example.org.", TextError::NotAnAddress),
            ("kate@.org", TextError::NotAnAddress),
            ("kate@-x.org", TextError::NotAnAddress),
            (".kate@example.org", TextError::NotAnAddress),
            ("ka..te@example.org", TextError::NotAnAddress),
            ("kate@b@example.org", TextError::NotAnAddress),
            ("\u{301}@example.org", TextError::NotAnAddress),
            ("kate@example.org,eve@example.org", TextError::ForbiddenCharacter),
            ("kate@example.org;eve@example.org", TextError::ForbiddenCharacter),
            ("Kate <kate@example.org>", TextError::ForbiddenCharacter),
            ("<kate@example.org>", TextError::ForbiddenCharacter),
            ("\"kate\"@example.org", TextError::ForbiddenCharacter),
            ("\"a@b\"@example.org", TextError::ForbiddenCharacter),
            ("kate(x)@example.org", TextError::ForbiddenCharacter),
            ("kate@[192.0.2.1]", TextError::ForbiddenCharacter),
            (" kate@example.org", TextError::ForbiddenCharacter),
            ("kate@example.org\u{a0}", TextError::ForbiddenCharacter),
            ("ka\u{200b}te@example.org", TextError::ForbiddenCharacter),
            ("ka\u{3164}te@example.org", TextError::ForbiddenCharacter),
            ("\u{202e}kate@example.org", TextError::ForbiddenCharacter),
            ("ka\u{e180}te@example.org", TextError::ForbiddenCharacter),
        ] {
            assert_eq!(EmailAddress::new(text), Err(error), "{text:?}");
        }
    }

    #[test]
    fn a3_compatibility_spellings_of_separators_are_refused() {
        for c in [
            '＠', '，', '．', '。', '；', '＜', '＂', '\u{3000}', '⑴', '⒈', '½', 'ͺ', '\u{fdfa}', '℀',
        ] {
            assert!(EmailAddress::new(format!("ka{c}te@example.org")).is_err(), "{c}");
            assert!(EmailAddress::new(format!("kate@ex{c}ample.org")).is_err(), "{c}");
        }
    }

    #[test]
    fn a3_length_is_counted_in_bytes() {
        let domain = |n: usize| format!("{}.{}.{}.org", "d".repeat(60), "d".repeat(60), "d".repeat(n));
        let longest = format!("{}@{}", "l".repeat(64), domain(63));
        assert_eq!(longest.len(), 254);
        assert!(EmailAddress::new(&longest).is_ok());
        assert_eq!(
            EmailAddress::new(format!("{longest}g")),
            Err(TextError::TooManyBytes { max: 254 })
        );
        assert_eq!(
            EmailAddress::new(format!("{}@example.org", "l".repeat(65))),
            Err(TextError::NotAnAddress)
        );
        assert_eq!(
            EmailAddress::new(format!("{}@example.org", "é".repeat(33))),
            Err(TextError::NotAnAddress)
        );
    }

    #[test]
    fn a5_control_characters_are_refused() {
        for c in ('\0'..='\u{9f}').filter(|c| c.is_control()) {
            for text in [
                format!("{c}kate@example.org"),
                format!("kate@example.org{c}"),
                format!("ka{c}te@example.org"),
            ] {
                assert_eq!(EmailAddress::new(&text), Err(TextError::ControlCharacter), "{text:?}");
            }
        }
    }

    #[test]
    fn serde_goes_through_the_constructor() {
        let address = EmailAddress::new("Kate@example.org").unwrap();
        assert_eq!(serde_json::to_string(&address).unwrap(), r#""Kate@example.org""#);
        assert_eq!(
            serde_json::from_str::<EmailAddress>(r#""Kate@example.org""#).unwrap(),
            address
        );
        assert!(serde_json::from_str::<EmailAddress>(r#""a@x.org, b@x.org""#).is_err());
    }

    proptest! {
        #[test]
        fn a3_whatever_passes_is_one_address(
            local in "[a-zıßÉ@.＠．，,\"<> \r\u{212a}\u{301}\u{200b}-]{1,12}", domain in "[a-züＡ.-]{1,8}\\.org",
        ) {
            let text = format!("{local}@{domain}");
            if let Ok(address) = EmailAddress::new(&text) {
                for form in [address.as_str(), address.key().as_str()] {
                    prop_assert_eq!(form.matches('@').count(), 1);
                    prop_assert!(!form.contains(|c: char| c.is_whitespace() || c.is_control() || ",;<>\"".contains(c)));
                    prop_assert!(EmailAddress::new(form).is_ok());
                }
                prop_assert_eq!(EmailAddress::new(address.as_str()), Ok(address));
            }
        }

        #[test]
        fn no_text_panics(text in any::<String>()) {
            let _ = EmailAddress::new(&text);
        }
    }
}
