//! The boilerplate that every text type shares.

/// Declares a text type over `String`: its documentation, its limit as an associated constant, and the function that
/// parses it.
macro_rules! text_type {
    (
        $(#[$meta:meta])*
        $name:ident, $limit:ident = $max:literal, $parse:expr
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            #[doc = concat!("The limit: ", $max, ". Form fields can show it.")]
            pub const $limit: usize = $max;

            /// Parses a text, by the rules that the type's own documentation states.
            ///
            /// # Errors
            /// A [`TextError`](crate::text::TextError) that says which rule was broken.
            pub fn new(text: impl AsRef<str>) -> Result<Self, crate::text::TextError> {
                let parse: fn(&str, usize) -> Result<String, crate::text::TextError> = $parse;
                parse(text.as_ref(), Self::$limit).map(Self)
            }

            /// The text as it is kept.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<$name> for String {
            fn from(text: $name) -> Self {
                text.0
            }
        }

        $crate::text::newtype::text_traits!($name);
    };
}

/// What follows from `new` and `as_str`.
macro_rules! text_traits {
    ($name:ident) => {
        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                self.as_str()
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = crate::text::TextError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::new(text)
            }
        }

        impl TryFrom<&str> for $name {
            type Error = crate::text::TextError;

            fn try_from(text: &str) -> Result<Self, Self::Error> {
                Self::new(text)
            }
        }

        impl TryFrom<String> for $name {
            type Error = crate::text::TextError;

            fn try_from(text: String) -> Result<Self, Self::Error> {
                Self::new(text)
            }
        }
    };
}

pub(super) use {text_traits, text_type};
