//! Invitations, tickets, credentials and API keys.

use super::{Columns, Malformed, name_of};
use crate::id::UserId;
use crate::model::{ApiKey, ApiKeyState, Credential, Invitation, Secret, Ticket};

pub(super) fn invitation(columns: Columns, invitation: &Invitation) -> Columns {
    columns
        .at("created_at", invitation.created_at)
        .id("user", invitation.user.as_uuid())
        .text("address", invitation.address.as_str())
        .maybe_id("sponsor", invitation.sponsor.user().as_ref().map(UserId::as_uuid))
        .id("ticket", invitation.ticket.as_uuid())
        .at("expires_at", invitation.expires_at)
}

pub(super) fn ticket(columns: Columns, ticket: &Ticket) -> Result<Columns, Malformed> {
    Ok(columns
        .id("user", ticket.user.as_uuid())
        .set("purpose", name_of(&ticket.purpose, "purpose")?)
        .text("address", ticket.address.as_str())
        .at("expires_at", ticket.expires_at))
}

pub(super) fn credential(columns: Columns, credential: &Credential) -> Columns {
    let (state, set_at) = match credential.secret {
        Secret::None => ("none", None),
        Secret::OneTime { issued_at, .. } => ("one_time", Some(issued_at)),
        Secret::Password { set_at, .. } => ("password", Some(set_at)),
    };
    columns.text("state", state).maybe_at("set_at", set_at)
}

pub(super) fn api_key(columns: Columns, key: &ApiKey) -> Columns {
    let revoked_at = match key.state {
        ApiKeyState::Open => None,
        ApiKeyState::Revoked { at } => Some(at),
    };
    columns
        .at("created_at", key.created_at)
        .id("user", key.user.as_uuid())
        .text("name", key.name.as_str())
        .maybe_at("expires_at", key.expires_at)
        .maybe_at("seen_at", key.seen_at)
        .maybe_at("revoked_at", revoked_at)
}
