//! Text that was parsed once: newtypes with fallible constructors.
//!
//! A value of one of these types has passed its rules, so nothing downstream checks them again. All of them keep the
//! spelling that was given, in Unicode Normalisation Form C. Comparing two spellings is the work of one normaliser,
//! [`Key`]; ordering them for people is the work of [`SortKey`].
//!
//! | type | length | what it refuses besides control characters |
//! |---|---|---|
//! | [`EmailAddress`] | 254 bytes | all that is not exactly one plain address |
//! | [`UserName`] | 254 characters | blanks, invisible characters, all that RFC 8265 leaves out |
//! | [`PersonName`] | 100 characters | blank text, invisible and bidirectional controls |
//! | [`DisplayName`], [`Name`] | 200 characters | the same |
//! | [`Signature`] | 20 characters | the same, and white space |
//! | [`Reason`] | 500 characters | blank text, bidirectional overrides |
//! | [`Message`] | 2000 characters | the same; line breaks and tabs are allowed |
//! | [`Permission`] | 64 bytes | all but dotted lower-case names |
//! | [`Locale`] | 64 bytes | all but well-formed BCP 47 tags |
//! | [`TimeZone`] | 64 bytes | names that the bundled time zone database does not know |
//! | [`AddressPattern`] | 43 bytes | all but IP addresses, networks and wildcards in their usual form |
//! | [`SearchPattern`] | 200 characters | blank text; more than 10 words or 20 wildcards |
//! | [`UserAgent`] | 512 characters | nothing: it is cut and cleaned |
//!
//! A *character* is a Unicode code point throughout. Every fallible constructor fails with a [`TextError`] that says
//! why without repeating what was typed; every type reads from and writes to a plain string in serde, and reading goes
//! through the constructor. An [`Allowlist`] is a list of at most 100 patterns.

mod address;
mod allowlist;
mod chars;
mod error;
mod key;
mod locale;
mod names;
mod network;
mod newtype;
mod pattern;
mod permission;
mod prose;
mod search_text;
mod sort_key;
mod time_zone;
mod user_agent;
mod user_name;

pub use address::EmailAddress;
pub use allowlist::Allowlist;
pub use error::TextError;
pub use key::Key;
pub use locale::Locale;
pub use names::{DisplayName, Name, PersonName, Signature, Subject};
pub use network::AddressPattern;
pub use pattern::{SearchPattern, Word};
pub use permission::Permission;
pub use prose::{Message, Reason};
pub use search_text::{SearchField, SearchText};
pub use sort_key::{SortKey, SortKeyError};
pub use time_zone::TimeZone;
pub use user_agent::UserAgent;
pub use user_name::UserName;
