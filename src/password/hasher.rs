use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use argon2::password_hash::phc;
use argon2::{Argon2, Block, Params};
use secrecy::zeroize::Zeroizing;
use subtle::{Choice, ConstantTimeEq};

use super::hash::Stored;
use super::recipe::{OUTPUT_BYTES, Recipe, argon2_params};
use super::{HashingParams, Password, PasswordHash, Verified};

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
        self.ran.hashes.fetch_add(1, Ordering::Relaxed);
        PasswordHash::made(recipe)
    }

    /// Runs exactly one hash, whatever is asked: the account's, or a decoy where there is none or where the password is
    /// none that the account's hash could tell from others: too long to be anybody's, for one.
    pub(super) fn verify(
        &mut self,
        password: &Password,
        against: Option<&PasswordHash>,
    ) -> Result<Verified, HashFailure> {
        let text = password.normalised();
        let stored = against.map(PasswordHash::stored);
        let real = stored.filter(|stored| text.as_ref().is_some_and(|text| stored.can_tell(text)));
        self.verify_text(&text.unwrap_or_default(), real)
            .ok_or(HashFailure::Failed)
    }

    fn verify_text(&mut self, text: &str, real: Option<Stored>) -> Option<Verified> {
        let is_real = Choice::from(u8::from(real.is_some()));
        let stored = match real {
            Some(stored) => stored,
            None => Stored::Argon2(Recipe::decoy(self.params)?),
        };
        let output = match &stored {
            Stored::Argon2(recipe) => self.run(text, recipe),
            Stored::Foreign(foreign) => foreign.run(text),
        }?;
        self.ran.hashes.fetch_add(1, Ordering::Relaxed);
        // Added whatever is compared, so that counting tells nothing either.
        self.ran
            .comparisons
            .fetch_add(is_real.unwrap_u8().into(), Ordering::Relaxed);
        let same = output.as_bytes().ct_eq(stored.output().as_bytes());
        let matches = bool::from(same & is_real);
        Some(Verified {
            matches,
            outdated: matches && stored.is_outdated(&self.params),
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

    use super::super::recipe::Recipe;
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

    fn recipe(hash: &PasswordHash) -> Recipe {
        match hash.stored() {
            Stored::Argon2(recipe) => recipe,
            Stored::Foreign(_) => panic!("not argon2"),
        }
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
        assert_eq!(recipe(&kept).salt.as_ref(), SALT);
        assert_eq!(kept.params(), Some(HashingParams::weak_for_tests()));
        let other = hasher().hash(&Password::from("password"), [1; 16]).unwrap();
        assert_ne!(recipe(&kept).output, recipe(&other).output);
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
        let kept = PasswordHash::made(decoy).unwrap();
        assert!(!matches("", &kept));
    }

    proptest! {
        #[test]
        fn p1_p2_64_characters_of_any_kind_are_hashed_to_the_last(
            chars in proptest::collection::vec(any::<char>(), 63), last in "[a-z]",
        ) {
            let text: String = chars.iter().collect();
            let kept = hash(&format!("{text}{last}"));
            let verified = matches(&format!("{text}{last}"), &kept);
            prop_assert!(verified);
            for other in [text.clone(), format!("{text}{}", last.to_uppercase()), format!("{text}{last} ")] {
                let verified = matches(&other, &kept);
                prop_assert!(!verified);
            }
        }

        #[test]
        fn p2_a_password_verifies_exactly_itself(text in "\\PC{0,40}", other in "\\PC{0,40}") {
            let kept = hash(&text);
            prop_assert!(matches(&text, &kept));
            let nfc = |text: &str| Password::from(text).normalised().map(|text| text.to_string());
            prop_assert_eq!(matches(&other, &kept), nfc(&text) == nfc(&other));
        }
    }
}
