use std::fmt;

use serde::{Deserialize, Serialize};
use unicode_normalization::{UnicodeNormalization, char::canonical_combining_class};

use super::Key;

/// Bytes in whose order people expect to find names: `Ä` beside `A`, capitals beside small letters.
///
/// First come the base letters of every field, then their [`Key`]s, which decide between `Muller` and `Müller` only
/// when everything else is equal. A NUL ends each field, and sorts before every character, so `Lee` comes before
/// `Leeds` whatever follows. Compare sort keys only when they were made from the same number of fields.
///
/// It is no collation table: letters that Unicode does not take apart, such as `ł` and `ø`, come after `z`. It is not
/// for uniqueness either; that is [`Key`]. In serde it is a string of hexadecimal digits, which sort as the bytes do.
///
/// ```
/// # use tenure::text::SortKey;
/// assert!(SortKey::of(&["Ärmel"]) < SortKey::of(&["Bach"]));
/// assert!(SortKey::of(&["Müller", "Anna"]) < SortKey::of(&["Muller", "Bert"]));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SortKey(Vec<u8>);

/// The text is not the hexadecimal form of a [`SortKey`].
#[derive(thiserror::Error, Debug, Clone, Copy, PartialEq, Eq)]
#[error("is not a sort key")]
#[non_exhaustive]
pub struct SortKeyError;

impl SortKey {
    /// The sort key of some fields, the most significant first. NUL characters in them are left out.
    pub fn of(fields: &[&str]) -> Self {
        let keys: Vec<Key> = fields.iter().map(|field| Key::of(field)).collect();
        let mut bytes = String::new();
        for key in &keys {
            push_field(&mut bytes, base_letters(key.as_str()));
        }
        for key in &keys {
            push_field(&mut bytes, key.as_str().chars());
        }
        Self(bytes.into_bytes())
    }

    /// Takes bytes back that [`as_bytes`](Self::as_bytes) gave, as a store does.
    pub fn from_bytes(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// The bytes to compare.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// The form in which texts are searched: the base letters of the key, without control characters. A sort key begins with
/// that of its first field.
pub(super) fn folded(text: &str) -> String {
    base_letters(Key::of(text).as_str())
        .filter(|c| !c.is_control())
        .collect()
}

/// Without its accents. Those are the marks with a combining class; the vowel signs of Indian scripts have none, and
/// stay.
fn base_letters(key: &str) -> impl Iterator<Item = char> {
    key.nfkd().filter(|&c| canonical_combining_class(c) == 0)
}

fn push_field(bytes: &mut String, field: impl Iterator<Item = char>) {
    bytes.extend(field.filter(|&c| c != '\0'));
    bytes.push('\0');
}

impl AsRef<[u8]> for SortKey {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Display for SortKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl From<SortKey> for String {
    fn from(key: SortKey) -> Self {
        key.to_string()
    }
}

impl TryFrom<String> for SortKey {
    type Error = SortKeyError;

    fn try_from(hex: String) -> Result<Self, Self::Error> {
        let (pairs, odd) = hex.as_bytes().as_chunks();
        let bytes: Option<Vec<u8>> = pairs
            .iter()
            .map(|&[high, low]| Some(nibble(high)? << 4 | nibble(low)?))
            .collect();
        bytes.filter(|_| odd.is_empty()).map(Self).ok_or(SortKeyError)
    }
}

fn nibble(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn accents_and_case_sort_beside_the_base_letter() {
        let mut names = ["Zoe", "Bach", "ärmel", "Arm", "Ölsen", "éclair", "Dora", "oder"];
        names.sort_by_key(|name| SortKey::of(&[name]));
        assert_eq!(
            names,
            ["Arm", "ärmel", "Bach", "Dora", "éclair", "oder", "Ölsen", "Zoe"]
        );
    }

    #[test]
    fn a_shorter_first_field_sorts_before_a_longer_one() {
        assert!(SortKey::of(&["Lee", "Zoe"]) < SortKey::of(&["Lee Ann", "Adam"]));
        assert!(SortKey::of(&["Lee", "Zoe"]) < SortKey::of(&["Leeds", "Adam"]));
        assert!(SortKey::of(&["", "Zoe"]) < SortKey::of(&["A", ""]));
    }

    #[test]
    fn an_accent_decides_only_between_equals() {
        assert!(SortKey::of(&["Muller", "Anna"]) < SortKey::of(&["Müller", "Anna"]));
        assert!(SortKey::of(&["Müller", "Anna"]) < SortKey::of(&["Muller", "Bert"]));
    }

    #[test]
    fn vowel_signs_are_letters() {
        assert_ne!(
            base_letters("कि").collect::<String>(),
            base_letters("कु").collect::<String>()
        );
    }

    #[test]
    fn serde_refuses_what_is_not_hexadecimal() {
        for text in ["a", "0g", "AA", "é"] {
            assert_eq!(SortKey::try_from(text.to_owned()), Err(SortKeyError));
        }
    }

    proptest! {
        #[test]
        fn hexadecimal_comes_back_and_keeps_the_order(one in any::<String>(), other in any::<String>()) {
            let (one, other) = (SortKey::of(&[&one]), SortKey::of(&[&other]));
            let hex = serde_json::to_string(&one).unwrap();
            prop_assert_eq!(&serde_json::from_str::<SortKey>(&hex).unwrap(), &one);
            prop_assert_eq!(one.to_string().cmp(&other.to_string()), one.cmp(&other));
        }

        #[test]
        fn texts_with_one_key_sort_together(text in any::<String>()) {
            prop_assert_eq!(SortKey::of(&[&text]), SortKey::of(&[Key::of(&text).as_str()]));
        }

        #[test]
        fn the_first_field_decides(a in "[a-z ]{0,6}", b in "[a-z ]{0,6}", x in any::<String>(), y in any::<String>()) {
            prop_assume!(a != b);
            prop_assert_eq!(SortKey::of(&[&a, &x]).cmp(&SortKey::of(&[&b, &y])), a.cmp(&b));
        }
    }
}
