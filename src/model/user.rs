//! Users: access for one person or program, and the state machine of that access.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::address_change::{AddressChange, AddressChangeStage};
use super::grant::{Grant, Right, Scope};
use crate::clock::Timestamp;
use crate::error::Denied;
use crate::id::{EmployeeId, InvitationId, RoleId, UnitId, UserId};
use crate::text::{
    Allowlist, DisplayName, EmailAddress, Key, Locale, Name, PersonName, Reason, Signature, Subject, TimeZone, UserName,
};

/// Access for one person or program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// Which user.
    pub id: UserId,
    /// Who or what it is for.
    pub kind: UserKind,
    /// The name to log in with. Shares one key space with all addresses of the tenant.
    pub user_name: UserName,
    /// Where mail goes; also good to log in with.
    pub address: EmailAddress,
    /// A change of address that is not in effect yet. Only of an active user: whoever loses access loses it too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pending_address: Option<Box<AddressChange>>,
    /// What the person may say of themselves.
    pub profile: Profile,
    /// What they may do, and where.
    pub grants: Vec<Grant>,
    /// The units that they belong to, apart from those that their grants name.
    pub memberships: BTreeSet<UnitId>,
    /// Whether it may call APIs only: never an interactive session.
    pub api_only: bool,
    /// When access was to begin, as it was decided when the user was created: what an invitation offers, also when it is sent
    /// later or again.
    pub start: Start,
    /// Where the access stands.
    pub status: UserStatus,
    /// Set while a deletion is prepared.
    pub hold: Option<Hold>,
    /// From where they may come. Empty: from anywhere.
    #[serde(default, skip_serializing_if = "Allowlist::is_any")]
    pub allowlist: Allowlist,
    /// The account at an external provider through which they log in, if they do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<ExternalIdentity>,
    /// The signature of their employee, written with it, so that users are found and ordered by it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<Signature>,
    /// When they last logged in, with whatever proof. Written without raising the version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_login_at: Option<Timestamp>,
    /// When it was created.
    pub created_at: Timestamp,
}

/// An account at an external identity provider. The pair is the identity, never the address (BI7).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ExternalIdentity {
    /// Which provider, by the name that the host gave it.
    pub provider: Name,
    /// Who, in the provider's words: compared byte by byte.
    pub subject: Subject,
}

/// Who or what a user is for. More kinds may come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
#[non_exhaustive]
pub enum UserKind {
    /// An employee.
    Internal {
        /// Whose access it is; no employee has two.
        employee: EmployeeId,
    },
    /// A customer's or client's contact.
    External {
        /// The client they belong to.
        client: UnitId,
    },
    /// A program.
    Program,
}

/// What a person may say of themselves, also when they accept an invitation. Nothing here is privileged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// Given name.
    pub first_name: PersonName,
    /// Family name.
    pub last_name: PersonName,
    /// The name that others see.
    pub display_name: DisplayName,
    /// The language of mails, and how dates are written (BCP 47).
    pub locale: Locale,
    /// Where they live, for times of day (IANA).
    pub time_zone: TimeZone,
}

/// Where a user's access stands. Only `Active` can log in, call an API or hold a session. Closed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "status")]
pub enum UserStatus {
    /// An invitation is open.
    Invited {
        /// Which.
        invitation: InvitationId,
        /// Until when; at exactly this instant it has lapsed.
        expires_at: Timestamp,
        /// When access begins once it is accepted.
        start: Start,
    },
    /// Set up, but not yet or no longer in use.
    Inactive {
        /// Since when.
        since: Timestamp,
        /// Why.
        because: Inactivity,
        /// When it becomes active by itself, if ever.
        starts_at: Option<Timestamp>,
    },
    /// In use.
    Active {
        /// Since when.
        since: Timestamp,
        /// When it becomes inactive by itself, if ever.
        until: Option<Timestamp>,
    },
    /// Out of use for a while.
    Suspended {
        /// Since when.
        since: Timestamp,
        /// When it becomes active again by itself, if ever.
        until: Option<Timestamp>,
        /// What the administrator noted.
        reason: Option<Reason>,
    },
    /// Left for good; an administrator can still bring them back.
    Disabled {
        /// Since when.
        since: Timestamp,
    },
    /// Deleted: in no list, search or login. Can be restored until it is erased.
    Deleted {
        /// When.
        at: Timestamp,
        /// When it is removed for good.
        erase_at: Timestamp,
    },
}

/// Why a user is inactive. Closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Inactivity {
    /// Set up, or brought back from deletion; nobody has invited them yet.
    SetUp,
    /// Accepted or made ready, and waiting for the first day.
    NotStarted,
    /// An administrator took them out of use.
    Deactivated,
    /// The scheduled end came.
    Ended,
    /// Their invitation was cancelled. Login name, address and seat are free for others meanwhile.
    InvitationCancelled,
    /// Their invitation expired. Login name, address and seat are free for others meanwhile.
    InvitationExpired,
}

/// When access begins. Closed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Start {
    /// At once.
    #[default]
    Now,
    /// On a date, by itself.
    At(Timestamp),
    /// When an administrator says so.
    WhenActivated,
}

/// A deletion in preparation: the user can still sign in to empty their queue, but takes on nothing new.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// Who prepares it; none where the system does.
    pub by: Option<UserId>,
    /// Since when.
    pub at: Timestamp,
    /// When the hold is off by itself.
    pub until: Timestamp,
}

/// What can happen to a user's access, with what it takes. Closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UserVerb {
    /// Offer access, for the first time or again.
    Invite {
        /// The invitation that is then open.
        invitation: InvitationId,
        /// Until when.
        expires_at: Timestamp,
        /// When access begins once accepted.
        start: Start,
    },
    /// The invited person accepts.
    Accept,
    /// The invitation is cancelled.
    Cancel,
    /// The invitation's time is over.
    Expire,
    /// Bring into use.
    Activate,
    /// Set or clear the day on which an inactive user becomes active by themselves.
    ScheduleStart(Option<Timestamp>),
    /// Take out of use.
    Deactivate,
    /// Set or clear the day on which an active user becomes inactive by themselves.
    ScheduleEnd(Option<Timestamp>),
    /// Take out of use for a while.
    Suspend {
        /// Until when, if known.
        until: Option<Timestamp>,
        /// What to note.
        reason: Option<Reason>,
    },
    /// Undo a suspension.
    Reinstate,
    /// Take out of use for good.
    Disable,
    /// Bring back somebody who had left.
    Reactivate,
    /// Delete, recoverably.
    Delete {
        /// When it is removed for good.
        erase_at: Timestamp,
    },
    /// Undo a deletion.
    Restore,
}

/// A row of the table of states. `Inactive` is three rows, because what is allowed differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StatusKind {
    /// [`UserStatus::Invited`].
    Invited,
    /// [`UserStatus::Inactive`], never invited.
    SetUp,
    /// [`UserStatus::Inactive`], the invitation cancelled or expired.
    Lapsed,
    /// [`UserStatus::Inactive`], otherwise.
    Inactive,
    /// [`UserStatus::Active`].
    Active,
    /// [`UserStatus::Suspended`].
    Suspended,
    /// [`UserStatus::Disabled`].
    Disabled,
    /// [`UserStatus::Deleted`].
    Deleted,
}

impl StatusKind {
    /// Every row.
    pub const ALL: [Self; 8] = [
        Self::Invited,
        Self::SetUp,
        Self::Lapsed,
        Self::Inactive,
        Self::Active,
        Self::Suspended,
        Self::Disabled,
        Self::Deleted,
    ];

    /// The name in lists, filters and columns: one of `invited`, `inactive`, `active`, `suspended`, `disabled`, `deleted`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Invited => "invited",
            Self::SetUp | Self::Lapsed | Self::Inactive => "inactive",
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Disabled => "disabled",
            Self::Deleted => "deleted",
        }
    }
}

impl fmt::Display for StatusKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::SetUp => "inactive (not yet invited)",
            Self::Lapsed => "inactive (invitation lapsed)",
            _ => self.as_str(),
        })
    }
}

impl UserVerb {
    /// The verb's name.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Invite { .. } => "invite",
            Self::Accept => "accept",
            Self::Cancel => "cancel",
            Self::Expire => "expire",
            Self::Activate => "activate",
            Self::ScheduleStart(_) => "schedule start",
            Self::Deactivate => "deactivate",
            Self::ScheduleEnd(_) => "schedule end",
            Self::Suspend { .. } => "suspend",
            Self::Reinstate => "reinstate",
            Self::Disable => "disable",
            Self::Reactivate => "reactivate",
            Self::Delete { .. } => "delete",
            Self::Restore => "restore",
        }
    }
}

/// The name in lists, filters and columns ([`StatusKind::as_str`]), as it stands in JSON: `suspended`. It keeps to a width, as in
/// `{:<10}`. What a refusal says of it, [`StatusKind`] writes.
impl fmt::Display for UserStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.kind().as_str())
    }
}

impl UserStatus {
    /// The row of the table that this status is in.
    pub fn kind(&self) -> StatusKind {
        match self {
            Self::Invited { .. } => StatusKind::Invited,
            Self::Inactive {
                because: Inactivity::SetUp,
                ..
            } => StatusKind::SetUp,
            Self::Inactive {
                because: Inactivity::InvitationCancelled | Inactivity::InvitationExpired,
                ..
            } => StatusKind::Lapsed,
            Self::Inactive { .. } => StatusKind::Inactive,
            Self::Active { .. } => StatusKind::Active,
            Self::Suspended { .. } => StatusKind::Suspended,
            Self::Disabled { .. } => StatusKind::Disabled,
            Self::Deleted { .. } => StatusKind::Deleted,
        }
    }

    /// The table: what `verb` makes of this status at `at`.
    ///
    /// # Errors
    /// [`Denied::WrongStatus`] where the verb does not fit; [`Denied::NotFound`] for a deleted user.
    #[expect(
        clippy::match_same_arms,
        reason = "one row of the table each, in the order of the verbs"
    )]
    pub fn apply(self, verb: &UserVerb, at: Timestamp) -> Result<Self, Denied> {
        use StatusKind as K;
        use UserVerb as V;
        let kind = self.kind();
        let inactive = |because, starts_at| Self::Inactive {
            since: at,
            because,
            starts_at,
        };
        let active = Self::Active { since: at, until: None };
        Ok(match (verb, kind) {
            (
                V::Invite {
                    invitation,
                    expires_at,
                    start,
                },
                K::Invited | K::SetUp | K::Lapsed,
            ) => Self::Invited {
                invitation: *invitation,
                expires_at: *expires_at,
                start: *start,
            },
            (V::Accept, K::Invited) => match self {
                Self::Invited {
                    start: Start::At(day), ..
                } if day > at => inactive(Inactivity::NotStarted, Some(day)),
                Self::Invited {
                    start: Start::WhenActivated,
                    ..
                } => inactive(Inactivity::NotStarted, None),
                _ => active,
            },
            (V::Cancel, K::Invited) => inactive(Inactivity::InvitationCancelled, None),
            (V::Expire, K::Invited) => inactive(Inactivity::InvitationExpired, None),
            (V::Activate, K::SetUp | K::Inactive) => active,
            (V::ScheduleStart(day), K::SetUp | K::Inactive) => match self {
                Self::Inactive { since, because, .. } => Self::Inactive {
                    since,
                    because,
                    starts_at: *day,
                },
                other => other,
            },
            (V::Deactivate, K::Active | K::Suspended) => inactive(Inactivity::Deactivated, None),
            (V::ScheduleEnd(day), K::Active) => match self {
                Self::Active { since, .. } => Self::Active { since, until: *day },
                other => other,
            },
            (V::Suspend { until, reason }, K::Active | K::Suspended) => Self::Suspended {
                since: at,
                until: *until,
                reason: reason.clone(),
            },
            (V::Reinstate, K::Suspended) | (V::Reactivate, K::Disabled | K::Inactive) => active,
            (V::Disable, K::Active | K::Suspended | K::Inactive) => Self::Disabled { since: at },
            (
                V::Delete { erase_at },
                K::Invited | K::SetUp | K::Lapsed | K::Inactive | K::Active | K::Suspended | K::Disabled,
            ) => Self::Deleted {
                at,
                erase_at: *erase_at,
            },
            (V::Restore, K::Deleted) => inactive(Inactivity::SetUp, None),
            (_, K::Deleted) => {
                return Err(Denied::NotFound {
                    what: super::RecordKind::User,
                });
            }
            (
                V::Invite { .. }
                | V::Accept
                | V::Cancel
                | V::Expire
                | V::Activate
                | V::ScheduleStart(_)
                | V::Deactivate
                | V::ScheduleEnd(_)
                | V::Suspend { .. }
                | V::Reinstate
                | V::Disable
                | V::Reactivate
                | V::Restore,
                _,
            ) => {
                return Err(Denied::WrongStatus {
                    verb: verb.name(),
                    status: kind,
                });
            }
        })
    }

    /// When this status changes by itself, if it does.
    pub fn due_at(&self) -> Option<Timestamp> {
        match self {
            Self::Invited { expires_at, .. } => Some(*expires_at),
            Self::Inactive { starts_at, .. } => *starts_at,
            Self::Active { until, .. } | Self::Suspended { until, .. } => *until,
            Self::Deleted { erase_at, .. } => Some(*erase_at),
            Self::Disabled { .. } => None,
        }
    }

    /// What stands at `now`, whether or not the change was written down yet. An erasure is not a status.
    pub fn as_of(self, now: Timestamp) -> Self {
        match self.due_at() {
            Some(at) if at <= now => self.after_due(at),
            _ => self,
        }
    }

    /// What this status becomes by itself.
    pub fn after_due(self, at: Timestamp) -> Self {
        match self {
            Self::Invited { .. } => Self::Inactive {
                since: at,
                because: Inactivity::InvitationExpired,
                starts_at: None,
            },
            Self::Inactive { .. } | Self::Suspended { .. } => Self::Active { since: at, until: None },
            Self::Active { .. } => Self::Inactive {
                since: at,
                because: Inactivity::Ended,
                starts_at: None,
            },
            Self::Disabled { .. } | Self::Deleted { .. } => self,
        }
    }

    /// Whether login name and address are held: not for the deleted, nor while an invitation has lapsed.
    pub fn holds_keys(&self) -> bool {
        !matches!(self.kind(), StatusKind::Lapsed | StatusKind::Deleted)
    }
}

impl User {
    /// How many memberships a user may have.
    pub const MAX_MEMBERSHIPS: usize = 100;

    /// The user as they stand at `now`: with every change that was due by then.
    pub fn as_of(self, now: Timestamp) -> Self {
        let hold = self.hold.filter(|hold| now < hold.until);
        let user = self.with_address_as_of(now);
        let status = user.status.clone().as_of(now);
        Self { hold, ..user }.in_status(status)
    }

    /// The user with the address they have at `now`. Where access ends no later than the change would take effect, it does not.
    fn with_address_as_of(self, now: Timestamp) -> Self {
        let access_ends = self.status.due_at().filter(|_| self.is_active());
        let is_due = |change: &&AddressChange| {
            let due_at = change.due_at();
            due_at <= now && access_ends.is_none_or(|end| due_at < end)
        };
        match self.pending_address.as_deref().filter(is_due).cloned() {
            None => self,
            Some(change) => match change.stage(now) {
                AddressChangeStage::Effective => self.with_address(change.to, change.user_name),
                _ => self.without_pending_address(),
            },
        }
    }

    /// The user under another address, and under another user name where that is to change with it. No change is pending then.
    pub fn with_address(self, address: EmailAddress, user_name: Option<UserName>) -> Self {
        Self {
            address,
            user_name: user_name.unwrap_or(self.user_name),
            pending_address: None,
            ..self
        }
    }

    /// The user without the change of address that was pending, if one was.
    pub fn without_pending_address(self) -> Self {
        Self {
            pending_address: None,
            ..self
        }
    }

    /// The user in another status. Whoever is not active has no change of address pending.
    pub fn in_status(self, status: UserStatus) -> Self {
        let user = Self { status, ..self };
        if user.is_active() {
            user
        } else {
            user.without_pending_address()
        }
    }

    /// Whether this is one of the names that the user logs in with. Of a user as they stand now: stores may still know them
    /// under an older one.
    pub fn answers_to(&self, login: &Key) -> bool {
        self.user_name.key() == *login || self.address.key() == *login
    }

    /// Whether the address is the user name, and so changes with it.
    pub fn logs_in_with_address(&self) -> bool {
        self.user_name.key() == self.address.key()
    }

    /// When something about this user next changes by itself.
    pub fn due_at(&self) -> Option<Timestamp> {
        let hold = self.hold.map(|hold| hold.until);
        let address = self.pending_address.as_deref().map(AddressChange::due_at);
        [self.status.due_at(), hold, address].into_iter().flatten().min()
    }

    /// Whether the user may log in, as far as they themselves go.
    pub fn is_active(&self) -> bool {
        matches!(self.status, UserStatus::Active { .. })
    }

    /// Whether a seat is kept: in use, certain to be in use again on a day, or (as `invited_count` says) invited.
    pub fn takes_seat(&self, invited_count: bool) -> bool {
        match self.status {
            UserStatus::Active { .. } => true,
            UserStatus::Invited { .. } => invited_count,
            UserStatus::Inactive { starts_at: day, .. } | UserStatus::Suspended { until: day, .. } => day.is_some(),
            UserStatus::Disabled { .. } | UserStatus::Deleted { .. } => false,
        }
    }

    /// Whether the built-in administrator role is granted everywhere.
    pub fn has_administrator_role(&self, administrator: RoleId) -> bool {
        self.grants
            .iter()
            .any(|grant| grant.right == Right::Role(administrator) && grant.scope == Scope::All)
    }

    /// Whether this user is one of those of whom the last cannot be lost: an active administrator without an end, who may log
    /// in by hand.
    pub fn counts_as_administrator(&self, administrator: RoleId) -> bool {
        let stays_active = matches!(self.status, UserStatus::Active { until: None, .. });
        stays_active && !self.api_only && self.has_administrator_role(administrator)
    }

    /// The units the user belongs to: memberships, and the client of an external user.
    pub fn homes(&self) -> BTreeSet<UnitId> {
        let client = match self.kind {
            UserKind::External { client } => Some(client),
            UserKind::Internal { .. } | UserKind::Program => None,
        };
        self.memberships.iter().copied().chain(client).collect()
    }

    /// Every unit the user has to do with: those they belong to, and the scopes of their grants.
    pub fn units(&self) -> BTreeSet<UnitId> {
        let granted = self.grants.iter().flat_map(|grant| grant.scope.units());
        self.homes().into_iter().chain(granted).collect()
    }

    /// The roles that the user's grants name.
    pub fn roles(&self) -> BTreeSet<RoleId> {
        let role = |grant: &Grant| match grant.right {
            Right::Role(role) => Some(role),
            Right::Permission(_) => None,
        };
        self.grants.iter().filter_map(role).collect()
    }
}
