//! Search patterns as SQL: says the same as [`SearchPattern::matches`].
//!
//! The column holds a [`SearchText`] with one more character behind each mark, so that the beginning of a field is known
//! whichever field it is.

use super::statement::Statement;
use crate::text::{SearchField, SearchPattern, SearchText, Word};

/// Stands behind the mark of a field.
const BEGIN: char = '\u{8}';
const END: char = SearchText::END;

/// A text as the column holds it.
pub(super) fn found(text: &SearchText) -> String {
    let mut found = String::with_capacity(text.as_str().len() + SearchField::ALL.len());
    for field in text.as_str().split_terminator(END) {
        let mut rest = field.chars();
        found.extend(rest.next());
        found.push(BEGIN);
        found.push_str(rest.as_str());
        found.push(END);
    }
    found
}

/// The condition that a text in `column` is found.
pub(super) fn condition(
    statement: &mut Statement,
    pattern: &SearchPattern,
    field: Option<SearchField>,
    column: &str,
) -> String {
    if pattern.words().is_empty() {
        return match field {
            Some(field) => contains(statement, column, beginning(field)),
            None => format!("{column} <> ''"),
        };
    }
    let words = pattern.words().iter();
    let words: Vec<String> = words.map(|word| condition_of(statement, word, field, column)).collect();
    words.join(" AND ")
}

fn condition_of(statement: &mut Statement, word: &Word, field: Option<SearchField>, column: &str) -> String {
    match (word.pieces(), word.at_start(), field) {
        // One look through the whole text is enough where nothing can reach from one field into the next.
        ([piece], false, None) => contains(statement, column, with_end(word, piece.clone())),
        ([piece], true, None) => contains(statement, column, with_end(word, format!("{BEGIN}{piece}"))),
        ([piece], true, Some(field)) => {
            let piece = with_end(word, format!("{}{piece}", beginning(field)));
            contains(statement, column, piece)
        }
        _ => in_one_field(statement, word, field, column),
    }
}

/// Looks through the whole text first, which rules most out, and then field by field.
fn in_one_field(statement: &mut Statement, word: &Word, field: Option<SearchField>, column: &str) -> String {
    let mut all: Vec<String> = Vec::new();
    for piece in word.pieces() {
        all.push(contains(statement, column, piece.clone()));
    }
    let like = statement.bind(like(word, field));
    all.push(format!(
        "EXISTS (SELECT 1 FROM string_to_table({column}, E'\\x07') AS field WHERE field LIKE {like})"
    ));
    all.join(" AND ")
}

fn contains(statement: &mut Statement, column: &str, text: String) -> String {
    let text = statement.bind(text);
    format!("strpos({column}, {text}) > 0")
}

fn beginning(field: SearchField) -> String {
    format!("{}{BEGIN}", field.mark())
}

fn with_end(word: &Word, mut text: String) -> String {
    if word.at_end() {
        text.push(END);
    }
    text
}

/// A field with its mark, as `LIKE` understands it.
fn like(word: &Word, field: Option<SearchField>) -> String {
    let mut like = field.map_or_else(|| format!("_{BEGIN}"), beginning);
    if !word.at_start() {
        like.push('%');
    }
    for (place, piece) in word.pieces().iter().enumerate() {
        if place > 0 {
            like.push('%');
        }
        for letter in piece.chars() {
            if matches!(letter, '%' | '_' | '\\') {
                like.push('\\');
            }
            like.push(letter);
        }
    }
    if !word.at_end() {
        like.push('%');
    }
    like
}
