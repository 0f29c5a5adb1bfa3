//! The passwords that everybody tries first, and the words that are guessed from who the user is.
//!
//! `common.txt` holds well-known passwords and their usual variants (with a year, a season, `1!`), written down from
//! general knowledge and not counted in leaks; a list of the 10,000 most common ones is to follow in its place. Entries
//! are case-folded, sorted and unique (a test keeps them so).

use std::sync::LazyLock;

use caseless::Caseless;
use secrecy::zeroize::Zeroizing;
use unicode_normalization::UnicodeNormalization;

const COMMON: &str = include_str!("common.txt");

/// The lines of [`COMMON`], indexed once. They point into the program itself.
static ENTRIES: LazyLock<Vec<&'static str>> = LazyLock::new(|| COMMON.lines().collect());

/// Whether the whole password, folded, is one of the common ones.
pub(super) fn is_common(folded: &str) -> bool {
    ENTRIES.binary_search(&folded).is_ok()
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
    use super::*;

    #[test]
    fn p3_the_list_is_sorted_unique_folded_and_not_short() {
        assert!(ENTRIES.len() >= 500, "{} entries", ENTRIES.len());
        for pair in ENTRIES.windows(2) {
            assert!(pair[0] < pair[1], "{pair:?}");
        }
        for entry in ENTRIES.iter() {
            assert_eq!(*fold(entry), *entry, "not in the form it is searched by");
            assert_eq!(entry.trim(), *entry);
            assert!(!entry.is_empty());
        }
    }

    #[test]
    fn p3_every_entry_is_found_in_any_case_and_width() {
        for entry in ENTRIES.iter() {
            assert!(is_common(&fold(&entry.to_uppercase())), "{entry}");
        }
        assert!(is_common(&fold("Ｐａｓｓｗｏｒｄ")));
        assert!(!is_common(&fold("password ")), "the whole password counts");
        assert!(!is_common(&fold("")));
        assert!(!is_common(&fold("my password is long")));
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
