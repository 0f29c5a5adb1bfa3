//! Tickets: the right to one act, carried by mailed links.

use serde::{Deserialize, Serialize};
use time::Duration;

use crate::clock::Timestamp;
use crate::error::Denied;
use crate::id::{TicketId, UserId};
use crate::secret::{TokenHash, TokenPurpose};
use crate::text::EmailAddress;

/// The right to one act, bound to a user, a purpose and the address it is mailed to.
///
/// One act makes one ticket; each attempt to mail it adds the hash of a token, and any one use consumes the ticket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ticket {
    /// Which ticket. A newer act makes a new one, so the id is also its generation.
    pub id: TicketId,
    /// Whom it concerns.
    pub user: UserId,
    /// What it is the right to.
    pub purpose: TicketPurpose,
    /// The exact address that it may be mailed to (T5).
    pub address: EmailAddress,
    /// Hashes of the tokens minted for it, at most [`Ticket::MAX_TOKENS`]; the oldest give way.
    pub tokens: Vec<TokenHash>,
    /// When it is over; at exactly this instant it is. Moves with each minting, where there is a [term](Ticket::term).
    pub expires_at: Timestamp,
    /// How long it is good from each minting, where that is not fixed by the act.
    pub term: Option<Term>,
    /// Open, or how it was closed.
    pub state: TicketState,
}

/// What a ticket is the right to. More may come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum TicketPurpose {
    /// Accept an invitation.
    Invitation,
    /// Set a new password.
    Reset,
    /// Confirm an address.
    ConfirmAddress,
    /// Stop a change of address.
    StopChange,
    /// Log in once, with a generated password.
    OneTimePassword,
}

impl TicketPurpose {
    /// The purpose of the tokens minted for such a ticket; none where what is minted is a
    /// [one-time password](crate::secret::OneTimePassword), which is typed and no token.
    pub fn token(self) -> Option<TokenPurpose> {
        match self {
            Self::Invitation => Some(TokenPurpose::Invitation),
            Self::Reset => Some(TokenPurpose::Reset),
            Self::ConfirmAddress => Some(TokenPurpose::ConfirmAddress),
            Self::StopChange => Some(TokenPurpose::StopChange),
            Self::OneTimePassword => None,
        }
    }
}

/// The term of a ticket whose time runs from the minting: a reset link that waited for the mail relay is not half over when
/// it arrives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Term {
    /// How long a token is good from its minting, in seconds.
    pub seconds: u32,
    /// Until when one can be minted, and when all of them are over, however late the last was minted.
    pub latest: Timestamp,
}

impl Term {
    /// When a token that is minted now will be over.
    pub fn end(self, minted_at: Timestamp) -> Timestamp {
        let end = minted_at.saturating_add(Duration::seconds(self.seconds.into()));
        end.min(self.latest)
    }
}

/// Where a ticket stands. Closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum TicketState {
    /// Good, while in time.
    Open,
    /// Used, once.
    Consumed {
        /// When.
        at: Timestamp,
    },
    /// Worthless without having been used: a newer act, or the user's access ended.
    Ended {
        /// When.
        at: Timestamp,
    },
}

impl Ticket {
    /// An open ticket of a user, bound to one of their addresses, that no token belongs to yet.
    pub fn new(
        id: TicketId,
        user: UserId,
        purpose: TicketPurpose,
        address: &EmailAddress,
        expires_at: Timestamp,
    ) -> Self {
        Self {
            id,
            user,
            purpose,
            address: address.clone(),
            tokens: Vec::new(),
            expires_at,
            term: None,
            state: TicketState::Open,
        }
    }

    /// How many tokens of one ticket are good at a time: one an attempt to mail it.
    pub const MAX_TOKENS: usize = 10;
    /// How long a closed ticket stays on record before it is removed, so that its link can say why it is worthless.
    pub const KEPT_AFTER_END: Duration = Duration::days(30);

    /// The same ticket, good for `term` from each minting, and for no longer than it was without. Parts of a second are cut
    /// off. Until the first minting there is nothing to use it with, so until then only the longer time counts.
    pub fn from_each_minting(self, term: Duration) -> Self {
        let seconds = u32::try_from(term.whole_seconds().max(0)).unwrap_or(u32::MAX);
        let latest = self.expires_at;
        Self {
            term: Some(Term { seconds, latest }),
            ..self
        }
    }

    /// Whether it can be used now.
    ///
    /// # Errors
    /// [`Denied::LinkUsed`], [`Denied::LinkEnded`] or [`Denied::LinkExpired`].
    pub fn check(&self, now: Timestamp) -> Result<(), Denied> {
        match self.state {
            TicketState::Consumed { .. } => Err(Denied::LinkUsed),
            TicketState::Ended { .. } => Err(Denied::LinkEnded),
            TicketState::Open if now >= self.expires_at => Err(Denied::LinkExpired),
            TicketState::Open => Ok(()),
        }
    }

    /// Uses it up.
    ///
    /// # Errors
    /// As [`Ticket::check`].
    pub fn consume(self, at: Timestamp) -> Result<Self, Denied> {
        self.check(at)?;
        Ok(Self {
            state: TicketState::Consumed { at },
            ..self
        })
    }

    /// Makes it worthless; a closed one stays as it is.
    pub fn end(self, at: Timestamp) -> Self {
        match self.state {
            TicketState::Open => Self {
                state: TicketState::Ended { at },
                ..self
            },
            TicketState::Consumed { .. } | TicketState::Ended { .. } => self,
        }
    }

    /// The same ticket, good for one more token, and for its [term](Ticket::term) from now, if it has one.
    ///
    /// Where the term is over, a token can be minted nevertheless, for as long as [`Term::latest`] allows: the mail was late.
    /// Those minted before stay worthless then.
    ///
    /// # Errors
    /// [`Denied::LinkUsed`], [`Denied::LinkEnded`], or [`Denied::LinkExpired`] where none can be minted any more.
    pub fn with_token(mut self, token: TokenHash, now: Timestamp) -> Result<Self, Denied> {
        if self.check(now) == Err(Denied::LinkExpired) {
            self.tokens.clear();
        }
        if let Some(term) = self.term {
            self.expires_at = term.end(now);
        }
        self.check(now)?;
        if self.tokens.len() >= Self::MAX_TOKENS {
            self.tokens.remove(0);
        }
        self.tokens.push(token);
        Ok(self)
    }
}
