//! What a host may decide: a value, handed to every rule.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use time::Duration;

use crate::model::StatusKind;
use crate::password::{HashingParams, PasswordPolicy};

/// What a host may decide. One preset for each of the five back offices that the requirements come from; the default is
/// the client portal's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
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
    /// Whether creating a user sends the invitation in the same act (BI12), unless the call says otherwise. Off in the
    /// logistics preset, where they are two acts (LO5).
    pub invite_on_create: bool,
    /// Whether every user must be assigned to an org unit (CP4).
    pub require_unit: bool,
    /// The states that a listing of users shows where it names none; all of them, if not said. The logistics preset shows
    /// active users only (LO7).
    pub listed_by_default: Option<BTreeSet<StatusKind>>,
    /// How long an unused session lasts. 30 minutes.
    pub session_idle: Duration,
    /// How long any session lasts. 12 hours.
    pub session_absolute: Duration,
    /// How long after a login sensitive acts take no password again (E7). 15 minutes.
    pub recent_login: Duration,
    /// How long a deletion is prepared at most before the hold is off by itself. 15 minutes.
    pub deletion_hold: Duration,
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
            require_unit: false,
            listed_by_default: None,
            session_idle: Duration::minutes(30),
            session_absolute: Duration::hours(12),
            recent_login: Duration::minutes(15),
            deletion_hold: Duration::minutes(15),
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

    /// The point-of-sale back office.
    pub fn point_of_sale() -> Self {
        Self::default()
    }
}
