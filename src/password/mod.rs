//! Passwords: how they are received, judged, hashed and verified.
//!
//! * [`Password`] is what somebody typed. It is taken as received: never trimmed, cut or changed in case.
//! * [`PasswordPolicy`] says which new passwords are good enough, and lists every rule that one breaks.
//! * [`PasswordHash`] is what is stored, an Argon2 PHC string; [`HashingParams`] say what a hash costs. Hashes of other
//!   programs come in through [`PasswordHash::import`].
//! * [`HashPool`] hashes and verifies on threads of its own, so that the async runtime never waits for a hash.

mod blocklist;
mod foreign;
mod hash;
mod hasher;
mod params;
mod policy;
mod pool;
mod recipe;

use std::fmt;

use secrecy::zeroize::{Zeroize, Zeroizing};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer};
use unicode_normalization::UnicodeNormalization;

use crate::secret::OneTimePassword;

pub use hash::{PasswordHash, PasswordHashError, Verified};
pub use params::{HashingParams, HashingParamsError};
pub use policy::{CharacterClass, PasswordPolicy, PasswordPolicyError, PasswordRule};
pub use pool::{HashPool, Permit, PoolError};

/// The longest password, in bytes of its NFC form. Longer ones are refused before any hashing.
pub const MAX_PASSWORD_BYTES: usize = 1_024;

/// Text longer than this is not even normalised. Normalisation shortens by a factor of nine at most (singletons by
/// three, then composition by three), so nothing that would fit is lost.
const MAX_RAW_BYTES: usize = 16 * MAX_PASSWORD_BYTES;

/// A password as somebody typed it.
///
/// Every character is allowed, spaces, controls and NUL included, and nothing is trimmed. Before it is judged, hashed
/// or verified it is brought into Unicode's NFC, so that `é` is the same password on every keyboard. `Debug` shows
/// nothing of it; there is no `Display`, no `Serialize` and no `PartialEq`. The memory is wiped on drop.
#[derive(Clone)]
pub struct Password(SecretString);

impl Password {
    /// What was typed as a one-time password, if it has the form of one; see [`OneTimePassword::read`]. Whoever has a
    /// password of their own may have chosen one that looks so: ask only where a one-time password is what is kept.
    pub fn as_one_time(&self) -> Option<OneTimePassword> {
        OneTimePassword::read(self.0.expose_secret())
    }

    /// Whether this is the same password: character by character, in NFC. For two that one person typed; to compare with what
    /// is kept, the [`HashPool`] verifies.
    pub fn is_same_as(&self, other: &Self) -> bool {
        self.nfc().eq(other.nfc())
    }

    fn nfc(&self) -> impl Iterator<Item = char> {
        self.0.expose_secret().nfc()
    }

    /// The NFC form, or `None` when it is longer than [`MAX_PASSWORD_BYTES`].
    fn normalised(&self) -> Option<Zeroizing<String>> {
        if self.0.expose_secret().len() > MAX_RAW_BYTES {
            return None;
        }
        // All the room at once: a string that grows leaves unwiped copies behind.
        let mut text = Zeroizing::new(String::with_capacity(MAX_PASSWORD_BYTES));
        for char in self.nfc() {
            if text.len() + char.len_utf8() > MAX_PASSWORD_BYTES {
                return None;
            }
            text.push(char);
        }
        Some(text)
    }
}

impl From<SecretString> for Password {
    fn from(secret: SecretString) -> Self {
        Self(secret)
    }
}

impl From<&str> for Password {
    fn from(text: &str) -> Self {
        Self(SecretString::from(text))
    }
}

impl From<String> for Password {
    /// Copies the text into a buffer of its exact size and wipes the one received.
    fn from(mut text: String) -> Self {
        let password = Self::from(text.as_str());
        text.zeroize();
        password
    }
}

impl<'de> Deserialize<'de> for Password {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::from)
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;
    use crate::secret::assert_lacks;

    fn normalised(text: &str) -> Option<String> {
        Password::from(text).normalised().map(|text| text.to_string())
    }

    #[test]
    fn p2_a_password_is_kept_as_received_but_for_nfc() {
        for text in ["", " ", "  a  b\t", "Tab\tNul\0End", "Straße", "ﬁ", "١٢٣", "👩‍👩‍👧"] {
            assert_eq!(normalised(text).as_deref(), Some(text));
        }
        assert_eq!(normalised("e\u{301}").as_deref(), Some("é"));
    }

    #[test]
    fn p2_the_limit_is_1024_bytes_of_the_nfc_form() {
        assert!(normalised(&"a".repeat(1_024)).is_some());
        assert!(normalised(&"a".repeat(1_025)).is_none());
        assert!(normalised(&"é".repeat(512)).is_some());
        assert!(normalised(&"é".repeat(513)).is_none());
        // Three bytes as typed, two composed.
        assert!(normalised(&"e\u{301}".repeat(512)).is_some());
        // Three bytes as typed, one composed: the kelvin sign is a K.
        assert!(normalised(&"\u{212a}".repeat(1_024)).is_some());
        assert!(normalised(&"a".repeat(10_000_000)).is_none());
    }

    #[test]
    fn t1_debug_never_shows_a_password() {
        let password = Password::from("hunter2".to_owned());
        assert_eq!(format!("{password:?}"), "Password(…)");
        assert!(!format!("{:#?}", Some(&password)).contains("hunter"));
        assert_lacks!(Password: std::fmt::Display);
        assert_lacks!(Password: serde::Serialize);
    }

    #[test]
    fn p8_a_one_time_password_is_recognised_in_what_was_typed() {
        let typed = Password::from("0123 4567 89ab cdef ghjk mnpq");
        assert_eq!(typed.as_one_time().unwrap().expose(), "0123-4567-89AB-CDEF-GHJK-MNPQ");
        assert!(Password::from("correct horse battery staple").as_one_time().is_none());
    }

    #[test]
    fn a_password_can_be_read_from_a_form() {
        let password: Password = serde_json::from_str("\" pa ss \"").unwrap();
        assert_eq!(password.0.expose_secret(), " pa ss ");
        let password = Password::from(SecretString::from("secret"));
        assert_eq!(password.0.expose_secret(), "secret");
    }
}
