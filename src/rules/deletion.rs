//! Deletion
use serde::{Deserialize, Serialize};

/// Something that stands against a deletion.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Blocker {
    /// A stable name, such as `open_invoices`.
    pub code: String,
    /// What it is, for the administrator.
    pub what: String,
    /// How many there are.
    pub count: u64,
    /// What to do about it.
    pub way_out: String,
}
