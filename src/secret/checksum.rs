//! The end of a token that lets anybody see, without a store, that it is one.

use base64ct::{Base64UrlUnpadded, Encoding};

const BYTES: usize = 4;

/// Four bytes take six characters of base64, the last of which has four unused bits.
pub(super) const CHARS: usize = 6;

/// CRC-32 finds every change of one character, and every swap of two neighbours, for certain; a digest would for all but
/// one in some thousand million.
fn of(text: &str) -> [u8; BYTES] {
    let mut crc = u32::MAX;
    for byte in text.bytes() {
        crc ^= u32::from(byte);
        for _ in 0..8 {
            let carry = crc & 1;
            crc = (crc >> 1) ^ (carry * 0xedb8_8320);
        }
    }
    (!crc).to_be_bytes()
}

/// Puts the checksum of the text behind it.
pub(super) fn append(text: &mut String) {
    let encoded = Base64UrlUnpadded::encode_string(&of(text));
    text.push_str(&encoded);
}

/// The text before its checksum, if that is the right one, in its one spelling.
pub(super) fn strip(text: &str) -> Option<&str> {
    let (checked, encoded) = text.split_at_checked(text.len().checked_sub(CHARS)?)?;
    let mut room = [0; BYTES];
    let found = Base64UrlUnpadded::decode(encoded, &mut room).ok()?;
    (*found == of(checked)).then_some(checked)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn e6_it_is_the_crc_32_of_zip() {
        assert_eq!(of("123456789"), [0xcb, 0xf4, 0x39, 0x26]);
        assert_eq!(of(""), [0; 4]);
    }

    proptest! {
        #[test]
        fn e6_what_was_appended_is_stripped_and_every_changed_character_is_found(
            text in "[ -~]{0,100}", at in any::<prop::sample::Index>(), other in b' '..=b'~',
        ) {
            let mut whole = text.clone();
            append(&mut whole);
            prop_assert_eq!(whole.len(), text.len() + CHARS);
            prop_assert_eq!(strip(&whole), Some(&text[..]));
            let mut changed = whole.clone().into_bytes();
            let at = at.index(changed.len());
            prop_assume!(changed[at] != other);
            changed[at] = other;
            let changed = String::from_utf8(changed).unwrap();
            prop_assert_eq!(strip(&changed), None);
        }

        #[test]
        fn e6_any_text_is_stripped_or_refused(text in any::<String>()) {
            if let Some(checked) = strip(&text) {
                prop_assert_eq!(checked.len() + CHARS, text.len());
            }
        }
    }
}
