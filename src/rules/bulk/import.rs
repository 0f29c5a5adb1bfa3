//! Import: employees and users from rows, in one commit.

use std::collections::HashMap;

use serde::Serialize;

use super::employees::Staff;
use super::known::{Known, signature};
use super::rows::{Import, said};
use super::{Part, Refusals, RefusedRow, users};
use crate::error::{Denied, Problem};
use crate::id::{EmployeeId, UserId};
use crate::model::{Employee, Loaded};
use crate::rules::context::Context;
use crate::rules::decision::Decision;
use crate::rules::operation::Operation;
use crate::store::Change;

/// What an import wrote.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Imported {
    /// The employees, in the order of their rows.
    pub employees: Vec<EmployeeId>,
    /// The users, in the order of their rows.
    pub users: Vec<UserId>,
    /// How many of them are sent an invitation.
    pub invited: usize,
}

/// What an import would do: a dry run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ImportReport {
    /// How many employees it would write.
    pub employees: usize,
    /// How many users.
    pub users: usize,
    /// How many invitations it would send.
    pub invited: usize,
    /// How many seats it would take.
    pub seats: i64,
    /// The rows that stand against it, each with every reason. Where there are any, nothing would be written.
    pub refused: Vec<RefusedRow>,
}

/// What an import would do. Writes nothing.
///
/// # Errors
/// [`Denied::Forbidden`]; [`Denied::Invalid`] (`employees`, `users`) where there are more rows than [`Import::MAX_ROWS`].
pub fn check(cx: &Context, rows: &Import, known: &Known) -> Result<ImportReport, Denied> {
    let drawn = draw(cx, rows, known)?;
    let Imported {
        employees,
        users,
        invited,
    } = drawn.decision.outcome;
    Ok(ImportReport {
        employees: employees.len(),
        users: users.len(),
        invited,
        seats: drawn.seats,
        refused: drawn.refused,
    })
}

/// Brings in all rows, by the rules of the single acts ([`employees::add`](crate::rules::employees::add),
/// [`users::create_for`](crate::rules::users::create_for) and its neighbours), or none of them.
///
/// # Errors
/// As [`check`]; [`Denied::RowsRefused`] with every row that stands against it.
pub fn import(cx: &Context, rows: &Import, known: &Known) -> Result<Decision<Imported>, Denied> {
    let mut drawn = draw(cx, rows, known)?;
    if !drawn.refused.is_empty() {
        return Err(Denied::RowsRefused { rows: drawn.refused });
    }
    drawn.decision.gather_counts();
    // Records of a kind together: stores write many alike faster.
    drawn.decision.changes.sort_by_key(|change| match change {
        Change::Insert(entry) => Some(entry.record.kind()),
        _ => None,
    });
    Ok(drawn.decision)
}

struct Drawn {
    decision: Decision<Imported>,
    seats: i64,
    refused: Vec<RefusedRow>,
}

/// Whether the actor may bring in these rows, before anything that they name is loaded.
///
/// # Errors
/// As [`check`].
pub fn permit(cx: &Context, rows: &Import) -> Result<(), Denied> {
    cx.permit(Operation::Import)?;
    if !rows.employees.is_empty() {
        cx.permit(Operation::AddEmployee)?;
    }
    if !rows.users.is_empty() {
        cx.permit(Operation::CreateUser)?;
    }
    if rows.employees.len() + rows.users.len() > Import::MAX_ROWS {
        let max = Import::MAX_ROWS;
        let part = if rows.employees.len() > max {
            "employees"
        } else {
            "users"
        };
        return Err(Denied::invalid(part, Problem::TooMany { max }));
    }
    Ok(())
}

fn draw(cx: &Context, rows: &Import, known: &Known) -> Result<Drawn, Denied> {
    permit(cx, rows)?;
    let people = People::of(rows, known);
    let mut decision = Decision::by(cx);
    let mut against = Refusals::new(Part::Employees, rows.employees.len());
    let staff = Staff::draw(cx, rows, &people, &mut decision, &mut against);
    let mut against_users = Refusals::new(Part::Users, rows.users.len());
    let drawn = users::draw(cx, rows, &people, &staff, &mut decision, &mut against_users);
    let outcome = Imported {
        employees: staff.ids(),
        users: drawn.users,
        invited: decision.mail.len(),
    };
    Ok(Drawn {
        decision: decision.with(outcome),
        seats: drawn.seats,
        refused: against.refused().chain(against_users.refused()).collect(),
    })
}

/// Somebody whom a row names.
#[derive(Clone, Copy)]
pub(super) enum Who<'a> {
    /// By a row of the same import, counted from 0.
    New(usize),
    /// In the register.
    Kept(&'a Loaded<Employee>),
}

/// Whom rows can name: each other, and the register.
pub(super) struct People<'a> {
    pub(super) known: &'a Known,
    by_signature: HashMap<Vec<u8>, usize>,
    by_reference: HashMap<&'a str, usize>,
}

impl<'a> People<'a> {
    fn of(rows: &'a Import, known: &'a Known) -> Self {
        let (mut by_signature, mut by_reference) = (HashMap::new(), HashMap::new());
        for (row, employee) in rows.employees.iter().enumerate() {
            if let Some(key) = said(employee.signature.as_ref()).and_then(signature) {
                by_signature.entry(key.as_bytes().to_vec()).or_insert(row);
            }
            if let Some(reference) = said(employee.reference.as_ref()) {
                by_reference.entry(reference.trim()).or_insert(row);
            }
        }
        Self {
            known,
            by_signature,
            by_reference,
        }
    }

    pub(super) fn find(&self, text: &str) -> Option<Who<'a>> {
        let new = self.row_of_signature(text);
        let new = new.or_else(|| self.by_reference.get(text.trim()).copied());
        match new {
            Some(row) => Some(Who::New(row)),
            None => self.known.employee(text).map(Who::Kept),
        }
    }

    /// The first row that has this signature.
    pub(super) fn row_of_signature(&self, text: &str) -> Option<usize> {
        let key = signature(text)?;
        self.by_signature.get(key.as_bytes()).copied()
    }

    /// The first row that has this reference.
    pub(super) fn row_of_reference(&self, text: &str) -> Option<usize> {
        self.by_reference.get(text.trim()).copied()
    }
}
