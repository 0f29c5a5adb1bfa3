//! The test kit: what downstream projects run against their own store and rules.
//!
//! - [`conformance`] proves that a store obeys the laws; [`mutants`] and [`FailingStore`] are stores that do not.
//! - [`ManualClock`] and [`SeededRandom`]: time and chance that can be repeated.
//! - [`strategies`]: random texts, permissions, grants, policies and steps for `proptest`.
//! - [`commands`], [`World`] and [`Snapshot`]: random sequences of commands on any store, the same on each.
//! - [`invariants`]: what must hold after every one of them.
//!
//! A property test of a store of one's own, beside [`conformance!`](crate::conformance): whatever people do, it answers as
//! [`MemoryStore`](crate::store::MemoryStore) does, and every invariant holds after each step. It takes `proptest` as a dependency.
//!
//! ```
//! # use tenure::store::MemoryStore as StoreOfOnesOwn;
//! use std::sync::Arc;
//!
//! use proptest::prelude::*;
//! use tenure::password::HashingParams;
//! use tenure::store::MemoryStore;
//! use tenure::testing::{World, invariants, strategies};
//!
//! let mut policy = tenure::Policy::default();
//! policy.hashing = HashingParams::weak_for_tests();
//! let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
//! let steps = proptest::collection::vec(strategies::steps(), 1..20);
//! proptest!(ProptestConfig::with_cases(2), |(seed: u64, steps in steps)| {
//!     runtime.block_on(async {
//!         let mut model = World::new(Arc::new(MemoryStore::new()), seed, policy.clone()).await.unwrap();
//!         let mut tried = World::new(Arc::new(StoreOfOnesOwn::new()), seed, policy.clone()).await.unwrap();
//!         let mut before = model.snapshot(None).await.unwrap();
//!         let mut seen = tried.snapshot(None).await.unwrap();
//!         for step in &steps {
//!             let ran = model.run(step, &before).await;
//!             prop_assert_eq!(&ran, &tried.run(step, &seen).await);
//!             let after = model.snapshot(Some(&before)).await.unwrap();
//!             seen = tried.snapshot(Some(&seen)).await.unwrap();
//!             let held = invariants::check(&before, &after, step, &ran, model.policy());
//!             prop_assert!(held.is_ok(), "{:?}: {:?}", step, held);
//!             before = after;
//!         }
//!         Ok(())
//!     })?;
//! });
//! # Ok::<(), std::io::Error>(())
//! ```

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
