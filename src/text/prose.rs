use super::{
    TextError,
    chars::{bounded, is_bidi_override, refuse_controls},
    newtype::text_type,
};

text_type! {
    /// A personal message in a mail, as plain text.
    ///
    /// 1 to 2000 characters in Normalisation Form C. Line breaks and tabs are allowed; `\r\n` becomes `\n`, and counts
    /// as one character. White space at both ends is dropped, inside it is kept. Refused are: text with nothing to see,
    /// other control characters, and those that force the direction of the text around them.
    Message, MAX_CHARS = 2000, |text, max| prose(&text.replace("\r\n", "\n"), max, |c| matches!(c, '\n' | '\t'))
}

text_type! {
    /// Why something was done, in a few words for the record.
    ///
    /// 1 to 500 characters in Normalisation Form C, on one line. White space at both ends is dropped, inside it is
    /// kept. Refused are: text with nothing to see, control characters, and those that force the direction of the text
    /// around them.
    Reason, MAX_CHARS = 500, |text, max| prose(text, max, |_| false)
}

fn prose(text: &str, max: usize, allowed: fn(char) -> bool) -> Result<String, TextError> {
    refuse_controls(text, allowed)?;
    if text.contains(is_bidi_override) {
        return Err(TextError::ForbiddenCharacter);
    }
    bounded(text.trim().chars(), max)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_message_keeps_its_lines() {
        assert_eq!(
            Message::new("\r\nHello,\r\n\r\n\tKate  \n").unwrap().as_str(),
            "Hello,\n\n\tKate"
        );
    }

    #[test]
    fn marks_and_joiners_of_running_text_are_allowed() {
        for text in ["שלום\u{200f}!", "👩\u{200d}💻", "soft\u{ad}hyphen"] {
            assert_eq!(Reason::new(text).unwrap().as_str(), text);
        }
    }

    #[test]
    fn blank_text_is_refused() {
        assert_eq!(Message::new(" \n\t\n"), Err(TextError::Empty));
        assert_eq!(Reason::new("\u{200b}"), Err(TextError::Empty));
    }

    #[test]
    fn a2_text_cannot_be_turned_around() {
        for c in ('\u{202a}'..='\u{202e}').chain('\u{2066}'..='\u{2069}') {
            assert_eq!(
                Message::new(format!("see {c}gro.elpmaxe")),
                Err(TextError::ForbiddenCharacter)
            );
            assert_eq!(
                Reason::new(format!("see {c}gro.elpmaxe")),
                Err(TextError::ForbiddenCharacter)
            );
        }
    }

    #[test]
    fn a5_control_characters_are_refused() {
        for c in ('\0'..='\u{9f}').filter(|c| c.is_control()) {
            assert_eq!(
                Reason::new(format!("left{c}")),
                Err(TextError::ControlCharacter),
                "{c:?}"
            );
            assert_eq!(
                Message::new(format!("He{c}y")).is_ok(),
                matches!(c, '\n' | '\t'),
                "{c:?}"
            );
        }
    }

    #[test]
    fn length_is_counted_as_kept() {
        assert!(Message::new("a\r\n".repeat(1000)).is_ok());
        assert_eq!(Message::new("é".repeat(2001)), Err(TextError::TooLong { max: 2000 }));
        assert_eq!(Reason::new("é".repeat(501)), Err(TextError::TooLong { max: 500 }));
    }

    proptest! {
        #[test]
        fn parsing_again_changes_nothing(text in "(\\PC|\r\n|\n|\t| ){0,40}") {
            if let Ok(message) = Message::new(&text) {
                prop_assert_eq!(Message::new(message.as_str()), Ok(message));
            }
        }
    }
}
