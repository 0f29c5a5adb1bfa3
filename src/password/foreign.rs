//! Hashes that other programs made: scrypt, bcrypt and PBKDF2. Without the feature `import-hashes` there are none, and
//! reading one says so.

#[cfg(feature = "import-hashes")]
mod kinds;
// Tests always have the feature, through the crate's dependency on itself, and look at what is there without it too.
#[cfg(any(test, not(feature = "import-hashes")))]
#[cfg_attr(feature = "import-hashes", expect(dead_code, reason = "compiled for its test"))]
mod none;

#[cfg(feature = "import-hashes")]
pub(super) use kinds::Foreign;
#[cfg(not(feature = "import-hashes"))]
pub(super) use none::Foreign;

/// How a string of each kind begins.
const PREFIXES: [&str; 6] = ["$scrypt$", "$pbkdf2-sha256$", "$pbkdf2-sha512$", "$2a$", "$2b$", "$2y$"];

/// Whether the string says that it is of one of these kinds.
pub(super) fn is_known(text: &str) -> bool {
    PREFIXES.iter().any(|prefix| text.starts_with(prefix))
}
