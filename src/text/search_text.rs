use serde::{Deserialize, Serialize};

use super::sort_key::folded;

/// A field that can be searched, of those that have it. More may come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SearchField {
    /// The signature: an employee's, and their user's.
    Signature,
    /// The given name.
    FirstName,
    /// The family name.
    LastName,
    /// The name that others see; of what has one name only, that.
    DisplayName,
    /// The name to log in with.
    UserName,
    /// The e-mail address.
    Address,
}

impl SearchField {
    /// Every field.
    pub const ALL: [Self; 6] = [
        Self::Signature,
        Self::FirstName,
        Self::LastName,
        Self::DisplayName,
        Self::UserName,
        Self::Address,
    ];

    /// The name in forms.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Signature => "signature",
            Self::FirstName => "first_name",
            Self::LastName => "last_name",
            Self::DisplayName => "display_name",
            Self::UserName => "user_name",
            Self::Address => "address",
        }
    }

    /// The character before the field in a [`SearchText`].
    pub fn mark(self) -> char {
        match self {
            Self::Signature => '\u{1}',
            Self::FirstName => '\u{2}',
            Self::LastName => '\u{3}',
            Self::DisplayName => '\u{4}',
            Self::UserName => '\u{5}',
            Self::Address => '\u{6}',
        }
    }
}

/// All that can be searched of a record, in the form in which patterns are compared with it: one text, for a store to keep
/// and to index.
///
/// Of each field there is its [mark](SearchField::mark), then the field folded, then [`END`](Self::END). Folded is what a
/// [`SortKey`](super::SortKey) begins with: a [`Key`](super::Key) without accents, so that `Müller`, `MULLER` and `müller`
/// are one. There is no other control character in it.
///
/// ```
/// # use tenure::text::{SearchField, SearchText};
/// let text = SearchText::of([(SearchField::LastName, "Müller"), (SearchField::FirstName, "Åke")]);
/// assert_eq!(text.as_str(), "\u{3}muller\u{7}\u{2}ake\u{7}");
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct SearchText(String);

impl SearchText {
    /// The character behind each field.
    pub const END: char = '\u{7}';

    /// The text of some fields.
    pub fn of<'a>(fields: impl IntoIterator<Item = (SearchField, &'a str)>) -> Self {
        let mut text = String::new();
        for (field, value) in fields {
            text.push(field.mark());
            text.push_str(&folded(value));
            text.push(Self::END);
        }
        Self(text)
    }

    /// Takes a text back that [`as_str`](Self::as_str) gave, as a store does.
    pub fn from_stored(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// As a store keeps it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether there is no field at all.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// The fields of a search text, folded, with the mark of each.
pub(super) fn fields(text: &str) -> impl Iterator<Item = (char, &str)> + Clone {
    text.split_terminator(SearchText::END).filter_map(|field| {
        let mut chars = field.chars();
        chars.next().map(|mark| (mark, chars.as_str()))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_field_has_a_mark_of_its_own() {
        let marks: std::collections::BTreeSet<char> = SearchField::ALL.into_iter().map(SearchField::mark).collect();
        assert_eq!(marks.len(), SearchField::ALL.len());
        assert!(!marks.contains(&SearchText::END));
    }

    proptest! {
        #[test]
        fn fields_come_back_folded(first in any::<String>(), last in any::<String>()) {
            let text = SearchText::of([(SearchField::FirstName, first.as_str()), (SearchField::LastName, &last)]);
            let found: Vec<_> = fields(text.as_str()).map(|(mark, field)| (mark, field.to_owned())).collect();
            prop_assert_eq!(found, [('\u{2}', folded(&first)), ('\u{3}', folded(&last))]);
        }
    }
}
