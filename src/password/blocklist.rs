//! The passwords that everybody tries first, and the words that are guessed from who the user is.
//!
//! `common.txt` holds 25,651 passwords in 225 kB, from two sources:
//! * the list of the npm package `@zxcvbn-ts/language-common` 4.1.3, 49,233 passwords counted in leaks: its 10,000 most
//!   common ones, and all with eight characters or more. (A shorter one is too short for every policy.) It is under the
//!   MIT licence, whose text stands in `common.LICENSE`;
//! * well-known passwords and their usual variants (with a year, a season, `1!`), written down for this crate: lists
//!   from leaks have few that satisfy rules on classes of characters.
//!
//! Entries are case-folded, sorted by their bytes and unique (a test keeps them so).

use std::cmp::Ordering;

use caseless::Caseless;
use secrecy::zeroize::Zeroizing;
use unicode_normalization::UnicodeNormalization;

const COMMON: &str = include_str!("common.txt");

/// Whether the whole password, folded, is one of the common ones.
pub(super) fn is_common(folded: &str) -> bool {
    has_line(COMMON.as_bytes(), folded.as_bytes())
}

/// Bisects sorted lines where they are: an index of them would take more memory than the list.
fn has_line(mut lines: &[u8], wanted: &[u8]) -> bool {
    let is_end = |byte: &u8| *byte == b'\n';
    while !lines.is_empty() {
        let (before, after) = lines.split_at(lines.len() / 2);
        let start = before.iter().rposition(is_end).map_or(0, |end| end + 1);
        let end = before.len() + after.iter().position(is_end).unwrap_or(after.len());
        let (earlier, line) = lines[..end].split_at(start);
        lines = match line.cmp(wanted) {
            Ordering::Equal => return true,
            Ordering::Less => lines.get(end + 1..).unwrap_or_default(),
            Ordering::Greater => earlier,
        };
    }
    false
}

/// Whether the whole password, folded, is one of the words. Blank words are nobody's password.
pub(super) fn is_context_word(folded: &str, words: &[&str]) -> bool {
    words
        .iter()
        .map(|word| fold(word.trim()))
        .any(|word| !word.is_empty() && *word == folded)
}

/// The form in which passwords and words are compared: NFKC and case-folded, so that `ＰＡＳＳＷＯＲＤ` is `password`.
/// Folding can undo normalisation, hence the second round.
pub(super) fn fold(text: &str) -> Zeroizing<String> {
    let folded = text.nfkc().default_case_fold().nfkc();
    // Room for what both steps usually add: a string that grows leaves unwiped copies behind.
    let mut out = Zeroizing::new(String::with_capacity(2 * text.len()));
    out.extend(folded);
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn entries() -> impl Iterator<Item = &'static str> {
        COMMON.lines()
    }

    #[test]
    fn p3_the_list_is_sorted_unique_folded_and_not_short() {
        assert!(entries().count() >= 25_000, "{} entries", entries().count());
        for (one, next) in entries().zip(entries().skip(1)) {
            assert!(one < next, "{one:?} {next:?}");
        }
        for entry in entries() {
            assert_eq!(*fold(entry), *entry, "not in the form it is searched by");
            assert_eq!(entry.trim(), entry);
            assert!(!entry.is_empty());
        }
        assert!(COMMON.len() <= 300_000 && COMMON.ends_with('\n'));
    }

    #[test]
    fn p3_every_entry_is_found_in_any_case_and_width() {
        for entry in entries() {
            assert!(is_common(&fold(&entry.to_uppercase())), "{entry}");
        }
        assert!(is_common(&fold("Ｐａｓｓｗｏｒｄ")));
        assert!(!is_common(&fold("password ")), "the whole password counts");
        assert!(!is_common(&fold("")));
        assert!(!is_common(&fold("my password is long")));
        assert!(!is_common(&fold("password\npassword1")));
    }

    #[test]
    fn p3_what_is_tried_first_everywhere_is_in_the_list() {
        for tried in [
            "123456",
            "password",
            "12345678",
            "qwerty",
            "123456789",
            "12345",
            "1234",
            "111111",
            "1234567",
            "dragon",
            "123123",
            "abc123",
            "iloveyou",
            "letmein",
            "sunshine",
            "football",
            "princess",
            "welcome",
            "baseball",
            "superman",
            "qwertyuiop",
            "1q2w3e4r5t",
            "trustno1",
            "starwars",
            "zaq12wsx",
            "1234567890",
            "qazwsxedc",
            "passw0rd",
            "P@ssw0rd",
            "Password1!",
            "Qwerty123!",
            "Welcome1!",
            "Summer2024!",
            "Admin123!",
            "changeme",
            "correcthorsebatterystaple",
            "1qaz2wsx3edc4rfv",
            "12345678987654321",
        ] {
            assert!(is_common(&fold(tried)), "{tried}");
        }
    }

    proptest! {
        #[test]
        fn p3_bisecting_finds_exactly_what_is_there(
            words in proptest::collection::btree_set("[ab]{1,4}|[a-zé]{1,3}", 0..30), wanted in "[abé\\n]{0,4}",
        ) {
            let mut text = String::new();
            for word in &words {
                text.push_str(word);
                text.push('\n');
            }
            for word in &words {
                prop_assert!(has_line(text.as_bytes(), word.as_bytes()));
            }
            prop_assert_eq!(has_line(text.as_bytes(), wanted.as_bytes()), words.contains(&wanted));
        }
    }

    #[test]
    fn p3_context_words_match_whole_and_caseless() {
        let words = ["Müller", " ada@example.org ", "", "  ", "ΣΊΣΥΦΟΣ"];
        for password in ["MÜLLER", "mu\u{308}ller", "ADA@example.org", "Σίσυφος"] {
            assert!(is_context_word(&fold(password), &words), "{password}");
        }
        for password in ["", " ", "Müller1", "ada", "example"] {
            assert!(!is_context_word(&fold(password), &words), "{password:?}");
        }
    }
}
