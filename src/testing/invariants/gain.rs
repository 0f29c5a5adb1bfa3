//! R2: what anybody gained by a step was its giver's to give.

use std::collections::{BTreeMap, BTreeSet};

use super::Observed;
use crate::clock::Timestamp;
use crate::id::{ApiKeyId, TenantId, UnitId, UserId};
use crate::model::{
    Actor, ApiKey, Permission, PermissionSet, Record, RecordKind, Right, Scope, StatusKind, User, UserStatus,
};
use crate::rules::rights::{Place, Rights};
use crate::testing::commands::Command;
use crate::testing::snapshot::Contents;
use crate::testing::strategies::PERMISSIONS;
use crate::testing::world::Doer;

/// Everything that somebody may do, written out: at each place, and everywhere, which permissions.
type Powers<'a> = BTreeMap<Option<UnitId>, BTreeSet<&'a str>>;

/// What stands for every permission that no list names.
const ALL_OTHERS: &str = "*";

/// Who is taken to have rights.
#[derive(Debug, Clone, Copy)]
enum Lens {
    /// Everybody who was given them, in use or not.
    Granted,
    /// Those who are active.
    InUse,
}

pub(super) fn nobody_gains_beyond_the_giver(seen: &Observed<'_>) -> Result<(), String> {
    for (tenant, after) in &seen.after.tenants {
        // Whoever founds a tenant may do everything in it.
        let Some(before) = seen.before.tenants.get(tenant) else {
            continue;
        };
        if seen.before.at == seen.after.at && are_alike(seen, tenant) {
            continue;
        }
        let host = matches!(seen.ran.by, Doer::System(own) if own == *tenant);
        for user in after.users().filter(|_| !host) {
            check(seen, before, after, user.id, Lens::Granted)?;
            // Time brings into use what was given before.
            if !matches!(seen.step.command, Command::AdvanceClock(_)) {
                check(seen, before, after, user.id, Lens::InUse)?;
            }
        }
    }
    Ok(())
}

/// Whether all that rights depend on is the same.
fn are_alike(seen: &Observed<'_>, tenant: &TenantId) -> bool {
    let kinds = [RecordKind::User, RecordKind::Role, RecordKind::Unit];
    let changed = seen.changes.records.get(tenant);
    changed.is_some_and(|changed| changed.iter().all(|id| !kinds.contains(&id.kind())))
}

fn check(seen: &Observed<'_>, before: &Contents, after: &Contents, user: UserId, lens: Lens) -> Result<(), String> {
    let names = universe(before, after);
    let had = powers(before, user, seen.before.at, lens, &names);
    let has = powers(after, user, seen.after.at, lens, &names);
    let gained = minus(&has, &had, before);
    if gained.is_empty() {
        return Ok(());
    }
    let giver = giver(seen, before, user);
    let Some(could) = powers_of(giver, before, seen.before.at, &names) else {
        return Ok(());
    };
    let beyond = minus(&gained, &could, before);
    if beyond.is_empty() {
        Ok(())
    } else {
        Err(format!(
            "{user} gained ({lens:?}) {beyond:?} from {giver:?}, who could not do that"
        ))
    }
}

pub(super) fn no_key_beyond_its_maker_and_holder(seen: &Observed<'_>) -> Result<(), String> {
    for (tenant, after) in &seen.after.tenants {
        let Some(before) = seen.before.tenants.get(tenant) else {
            continue;
        };
        for key in after.api_keys().filter(|key| before.record(key.id).is_none()) {
            let names = universe(before, after);
            let carries = nominal(before, key, &names);
            let holder = powers(before, key.user, seen.before.at, Lens::InUse, &names);
            let maker = powers_of(giver(seen, before, key.user), before, seen.before.at, &names);
            for (who, could) in [("its user", Some(holder)), ("its maker", maker)] {
                let beyond = could.map(|could| minus(&carries, &could, before)).unwrap_or_default();
                if !beyond.is_empty() {
                    return Err(format!("{} carries {beyond:?}, which {who} could not do", key.id));
                }
            }
        }
    }
    Ok(())
}

/// Whose rights bound what somebody gains.
#[derive(Debug, Clone, Copy)]
enum Giver {
    /// The host's own code: nobody's.
    Host,
    /// Nobody who could give anything.
    Nobody,
    /// A user.
    User(UserId),
    /// A program, with an API key of a user's.
    Program(UserId, ApiKeyId),
}

fn giver(seen: &Observed<'_>, before: &Contents, gaining: UserId) -> Giver {
    match seen.ran.by {
        Doer::System(_) => Giver::Host,
        Doer::User(_, user) => Giver::User(user),
        Doer::Program(_, user, key) => Giver::Program(user, key),
        Doer::Stranger | Doer::Host => Giver::Nobody,
        Doer::Invited => sponsor(before, gaining),
    }
}

/// Who sent the invitation that somebody accepts.
fn sponsor(before: &Contents, invited: UserId) -> Giver {
    let Some(UserStatus::Invited { invitation, .. }) = before.user(invited).map(|user| &user.status) else {
        return Giver::Nobody;
    };
    let sent = before.invitations().find(|sent| sent.id == *invitation);
    match sent.map(|sent| &sent.sponsor) {
        Some(Actor::User(sponsor)) => Giver::User(*sponsor),
        Some(Actor::System(_)) => Giver::Host,
        _ => Giver::Nobody,
    }
}

/// What a giver could do; none where that has no bounds.
fn powers_of<'a>(giver: Giver, contents: &'a Contents, at: Timestamp, names: &BTreeSet<&'a str>) -> Option<Powers<'a>> {
    Some(match giver {
        Giver::Host => return None,
        Giver::Nobody => Powers::new(),
        Giver::User(user) => powers(contents, user, at, Lens::InUse, names),
        Giver::Program(user, key) => {
            let own = powers(contents, user, at, Lens::InUse, names);
            let Some(Record::ApiKey(key)) = contents.record(key) else {
                return Some(Powers::new());
            };
            common(own, &nominal(contents, key, names))
        }
    })
}

/// What a key would allow, if its user could do everything.
fn nominal<'a>(contents: &'a Contents, key: &'a ApiKey, names: &BTreeSet<&'a str>) -> Powers<'a> {
    let places = places(contents, &key.scope).into_iter();
    places.map(|place| (place, named(&key.permissions, names))).collect()
}

fn common<'a>(one: Powers<'a>, other: &Powers<'a>) -> Powers<'a> {
    let none = BTreeSet::new();
    let kept = one.into_iter().map(|(place, names)| {
        let both = other.get(&place).unwrap_or(&none);
        (place, names.intersection(both).copied().collect())
    });
    kept.collect()
}

fn universe<'a>(before: &'a Contents, after: &'a Contents) -> BTreeSet<&'a str> {
    let mut names: BTreeSet<&str> = PERMISSIONS.into_iter().chain([ALL_OTHERS]).collect();
    for contents in [before, after] {
        for role in contents.roles() {
            if let PermissionSet::Only(named) = &role.permissions {
                names.extend(named.iter().map(Permission::as_str));
            }
        }
        for grant in contents.users().flat_map(|user| &user.grants) {
            if let Right::Permission(permission) = &grant.right {
                names.insert(permission.as_str());
            }
        }
    }
    names
}

fn powers<'a>(
    contents: &'a Contents,
    user: UserId,
    at: Timestamp,
    lens: Lens,
    names: &BTreeSet<&'a str>,
) -> Powers<'a> {
    let mut powers = Powers::new();
    let counts = |user: &&User| match lens {
        Lens::Granted => user.status.kind() != StatusKind::Deleted,
        Lens::InUse => (*user).clone().as_of(at).is_active(),
    };
    let Some(user) = contents.user(user).filter(counts) else {
        return powers;
    };
    for grant in &user.grants {
        let given: BTreeSet<&str> = match &grant.right {
            Right::Permission(permission) => BTreeSet::from([permission.as_str()]),
            Right::Role(role) => match contents.role(*role).map(|role| &role.permissions) {
                Some(permissions) => named(permissions, names),
                None => BTreeSet::new(),
            },
        };
        for place in places(contents, &grant.scope) {
            powers.entry(place).or_default().extend(&given);
        }
    }
    powers
}

fn named<'a>(permissions: &'a PermissionSet, names: &BTreeSet<&'a str>) -> BTreeSet<&'a str> {
    match permissions {
        PermissionSet::All => names.clone(),
        PermissionSet::Only(some) => some.iter().map(Permission::as_str).collect(),
    }
}

/// Every place that a scope reaches; none stands for everywhere.
fn places(contents: &Contents, scope: &Scope) -> Vec<Option<UnitId>> {
    match scope {
        Scope::All => contents.units().map(|unit| Some(unit.id)).chain([None]).collect(),
        Scope::Units(named) => {
            let reached = contents
                .units()
                .filter(|unit| named.iter().any(|above| unit.path.is_within(*above)));
            reached.map(|unit| Some(unit.id)).collect()
        }
    }
}

/// What of `one` is not in `other`, at places that were there before: nothing is yet in a new unit.
fn minus<'a>(one: &Powers<'a>, other: &Powers<'a>, before: &Contents) -> Powers<'a> {
    let mut left = Powers::new();
    for (place, names) in one
        .iter()
        .filter(|(place, _)| place.is_none_or(|unit| before.unit(unit).is_some()))
    {
        let none = BTreeSet::new();
        let more: BTreeSet<&str> = names.difference(other.get(place).unwrap_or(&none)).copied().collect();
        if !more.is_empty() {
            left.insert(*place, more);
        }
    }
    left
}

/// What a principal's rights allow beyond what their user's grants say now, resolved here anew.
pub(super) fn beyond_its_user<'a>(
    rights: &Rights,
    contents: &'a Contents,
    user: UserId,
    at: Timestamp,
) -> Option<(Option<UnitId>, &'a str)> {
    let names = universe(contents, contents);
    let could = powers(contents, user, at, Lens::InUse, &names);
    places(contents, &Scope::All).into_iter().find_map(|place| {
        let unit = place.and_then(|unit| contents.unit(unit));
        let at = unit.map_or(Place::Everywhere, |unit| Place::In(&unit.path));
        let may = |name: &&&str| Permission::new(name).is_ok_and(|permission| rights.may(&permission, at));
        let could = could.get(&place);
        let beyond = names
            .iter()
            .filter(|name| could.is_none_or(|could| !could.contains(**name)));
        Some((place, *beyond.filter(may).min()?))
    })
}
