//! Employees.

use super::Columns;
use crate::id::{EmployeeId, UnitId};
use crate::model::Employee;
use crate::text::{EmailAddress, Signature};

pub(super) fn columns(columns: Columns, employee: &Employee) -> Columns {
    let employment = employee.employment;
    columns
        .maybe_id("supervisor", employee.supervisor.as_ref().map(EmployeeId::as_uuid))
        .maybe_id("unit", employee.unit.as_ref().map(UnitId::as_uuid))
        .at("created_at", employee.created_at)
        .text("first_name", employee.first_name.as_str())
        .text("last_name", employee.last_name.as_str())
        .maybe_text("signature", employee.signature.as_ref().map(Signature::as_str))
        .maybe_text("email", employee.email.as_ref().map(EmailAddress::as_str))
        .set("employed_from", employment.from.map(|day| day.to_string()))
        .set("employed_until", employment.until.map(|day| day.to_string()))
}
