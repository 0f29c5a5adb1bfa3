//! The test kit: what downstream projects run against their own store and rules.

mod clock;
pub mod conformance;
mod faults;
pub mod mutants;
#[cfg(feature = "postgres")]
pub mod postgres;
mod random;

pub use clock::ManualClock;
pub use faults::{FailingStore, Moment};
pub use random::SeededRandom;
