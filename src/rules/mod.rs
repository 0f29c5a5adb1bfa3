//! Rules
pub mod courier;
pub mod deletion;
