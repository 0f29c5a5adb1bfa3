use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

#[cfg(test)]
use super::SearchText;
use super::search_text::fields;
use super::sort_key::folded;
use super::{SearchField, TextError};

/// What somebody looks for, as typed into a search box: words, in which `*` and `%` stand for any run of characters, also
/// for none. Everything else is literal: `_`, `\`, `[`, quotes.
///
/// | written | finds |
/// |---|---|
/// | `son` | what has a field with `son` anywhere in it |
/// | `and*` | what has a field that begins with `and` |
/// | `*son` | a field that ends with `son` |
/// | `a*son` | a field that begins with `a` and ends with `son` |
/// | `*nd*s*` | a field with `nd` and, behind it, `s` |
/// | `anna and*` | what has both, be it in one field or in two |
/// | `*` | everything that can be searched at all |
///
/// Case does not count, nor do accents: `muller` finds `Müller` and the other way round, as [`SortKey`](super::SortKey)
/// sorts them. White space only parts words. No word reaches from one field into the next.
///
/// ```
/// # use tenure::text::{SearchField, SearchPattern, SearchText};
/// let text = SearchText::of([(SearchField::FirstName, "Åsa"), (SearchField::LastName, "Lindström")]);
/// assert!(SearchPattern::new("asa lind*")?.matches(text.as_str(), None));
/// assert!(!SearchPattern::new("asa _ind*")?.matches(text.as_str(), None));
/// # Ok::<(), tenure::text::TextError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SearchPattern {
    typed: String,
    words: Vec<Word>,
}

/// One word of a pattern, folded: pieces of text, one behind the other in one field, with any run of characters between.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Word {
    pieces: Vec<String>,
    at_start: bool,
    at_end: bool,
}

impl SearchPattern {
    /// The longest pattern, in characters.
    pub const MAX_CHARS: usize = 200;
    /// The most words.
    pub const MAX_WORDS: usize = 10;
    /// The most wildcards, in all words together.
    pub const MAX_WILDCARDS: usize = 20;

    /// Parses a pattern.
    ///
    /// # Errors
    /// [`TextError::Empty`] where nothing is looked for, [`TextError::ControlCharacter`], [`TextError::TooLong`],
    /// [`TextError::TooManyWords`], [`TextError::TooManyWildcards`].
    pub fn new(text: impl AsRef<str>) -> Result<Self, TextError> {
        let typed = text.as_ref().split_whitespace().collect::<Vec<_>>().join(" ");
        if typed.chars().count() > Self::MAX_CHARS {
            return Err(TextError::TooLong { max: Self::MAX_CHARS });
        }
        if typed.contains(char::is_control) {
            return Err(TextError::ControlCharacter);
        }
        if typed.matches(is_wildcard).count() > Self::MAX_WILDCARDS {
            let max = Self::MAX_WILDCARDS;
            return Err(TextError::TooManyWildcards { max });
        }
        if typed.split(' ').count() > Self::MAX_WORDS {
            return Err(TextError::TooManyWords { max: Self::MAX_WORDS });
        }
        let words: Vec<Word> = typed.split(' ').filter_map(Word::parse).collect();
        if words.is_empty() && !typed.contains(is_wildcard) {
            return Err(TextError::Empty);
        }
        Ok(Self { typed, words })
    }

    /// As it was typed, but for surplus white space.
    pub fn as_str(&self) -> &str {
        &self.typed
    }

    /// The words that must all be found. None where everything matches that has a field at all.
    pub fn words(&self) -> &[Word] {
        &self.words
    }

    /// Whether a [`SearchText`](super::SearchText) is found: in all its fields, or in one. This is the one matcher; a store that matches in
    /// another way has to come to the same.
    pub fn matches(&self, text: &str, field: Option<SearchField>) -> bool {
        let mark = field.map(SearchField::mark);
        let fields = fields(text).filter(|(found, _)| mark.is_none_or(|mark| *found == mark));
        let found = |word: &Word| fields.clone().any(|(_, field)| word.matches(field));
        if self.words.is_empty() {
            return fields.clone().next().is_some();
        }
        self.words.iter().all(found)
    }
}

impl Word {
    /// None where nothing is left of it: any run of characters, or nothing that counts.
    fn parse(typed: &str) -> Option<Self> {
        let pieces: Vec<String> = typed.split(is_wildcard).map(folded).collect();
        let filled: Vec<String> = pieces.iter().filter(|piece| !piece.is_empty()).cloned().collect();
        let has_wildcard = typed.contains(is_wildcard);
        let (first, last) = (pieces.first()?, pieces.last()?);
        (!filled.is_empty()).then_some(Self {
            at_start: has_wildcard && !first.is_empty(),
            at_end: has_wildcard && !last.is_empty(),
            pieces: filled,
        })
    }

    /// What must be there, in this order, folded. None of them is empty.
    pub fn pieces(&self) -> &[String] {
        &self.pieces
    }

    /// Whether the field must begin with the first piece.
    pub fn at_start(&self) -> bool {
        self.at_start
    }

    /// Whether the field must end with the last piece.
    pub fn at_end(&self) -> bool {
        self.at_end
    }

    /// Whether it is found in a field, folded. Each piece is taken where it comes first, which leaves the most for the next.
    pub fn matches(&self, field: &str) -> bool {
        let mut rest = field;
        let mut pieces = self.pieces.as_slice();
        if self.at_start
            && let Some((first, others)) = pieces.split_first()
        {
            let Some(behind) = rest.strip_prefix(first.as_str()) else {
                return false;
            };
            (rest, pieces) = (behind, others);
        }
        if self.at_end
            && let Some((last, others)) = pieces.split_last()
        {
            let Some(before) = rest.strip_suffix(last.as_str()) else {
                return false;
            };
            (rest, pieces) = (before, others);
        }
        pieces.iter().all(|piece| match rest.find(piece.as_str()) {
            Some(at) => {
                rest = &rest[at + piece.len()..];
                true
            }
            None => false,
        })
    }
}

fn is_wildcard(c: char) -> bool {
    matches!(c, '*' | '%')
}

impl fmt::Display for SearchPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.typed)
    }
}

impl FromStr for SearchPattern {
    type Err = TextError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::new(text)
    }
}

impl TryFrom<String> for SearchPattern {
    type Error = TextError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::new(text)
    }
}

impl From<SearchPattern> for String {
    fn from(pattern: SearchPattern) -> Self {
        pattern.typed
    }
}

#[cfg(test)]
mod tests;
