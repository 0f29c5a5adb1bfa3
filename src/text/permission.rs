use std::borrow::{Borrow, Cow};

use serde::{Deserialize, Serialize};

use super::{TextError, newtype::text_traits};

/// The name of a permission, such as `prices.change`.
///
/// Two or more segments joined by dots; a segment is a lower-case ASCII letter followed by lower-case letters, digits
/// and underscores. At most 64 bytes. The names this crate defines are constants and cost nothing to clone.
///
/// ```
/// # use tenure::text::{Permission, TextError};
/// assert_eq!(Permission::new("prices.change")?.as_str(), "prices.change");
/// assert_eq!(Permission::new("Prices"), Err(TextError::NotAPermission));
/// # Ok::<(), TextError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Permission(Cow<'static, str>);

impl Permission {
    /// The limit: 64. Form fields can show it.
    pub const MAX_BYTES: usize = 64;

    /// Parses a name.
    ///
    /// # Errors
    /// [`TextError::Empty`], [`TextError::TooManyBytes`] or [`TextError::NotAPermission`].
    pub fn new(name: impl AsRef<str>) -> Result<Self, TextError> {
        let name = name.as_ref();
        if name.is_empty() {
            Err(TextError::Empty)
        } else if name.len() > Self::MAX_BYTES {
            Err(TextError::TooManyBytes { max: Self::MAX_BYTES })
        } else if is_dotted_name(name.as_bytes()) {
            Ok(Self(Cow::Owned(name.to_owned())))
        } else {
            Err(TextError::NotAPermission)
        }
    }

    /// For constants, of this crate and of hosts: in a `const`, a wrong name does not compile.
    ///
    /// ```
    /// use tenure::Permission;
    ///
    /// const CHANGE_PRICES: Permission = Permission::from_static("prices.change");
    /// assert_eq!(CHANGE_PRICES, Permission::new("prices.change")?);
    /// # Ok::<(), tenure::text::TextError>(())
    /// ```
    ///
    /// # Panics
    /// Where the name is none, outside of a `const` only when it is run; use [`new`](Self::new) for what is typed.
    pub const fn from_static(name: &'static str) -> Self {
        assert!(
            name.len() <= Self::MAX_BYTES && is_dotted_name(name.as_bytes()),
            "not the name of a permission"
        );
        Self(Cow::Borrowed(name))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A loop over bytes, because iterators do not run in constants.
const fn is_dotted_name(name: &[u8]) -> bool {
    let (mut at, mut dots, mut at_start) = (0, 0, true);
    while at < name.len() {
        match name[at] {
            b'a'..=b'z' => at_start = false,
            b'0'..=b'9' | b'_' if !at_start => {}
            b'.' if !at_start => (dots, at_start) = (dots + 1, true),
            _ => return false,
        }
        at += 1;
    }
    dots > 0 && !at_start
}

impl Borrow<str> for Permission {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl From<Permission> for String {
    fn from(permission: Permission) -> Self {
        permission.0.into_owned()
    }
}

text_traits!(Permission);

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_constant_equals_the_parsed_name() {
        const CHANGE: Permission = Permission::from_static("prices.change");
        assert_eq!(CHANGE, Permission::new("prices.change").unwrap());
        assert!(matches!(CHANGE.clone().0, Cow::Borrowed(_)));
    }

    #[test]
    fn other_shapes_are_refused() {
        for name in [
            "prices",
            "Prices.change",
            "prices.",
            ".change",
            "a..b",
            "a.1b",
            "a._b",
            "a.b-c",
            "a.b c",
            "a.bé",
            "a.b\0",
            "ａ.ｂ",
        ] {
            assert_eq!(Permission::new(name), Err(TextError::NotAPermission), "{name:?}");
        }
        assert_eq!(Permission::new(""), Err(TextError::Empty));
        assert_eq!(
            Permission::new(format!("a.{}", "b".repeat(63))),
            Err(TextError::TooManyBytes { max: 64 })
        );
    }

    #[test]
    fn serde_goes_through_the_constructor() {
        assert_eq!(
            serde_json::to_string(&Permission::from_static("a.b")).unwrap(),
            r#""a.b""#
        );
        assert!(serde_json::from_str::<Permission>(r#""a b""#).is_err());
    }

    proptest! {
        #[test]
        fn every_dotted_name_is_one(name in "[a-z][a-z0-9_]{0,9}(\\.[a-z][a-z0-9_]{0,9}){1,4}") {
            prop_assert_eq!(Permission::new(&name).unwrap().to_string(), name);
        }
    }
}
