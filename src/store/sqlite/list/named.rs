//! What the index of trigrams names, to be asked for one at a time.

use rusqlite::Connection;

use super::found::MANY;
use crate::store::sqlite::failure::Failure;
use crate::store::sqlite::sql::{each, integer};

/// How many bits there are to tell most of what is not named.
const BITS: usize = 1 << 20;

/// Numbers of rows of `tenure_search`.
pub(super) struct Named {
    sorted: Vec<i64>,
    bits: Vec<u64>,
}

impl Named {
    /// All that a question names, up to [`MANY`].
    pub(super) fn by(conn: &Connection, question: &str) -> Result<Self, Failure> {
        let sql = "SELECT rowid FROM tenure_search_index WHERE tenure_search_index MATCH ?1 LIMIT ?2";
        let mut sorted: Vec<i64> = each(conn, sql, (question, integer(MANY)), |row| Ok(row.get(0)?))?;
        sorted.sort_unstable();
        let mut bits = vec![0; BITS / 64];
        for doc in &sorted {
            let (word, bit) = place(*doc);
            if let Some(word) = bits.get_mut(word) {
                *word |= bit;
            }
        }
        Ok(Self { sorted, bits })
    }

    pub(super) fn count(&self) -> u64 {
        self.sorted.len() as u64
    }

    /// How many rows there are about to pass by, of the whole kind in the file, until so many of these have come, if they are spread
    /// over the order as they are over the file.
    pub(super) fn likely(&self, wanted: usize) -> u64 {
        let (Some(first), Some(last)) = (self.sorted.first(), self.sorted.last()) else {
            return 0;
        };
        let rows = u64::try_from((last - first) / 8).unwrap_or_default();
        rows.saturating_mul(wanted as u64) / self.count()
    }

    /// Whether these are not all.
    pub(super) fn are_many(&self) -> bool {
        self.count() >= MANY
    }

    pub(super) fn has(&self, doc: i64) -> bool {
        let (word, bit) = place(doc);
        self.bits.get(word).is_some_and(|word| word & bit != 0) && self.sorted.binary_search(&doc).is_ok()
    }
}

/// A word and a bit in it, by the number of the record's own row. What has the same stands far apart.
fn place(doc: i64) -> (usize, u64) {
    let bit = usize::try_from(doc >> 3).unwrap_or_default() % BITS;
    (bit / 64, 1 << (bit % 64))
}
