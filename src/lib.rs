// The links of the README, as they lead within the documentation: of two definitions Markdown takes the first.
#![doc = "[administration]: crate::docs::administration"]
#![doc = "[architecture]: crate::docs::architecture"]
#![doc = "[design]: crate::docs::design"]
#![doc = "[permissions]: crate::docs::permissions"]
#![doc = "[postgres]: crate::docs::postgres"]
#![doc = "[security]: crate::docs::security"]
#![doc = "[states]: crate::docs::states"]
#![doc = "[stores]: crate::docs::stores"]
#![doc = ""]
#![doc = include_str!("../README.md")]

pub mod clock;
pub mod desk;
#[cfg(any(doc, doctest))]
pub mod docs;
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

pub use clock::{Clock, SystemClock, Timestamp};
pub use desk::{AttemptSearch, Desk, Listed, Listing, PageCursor, Reports};
pub use error::{Denied, DeniedKind, Error, FieldError, Problem};
pub use id::TenantId;
pub use mail::Mailer;
pub use model::security_report::ChangedBy;
pub use model::{
    ApiKey, Client, Employee, Ended, Grant, Invitation, OrgUnit, Permission, PermissionSet, Profile, Right, Role,
    Scope, SeatContract, SecurityReport, Session, SortBy, Start, Tenant, User, UserKind, UserStatus, UserType,
    permissions,
};
pub use policy::{
    AddressChangePolicy, ByAdministrator, Policy, Provider, SessionsAtOnce, UserField, Welcome, WhenFull,
};
pub use rules::access::{Pass, Principal};
pub use rules::addresses::ChangeAddress;
pub use rules::addresses::links::{AddressConfirmation, AddressStop};
pub use rules::allowlists::AllowlistChange;
pub use rules::api_keys::NewApiKey;
pub use rules::bulk::{EmployeeRow, Import, ImportReport, Imported, Part, RefusedRow, UserRow};
pub use rules::deletion::{Blocker, DeletionReport, is_assignable};
pub use rules::effective::{EffectivePermission, EffectiveRights};
pub use rules::employees::NewEmployee;
pub use rules::explain::{Against, PermissionReport};
pub use rules::feed::{EventSearch, FeedPage};
pub use rules::invitations::{Acceptance, InvitationPreview};
pub use rules::lockouts::Lockout;
pub use rules::login::LoginPurpose;
pub use rules::login::Obstacle;
pub use rules::passwords::{ChangePassword, NewPassword};
pub use rules::replay::{Replay, Replayed, SeatsSince};
pub use rules::resets::ResetPreview;
pub use rules::rights::{Place, Rights};
pub use rules::roles::NewRole;
pub use rules::security_report::ReportTo;
pub use rules::status::{StatusChange, Suspension};
pub use rules::tenant::{Founded, Founding};
pub use rules::throttle::ThrottlePolicy;
pub use rules::units::NewUnit;
pub use rules::users::{Access, InitialStatus, NewUser, ProfileEdit, UserEdit};
pub use rules::versions::{Missed, Stale};
pub use secret::Token;
pub use store::Store;
pub use tenure::{BuildError, Builder, DeletionGuard, Health, SignIn, SignedIn, SingleTenant, Tenure};
