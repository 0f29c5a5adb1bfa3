//! Bulk status changes: many users activated, suspended, disabled … in one act.

use std::collections::HashMap;

use super::{Counts, Left, Part, Refusals, number};
use crate::error::{Denied, Problem};
use crate::id::UserId;
use crate::model::{Loaded, User};
use crate::rules::context::Context;
use crate::rules::decision::Decision;
use crate::rules::operation::Operation;
use crate::rules::rights::Surroundings;
use crate::rules::status::{StatusChange, change};

/// How many users one act changes at most.
pub const MOST_CHANGED: usize = 100_000;

/// Whether the actor may change so many users, before they are loaded.
///
/// # Errors
/// [`Denied::Forbidden`]; [`Denied::TooManyAtOnce`] beyond [`MOST_CHANGED`].
pub fn permit_change(cx: &Context, users: usize) -> Result<(), Denied> {
    cx.permit(Operation::ChangeStatus)?;
    if users > MOST_CHANGED {
        return Err(Denied::TooManyAtOnce { max: MOST_CHANGED });
    }
    Ok(())
}

/// Changes the status of all of these users, by the rule of the single act ([`change`]), or of none. Each comes with whether
/// the store has them, and `around` with the roles and units of all of them.
///
/// # Errors
/// As [`permit_change`]; [`Denied::RowsRefused`] with the places in the list, from 1, and every reason.
pub fn change_all(
    cx: &Context,
    users: &[(UserId, Option<Loaded<User>>)],
    to: &StatusChange,
    around: &Surroundings,
    counts: Counts,
) -> Result<Decision<Vec<User>>, Denied> {
    permit_change(cx, users.len())?;
    let mut row_cx = cx.clone();
    let mut decision = Decision::by(cx);
    let mut against = Refusals::new(Part::Users, users.len());
    let mut left = Left::new(counts);
    let mut seen = HashMap::with_capacity(users.len());
    let mut changed = Vec::with_capacity(users.len());
    for (at, (id, user)) in users.iter().enumerate() {
        let first = *seen.entry(*id).or_insert(at);
        if first != at {
            let row = number(first);
            against.add(at, Denied::invalid("user", Problem::RepeatsRow { row }));
            continue;
        }
        let its_own = user.as_ref().map(|user| of(user, around)).unwrap_or_default();
        row_cx.at_row(cx, at);
        match change(&row_cx, user.as_ref(), to, &its_own) {
            Ok(one) => {
                let before = user.as_ref().map(|user| &user.value);
                if let Err(denied) = left.take(cx, before, &one.outcome) {
                    against.add(at, denied);
                }
                changed.push(decision.absorb(one));
            }
            Err(denied) => against.add(at, denied),
        }
    }
    let rows: Vec<_> = against.refused().collect();
    if !rows.is_empty() {
        return Err(Denied::RowsRefused { rows });
    }
    decision.gather_counts();
    Ok(decision.with(changed))
}

/// What of all that was loaded one user has to do with.
fn of(user: &User, around: &Surroundings) -> Surroundings {
    let mut its_own = Surroundings::default();
    let roles = user.roles().into_iter().filter_map(|role| around.roles.get(&role));
    its_own.roles = roles.map(|role| (role.id, role.clone())).collect();
    let units = user.units().into_iter().filter_map(|unit| around.units.0.get(&unit));
    its_own.units.0 = units.map(|unit| (unit.id, unit.clone())).collect();
    its_own
}
