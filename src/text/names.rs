use super::{Key, TextError, chars::one_line, newtype::text_type};

text_type! {
    /// One part of a person's name: the first name or the last.
    ///
    /// 1 to 100 characters in Normalisation Form C. Surrounding white space is dropped and each run of it inside
    /// becomes one space. Refused are: text with nothing to see, control characters, and the characters that cannot be
    /// seen or turn the direction of the text; the joiners that some scripts need are allowed.
    PersonName, MAX_CHARS = 100, one_line
}

text_type! {
    /// How a person is shown to others, such as `Kate O'Hara`.
    ///
    /// 1 to 200 characters, by the rules of [`PersonName`].
    DisplayName, MAX_CHARS = 200, one_line
}

text_type! {
    /// What a tenant, a role or an org unit is called.
    ///
    /// 1 to 200 characters, by the rules of [`PersonName`]. Where names must be unique, their [`Key`]s must.
    Name, MAX_CHARS = 200, one_line
}

text_type! {
    /// The short sign of a member of staff, such as `JDO`.
    ///
    /// 1 to 20 characters in Normalisation Form C. Refused are: white space, control characters, and the characters
    /// that cannot be seen or turn the direction of the text.
    Signature, MAX_CHARS = 20, one_word
}

text_type! {
    /// What an external identity provider calls a user: the `sub` of an ID token, say.
    ///
    /// 1 to 255 visible ASCII characters, as OpenID Connect limits it; kept and compared exactly as given.
    Subject, MAX_CHARS = 255, visible_ascii
}

impl Name {
    /// What the name is looked up by, and unique under where it must be.
    pub fn key(&self) -> Key {
        Key::of(&self.0)
    }
}

impl Signature {
    /// What the sign is looked up by and must be unique under.
    pub fn key(&self) -> Key {
        Key::of(&self.0)
    }
}

fn visible_ascii(text: &str, max: usize) -> Result<String, TextError> {
    if text.is_empty() {
        Err(TextError::Empty)
    } else if text.len() > max {
        Err(TextError::TooLong { max })
    } else if text.bytes().all(|byte| byte.is_ascii_graphic()) {
        Ok(text.to_owned())
    } else {
        Err(TextError::ForbiddenCharacter)
    }
}

fn one_word(text: &str, max: usize) -> Result<String, TextError> {
    let word = one_line(text, max)?;
    if text.contains(char::is_whitespace) {
        Err(TextError::ForbiddenCharacter)
    } else {
        Ok(word)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_keep_their_spelling_but_not_stray_white_space() {
        for (given, kept) in [
            ("O'Hara", "O'Hara"),
            ("  van  der\u{a0}Berg ", "van der Berg"),
            ("Zoe\u{308}", "Zo\u{eb}"),
            ("علی\u{200c}رضا", "علی\u{200c}رضا"),
            ("葛\u{e0100}城", "葛\u{e0100}城"),
            ("محمد Smith", "محمد Smith"),
        ] {
            assert_eq!(PersonName::new(given).unwrap().as_str(), kept);
        }
    }

    #[test]
    fn blank_names_are_refused() {
        for text in ["", " ", "\u{3000}", "\u{200d}", "\u{115f}\u{1160}"] {
            assert_eq!(Name::new(text), Err(TextError::Empty), "{text:?}");
        }
    }

    #[test]
    fn a2_bidi_controls_and_hidden_characters_are_refused() {
        let bidi = ('\u{202a}'..='\u{202e}')
            .chain('\u{2066}'..='\u{2069}')
            .chain(['\u{200e}', '\u{200f}', '\u{61c}']);
        for c in bidi.chain(['\u{200b}', '\u{2060}', '\u{feff}', '\u{ad}', '\u{3164}', '\u{e0041}']) {
            let text = format!("Ka{c}te");
            assert_eq!(PersonName::new(&text), Err(TextError::ForbiddenCharacter), "{text:?}");
            assert_eq!(DisplayName::new(&text), Err(TextError::ForbiddenCharacter), "{text:?}");
            assert_eq!(Name::new(&text), Err(TextError::ForbiddenCharacter), "{text:?}");
            assert_eq!(Signature::new(&text), Err(TextError::ForbiddenCharacter), "{text:?}");
        }
    }

    #[test]
    fn a5_control_characters_are_refused() {
        for c in ('\0'..='\u{9f}')
            .filter(|c| c.is_control())
            .chain(['\u{2028}', '\u{2029}'])
        {
            for text in [format!("Kate{c}"), format!("Ka{c}te")] {
                assert_eq!(PersonName::new(&text), Err(TextError::ControlCharacter), "{text:?}");
                assert_eq!(DisplayName::new(&text), Err(TextError::ControlCharacter), "{text:?}");
                assert_eq!(Name::new(&text), Err(TextError::ControlCharacter), "{text:?}");
                assert_eq!(Signature::new(&text), Err(TextError::ControlCharacter), "{text:?}");
            }
        }
    }

    #[test]
    fn length_is_counted_in_characters_as_kept() {
        assert!(PersonName::new("é".repeat(100)).is_ok());
        assert!(PersonName::new(format!(" {} ", "e\u{301}".repeat(100))).is_ok());
        assert_eq!(PersonName::new("é".repeat(101)), Err(TextError::TooLong { max: 100 }));
        assert_eq!(DisplayName::new("é".repeat(201)), Err(TextError::TooLong { max: 200 }));
        assert_eq!(Signature::new("é".repeat(21)), Err(TextError::TooLong { max: 20 }));
    }

    #[test]
    fn a1_case_and_blanks_make_no_second_name() {
        assert_eq!(
            Name::new(" North  Sales").unwrap().key(),
            Name::new("NORTH SALES").unwrap().key()
        );
        assert_eq!(
            Name::new("Sa\u{200d}les").unwrap().key(),
            Name::new("sales").unwrap().key()
        );
        assert_eq!(
            Signature::new("JDO").unwrap().key(),
            Signature::new("jdo").unwrap().key()
        );
    }

    #[test]
    fn a_signature_is_one_word() {
        for text in ["J DO", " JDO", "JDO\u{a0}"] {
            assert_eq!(Signature::new(text), Err(TextError::ForbiddenCharacter), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn whatever_passes_keeps_every_rule_and_parses_to_itself(text in any::<String>()) {
            if let Ok(name) = Name::new(&text) {
                prop_assert!((1..=Name::MAX_CHARS).contains(&name.as_str().chars().count()));
                prop_assert_eq!(name.as_str().trim(), name.as_str());
                prop_assert!(!name.as_str().contains(char::is_control));
                prop_assert!(!name.key().as_str().is_empty());
                prop_assert_eq!(Name::new(name.as_str()), Ok(name));
            }
        }
    }
}
