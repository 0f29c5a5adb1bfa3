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

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::clock::Timestamp;
    use crate::model::{TicketPurpose, TicketState};
    use crate::text::EmailAddress;

    #[derive(Debug)]
    struct Fixed;

    impl Random for Fixed {
        fn fill(&self, bytes: &mut [u8]) -> Result<(), RandomError> {
            bytes.fill(7);
            Ok(())
        }
    }

    fn ticket(purpose: TicketPurpose) -> Ticket {
        Ticket {
            id: Uuid::from_u128(1).into(),
            user: Uuid::from_u128(2).into(),
            purpose,
            address: EmailAddress::new("kate@example.org").unwrap(),
            tokens: Vec::new(),
            expires_at: Timestamp::EPOCH,
            term: None,
            state: TicketState::Open,
        }
    }

    #[test]
    fn ps2_what_is_minted_is_what_the_ticket_is_the_right_to() {
        let (tenant, links) = (Uuid::from_u128(9), LinkBase::new("https://a.example").unwrap());
        for purpose in [
            TicketPurpose::Invitation,
            TicketPurpose::Reset,
            TicketPurpose::ConfirmAddress,
            TicketPurpose::StopChange,
            TicketPurpose::OneTimePassword,
        ] {
            let ticket = ticket(purpose);
            let minted = Minted::mint(tenant.into(), &ticket, &links, &Fixed).unwrap();
            let hash = match purpose.token() {
                Some(purpose) => Token::mint(purpose, tenant, &Fixed).unwrap().hash(),
                None => OneTimePassword::mint(&Fixed)
                    .unwrap()
                    .hash(tenant, *ticket.user.as_uuid()),
            };
            assert_eq!(minted.hash(), hash, "{purpose:?}");
            let is_password = matches!(minted.enclosed(&ticket), Enclosed::Password { .. });
            assert_eq!(is_password, purpose == TicketPurpose::OneTimePassword);
        }
    }
}
