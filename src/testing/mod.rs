//! The test kit: what downstream projects run against their own store and rules.
//!
//! - [`conformance`] proves that a store obeys the laws; [`mutants`] and [`FailingStore`] are stores that do not.
//! - [`ManualClock`] and [`SeededRandom`]: time and chance that can be repeated.
//! - [`strategies`]: random texts, permissions, grants, policies and steps for `proptest`.
//! - [`commands`], [`World`] and [`Snapshot`]: random sequences of commands on any store, the same on each.
//! - [`invariants`]: what must hold after every one of them.

mod choose;
mod clock;
pub mod commands;
pub mod conformance;
mod faults;
pub mod invariants;
pub mod mutants;
mod perform;
#[cfg(feature = "postgres")]
pub mod postgres;
mod random;
mod snapshot;
pub mod strategies;
mod world;

use crate::model::{ApiKey, Client};
use crate::rules::access::{self, Principal};
use crate::rules::rights::Units;
use crate::store::PrincipalRecords;
use crate::{Denied, Policy, Timestamp};

pub use clock::ManualClock;
pub use faults::{FailingStore, Moment};
pub use random::SeededRandom;
pub use snapshot::{Contents, Snapshot};
pub use world::{Answer, Doer, Ran, World};

/// Who a session proves (E3): the rule behind [`Tenure::authenticate`](crate::Tenure::authenticate). Only here, because
/// outside of tests a principal can be had from there alone.
///
/// # Errors
/// [`Denied::NotSignedIn`], whatever the reason.
pub fn principal(
    records: &PrincipalRecords,
    client: &Client,
    policy: &Policy,
    now: Timestamp,
) -> Result<Principal, Denied> {
    access::principal(records, &Units::default(), client, policy, now)
}

/// Whom an API key acts for, and what it allows (E6): the rule behind
/// [`Tenure::authenticate_api`](crate::Tenure::authenticate_api), by whom [`named`](crate::rules::api_keys::named)
/// units are.
///
/// # Errors
/// [`Denied::NotSignedIn`], whatever the reason.
pub fn principal_of_key(
    records: &PrincipalRecords<ApiKey>,
    units: &Units,
    client: &Client,
    policy: &Policy,
    now: Timestamp,
) -> Result<Principal, Denied> {
    access::principal(records, units, client, policy, now)
}
