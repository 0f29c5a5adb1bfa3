use std::{borrow::Borrow, fmt};

use caseless::Caseless;
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

use super::chars::is_ignorable;

/// The form of a text under which it is looked up and must be unique.
///
/// It is Unicode's `NFKC_Casefold`: compatibility characters are replaced (full-width `Ａ` by `a`), case is folded fully
/// (`ß` is `ss`), characters that cannot be seen are left out, and the result is composed. It knows no locale, so `İ`,
/// `ı` and `i` stay three different letters everywhere. Making the key of a key changes nothing.
///
/// There is only this one normaliser. User names and e-mail addresses share it, and one key space in each tenant, so no
/// user name can pass for somebody else's address.
///
/// ```
/// # use tenure::text::Key;
/// assert_eq!(Key::of("Kate@Example.ORG"), Key::of("kate@example.org"));
/// assert_ne!(Key::of("mıke@example.org"), Key::of("mike@example.org"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct Key(String);

impl Key {
    /// The key of any text. It checks nothing: that is the work of the type the text belongs to.
    pub fn of(text: &str) -> Self {
        if text.is_ascii() {
            return Self(text.to_ascii_lowercase());
        }
        let mut key = fold(text);
        loop {
            let next = fold(&key);
            if next == key {
                return Self(key);
            }
            key = next;
        }
    }

    /// The key as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The key in UTF-8.
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

/// Folding can bring forth characters to replace, and replacing can bring forth capitals (`℠` is `SM`): hence both
/// twice.
fn fold(text: &str) -> String {
    let seen = text.chars().filter(|&c| !is_ignorable(c));
    let once = seen.nfd().default_case_fold().nfkc().filter(|&c| !is_ignorable(c));
    once.default_case_fold().nfkc().collect()
}

impl AsRef<str> for Key {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for Key {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl From<String> for Key {
    fn from(text: String) -> Self {
        Self::of(&text)
    }
}

impl From<Key> for String {
    fn from(key: Key) -> Self {
        key.0
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;
    use unicode_normalization::is_nfkc;

    use super::*;

    #[test]
    fn a1_case_variants_share_one_key() {
        for (one, other) in [
            ("Straße", "STRASSE"),
            ("Σίσυφος", "ΣΊΣΥΦΟΣ"),
            ("Kate", "kATE"),
            ("ǅ", "dž"),
            ("ᾳ", "ΑΙ"),
        ] {
            assert_eq!(Key::of(one), Key::of(other));
        }
    }

    #[test]
    fn a1_composed_and_decomposed_share_one_key() {
        assert_eq!(Key::of("Zo\u{eb}"), Key::of("zoe\u{308}"));
    }

    #[test]
    fn a2_compatibility_characters_collide_with_the_plain_ones() {
        for (look_alike, plain) in [
            ("\u{212a}ate", "kate"),
            ("ｋａｔｅ＠Ｅ．org", "kate@e.org"),
            ("ﬁona", "fiona"),
            ("𝐤ate", "kate"),
        ] {
            assert_eq!(Key::of(look_alike).as_str(), plain);
        }
    }

    #[test]
    fn a2_invisible_characters_make_no_second_key() {
        for text in [
            "ka\u{200b}te",
            "\u{feff}kate",
            "kate\u{202e}",
            "k\u{ad}ate",
            "ka\u{fe0f}te",
        ] {
            assert_eq!(Key::of(text).as_str(), "kate");
        }
    }

    #[test]
    fn a2_dotless_and_dotted_i_are_other_letters() {
        let keys = ["i", "ı", "İ"].map(Key::of);
        assert!(keys[0] != keys[1] && keys[0] != keys[2] && keys[1] != keys[2]);
    }

    #[test]
    fn a2_letters_of_other_scripts_stay_apart() {
        assert_ne!(Key::of("p\u{430}ul"), Key::of("paul"));
    }

    /// The second pass in [`Key::of`] is only a safeguard. All that folds or decomposes is in these two ranges.
    #[test]
    fn one_pass_is_enough_for_every_character() {
        for c in ('\0'..='\u{1ffff}').chain('\u{2f800}'..='\u{2fa1f}') {
            let key = fold(c.encode_utf8(&mut [0; 4]));
            assert_eq!(fold(&key), key, "{c:?}");
            assert!(c.is_ascii() || is_nfkc(&key), "{c:?}");
        }
    }

    #[test]
    fn ascii_takes_the_same_way_as_the_rest() {
        let ascii: String = ('\0'..='\u{7f}').collect();
        assert_eq!(Key::of(&ascii).as_str(), fold(&ascii));
    }

    #[test]
    fn serde_normalises() {
        assert_eq!(serde_json::from_str::<Key>(r#""KATE""#).unwrap(), Key::of("kate"));
    }

    proptest! {
        #[test]
        fn a_key_is_its_own_key(text in any::<String>()) {
            let key = Key::of(&text);
            prop_assert_eq!(Key::of(key.as_str()), key);
        }

        #[test]
        fn a1_case_mapping_keeps_the_key(text in "[a-zA-ZäöüßÄÖÜéèçñσςΣжЖ0-9.@]{0,40}") {
            prop_assert_eq!(Key::of(&text.to_uppercase()), Key::of(&text));
            prop_assert_eq!(Key::of(&text.to_lowercase()), Key::of(&text));
        }

        #[test]
        fn canonically_equal_texts_share_one_key(text in any::<String>()) {
            prop_assert_eq!(Key::of(&text.nfd().collect::<String>()), Key::of(&text));
            prop_assert_eq!(Key::of(&text.nfkc().collect::<String>()), Key::of(&text));
        }
    }
}
