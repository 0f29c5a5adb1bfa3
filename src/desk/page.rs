//! What a listing shows: a page, how many there are, and where the next page begins.

use std::fmt;

use base64ct::{Base64UrlUnpadded, Encoding};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::error::Problem;
use crate::model::{RecordId, RecordKind};
use crate::store::{Cursor, Page};

/// A page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Listed<T> {
    /// What it shows, in order.
    pub items: Vec<T>,
    /// Where the next page begins; none after the last.
    pub next: Option<PageCursor>,
    /// How many match in all, at most the number that was asked for; none where it was not asked for.
    pub total: Option<u64>,
    /// Whether more match than were counted.
    pub capped: bool,
}

impl<T> Listed<T> {
    /// The same page of another form of its items.
    pub fn map<U>(self, map: impl FnMut(T) -> U) -> Listed<U> {
        Listed {
            items: self.items.into_iter().map(map).collect(),
            next: self.next,
            total: self.total,
            capped: self.capped,
        }
    }
}

/// Where a page of a list begins, as a text for a link: letters, digits, `-` and `_`.
///
/// It belongs to one list: of one tenant, with these filters in this order. [`Listing::after`](crate::Listing::after) refuses
/// it for any other, and where it was damaged. It is a place, not a right: what a page shows is limited to what the actor may
/// see, whoever the cursor comes from. It is neither encrypted nor signed, and holds what the list is ordered by: do not show it
/// to anybody who must not see the list.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PageCursor(String);

/// Which list a cursor belongs to.
pub(super) type ListId = [u8; 8];

/// What the bytes look like. Another form, in a later release, begins with another number.
const FORM: u8 = 1;
const ID: usize = size_of::<ListId>();
const CHECKSUM: usize = 4;
/// Longer than any that there are: keys hold names of 200 characters, of which one can become 18 when it is folded.
const LONGEST: usize = 65_536;

impl PageCursor {
    /// The text, as it goes into a link.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(super) fn new(list: ListId, place: &Cursor) -> Self {
        let mut bytes = vec![FORM];
        bytes.extend(list);
        bytes.extend(place.id.uuid().as_bytes());
        bytes.extend(&place.key);
        bytes.extend(checksum(&bytes));
        Self(Base64UrlUnpadded::encode_string(&bytes))
    }

    /// The place in this list of records of this kind.
    pub(super) fn place(&self, list: ListId, kind: RecordKind) -> Result<Cursor, Problem> {
        let (of, id, key) = self.read().ok_or(Problem::NotACursor)?;
        if of != list {
            return Err(Problem::OtherList);
        }
        let id = RecordId::new(kind, id);
        Ok(Cursor { key, id })
    }

    fn read(&self) -> Option<(ListId, Uuid, Vec<u8>)> {
        let text = Some(&self.0).filter(|text| text.len() <= LONGEST)?;
        let bytes = Base64UrlUnpadded::decode_vec(text).ok()?;
        let (content, check) = bytes.split_last_chunk::<CHECKSUM>()?;
        let (form, content_behind) = content.split_first()?;
        let (list, rest) = content_behind.split_first_chunk::<ID>()?;
        let (id, key) = rest.split_first_chunk::<16>()?;
        (*form == FORM && checksum(content) == *check).then(|| (*list, Uuid::from_bytes(*id), key.to_vec()))
    }
}

fn checksum(bytes: &[u8]) -> [u8; CHECKSUM] {
    let hash: [u8; 32] = Sha256::digest(bytes).into();
    hash.first_chunk().copied().unwrap_or_default()
}

/// The page as a host sees it.
pub(super) fn listed<T>(page: Page<T>, list: ListId, most: Option<u64>) -> Listed<T> {
    let counted = page.total.zip(most);
    Listed {
        items: page.items,
        next: page.next.map(|place| PageCursor::new(list, &place)),
        total: counted.map(|(total, most)| total.min(most)),
        capped: counted.is_some_and(|(total, most)| total > most),
    }
}

impl fmt::Display for PageCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl From<String> for PageCursor {
    /// Takes any text; whether it is a cursor is seen where it is used.
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl From<&str> for PageCursor {
    /// Takes any text; whether it is a cursor is seen where it is used.
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}
