//! The test kit: what downstream projects run against their own store and rules.

mod clock;
pub mod conformance;
mod random;

pub use clock::ManualClock;
pub use random::SeededRandom;
