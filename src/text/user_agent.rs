mod names;

use std::{convert::Infallible, fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::chars::{is_bidi_override, is_control};

/// What a client says it is: the `User-Agent` header, for people to recognise their own sessions by.
///
/// It comes from outside and proves nothing, so it is never refused: control characters, and those that force the
/// direction of the text around them, become U+FFFD, and it is cut after 512 characters. It may be empty.
///
/// ```
/// # use tenure::text::UserAgent;
/// assert_eq!(UserAgent::new("curl/8.5\r\nX: y").as_str(), "curl/8.5\u{fffd}\u{fffd}X: y");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct UserAgent(String);

impl UserAgent {
    /// The limit: 512. What goes beyond it is cut.
    pub const MAX_CHARS: usize = 512;

    /// Takes what the client said, cleaned and cut.
    pub fn new(text: impl AsRef<str>) -> Self {
        let harmful = |c| is_control(c) || is_bidi_override(c);
        let chars = text.as_ref().chars().take(Self::MAX_CHARS);
        Self(
            chars
                .map(|c| if harmful(c) { char::REPLACEMENT_CHARACTER } else { c })
                .collect(),
        )
    }

    /// The text as it is kept.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The browser that it speaks of, by the name that people know it by: Edge, Chrome, Firefox, Safari, Opera, Samsung
    /// Internet and a few more. Of a program or a robot, what it calls itself: `curl`, `Googlebot`.
    ///
    /// It is for people to recognise their own sessions by, and proves nothing. Browsers that say they are another, as
    /// Brave does, are taken at their word. `None` where it gives nothing away.
    ///
    /// ```
    /// # use tenure::text::UserAgent;
    /// let agent = UserAgent::new("Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0");
    /// assert_eq!((agent.browser(), agent.system()), (Some("Firefox"), Some("Linux")));
    /// assert_eq!(UserAgent::new("curl/8.5.0").browser(), Some("curl"));
    /// ```
    pub fn browser(&self) -> Option<&str> {
        names::browser(&self.0)
    }

    /// The system that it speaks of: Windows, macOS, iOS, iPadOS, Android, Linux, ChromeOS, FreeBSD or OpenBSD.
    ///
    /// It has no version: browsers no longer tell, or tell a fixed one. Safari on an iPad says that it is on a Mac
    /// unless its user wants mobile pages, and so is named macOS.
    pub fn system(&self) -> Option<&'static str> {
        names::system(&self.0)
    }
}

impl AsRef<str> for UserAgent {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for UserAgent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl FromStr for UserAgent {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self::new(text))
    }
}

impl From<&str> for UserAgent {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

impl From<String> for UserAgent {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}

impl From<UserAgent> for String {
    fn from(agent: UserAgent) -> Self {
        agent.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_usual_one_is_kept() {
        let text = "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0";
        assert_eq!(UserAgent::new(text).as_str(), text);
    }

    #[test]
    fn a5_control_characters_are_replaced() {
        assert_eq!(
            UserAgent::new("a\0b\u{1b}[2Jc\u{202e}").as_str(),
            "a\u{fffd}b\u{fffd}[2Jc\u{fffd}"
        );
    }

    proptest! {
        #[test]
        fn anything_is_taken_and_taken_again_unchanged(text in any::<String>(), times in 1_usize..60) {
            let agent = UserAgent::new(text.repeat(times));
            prop_assert!(agent.as_str().chars().count() <= UserAgent::MAX_CHARS);
            prop_assert!(!agent.as_str().contains(char::is_control));
            prop_assert_eq!(UserAgent::new(&agent), agent);
        }
    }
}
