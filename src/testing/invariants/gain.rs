//! R2: what anybody gained by a step was its giver's to give.

use std::collections::{BTreeMap, BTreeSet};

use super::Observed;
use crate::clock::Timestamp;
use crate::id::{UnitId, UserId};
use crate::model::{Actor, Permission, PermissionSet, RecordKind, Right, Scope, StatusKind, User, UserStatus};
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
        if seen.before.at == seen.after.at && are_alike(before, after) {
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
fn are_alike(before: &Contents, after: &Contents) -> bool {
    let matters = |contents: &'_ Contents| -> Vec<_> {
        let kinds = [RecordKind::User, RecordKind::Role, RecordKind::Unit];
        let records = contents.records.iter().filter(|(id, _)| kinds.contains(&id.kind()));
        records.map(|(id, loaded)| (*id, loaded.version)).collect()
    };
    matters(before) == matters(after)
}

fn check(seen: &Observed<'_>, before: &Contents, after: &Contents, user: UserId, lens: Lens) -> Result<(), String> {
    let names = universe(before, after);
    let had = powers(before, user, seen.before.at, lens, &names);
    let has = powers(after, user, seen.after.at, lens, &names);
    let gained = minus(&has, &had, before);
    if gained.is_empty() {
        return Ok(());
    }
    let Some(giver) = giver(seen, before, user) else {
        return Ok(());
    };
    let given = match giver {
        Some(giver) => powers(before, giver, seen.before.at, Lens::InUse, &names),
        None => Powers::new(),
    };
    let beyond = minus(&gained, &given, before);
    if beyond.is_empty() {
        Ok(())
    } else {
        Err(format!(
            "{user} gained ({lens:?}) {beyond:?} from {giver:?}, who could not do that"
        ))
    }
}

/// Who gave it: `None` where the host's own code did, `Some(None)` where nobody did who could.
#[expect(clippy::option_option, reason = "anybody, nobody, or somebody")]
fn giver(seen: &Observed<'_>, before: &Contents, gaining: UserId) -> Option<Option<UserId>> {
    match seen.ran.by {
        Doer::System(_) => None,
        Doer::User(_, user) => Some(Some(user)),
        Doer::Stranger | Doer::Host => Some(None),
        Doer::Invited => match &before.user(gaining)?.status {
            UserStatus::Invited { invitation, .. } => {
                let sent = before.invitations().find(|sent| sent.id == *invitation);
                match sent.map(|sent| &sent.sponsor) {
                    Some(Actor::User(sponsor)) => Some(Some(*sponsor)),
                    Some(Actor::System(_)) => None,
                    _ => Some(None),
                }
            }
            _ => Some(None),
        },
    }
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
                Some(PermissionSet::All) => names.clone(),
                Some(PermissionSet::Only(named)) => named.iter().map(Permission::as_str).collect(),
                None => BTreeSet::new(),
            },
        };
        for place in places(contents, &grant.scope) {
            powers.entry(place).or_default().extend(&given);
        }
    }
    powers
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
