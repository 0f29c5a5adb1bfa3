//! Secrets that travel: where randomness comes from, the bearer tokens made of it, and the hashes that are kept of
//! them.
//!
//! A token is shown once, to the one who is to hold it. Only its [`TokenHash`] is stored, so that a read of the store
//! (a leaked backup, a curious operator) opens no session and no link.

mod one_time;
mod random;
mod token;

pub use one_time::OneTimePassword;
pub use random::{OsRandom, Random, RandomError, random_bytes};
pub use token::{Token, TokenError, TokenHash, TokenPurpose};

/// Fails to compile when the type implements the trait: the call is ambiguous as soon as both blanket impls apply.
#[cfg(test)]
macro_rules! assert_lacks {
    ($type:ty: $($bound:tt)+) => {{
        trait Lacks<Marker> {
            fn it() {}
        }
        impl<T: ?Sized> Lacks<()> for T {}
        struct Has;
        impl<T: ?Sized + $($bound)+> Lacks<Has> for T {}
        <$type as Lacks<_>>::it();
    }};
}

#[cfg(test)]
pub(crate) use assert_lacks;
