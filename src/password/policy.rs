use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{MAX_PASSWORD_BYTES, Password, blocklist};

/// Which new passwords are good enough.
///
/// It is asked when a password is set or changed, never at sign-in. Every policy refuses common passwords and context
/// words (see [`check`](Self::check)); there is no way to turn that off. Lengths count code points of the NFC form. No
/// policy forbids a character, and none lets a password expire.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Fields")]
pub struct PasswordPolicy {
    min_length: usize,
    required: BTreeSet<CharacterClass>,
}

/// What is read, before its limits are checked.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fields {
    min_length: usize,
    required: BTreeSet<CharacterClass>,
}

impl PasswordPolicy {
    /// No policy may ask for fewer code points than this.
    pub const LEAST_MIN_LENGTH: usize = 8;

    /// No policy may ask for more code points than this: a password of 64 is good everywhere.
    pub const GREATEST_MIN_LENGTH: usize = 64;

    /// At least 8 code points with an upper-case letter, a lower-case letter, a digit and a special character.
    pub fn client_portal() -> Self {
        Self {
            min_length: 8,
            required: CharacterClass::ALL.into(),
        }
    }

    /// What NIST SP 800-63B-4 asks for where the password is the only factor: at least 15 code points, any of them.
    pub fn nist() -> Self {
        Self {
            min_length: 15,
            required: BTreeSet::new(),
        }
    }

    /// The same policy with another least length, in code points.
    ///
    /// # Errors
    /// [`PasswordPolicyError::MinLength`] outside of [`LEAST_MIN_LENGTH`](Self::LEAST_MIN_LENGTH) to
    /// [`GREATEST_MIN_LENGTH`](Self::GREATEST_MIN_LENGTH).
    pub fn with_min_length(self, min_length: usize) -> Result<Self, PasswordPolicyError> {
        if !(Self::LEAST_MIN_LENGTH..=Self::GREATEST_MIN_LENGTH).contains(&min_length) {
            return Err(PasswordPolicyError::MinLength { min_length });
        }
        Ok(Self { min_length, ..self })
    }

    /// The same policy with these classes required, and no others.
    pub fn with_required(self, classes: impl IntoIterator<Item = CharacterClass>) -> Self {
        Self {
            required: classes.into_iter().collect(),
            ..self
        }
    }

    /// The least number of code points.
    pub fn min_length(&self) -> usize {
        self.min_length
    }

    /// The classes of which each needs at least one character.
    pub fn required(&self) -> &BTreeSet<CharacterClass> {
        &self.required
    }

    /// Judges a new password.
    ///
    /// `context` are words that are guessed from who the user is: user name, address and its local part, given and
    /// family name, the tenant's name. A password that *is* one of them, in any case, is refused; one that contains one
    /// is not.
    ///
    /// # Errors
    /// Every rule that the password breaks, each once, in the order of [`PasswordRule`].
    pub fn check(&self, password: &Password, context: &[&str]) -> Result<(), Vec<PasswordRule>> {
        let mut broken = self.broken_by(&Traits::of(password));
        // What is longer than a password may be is no common one and nobody's name.
        if let Some(text) = password.normalised() {
            let folded = blocklist::fold(&text);
            if blocklist::is_common(&folded) {
                broken.push(PasswordRule::Common);
            }
            if blocklist::is_context_word(&folded, context) {
                broken.push(PasswordRule::ContextWord);
            }
        }
        if broken.is_empty() { Ok(()) } else { Err(broken) }
    }

    fn broken_by(&self, traits: &Traits) -> Vec<PasswordRule> {
        let mut broken = Vec::new();
        if traits.length < self.min_length {
            broken.push(PasswordRule::TooShort { min: self.min_length });
        }
        if traits.bytes > MAX_PASSWORD_BYTES {
            broken.push(PasswordRule::TooLong {
                max_bytes: MAX_PASSWORD_BYTES,
            });
        }
        let missing = self.required.difference(&traits.classes);
        broken.extend(missing.map(|class| class.rule()));
        broken
    }
}

/// What the rules on shape look at, gathered in one pass that copies nothing.
#[derive(Default)]
struct Traits {
    length: usize,
    bytes: usize,
    classes: BTreeSet<CharacterClass>,
}

impl Traits {
    fn of(password: &Password) -> Self {
        let mut traits = Self::default();
        for char in password.nfc() {
            traits.length += 1;
            traits.bytes += char.len_utf8();
            let classes = CharacterClass::ALL.into_iter();
            traits.classes.extend(classes.filter(|class| class.contains(char)));
        }
        traits
    }
}

impl Default for PasswordPolicy {
    /// [`client_portal`](Self::client_portal).
    fn default() -> Self {
        Self::client_portal()
    }
}

impl TryFrom<Fields> for PasswordPolicy {
    type Error = PasswordPolicyError;

    fn try_from(fields: Fields) -> Result<Self, Self::Error> {
        Self::nist()
            .with_required(fields.required)
            .with_min_length(fields.min_length)
    }
}

/// A class of characters that a policy can require. Closed on purpose: the classes are those people know from forms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CharacterClass {
    /// Upper-case letters of any script.
    UpperCase,
    /// Lower-case letters of any script.
    LowerCase,
    /// Numbers of any script.
    Digit,
    /// Everything else but control characters: punctuation, symbols, emoji and the space.
    Special,
}

impl CharacterClass {
    /// Every class, in the order in which broken rules are listed.
    pub const ALL: [Self; 4] = [Self::UpperCase, Self::LowerCase, Self::Digit, Self::Special];

    /// Whether the character belongs to this class. Letters without case, as in Chinese, belong to none.
    pub fn contains(self, char: char) -> bool {
        match self {
            Self::UpperCase => char.is_uppercase(),
            Self::LowerCase => char.is_lowercase(),
            Self::Digit => char.is_numeric(),
            Self::Special => !char.is_alphanumeric() && !char.is_control(),
        }
    }

    fn rule(self) -> PasswordRule {
        match self {
            Self::UpperCase => PasswordRule::UpperCase,
            Self::LowerCase => PasswordRule::LowerCase,
            Self::Digit => PasswordRule::Digit,
            Self::Special => PasswordRule::Special,
        }
    }
}

/// A rule that a new password breaks. Forms translate it by its [`code`](Self::code); the messages are English.
///
/// Closed on purpose: a form that shows these should learn of a new one from the compiler.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum PasswordRule {
    /// Fewer code points than the policy asks for.
    #[error("the password needs at least {min} characters")]
    TooShort {
        /// The least number of code points.
        min: usize,
    },
    /// More bytes than any policy takes.
    #[error("the password may have at most {max_bytes} bytes")]
    TooLong {
        /// The greatest number of bytes, in NFC.
        max_bytes: usize,
    },
    /// No upper-case letter.
    #[error("the password needs an upper-case letter")]
    UpperCase,
    /// No lower-case letter.
    #[error("the password needs a lower-case letter")]
    LowerCase,
    /// No digit.
    #[error("the password needs a digit")]
    Digit,
    /// No special character.
    #[error("the password needs a special character")]
    Special,
    /// One of the passwords that everybody tries first.
    #[error("the password is too common")]
    Common,
    /// The user's name, address or the like.
    #[error("the password is a word that is easily guessed from the user")]
    ContextWord,
}

impl PasswordRule {
    /// A stable name for translations and forms, the same as in its serialised form.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TooShort { .. } => "too_short",
            Self::TooLong { .. } => "too_long",
            Self::UpperCase => "upper_case",
            Self::LowerCase => "lower_case",
            Self::Digit => "digit",
            Self::Special => "special",
            Self::Common => "common",
            Self::ContextWord => "context_word",
        }
    }
}

/// A policy outside of its limits. Closed on purpose: there is one limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PasswordPolicyError {
    /// The least length is too small to be safe or too great to be kind.
    #[error(
        "a password policy's least length must be between {least} and {greatest}, not {min_length}",
        least = PasswordPolicy::LEAST_MIN_LENGTH,
        greatest = PasswordPolicy::GREATEST_MIN_LENGTH
    )]
    MinLength {
        /// What was asked for, in code points.
        min_length: usize,
    },
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use proptest::prelude::*;

    use super::PasswordRule::{Common, ContextWord, Digit, LowerCase, Special, TooLong, TooShort, UpperCase};
    use super::*;

    const TOO_LONG: PasswordRule = TooLong { max_bytes: 1_024 };

    fn broken(policy: &PasswordPolicy, text: &str) -> Vec<PasswordRule> {
        broken_in(policy, text, &[])
    }

    fn broken_in(policy: &PasswordPolicy, text: &str, context: &[&str]) -> Vec<PasswordRule> {
        policy.check(&Password::from(text), context).err().unwrap_or_default()
    }

    #[test]
    fn p1_the_default_is_the_client_portals_rule() {
        let policy = PasswordPolicy::default();
        assert_eq!(policy, PasswordPolicy::client_portal());
        assert_eq!(crate::Policy::default().passwords, policy);
        for good in [
            "Gr8 word",
            "Zx9!zx9!",
            "ÀÉ1ñ ññññ",
            "Ünï-1öd€",
            "Жя1!жяжя",
            "Ab1👍Ab1👍",
            "x\0Y9-zzz",
        ] {
            assert_eq!(broken(&policy, good), [], "{good}");
        }
        for (bad, rules) in [
            ("Gr8 wor", vec![TooShort { min: 8 }]),
            ("gr8 wordy", vec![UpperCase]),
            ("GR8 WORDY", vec![LowerCase]),
            ("Great wordy", vec![Digit]),
            ("Gr8wordy", vec![Special]),
            ("Gr8\u{7}wordy", vec![Special]),
            ("漢字漢字漢字漢字", vec![UpperCase, LowerCase, Digit, Special]),
        ] {
            assert_eq!(broken(&policy, bad), rules, "{bad}");
        }
    }

    #[test]
    fn p1_nist_wants_15_characters_of_any_kind() {
        let policy = PasswordPolicy::nist();
        assert_eq!(broken(&policy, "aaaaaaaaaaaaaa"), [TooShort { min: 15 }]);
        for good in ["correct horse b", "               ", "漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢"] {
            assert_eq!(broken(&policy, good), [], "{good}");
        }
        let with_second_factor = policy.with_min_length(8).unwrap();
        assert_eq!(broken(&with_second_factor, "zxzxzxzx"), []);
    }

    #[test]
    fn p1_length_counts_code_points_of_the_nfc_form() {
        let policy = PasswordPolicy::nist().with_min_length(8).unwrap();
        // Eight code points as typed, four composed.
        assert_eq!(broken(&policy, &"e\u{301}".repeat(4)), [TooShort { min: 8 }]);
        assert_eq!(broken(&policy, &"e\u{301}".repeat(8)), []);
        // One emoji of seven code points, and another character.
        assert_eq!(broken(&policy, "👨‍👩‍👧‍👦!"), []);
    }

    #[test]
    fn p1_64_characters_are_accepted_under_every_policy_and_1024_bytes_are_the_limit() {
        let greatest = PasswordPolicy::client_portal().with_min_length(64).unwrap();
        for policy in [PasswordPolicy::client_portal(), PasswordPolicy::nist(), greatest] {
            assert_eq!(broken(&policy, &format!("Aa1!{}", "😀".repeat(60))), []);
            assert_eq!(broken(&policy, &format!("Aa1!{}", "a".repeat(1_020))), []);
            assert_eq!(broken(&policy, &format!("Aa1!{}", "a".repeat(1_021))), [TOO_LONG]);
        }
    }

    #[test]
    fn p3_common_passwords_are_refused_whole_and_in_any_case() {
        let policy = PasswordPolicy::client_portal();
        assert_eq!(broken(&policy, "P@ssw0rd!"), [Common]);
        assert_eq!(broken(&policy, "p@SSW0RD!"), [Common]);
        assert_eq!(broken(&policy, "P@ssw0rd!x"), []);
        let nist = PasswordPolicy::nist();
        assert_eq!(broken(&nist, "1234567890123456"), [Common]);
    }

    #[test]
    fn p3_context_words_are_refused_whole_and_in_any_case() {
        let policy = PasswordPolicy::client_portal();
        let context = ["Ada.Lovelace-1815", "ada@example.org", ""];
        assert_eq!(broken_in(&policy, "ADA.lovelace-1815", &context), [ContextWord]);
        assert_eq!(broken_in(&policy, "Ada.Lovelace-1816", &context), []);
    }

    #[test]
    fn p4_every_broken_rule_is_listed_at_once() {
        let policy = PasswordPolicy::client_portal();
        let all_but_special = [TooShort { min: 8 }, UpperCase, LowerCase, Digit, Special];
        assert_eq!(broken(&policy, ""), all_but_special);
        assert_eq!(
            broken_in(&policy, "admin", &["ADMIN"]),
            [TooShort { min: 8 }, UpperCase, Digit, Special, Common, ContextWord]
        );
        for length in [1_025, 100_000] {
            assert_eq!(
                broken(&policy, &"a".repeat(length)),
                [TOO_LONG, UpperCase, Digit, Special]
            );
        }
    }

    proptest! {
        #[test]
        fn p1_64_characters_of_any_kind_pass_where_each_class_is_among_them(
            chars in proptest::collection::vec(any::<char>(), 60),
        ) {
            let text: String = "Aa1!".chars().chain(chars).collect();
            prop_assert_eq!(text.chars().count(), 64);
            for policy in [PasswordPolicy::client_portal(), PasswordPolicy::nist()] {
                prop_assert_eq!(broken(&policy, &text), []);
            }
        }

        #[test]
        fn p4_what_is_listed_is_exactly_what_is_broken_in_order_and_once(
            text in "[a-cA-C1-3!éÉ ]{0,20}|(password|Ada){1,2}[1!]{0,2}|a{1000,1040}",
            min in 8..=20_usize,
            classes in proptest::sample::subsequence(CharacterClass::ALL.to_vec(), 0..=4),
            named in any::<bool>(),
        ) {
            let policy = PasswordPolicy::nist().with_min_length(min).unwrap().with_required(classes.clone());
            let context = if named { vec!["Kate", "aDa"] } else { vec![] };
            let lacks = |class, has: fn(char) -> bool| classes.contains(&class) && !text.contains(has);
            let common = ["password", "password1", "password!", "password1!", "password11", "passwordpassword"];
            let expected: Vec<_> = [
                (text.chars().count() < min, TooShort { min }),
                (text.len() > 1_024, TOO_LONG),
                (lacks(CharacterClass::UpperCase, |c| matches!(c, 'A'..='C' | 'É')), UpperCase),
                (lacks(CharacterClass::LowerCase, |c| c.is_ascii_lowercase() || c == 'é'), LowerCase),
                (lacks(CharacterClass::Digit, |c| c.is_ascii_digit()), Digit),
                (lacks(CharacterClass::Special, |c| matches!(c, ' ' | '!')), Special),
                (common.contains(&&*text), Common),
                (named && text == "Ada", ContextWord),
            ]
            .into_iter()
            .filter_map(|(is_broken, rule)| is_broken.then_some(rule))
            .collect();
            let mut found = broken_in(&policy, &text, &context);
            // The list is not this test's: it only has to find the ones that are asked for above.
            if !common.contains(&&*text) {
                found.retain(|rule| *rule != Common);
            }
            prop_assert_eq!(found, expected, "{:?}", text);
        }
    }

    #[test]
    fn every_character_is_in_one_class_at_most_but_for_odd_numerals() {
        for char in ('\0'..='\u{2fff}').filter(|char| !char.is_numeric()) {
            let classes = CharacterClass::ALL.into_iter().filter(|class| class.contains(char));
            assert!(classes.count() <= 1, "{char:?}");
        }
    }

    #[test]
    fn policies_are_values_that_read_back_and_keep_their_limits() {
        for policy in [PasswordPolicy::client_portal(), PasswordPolicy::nist()] {
            let text = serde_json::to_string(&policy).unwrap();
            assert_eq!(serde_json::from_str::<PasswordPolicy>(&text).unwrap(), policy);
        }
        assert_eq!(
            serde_json::to_string(&PasswordPolicy::client_portal()).unwrap(),
            r#"{"min_length":8,"required":["upper_case","lower_case","digit","special"]}"#
        );
        for min_length in [0, 7, 65] {
            let text = format!(r#"{{"min_length":{min_length},"required":[]}}"#);
            assert!(serde_json::from_str::<PasswordPolicy>(&text).is_err());
            assert_eq!(
                PasswordPolicy::nist().with_min_length(min_length),
                Err(PasswordPolicyError::MinLength { min_length })
            );
        }
    }

    #[test]
    fn rules_have_plain_messages_and_the_code_they_serialise_with() {
        for rule in [
            TooShort { min: 8 },
            TOO_LONG,
            UpperCase,
            LowerCase,
            Digit,
            Special,
            Common,
            ContextWord,
        ] {
            let message = rule.to_string();
            assert!(!message.ends_with('.') && !message.starts_with(char::is_uppercase));
            let json = serde_json::to_value(rule).unwrap();
            assert_eq!(json["code"], rule.code());
            assert_eq!(serde_json::from_value::<PasswordRule>(json).unwrap(), rule);
        }
    }
}
