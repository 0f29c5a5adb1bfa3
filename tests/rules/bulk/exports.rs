//! Employees and users as rows.

use tenure::model::{Employee, Right, Scope, UserKind, UserStatus};
use tenure::rules::bulk::{employee_row, user_row};
use tenure::text::{Allowlist, Signature, UserName};
use tenure::{EmployeeRow, Grant, UserRow};

use super::*;

#[test]
fn if8_an_employee_as_a_row() {
    let ada = employee().value;
    let day = time::Date::from_calendar_date(2026, time::Month::May, 1).unwrap();
    let mut below = ada.clone();
    below.unit = Some(mitte());
    below.signature = Some(Signature::new("BE").unwrap());
    below.employment.until = Some(day);
    let mut expected = EmployeeRow::new("Ada", "Lovelace");
    expected.signature = text("BE");
    expected.email = text("ada@example.com");
    expected.unit = text("Berlin/Mitte");
    expected.employed_until = text("2026-05-01");
    // Whoever has no signature is called by their id, by others and in a reference of their own.
    expected.supervisor = text(ada.id.to_string());
    assert_eq!(employee_row(&below, Some(&ada), &names()), expected);
    let plain = employee_row(&ada, None, &names());
    assert_eq!((plain.reference, plain.signature), (text(ada.id.to_string()), None));
    let signed = employee_row(&ada, Some(&below), &names());
    assert_eq!(signed.supervisor, text("BE"));
    // A unit that the reader does not see is not named by what it is called.
    let elsewhere = Employee {
        unit: Some(id(39)),
        ..ada
    };
    assert_eq!(
        employee_row(&elsewhere, None, &names()).unit,
        text(tenure::id::UnitId::to_string(&id(39)))
    );
}

#[test]
fn if8_a_user_as_a_row() {
    let mut kate = user(UserStatus::Disabled { since: long_ago() }).value;
    kate.grants
        .push(Grant::permission(prices(), Scope::from([paris(), mitte()])));
    kate.grants.push(Grant::role(administrator(), Scope::All));
    kate.memberships = [berlin(), paris()].into();
    kate.allowlist = allowlist(&["192.0.2.*", "2001:db8::/32"]);
    let mut expected = UserRow::of_employee(ada().to_string());
    expected.first_name = text("Kate");
    expected.last_name = text("Adler");
    expected.email = text("kate@example.com");
    expected.user_name = text("kate");
    expected.display_name = text("Kate Adler");
    expected.locale = text(kate.profile.locale.to_string());
    expected.time_zone = text(kate.profile.time_zone.to_string());
    (expected.role, expected.role_units) = (text("Clerk"), text("Berlin"));
    expected.grants = text("permission:prices.change @ Berlin/Mitte, Paris; Administrator");
    expected.memberships = text("Berlin; Paris");
    expected.allowlist = text("192.0.2.*; 2001:db8::/32");
    expected.status = text("disabled");
    assert_eq!(user_row(&kate, Some(&employee().value), &names()), expected);
}

#[test]
fn if8_what_a_user_row_leaves_out() {
    let mut program = user(invited()).value;
    program.kind = UserKind::Program;
    program.grants.retain(|grant| !matches!(grant.right, Right::Role(_)));
    program.user_name = UserName::new("kate@example.com").unwrap();
    program.api_only = true;
    program.allowlist = Allowlist::any();
    let row = user_row(&program, None, &names());
    assert_eq!((row.employee, row.client, row.user_name), (None, None, None));
    assert_eq!((row.role, row.role_units, row.grants), (None, None, None));
    assert_eq!((row.memberships, row.api_only), (text("-"), text("true")));
    assert_eq!((row.allowlist, row.password_hash), (None, None));
    assert_eq!(
        row.status,
        text("inactive"),
        "an invitation is none that a file could bring"
    );
    let external = tenure::User {
        kind: UserKind::External { client: paris() },
        ..program
    };
    assert_eq!(user_row(&external, None, &names()).client, text("Paris"));
}
