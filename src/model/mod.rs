//! What there is: values and their state machines.
//!
//! Nothing here does I/O, reads a clock or draws a random byte. A state is an enum that carries its evidence; a
//! transition consumes the value, takes the instant as an argument, and gives the new value or an exact refusal.

pub mod address_change;
pub mod api_key;
pub mod attempt;
pub mod credential;
pub mod employee;
pub mod event;
pub mod grant;
pub mod invitation;
mod listed;
pub mod mail;
pub mod permission;
pub mod record;
pub mod role;
pub mod security_report;
pub mod session;
pub mod tenant;
pub mod throttle;
pub mod ticket;
pub mod unit;
pub mod user;

pub use address_change::{AddressChange, AddressChangeStage, AddressChangeState, AddressChangeVerb};
pub use api_key::{ApiKey, ApiKeyState};
pub use attempt::{Attempt, AttemptOutcome, Ended, RefusalReason};
pub use credential::{Credential, Secret};
pub use employee::{Employee, Employment};
pub use event::{Actor, Affected, Event, What};
pub use grant::{Grant, Right, Scope};
pub use invitation::{Invitation, InvitationState, InvitationVerb};
#[cfg(any(feature = "postgres", feature = "sqlite"))]
pub(crate) use listed::instant_key;
pub use listed::{SortBy, UserType};
pub use mail::{DoneBy, Mail, MailKind, MailState, QueuedMail};
pub use permission::{Permission, PermissionSet, permissions};
pub use record::{Due, Entry, Kept, KeySpace, Loaded, Record, RecordId, RecordKind, Reference, UniqueKey, Version};
pub use role::Role;
pub use security_report::SecurityReport;
pub use session::{Client, EndReason, Session, SessionLimit, SessionState};
pub use tenant::{SeatContract, Tenant, TenantStatus};
pub use throttle::Throttle;
pub use ticket::{Term, Ticket, TicketPurpose, TicketState};
pub use unit::{OrgUnit, UnitKind, UnitPath};
pub use user::{ExternalIdentity, Hold, Inactivity, Profile, Start, StatusKind, User, UserKind, UserStatus, UserVerb};
