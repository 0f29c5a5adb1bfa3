//! Import, export and status of many: whole decisions, exact refusals, and what holds of any rows (D3, IF8).

mod exports;
mod imports;
mod properties;
mod statuses;

use tenure::model::{Employee, Loaded, Record, User};
use tenure::rules::bulk::{Counts, EmployeeRow, Import, Known, Names, Part, RefusedRow, UserRow};
use tenure::store::Lookup;
use tenure::{Denied, FieldError, Problem};

use crate::fixture::*;

/// The units and roles of the fixture.
fn names() -> Names {
    Names::new(
        [berlin(), mitte(), paris()].map(unit),
        [administrator(), clerk()].map(role),
    )
}

/// What a store that has these records knows of what an import names, in as many loads as it takes.
fn known_of(import: &Import, records: &[Loaded<Record>], counts: Counts) -> Known {
    let mut known = Known::new(names(), counts);
    loop {
        let wanted = known.wanted(import);
        if wanted.is_empty() {
            return known;
        }
        let found = wanted.iter().map(|lookup| {
            let is_it = |record: &&Loaded<Record>| match lookup {
                Lookup::Id(id) => record.value.id() == *id,
                Lookup::Key(key) => record.value.keys().contains(key),
            };
            records.iter().find(is_it).cloned()
        });
        known.take(&wanted, found.collect::<Vec<_>>());
    }
}

/// A store with nobody but the owner and the one who acts.
fn known(import: &Import) -> Known {
    known_of(import, &[], Counts::new(2, 2))
}

fn record<T: Into<Record>>(loaded: Loaded<T>) -> Loaded<Record> {
    Loaded::new(loaded.version, loaded.value.into())
}

/// What a field says.
#[expect(clippy::unnecessary_wraps, reason = "it is what fields of rows are")]
fn text(text: impl Into<String>) -> Option<String> {
    Some(text.into())
}

/// An employee called by this signature.
fn staff(signature: &str) -> EmployeeRow {
    let mut row = EmployeeRow::new("Kim", "Dahl");
    row.signature = text(signature);
    row.email = text(format!("{}@example.com", signature.to_lowercase()));
    row
}

/// A client's contact in Paris.
fn contact(name: &str) -> UserRow {
    UserRow::external("Paris", "Kim", "Kunde", format!("{name}@example.com"))
}

fn wrong(fields: &[(&'static str, Problem)]) -> Denied {
    let fields = fields.iter().cloned();
    Denied::Invalid {
        fields: fields.map(|(field, problem)| FieldError::new(field, problem)).collect(),
    }
}

fn told(rows: Vec<RefusedRow>) -> Vec<(Part, u32, Vec<Denied>)> {
    rows.into_iter().map(|row| (row.part, row.row, row.reasons)).collect()
}

fn inserted(changes: &[tenure::store::Change]) -> (Vec<Employee>, Vec<User>) {
    let (mut employees, mut users) = (Vec::new(), Vec::new());
    for change in changes {
        if let tenure::store::Change::Insert(entry) = change {
            match &entry.record {
                Record::Employee(employee) => employees.push(employee.clone()),
                Record::User(user) => users.push(user.clone()),
                _ => {}
            }
        }
    }
    (employees, users)
}
