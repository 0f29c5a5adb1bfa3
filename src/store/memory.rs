//! memory
/// x
#[derive(Debug)]
pub struct MemoryStore;
