//! Every rule by itself: given values, when called, then the whole decision or the exact refusal.
//!
//! The table in `src/rules/mod.rs` names the module of each rule. A test named after a requirement (`r1_…`) shows it.
#![expect(clippy::unwrap_used, reason = "helpers of tests: a panic is the report")]

mod access;
mod api_keys;
mod deletion;
#[path = "../support/documents.rs"]
mod documents;
mod due;
mod employees;
mod fixture;
mod invitations;
mod operations;
mod refusals;
mod rights;
mod roles;
mod sessions;
mod status;
mod tenant;
mod units;
mod users;
