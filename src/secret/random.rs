use std::error::Error as StdError;
use std::fmt;

/// A source of bytes that nobody can guess: tokens, salts and ids are made of them.
///
/// It is injected, so that tests can replay a run. Everything outside tests uses [`OsRandom`]: an implementation must
/// fill the *whole* slice with output of a cryptographic generator, or return an error. A slice filled in part, or with
/// a constant, makes every token guessable.
pub trait Random: Send + Sync + fmt::Debug {
    /// Fills all of `bytes`.
    ///
    /// # Errors
    /// [`RandomError`] when the source cannot deliver. The caller then gives up its act; it never goes on with
    /// weaker bytes.
    fn fill(&self, bytes: &mut [u8]) -> Result<(), RandomError>;
}

/// Draws an array of `N` bytes, such as the 16 bytes of a password salt.
///
/// # Errors
/// [`RandomError`] when the source cannot deliver.
pub fn random_bytes<const N: usize>(random: &dyn Random) -> Result<[u8; N], RandomError> {
    let mut bytes = [0; N];
    random.fill(&mut bytes)?;
    Ok(bytes)
}

/// The operating system's generator (`getrandom`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OsRandom;

impl Random for OsRandom {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that asks the operating system for randomness"
    )]
    fn fill(&self, bytes: &mut [u8]) -> Result<(), RandomError> {
        getrandom::fill(bytes).map_err(RandomError::new)
    }
}

/// The random source failed. On a running system this practically never happens; it is still an error and no panic, so
/// that one refused call does not take the host down.
#[derive(Debug, thiserror::Error)]
#[error("the random source failed")]
pub struct RandomError {
    source: Box<dyn StdError + Send + Sync>,
}

impl RandomError {
    /// Wraps what the source said.
    pub fn new(source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self { source: source.into() }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Broken;

    impl Random for Broken {
        fn fill(&self, _: &mut [u8]) -> Result<(), RandomError> {
            Err(RandomError::new("no entropy"))
        }
    }

    #[test]
    fn the_operating_system_never_gives_the_same_32_bytes_twice() {
        let draw = || random_bytes::<32>(&OsRandom).unwrap();
        assert_ne!(draw(), draw());
        assert_ne!(draw(), [0; 32]);
    }

    #[test]
    fn a_failing_source_is_an_error_with_its_source() {
        let error = random_bytes::<16>(&Broken).unwrap_err();
        assert_eq!(error.to_string(), "the random source failed");
        assert_eq!(error.source().unwrap().to_string(), "no entropy");
    }
}
