use std::fmt;

use argon2::password_hash::phc;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::HashingParams;
use super::foreign::{self, Foreign};
use super::recipe::Recipe;
use crate::secret::TokenHash;

/// What is stored of a password: an Argon2 PHC string, `$argon2id$v=19$m=…,t=…,p=…$salt$hash`, or one of another kind
/// that came with an imported user.
///
/// It carries its own salt and parameters. `Debug` shows kind and parameters only. It is no password, but who has it can
/// guess offline: keep it in the store, out of answers and logs.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PasswordHash(String);

impl PasswordHash {
    /// The most memory that an imported Argon2 hash may take: 256 MiB, in KiB.
    pub const IMPORT_MAX_MEMORY_KIB: u32 = 262_144;

    /// The most that an imported Argon2 hash may take in all, in KiB times passes: 1 GiB once, 256 MiB four times.
    pub const IMPORT_MAX_WORK_KIB: u64 = 1_048_576;

    /// Takes a hash that another program made, so that its users can go on with their passwords. It verifies as it is;
    /// the sign-in that proves it right is the time to replace it (see [`Verified::outdated`]).
    ///
    /// | kind | string | most that it may cost |
    /// |---|---|---|
    /// | argon2id, argon2i, argon2d | `$argon2id$v=19$m=65536,t=3,p=4$salt$hash`, version 16 or 19 | 256 MiB; memory × passes of 1 GiB; 64 lanes |
    /// | scrypt, with `import-hashes` | `$scrypt$ln=16,r=8,p=1$salt$hash` | 256 MiB; `N × r × p` of 4,194,304 (N=2^17, r=8, p=4) |
    /// | PBKDF2, with `import-hashes` | `$pbkdf2-sha256$i=600000,l=32$salt$hash`, `$pbkdf2-sha512$…`; `l` can be left out | 2,000,000 iterations in all, each block of output counted |
    /// | bcrypt, with `import-hashes` | `$2a$12$…`, `$2b$…`, `$2y$…`, 60 characters | cost 14 |
    ///
    /// All but bcrypt are PHC strings, with salts of 8 to 48 bytes and hashes of 10 to 64. The limits keep one sign-in
    /// below some two seconds of one thread; a thread gives the memory back after it. A hash that is cheaper than the
    /// floor of [`HashingParams`] is taken.
    ///
    /// A password is brought into NFC before it is verified here, whatever the other program did. Of bcrypt, a password of
    /// more than 72 bytes, or with a NUL in it, never matches, for bcrypt itself cannot tell it from others: such a user
    /// resets their password once.
    ///
    /// ```
    /// # use tenure::password::{PasswordHash, PasswordHashError};
    /// let imported = PasswordHash::import("$argon2i$m=65536,t=2,p=1$c29tZXNhbHQ$9sTbSlTio3Biev89thdrlKKiCaYsjjYVJxGAL3swxpQ")?;
    /// assert!(imported.is_outdated(&Default::default()));
    /// assert_eq!(PasswordHash::import("d41d8cd98f00b204e9800998ecf8427e"), Err(PasswordHashError::Unusable));
    /// # Ok::<(), PasswordHashError>(())
    /// ```
    ///
    /// # Errors
    /// * [`PasswordHashError::Unusable`] for any other kind, and for a string that is not exactly in its form.
    /// * [`PasswordHashError::TooCostly`] above the table's limits.
    /// * [`PasswordHashError::NeedsFeature`] without `import-hashes`, for the kinds that need it.
    pub fn import(text: &str) -> Result<Self, PasswordHashError> {
        match Stored::read(text)? {
            Stored::Argon2(recipe) if !Self::is_importable(&recipe.params) => Err(PasswordHashError::TooCostly),
            _ => Ok(Self(text.to_owned())),
        }
    }

    fn is_importable(params: &HashingParams) -> bool {
        let work = u64::from(params.memory_kib()) * u64::from(params.iterations());
        params.memory_kib() <= Self::IMPORT_MAX_MEMORY_KIB && work <= Self::IMPORT_MAX_WORK_KIB
    }

    /// Reads back what [`as_str`](Self::as_str) gave to a store. Use [`import`](Self::import) for hashes from elsewhere:
    /// the ceiling here is that of [`HashingParams`], meant for the host's own slips and far above what a stranger's
    /// file should be able to ask for.
    ///
    /// # Errors
    /// [`PasswordHashError`] for any other kind of hash, a malformed string, one without `m`, `t`, `p`, salt
    /// or hash, and one that costs more than the ceiling.
    pub fn parse(phc: &str) -> Result<Self, PasswordHashError> {
        Stored::read(phc)?;
        Ok(Self(phc.to_owned()))
    }

    /// The string, for a store.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What this hash was made with, if it is one of Argon2. It may be below the floor, when it comes from elsewhere.
    pub fn params(&self) -> Option<HashingParams> {
        match self.stored() {
            Stored::Argon2(recipe) => Some(recipe.params),
            Stored::Foreign(_) => None,
        }
    }

    /// Whether the hash should be made anew at the next sign-in: less memory times passes than `current`, another
    /// kind than argon2id in its version 19, or a shorter hash than is made here.
    pub fn is_outdated(&self, current: &HashingParams) -> bool {
        self.stored().is_outdated(current)
    }

    /// The SHA-256 of the string, by which it can be recognised without being kept.
    pub fn digest(&self) -> TokenHash {
        TokenHash::from_bytes(Sha256::digest(self.0.as_bytes()).into())
    }

    pub(super) fn made(recipe: Recipe) -> Option<Self> {
        recipe.into_string().map(Self)
    }

    #[expect(clippy::expect_used, reason = "the string was read before it was wrapped")]
    pub(super) fn stored(&self) -> Stored {
        Stored::read(&self.0).expect("a password hash that was read once")
    }
}

/// A stored string taken apart.
pub(super) enum Stored {
    Argon2(Recipe),
    Foreign(Foreign),
}

impl Stored {
    fn read(text: &str) -> Result<Self, PasswordHashError> {
        if foreign::is_known(text) {
            Foreign::read(text).map(Self::Foreign)
        } else {
            Recipe::read(text).map(Self::Argon2)
        }
    }

    pub(super) fn is_outdated(&self, current: &HashingParams) -> bool {
        match self {
            Self::Argon2(recipe) => recipe.is_outdated(current),
            Self::Foreign(_) => true,
        }
    }

    pub(super) fn output(&self) -> &phc::Output {
        match self {
            Self::Argon2(recipe) => &recipe.output,
            Self::Foreign(foreign) => foreign.output(),
        }
    }

    /// Whether the hash can tell this password from every other.
    pub(super) fn can_tell(&self, text: &str) -> bool {
        match self {
            Self::Argon2(_) => true,
            Self::Foreign(foreign) => foreign.can_tell(text),
        }
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
        match self.stored() {
            Stored::Argon2(recipe) => {
                let params = recipe.params;
                let (m, t, p) = (params.memory_kib(), params.iterations(), params.parallelism());
                write!(f, "PasswordHash(m={m},t={t},p={p},…)")
            }
            Stored::Foreign(foreign) => write!(f, "PasswordHash({},…)", foreign.kind()),
        }
    }
}

/// Why a string is no password hash that can be verified here. It never repeats the string.
///
/// Closed on purpose: whoever imports hashes answers each of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PasswordHashError {
    /// None of the kinds that are known, or not exactly in the form of its kind.
    #[error("not a usable password hash")]
    Unusable,
    /// Above the limits for its kind: verifying it would hold a thread for many seconds, or take too much memory.
    #[error("the password hash costs too much to verify")]
    TooCostly,
    /// A hash of scrypt, bcrypt or PBKDF2, without the feature `import-hashes`.
    #[error("password hashes of scrypt, bcrypt and PBKDF2 need tenure's feature `import-hashes`")]
    NeedsFeature,
}

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
            good.replace("argon2id", "yescrypt"),
            good.replace("v=19", "v=18"),
            good.replace("m=8,t=1,p=1", "m=8,t=1"),
            good.replace("m=8,t=1,p=1", "m=8,t=1,p=1,data=AAAA"),
            good.replace("m=8,t=1,p=1$", ""),
            good.replace("m=8", "m=7"),
            good.replace("m=8", "m=99999999999"),
            good.replace("t=1", "t=0"),
            good.replace("p=1", "p=2"),
        ];
        for text in bad {
            for read in [PasswordHash::parse(&text), PasswordHash::import(&text)] {
                assert_eq!(read, Err(PasswordHashError::Unusable), "{text}");
            }
        }
        for costly in [
            good.replace("m=8", "m=4294967295"),
            good.replace("t=1", "t=4294967295"),
            good.replace("p=1", "p=65"),
        ] {
            for read in [PasswordHash::parse(&costly), PasswordHash::import(&costly)] {
                assert_eq!(read, Err(PasswordHashError::TooCostly), "{costly}");
            }
        }
    }

    #[test]
    fn p5_an_argon2_hash_from_elsewhere_is_taken_up_to_a_cost_that_one_sign_in_can_bear() {
        let with = |params: &str| WEAK.replace("m=8,t=1,p=1", params);
        for params in [
            "m=8,t=1,p=1",
            "m=65536,t=3,p=4",
            "m=262144,t=4,p=64",
            "m=262144,t=3,p=1",
            "m=10485,t=100,p=1",
        ] {
            assert_eq!(PasswordHash::import(&with(params)).unwrap().as_str(), with(params));
        }
        for params in [
            "m=262145,t=1,p=1",
            "m=262144,t=5,p=1",
            "m=10486,t=100,p=1",
            "m=8,t=101,p=1",
        ] {
            let refused = PasswordHash::import(&with(params));
            assert_eq!(refused, Err(PasswordHashError::TooCostly), "{params}");
        }
        // What the host itself was set to make stays readable.
        assert!(PasswordHash::parse(&with("m=1048576,t=100,p=64")).is_ok());
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
