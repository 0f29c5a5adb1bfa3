#![allow(clippy::unwrap_used)]

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use proptest::prelude::*;

use super::super::super::hasher::{Hasher, Ran};
use super::super::super::{HashPool, HashingParams, Password, PasswordHash, Verified};
use super::*;

/// Vectors that others published: passwords and their hashes.
const PUBLISHED: [(&str, &str); 11] = [
    // jBCrypt's test suite.
    ("", "$2a$06$DCq7YPn5Rq63x1Lad4cll.TV4S6ytwfsfvkgY8jIucDrjc8deX1s."),
    ("a", "$2a$06$m0CrhHm10qJ3lXRY.5zDGO3rS2KdeeWLuGmsfGlMfOxih58VYVfxe"),
    (
        "abcdefghijklmnopqrstuvwxyz",
        "$2a$08$aTsUwsyowQuzRrDqFflhgekJ8d9/7Z3GV3UcgvzQW3J5zMyrTvlz.",
    ),
    // crypt_blowfish's, the last of them 72 bytes long.
    ("U*U", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"),
    ("U*U*U", "$2a$05$XXXXXXXXXXXXXXXXXXXXXOAcXxm9kjPGEMsLznoKqmqw7tc8WCx4a"),
    (
        "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789",
        "$2a$05$abcdefghijklmnopqrstuu5s2v8.iXieOjg/.AySBTTZIIVFJeBui",
    ),
    // The example that Wikipedia explains the format by.
    (
        "abc123xyz",
        "$2b$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW",
    ),
    // passlib's documentation.
    (
        "password",
        "$scrypt$ln=16,r=8,p=1$aM15713r3Xsvxbi31lqr1Q$nFNh2CVHVjNldFVKDHDlm4CbdRSCdEBsjjJxD+iCs5E",
    ),
    // RFC 7914, section 12.
    (
        "pleaseletmein",
        "$scrypt$ln=14,r=8,p=1$U29kaXVtQ2hsb3JpZGU$\
         cCO9yzr9c0hGHAbNgf046/2o+7qQT44+qbVD9lRdofLVQylVYT8Pz2LUlwUkKpr55h6F3A1lHkDfzwF7RVdYhw",
    ),
    // RFC 6070's fifth case, with SHA-256 and SHA-512 as commonly published.
    (
        "passwordPASSWORDpassword",
        "$pbkdf2-sha256$i=4096,l=40$c2FsdFNBTFRzYWx0U0FMVHNhbHRTQUxUc2FsdFNBTFRzYWx0$\
         NIyJ28vTKy8y2BS4EW6EzysXNH68GAAYHE4qH7jdU+HGNVGMfaxH6Q",
    ),
    (
        "passwordPASSWORDpassword",
        "$pbkdf2-sha512$i=4096$c2FsdFNBTFRzYWx0U0FMVHNhbHRTQUxUc2FsdFNBTFRzYWx0$\
         jAUR9Mbll8asYxXY8DYuIl88UBSVuiO4aMAFF03E7nERW1n55gzZUy+jPg91rv4wIlxYOhhs2CvU2uqXJKPTuA",
    ),
];

/// Made by Python's `bcrypt` and `hashlib`, with umlauts in UTF-8.
const UMLAUTS: [(&str, &str); 2] = [
    (
        "pässwörd €",
        "$2b$05$abcdefghijklmnopqrstuuY8YJcx7OeCJ9JYO3w834ps8x/8H3Gfy",
    ),
    (
        "pässwörd",
        "$pbkdf2-sha512$i=1000,l=64$c2l4dGVlbiBzYWx0eSBieQ$\
         f2BQp4jv7ZIWf7NQ9iPGfAUOCqCJfMkphU51hQgaNQeQyI321P2mmIp1PFHHSvC9JqX+4RVNXB28Z4KhpERElA",
    ),
];

const BCRYPT: &str = UMLAUTS[0].1;
const PBKDF2: &str = UMLAUTS[1].1;
const SCRYPT: &str = PUBLISHED[7].1;

fn import(text: &str) -> PasswordHash {
    PasswordHash::import(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn refusal(text: &str) -> PasswordHashError {
    let refused = PasswordHash::import(text);
    assert_eq!(refused, PasswordHash::parse(text), "read as strictly as imported");
    refused.expect_err(text)
}

/// What a sign-in finds, which must have cost exactly one hash.
fn verify(password: &str, against: &PasswordHash) -> Verified {
    let ran = Arc::<Ran>::default();
    let mut hasher = Hasher::new(HashingParams::weak_for_tests(), Arc::clone(&ran));
    let verified = hasher.verify(&Password::from(password), Some(against)).unwrap();
    assert_eq!(ran.hashes.load(Ordering::Relaxed), 1);
    verified
}

fn matches(password: &str, against: &PasswordHash) -> bool {
    verify(password, against).matches
}

#[test]
fn p5_published_hashes_of_each_kind_verify_and_are_to_be_replaced() {
    for (password, text) in PUBLISHED.into_iter().chain(UMLAUTS) {
        let kept = import(text);
        let right = verify(password, &kept);
        assert!(right.matches && right.outdated, "{text}");
        assert!(kept.is_outdated(&HashingParams::weak_for_tests()));
        assert_eq!((kept.as_str(), kept.params()), (text, None));
        let wrong = verify(&format!("{password}x"), &kept);
        assert!(!wrong.matches && !wrong.outdated, "{text}");
    }
}

#[test]
fn p5_the_versions_a_b_and_y_of_bcrypt_are_one_and_x_is_none() {
    for version in ["$2a$", "$2b$", "$2y$"] {
        assert!(matches("pässwörd €", &import(&BCRYPT.replace("$2b$", version))));
    }
    for version in ["$2x$", "$2$", "$2c$", "$2B$", "$1$"] {
        assert_eq!(refusal(&BCRYPT.replace("$2b$", version)), Unusable, "{version}");
    }
}

#[test]
fn p2_of_bcrypt_no_password_matches_that_it_cannot_tell_from_others() {
    let (longest, text) = PUBLISHED[5];
    let kept = import(text);
    assert!(matches(longest, &kept));
    // By itself bcrypt would take these for the same.
    assert!(!matches(&format!("{longest}chars after 72 are ignored"), &kept));
    assert!(!matches(&format!("{longest}\0"), &kept));
    let short = import("$2a$06$m0CrhHm10qJ3lXRY.5zDGO3rS2KdeeWLuGmsfGlMfOxih58VYVfxe");
    for same_to_bcrypt in ["a\0a", "a\0a\0a", "a\0"] {
        assert!(!matches(same_to_bcrypt, &short), "{same_to_bcrypt:?}");
    }
}

#[test]
fn p2_other_kinds_look_at_every_byte() {
    for text in [PBKDF2, &SCRYPT.replace("ln=16", "ln=1")] {
        // The stored output is of another password, so compare what two of them give.
        let stored = Foreign::read(text).unwrap();
        for length in [72, 128, 1_000] {
            let (a, b) = ("x".repeat(length) + "a", "x".repeat(length) + "b");
            assert!(stored.can_tell(&a) && stored.can_tell("a\0b"));
            assert_ne!(stored.run(&a).unwrap(), stored.run(&b).unwrap());
        }
        assert_ne!(stored.run("a\0b").unwrap(), stored.run("a").unwrap());
    }
}

#[test]
fn p2_over_1024_bytes_never_match_and_cost_one_hash_whatever_is_stored() {
    for text in [BCRYPT, PBKDF2, SCRYPT] {
        for length in [1_025, 100_000] {
            let verified = verify(&"x".repeat(length), &import(text));
            assert!(!verified.matches && !verified.outdated);
        }
    }
}

#[test]
fn p5_composed_and_decomposed_are_one_password_for_imported_hashes_too() {
    assert!(matches("pa\u{308}sswo\u{308}rd €", &import(BCRYPT)));
}

#[test]
fn p5_what_costs_more_than_a_sign_in_can_bear_is_refused_and_the_limit_itself_is_not() {
    let bcrypt = |cost: &str| BCRYPT.replace("$05$", cost);
    let scrypt = |params: &str| SCRYPT.replace("ln=16,r=8,p=1", params);
    let sha512 = |params: &str| PBKDF2.replace("i=1000,l=64", params);
    let sha256 = |params: &str| sha512(params).replace("sha512", "sha256");
    for taken in [
        bcrypt("$04$"),
        bcrypt("$14$"),
        scrypt("ln=1,r=1,p=1"),
        scrypt("ln=18,r=8,p=2"),
        scrypt("ln=17,r=8,p=4"),
        scrypt("ln=13,r=8,p=10"),
        scrypt("ln=1,r=1048576,p=2"),
        sha512("i=1"),
        sha512("i=2000000,l=64"),
        sha256("i=1000000,l=64"),
    ] {
        import(&taken);
    }
    for costly in [
        bcrypt("$15$"),
        bcrypt("$31$"),
        bcrypt("$99$"),
        scrypt("ln=19,r=8,p=1"),
        scrypt("ln=18,r=9,p=1"),
        scrypt("ln=18,r=8,p=3"),
        scrypt("ln=17,r=8,p=5"),
        scrypt("ln=1,r=1,p=4194304"),
        scrypt("ln=63,r=8,p=1"),
        scrypt("ln=64,r=8,p=1"),
        scrypt("ln=4294967295,r=1,p=1"),
        scrypt("ln=1,r=4294967295,p=4294967295"),
        sha512("i=2000001,l=64"),
        sha512("i=4294967295"),
        sha256("i=1000001,l=64"),
    ] {
        assert_eq!(refusal(&costly), TooCostly, "{costly}");
    }
}

#[test]
fn p5_only_the_exact_form_of_each_kind_is_read() {
    for text in [BCRYPT, SCRYPT, PBKDF2] {
        for bad in [
            format!(" {text}"),
            format!("{text} "),
            format!("{text}$"),
            format!("{text}!"),
        ] {
            assert_eq!(refusal(&bad), Unusable, "{bad}");
        }
        for end in 0..text.len() {
            // A PHC string that lost the end of its hash is one with a shorter hash, down to ten bytes.
            if let Ok(cut) = PasswordHash::import(&text[..end]) {
                assert!(!text.starts_with("$2") && !text.contains(",l="), "{cut:?}");
            }
        }
    }
    for bad in [
        "$2b$",
        "$2b$5$abcdefghijklmnopqrstuuY8YJcx7OeCJ9JYO3w834ps8x/8H3Gfy",
        "$2b$03$abcdefghijklmnopqrstuuY8YJcx7OeCJ9JYO3w834ps8x/8H3Gfy",
        "$2b$+5$abcdefghijklmnopqrstuuY8YJcx7OeCJ9JYO3w834ps8x/8H3Gfy",
        "$2b$05$abcdefghijklmnopqrstuvY8YJcx7OeCJ9JYO3w834ps8x/8H3Gfy",
        "$2b$05$abcdefghijklmnopqrstuuY8YJcx7OeCJ9JYO3w834ps8x/8H3Gfz",
        "$2b$05$abcdefghijklmnopqrstuuY8YJcx7OeCJ9JYO3w834ps8x/8H3Gf+",
        "$2b$05$äbcdefghijklmnopqrstuuY8YJcx7OeCJ9JYO3w834ps8x/8H3Gf",
    ] {
        assert_eq!(refusal(bad), Unusable, "{bad}");
    }
    for params in [
        "r=8,p=1",
        "ln=16,p=1",
        "ln=16,r=8",
        "ln=0,r=8,p=1",
        "ln=16,r=0,p=1",
        "ln=16,r=8,p=0",
        "ln=16,r=8,p=1,x=1",
    ] {
        assert_eq!(refusal(&SCRYPT.replace("ln=16,r=8,p=1", params)), Unusable, "{params}");
    }
    for params in [
        "l=64",
        "i=0,l=64",
        "i=1000,l=63",
        "i=1000,l=x",
        "i=1000,l=64,x=1",
        "i=-1",
    ] {
        assert_eq!(refusal(&PBKDF2.replace("i=1000,l=64", params)), Unusable, "{params}");
    }
    assert_eq!(refusal(&SCRYPT.replace("$scrypt$", "$scrypt$v=1$")), Unusable);
    assert_eq!(
        refusal("$pbkdf2-sha256$6400$0ZrzXitFSGltTQnBWOsdYw$Y11AchqV4b0sUisdZd0Xr97KWoymNE0LNNrnEgY4H9M"),
        Unusable
    );
    assert_eq!(refusal(&PBKDF2.replace("sha512", "sha1")), Unusable);
}

#[test]
fn t1_debug_names_the_kind_only() {
    for (text, shown) in [
        (BCRYPT, "PasswordHash(bcrypt,…)"),
        (PBKDF2, "PasswordHash(pbkdf2,…)"),
        (SCRYPT, "PasswordHash(scrypt,…)"),
    ] {
        assert_eq!(format!("{:?}", import(text)), shown);
    }
}

#[test]
fn p5_imported_hashes_read_back_from_a_store() {
    for text in [BCRYPT, PBKDF2, SCRYPT] {
        let json = serde_json::to_string(&import(text)).unwrap();
        assert_eq!(serde_json::from_str::<PasswordHash>(&json).unwrap().as_str(), text);
    }
}

#[tokio::test]
async fn p6_the_pool_verifies_imported_hashes_and_counts_them_as_any_other() {
    let one = NonZeroUsize::MIN;
    let pool = HashPool::sized(HashingParams::weak_for_tests(), one, one);
    for (password, text) in UMLAUTS {
        for (typed, expected) in [(password, true), ("wrong", false), ("\0", false)] {
            let before = pool.hashes_run();
            let verified = pool.verify(Password::from(typed), Some(import(text))).await.unwrap();
            assert_eq!((verified.matches, verified.outdated), (expected, expected));
            assert_eq!(pool.hashes_run(), before + 1);
        }
        let rehashed = pool.hash(Password::from(password), [7; 16]).await.unwrap();
        let verified = pool.verify(Password::from(password), Some(rehashed)).await.unwrap();
        assert_eq!((verified.matches, verified.outdated), (true, false));
    }
}

proptest! {
    #[test]
    fn p5_importing_any_text_never_panics(
        text in "\\$(2[abxy]\\$[0-9]{2}\\$[./A-Za-z0-9]{50,56}|scrypt(\\$(ln=[0-9]{1,3}|,r=[0-9]{1,10}|,p=[0-9]{1,10}|\
                 [A-Za-z0-9+/]{0,90})){0,4}|pbkdf2-sha256(\\$(i=[0-9]{1,11}|,l=[0-9]{1,3}|[A-Za-z0-9+/]{0,90})){0,4})|.*",
    ) {
        if let Ok(hash) = PasswordHash::import(&text) {
            prop_assert_eq!(hash.as_str(), &text);
            let shown = format!("{hash:?}");
            prop_assert!(shown.starts_with("PasswordHash("));
        }
    }
}

proptest! {
    // Three hashes each.
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn p5_a_bcrypt_hash_matches_exactly_its_password(password in "\\PC{0,30}", other in "\\PC{0,30}") {
        let nfc = |text: &str| Password::from(text).normalised().unwrap();
        prop_assume!(nfc(&password).len() <= BCRYPT_MAX_BYTES && nfc(&password) != nfc(&other));
        let hashed = bcrypt::bcrypt(4, *b"sixteen salty by", &bcrypt_key(nfc(&password).as_bytes()).unwrap());
        let text = format!(
            "$2b$04${}{}",
            Base64Bcrypt::encode_string(b"sixteen salty by"),
            Base64Bcrypt::encode_string(&hashed[..23]),
        );
        let kept = import(&text);
        prop_assert!(matches(&password, &kept));
        prop_assert!(!matches(&other, &kept));
    }
}
