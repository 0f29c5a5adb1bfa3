use std::fmt;

use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{Random, RandomError, TokenHash};

/// 32 characters that are not taken for one another: of `0` and `O`, `1`, `I` and `L`, only the digits.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const CHARS: usize = 24;
const GROUP: usize = 6;

/// Keeps these hashes apart from those of tokens.
const HASH_DOMAIN: &[u8] = b"tenure one-time password 1\0";

/// A generated password that is good for one login: 24 characters, 120 random bits, in groups joined by `-`.
///
/// It is typed by people, so it has no prefix and names no tenant; both the tenant and the user are covered by its
/// [`hash`](Self::hash), which is all that is kept of it. `Debug` does not show it.
#[derive(Clone)]
pub struct OneTimePassword(SecretString);

impl OneTimePassword {
    /// Makes a new one.
    ///
    /// # Errors
    /// [`RandomError`] when the random source cannot deliver.
    pub fn mint(random: &dyn Random) -> Result<Self, RandomError> {
        let mut bytes = Zeroizing::new([0; CHARS]);
        random.fill(&mut *bytes)?;
        // The exact capacity: growing would leave an unwiped copy behind.
        let mut text = String::with_capacity(CHARS + CHARS / GROUP - 1);
        for (at, byte) in bytes.iter().enumerate() {
            if at > 0 && at % GROUP == 0 {
                text.push('-');
            }
            text.push(char::from(ALPHABET[usize::from(byte % 32)]));
        }
        Ok(Self(text.into()))
    }

    /// The text itself, for the one mail that carries it. Never log it.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// What is stored and looked up instead.
    pub fn hash(&self, tenant: Uuid, user: Uuid) -> TokenHash {
        let digest = Sha256::new()
            .chain_update(HASH_DOMAIN)
            .chain_update(tenant.as_bytes())
            .chain_update(user.as_bytes())
            .chain_update(self.expose())
            .finalize();
        TokenHash::from_bytes(digest.into())
    }
}

impl fmt::Debug for OneTimePassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OneTimePassword").finish_non_exhaustive()
    }
}
