//! Rules: decisions that take more than one value. Loaded values, input, the instant and the [`Policy`](crate::Policy)
//! in; a [`Decision`] or an exact [`Denied`](crate::Denied) out. Public, so that a host can run every rule without a store.
//!
//! | rule | file | its tests |
//! |---|---|---|
//! | who may give what to whom, and act on whom | `rights.rs` | `tests/rules/rights.rs` |
//! | operation × permission | `operation.rs` | `tests/rules/operations.rs` |
//! | tenant: found, rename, contract, hand over | `tenant.rs` | `tests/rules/tenant.rs` |
//! | org units | `units.rs` | `tests/rules/units.rs` |
//! | roles | `roles.rs` | `tests/rules/roles.rs` |
//! | employees and supervisors | `employees.rs` | `tests/rules/employees.rs` |
//! | users: create, edit | `users.rs` | `tests/rules/users.rs` |
//! | invitations | `invitations.rs` | `tests/rules/invitations.rs` |
//! | status | `status.rs` | `tests/rules/status.rs`, `tests/states/` |
//! | deletion | `deletion.rs` | `tests/rules/deletion.rs` |
//! | login and principal | `access.rs` | `tests/rules/access.rs` |
//! | sessions | `sessions.rs` | `tests/rules/sessions.rs` |
//! | API keys | `api_keys.rs`, `pass.rs` | `tests/rules/api_keys.rs` |
//! | what is due | `due.rs` | `tests/rules/due.rs` |
//! | mail on its way | `courier.rs` | `tests/courier.rs` |
//!
//! A refusal of the store, such as a taken key, becomes a [`Denied`](crate::Denied) in `refusal.rs`
//! (`tests/rules/refusals.rs`).

pub mod access;
pub mod api_keys;
mod context;
pub mod courier;
mod decision;
pub mod deletion;
pub mod due;
pub mod employees;
mod fields;
pub mod invitations;
mod operation;
pub(crate) mod pass;
mod refusal;
pub mod rights;
pub mod roles;
pub mod sessions;
pub mod status;
pub mod tenant;
pub mod units;
pub mod users;

pub use context::Context;
pub use decision::Decision;
pub use operation::Operation;
pub use refusal::refusal;
