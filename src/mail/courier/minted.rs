//! What is minted for one attempt to send a mail.

use secrecy::SecretString;

use crate::id::TenantId;
use crate::mail::LinkBase;
use crate::mail::texts::Enclosed;
use crate::model::Ticket;
use crate::secret::{OneTimePassword, Random, RandomError, Token, TokenHash};

/// The secret of a mail, for a ticket.
pub(super) enum Minted {
    Link {
        link: SecretString,
        hash: TokenHash,
    },
    Password {
        password: OneTimePassword,
        sign_in: String,
        hash: TokenHash,
    },
}

impl Minted {
    pub(super) fn mint(
        tenant: TenantId,
        ticket: &Ticket,
        links: &LinkBase,
        random: &dyn Random,
    ) -> Result<Self, RandomError> {
        let Some(purpose) = ticket.purpose.token() else {
            let password = OneTimePassword::mint(random)?;
            return Ok(Self::Password {
                hash: password.hash(*tenant.as_uuid(), *ticket.user.as_uuid()),
                sign_in: links.sign_in(),
                password,
            });
        };
        let token = Token::mint(purpose, *tenant.as_uuid(), random)?;
        Ok(Self::Link {
            link: links.link(ticket.purpose, &token),
            hash: token.hash(),
        })
    }

    pub(super) fn hash(&self) -> TokenHash {
        match self {
            Self::Link { hash, .. } | Self::Password { hash, .. } => *hash,
        }
    }

    /// As it stands in the mail, with the time that the ticket has after this minting (T8).
    pub(super) fn enclosed(&self, renewed: &Ticket) -> Enclosed<'_> {
        let until = renewed.expires_at;
        match self {
            Self::Link { link, .. } => Enclosed::Link { link, until },
            Self::Password { password, sign_in, .. } => Enclosed::Password {
                password,
                sign_in,
                until,
            },
        }
    }
}
