//! Numbers for the letters of a text, by which an index finds what may match a pattern.
//!
//! Three letters that follow one another in a field make one number, and so do its first letter, its first two, and its last
//! two with the end. The tenant goes into each, so that the index of all tenants reads as if each had its own. Two that come
//! to the same number by chance only make the index name more than matches: what it names is always compared as well.

use crate::id::TenantId;
use crate::text::{SearchText, Word};

/// Stands before a field, twice, and once behind it.
const EDGE: char = SearchText::END;

/// The numbers of all fields, sorted, each once.
pub(super) fn of_text(tenant: TenantId, text: &SearchText) -> Vec<i32> {
    let fields = text.as_str().split_terminator(SearchText::END);
    let letters = fields.flat_map(|field| {
        let value = field.chars().skip(1);
        runs([EDGE, EDGE].into_iter().chain(value).chain([EDGE]).collect())
    });
    numbers(tenant, letters)
}

/// The numbers that a text must have in which these words are found. None where they say too little.
pub(super) fn of_words(tenant: TenantId, words: &[Word]) -> Vec<i32> {
    numbers(tenant, words.iter().flat_map(of_word))
}

fn of_word(word: &Word) -> impl Iterator<Item = [char; 3]> + use<> {
    let last = word.pieces().len().saturating_sub(1);
    let pieces = word.pieces().iter().enumerate().map(|(place, piece)| {
        let before = if word.at_start() && place == 0 { 2 } else { 0 };
        let behind = usize::from(word.at_end() && place == last);
        let edge = |count| std::iter::repeat_n(EDGE, count);
        runs(edge(before).chain(piece.chars()).chain(edge(behind)).collect())
    });
    pieces.flatten().collect::<Vec<_>>().into_iter()
}

/// All that follow one another, three by three.
fn runs(letters: Vec<char>) -> impl Iterator<Item = [char; 3]> {
    (2..letters.len()).map(move |last| [letters[last - 2], letters[last - 1], letters[last]])
}

fn numbers(tenant: TenantId, letters: impl Iterator<Item = [char; 3]>) -> Vec<i32> {
    let mut numbers: Vec<i32> = letters.map(|three| number(tenant, three)).collect();
    numbers.sort_unstable();
    numbers.dedup();
    numbers
}

/// FNV-1a, folded to 32 bits. It is stored, so it stays as it is.
fn number(tenant: TenantId, letters: [char; 3]) -> i32 {
    let letters = letters.into_iter().flat_map(|letter| u32::from(letter).to_le_bytes());
    let bytes = tenant.as_uuid().as_bytes().iter().copied().chain(letters);
    let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let folded = (hash ^ (hash >> 32)) & u64::from(u32::MAX);
    u32::try_from(folded).unwrap_or_default().cast_signed()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;
    use crate::text::{SearchField, SearchPattern};

    const TENANT: TenantId = TenantId::from_uuid(Uuid::from_u128(1));

    #[test]
    fn numbers_stay_as_they_are_stored() {
        let text = SearchText::of([(SearchField::LastName, "Ada")]);
        assert_eq!(
            of_text(TENANT, &text),
            [471_421_204, 475_031_485, 1_407_356_611, 1_791_415_022]
        );
    }

    #[test]
    fn tenants_share_no_number() {
        let other = TenantId::from_uuid(Uuid::from_u128(2));
        assert_ne!(number(TENANT, ['a', 'd', 'a']), number(other, ['a', 'd', 'a']));
    }

    #[test]
    fn a_beginning_says_something_from_its_first_letter_on() {
        for (pattern, count) in [
            ("a*", 1),
            ("ad*", 2),
            ("*da", 1),
            ("*a", 0),
            ("ad", 0),
            ("ada", 1),
            ("*", 0),
        ] {
            let pattern = SearchPattern::new(pattern).unwrap();
            assert_eq!(of_words(TENANT, pattern.words()).len(), count, "{pattern}");
        }
    }

    proptest! {
        #[test]
        fn what_matches_has_the_numbers_of_the_pattern(
            first in "[a-cä ]{0,6}", last in "[a-cß]{0,6}", pattern in "[a-cä*% ]{1,6}",
        ) {
            let text = SearchText::of([(SearchField::FirstName, first.as_str()), (SearchField::LastName, &last)]);
            if let Ok(pattern) = SearchPattern::new(pattern) && pattern.matches(text.as_str(), None) {
                let has = of_text(TENANT, &text);
                prop_assert!(of_words(TENANT, pattern.words()).iter().all(|number| has.contains(number)));
            }
        }
    }
}
