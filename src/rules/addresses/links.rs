//! What the mailed links of a change of address lead to: looking, which changes nothing, and the act (T5, T6).

use super::super::context::Context;
use super::super::decision::Decision;
use super::super::link::MailedLink;
use crate::clock::Timestamp;
use crate::error::Denied;
use crate::model::{AddressChange, AddressChangeState, AddressChangeVerb, TenantStatus, TicketPurpose, User, What};
use crate::text::{EmailAddress, Name};

/// What whoever holds the link of a new address may see before confirming.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct AddressConfirmation {
    /// Whose back office.
    pub tenant: Name,
    /// The address that is confirmed: the one that the link was mailed to, and no other.
    pub address: EmailAddress,
    /// Before when it does not take effect.
    pub not_before: Timestamp,
    /// Until when it can be confirmed.
    pub confirm_by: Timestamp,
}

/// What whoever holds the link that stops a change may see before they do. Not the new address: who reads the old mailbox need
/// not be the user any more.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct AddressStop {
    /// Whose back office.
    pub tenant: Name,
    /// The address that stays if the change is stopped.
    pub address: EmailAddress,
    /// When the change was asked for.
    pub requested_at: Timestamp,
    /// Before when it does not take effect.
    pub not_before: Timestamp,
}

/// Looks at a confirmation.
///
/// # Errors
/// [`Denied::LinkUnknown`], [`Denied::LinkUsed`], [`Denied::LinkExpired`]; [`Denied::LinkEnded`] where the change was stopped,
/// or gave way to another.
pub fn preview_confirmation(link: &MailedLink, now: Timestamp) -> Result<AddressConfirmation, Denied> {
    let (_, change) = check(link, TicketPurpose::ConfirmAddress, now)?;
    Ok(AddressConfirmation {
        tenant: link.tenant.name.clone(),
        address: link.ticket.address.clone(),
        not_before: change.not_before,
        confirm_by: link.ticket.expires_at,
    })
}

/// Confirms the address that the link was mailed to. It takes effect now, or when its time comes. `cx` acts for the user.
///
/// # Errors
/// As [`preview_confirmation`].
pub fn confirm(cx: &Context, link: &MailedLink) -> Result<Decision<User>, Denied> {
    let (now, change) = check(link, TicketPurpose::ConfirmAddress, cx.now)?;
    let change = change.apply(AddressChangeVerb::Confirm, cx.now)?;
    let effective_at = change.as_ref().map_or(cx.now, AddressChange::due_at);
    let confirmed = User {
        pending_address: change.map(Box::new),
        ..now
    };
    let after = confirmed.as_of(cx.now);
    let mut decision = Decision::by(cx);
    // Consumed before the user changes: an address that is in effect ends all tickets that are still open.
    decision.update(&link.ticket, link.ticket.value.clone().consume(cx.now)?);
    decision.event(cx, after.id, What::AddressChangeConfirmed { effective_at });
    decision.update_user(cx, &link.user, after.clone())?;
    Ok(decision.with(after))
}

/// Looks at what a link would stop.
///
/// # Errors
/// As [`preview_confirmation`].
pub fn preview_stop(link: &MailedLink, now: Timestamp) -> Result<AddressStop, Denied> {
    let (user, change) = check(link, TicketPurpose::StopChange, now)?;
    Ok(AddressStop {
        tenant: link.tenant.name.clone(),
        address: user.address,
        requested_at: change.requested_at,
        not_before: change.not_before,
    })
}

/// Stops a change that is not in effect yet: the old address stays. `cx` acts for the user.
///
/// # Errors
/// As [`preview_confirmation`].
pub fn stop(cx: &Context, link: &MailedLink) -> Result<Decision<User>, Denied> {
    let (now, change) = check(link, TicketPurpose::StopChange, cx.now)?;
    let after = User {
        pending_address: change.apply(AddressChangeVerb::Stop, cx.now)?.map(Box::new),
        ..now
    };
    let mut decision = Decision::by(cx);
    decision.update(&link.ticket, link.ticket.value.clone().consume(cx.now)?);
    decision.update_user(cx, &link.user, after.clone())?;
    Ok(decision.with(after))
}

/// The user as they stand and their pending change, where the link is for this act, for this change and for this address.
fn check(link: &MailedLink, purpose: TicketPurpose, now: Timestamp) -> Result<(User, AddressChange), Denied> {
    if link.ticket.purpose != purpose || link.ticket.user != link.user.id {
        return Err(Denied::LinkUnknown);
    }
    if link.tenant.status != TenantStatus::Active {
        return Err(Denied::LinkEnded);
    }
    link.ticket.check(now)?;
    let user = link.user.value.clone().as_of(now);
    let change = user.pending_address.as_deref().cloned().ok_or(Denied::LinkEnded)?;
    let (ticket, address) = match change.state {
        AddressChangeState::Requested { ticket, .. } if purpose == TicketPurpose::ConfirmAddress => {
            (ticket, &change.to)
        }
        AddressChangeState::Confirmed { .. } if purpose == TicketPurpose::ConfirmAddress => {
            return Err(Denied::LinkUsed);
        }
        _ => (change.stop, &user.address),
    };
    if ticket != link.ticket.id || *address != link.ticket.address {
        return Err(Denied::LinkEnded);
    }
    Ok((user, change))
}
