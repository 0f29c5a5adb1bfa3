//! The state machines: every state × every verb against one literal table each, time at, before and after each deadline,
//! and `docs/states.md`, which is rendered from the code.
#![expect(clippy::unwrap_used, reason = "helpers of tests: a panic is the report")]

mod addresses;
mod document;
#[path = "../support/documents.rs"]
mod documents;
mod invitations;
mod mail;
mod render;
mod sessions;
mod tenants;
mod tickets;
mod users;

use tenure::Timestamp;
use time::Duration;
use uuid::Uuid;

fn id<T: From<Uuid>>(number: u128) -> T {
    Uuid::from_u128(number).into()
}

/// Minutes after the instant of every verb here.
fn at(minutes: i64) -> Timestamp {
    Timestamp::from_unix_micros(1_795_253_400_000_000)
        .unwrap()
        .saturating_add(Duration::minutes(minutes))
}

fn now() -> Timestamp {
    at(0)
}
