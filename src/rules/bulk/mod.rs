//! Bulk acts: many records in one commit, all or nothing, by the rules of the single ones (D3).
//!
//! Every row goes through the function that the single act goes through: what may be given, who may be touched, which form a
//! value must have. What rows can do to each other comes on top: a name that two of them have, a line of supervisors that comes
//! back to its beginning, seats that suffice for some and not for all.

mod employees;
mod export;
mod import;
mod known;
mod names;
mod rows;
mod status;
mod users;

use std::fmt;

use serde::Serialize;

pub use self::export::{employee_row, is_shown, user_row};
pub use self::import::{ImportReport, Imported, check, import, permit};
pub use self::known::Known;
pub use self::names::Names;
pub use self::rows::{EmployeeRow, Import, UserRow};
pub use self::status::{MOST_CHANGED, change_all, permit_change};

use super::context::Context;
use crate::error::Denied;
use crate::model::User;

/// A row of a bulk act that is refused, with every reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct RefusedRow {
    /// Of which part of the act.
    pub part: Part,
    /// Which row of that part; the first is 1.
    pub row: u32,
    /// Why: all that is wrong with its fields as one, and whatever else stands against it.
    pub reasons: Vec<Denied>,
}

/// As whoever mends the file reads it, in English: `row 3: unit: names an org unit that does not exist`.
impl fmt::Display for RefusedRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = |reason: &Denied| match reason {
            Denied::Invalid { fields } => fields.iter().map(ToString::to_string).collect(),
            other => vec![other.to_string()],
        };
        let reasons: Vec<String> = self.reasons.iter().flat_map(words).collect();
        write!(f, "row {}: {}", self.row, reasons.join("; "))
    }
}

/// A part of a bulk act. Closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// Its employees.
    Employees,
    /// Its users.
    Users,
}

/// The reasons against the rows of one part.
#[derive(Debug)]
struct Refusals {
    part: Part,
    rows: Vec<Vec<Denied>>,
}

impl Refusals {
    fn new(part: Part, rows: usize) -> Self {
        Self {
            part,
            rows: vec![Vec::new(); rows],
        }
    }

    /// A reason against a row, counted from 0. What is wrong with several fields becomes one reason.
    fn add(&mut self, row: usize, reason: Denied) {
        let Some(reasons) = self.rows.get_mut(row) else { return };
        match (reasons.first_mut(), reason) {
            (Some(Denied::Invalid { fields }), Denied::Invalid { fields: more }) => {
                let new = more.into_iter().filter(|error| !fields.contains(error));
                let new: Vec<_> = new.collect();
                fields.extend(new);
            }
            // What is wrong with the fields stands first.
            (_, reason @ Denied::Invalid { .. }) => reasons.insert(0, reason),
            (_, reason) => {
                if !reasons.contains(&reason) {
                    reasons.push(reason);
                }
            }
        }
    }

    fn is_refused(&self, row: usize) -> bool {
        self.rows.get(row).is_some_and(|reasons| !reasons.is_empty())
    }

    fn refused(self) -> impl Iterator<Item = RefusedRow> {
        let part = self.part;
        let rows = self.rows.into_iter().zip(1_u32..);
        rows.filter(|(reasons, _)| !reasons.is_empty())
            .map(move |(reasons, row)| RefusedRow { part, row, reasons })
    }
}

/// The number of a row, as it is told.
fn number(row: usize) -> u32 {
    u32::try_from(row).unwrap_or(u32::MAX).saturating_add(1)
}

/// Whether rows are refused for what time may have freed already: a seat, or a place among the administrators (D1).
pub fn waits_on_time(rows: &[RefusedRow]) -> bool {
    let mut reasons = rows.iter().flat_map(|row| &row.reasons);
    reasons.any(|reason| matches!(reason, Denied::NoSeat { .. } | Denied::LastAdministrator))
}

/// What a tenant's counters stand at, before a bulk act.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counts {
    /// Seats in use.
    pub seats: i64,
    /// Active administrators without a scheduled end.
    pub administrators: i64,
}

impl Counts {
    /// So many seats in use, and so many administrators.
    pub fn new(seats: i64, administrators: i64) -> Self {
        Self { seats, administrators }
    }
}

/// What rows to come can still take: seats (D1), and administrators but the last (R5). The store looks at the numbers once
/// more.
struct Left {
    seats_taken: i64,
    counts: Counts,
}

impl Left {
    fn new(counts: Counts) -> Self {
        Self { seats_taken: 0, counts }
    }

    /// Takes what a user needs more than before.
    ///
    /// # Errors
    /// [`Denied::NoSeat`], [`Denied::LastAdministrator`].
    fn take(&mut self, cx: &Context, before: Option<&User>, after: &User) -> Result<(), Denied> {
        let seat = |user: &User| i64::from(user.takes_seat(cx.policy.invitations_take_seats));
        let more = seat(after) - before.map_or(0, seat);
        match cx.tenant.seats.limit {
            Some(limit) if more > 0 && self.counts.seats + more > i64::from(limit) => {
                return Err(Denied::NoSeat { limit });
            }
            _ => {
                self.seats_taken += more;
                self.counts.seats += more;
            }
        }
        let administrator = |user: &User| i64::from(user.counts_as_administrator(cx.tenant.administrator));
        let more = administrator(after) - before.map_or(0, administrator);
        if more < 0 && self.counts.administrators + more < 1 {
            return Err(Denied::LastAdministrator);
        }
        self.counts.administrators += more;
        Ok(())
    }
}
