//! The test kit: what downstream projects run against their own store and rules.

mod clock;
mod random;

pub use clock::ManualClock;
pub use random::SeededRandom;
