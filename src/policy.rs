//! What a host may decide: a value, handed to every rule.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use time::Duration;

use crate::model::{ExternalIdentity, StatusKind, UnitKind};
use crate::password::{HashingParams, PasswordPolicy};
use crate::rules::throttle::ThrottlePolicy;
use crate::text::Name;

/// What a host may decide. One preset for each of the five back offices that the requirements come from; the default is
/// the client portal's, but that users need no org unit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a decision of its own, set by its name"
)]
pub struct Policy {
    /// Which passwords are good enough.
    pub passwords: PasswordPolicy,
    /// What a password hash costs.
    pub hashing: HashingParams,
    /// How long the link of an invitation is good, from the act of sending. 21 days.
    pub invitation_lifetime: Duration,
    /// Whether an open invitation keeps a seat. On: then accepting never fails for want of one.
    ///
    /// It decides what the tenant's seat counter counts, so it must not change while invitations are open.
    pub invitations_take_seats: bool,
    /// Whether creating a user sends the welcome mail in the same act (BI12), unless the call says otherwise. Off in the
    /// logistics preset, where they are two acts (LO5).
    pub invite_on_create: bool,
    /// What the welcome mail brings: an invitation, or a one-time password (PS2).
    pub welcome: Welcome,
    /// Whether every user must be assigned to an org unit (CP4).
    pub require_unit: bool,
    /// Which fields of a user must be given besides those that always must (BI4). [`Policy::required`] tells all of them.
    #[serde(default)]
    pub required_fields: BTreeSet<UserField>,
    /// Whether the user name is always the address (BI4). Off: it may be.
    #[serde(default)]
    pub user_name_is_address: bool,
    /// Which kinds of unit an external user can belong to (LO6). Clients and companies.
    #[serde(default = "client_kinds")]
    pub client_kinds: BTreeSet<UnitKind>,
    /// The states that a listing of users shows where it names none; all of them, if not said. The logistics preset shows
    /// active users only (LO7).
    pub listed_by_default: Option<BTreeSet<StatusKind>>,
    /// How a user's address is changed.
    #[serde(default)]
    pub address_change: AddressChangePolicy,
    /// The external providers through which users may log in, by the names that the host gives them. None.
    #[serde(default)]
    pub providers: BTreeMap<Name, Provider>,
    /// How long an unused session lasts. 30 minutes.
    pub session_idle: Duration,
    /// How long any session lasts. 12 hours.
    pub session_absolute: Duration,
    /// How often a password can be guessed.
    pub throttle: ThrottlePolicy,
    /// How long the link to set a new password is good, from each mailing. 1 hour, and never more than 24 (T8).
    pub reset_lifetime: Duration,
    /// How many mails a user gets within an hour at most because somebody asked for a new password at the login page. 5.
    pub reset_mails_per_hour: u32,
    /// How many requests for a new password are heard within an hour from one network. 100.
    pub reset_requests_per_network: u32,
    /// Whether administrators may send others the link to set a new password (IF9). Off in the point-of-sale preset, where only
    /// the user changes it (PS6).
    pub administrators_may_reset: bool,
    /// Whether administrators may have a generated password sent, which is good for one login (IF9, PS2). Off but in the
    /// point-of-sale preset.
    pub one_time_passwords: bool,
    /// How long a one-time password is good, from each mailing. 24 hours (T8).
    pub one_time_password_lifetime: Duration,
    /// How long after a login sensitive acts take no password again (E7). 15 minutes.
    pub recent_login: Duration,
    /// How long a deletion is prepared at most before the hold is off by itself. 15 minutes.
    pub deletion_hold: Duration,
    /// Whether somebody who gave the right password is told that their user is not active, and why. Off: it is refused as
    /// any other login.
    pub tell_status_after_password: bool,
    /// Whether a user's allowlist is asked on every request, or only when they log in. On.
    pub allowlist_on_every_request: bool,
    /// How many sessions a user can have at once; any number, if not said.
    pub sessions_at_once: Option<SessionsAtOnce>,
    /// How long a login with a password at the API lasts, of users who may call APIs only (BI2), and no longer than
    /// [`session_idle`](Policy::session_idle) without a request. None: such users have API keys alone.
    ///
    /// Such logins count like any others: guesses of strangers lock the program out for a while, and the limit of
    /// [`sessions_at_once`](Policy::sessions_at_once) holds for it, however often it begins anew. Keys have neither.
    #[serde(default)]
    pub api_passwords: Option<Duration>,
    /// How many API keys can be made for one user within an hour, which begins with the first: each time they are told by mail. 20.
    /// It holds for whoever makes them but the host's own code, whose keys count too.
    #[serde(default = "api_keys_per_hour")]
    pub api_keys_per_hour: u32,
    /// How long a session lasts that began with a one-time password, and is good for nothing but setting a password. 15
    /// minutes.
    pub one_time_session: Duration,
    /// How long an attempt to log in stays in the history. 180 days.
    pub attempts_kept: Duration,
    /// How long a deleted user can be restored before they are erased. 30 days.
    pub deletion_recovery: Duration,
}

/// How the address that a user logs in with is changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AddressChangePolicy {
    /// How long the old address stays good after the change was asked for, and the change can be stopped. None at all; 10
    /// minutes in the group invoice flow (IF8), 4 hours in the point-of-sale preset (PS7).
    pub delay: Duration,
    /// Whether the new address has to be confirmed by a link mailed there. On; off in the group invoice flow, where the new
    /// address works once the delay is over.
    pub confirm: bool,
    /// How long it can be confirmed; then the change lapses. 8 hours.
    pub confirm_within: Duration,
    /// What administrators may do about the addresses of others.
    pub by_administrator: ByAdministrator,
    /// How often within an hour users can ask for another address of their own: each time mails somebody. 5.
    pub per_hour: u32,
    /// Whether an owner whose address was changed is released: another administrator can delete them, and becomes the owner. Off
    /// but in the point-of-sale preset (PS5).
    #[serde(default)]
    pub releases_owner: bool,
}

/// What administrators may do about the addresses of others. The host's own code always changes them at once. Closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ByAdministrator {
    /// Nothing: only the user changes the own address (PS6).
    Refused,
    /// Ask for a change that is delayed and confirmed as the user's own would be.
    SameWay,
    /// Change them at once (BI4). Both addresses are told.
    AtOnce,
}

impl Default for AddressChangePolicy {
    fn default() -> Self {
        Self {
            delay: Duration::ZERO,
            confirm: true,
            confirm_within: Duration::hours(8),
            by_administrator: ByAdministrator::AtOnce,
            per_hour: 5,
            releases_owner: false,
        }
    }
}

/// An external identity provider.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Provider {
    /// Where its users change their password, as the host words it: an address on the web, or who to ask (IF10).
    pub password_place: Option<String>,
}

impl Provider {
    /// A provider of which nothing more is known.
    pub fn new() -> Self {
        Self::default()
    }

    /// The same, with the place where its users change their password.
    pub fn password_place(self, place: impl Into<String>) -> Self {
        Self {
            password_place: Some(place.into()),
        }
    }
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            passwords: PasswordPolicy::client_portal(),
            hashing: HashingParams::default(),
            invitation_lifetime: Duration::days(21),
            invitations_take_seats: true,
            invite_on_create: true,
            welcome: Welcome::Invitation,
            require_unit: false,
            required_fields: BTreeSet::new(),
            user_name_is_address: false,
            client_kinds: client_kinds(),
            listed_by_default: None,
            address_change: AddressChangePolicy::default(),
            providers: BTreeMap::new(),
            session_idle: Duration::minutes(30),
            session_absolute: Duration::hours(12),
            throttle: ThrottlePolicy::default(),
            reset_lifetime: Duration::HOUR,
            reset_mails_per_hour: 5,
            reset_requests_per_network: 100,
            administrators_may_reset: true,
            one_time_passwords: false,
            one_time_password_lifetime: Duration::DAY,
            recent_login: Duration::minutes(15),
            deletion_hold: Duration::minutes(15),
            tell_status_after_password: false,
            allowlist_on_every_request: true,
            sessions_at_once: None,
            api_passwords: None,
            api_keys_per_hour: api_keys_per_hour(),
            one_time_session: Duration::minutes(15),
            attempts_kept: Duration::days(180),
            deletion_recovery: Duration::days(30),
        }
    }
}

impl Policy {
    /// The logistics back office: saving a user and sending the account information are two acts.
    pub fn logistics() -> Self {
        let listed_by_default = Some(BTreeSet::from([StatusKind::Active]));
        Self {
            invite_on_create: false,
            listed_by_default,
            ..Self::default()
        }
    }

    /// The billing back office: saving a user sends the welcome mail.
    pub fn billing() -> Self {
        Self::default()
    }

    /// The client portal: every user is assigned to at least one org unit.
    pub fn client_portal() -> Self {
        Self {
            require_unit: true,
            ..Self::default()
        }
    }

    /// The group invoice flow: a new address works 10 minutes after it was asked for.
    pub fn invoice_flow() -> Self {
        let address_change = AddressChangePolicy {
            delay: Duration::minutes(10),
            confirm: false,
            by_administrator: ByAdministrator::SameWay,
            ..AddressChangePolicy::default()
        };
        Self {
            address_change,
            invite_on_create: false,
            ..Self::default()
        }
    }

    /// The point-of-sale back office: new users get user name and a one-time password by mail, and only the user changes the own
    /// password, and the own address, which takes hours.
    pub fn point_of_sale() -> Self {
        let address_change = AddressChangePolicy {
            delay: Duration::hours(4),
            by_administrator: ByAdministrator::Refused,
            releases_owner: true,
            ..AddressChangePolicy::default()
        };
        Self {
            welcome: Welcome::OneTimePassword,
            one_time_passwords: true,
            administrators_may_reset: false,
            address_change,
            ..Self::default()
        }
    }

    /// Every field that must be given when a user is created (BI4): those that always must, and those that this policy requires.
    pub fn required(&self) -> BTreeSet<UserField> {
        let always = [UserField::FirstName, UserField::LastName, UserField::Email];
        let unit = self.require_unit.then_some(UserField::Memberships);
        self.required_fields.iter().copied().chain(always).chain(unit).collect()
    }

    /// Whether somebody can have a password: who logs in by hand, and who calls APIs only where one is good there.
    pub(crate) fn takes_password(&self, api_only: bool) -> bool {
        !api_only || self.api_passwords.is_some()
    }

    /// What is set up of the provider of an identity, whatever the letters of its name.
    pub fn provider(&self, identity: &ExternalIdentity) -> Option<&Provider> {
        let key = identity.provider.key();
        self.providers
            .iter()
            .find(|(name, _)| name.key() == key)
            .map(|(_, provider)| provider)
    }
}

fn api_keys_per_hour() -> u32 {
    20
}

fn client_kinds() -> BTreeSet<UnitKind> {
    BTreeSet::from([UnitKind::Client, UnitKind::Company])
}

/// A field of a user that can be required (BI4). More may come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum UserField {
    /// Given name. Always required.
    FirstName,
    /// Family name. Always required.
    LastName,
    /// Where mail goes. Always required.
    Email,
    /// A user name of its own. Not of a user made from an employee, whose address it is (LO4).
    UserName,
    /// The name that others see. Not of a user made from an employee.
    DisplayName,
    /// Language and date format. Not of a user made from an employee.
    Locale,
    /// Time zone. Not of a user made from an employee.
    TimeZone,
    /// A role or a permission, at creation and after each edit.
    Grants,
    /// A unit, as [`Policy::require_unit`] says.
    Memberships,
    /// A list of networks, at creation and after each edit.
    Allowlist,
}

impl UserField {
    /// The name that a refusal has for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::FirstName => "first_name",
            Self::LastName => "last_name",
            Self::Email => "email",
            Self::UserName => "user_name",
            Self::DisplayName => "display_name",
            Self::Locale => "locale",
            Self::TimeZone => "time_zone",
            Self::Grants => "grants",
            Self::Memberships => "memberships",
            Self::Allowlist => "allowlist",
        }
    }
}

/// How many sessions a user can have at once (E5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionsAtOnce {
    /// So many. At least 1.
    pub most: u32,
    /// What becomes of one more.
    pub when_full: WhenFull,
}

/// What becomes of a login when there are as many sessions as there can be. Closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WhenFull {
    /// It takes the place of the oldest session, which ends.
    EndOldest,
    /// It is refused.
    Refuse,
}

/// What the welcome mail of a new user brings. More may come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Welcome {
    /// The link of an invitation: whoever accepts it sets a password, and is active then.
    #[default]
    Invitation,
    /// User name and a password that is good for one login: the user is active at once (PS2).
    OneTimePassword,
}
