//! Pages, and places in a listing.

use serde::{Deserialize, Serialize};

use crate::model::RecordId;

/// A place in a listing, as stores know it. What a host hands on to a browser and back is a
/// [`PageCursor`](crate::desk::PageCursor).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Cursor {
    /// The sort key there.
    pub key: Vec<u8>,
    /// The record there.
    pub id: RecordId,
}

/// A part of a listing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page<T> {
    /// The records, in order.
    pub items: Vec<T>,
    /// Where the next page begins; none after the last.
    pub next: Option<Cursor>,
    /// How many match in all, at most the number that was asked for; none where it was not asked for.
    pub total: Option<u64>,
}

/// An empty page, whatever its items would be.
impl<T> Default for Page<T> {
    fn default() -> Self {
        Self {
            items: Vec::new(),
            next: None,
            total: None,
        }
    }
}

impl<T> Page<T> {
    /// The same page of another form of its items.
    pub fn map<U>(self, map: impl FnMut(T) -> U) -> Page<U> {
        Page {
            items: self.items.into_iter().map(map).collect(),
            next: self.next,
            total: self.total,
        }
    }
}
