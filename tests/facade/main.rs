//! The promises of `security.md` and of the facade, checked from outside, on every shipped store.
#![allow(
    clippy::large_futures,
    reason = "tests run a few at a time, each on a stack of its own"
)]

#[cfg(test)]
mod addresses;
#[cfg(test)]
mod api_keys;
#[cfg(test)]
mod at_once;
#[cfg(test)]
mod bad_input;
#[cfg(test)]
mod commands;
#[cfg(test)]
mod desks;
#[cfg(test)]
mod dropped;
#[cfg(test)]
mod edits;
#[cfg(test)]
mod events;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod foreign;
#[cfg(test)]
mod guesses;
#[cfg(test)]
mod identities;
#[cfg(test)]
mod imports;
#[cfg(test)]
mod invitations;
#[cfg(test)]
mod large;
#[cfg(test)]
mod links;
#[cfg(test)]
mod lists;
#[cfg(test)]
mod many;
#[cfg(test)]
mod meanwhile;
#[cfg(test)]
mod networks;
#[cfg(test)]
mod notices;
#[cfg(test)]
mod passwords;
#[cfg(test)]
mod rehash;
#[cfg(test)]
mod resets;
#[cfg(test)]
mod seats;
#[cfg(test)]
mod secrets;
#[cfg(test)]
mod sessions;
#[cfg(test)]
mod sign_in;
#[cfg(test)]
mod supervisors;
#[cfg(test)]
#[path = "../support/mod.rs"]
mod support;
#[cfg(test)]
mod survival;
