use serde::{Deserialize, Serialize};

/// What a hash costs: Argon2id's memory, passes and lanes.
///
/// Values below the floor cannot be made (see [`new`](Self::new)); values above the ceiling cannot either, because a
/// slip of a digit would otherwise stop the program at the first sign-in. The default is 19 MiB, two passes, one lane:
/// some 14 to 30 ms of one core. A stored password is hashed anew at the next sign-in after these rose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Fields")]
pub struct HashingParams {
    memory_kib: u32,
    iterations: u32,
    parallelism: u32,
}

/// What is read, before its limits are checked.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fields {
    memory_kib: u32,
    iterations: u32,
    parallelism: u32,
}

/// Memory in KiB and passes: at least one of these must be reached in both.
const FLOORS: [(u32, u32); 3] = [(47_104, 1), (19_456, 2), (12_288, 3)];

impl HashingParams {
    /// The most memory that a hash may take: 1 GiB, in KiB.
    pub const MAX_MEMORY_KIB: u32 = 1_048_576;

    /// The most passes that a hash may take.
    pub const MAX_ITERATIONS: u32 = 100;

    /// The most lanes that a hash may have. They run one after another, on one thread.
    pub const MAX_PARALLELISM: u32 = 64;

    /// Takes memory in KiB, the number of passes and the number of lanes.
    ///
    /// # Errors
    /// * [`HashingParamsError::TooWeak`] when none of these is reached: 47,104 KiB and 1 pass, 19,456 KiB and 2 passes,
    ///   12,288 KiB and 3 passes; or without a lane.
    /// * [`HashingParamsError::TooCostly`] above [`MAX_MEMORY_KIB`](Self::MAX_MEMORY_KIB),
    ///   [`MAX_ITERATIONS`](Self::MAX_ITERATIONS) or [`MAX_PARALLELISM`](Self::MAX_PARALLELISM).
    pub fn new(memory_kib: u32, iterations: u32, parallelism: u32) -> Result<Self, HashingParamsError> {
        let params = Self::foreign(memory_kib, iterations, parallelism).ok_or(HashingParamsError::TooCostly)?;
        let reached = FLOORS
            .iter()
            .any(|(memory, passes)| memory_kib >= *memory && iterations >= *passes);
        if reached && parallelism >= 1 {
            Ok(params)
        } else {
            Err(HashingParamsError::TooWeak)
        }
    }

    /// What a hash from elsewhere was made with: below the floor is allowed, above the ceiling is not.
    pub(super) fn foreign(memory_kib: u32, iterations: u32, parallelism: u32) -> Option<Self> {
        let affordable = memory_kib <= Self::MAX_MEMORY_KIB
            && iterations <= Self::MAX_ITERATIONS
            && parallelism <= Self::MAX_PARALLELISM;
        affordable.then_some(Self {
            memory_kib,
            iterations,
            parallelism,
        })
    }

    /// The weakest that Argon2 knows (8 KiB, one pass), so that tests need not wait. It is far below the floor: it does
    /// not read back through serde, and must never hash a real password.
    #[cfg(any(test, feature = "testing"))]
    pub fn weak_for_tests() -> Self {
        Self {
            memory_kib: 8,
            iterations: 1,
            parallelism: 1,
        }
    }

    /// Memory in KiB.
    pub fn memory_kib(&self) -> u32 {
        self.memory_kib
    }

    /// The number of passes over the memory.
    pub fn iterations(&self) -> u32 {
        self.iterations
    }

    /// The number of lanes.
    pub fn parallelism(&self) -> u32 {
        self.parallelism
    }

    /// Whether a hash made with these should be made anew with `current`: less memory times passes. Of two programs with
    /// different parameters never both think so. Lanes do not make a hash on one thread harder to guess.
    pub(super) fn weaker_than(&self, current: &Self) -> bool {
        let work = |params: &Self| u64::from(params.memory_kib) * u64::from(params.iterations);
        work(self) < work(current)
    }
}

impl Default for HashingParams {
    fn default() -> Self {
        Self {
            memory_kib: 19_456,
            iterations: 2,
            parallelism: 1,
        }
    }
}

impl TryFrom<Fields> for HashingParams {
    type Error = HashingParamsError;

    fn try_from(fields: Fields) -> Result<Self, Self::Error> {
        Self::new(fields.memory_kib, fields.iterations, fields.parallelism)
    }
}

/// Hashing parameters outside of their limits. Closed on purpose: there is a floor and a ceiling.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HashingParamsError {
    /// Below every floor.
    #[error("hashing parameters are too weak: they need 47104 KiB with 1 pass, 19456 KiB with 2 or 12288 KiB with 3")]
    TooWeak,
    /// Above the ceiling.
    #[error("hashing parameters are too costly: at most 1048576 KiB, 100 passes and 64 lanes")]
    TooCostly,
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::HashingParamsError::{TooCostly, TooWeak};
    use super::*;

    #[test]
    fn p5_the_default_is_19_mib_in_two_passes_and_reaches_the_floor() {
        let default = HashingParams::default();
        assert_eq!(HashingParams::new(19_456, 2, 1), Ok(default));
    }

    #[test]
    fn p5_each_floor_is_reached_exactly_and_missed_by_one() {
        for (memory, passes) in FLOORS {
            assert!(HashingParams::new(memory, passes, 1).is_ok());
            assert_eq!(HashingParams::new(memory - 1, passes, 1), Err(TooWeak));
            assert_eq!(HashingParams::new(memory, passes - 1, 1), Err(TooWeak));
            assert_eq!(HashingParams::new(memory, passes, 0), Err(TooWeak));
        }
        assert!(HashingParams::new(65_536, 3, 4).is_ok());
        assert_eq!(HashingParams::new(0, 100, 1), Err(TooWeak));
    }

    #[test]
    fn p5_a_ceiling_keeps_a_slip_from_stopping_the_program() {
        assert!(HashingParams::new(1_048_576, 100, 64).is_ok());
        for (memory, passes, lanes) in [(1_048_577, 2, 1), (19_456, 101, 1), (19_456, 2, 65)] {
            assert_eq!(HashingParams::new(memory, passes, lanes), Err(TooCostly));
        }
        assert_eq!(HashingParams::new(u32::MAX, u32::MAX, u32::MAX), Err(TooCostly));
    }

    #[test]
    fn p5_the_floor_holds_for_values_that_are_read_too() {
        let text = serde_json::to_string(&HashingParams::default()).unwrap();
        assert_eq!(text, r#"{"memory_kib":19456,"iterations":2,"parallelism":1}"#);
        let read = serde_json::from_str::<HashingParams>(&text).unwrap();
        assert_eq!(read, HashingParams::default());
        let weak = serde_json::to_string(&HashingParams::weak_for_tests()).unwrap();
        assert!(serde_json::from_str::<HashingParams>(&weak).is_err());
    }

    #[test]
    fn p5_weaker_means_less_memory_times_passes() {
        let made = |memory, passes| HashingParams::foreign(memory, passes, 1).unwrap();
        let current = made(19_456, 2);
        assert!(!current.weaker_than(&current));
        assert!(!made(47_104, 3).weaker_than(&current));
        assert!(made(19_455, 2).weaker_than(&current));
        assert!(made(19_456, 1).weaker_than(&current));
        // Both at the floor, and one of them the better: no two programs hash one password to and fro.
        assert!(!made(47_104, 1).weaker_than(&current) && current.weaker_than(&made(47_104, 1)));
    }
}
