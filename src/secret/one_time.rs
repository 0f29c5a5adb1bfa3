use std::fmt;

use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{Random, RandomError, TokenHash, random_bytes};

/// Crockford's base32: no letter that is easily taken for a digit, and no `U`.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// 24 characters of five bits are 120.
const CHARS: usize = 24;
const GROUP: usize = 4;

/// What nobody types: longer text is not even looked at.
const MAX_TYPED_BYTES: usize = 256;

/// Keeps these hashes apart from those of tokens, and lets a later version differ.
const HASH_DOMAIN: &[u8] = b"tenure one-time password 1\0";

/// A password that the system made up, good for one sign-in: it goes to the user by mail, who types it and then sets
/// one of their own.
///
/// Its text is six groups of four characters, as in `7Q2K-9XWD-0M4T-HB6S-R3NC-E8VZ`: 120 random bits, over digits and the
/// capital letters but `I`, `L`, `O` and `U` (Crockford's base32). It is made once ([`mint`](Self::mint)), shown once
/// ([`expose`](Self::expose)) and kept as its [`hash`](Self::hash) only; with so many bits nobody can guess it, so that a
/// fast hash is enough. `Debug` shows nothing of it; there is no `Display`, no `Serialize` and no `PartialEq`. The memory
/// is wiped on drop.
#[derive(Clone)]
pub struct OneTimePassword(SecretString);

impl OneTimePassword {
    /// Makes a new one.
    ///
    /// # Errors
    /// [`RandomError`] when the random source cannot deliver.
    pub fn mint(random: &dyn Random) -> Result<Self, RandomError> {
        let bytes = Zeroizing::new(random_bytes::<CHARS>(random)?);
        // 256 is a multiple of 32, so each character is as likely as any other.
        let chars = bytes.iter().filter_map(|byte| ALPHABET.get(usize::from(byte % 32)));
        Ok(Self::spell(chars.copied().map(char::from)))
    }

    /// Reads what somebody typed or pasted. The alphabet is ours, so a few things are forgiven, and no others:
    ///
    /// * lower case counts as upper case;
    /// * white space and dashes of any kind are left out, wherever they stand;
    /// * `O` is taken for `0`, and `I` and `L` for `1`, none of which the alphabet has.
    ///
    /// What is left must be 24 characters of the alphabet. It says only that the text *could* be a one-time password;
    /// whether it is somebody's, its [`hash`](Self::hash) tells. `None` is no error but a wrong password.
    ///
    /// ```
    /// # use tenure::secret::OneTimePassword;
    /// let typed = OneTimePassword::read(" 7q2k 9xwd om4t hb6s r3nc e8vz ").unwrap();
    /// assert_eq!(typed.expose(), "7Q2K-9XWD-0M4T-HB6S-R3NC-E8VZ");
    /// assert!(OneTimePassword::read("7Q2K-9XWD").is_none());
    /// ```
    pub fn read(typed: &str) -> Option<Self> {
        if typed.len() > MAX_TYPED_BYTES {
            return None;
        }
        let chars = typed.chars().filter(|c| !is_separator(*c));
        let mut count = 0;
        let known = chars.clone().all(|c| {
            count += 1;
            canonical(c).is_some()
        });
        (known && count == CHARS).then(|| Self::spell(chars.filter_map(canonical)))
    }

    /// What is stored instead: SHA-256 over the one-time password, and over whose it is. The same one of another user, or
    /// of the same user id in another tenant, has another hash.
    pub fn hash(&self, tenant: Uuid, user: Uuid) -> TokenHash {
        let digest = Sha256::new()
            .chain_update(HASH_DOMAIN)
            .chain_update(tenant.as_bytes())
            .chain_update(user.as_bytes())
            .chain_update(self.expose())
            .finalize();
        TokenHash::from_bytes(digest.into())
    }

    /// The text itself, for the one mail that it goes into. Never log it.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// Joins the characters in groups.
    fn spell(chars: impl Iterator<Item = char>) -> Self {
        // All the room at once: a string that grows leaves unwiped copies behind.
        let mut text = Zeroizing::new(String::with_capacity(CHARS + CHARS / GROUP));
        for (at, char) in chars.enumerate() {
            if at > 0 && at % GROUP == 0 {
                text.push('-');
            }
            text.push(char);
        }
        Self(SecretString::from(text.as_str()))
    }
}

/// The character of the alphabet that is meant.
fn canonical(typed: char) -> Option<char> {
    let meant = match typed.to_ascii_uppercase() {
        'O' => '0',
        'I' | 'L' => '1',
        other => other,
    };
    ALPHABET
        .iter()
        .any(|known| char::from(*known) == meant)
        .then_some(meant)
}

/// White space; the ASCII hyphen, and those that mail programs and keyboards make of it.
fn is_separator(typed: char) -> bool {
    typed.is_whitespace() || matches!(typed, '-' | '\u{ad}' | '\u{2010}'..='\u{2015}' | '\u{2212}')
}

impl fmt::Debug for OneTimePassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OneTimePassword(…)")
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::collections::BTreeSet;
    use std::sync::Mutex;

    use proptest::prelude::*;

    use super::super::{OsRandom, assert_lacks};
    use super::*;

    const TENANT: Uuid = Uuid::from_u128(1);
    const USER: Uuid = Uuid::from_u128(2);

    /// Gives these bytes, over and over.
    #[derive(Debug)]
    struct Given(Vec<u8>, Mutex<usize>);

    impl Given {
        fn new(bytes: impl Into<Vec<u8>>) -> Self {
            Self(bytes.into(), Mutex::default())
        }
    }

    impl Random for Given {
        fn fill(&self, bytes: &mut [u8]) -> Result<(), RandomError> {
            *self.1.lock().unwrap() += bytes.len();
            for (byte, given) in bytes.iter_mut().zip(self.0.iter().cycle()) {
                *byte = *given;
            }
            Ok(())
        }
    }

    fn mint() -> OneTimePassword {
        OneTimePassword::mint(&OsRandom).unwrap()
    }

    fn read(typed: &str) -> Option<String> {
        OneTimePassword::read(typed).map(|read| read.expose().to_owned())
    }

    #[test]
    fn t1_it_is_24_characters_of_five_random_bits_each() {
        let random = Given::new((0..24).collect::<Vec<_>>());
        let made = OneTimePassword::mint(&random).unwrap();
        assert_eq!(made.expose(), "0123-4567-89AB-CDEF-GHJK-MNPQ");
        assert_eq!(*random.1.lock().unwrap(), 24);
        let high = OneTimePassword::mint(&Given::new((232..=255).collect::<Vec<_>>())).unwrap();
        assert_eq!(high.expose(), "89AB-CDEF-GHJK-MNPQ-RSTV-WXYZ");
        let distinct: BTreeSet<_> = ALPHABET.iter().collect();
        assert_eq!(distinct.len(), 32, "five bits a character");
    }

    #[test]
    fn t1_every_character_of_the_alphabet_comes_up_at_every_place() {
        let drawn: Vec<_> = (0..2_000).map(|_| mint().expose().to_owned()).collect();
        for at in (0..29).filter(|at| at % 5 != 4) {
            let seen: BTreeSet<_> = drawn.iter().map(|text| text.as_bytes()[at]).collect();
            assert_eq!(seen, ALPHABET.iter().copied().collect(), "place {at}");
        }
        let distinct: BTreeSet<_> = drawn.iter().collect();
        assert_eq!(distinct.len(), drawn.len());
    }

    #[test]
    fn t1_a_failing_source_makes_none() {
        #[derive(Debug)]
        struct Broken;
        impl Random for Broken {
            fn fill(&self, _: &mut [u8]) -> Result<(), RandomError> {
                Err(RandomError::new("no entropy"))
            }
        }
        assert!(OneTimePassword::mint(&Broken).is_err());
    }

    #[test]
    fn t1_debug_shows_nothing_and_it_can_neither_be_displayed_nor_serialised() {
        let made = mint();
        assert_eq!(format!("{made:?}"), "OneTimePassword(…)");
        let shown = format!("{:#?} {:?}", Some(&made), made.hash(TENANT, USER));
        assert!(!shown.contains(&made.expose()[..4]), "{shown}");
        assert_lacks!(OneTimePassword: fmt::Display);
        assert_lacks!(OneTimePassword: serde::Serialize);
        assert_lacks!(OneTimePassword: PartialEq);
    }

    #[test]
    fn t1_the_hash_is_the_users_own_and_stays_as_it_is_stored_today() {
        let made = OneTimePassword::read("0123456789ABCDEFGHJKMNPQ").unwrap();
        let hash = made.hash(TENANT, USER);
        assert_eq!(
            serde_json::to_string(&hash).unwrap(),
            "\"1p3At-e4ZOZft7mrC0CIPQlBRvG2acrd_5cuTyj2oDU\"",
            "worked out elsewhere (hashlib)"
        );
        let other = OneTimePassword::read("0123456789ABCDEFGHJKMNPR").unwrap();
        let hashes = [
            hash,
            made.hash(USER, TENANT),
            made.hash(TENANT, TENANT),
            made.hash(USER, USER),
            other.hash(TENANT, USER),
        ];
        assert_eq!(hashes.iter().collect::<BTreeSet<_>>().len(), hashes.len());
    }

    #[test]
    fn t2_what_people_do_to_it_is_forgiven() {
        let expected = Some("0123-4567-89AB-CDEF-GHJK-MNPQ".to_owned());
        for typed in [
            "0123-4567-89AB-CDEF-GHJK-MNPQ",
            "0123456789ABCDEFGHJKMNPQ",
            "0123-4567-89ab-cdef-ghjk-mnpq",
            " 0123 4567 89AB CDEF GHJK MNPQ\r\n",
            "\t0123\u{a0}4567\u{2009}89AB\u{3000}CDEF GHJK MNPQ",
            "0123–4567—89AB‑CDEF−GHJK‐MNPQ",
            "0123-4567-\u{ad}89AB-CDEF-GHJK-MNPQ-",
            "oI23-4567-89AB-CDEF-GHJK-MNPQ",
            "OL23-4567-89AB-CDEF-GHJK-MNPQ",
            "0l23-4567-89AB-CDEF-GHJK-MNPQ",
            "--0-1-2-3-4-5-6-7-8-9-A-B-C-D-E-F-G-H-J-K-M-N-P-Q",
        ] {
            assert_eq!(read(typed), expected, "{typed:?}");
        }
    }

    #[test]
    fn t2_anything_else_is_none() {
        for typed in [
            "",
            " ",
            "-",
            "\0",
            "0123-4567-89AB-CDEF-GHJK-MNP",
            "0123-4567-89AB-CDEF-GHJK-MNPQR",
            "0123-4567-89AB-CDEF-GHJK-MNPU",
            "0123-4567-89AB-CDEF-GHJK-MNP\0",
            "0123-4567-89AB-CDEF-GHJK-MNPé",
            "0123-4567-89AB-CDEF-GHJK-MNPＱ",
            "0123_4567_89AB_CDEF_GHJK_MNPQ",
            "\"0123-4567-89AB-CDEF-GHJK-MNPQ\"",
            "correct horse battery staple",
        ] {
            assert_eq!(read(typed), None, "{typed:?}");
        }
        let far_apart = "0123456789ABCDEFGHJKMNPQ".replace('A', &format!("{}A", "-".repeat(240)));
        assert_eq!(read(&far_apart), None);
        assert_eq!(read(&"0".repeat(10_000_000)), None);
    }

    proptest! {
        #[test]
        fn t1_what_was_minted_reads_back_with_its_hash_however_it_is_spaced(
            bytes in proptest::collection::vec(any::<u8>(), 24), lower in any::<bool>(), gap in "[ -]{0,3}",
        ) {
            let made = OneTimePassword::mint(&Given::new(bytes)).unwrap();
            let typed = made.expose().replace('-', &gap);
            let typed = if lower { typed.to_lowercase() } else { typed };
            let read = OneTimePassword::read(&typed).unwrap();
            prop_assert_eq!(read.expose(), made.expose());
            prop_assert_eq!(read.hash(TENANT, USER), made.hash(TENANT, USER));
        }

        #[test]
        fn t2_another_character_is_none_or_another_one_time_password(at in 0..24_usize, other in any::<char>()) {
            let made = "0123456789ABCDEFGHJKMNPQ";
            let typed: String = made.chars().enumerate().map(|(i, c)| if i == at { other } else { c }).collect();
            let meant = |c: char| c.to_ascii_uppercase().to_string().replace('O', "0").replace(['I', 'L'], "1");
            if meant(other) != meant(made.chars().nth(at).unwrap()) {
                prop_assert_ne!(read(&typed), read(made));
            }
        }

        #[test]
        fn t2_reading_never_panics(typed in any::<String>()) {
            if let Some(read) = OneTimePassword::read(&typed) {
                prop_assert_eq!(read.expose().len(), 29);
            }
        }
    }
}
