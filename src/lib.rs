//! tenure

pub mod clock;
pub mod error;
pub mod id;
pub mod mail;
pub mod model;
pub mod password;
pub mod rules;
pub mod secret;
pub mod store;
#[cfg(feature = "testing")]
pub mod testing;
pub mod text;
