//! What the index of trigrams is asked for a pattern.

use std::collections::BTreeSet;

use rusqlite::Connection;

use super::failure::Failure;
use super::search::scope;
use super::sql::{first, integer, number};
use crate::id::TenantId;
use crate::model::RecordKind;
use crate::text::{SearchField, SearchPattern, SearchText, Word};

/// How many trigrams of a pattern are looked up at most.
const MOST_GRAMS: usize = 6;
/// Of how many it is asked how rare they are.
const MOST_ASKED: usize = 16;
/// So many records tell how rare a trigram is.
const PROBED: u64 = 128;

/// A question to the index that finds every record that a pattern finds, in the whole file, and others. None where the pattern
/// has neither three characters in a row nor two at the beginning of a field, so that the index knows nothing of it.
pub(super) fn question(pattern: &SearchPattern, field: Option<SearchField>) -> Option<String> {
    let parts: BTreeSet<String> = parts(pattern, field).into_iter().flatten().collect();
    // Some of many say as much as all, from end to end of the pattern, and take less to put together.
    let step = parts.len().div_ceil(MOST_GRAMS);
    joined(parts.into_iter().step_by(step.max(1)))
}

/// The same from what is rarest in the file of what the pattern asks for: it says as much as all, and the index goes through
/// the records of each part that it is asked for.
pub(super) fn rarest(
    conn: &Connection,
    pattern: &SearchPattern,
    field: Option<SearchField>,
) -> Result<Option<String>, Failure> {
    let pieces = parts(pattern, field);
    let count: usize = pieces.iter().map(Vec::len).sum();
    let step = count.div_ceil(MOST_ASKED).max(1);
    // One of each piece; if there is but one, then two of it.
    let each = if pieces.len() == 1 { 2 } else { 1 };
    let mut rarest = Vec::new();
    for parts in pieces {
        let mut asked = Vec::new();
        for part in parts.into_iter().step_by(step) {
            let rarity = if count > 2 { rarity(conn, &part)? } else { 0 };
            asked.push((rarity, part));
        }
        asked.sort_unstable();
        asked.dedup();
        rarest.extend(asked.into_iter().take(each));
    }
    rarest.sort_unstable();
    rarest.dedup();
    // What is in few records by itself does not become less by much if it is held against what is in many.
    if rarest.first().is_some_and(|(rarity, _)| *rarity < PROBED) {
        rarest.retain(|(rarity, _)| *rarity < PROBED);
    }
    Ok(joined(rarest.into_iter().take(MOST_GRAMS).map(|(_, part)| part)))
}

/// How many records have a part, or where these are many, a number that is the larger, the closer they stand together.
fn rarity(conn: &Connection, part: &str) -> Result<u64, Failure> {
    let sql = "SELECT count(*), max(rowid) FROM (
                   SELECT rowid FROM tenure_search_index WHERE tenure_search_index MATCH ?1 LIMIT ?2)";
    let found = first(conn, sql, (part, integer(PROBED)), |row| {
        Ok((number(row, 0)?, row.get::<_, Option<i64>>(1)?))
    })?;
    let (count, last) = found.unwrap_or((0, None));
    let last = u64::try_from(last.unwrap_or(0)).unwrap_or(0);
    Ok(if count < PROBED { count } else { u64::MAX - last })
}

fn joined(parts: impl Iterator<Item = String>) -> Option<String> {
    let parts: Vec<String> = parts.collect();
    (!parts.is_empty()).then(|| parts.join(" AND "))
}

/// All that the index can be asked for, by the pieces of the pattern.
fn parts(pattern: &SearchPattern, field: Option<SearchField>) -> Vec<Vec<String>> {
    let words = pattern.words().iter();
    words.flat_map(|word| pieces(word, field)).collect()
}

fn pieces(word: &Word, field: Option<SearchField>) -> Vec<Vec<String>> {
    let mut pieces: Vec<Vec<String>> = grams(word, field)
        .into_iter()
        .map(|grams| grams.iter().map(|gram| quoted(gram)).collect())
        .collect();
    if field.is_none()
        && let (Some(first), Some(begun)) = (pieces.first_mut(), beginnings(word, &SearchField::ALL))
    {
        first.push(begun);
    }
    pieces
}

/// A question limited to the records of one kind of one tenant, or for all of them. Of a large tenant these are so many that
/// whatever is rare is found sooner without.
pub(super) fn scoped(tenant: TenantId, kind: RecordKind, question: Option<&str>) -> String {
    let scope = quoted(&scope(tenant, kind));
    match question {
        Some(question) => format!("{scope} AND {question}"),
        None => scope,
    }
}

/// A question that finds where a word begins one of these fields.
pub(super) fn begun(word: &Word, fields: &[SearchField]) -> Option<String> {
    let begun = beginnings(word, fields)?;
    let grams = grams(word, None).into_iter().flatten().take(MOST_GRAMS);
    joined([begun].into_iter().chain(grams.map(|gram| quoted(&gram))))
}

/// All that a field must hold, three characters each, by the pieces of a word: those at its beginning with the mark before it,
/// where it is known which field that is, and those at its end with what stands behind each field.
fn grams(word: &Word, field: Option<SearchField>) -> Vec<Vec<String>> {
    let last = word.pieces().len().saturating_sub(1);
    let pieces = word.pieces().iter().enumerate().map(|(n, piece)| {
        let before = field.filter(|_| n == 0 && word.at_start()).map(SearchField::mark);
        let behind = (n == last && word.at_end()).then_some(SearchText::END);
        let chars: Vec<char> = before.into_iter().chain(piece.chars()).chain(behind).collect();
        chars.windows(3).map(|gram| gram.iter().collect()).collect()
    });
    pieces.collect()
}

/// One of some fields begins with the first two letters of a word.
fn beginnings(word: &Word, fields: &[SearchField]) -> Option<String> {
    let mut first = word.pieces().first().filter(|_| word.at_start())?.chars();
    let two: String = [first.next()?, first.next()?].into_iter().collect();
    let parts: Vec<String> = fields
        .iter()
        .map(|field| quoted(&format!("{}{two}", field.mark())))
        .collect();
    Some(format!("({})", parts.join(" OR ")))
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}
