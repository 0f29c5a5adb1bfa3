use precis_profiles::{UsernameCasePreserved, precis_core::profile::PrecisFastInvocation};

use super::{
    EmailAddress, Key, TextError,
    chars::{bounded, is_ignorable, refuse_controls},
    newtype::text_type,
};

text_type! {
    /// The name a person signs in with, in the spelling that was given.
    ///
    /// 1 to 254 characters in Normalisation Form C. The characters are those of RFC 8265's profile
    /// `UsernameCasePreserved`: letters, digits and marks of all scripts, the ASCII signs, in one direction of writing.
    /// An e-mail address is a user name too. Refused are: blanks anywhere, control characters, and all that cannot be
    /// seen or turns the direction of the text.
    ///
    /// User names and e-mail addresses have the same [`Key`]s and share one key space in a tenant, so a user name that
    /// spells somebody's address, in whatever letters, collides with it.
    ///
    /// ```
    /// # use tenure::text::{EmailAddress, TextError, UserName};
    /// assert_eq!(UserName::new("Kate")?.key(), UserName::new("kate")?.key());
    /// assert_eq!(UserName::new("KATE@example.org")?.key(), EmailAddress::new("kate@example.org")?.key());
    /// assert_eq!(UserName::new("kate smith"), Err(TextError::ForbiddenCharacter));
    /// # Ok::<(), TextError>(())
    /// ```
    UserName, MAX_CHARS = 254, parse
}

impl UserName {
    /// What the name is looked up by and must be unique under, together with e-mail addresses.
    pub fn key(&self) -> Key {
        Key::of(&self.0)
    }
}

fn parse(text: &str, max: usize) -> Result<String, TextError> {
    refuse_controls(text, |_| false)?;
    let name = bounded(text.chars(), max)?;
    if name.contains(|c: char| c.is_whitespace() || is_ignorable(c)) {
        return Err(TextError::ForbiddenCharacter);
    }
    if EmailAddress::new(&name).is_ok() {
        return Ok(name);
    }
    UsernameCasePreserved::prepare(name.as_str()).map_err(|_| TextError::ForbiddenCharacter)?;
    UsernameCasePreserved::enforce(name.as_str()).map_err(|_| TextError::NotAUserName)?;
    Ok(name)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn key(text: &str) -> Key {
        UserName::new(text).unwrap().key()
    }

    #[test]
    fn spelling_is_kept_and_composed() {
        assert_eq!(UserName::new("Kate_O'Hara-2").unwrap().as_str(), "Kate_O'Hara-2");
        assert_eq!(UserName::new("zoe\u{308}").unwrap().as_str(), "zo\u{eb}");
        assert_eq!(UserName::new("דניאל").unwrap().as_str(), "דניאל");
    }

    #[test]
    fn a1_case_variants_share_one_key() {
        assert_eq!(key("Straße"), key("STRASSE"));
        assert_eq!(key("Σίσυφος"), key("ΣΊΣΥΦΟΣ"));
    }

    #[test]
    fn a2_look_alikes_never_take_over_an_account() {
        assert_eq!(key("\u{212a}ate"), key("kate"));
        assert_eq!(key("ｋａｔｅ"), key("kate"));
        assert_ne!(key("mıke"), key("mike"));
    }

    #[test]
    fn a2_a_name_that_spells_an_address_collides_with_it() {
        let address = EmailAddress::new("mike@example.org").unwrap().key();
        for name in [
            "mike@example.org",
            "MIKE@EXAMPLE.ORG",
            "mike＠example.org",
            "ｍｉｋｅ@example．org",
            "mi\u{212a}e@example.org",
        ] {
            assert_eq!(key(name), address);
        }
        assert_ne!(key("mıke@example.org"), address);
    }

    #[test]
    fn blanks_and_invisible_characters_are_refused() {
        for name in [
            "kate smith",
            " kate",
            "kate\u{a0}",
            "ka\u{3000}te",
            "ka\u{200b}te",
            "ka\u{200d}te",
            "\u{202e}kate",
            "ka\u{feff}te",
        ] {
            assert_eq!(UserName::new(name), Err(TextError::ForbiddenCharacter), "{name:?}");
        }
        for name in ["", " ", "\u{200b}"] {
            assert_eq!(UserName::new(name), Err(TextError::Empty), "{name:?}");
        }
    }

    #[test]
    fn what_the_profile_leaves_out_is_refused() {
        assert_eq!(UserName::new("☃"), Err(TextError::ForbiddenCharacter));
        assert_eq!(UserName::new("ﬁona"), Err(TextError::ForbiddenCharacter));
        assert_eq!(UserName::new("abcאבג"), Err(TextError::NotAUserName));
    }

    #[test]
    fn length_is_counted_in_characters() {
        assert!(UserName::new("é".repeat(254)).is_ok());
        assert_eq!(UserName::new("é".repeat(255)), Err(TextError::TooLong { max: 254 }));
    }

    #[test]
    fn a5_control_characters_are_refused() {
        for c in ('\0'..='\u{9f}').filter(|c| c.is_control()) {
            assert_eq!(
                UserName::new(format!("kate{c}")),
                Err(TextError::ControlCharacter),
                "{c:?}"
            );
        }
    }

    proptest! {
        #[test]
        fn every_address_is_a_user_name_with_the_same_key(text in "[a-zA-Zäßıאｍ.+-]{1,12}@[a-zA-Züא]{1,8}\\.org") {
            if let Ok(address) = EmailAddress::new(&text) {
                prop_assert_eq!(UserName::new(&text).map(|name| name.key()), Ok(address.key()));
            }
        }

        #[test]
        fn parsing_again_changes_nothing(text in any::<String>()) {
            if let Ok(name) = UserName::new(&text) {
                prop_assert_eq!(UserName::new(name.as_str()), Ok(name));
            }
        }
    }
}
