//! What the event log says, folded from its beginning, is what there is (LO8, D6).

use std::collections::BTreeSet;

use super::Observed;
use crate::id::{TenantId, UserId};
use crate::testing::snapshot::Contents;

pub(super) fn the_log_says_what_is(seen: &Observed<'_>) -> Result<(), String> {
    let tenants = seen.changes.tenants.iter();
    let mut here = tenants.filter_map(|tenant| Some((*tenant, seen.after.tenants.get(tenant)?)));
    here.try_for_each(|(tenant, contents)| tenant_is_told(seen, tenant, contents))
}

fn tenant_is_told(seen: &Observed<'_>, tenant: TenantId, contents: &Contents) -> Result<(), String> {
    let (now, mut seats) = (seen.after.at, 0);
    let told = contents.log.users(now);
    for user in contents.users() {
        let user = user.clone().as_of(now);
        let seat = user.takes_seat(seen.policy.invitations_take_seats);
        seats += u32::from(seat);
        let is_told = told
            .get(&user.id)
            .is_some_and(|told| (told.status, told.seat, &told.grants) == (user.status.kind(), seat, &user.grants));
        if !is_told {
            let told = told.get(&user.id);
            return Err(format!("the log says {told:?} of {user:?}"));
        }
    }
    let kept: BTreeSet<UserId> = contents.users().map(|user| user.id).collect();
    if let Some(erased) = told.keys().find(|user| !kept.contains(user)) {
        return Err(format!("the log tells of {erased}, who is no more"));
    }
    let contract = contents.tenants().next().map(|it| it.seats).unwrap_or_default();
    let since = contents.log.seats_at(now);
    if (since.used, since.billed) != (seats, contract.billed(seats)) {
        return Err(format!(
            "the log says {since:?} of {seats} seats of {tenant}, with {contract:?}"
        ));
    }
    Ok(())
}
