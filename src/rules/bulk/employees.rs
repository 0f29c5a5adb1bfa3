//! The employees of an import.

use std::collections::HashSet;

use time::Date;
use time::format_description::well_known::Iso8601;

use super::import::{People, Who};
use super::rows::{EmployeeRow, Import, said};
use super::{Refusals, number};
use crate::error::{Denied, Problem};
use crate::id::EmployeeId;
use crate::model::{Employee, RecordKind};
use crate::rules::context::Context;
use crate::rules::decision::Decision;
use crate::rules::employees::{NewEmployee, newcomer, register};
use crate::rules::fields::Fields;
use crate::store::Guard;

/// The employees that the rows make; none of a row that is refused.
pub(super) struct Staff(Vec<Option<Employee>>);

impl Staff {
    pub(super) fn draw(
        cx: &Context,
        rows: &Import,
        people: &People<'_>,
        decision: &mut Decision<()>,
        against: &mut Refusals,
    ) -> Self {
        let mut row_cx = cx.clone();
        let mut staff = Vec::with_capacity(rows.employees.len());
        let mut supervisors = Vec::with_capacity(rows.employees.len());
        for (row, employee) in rows.employees.iter().enumerate() {
            row_cx.at_row(cx, row);
            let supervisor = said(employee.supervisor.as_ref()).and_then(|text| people.find(text));
            supervisors.push(supervisor);
            check_unique(employee, row, people, against);
            let made = make(&row_cx, employee, supervisor, people, decision);
            staff.push(made.map_err(|denied| against.add(row, denied)).ok());
        }
        let mut staff = Self(staff);
        staff.supervise(&supervisors, people, decision, against);
        for (row, employee) in staff.0.iter().enumerate() {
            if let Some(employee) = employee.as_ref().filter(|_| !against.is_refused(row)) {
                register(cx, decision, employee.clone());
            }
        }
        staff
    }

    pub(super) fn get(&self, row: usize) -> Option<&Employee> {
        self.0.get(row).and_then(Option::as_ref)
    }

    pub(super) fn ids(&self) -> Vec<EmployeeId> {
        self.0.iter().flatten().map(|employee| employee.id).collect()
    }

    /// Sets who reports to whom, where no line comes back to its beginning or grows too long.
    fn supervise(
        &mut self,
        supervisors: &[Option<Who<'_>>],
        people: &People<'_>,
        decision: &mut Decision<()>,
        against: &mut Refusals,
    ) {
        let mut guarded = HashSet::new();
        let mut levels: Vec<Option<usize>> = vec![None; supervisors.len()];
        for row in 0..supervisors.len() {
            self.level(row, supervisors, people, &mut levels, against);
            let supervisor = match supervisors[row] {
                Some(Who::New(above)) => self.get(above).map(|above| above.id),
                Some(Who::Kept(above)) => {
                    // No cycle can come to be behind the decision's back: every version up the line is guarded.
                    let line = people.known.line(above.id).0;
                    decision.guard(line.into_iter().filter(|it| guarded.insert(it.id)).map(Guard::on));
                    Some(above.id)
                }
                None => None,
            };
            if let Some(employee) = &mut self.0[row] {
                employee.supervisor = supervisor;
            }
        }
    }

    /// How many there are above the employee of a row, found for all up the line at once.
    fn level(
        &self,
        row: usize,
        supervisors: &[Option<Who<'_>>],
        people: &People<'_>,
        levels: &mut [Option<usize>],
        against: &mut Refusals,
    ) {
        let (mut line, mut on_line, mut next) = (Vec::new(), HashSet::new(), row);
        let mut level = loop {
            if let Some(level) = levels[next] {
                break level + 1;
            }
            if !on_line.insert(next) {
                let begin = line.iter().position(|row| *row == next).unwrap_or(0);
                self.refuse_cycle(&line[begin..], against);
                break 0;
            }
            line.push(next);
            match supervisors[next] {
                Some(Who::New(above)) => next = above,
                Some(Who::Kept(above)) => break people.known.line(above.id).0.len(),
                None => break 0,
            }
        };
        let max = Employee::MAX_LEVELS;
        for row in line.into_iter().rev() {
            if level >= max {
                let what = RecordKind::Employee;
                against.add(row, Denied::TooDeep { what, max });
            }
            levels[row] = Some(level);
            level += 1;
        }
    }

    fn refuse_cycle(&self, cycle: &[usize], against: &mut Refusals) {
        for (at, row) in cycle.iter().enumerate() {
            let line = cycle[at + 1..].iter().chain(&cycle[..=at]);
            // A ring of many thousand rows is told by its beginning: all of it in each of its rows would fill the memory.
            let line = line.take(Employee::MAX_LEVELS);
            let through = line.filter_map(|row| self.get(*row)).map(|employee| employee.id);
            let through = through.collect();
            against.add(*row, Denied::SupervisorCycle { through });
        }
    }
}

/// What the rows before, and the register, have of this one already.
fn check_unique(row: &EmployeeRow, at: usize, people: &People<'_>, against: &mut Refusals) {
    let repeats = |first: Option<usize>| first.filter(|first| *first != at);
    if let Some(text) = said(row.signature.as_ref()) {
        if let Some(first) = repeats(people.row_of_signature(text)) {
            let row = number(first);
            against.add(at, Denied::invalid("signature", Problem::RepeatsRow { row }));
        }
        if super::known::signature(text).is_some_and(|key| people.known.has_signature(&key)) {
            against.add(at, Denied::SignatureTaken);
        }
    }
    if let Some(first) = said(row.reference.as_ref()).and_then(|text| repeats(people.row_of_reference(text))) {
        let row = number(first);
        against.add(at, Denied::invalid("reference", Problem::RepeatsRow { row }));
    }
}

/// The employee of a row, by the rule of the single act; whom they report to is set when all are known.
fn make(
    cx: &Context,
    row: &EmployeeRow,
    supervisor: Option<Who<'_>>,
    people: &People<'_>,
    decision: &mut Decision<()>,
) -> Result<Employee, Denied> {
    let mut fields = Fields::default();
    let names = &people.known.names;
    let unit = said(row.unit.as_ref()).and_then(|text| fields.take("unit", names.unit(text)));
    if said(row.supervisor.as_ref()).is_some() && supervisor.is_none() {
        fields.wrong("supervisor", Problem::Unknown(RecordKind::Employee));
    }
    let input = NewEmployee {
        signature: said(row.signature.as_ref()).map(|text| text.trim().to_owned()),
        email: said(row.email.as_ref()).map(str::to_owned),
        unit,
        employed_from: day(&mut fields, "employed_from", row.employed_from.as_ref()),
        employed_until: day(&mut fields, "employed_until", row.employed_until.as_ref()),
        ..NewEmployee::new(row.first_name.as_str(), row.last_name.as_str())
    };
    let unit = unit.and_then(|unit| names.loaded_unit(unit));
    decision.guard(unit.map(Guard::on));
    newcomer(cx, &input, fields, unit)
}

fn day(fields: &mut Fields, name: &'static str, text: Option<&String>) -> Option<Date> {
    let parsed = Date::parse(said(text)?.trim(), &Iso8601::DATE);
    fields.take(name, parsed.map_err(|_| Problem::NotADay))
}
