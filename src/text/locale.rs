use oxilangtag::LanguageTag;

use super::{TextError, newtype::text_type};

text_type! {
    /// A language tag by BCP 47, such as `de-CH`.
    ///
    /// At most 64 bytes. It is well-formed and in the usual case (`EN-us` becomes `en-US`); whether its subtags are
    /// registered, and whether the application speaks the language, is not checked here. The default is `en`.
    ///
    /// ```
    /// # use tenure::text::{Locale, TextError};
    /// assert_eq!(Locale::new("de-ch")?.as_str(), "de-CH");
    /// assert_eq!(Locale::new("German (Swiss)"), Err(TextError::NotALocale));
    /// # Ok::<(), TextError>(())
    /// ```
    Locale, MAX_BYTES = 64, parse
}

impl Locale {
    /// The language without script, region and the rest: the first subtag, `de` in `de-CH`.
    pub fn language(&self) -> &str {
        self.0.split_once('-').map_or(self.as_str(), |(language, _)| language)
    }
}

impl Default for Locale {
    fn default() -> Self {
        Self("en".to_owned())
    }
}

fn parse(tag: &str, max: usize) -> Result<String, TextError> {
    if tag.is_empty() {
        return Err(TextError::Empty);
    }
    if tag.len() > max {
        return Err(TextError::TooManyBytes { max });
    }
    LanguageTag::parse_and_normalize(tag)
        .map(LanguageTag::into_inner)
        .map_err(|_| TextError::NotALocale)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn tags_take_the_usual_case() {
        for (given, kept) in [
            ("en", "en"),
            ("EN-us", "en-US"),
            ("ZH-hant-tw", "zh-Hant-TW"),
            ("de-1996", "de-1996"),
        ] {
            assert_eq!(Locale::new(given).unwrap().as_str(), kept);
        }
    }

    #[test]
    fn what_is_no_tag_is_refused() {
        for tag in ["en_US", "e", "en-", "-en", "en--US", " en", "en\0", "dé", "en-US,de"] {
            assert_eq!(Locale::new(tag), Err(TextError::NotALocale), "{tag:?}");
        }
        assert_eq!(Locale::new(""), Err(TextError::Empty));
        assert_eq!(
            Locale::new(format!("en-x{}", "-a".repeat(31))),
            Err(TextError::TooManyBytes { max: 64 })
        );
    }

    #[test]
    fn the_default_would_parse() {
        assert_eq!(Locale::new("en").unwrap(), Locale::default());
    }

    #[test]
    fn the_language_is_the_first_subtag() {
        assert_eq!(Locale::new("zh-Hant-TW").unwrap().language(), "zh");
        assert_eq!(Locale::default().language(), "en");
    }

    proptest! {
        #[test]
        fn parsing_again_changes_nothing(tag in "[a-zA-Z]{2,4}(-[a-zA-Z0-9]{1,8}){0,5}") {
            if let Ok(locale) = Locale::new(&tag) {
                prop_assert_eq!(Locale::new(locale.as_str()), Ok(locale));
            }
        }
    }
}
