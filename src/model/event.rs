//! Events: what happened, by whom, to whom. Never a secret, and no personal data beyond ids, so that erasing a person
//! leaves the log readable (D6).

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::grant::{Grant, Scope};
use super::permission::PermissionSet;
use super::record::{RecordId, Version};
use super::session::EndReason;
use super::tenant::SeatContract;
use super::user::StatusKind;
use crate::clock::Timestamp;
use crate::id::{EmployeeId, RoleId, SessionId, UnitId, UserId};
use crate::text::{Name, Reason};

/// One thing that happened. Written in the commit that made it so, or not at all.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// When.
    pub at: Timestamp,
    /// Who did it.
    pub actor: Actor,
    /// To what.
    pub subject: RecordId,
    /// What happened.
    pub what: What,
    /// For a set change: how many records it touched.
    pub affected: Option<Affected>,
    /// The version that the subject has since, where its record was written in the same act.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<Version>,
}

impl What {
    /// The name of the event, as it stands in the log: `user_created`, say.
    pub fn name(&self) -> String {
        // Its serde form is an object with the name in it.
        match serde_json::to_value(self) {
            Ok(serde_json::Value::Object(mut fields)) => match fields.remove("event") {
                Some(serde_json::Value::String(name)) => name,
                _ => String::new(),
            },
            _ => String::new(),
        }
    }
}

/// The [name](What::name) of the event: `user_created`. It keeps to a width, as in `{:<24}`.
impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.name())
    }
}

/// How many records a set change touched. Closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Affected {
    /// Not known yet: the store counts what the change at this index of the commit touched, and writes that.
    ByChange(usize),
    /// So many.
    Records(u64),
}

impl Affected {
    /// The same where the changes of a commit stand so many places further back.
    pub(crate) fn moved_by(self, places: usize) -> Self {
        match self {
            Self::ByChange(index) => Self::ByChange(index + places),
            Self::Records(_) => self,
        }
    }
}

/// Who did something. Closed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Actor {
    /// A user, through their session or an API key.
    User(UserId),
    /// The user themselves, by a link or by logging in, before there was a session.
    Subject(UserId),
    /// The host's own code, with the reason it gave. It stays in the log for good, so it should name no persons.
    System(Reason),
    /// Time: something that was due.
    Schedule,
    /// Whoever signed up.
    Founder,
}

impl Actor {
    /// The user behind it, where there is one.
    pub fn user(&self) -> Option<UserId> {
        match self {
            Self::User(user) | Self::Subject(user) => Some(*user),
            Self::System(_) | Self::Schedule | Self::Founder => None,
        }
    }
}

/// What happened. Named as the user would say it; more may come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "event")]
#[non_exhaustive]
pub enum What {
    /// A tenant was founded.
    TenantFounded {
        /// Its seat contract.
        #[serde(default)]
        seats: SeatContract,
    },
    /// The tenant's name changed.
    TenantRenamed {
        /// Before.
        from: Name,
        /// After.
        to: Name,
    },
    /// The tenant was taken out of use.
    TenantSuspended,
    /// The tenant was brought back into use.
    TenantReinstated,
    /// The seat contract changed.
    SeatContractChanged {
        /// Before.
        from: SeatContract,
        /// After.
        to: SeatContract,
    },
    /// An org unit was added.
    UnitAdded {
        /// Its name.
        name: Name,
        /// Below which unit.
        parent: Option<UnitId>,
    },
    /// An org unit was renamed.
    UnitRenamed {
        /// Before.
        from: Name,
        /// After.
        to: Name,
    },
    /// An org unit was moved, with all below it.
    UnitMoved {
        /// Below which unit it was.
        from: Option<UnitId>,
        /// Below which unit it is.
        to: Option<UnitId>,
        /// How many units moved with it, itself included.
        units: usize,
    },
    /// An org unit was removed.
    UnitRemoved {
        /// Its name.
        name: Name,
    },
    /// A role was added.
    RoleAdded {
        /// Its name.
        name: Name,
        /// Its permissions.
        permissions: PermissionSet,
    },
    /// A role was renamed or given other permissions.
    RoleEdited {
        /// Name and permissions before.
        from: (Name, PermissionSet),
        /// Name and permissions after.
        to: (Name, PermissionSet),
    },
    /// A role was removed.
    RoleRemoved {
        /// Its name.
        name: Name,
    },
    /// An employee was added to the register.
    EmployeeAdded,
    /// An employee's record was edited.
    EmployeeEdited {
        /// The names of the fields that changed; the values are personal and are not kept here.
        fields: BTreeSet<String>,
    },
    /// An employee reports to somebody else.
    SupervisorChanged {
        /// Before.
        from: Option<EmployeeId>,
        /// After.
        to: Option<EmployeeId>,
    },
    /// Everyone who reported to one employee reports to another.
    ReportsMoved {
        /// To whom they reported.
        from: EmployeeId,
        /// To whom they report.
        to: Option<EmployeeId>,
    },
    /// An employee was removed from the register.
    EmployeeRemoved,
    /// A user was created.
    UserCreated {
        /// In which state.
        status: StatusKind,
        /// With which rights.
        grants: Vec<Grant>,
        /// Whether they keep a seat from now on (LO8).
        #[serde(default)]
        seat: bool,
        /// When the status changes by itself, if it does.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<Timestamp>,
    },
    /// A user's profile was edited.
    ProfileEdited {
        /// The names of the fields that changed; the values are personal and are not kept here.
        fields: BTreeSet<String>,
    },
    /// A user has another user name. The names are personal and are not kept here.
    UserNameChanged,
    /// A user may call APIs only from now on, or may log in again.
    ApiOnlyChanged {
        /// Whether APIs only. Then the password is gone.
        api_only: bool,
    },
    /// Everyone who had a role has another one instead, in the same scopes. One event more stands with each of them.
    RoleMoved {
        /// The role that nobody has now.
        from: RoleId,
        /// The role that they have.
        to: RoleId,
        /// How many users.
        users: usize,
    },
    /// A user's rights changed.
    GrantsChanged {
        /// Before.
        from: Vec<Grant>,
        /// After.
        to: Vec<Grant>,
    },
    /// A user's memberships changed.
    MembershipsChanged {
        /// Before.
        from: BTreeSet<UnitId>,
        /// After.
        to: BTreeSet<UnitId>,
    },
    /// A change of a user's address was asked for. The addresses are personal and are not kept here.
    AddressChangeRequested {
        /// Before when it does not take effect.
        not_before: Timestamp,
        /// Until when it has to be confirmed, if it has to be.
        confirm_by: Option<Timestamp>,
    },
    /// A change of address was confirmed from the new address.
    AddressChangeConfirmed {
        /// When it takes effect.
        effective_at: Timestamp,
    },
    /// A change of address was called off, or ended with the user's access.
    AddressChangeStopped,
    /// A change of address was not confirmed in time.
    AddressChangeLapsed,
    /// A user has another address.
    AddressChanged {
        /// Whether the user name changed with it.
        user_name: bool,
    },
    /// A user logs in through an external provider from now on; their password is gone.
    IdentityLinked {
        /// Which.
        provider: Name,
    },
    /// A user no longer logs in through an external provider.
    IdentityUnlinked {
        /// Which.
        provider: Name,
    },
    /// A user's access changed.
    StatusChanged {
        /// By which verb.
        verb: String,
        /// Before.
        from: StatusKind,
        /// After.
        to: StatusKind,
        /// When it changes again by itself, if it does.
        until: Option<Timestamp>,
        /// Whether a reason was noted. The words are personal: they stand with the user, and go with them.
        noted: bool,
    },
    /// An invitation was sent.
    InvitationSent {
        /// Until when its link is good.
        expires_at: Timestamp,
        /// Whether it was sent before.
        again: bool,
        /// Whether the user keeps a seat from now on: as the policy says of open invitations.
        #[serde(default)]
        seat: bool,
    },
    /// The link of an invitation was handed to somebody else than whom it is for (I6).
    InvitationLinkHandedOut {
        /// Whose invitation it is.
        user: UserId,
    },
    /// An invitation was accepted.
    InvitationAccepted {
        /// Whose it was.
        user: UserId,
        /// Whether they keep a seat from now on: not where access begins when an administrator says so.
        seat: bool,
        /// What they are now: active, or inactive until their first day.
        to: StatusKind,
        /// When that changes by itself, if it does.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<Timestamp>,
    },
    /// An invitation was cancelled.
    InvitationCancelled {
        /// Whose it was.
        user: UserId,
        /// Whether they keep a seat from now on.
        seat: bool,
    },
    /// An invitation expired.
    InvitationExpired {
        /// Whose it was.
        user: UserId,
        /// Whether they keep a seat from now on.
        seat: bool,
    },
    /// A password was set: by whoever holds a link, or by the user, logged in.
    PasswordSet,
    /// A link to set a new password was sent.
    ResetRequested {
        /// Whether an administrator or the host's own code asked for it; else somebody at the login page did.
        by_administrator: bool,
    },
    /// The security report of a user was mailed.
    SecurityReportSent {
        /// Whether to them; else to whoever asked for it.
        to_user: bool,
    },
    /// A one-time password was sent; an older password is void.
    OneTimePasswordSent {
        /// Whether the older one was a one-time password too.
        again: bool,
    },
    /// Somebody logged in.
    SignedIn {
        /// The new session.
        session: SessionId,
    },
    /// A user's account was locked: too many logins failed in a row.
    LockedOut {
        /// When the lock ends by itself.
        until: Timestamp,
    },
    /// The lock of a user's account ended before its time.
    LockoutEnded,
    /// The networks that a user may come from changed. Which they are is personal and not kept here.
    AllowlistChanged {
        /// How many entries the list has now; 0: from anywhere.
        entries: usize,
        /// Whether it shuts out the address from which it was changed, and was to be saved nevertheless.
        forced: bool,
    },
    /// One session ended.
    SessionEnded {
        /// Whose.
        user: UserId,
        /// Why.
        reason: EndReason,
    },
    /// All sessions of a user ended, but perhaps one.
    SessionsEnded {
        /// Why.
        reason: EndReason,
        /// The one that did not.
        except: Option<SessionId>,
    },
    /// An API key was made.
    ApiKeyCreated {
        /// Whose.
        user: UserId,
        /// The most that it allows.
        permissions: PermissionSet,
        /// Where.
        scope: Scope,
        /// When it is over, if ever.
        expires_at: Option<Timestamp>,
    },
    /// One API key was revoked.
    ApiKeyRevoked {
        /// Whose.
        user: UserId,
    },
    /// All API keys of a user were revoked.
    ApiKeysRevoked,
    /// A deletion is being prepared.
    DeletionHeld {
        /// Until when the hold lasts.
        until: Timestamp,
    },
    /// A deletion is no longer being prepared.
    DeletionReleased,
    /// A user was deleted. Can be undone until the date.
    UserDeleted {
        /// When it is removed for good.
        erase_at: Timestamp,
    },
    /// A deleted user was brought back.
    UserRestored,
    /// A deleted user was removed for good.
    UserErased,
    /// The owner has another address, which releases them: another administrator can delete them and becomes the owner (PS5).
    OwnerReleased,
    /// The tenant has another owner.
    OwnershipHandedOver {
        /// Before.
        from: UserId,
        /// After.
        to: UserId,
    },
}
