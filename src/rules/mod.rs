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
//! | changes of address | `addresses.rs`, `addresses/` | `tests/rules/addresses.rs` |
//! | deletion | `deletion.rs` | `tests/rules/deletion.rs` |
//! | how often a password can be guessed | `throttle.rs` | `tests/rules/throttle.rs` |
//! | login | `login.rs` | `tests/rules/login.rs` |
//! | principal | `access.rs` | `tests/rules/access.rs` |
//! | from where | `allowlists.rs` | `tests/rules/allowlists.rs` |
//! | lockouts | `lockouts.rs` | `tests/rules/lockouts.rs` |
//! | login history | `attempts.rs` | `tests/rules/attempts.rs` |
//! | why, and why not | `explain.rs` | `tests/rules/explain.rs` |
//! | passwords: what a new one ends, the own one | `passwords.rs` | `tests/rules/passwords.rs` |
//! | passwords: new by link | `resets.rs` | `tests/rules/resets.rs` |
//! | how often a new password can be asked for | `request_count.rs` | `tests/rules/resets.rs` |
//! | where both are counted | `counted.rs` | `tests/rules/throttle.rs`, `tests/rules/resets.rs` |
//! | one-time passwords | `one_time.rs` | `tests/rules/one_time.rs` |
//! | whether a login is recent enough | `recent.rs` | `tests/rules/recent.rs` |
//! | external identities | `identity.rs` | `tests/rules/identity.rs` |
//! | notices of what was done to an account | `notices.rs` | `tests/rules/identity.rs`, `tests/rules/api_keys.rs` |
//! | sessions | `sessions.rs` | `tests/rules/sessions.rs` |
//! | API keys | `api_keys.rs`, `pass.rs` | `tests/rules/api_keys.rs` |
//! | what is due | `due.rs` | `tests/rules/due.rs` |
//! | mail on its way | `courier.rs` | `tests/courier.rs` |
//! | bulk: import, export, status of many | `bulk/` | `tests/facade/imports.rs` |
//! | the event log, as it is shown | `feed.rs` | `tests/facade/events.rs` |
//! | what can be rebuilt from the event log | `replay.rs` | `tests/rules/replay.rs`, `tests/facade/events.rs` |
//!
//! A refusal of the store, such as a taken key, becomes a [`Denied`](crate::Denied) in `refusal.rs`
//! (`tests/rules/refusals.rs`).

pub mod access;
pub mod addresses;
pub mod allowlists;
pub mod api_keys;
pub mod bulk;
mod context;
mod counted;
pub mod courier;
mod decision;
pub mod deletion;
pub mod due;
pub mod effective;
pub mod employees;
pub mod explain;
pub mod feed;
mod fields;
pub mod identity;
pub mod invitations;
pub mod link;
pub mod lockouts;
pub mod login;
mod notices;
pub mod one_time;
mod operation;
pub(crate) mod pass;
pub mod passwords;
pub mod recent;
mod refusal;
pub mod replay;
pub mod request_count;
pub mod resets;
pub mod rights;
pub mod roles;
pub mod security_report;
pub mod sessions;
pub mod status;
pub mod tenant;
pub mod throttle;
pub mod units;
pub mod users;
pub mod versions;

pub use context::Context;
pub use decision::Decision;
pub use operation::Operation;
pub use refusal::refusal;
