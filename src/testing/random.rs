//! Chance that can be repeated.

use std::sync::atomic::{AtomicU64, Ordering};

use sha2::{Digest, Sha256};

use crate::secret::{Random, RandomError};

/// A source of bytes that gives the same ones for the same seed, in the same order. For tests only: whoever knows the seed
/// knows every token.
///
/// ```
/// use tenure::secret::random_bytes;
/// use tenure::testing::SeededRandom;
///
/// let draw = |seed| random_bytes::<32>(&SeededRandom::new(seed)).unwrap();
/// assert_eq!(draw(1), draw(1));
/// assert_ne!(draw(1), draw(2));
/// ```
#[derive(Debug)]
pub struct SeededRandom {
    seed: u64,
    drawn: AtomicU64,
}

impl SeededRandom {
    /// The source of this seed.
    pub fn new(seed: u64) -> Self {
        Self {
            seed,
            drawn: AtomicU64::new(0),
        }
    }
}

impl Random for SeededRandom {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), RandomError> {
        for chunk in bytes.chunks_mut(32) {
            let block = Sha256::new()
                .chain_update(self.seed.to_be_bytes())
                .chain_update(self.drawn.fetch_add(1, Ordering::SeqCst).to_be_bytes())
                .finalize();
            chunk.copy_from_slice(&block[..chunk.len()]);
        }
        Ok(())
    }
}
