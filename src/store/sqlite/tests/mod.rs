//! What can only be seen from inside: statements and plans, transactions that fail half-way. And a comparison with the
//! memory store, over many random commits.

mod failures;
mod listings;
mod plans;
mod samples;
pub(in crate::store) mod twins;
