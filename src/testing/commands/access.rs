//! What commands about logins, networks and API keys are made of.

use super::{Minutes, Pick};

/// From where somebody comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Origin {
    /// From the network from which everybody comes.
    Office,
    /// From another network.
    Abroad,
    /// From nobody knows where.
    Unknown,
}

/// From where a user may come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Networks {
    /// From anywhere.
    Any,
    /// From the [office](Origin::Office) alone.
    Office,
    /// From [abroad](Origin::Abroad) alone.
    Abroad,
    /// From the office besides.
    AllowOffice,
    /// No longer from abroad.
    DisallowAbroad,
}

/// An API key to make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyForm {
    /// Name.
    pub name: String,
    /// What it allows, by their numbers in [`PERMISSIONS`](crate::testing::strategies::PERMISSIONS).
    pub permissions: Vec<Pick>,
    /// Where; wherever the user holds that, if no unit is named.
    pub within: Vec<Pick>,
    /// When it is over, if ever.
    pub expires: Option<Minutes>,
}
