//! tenure

pub mod clock;
pub mod desk;
pub mod error;
pub mod id;
pub mod mail;
pub mod model;
pub mod password;
mod policy;
pub mod rules;
pub mod secret;
pub mod store;
mod tenure;
#[cfg(feature = "testing")]
pub mod testing;
pub mod text;

pub use error::{Denied, DeniedKind, Error, FieldError, Problem};
pub use policy::Policy;
pub use rules::access::Principal;
pub use tenure::{BuildError, Builder, DeletionGuard, Health, SignIn, SignedIn, Tenure};
