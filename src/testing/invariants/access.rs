//! What keeps strangers out: keys, links, logins, locks, secrets.

use std::collections::{BTreeMap, BTreeSet};

use super::Observed;
use super::gain::beyond_its_user;
use super::shape::{each_tenant, ensure};
use crate::clock::Timestamp;
use crate::model::{
    ApiKey, Client, Loaded, RecordId, Secret, StatusKind, Tenant, Ticket, TicketPurpose, User, UserStatus,
};
use crate::policy::Policy;
use crate::rules::access::Principal;
use crate::rules::api_keys;
use crate::rules::rights::Units;
use crate::store::PrincipalRecords;
use crate::testing::principal_of_key;
use crate::testing::snapshot::Contents;
use crate::testing::world::Answer;
use crate::text::{Allowlist, Key};

pub(super) fn no_usable_key_of_the_inactive(seen: &Observed<'_>) -> Result<(), String> {
    each_tenant(seen, |contents, at| {
        for (key, _) in usable_keys(contents, seen.policy, at) {
            let user = contents.user(key.user).map(|user| user.clone().as_of(at));
            let is_over = key.expires_at.is_some_and(|end| end <= at);
            ensure(!is_over && user.as_ref().is_some_and(User::is_active), || {
                format!("{} of {} is usable: {key:?}, {user:?}", key.id, key.user)
            })?;
        }
        // A leave comes to an end, and keys go on; not so for whoever has left.
        let has_left = |key: &&ApiKey| {
            let status = contents.user(key.user).map(|user| user.status.kind());
            matches!(status, Some(StatusKind::Disabled | StatusKind::Deleted))
        };
        let left_open = contents.api_keys().find(|key| key.is_live(at) && has_left(key));
        ensure(left_open.is_none(), || {
            format!("{left_open:?} is open, and its user has left")
        })
    })
}

pub(super) fn keys_carry_no_more_than_their_user(seen: &Observed<'_>) -> Result<(), String> {
    each_tenant(seen, |contents, at| {
        usable_keys(contents, seen.policy, at)
            .into_iter()
            .try_for_each(|(key, principal)| {
                let beyond = beyond_its_user(principal.rights(), contents, key.user, at);
                ensure(beyond.is_none(), || {
                    format!("{} carries {beyond:?}, which {} may not", key.id, key.user)
                })
            })
    })
}

/// The keys that the rule lets in from where their users may come, and whom it takes them for.
fn usable_keys<'a>(contents: &'a Contents, policy: &Policy, at: Timestamp) -> Vec<(&'a ApiKey, Principal)> {
    let (client, units) = (Client::unknown(), contents.units_by_id());
    let proven = |key: &'a ApiKey| {
        let records = records_of(key, contents)?;
        let named = api_keys::named(&records);
        let units = units.0.iter().filter(|(unit, _)| named.contains(unit));
        let units = Units(units.map(|(unit, loaded)| (*unit, loaded.clone())).collect());
        Some((key, principal_of_key(&records, &units, &client, policy, at).ok()?))
    };
    contents.api_keys().filter_map(proven).collect()
}

/// What a store would load for a key, but for the networks from which it may be used.
fn records_of(key: &ApiKey, contents: &Contents) -> Option<PrincipalRecords<ApiKey>> {
    let version = |id: RecordId| contents.records.get(&id).map(|loaded| loaded.version);
    let user = User {
        allowlist: Allowlist::any(),
        ..contents.user(key.user)?.clone()
    };
    let tenant: &Tenant = contents.tenants().next()?;
    let roles = user.roles().into_iter();
    let roles = roles.filter_map(|role| Some(Loaded::new(version(role.into())?, contents.role(role)?.clone())));
    Some(PrincipalRecords {
        pass: Loaded::new(version(key.id.into())?, key.clone()),
        roles: roles.collect(),
        tenant: Loaded::new(version(tenant.id.into())?, tenant.clone()),
        user: Loaded::new(version(user.id.into())?, user),
    })
}

pub(super) fn no_open_ticket_of_the_inactive(seen: &Observed<'_>) -> Result<(), String> {
    let check = |ticket: &Ticket, contents: &Contents, at: Timestamp| {
        let Some(user) = contents.user(ticket.user) else {
            return Err(format!("{} of nobody", ticket.id));
        };
        let status = user.status.clone().as_of(at);
        let fits = match ticket.purpose {
            TicketPurpose::Invitation => matches!(status, UserStatus::Invited { .. }),
            // What is due and not yet written down keeps a link open on record; it is good for nothing all the same.
            _ => matches!(user.status, UserStatus::Active { .. }) || matches!(status, UserStatus::Active { .. }),
        };
        ensure(fits, || {
            format!(
                "{:?} {} of {}, who is {}",
                ticket.purpose,
                ticket.id,
                user.id,
                status.kind()
            )
        })
    };
    each_tenant(seen, |contents, at| {
        let mut open = contents.tickets().filter(|ticket| ticket.check(at).is_ok());
        open.try_for_each(|ticket| check(ticket, contents, at))
    })
}

pub(super) fn logins_and_pending_addresses_are_unique(seen: &Observed<'_>) -> Result<(), String> {
    each_tenant(seen, |contents, at| {
        let mut holders: BTreeMap<Key, _> = BTreeMap::new();
        for user in contents.users().map(|user| user.clone().as_of(at)) {
            // Whose invitation has lapsed keeps no name, as little as who was deleted.
            if matches!(user.status.kind(), StatusKind::Deleted | StatusKind::Lapsed) {
                continue;
            }
            let next = user.pending_address.iter().map(|change| change.to.key());
            for key in [user.user_name.key(), user.address.key()].into_iter().chain(next) {
                let other = holders.insert(key, user.id).filter(|other| *other != user.id);
                if let Some(other) = other {
                    return Err(format!("{} and {other} have one login, or will", user.id));
                }
            }
        }
        Ok(())
    })
}

pub(super) fn no_password_beside_an_identity(seen: &Observed<'_>) -> Result<(), String> {
    each_tenant(seen, |contents, _| {
        contents.credentials().try_for_each(|credential| {
            let user = contents.user(credential.user);
            let is_elsewhere = user.is_some_and(|user| user.identity.is_some());
            ensure(!is_elsewhere || credential.secret == Secret::None, || {
                format!("{} has an identity and {credential:?}", credential.user)
            })
        })
    })
}

pub(super) fn lockouts_end_by_themselves(seen: &Observed<'_>) -> Result<(), String> {
    let longest = seen.policy.throttle.longest_lock();
    each_tenant(seen, |contents, at| {
        contents.throttles().try_for_each(|throttle| {
            let ends = throttle.locked_until.is_none_or(|until| {
                until <= at.saturating_add(longest) && until <= throttle.forget_at && throttle.failures > 0
            });
            ensure(ends, || format!("{throttle:?} at {at}"))
        })
    })
}

pub(super) fn no_secret_is_stored_or_told(seen: &Observed<'_>) -> Result<(), String> {
    let secrets = &seen.after.secrets;
    let answer = match &seen.ran.answer {
        Answer::Done(outcome) => outcome.clone(),
        other => format!("{other:?}"),
    };
    if let Some(secret) = told(&answer, secrets) {
        return Err(format!("{secret} stands in the answer: {answer}"));
    }
    for (tenant, after) in &seen.after.tenants {
        let is_known = seen.before.tenants.contains_key(tenant);
        let changed = seen.changes.records.get(tenant);
        let is_new = |id: &RecordId| !is_known || changed.is_some_and(|changed| changed.contains(id));
        let records = after.records.iter().filter(|(id, _)| is_new(id));
        let records = records.map(|(id, loaded)| (id.to_string(), serde_json::to_string(&loaded.value)));
        let news = after.news.iter();
        let news = news.map(|entry| ("an event".to_owned(), serde_json::to_string(&entry.event)));
        for (place, text) in records.chain(news) {
            let text = text.map_err(|error| error.to_string())?;
            if let Some(secret) = told(&text, secrets) {
                return Err(format!("{secret} stands in {place}: {text}"));
            }
        }
    }
    Ok(())
}

/// A secret that stands in a text as a word of its own, or as part of one between other signs.
fn told<'a>(text: &'a str, secrets: &BTreeSet<String>) -> Option<&'a str> {
    let is_separator = |byte: &u8| !(byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    let words = text.as_bytes().split(is_separator);
    let words = words
        .filter(|word| word.len() >= SHORTEST)
        .filter_map(|word| std::str::from_utf8(word).ok());
    words.into_iter().find(|word| secrets.contains(*word))
}

/// No secret is shorter.
const SHORTEST: usize = 7;
