//! sqlite
/// x
#[derive(Debug)]
pub struct SqliteStore;
