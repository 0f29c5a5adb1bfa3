//! What must hold after every command, whoever gave it: one table.
//!
//! Each invariant looks at everything that the store holds, before and after a step, and says why it does not hold. They count,
//! resolve and compare for themselves: where the library keeps a counter, an index or a guard, they go through all records.

mod access;
mod gain;
mod log;
mod shape;
mod trace;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::commands::Step;
use super::snapshot::Snapshot;
use super::world::Ran;
use crate::id::TenantId;
use crate::model::RecordId;
use crate::policy::Policy;

/// One step, with everything that the store held before and after it.
#[derive(Debug, Clone, Copy)]
pub struct Observed<'a> {
    /// Before.
    pub before: &'a Snapshot,
    /// After.
    pub after: &'a Snapshot,
    /// What was to be done.
    pub step: &'a Step,
    /// What became of it.
    pub ran: &'a Ran,
    /// The policy in force.
    pub policy: &'a Policy,
    /// What is not the same after it.
    pub changes: &'a Changes,
}

/// What is not the same after a step, found once for all invariants by comparing everything.
#[derive(Debug, Clone, Default)]
pub struct Changes {
    /// Of each tenant that was there before, the records that came, went, or are not what they were.
    pub records: BTreeMap<TenantId, BTreeSet<RecordId>>,
    /// The tenants that need another look: time has passed, or something in them is not what it was.
    pub tenants: BTreeSet<TenantId>,
}

impl Changes {
    /// Between two snapshots.
    pub fn between(before: &Snapshot, after: &Snapshot) -> Self {
        let mut changes = Self::default();
        for (tenant, contents) in &after.tenants {
            let known = before.tenants.get(tenant);
            let records = known.map(|known| known.changed(contents)).unwrap_or_default();
            let is_as_it_was = known.is_some_and(|known| known.has_the_counters_of(contents));
            if before.at != after.at || !is_as_it_was || !records.is_empty() {
                changes.tenants.insert(*tenant);
            }
            changes.records.insert(*tenant, records);
        }
        changes
    }
}

/// Something that holds after every step.
#[derive(Clone, Copy)]
pub struct Invariant {
    /// Its name.
    pub name: &'static str,
    /// What it says.
    pub says: &'static str,
    /// Whether it holds; why not.
    pub holds: fn(&Observed<'_>) -> Result<(), String>,
}

impl fmt::Debug for Invariant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name, self.says)
    }
}

/// The table.
pub const INVARIANTS: [Invariant; 22] = [
    Invariant {
        name: "owner_and_administrator_exist",
        says: "each tenant has an owner who is active and an administrator without an end, and the counter of \
               administrators is what a full count says (R5)",
        holds: shape::owner_and_administrator_exist,
    },
    Invariant {
        name: "nobody_gains_beyond_the_giver",
        says: "whatever anybody may do after a step that they could not do before, whoever gave it could do before; for an \
               invitation, whoever sent it (R1, R2, I2)",
        holds: gain::nobody_gains_beyond_the_giver,
    },
    Invariant {
        name: "no_key_beyond_its_maker_and_holder",
        says: "a new API key carries nothing that its maker or its user could not do before (R1, R2, E6)",
        holds: gain::no_key_beyond_its_maker_and_holder,
    },
    Invariant {
        name: "keys_carry_no_more_than_their_user",
        says: "an API key that is let in carries nothing that its user may not do now (E6)",
        holds: access::keys_carry_no_more_than_their_user,
    },
    Invariant {
        name: "no_usable_key_of_the_inactive",
        says: "an API key that is let in is in time, and its user is active (E4, E6)",
        holds: access::no_usable_key_of_the_inactive,
    },
    Invariant {
        name: "no_open_ticket_of_the_inactive",
        says: "a link or one-time password that is good belongs to a user who is active, or to an open invitation (E4, T4)",
        holds: access::no_open_ticket_of_the_inactive,
    },
    Invariant {
        name: "logins_and_pending_addresses_are_unique",
        says: "no two users answer to one name or address, nor does one wait for what another has (A1, A2)",
        holds: access::logins_and_pending_addresses_are_unique,
    },
    Invariant {
        name: "no_password_beside_an_identity",
        says: "whoever logs in through an external provider has no password (IF10)",
        holds: access::no_password_beside_an_identity,
    },
    Invariant {
        name: "lockouts_end_by_themselves",
        says: "a lock is over within the policy's longest time (L2)",
        holds: access::lockouts_end_by_themselves,
    },
    Invariant {
        name: "no_secret_is_stored_or_told",
        says: "no password or token stands in a record, an event or an answer (T1)",
        holds: access::no_secret_is_stored_or_told,
    },
    Invariant {
        name: "no_usable_session_of_the_inactive",
        says: "an open session belongs to a user who is active, and began no earlier than they last became so (E3, E4)",
        holds: shape::no_usable_session_of_the_inactive,
    },
    Invariant {
        name: "one_live_ticket_a_purpose",
        says: "of one user and purpose at most one ticket is open, and one for an invitation only while that is open (T4)",
        holds: shape::one_live_ticket_a_purpose,
    },
    Invariant {
        name: "one_open_invitation",
        says: "an invitation is pending exactly while its user is invited by it (I1)",
        holds: shape::one_open_invitation,
    },
    Invariant {
        name: "supervisors_are_acyclic",
        says: "nobody reports to themselves, through however many others (D2)",
        holds: shape::supervisors_are_acyclic,
    },
    Invariant {
        name: "units_are_trees",
        says: "each unit's path is that of its parent and itself, no longer than allowed, and their number is the tenant's (D2)",
        holds: shape::units_are_trees,
    },
    Invariant {
        name: "seats_are_counted",
        says: "the counter of seats is what a full count says, and not above the limit (D1)",
        holds: shape::seats_are_counted,
    },
    Invariant {
        name: "keys_and_references_hold",
        says: "no two records of a tenant have one key, and each names only records that exist there",
        holds: shape::keys_and_references_hold,
    },
    Invariant {
        name: "nothing_crosses_tenants",
        says: "a step changes one tenant, the actor's own, unless it is the host's; no id is in two",
        holds: trace::nothing_crosses_tenants,
    },
    Invariant {
        name: "a_refusal_writes_nothing",
        says: "what is refused, or only reads, changes nothing but sessions, login attempts with their counts, and what was due (D5)",
        holds: trace::a_refusal_writes_nothing,
    },
    Invariant {
        name: "every_change_is_told",
        says: "whenever a user, role, unit or employee changes, an event says so (D5)",
        holds: trace::every_change_is_told,
    },
    Invariant {
        name: "the_log_says_what_is",
        says: "status, rights, seats and the contract, folded from the event log alone, are what they are (LO8, D6)",
        holds: log::the_log_says_what_is,
    },
    Invariant {
        name: "versions_rise",
        says: "a record that changed has a higher version; one with the same version is the same (law 2)",
        holds: trace::versions_rise,
    },
];

/// An invariant that does not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name} is broken: {why} ({says})")]
pub struct Broken {
    /// Which.
    pub name: &'static str,
    /// What it says.
    pub says: &'static str,
    /// Why it does not hold.
    pub why: String,
}

/// Checks all of [`INVARIANTS`].
///
/// # Errors
/// [`Broken`], the first one.
pub fn check(before: &Snapshot, after: &Snapshot, step: &Step, ran: &Ran, policy: &Policy) -> Result<(), Broken> {
    let seen = Observed {
        before,
        after,
        step,
        ran,
        policy,
        changes: &Changes::between(before, after),
    };
    INVARIANTS.iter().try_for_each(|Invariant { name, says, holds }| {
        let (name, says) = (*name, *says);
        holds(&seen).map_err(|why| Broken { name, says, why })
    })
}
