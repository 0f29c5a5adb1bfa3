use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use argon2::password_hash::phc;
use argon2::{Algorithm, Argon2, Block, Params, Version};
use secrecy::zeroize::Zeroizing;
use serde::{Deserialize, Serialize};
use subtle::{Choice, ConstantTimeEq};

use super::{HashingParams, Password};

/// Bytes of a hash that is made here. Hashes from elsewhere have from 10 to 64.
const OUTPUT_BYTES: usize = 32;

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

    #[expect(clippy::expect_used, reason = "the string was read before it was wrapped")]
    fn recipe(&self) -> Recipe {
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

/// A PHC string taken apart.
struct Recipe {
    algorithm: Algorithm,
    version: Version,
    params: HashingParams,
    salt: phc::Salt,
    output: phc::Output,
}

impl Recipe {
    fn read(text: &str) -> Result<Self, PasswordHashError> {
        let parts = phc::PasswordHash::new(text).map_err(|_| PasswordHashError)?;
        Self::of(&parts).ok_or(PasswordHashError)
    }

    fn of(parts: &phc::PasswordHash) -> Option<Self> {
        let version = match parts.version {
            Some(version) => Version::try_from(version).ok()?,
            // Strings from before the version was written down.
            None => Version::V0x10,
        };
        let output = parts.hash?;
        let params = read_params(&parts.params)?;
        // Argon2's own limits, such as eight blocks of memory a lane.
        argon2_params(&params, output.len())?;
        Some(Self {
            algorithm: Algorithm::try_from(parts.algorithm.as_str()).ok()?,
            version,
            params,
            salt: parts.salt?,
            output,
        })
    }

    /// What is hashed when there is nothing to verify against. No password has this output (but for one in 2^256).
    fn decoy(params: HashingParams) -> Option<Self> {
        Some(Self {
            algorithm: Algorithm::Argon2id,
            version: Version::V0x13,
            params,
            salt: phc::Salt::new(&[0; 16]).ok()?,
            output: phc::Output::new(&[0; OUTPUT_BYTES]).ok()?,
        })
    }

    fn is_outdated(&self, current: &HashingParams) -> bool {
        self.params.weaker_than(current)
            || self.algorithm != Algorithm::Argon2id
            || self.version != Version::V0x13
            || self.output.len() < OUTPUT_BYTES
    }

    fn into_string(self) -> Option<String> {
        let params = argon2_params(&self.params, self.output.len())?;
        let parts = phc::PasswordHash {
            algorithm: self.algorithm.ident(),
            version: Some(self.version.into()),
            params: phc::ParamsString::try_from(&params).ok()?,
            salt: Some(self.salt),
            hash: Some(self.output),
        };
        Some(parts.to_string())
    }
}

/// Takes `m`, `t` and `p`, each of which must be there, and nothing else: `keyid` and `data` need a key that is not
/// ours.
fn read_params(params: &phc::ParamsString) -> Option<HashingParams> {
    if params.iter().count() != 3 {
        return None;
    }
    let number = |name: &str| params.get_decimal(name);
    HashingParams::foreign(number("m")?, number("t")?, number("p")?)
}

fn argon2_params(params: &HashingParams, output_bytes: usize) -> Option<Params> {
    let (m, t, p) = (params.memory_kib(), params.iterations(), params.parallelism());
    Params::new(m, t, p, Some(output_bytes)).ok()
}

/// Hashes on one thread, with memory of its own that it keeps from one hash to the next: fresh memory costs half as
/// much again in page faults. The memory is overwritten by the next hash and not wiped in between.
pub(super) struct Hasher {
    params: HashingParams,
    blocks: Vec<Block>,
    ran: Arc<Ran>,
}

/// How many hashes ran to their end.
#[derive(Debug, Default)]
pub(super) struct Ran {
    /// All of them.
    pub(super) hashes: AtomicU64,
    /// Those that compared a password with somebody's own hash.
    pub(super) comparisons: AtomicU64,
}

/// Why there is no hash. It is told apart only to answer the right error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum HashFailure {
    TooLong,
    Failed,
}

impl Hasher {
    pub(super) fn new(params: HashingParams, ran: Arc<Ran>) -> Self {
        Self {
            params,
            blocks: Vec::new(),
            ran,
        }
    }

    pub(super) fn hash(&mut self, password: &Password, salt: [u8; 16]) -> Result<PasswordHash, HashFailure> {
        let text = password.normalised().ok_or(HashFailure::TooLong)?;
        self.hash_text(&text, salt).ok_or(HashFailure::Failed)
    }

    fn hash_text(&mut self, text: &str, salt: [u8; 16]) -> Option<PasswordHash> {
        let mut recipe = Recipe::decoy(self.params)?;
        recipe.salt = phc::Salt::new(&salt).ok()?;
        recipe.output = self.run(text, &recipe)?;
        recipe.into_string().map(PasswordHash)
    }

    /// Runs exactly one hash, whatever is asked: the account's, or a decoy where there is none or where the password is
    /// too long to be anybody's.
    pub(super) fn verify(
        &mut self,
        password: &Password,
        against: Option<&PasswordHash>,
    ) -> Result<Verified, HashFailure> {
        let text = password.normalised();
        let real = against.filter(|_| text.is_some());
        self.verify_text(&text.unwrap_or_default(), real)
            .ok_or(HashFailure::Failed)
    }

    fn verify_text(&mut self, text: &str, against: Option<&PasswordHash>) -> Option<Verified> {
        let recipe = match against {
            Some(hash) => hash.recipe(),
            None => Recipe::decoy(self.params)?,
        };
        let output = self.run(text, &recipe)?;
        // Added whatever is compared, so that counting tells nothing either.
        self.ran
            .comparisons
            .fetch_add(against.is_some().into(), Ordering::Relaxed);
        let same = output.as_bytes().ct_eq(recipe.output.as_bytes());
        let matches = bool::from(same & Choice::from(u8::from(against.is_some())));
        Some(Verified {
            matches,
            outdated: matches && recipe.is_outdated(&self.params),
        })
    }

    fn run(&mut self, text: &str, recipe: &Recipe) -> Option<phc::Output> {
        let params = argon2_params(&recipe.params, recipe.output.len())?;
        let mut larger = Vec::new();
        let blocks = self.memory_for(&params, &mut larger)?;
        let argon2 = Argon2::new(recipe.algorithm, recipe.version, params);
        let mut output = Zeroizing::new([0; phc::Output::MAX_LENGTH]);
        let output = output.get_mut(..recipe.output.len())?;
        argon2
            .hash_password_into_with_memory(text.as_bytes(), &recipe.salt, output, blocks)
            .ok()?;
        self.ran.hashes.fetch_add(1, Ordering::Relaxed);
        phc::Output::new(output).ok()
    }

    /// The thread's own memory, or `larger` for a hash from elsewhere that needs more: one costly import must not make
    /// each thread keep that much for good.
    fn memory_for<'a>(&'a mut self, params: &Params, larger: &'a mut Vec<Block>) -> Option<&'a mut [Block]> {
        let own = argon2_params(&self.params, OUTPUT_BYTES)?.block_count();
        let needed = params.block_count();
        let memory = if needed > own { larger } else { &mut self.blocks };
        grow(memory, needed.max(own))?;
        Some(memory)
    }
}

/// Unlike `resize` alone, it does not end the program when there is no memory left.
fn grow(memory: &mut Vec<Block>, blocks: usize) -> Option<()> {
    let missing = blocks.saturating_sub(memory.len());
    memory.try_reserve_exact(missing).ok()?;
    memory.resize(memory.len() + missing, Block::new());
    Some(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SALT: [u8; 16] = *b"sixteen salty by";

    /// Test vectors of the reference implementation for `password` and `somesalt`; the second is from before the
    /// version was written into the string.
    const REFERENCE: [&str; 2] = [
        "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
        "$argon2i$m=65536,t=2,p=1$c29tZXNhbHQ$9sTbSlTio3Biev89thdrlKKiCaYsjjYVJxGAL3swxpQ",
    ];

    fn hasher() -> Hasher {
        Hasher::new(HashingParams::weak_for_tests(), Arc::default())
    }

    fn hash(text: &str) -> PasswordHash {
        hasher().hash(&Password::from(text), SALT).unwrap()
    }

    fn matches(text: &str, hash: &PasswordHash) -> bool {
        let verified = hasher().verify(&Password::from(text), Some(hash));
        verified.unwrap().matches
    }

    #[test]
    fn p2_two_passwords_that_differ_after_byte_72_differ() {
        for length in [72, 73, 128, 255, 256, 1_023] {
            let (a, b) = ("x".repeat(length) + "a", "x".repeat(length) + "b");
            let kept = hash(&a);
            assert!(matches(&a, &kept));
            assert!(!matches(&b, &kept), "byte {length}");
            assert!(!matches(&a[..length], &kept), "byte {length}");
        }
    }

    #[test]
    fn p2_nothing_is_trimmed_recased_or_cut_at_nul() {
        let kept = hash(" Pass\0Word ");
        assert!(matches(" Pass\0Word ", &kept));
        for near in ["Pass\0Word", " pass\0word ", " Pass", " PassWord ", " Pass\0Word"] {
            assert!(!matches(near, &kept), "{near:?}");
        }
    }

    #[test]
    fn p2_composed_and_decomposed_are_one_password_and_compatibility_forms_are_not() {
        let kept = hash("caf\u{e9}");
        assert!(matches("cafe\u{301}", &kept));
        assert!(!matches("cafe", &kept));
        assert!(!matches("\u{ff43}af\u{e9}", &kept));
    }

    #[test]
    fn p2_over_1024_bytes_is_refused_unhashed_and_verifies_false_at_the_cost_of_one_hash() {
        let long = Password::from("x".repeat(1_025));
        let mut hasher = hasher();
        assert_eq!(hasher.hash(&long, SALT), Err(HashFailure::TooLong));
        assert_eq!(hasher.ran.hashes.load(Ordering::Relaxed), 0);
        // Not even the empty password, which stands in for it, may match.
        for (already_run, against) in [None, Some(hash("")), Some(hash("x"))].iter().enumerate() {
            let verified = hasher.verify(&long, against.as_ref()).unwrap();
            assert!(!verified.matches && !verified.outdated);
            assert_eq!(hasher.ran.hashes.load(Ordering::Relaxed), already_run as u64 + 1);
        }
    }

    #[test]
    fn p5_the_string_says_argon2id_parameters_and_the_salt_given() {
        let kept = hash("password");
        assert!(kept.as_str().starts_with("$argon2id$v=19$m=8,t=1,p=1$"));
        assert_eq!(kept.recipe().salt.as_ref(), SALT);
        assert_eq!(kept.params(), HashingParams::weak_for_tests());
        let other = hasher().hash(&Password::from("password"), [1; 16]).unwrap();
        assert_ne!(kept.recipe().output, other.recipe().output);
    }

    #[test]
    fn p5_default_parameters_hash_and_verify() {
        let mut hasher = Hasher::new(HashingParams::default(), Arc::default());
        let password = Password::from("password");
        let kept = hasher.hash(&password, SALT).unwrap();
        assert!(kept.as_str().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        let verified = hasher.verify(&password, Some(&kept)).unwrap();
        assert_eq!((verified.matches, verified.outdated), (true, false));
    }

    #[test]
    fn p5_hashes_of_the_reference_implementation_verify() {
        for phc in REFERENCE {
            let kept = PasswordHash::parse(phc).unwrap();
            assert!(matches("password", &kept));
            assert!(!matches("passwore", &kept));
        }
    }

    #[test]
    fn p5_memory_is_reused_and_what_was_in_it_never_matters() {
        let mut hasher = hasher();
        let fresh = hash("second");
        hasher.hash(&Password::from("first"), [9; 16]).unwrap();
        let memory = (hasher.blocks.as_ptr(), hasher.blocks.len());
        assert_eq!(hasher.hash(&Password::from("second"), SALT).unwrap(), fresh);
        assert_eq!((hasher.blocks.as_ptr(), hasher.blocks.len()), memory);
        assert_eq!(memory.1, 8);
    }

    #[test]
    fn p5_a_larger_hash_from_elsewhere_verifies_in_memory_that_is_given_back() {
        let params = HashingParams::foreign(64, 1, 2).unwrap();
        let mut elsewhere = Hasher::new(params, Arc::default());
        let password = Password::from("password");
        let kept = elsewhere.hash(&password, SALT).unwrap();
        let mut hasher = hasher();
        assert!(hasher.verify(&password, Some(&kept)).unwrap().matches);
        assert_eq!(hasher.blocks.capacity(), 0);
        assert!(elsewhere.verify(&password, Some(&hash("password"))).unwrap().matches);
        assert_eq!(elsewhere.blocks.len(), 64);
    }

    #[test]
    fn p5_outdated_is_said_of_a_match_with_weaker_parameters_only() {
        let weak = hash("password");
        let stronger = HashingParams::foreign(16, 1, 1).unwrap();
        let mut hasher = Hasher::new(stronger, Arc::default());
        let mut verify = |text: &str, kept: &PasswordHash| {
            let verified = hasher.verify(&Password::from(text), Some(kept)).unwrap();
            (verified.matches, verified.outdated)
        };
        assert_eq!(verify("password", &weak), (true, true));
        assert_eq!(verify("passwore", &weak), (false, false));
        let foreign = weak.as_str().replace("$argon2id$", "$argon2i$");
        let foreign = PasswordHash::parse(&foreign).unwrap();
        assert!(foreign.is_outdated(&HashingParams::weak_for_tests()));
        assert!(!weak.is_outdated(&HashingParams::weak_for_tests()));
    }

    #[test]
    fn p5_only_usable_argon2_strings_are_read() {
        let good = hash("password").as_str().to_owned();
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
    fn p7_without_a_hash_one_decoy_runs_and_never_matches() {
        let mut hasher = hasher();
        for (already_run, text) in ["", "password", "\0"].into_iter().enumerate() {
            let verified = hasher.verify(&Password::from(text), None).unwrap();
            assert!(!verified.matches && !verified.outdated);
            assert_eq!(hasher.ran.hashes.load(Ordering::Relaxed), already_run as u64 + 1);
        }
    }

    #[test]
    fn p7_a_stored_decoy_output_matches_no_password() {
        let decoy = Recipe::decoy(HashingParams::weak_for_tests()).unwrap();
        let kept = decoy.into_string().map(PasswordHash).unwrap();
        assert!(!matches("", &kept));
    }

    #[test]
    fn t1_debug_shows_the_parameters_of_a_hash_only() {
        let kept = hash("password");
        assert_eq!(format!("{kept:?}"), "PasswordHash(m=8,t=1,p=1,…)");
    }

    #[test]
    fn hashes_serialise_as_their_string_and_are_checked_on_the_way_back() {
        let kept = hash("password");
        let text = serde_json::to_string(&kept).unwrap();
        assert_eq!(text, format!("\"{}\"", kept.as_str()));
        assert_eq!(serde_json::from_str::<PasswordHash>(&text).unwrap(), kept);
        assert!(serde_json::from_str::<PasswordHash>("\"password\"").is_err());
    }

    proptest! {
        #[test]
        fn p2_a_password_verifies_exactly_itself(text in "\\PC{0,40}", other in "\\PC{0,40}") {
            let kept = hash(&text);
            prop_assert!(matches(&text, &kept));
            let nfc = |text: &str| Password::from(text).normalised().map(|text| text.to_string());
            prop_assert_eq!(matches(&other, &kept), nfc(&text) == nfc(&other));
        }

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
