use std::fmt;

use serde::{Deserialize, Serialize};

use super::HashingParams;
use super::recipe::Recipe;

/// What is stored of a password: an Argon2 PHC string, `$argon2id$v=19$m=…,t=…,p=…$salt$hash`.
///
/// It carries its own salt and parameters. `Debug` shows the parameters only. It is no password, but who has it can
/// guess offline: keep it in the store, out of answers and logs.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PasswordHash(String);

impl PasswordHash {
    /// Reads a PHC string of argon2id, argon2i or argon2d, in version 16 or 19. Hosts import users so.
    ///
    /// Parameters below the floor of [`HashingParams`] are allowed: such a hash verifies, and is reported as outdated.
    ///
    /// # Errors
    /// [`PasswordHashError`] for any other kind of hash, a malformed string, one without `m`, `t`, `p`, salt
    /// or hash, and one that costs more than the ceiling of [`HashingParams`].
    pub fn parse(phc: &str) -> Result<Self, PasswordHashError> {
        Recipe::read(phc)?;
        Ok(Self(phc.to_owned()))
    }

    /// The PHC string, for a store.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What this hash was made with. It may be below the floor, when it comes from elsewhere.
    pub fn params(&self) -> HashingParams {
        self.recipe().params
    }

    /// Whether the hash should be made anew at the next sign-in: less memory or fewer passes than `current`, another
    /// kind than argon2id in its version 19, or a shorter hash than is made here.
    pub fn is_outdated(&self, current: &HashingParams) -> bool {
        self.recipe().is_outdated(current)
    }

    pub(super) fn made(recipe: Recipe) -> Option<Self> {
        recipe.into_string().map(Self)
    }

    #[expect(clippy::expect_used, reason = "the string was read before it was wrapped")]
    pub(super) fn recipe(&self) -> Recipe {
        Recipe::read(&self.0).expect("a password hash that was read once")
    }
}

impl TryFrom<String> for PasswordHash {
    type Error = PasswordHashError;

    fn try_from(phc: String) -> Result<Self, Self::Error> {
        Self::parse(&phc)
    }
}

impl From<PasswordHash> for String {
    fn from(hash: PasswordHash) -> Self {
        hash.0
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let params = self.params();
        let (m, t, p) = (params.memory_kib(), params.iterations(), params.parallelism());
        write!(f, "PasswordHash(m={m},t={t},p={p},…)")
    }
}

/// The string is no PHC string of Argon2 that can be verified here. It does not say why, nor repeats the string.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a usable argon2 password hash")]
pub struct PasswordHashError;

/// What a verification found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verified {
    /// Whether the password is the one that was hashed.
    pub matches: bool,
    /// Whether it should be hashed anew, see [`PasswordHash::is_outdated`]. Never set without a match.
    pub outdated: bool,
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// `password`, with the weakest parameters and the salt `sixteen salty by`.
    const WEAK: &str = "$argon2id$v=19$m=8,t=1,p=1$c2l4dGVlbiBzYWx0eSBieQ$UUSHcYvX5y9PoUJyjOP8DYMwTLsbjacmr26EdYs0qGw";

    fn weak() -> PasswordHash {
        PasswordHash::parse(WEAK).unwrap()
    }

    #[test]
    fn p5_only_usable_argon2_strings_are_read() {
        let good = weak().as_str().to_owned();
        for kind in ["argon2i", "argon2d"] {
            assert!(PasswordHash::parse(&good.replace("argon2id", kind)).is_ok());
        }
        assert!(PasswordHash::parse(&good.replace("v=19", "v=16")).is_ok());
        assert!(PasswordHash::parse(&good.replace("$v=19", "")).is_ok());
        let bad = [
            String::new(),
            "password".to_owned(),
            "$".to_owned(),
            good[..good.rfind('$').unwrap()].to_owned(),
            format!(" {good}"),
            format!("{good}$"),
            good.replace("argon2id", "scrypt"),
            good.replace("v=19", "v=18"),
            good.replace("m=8,t=1,p=1", "m=8,t=1"),
            good.replace("m=8,t=1,p=1", "m=8,t=1,p=1,data=AAAA"),
            good.replace("m=8,t=1,p=1$", ""),
            good.replace("m=8", "m=7"),
            good.replace("m=8", "m=4294967295"),
            good.replace("m=8", "m=99999999999"),
            good.replace("t=1", "t=0"),
            good.replace("t=1", "t=4294967295"),
            good.replace("p=1", "p=2"),
            "$2b$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW".to_owned(),
        ];
        for text in bad {
            assert_eq!(PasswordHash::parse(&text), Err(PasswordHashError), "{text}");
        }
    }

    #[test]
    fn t1_debug_shows_the_parameters_of_a_hash_only() {
        let kept = weak();
        assert_eq!(format!("{kept:?}"), "PasswordHash(m=8,t=1,p=1,…)");
    }

    #[test]
    fn hashes_serialise_as_their_string_and_are_checked_on_the_way_back() {
        let kept = weak();
        let text = serde_json::to_string(&kept).unwrap();
        assert_eq!(text, format!("\"{}\"", kept.as_str()));
        assert_eq!(serde_json::from_str::<PasswordHash>(&text).unwrap(), kept);
        assert!(serde_json::from_str::<PasswordHash>("\"password\"").is_err());
    }

    proptest! {
        #[test]
        fn p5_reading_any_text_as_a_hash_never_panics(
            text in "(\\$(argon2id|v=19|v=|m=8,t=1,p=1|m=,t=1|[A-Za-z0-9+/]{0,90})){0,6}|.*",
        ) {
            if let Ok(hash) = PasswordHash::parse(&text) {
                prop_assert_eq!(hash.as_str(), text);
            }
        }
    }
}
