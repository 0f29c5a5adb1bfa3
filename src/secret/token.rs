use std::fmt;

use base64ct::{Base64UrlUnpadded, Encoding};
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{Random, RandomError, checksum};

const TENANT_BYTES: usize = 16;
const RANDOM_BYTES: usize = 32;
const BODY_BYTES: usize = TENANT_BYTES + RANDOM_BYTES;
const PREFIX_CHARS: usize = 4;

/// 48 bytes are exactly 64 characters of base64: no padding and no unused bits, so each body has one spelling only.
const BODY_CHARS: usize = BODY_BYTES / 3 * 4;

/// Keeps these hashes apart from any other SHA-256 over the same bytes, and lets a later version differ.
const HASH_DOMAIN: &[u8] = b"tenure token 1\0";

/// What a token is good for. A token of one purpose is never accepted for another.
///
/// Closed on purpose: each purpose has a prefix of its own and a place that redeems it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenPurpose {
    /// Carries a signed-in session (`tns_…`).
    Session,
    /// Accepts an invitation (`tni_…`).
    Invitation,
    /// Sets a new password after a reset was asked for (`tnr_…`).
    Reset,
    /// Confirms that an address is read by the user (`tna_…`).
    ConfirmAddress,
    /// Stops a change of address that the user did not ask for (`tnx_…`).
    StopChange,
    /// Lets a program act for a user (`tnk_…`), with a checksum at its end.
    ApiKey,
    /// Carries the login of a program that showed its password at the API (`tnp_…`).
    ApiSession,
}

impl TokenPurpose {
    /// Every purpose, for tables and tests.
    pub const ALL: [Self; 7] = [
        Self::Session,
        Self::Invitation,
        Self::Reset,
        Self::ConfirmAddress,
        Self::StopChange,
        Self::ApiKey,
        Self::ApiSession,
    ];

    /// The four characters that a token of this purpose starts with. Scanners of source code and logs find leaked
    /// tokens by them.
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::Session => "tns_",
            Self::Invitation => "tni_",
            Self::Reset => "tnr_",
            Self::ConfirmAddress => "tna_",
            Self::StopChange => "tnx_",
            Self::ApiKey => "tnk_",
            Self::ApiSession => "tnp_",
        }
    }

    /// The length of the text of every token of this purpose, in bytes: 74 for an API key, 68 for the others. All of
    /// them are ASCII.
    pub const fn text_length(self) -> usize {
        let checksum = if self.has_checksum() { checksum::CHARS } else { 0 };
        PREFIX_CHARS + BODY_CHARS + checksum
    }

    /// API keys lie around in files for years, where scanners look for them; the others are gone within days or hours.
    const fn has_checksum(self) -> bool {
        matches!(self, Self::ApiKey)
    }
}

/// A bearer secret: who holds it may do what it is for.
///
/// # Format
/// All of it is ASCII, of fixed length, and has one spelling only.
///
/// | part | characters | what |
/// |---|---|---|
/// | prefix | 4 | the purpose, see [`TokenPurpose::prefix`] |
/// | body | 64 | URL-safe base64 over 48 bytes: the tenant's id, then 32 from the random source |
/// | checksum, in API keys only | 6 | URL-safe base64, without padding, over 4 bytes: the CRC-32 of prefix and body |
///
/// The CRC-32 is that of zip, PNG and Ethernet (polynomial `0x04C11DB7`, reflected, start and final XOR `0xFFFFFFFF`;
/// `123456789` gives `0xCBF43926`), most significant byte first. So a scanner that comes across a text like
/// `tnk_[A-Za-z0-9_-]{69}[AQgw]` can tell by itself, with [`looks_like`](Token::looks_like) or in any other language,
/// whether it is an API key or something that looks like one. The checksum keeps nobody from making texts up, which the
/// store does not know.
///
/// # Handling
/// A token is made once ([`mint`](Self::mint)), shown once ([`expose`](Self::expose)) and kept as its
/// [`hash`](Self::hash) only. `Debug` shows the purpose and tenant; there is no `Display` and no `Serialize`. The
/// memory is wiped on drop.
#[derive(Clone)]
pub struct Token {
    purpose: TokenPurpose,
    tenant: Uuid,
    text: SecretString,
    hash: TokenHash,
}

impl Token {
    /// Makes a new token with 256 random bits.
    ///
    /// # Errors
    /// [`RandomError`] when the random source cannot deliver.
    pub fn mint(purpose: TokenPurpose, tenant: Uuid, random: &dyn Random) -> Result<Self, RandomError> {
        let mut body = Zeroizing::new([0; BODY_BYTES]);
        let (tenant_part, random_part) = body.split_at_mut(TENANT_BYTES);
        tenant_part.copy_from_slice(tenant.as_bytes());
        random.fill(random_part)?;
        Ok(Self {
            purpose,
            tenant,
            text: spell(purpose, &body),
            hash: TokenHash::of(purpose, &body),
        })
    }

    /// Reads a token that somebody presents for `purpose`, exactly as received: nothing is trimmed or repaired.
    ///
    /// It says only that the text *could* be a token; whether it is one, the store knows by its [`hash`](Self::hash).
    ///
    /// # Errors
    /// [`TokenError`] for anything else than the right prefix, 64 characters of canonical URL-safe base64, and in an API
    /// key the right checksum: empty, blank, truncated, padded, mistyped, or made for another purpose. All of these
    /// look alike.
    pub fn parse(purpose: TokenPurpose, text: &str) -> Result<Self, TokenError> {
        let checked = if purpose.has_checksum() {
            checksum::strip(text).ok_or(TokenError)?
        } else {
            text
        };
        let encoded = checked.strip_prefix(purpose.prefix()).ok_or(TokenError)?;
        let body = decode::<BODY_BYTES>(encoded).ok_or(TokenError)?;
        let tenant = body.first_chunk::<TENANT_BYTES>().ok_or(TokenError)?;
        Ok(Self {
            purpose,
            tenant: Uuid::from_bytes(*tenant),
            text: SecretString::from(text),
            hash: TokenHash::of(purpose, &body),
        })
    }

    /// What the text would be good for if some store knew it: for scanners of source code, logs and mails, which have no
    /// store to ask. The text is the whole token, nothing around it.
    ///
    /// Of an API key it is certain but for one text in four thousand million; of the others, shape and prefix are all
    /// that can be seen.
    ///
    /// ```
    /// # use tenure::secret::{OsRandom, Token, TokenPurpose};
    /// let key = Token::mint(TokenPurpose::ApiKey, uuid::Uuid::nil(), &OsRandom)?;
    /// assert_eq!(Token::looks_like(key.expose()), Some(TokenPurpose::ApiKey));
    /// assert_eq!(Token::looks_like("tnk_and_so_on"), None);
    /// # Ok::<(), tenure::secret::RandomError>(())
    /// ```
    pub fn looks_like(text: &str) -> Option<TokenPurpose> {
        TokenPurpose::ALL
            .into_iter()
            .find(|purpose| Self::parse(*purpose, text).is_ok())
    }

    /// What the token is for.
    pub fn purpose(&self) -> TokenPurpose {
        self.purpose
    }

    /// The tenant that the token *names*. It is covered by the hash: changed by a stranger, the token matches nothing.
    pub fn tenant(&self) -> Uuid {
        self.tenant
    }

    /// What is stored and looked up instead of the token.
    pub fn hash(&self) -> TokenHash {
        self.hash
    }

    /// The text itself, for the one time it is shown: in a cookie, a link or an answer. Never log it.
    pub fn expose(&self) -> &str {
        self.text.expose_secret()
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Token")
            .field("purpose", &self.purpose)
            .field("tenant", &self.tenant)
            .finish_non_exhaustive()
    }
}

fn spell(purpose: TokenPurpose, body: &[u8; BODY_BYTES]) -> SecretString {
    let encoded = Zeroizing::new(Base64UrlUnpadded::encode_string(body));
    // The exact capacity: growing would leave an unwiped copy behind.
    let mut text = String::with_capacity(purpose.text_length());
    text.push_str(purpose.prefix());
    text.push_str(&encoded);
    if purpose.has_checksum() {
        checksum::append(&mut text);
    }
    SecretString::from(text)
}

/// Decodes exactly `N` bytes. `base64ct` works in constant time and refuses spellings with stray bits.
fn decode<const N: usize>(text: &str) -> Option<Zeroizing<[u8; N]>> {
    let mut bytes = Zeroizing::new([0; N]);
    let decoded = Base64UrlUnpadded::decode(text, &mut *bytes).ok()?.len();
    (decoded == N).then_some(bytes)
}

/// The text is not a token of the purpose asked for.
///
/// One shape for every reason, so that nothing can be learnt by trying.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("malformed token")]
pub struct TokenError;

/// SHA-256 over a token's purpose and bytes: what stores keep and look up.
///
/// 256 random bits cannot be guessed, so a fast hash is enough here, and equality need not take constant time: who sees
/// how far a comparison got learns about a hash, not about the token. `Debug` shows the first four bytes only, enough
/// to follow a token through logs. Serialised, it is 43 characters of URL-safe base64.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TokenHash([u8; 32]);

impl TokenHash {
    /// Takes the bytes back out of a store.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes, as a store keeps them.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Every part has a fixed length, so no two inputs run into one another.
    fn of(purpose: TokenPurpose, body: &[u8; BODY_BYTES]) -> Self {
        let digest = Sha256::new()
            .chain_update(HASH_DOMAIN)
            .chain_update(purpose.prefix())
            .chain_update(body)
            .finalize();
        Self(digest.into())
    }
}

impl fmt::Debug for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [one, two, three, four, ..] = self.0;
        write!(f, "TokenHash({one:02x}{two:02x}{three:02x}{four:02x}…)")
    }
}

impl Serialize for TokenHash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&Base64UrlUnpadded::encode_string(&self.0))
    }
}

impl<'de> Deserialize<'de> for TokenHash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        decode(&text)
            .map(|bytes| Self(*bytes))
            .ok_or_else(|| de::Error::custom("expected 43 characters of url-safe base64"))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use proptest::prelude::*;

    use super::super::{OsRandom, assert_lacks};
    use super::*;

    const TENANT: Uuid = Uuid::from_u128(0x0192_0000_0000_7000_8000_0000_0000_0001);

    #[derive(Debug)]
    struct Fixed(u8);

    impl Random for Fixed {
        fn fill(&self, bytes: &mut [u8]) -> Result<(), RandomError> {
            bytes.fill(self.0);
            Ok(())
        }
    }

    fn mint(purpose: TokenPurpose) -> Token {
        Token::mint(purpose, TENANT, &OsRandom).unwrap()
    }

    #[test]
    fn a_minted_token_reads_back_with_its_purpose_tenant_and_hash() {
        for purpose in TokenPurpose::ALL {
            let minted = mint(purpose);
            let read = Token::parse(purpose, minted.expose()).unwrap();
            assert_eq!(read.expose(), minted.expose());
            assert_eq!(
                (read.purpose(), read.tenant(), read.hash()),
                (purpose, TENANT, minted.hash())
            );
            assert_eq!(minted.expose().len(), purpose.text_length());
            assert_eq!(Token::looks_like(minted.expose()), Some(purpose));
            assert!(minted.expose().starts_with(purpose.prefix()));
        }
    }

    #[test]
    fn the_text_and_the_hash_stay_as_they_are_stored_today() {
        let token = Token::mint(TokenPurpose::Session, Uuid::nil(), &Fixed(0xff)).unwrap();
        assert_eq!(
            token.expose(),
            "tns_AAAAAAAAAAAAAAAAAAAAAP__________________________________________"
        );
        assert_eq!(
            serde_json::to_string(&token.hash()).unwrap(),
            "\"4XhZkBAMc4GlQbQLnj4qgJBAc5H2yqf-1tQkBA1o0uU\""
        );
    }

    #[test]
    fn e6_an_api_key_is_68_characters_of_prefix_and_body_and_six_of_their_crc32() {
        let key = Token::mint(TokenPurpose::ApiKey, Uuid::nil(), &Fixed(0xff)).unwrap();
        // The checksum was worked out elsewhere (zlib).
        assert_eq!(
            key.expose(),
            "tnk_AAAAAAAAAAAAAAAAAAAAAP__________________________________________RO4k_A"
        );
    }

    #[test]
    fn e6_every_single_character_changed_cut_or_swapped_is_refused() {
        let key = mint(TokenPurpose::ApiKey).expose().to_owned();
        for at in 0..key.len() {
            for other in (0..128_u8).map(char::from).chain(['é', '\u{ff21}']) {
                let changed = format!("{}{other}{}", &key[..at], &key[at + 1..]);
                if changed != key {
                    assert_eq!(Token::looks_like(&changed), None, "{at} {other:?}");
                }
                let grown = format!("{}{other}{}", &key[..at], &key[at..]);
                assert_eq!(Token::looks_like(&grown), None, "{at} {other:?}");
            }
            let cut = format!("{}{}", &key[..at], &key[at + 1..]);
            assert_eq!(Token::looks_like(&cut), None, "{at}");
            assert_eq!(Token::parse(TokenPurpose::ApiKey, &key[..at]).err(), Some(TokenError));
        }
        for at in 1..key.len() {
            let mut swapped = key.clone().into_bytes();
            swapped.swap(at - 1, at);
            let swapped = String::from_utf8(swapped).unwrap();
            assert!(swapped == key || Token::looks_like(&swapped).is_none(), "{at}");
        }
    }

    #[test]
    fn e6_a_scanner_sees_the_purpose_without_a_store_and_nothing_in_what_only_resembles() {
        let key = mint(TokenPurpose::ApiKey);
        let body = &key.expose()[..PREFIX_CHARS + BODY_CHARS];
        assert_eq!(Token::looks_like(body), None, "an API key without its checksum");
        let session = body.replacen("tnk_", "tns_", 1);
        assert_eq!(Token::looks_like(&session), Some(TokenPurpose::Session));
        assert_eq!(Token::looks_like(&key.expose().replacen("tnk_", "tns_", 1)), None);
        for text in [
            "",
            "tnk_",
            " ",
            &format!(" {}", key.expose()),
            &format!("{}\n", key.expose()),
        ] {
            assert_eq!(Token::looks_like(text), None, "{text:?}");
        }
    }

    #[test]
    fn prefixes_are_distinct_and_of_one_length() {
        let prefixes: std::collections::BTreeSet<_> = TokenPurpose::ALL.map(TokenPurpose::prefix).into();
        assert_eq!(prefixes.len(), TokenPurpose::ALL.len());
        assert!(prefixes.iter().all(|prefix| prefix.len() == PREFIX_CHARS));
    }

    #[test]
    fn purposes_serialise_in_snake_case() {
        let text = serde_json::to_string(&TokenPurpose::ConfirmAddress).unwrap();
        assert_eq!(text, "\"confirm_address\"");
    }

    #[test]
    fn t1_every_token_takes_256_bits_from_the_source() {
        #[derive(Debug)]
        struct Counting(std::sync::Mutex<usize>);
        impl Random for Counting {
            fn fill(&self, bytes: &mut [u8]) -> Result<(), RandomError> {
                *self.0.lock().unwrap() += bytes.len();
                Ok(())
            }
        }
        let random = Counting(std::sync::Mutex::new(0));
        Token::mint(TokenPurpose::Session, TENANT, &random).unwrap();
        assert_eq!(random.0.into_inner().unwrap() * 8, 256);
    }

    #[test]
    fn t1_a_failing_source_makes_no_token() {
        #[derive(Debug)]
        struct Broken;
        impl Random for Broken {
            fn fill(&self, _: &mut [u8]) -> Result<(), RandomError> {
                Err(RandomError::new("no entropy"))
            }
        }
        assert!(Token::mint(TokenPurpose::Session, TENANT, &Broken).is_err());
    }

    #[test]
    fn t1_debug_never_shows_a_token_and_of_a_hash_four_bytes_only() {
        for purpose in TokenPurpose::ALL {
            let token = mint(purpose);
            let shown = format!("{token:?} {token:#?} {:?}", Some(&token));
            // Any 6 characters of the random part would be 36 bits too many.
            for part in token.expose().as_bytes()[28..].windows(6) {
                assert!(!shown.contains(std::str::from_utf8(part).unwrap()));
            }
            assert!(!shown.contains(purpose.prefix()));
        }
        let hash = TokenHash::from_bytes([0xab; 32]);
        assert_eq!(format!("{hash:?}"), "TokenHash(abababab…)");
        assert!(!TokenError.to_string().contains("tns_"));
    }

    #[test]
    fn t1_a_token_can_neither_be_displayed_nor_serialised() {
        assert_lacks!(Token: std::fmt::Display);
        assert_lacks!(Token: serde::Serialize);
    }

    #[test]
    fn t1_the_hash_is_not_in_the_token_nor_the_token_in_the_hash() {
        let token = mint(TokenPurpose::ApiKey);
        let stored = serde_json::to_string(&token.hash()).unwrap();
        assert!(!token.expose().contains(stored.trim_matches('"')));
        assert!(!stored.contains(&token.expose()[26..PREFIX_CHARS + BODY_CHARS]));
    }

    #[test]
    fn t2_empty_blank_truncated_padded_and_foreign_text_is_no_token() {
        let good = mint(TokenPurpose::Reset).expose().to_owned();
        let body = &good[PREFIX_CHARS..];
        let bad = [
            String::new(),
            " ".to_owned(),
            "\0".to_owned(),
            "null".to_owned(),
            "undefined".to_owned(),
            "tnr_".to_owned(),
            body.to_owned(),
            format!(" {good}"),
            format!("{good} "),
            format!("{good}\n"),
            format!("{good}="),
            format!("{good}AAAA"),
            format!("{good}{good}"),
            format!("tnr_{}", " ".repeat(BODY_CHARS)),
            format!("tnr_{}", "+".repeat(BODY_CHARS)),
            format!("tnr_{}", "/".repeat(BODY_CHARS)),
            format!("tnr_{}", "é".repeat(BODY_CHARS / 2)),
            format!("TNR_{body}"),
        ];
        for text in bad {
            let read = Token::parse(TokenPurpose::Reset, &text);
            assert_eq!(read.err(), Some(TokenError), "{text:?}");
        }
        for end in 0..good.len() {
            let read = Token::parse(TokenPurpose::Reset, &good[..end]);
            assert_eq!(read.err(), Some(TokenError));
        }
    }

    #[test]
    fn t2_a_token_of_one_purpose_is_none_for_another() {
        for minted in TokenPurpose::ALL {
            let token = mint(minted);
            for asked in TokenPurpose::ALL {
                let read = Token::parse(asked, token.expose());
                assert_eq!(read.is_ok(), asked == minted, "{minted:?} as {asked:?}");
            }
        }
    }

    #[test]
    fn t2_the_same_bytes_hash_differently_for_each_purpose_and_tenant() {
        let mint = |purpose, tenant| Token::mint(purpose, tenant, &Fixed(7)).unwrap().hash();
        let hashes: std::collections::BTreeSet<_> = TokenPurpose::ALL
            .into_iter()
            .flat_map(|purpose| [mint(purpose, TENANT), mint(purpose, Uuid::nil())])
            .collect();
        assert_eq!(hashes.len(), 2 * TokenPurpose::ALL.len());
    }

    #[test]
    fn t2_a_prefix_changed_to_another_purpose_never_finds_the_same_hash() {
        let invitation = mint(TokenPurpose::Invitation);
        let forged = format!("tnr_{}", &invitation.expose()[PREFIX_CHARS..]);
        let read = Token::parse(TokenPurpose::Reset, &forged).unwrap();
        assert_ne!(read.hash(), invitation.hash());
    }

    #[test]
    fn hashes_serialise_as_one_canonical_text() {
        let hash = mint(TokenPurpose::Session).hash();
        let text = serde_json::to_string(&hash).unwrap();
        assert_eq!(text.len(), 43 + 2);
        assert_eq!(serde_json::from_str::<TokenHash>(&text).unwrap(), hash);
        assert_eq!(TokenHash::from_bytes(*hash.as_bytes()), hash);
        // The last character carries two unused bits: "B" would decode to the same bytes as "A".
        for bad in [
            format!("\"{}B\"", "A".repeat(42)),
            format!("\"{}\"", "A".repeat(42)),
            format!("\"{}\"", "A".repeat(44)),
            format!("\"{}=\"", "A".repeat(43)),
            "\"\"".to_owned(),
        ] {
            assert!(serde_json::from_str::<TokenHash>(&bad).is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn t2_a_token_with_one_character_changed_never_has_the_same_hash(
            at in 0..TokenPurpose::Session.text_length(),
            other in any::<char>(),
        ) {
            let token = mint(TokenPurpose::Session);
            let mut text: Vec<char> = token.expose().chars().collect();
            prop_assume!(text[at] != other);
            text[at] = other;
            let text: String = text.into_iter().collect();
            for purpose in TokenPurpose::ALL {
                if let Ok(read) = Token::parse(purpose, &text) {
                    prop_assert_ne!(read.hash(), token.hash());
                }
            }
        }

        #[test]
        fn t2_any_text_is_refused_or_is_its_own_only_spelling(text in "(tn[sirxak]_)?[A-Za-z0-9_-]{60,75}|.*") {
            for purpose in TokenPurpose::ALL {
                if let Ok(read) = Token::parse(purpose, &text) {
                    prop_assert_eq!(read.expose(), &text);
                    prop_assert_eq!(text.len(), purpose.text_length());
                }
            }
        }
    }
}
