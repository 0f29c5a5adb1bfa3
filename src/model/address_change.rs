//! A change of a user's address: asked for, perhaps confirmed from the new address, then in effect, unless it is stopped or
//! lapses (PS7, IF8).

use std::fmt;

use serde::{Deserialize, Serialize};

use super::event::Actor;
use crate::clock::Timestamp;
use crate::error::Denied;
use crate::id::TicketId;
use crate::text::{EmailAddress, UserName};

/// A change of address that is not in effect yet. Until it is, the old address is the user's and the new one is kept for them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddressChange {
    /// The new address.
    pub to: EmailAddress,
    /// The new user name, where the address was the user name when the change was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_name: Option<UserName>,
    /// When it was asked for.
    pub requested_at: Timestamp,
    /// By whom: the user, somebody who administers, or the host's own code.
    pub requested_by: Actor,
    /// Before when it does not take effect.
    pub not_before: Timestamp,
    /// The ticket of the link that stops it, mailed to the old address. Another change has another one.
    pub stop: TicketId,
    /// Where it stands.
    pub state: AddressChangeState,
}

/// Where a change of address stands. Closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum AddressChangeState {
    /// Waits for the link that was mailed to the new address.
    Requested {
        /// The ticket of that link.
        ticket: TicketId,
        /// Until when; at exactly this instant the change has lapsed.
        confirm_by: Timestamp,
    },
    /// Certain to take effect, unless it is stopped.
    Confirmed {
        /// Since when: from the first where nothing has to be confirmed.
        at: Timestamp,
        /// When it takes effect by itself; from exactly this instant on it has.
        effective_at: Timestamp,
    },
}

/// Where a change of address stands at an instant, whether or not that was written down yet. Closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AddressChangeStage {
    /// Waiting for the confirmation.
    Requested,
    /// Waiting for its time.
    Confirmed,
    /// It was not confirmed in time, and is as if it had not been asked for.
    Lapsed,
    /// The new address is the user's.
    Effective,
}

/// What can happen to a change of address. Closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AddressChangeVerb {
    /// Whoever reads the new mailbox confirms.
    Confirm,
    /// Whoever reads the old mailbox stops it, or the user, or somebody who administers.
    Stop,
}

impl AddressChangeStage {
    /// The name in documents.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Requested => "requested",
            Self::Confirmed => "confirmed",
            Self::Lapsed => "lapsed",
            Self::Effective => "effective",
        }
    }
}

impl fmt::Display for AddressChangeStage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl AddressChangeVerb {
    /// The verb's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Confirm => "confirm",
            Self::Stop => "stop",
        }
    }
}

impl AddressChange {
    /// When it changes by itself: takes effect, or lapses.
    pub fn due_at(&self) -> Timestamp {
        match self.state {
            AddressChangeState::Requested { confirm_by, .. } => confirm_by,
            AddressChangeState::Confirmed { effective_at, .. } => effective_at,
        }
    }

    /// Where it stands at `now`.
    pub fn stage(&self, now: Timestamp) -> AddressChangeStage {
        let is_due = self.due_at() <= now;
        match self.state {
            AddressChangeState::Requested { .. } if is_due => AddressChangeStage::Lapsed,
            AddressChangeState::Requested { .. } => AddressChangeStage::Requested,
            AddressChangeState::Confirmed { .. } if is_due => AddressChangeStage::Effective,
            AddressChangeState::Confirmed { .. } => AddressChangeStage::Confirmed,
        }
    }

    /// The table: what `verb` makes of this change at `at`; nothing is left of one that is stopped. A confirmed change whose
    /// time has come takes effect at the same instant.
    ///
    /// # Errors
    /// [`Denied::LinkUsed`] where it was confirmed before; [`Denied::LinkExpired`] where it has lapsed;
    /// [`Denied::NoAddressChange`] where it is in effect.
    pub fn apply(self, verb: AddressChangeVerb, at: Timestamp) -> Result<Option<Self>, Denied> {
        use AddressChangeStage as S;
        use AddressChangeVerb as V;
        match (verb, self.stage(at)) {
            (V::Confirm, S::Requested) => {
                let effective_at = self.not_before.max(at);
                Ok(Some(Self {
                    state: AddressChangeState::Confirmed { at, effective_at },
                    ..self
                }))
            }
            (V::Confirm, S::Confirmed) => Err(Denied::LinkUsed),
            (V::Stop, S::Requested | S::Confirmed) => Ok(None),
            (V::Confirm | V::Stop, S::Lapsed) => Err(Denied::LinkExpired),
            (V::Confirm | V::Stop, S::Effective) => Err(Denied::NoAddressChange),
        }
    }
}
