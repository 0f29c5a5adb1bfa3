//! What a host may decide: a value, handed to every rule.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use time::Duration;

use crate::model::StatusKind;
use crate::password::{HashingParams, PasswordPolicy};
use crate::rules::throttle::ThrottlePolicy;

/// What a host may decide. One preset for each of the five back offices that the requirements come from; the default is
/// the client portal's.
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
    /// The states that a listing of users shows where it names none; all of them, if not said. The logistics preset shows
    /// active users only (LO7).
    pub listed_by_default: Option<BTreeSet<StatusKind>>,
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
    /// Where users of an external provider change their password, as they are to read it: an address on the web, or who to ask
    /// (IF10, IF12).
    pub passwords_elsewhere: Option<String>,
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
    /// How long a session lasts that began with a one-time password, and is good for nothing but setting a password. 15
    /// minutes.
    pub one_time_session: Duration,
    /// How long an attempt to log in stays in the history. 180 days.
    pub attempts_kept: Duration,
    /// How long a deleted user can be restored before they are erased. 30 days.
    pub deletion_recovery: Duration,
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
            listed_by_default: None,
            session_idle: Duration::minutes(30),
            session_absolute: Duration::hours(12),
            throttle: ThrottlePolicy::default(),
            reset_lifetime: Duration::HOUR,
            reset_mails_per_hour: 5,
            reset_requests_per_network: 100,
            administrators_may_reset: true,
            one_time_passwords: false,
            one_time_password_lifetime: Duration::DAY,
            passwords_elsewhere: None,
            recent_login: Duration::minutes(15),
            deletion_hold: Duration::minutes(15),
            tell_status_after_password: false,
            allowlist_on_every_request: true,
            sessions_at_once: None,
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

    /// The group invoice flow.
    pub fn invoice_flow() -> Self {
        Self {
            invite_on_create: false,
            ..Self::default()
        }
    }

    /// The point-of-sale back office: new users get user name and a one-time password by mail, and only the user changes the own
    /// password.
    pub fn point_of_sale() -> Self {
        Self {
            welcome: Welcome::OneTimePassword,
            one_time_passwords: true,
            administrators_may_reset: false,
            ..Self::default()
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
