//! Sessions, the login history, and what is remembered of failures.

use std::net::IpAddr;

use super::{Columns, Malformed, name_of};
use crate::id::{SessionId, UserId};
use crate::model::{Attempt, AttemptOutcome, Client, Session, SessionState, Throttle};
use crate::text::UserAgent;

pub(super) fn session(columns: Columns, session: &Session, token: Vec<u8>) -> Result<Columns, Malformed> {
    let (ended_at, ended_because) = match &session.state {
        SessionState::Open => (None, None),
        SessionState::Ended { at, reason } => (Some(*at), Some(name_of(reason, "reason")?)),
    };
    let columns = columns
        .set("token", token)
        .at("created_at", session.started_at)
        .id("user", session.user.as_uuid())
        .at("expires_at", session.expires_at)
        .at("seen_at", session.seen_at)
        .maybe_at("ended_at", ended_at)
        .set("ended_because", ended_because);
    Ok(client(columns, &session.client))
}

pub(super) fn attempt(columns: Columns, attempt: &Attempt) -> Result<Columns, Malformed> {
    let (result, reason, session) = match &attempt.outcome {
        AttemptOutcome::Pending => ("pending", None, None),
        AttemptOutcome::Success { session } => ("success", None, Some(session)),
        AttemptOutcome::Refused { reason } => ("refused", Some(name_of(reason, "reason")?), None),
    };
    let columns = columns
        .at("created_at", attempt.at)
        .maybe_id("user", attempt.user.as_ref().map(UserId::as_uuid))
        .text("result", result)
        .set("reason", reason)
        .maybe_id("session", session.map(SessionId::as_uuid));
    Ok(client(columns, &attempt.client))
}

pub(super) fn throttle(columns: Columns, throttle: &Throttle) -> Columns {
    columns
        .maybe_id("user", throttle.user.as_ref().map(UserId::as_uuid))
        .set("failures", i64::from(throttle.failures))
        .maybe_at("locked_until", throttle.locked_until)
}

fn client(columns: Columns, client: &Client) -> Columns {
    columns
        .set("client_address", client.address.map(|address| address.to_string()))
        .set("client_key", client.address.map(address_key))
        .maybe_text("user_agent", client.user_agent.as_ref().map(UserAgent::as_str))
}

/// An address as 16 bytes, those of IPv4 mapped into IPv6: networks are ranges of them.
pub(in crate::store) fn address_key(address: IpAddr) -> Vec<u8> {
    let mapped = match address {
        IpAddr::V4(address) => address.to_ipv6_mapped(),
        IpAddr::V6(address) => address,
    };
    mapped.octets().to_vec()
}
