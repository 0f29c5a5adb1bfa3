//! From a leased mail to a message: load, decide, commit.

use super::Courier;
use super::minted::Minted;
use crate::id::TenantId;
use crate::mail::Message;
use crate::mail::texts::{Enclosed, NothingEnclosed};
use crate::model::{Entry, Loaded, QueuedMail, RecordId, Ticket};
use crate::rules::courier::{Attempted, Dispatch, dispatch, settle};
use crate::secret::RandomError;
use crate::store::{Change, Commit, CommitError, Guard, Lookup};

/// How often a decision is made anew after somebody else changed the ticket.
const DECISIONS: u32 = 4;

/// What a decision led to.
pub(super) enum Prepared {
    /// The mail is in other hands.
    Lost,
    /// It is not sent, and to be kept in this form.
    Closed(QueuedMail),
    /// It is to be sent.
    Message(Message),
}

#[derive(Debug, thiserror::Error)]
pub(super) enum PrepareError {
    #[error("others keep changing the ticket")]
    Contended,
    #[error(transparent)]
    Store(#[from] CommitError),
    #[error(transparent)]
    Random(#[from] RandomError),
}

impl Courier {
    /// Decides on a mail and writes it out. When that gives a message, the hash of the token in it is committed.
    pub(super) async fn prepare(
        &self,
        tenant: TenantId,
        leased: &Loaded<QueuedMail>,
    ) -> Result<Prepared, PrepareError> {
        for _ in 0..DECISIONS {
            let Some((mail, ticket)) = self.load(tenant, leased).await? else {
                return Ok(Prepared::Lost);
            };
            let now = self.clock.now();
            let minted = ticket.as_ref().map(|ticket| self.mint(tenant, ticket)).transpose()?;
            let offered = ticket.as_deref().zip(minted.as_ref().map(Minted::hash));
            let renewed = match dispatch(&mail, offered, now) {
                Dispatch::Lost => return Ok(Prepared::Lost),
                Dispatch::Close(closed) => return Ok(Prepared::Closed(closed)),
                Dispatch::Send { ticket } => ticket,
            };
            let Ok(message) = self.write(tenant, &mail, minted.as_ref().zip(renewed.as_ref())) else {
                return Ok(Prepared::Closed(settle(&mail, Attempted::Permanent, now)));
            };
            let Some((ticket, renewed)) = ticket.zip(renewed) else {
                return Ok(Prepared::Message(message));
            };
            let commit = Commit {
                guards: vec![Guard::on(&mail)],
                changes: vec![Change::Update {
                    expected: ticket.version,
                    entry: Entry::new(renewed),
                }],
                ..self.empty_commit(tenant, now)?
            };
            match self.commit(commit).await {
                Ok(()) => return Ok(Prepared::Message(message)),
                Err(CommitError::Conflict { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(PrepareError::Contended)
    }

    /// The mail and its ticket as they are now; none when the mail is not as it was leased.
    async fn load(
        &self,
        tenant: TenantId,
        leased: &Loaded<QueuedMail>,
    ) -> Result<Option<(Loaded<QueuedMail>, Option<Loaded<Ticket>>)>, PrepareError> {
        let wanted: Vec<Lookup> = std::iter::once(RecordId::Mail(leased.id))
            .chain(leased.ticket.map(RecordId::Ticket))
            .map(Lookup::Id)
            .collect();
        let mut found = self
            .store
            .load(tenant, &wanted)
            .await
            .map_err(CommitError::from)?
            .into_iter();
        let mail = found.next().flatten().and_then(Loaded::cast::<QueuedMail>);
        let ticket = found.next().flatten().and_then(Loaded::cast::<Ticket>);
        Ok(mail
            .filter(|mail| mail.version == leased.version)
            .map(|mail| (mail, ticket)))
    }

    fn mint(&self, tenant: TenantId, ticket: &Ticket) -> Result<Minted, RandomError> {
        Minted::mint(tenant, ticket, &self.links, &*self.random)
    }

    fn write(
        &self,
        tenant: TenantId,
        mail: &QueuedMail,
        carried: Option<(&Minted, &Ticket)>,
    ) -> Result<Message, NothingEnclosed> {
        let enclosed = carried.map_or(Enclosed::Nothing, |(minted, renewed)| minted.enclosed(renewed));
        self.texts.render(tenant, mail, enclosed)
    }
}
