//! Rules
pub mod deletion;
