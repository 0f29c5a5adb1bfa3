//! Invitations: pending until accepted, cancelled or expired, and then for good (I1).

use std::fmt;

use serde::{Deserialize, Serialize};

use super::event::Actor;
use crate::clock::Timestamp;
use crate::error::Denied;
use crate::id::{InvitationId, TicketId, UserId};
use crate::text::{EmailAddress, Message};

/// The offer of access to an address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invitation {
    /// Which invitation.
    pub id: InvitationId,
    /// Who is invited; the user exists from the first moment, as `invited`.
    pub user: UserId,
    /// The address it goes to. It cannot be accepted for another (I3).
    pub address: EmailAddress,
    /// A personal message in the mail.
    pub message: Option<Message>,
    /// Who sent it, or sent it last: they must still be able to give this when it is accepted (I2).
    pub sponsor: Actor,
    /// The ticket of the link that is good now.
    pub ticket: TicketId,
    /// When it is over; at exactly this instant it is.
    pub expires_at: Timestamp,
    /// Where it stands.
    pub state: InvitationState,
    /// When it was first sent.
    pub created_at: Timestamp,
}

/// Where an invitation stands. Closed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum InvitationState {
    /// Waiting for the invited person.
    Pending,
    /// Accepted.
    Accepted {
        /// When.
        at: Timestamp,
    },
    /// Cancelled.
    Cancelled {
        /// When.
        at: Timestamp,
        /// By whom.
        by: Actor,
    },
    /// Its time was over.
    Expired {
        /// When that was.
        at: Timestamp,
    },
}

/// A state without its evidence: a row of the table. Closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InvitationStateKind {
    /// [`InvitationState::Pending`].
    Pending,
    /// [`InvitationState::Accepted`].
    Accepted,
    /// [`InvitationState::Cancelled`].
    Cancelled,
    /// [`InvitationState::Expired`].
    Expired,
}

impl InvitationStateKind {
    /// Every row.
    pub const ALL: [Self; 4] = [Self::Pending, Self::Accepted, Self::Cancelled, Self::Expired];

    /// The name in lists, filters and columns.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Accepted => "accepted",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
        }
    }
}

impl fmt::Display for InvitationStateKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What can happen to an invitation, with what it takes. Closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InvitationVerb {
    /// The invited person accepts.
    Accept,
    /// Somebody who may takes it back.
    Cancel {
        /// Who.
        by: Actor,
    },
    /// Its time is over.
    Expire,
    /// It is sent again: a new link with a new term, and whoever sends it answers for it.
    Resend {
        /// The new ticket.
        ticket: TicketId,
        /// The new end.
        expires_at: Timestamp,
        /// Who sends it.
        by: Actor,
    },
}

impl InvitationVerb {
    /// The verb's name.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Accept => "accept",
            Self::Cancel { .. } => "cancel",
            Self::Expire => "expire",
            Self::Resend { .. } => "resend",
        }
    }
}

/// The name in lists, filters and columns, as it stands in JSON: `pending`. It keeps to a width, as in `{:<10}`.
impl fmt::Display for InvitationState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.kind().as_str())
    }
}

impl InvitationState {
    /// The row of the table that this state is in.
    pub fn kind(&self) -> InvitationStateKind {
        match self {
            Self::Pending => InvitationStateKind::Pending,
            Self::Accepted { .. } => InvitationStateKind::Accepted,
            Self::Cancelled { .. } => InvitationStateKind::Cancelled,
            Self::Expired { .. } => InvitationStateKind::Expired,
        }
    }
}

impl Invitation {
    /// The invitation as it stands at `now`, whether or not its expiry was written down yet.
    pub fn as_of(self, now: Timestamp) -> Self {
        match self.state {
            InvitationState::Pending if self.expires_at <= now => Self {
                state: InvitationState::Expired { at: self.expires_at },
                ..self
            },
            _ => self,
        }
    }

    /// The table: what `verb` makes of this invitation at `at`. Whatever is due by then has happened first.
    ///
    /// # Errors
    /// [`Denied::InvitationClosed`] with the state it is in; [`Denied::NotDue`] where it is to expire before its time.
    pub fn apply(self, verb: &InvitationVerb, at: Timestamp) -> Result<Self, Denied> {
        use InvitationVerb as V;
        let invitation = self.as_of(at);
        match (verb, invitation.state.kind()) {
            (V::Accept, InvitationStateKind::Pending) => Ok(Self {
                state: InvitationState::Accepted { at },
                ..invitation
            }),
            (V::Cancel { by }, InvitationStateKind::Pending) => Ok(Self {
                state: InvitationState::Cancelled { at, by: by.clone() },
                ..invitation
            }),
            (V::Resend { ticket, expires_at, by }, InvitationStateKind::Pending) => Ok(Self {
                ticket: *ticket,
                expires_at: *expires_at,
                sponsor: by.clone(),
                ..invitation
            }),
            // `as_of` has already let it expire where its time was over.
            (V::Expire, InvitationStateKind::Pending) => Err(Denied::NotDue),
            (V::Expire, InvitationStateKind::Expired) => Ok(invitation),
            (
                V::Accept | V::Cancel { .. } | V::Resend { .. } | V::Expire,
                state @ (InvitationStateKind::Accepted | InvitationStateKind::Cancelled | InvitationStateKind::Expired),
            ) => Err(Denied::InvitationClosed { state }),
        }
    }
}
