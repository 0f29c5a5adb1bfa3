//! Every rule by itself: given values, when called, then the whole decision or the exact refusal.
//!
//! The table in `src/rules/mod.rs` names the module of each rule. A test named after a requirement (`r1_…`) shows it.
#![expect(clippy::unwrap_used, reason = "helpers of tests: a panic is the report")]

mod access;
mod addresses;
mod allowlists;
mod api_keys;
mod bulk;
mod deletion;
#[path = "../support/documents.rs"]
mod documents;
mod due;
mod edits;
mod effective;
mod employees;
mod explain;
mod feed;
mod fixture;
mod identity;
mod invitations;
mod lockouts;
mod login;
mod one_time;
mod operations;
mod passwords;
mod recent;
mod refusals;
mod replay;
mod resets;
mod rights;
mod roles;
mod security_report;
mod sessions;
mod status;
mod tenant;
mod throttle;
mod units;
mod users;
mod versions;
