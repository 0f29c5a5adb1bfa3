//! The employee register: added, edited, supervised, removed. Whoever administers some units has the employees of those.

use std::collections::BTreeSet;

use time::Date;

use super::context::Context;
use super::decision::Decision;
use super::fields::Fields;
use super::operation::Operation;
use super::rights::Place;
use crate::error::{Denied, Problem};
use crate::id::{EmployeeId, UnitId};
use crate::model::{Employee, Employment, Loaded, OrgUnit, RecordKind, User, What};
use crate::store::{Filter, Guard, SetChange};
use crate::text::{EmailAddress, PersonName, Signature};

/// An employee to add, or what an existing one is to become.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct NewEmployee {
    /// Given name: 1 to 100 characters.
    pub first_name: String,
    /// Family name: 1 to 100 characters.
    pub last_name: String,
    /// A short sign, 1 to 20 characters, unique in the tenant without regard to case.
    pub signature: Option<String>,
    /// Where mail reaches them. Without one there can be no user (LO1).
    pub email: Option<String>,
    /// Who they report to.
    pub supervisor: Option<EmployeeId>,
    /// Where they work.
    pub unit: Option<UnitId>,
    /// First day.
    pub employed_from: Option<Date>,
    /// Last day; not before the first.
    pub employed_until: Option<Date>,
}

impl NewEmployee {
    /// An employee with a name.
    pub fn new(first_name: impl Into<String>, last_name: impl Into<String>) -> Self {
        Self {
            first_name: first_name.into(),
            last_name: last_name.into(),
            signature: None,
            email: None,
            supervisor: None,
            unit: None,
            employed_from: None,
            employed_until: None,
        }
    }

    /// The same with a signature.
    pub fn signature(self, signature: impl Into<String>) -> Self {
        Self {
            signature: Some(signature.into()),
            ..self
        }
    }

    /// The same with an address.
    pub fn email(self, email: impl Into<String>) -> Self {
        Self {
            email: Some(email.into()),
            ..self
        }
    }

    /// The same, reporting to somebody.
    pub fn supervisor(self, supervisor: EmployeeId) -> Self {
        Self {
            supervisor: Some(supervisor),
            ..self
        }
    }

    /// The same, working in a unit.
    pub fn unit(self, unit: UnitId) -> Self {
        Self {
            unit: Some(unit),
            ..self
        }
    }

    /// The same, employed from a day on.
    pub fn employed_from(self, first: Date) -> Self {
        Self {
            employed_from: Some(first),
            ..self
        }
    }

    /// The same, employed until a day.
    pub fn employed_until(self, last: Date) -> Self {
        Self {
            employed_until: Some(last),
            ..self
        }
    }

    fn parse(&self, fields: Fields) -> Result<Personal, Denied> {
        let mut fields = fields;
        let first_name = fields.take("first_name", PersonName::new(&self.first_name));
        let last_name = fields.take("last_name", PersonName::new(&self.last_name));
        let signature = fields.optional("signature", self.signature.as_ref(), Signature::new);
        let email = fields.optional("email", self.email.as_ref(), EmailAddress::new);
        let employment = Employment {
            from: self.employed_from,
            until: self.employed_until,
        };
        if matches!(employment, Employment { from: Some(first), until: Some(last) } if last < first) {
            fields.wrong("employed_until", Problem::BeforeStart);
        }
        let (Some(first_name), Some(last_name)) = (first_name, last_name) else {
            return Err(fields.denied());
        };
        fields.check()?;
        Ok(Personal {
            first_name,
            last_name,
            signature,
            email,
            employment,
        })
    }
}

struct Personal {
    first_name: PersonName,
    last_name: PersonName,
    signature: Option<Signature>,
    email: Option<EmailAddress>,
    employment: Employment,
}

/// What an employee's record names, as loaded.
#[derive(Debug, Clone, Default)]
pub struct EmployeeSurroundings {
    /// The unit where they worked before, if any.
    pub unit_before: Option<Loaded<OrgUnit>>,
    /// The unit where they are to work, if any was named.
    pub unit: Option<Loaded<OrgUnit>>,
    /// Who they are to report to, if anybody was named and exists.
    pub supervisor: Option<Loaded<Employee>>,
    /// Everybody above that supervisor.
    pub above: Vec<Loaded<Employee>>,
    /// Whether there is anybody below the employee who would come to stand too low ([`too_low_under`]).
    pub too_low: bool,
    /// The user whom the employee has, if one.
    pub user: Option<Loaded<User>>,
}

/// Adds an employee.
///
/// # Errors
/// [`Denied::Forbidden`], [`Denied::Invalid`] (`first_name`, `last_name`, `signature`, `email`, `unit`, `supervisor`,
/// `employed_until`), [`Denied::BeyondOwnRights`] where the unit is not the actor's, [`Denied::TooDeep`]; the store adds [`Denied::SignatureTaken`].
pub fn add(cx: &Context, input: &NewEmployee, around: &EmployeeSurroundings) -> Result<Decision<Employee>, Denied> {
    cx.permit(Operation::AddEmployee)?;
    let employee = newcomer(cx, input, check_named(input, around), around.unit.as_ref())?;
    check_line(&employee, around)?;
    let mut decision = Decision::by(cx);
    guard_around(&mut decision, around);
    register(cx, &mut decision, employee.clone());
    Ok(decision.with(employee))
}

/// The employee that an input makes, where the actor may have them in their care. `fields` is what is wrong already.
pub(super) fn newcomer(
    cx: &Context,
    input: &NewEmployee,
    fields: Fields,
    unit: Option<&Loaded<OrgUnit>>,
) -> Result<Employee, Denied> {
    let personal = input.parse(fields)?;
    permit_unit(cx, Operation::AddEmployee, unit)?;
    Ok(assemble(cx.id(0), personal, input, cx.now))
}

/// Writes a new employee and the event of it.
pub(super) fn register(cx: &Context, decision: &mut Decision<()>, employee: Employee) {
    let id = employee.id;
    decision.insert(employee);
    decision.event(cx, id, What::EmployeeAdded);
}

/// Edits an employee: everything is replaced by what the input says.
///
/// # Errors
/// As [`add`], and [`Denied::NotFound`], [`Denied::SupervisorCycle`].
pub fn edit(
    cx: &Context,
    employee: Option<&Loaded<Employee>>,
    input: &NewEmployee,
    around: &EmployeeSurroundings,
) -> Result<Decision<Employee>, Denied> {
    let employee = in_care(cx, Operation::EditEmployee, employee, around.unit_before.as_ref())?;
    let personal = input.parse(check_named(input, around))?;
    permit_unit(cx, Operation::EditEmployee, around.unit.as_ref())?;
    let after = assemble(employee.id, personal, input, employee.created_at);
    if after.supervisor != employee.supervisor {
        check_line(&after, around)?;
    }
    let mut decision = Decision::by(cx);
    if after == employee.value {
        return Ok(decision.with(after));
    }
    guard_around(&mut decision, around);
    let fields = changed_fields(&employee.value, &after);
    if !fields.is_empty() {
        decision.event(cx, employee.id, What::EmployeeEdited { fields });
    }
    if employee.supervisor != after.supervisor {
        let what = What::SupervisorChanged {
            from: employee.supervisor,
            to: after.supervisor,
        };
        decision.event(cx, employee.id, what);
    }
    decision.update(employee, after.clone());
    // Whoever becomes their user at the same moment writes the employee too, so that one of the two comes again.
    if let Some(user) = around.user.as_ref().filter(|user| user.signature != after.signature) {
        let signature = after.signature.clone();
        let with_it = User {
            signature,
            ..user.value.clone()
        };
        decision.update(user, with_it);
    }
    Ok(decision.with(after))
}

/// Changes whom one employee reports to.
///
/// # Errors
/// [`Denied::Forbidden`], [`Denied::NotFound`], [`Denied::Invalid`] (`supervisor`), [`Denied::SupervisorCycle`],
/// [`Denied::TooDeep`].
pub fn change_supervisor(
    cx: &Context,
    employee: Option<&Loaded<Employee>>,
    supervisor: Option<EmployeeId>,
    around: &EmployeeSurroundings,
) -> Result<Decision<Employee>, Denied> {
    let employee = in_care(cx, Operation::ChangeSupervisor, employee, around.unit_before.as_ref())?;
    if supervisor.is_some() && around.supervisor.is_none() {
        return Err(Denied::invalid("supervisor", Problem::Unknown(RecordKind::Employee)));
    }
    let after = Employee {
        supervisor,
        ..employee.value.clone()
    };
    check_line(&after, around)?;
    let mut decision = Decision::by(cx);
    if after != employee.value {
        guard_around(&mut decision, around);
        decision.update(employee, after.clone());
        let what = What::SupervisorChanged {
            from: employee.supervisor,
            to: supervisor,
        };
        decision.event(cx, employee.id, what);
    }
    Ok(decision.with(after))
}

/// Everyone who reports to `from` reports to `to` from now on, in one act (IF6). If `to` reports to `from`, `to` takes the
/// supervisor that `from` has. `above` are all those above `to`; `too_low` is whether there is anybody of [`too_low_after_move`].
///
/// # Errors
/// [`Denied::Forbidden`] without the permission in the whole tenant, [`Denied::NotFound`] for `from`,
/// [`Denied::Invalid`] (`to`), [`Denied::SupervisorCycle`] where `to` is below `from` but not directly, [`Denied::TooDeep`].
pub fn move_reports(
    cx: &Context,
    from: Option<&Loaded<Employee>>,
    to: Option<&Loaded<Employee>>,
    above: &[Loaded<Employee>],
    too_low: bool,
) -> Result<Decision<()>, Denied> {
    cx.permit_everywhere(Operation::MoveReports)?;
    let from = from.ok_or(Denied::NotFound {
        what: RecordKind::Employee,
    })?;
    let to = to.ok_or(Denied::invalid("to", Problem::Unknown(RecordKind::Employee)))?;
    if from.id == to.id {
        return Err(Denied::invalid("to", Problem::Repeated));
    }
    let mut decision = Decision::by(cx);
    decision.guard(above.iter().map(Guard::on));
    decision.guard([Guard::on(from), Guard::on(to)]);
    let line = line_up(to, above);
    if to.supervisor == Some(from.id) {
        decision.update(
            to,
            Employee {
                supervisor: from.supervisor,
                ..to.value.clone()
            },
        );
        let what = What::SupervisorChanged {
            from: to.supervisor,
            to: from.supervisor,
        };
        decision.event(cx, to.id, what);
    } else if let Some(end) = line.iter().position(|id| *id == from.id) {
        return Err(Denied::SupervisorCycle {
            through: line[..=end].to_vec(),
        });
    }
    // Where they take the supervisor above, `from` is in their line no more.
    let levels = line
        .iter()
        .filter(|id| to.supervisor != Some(from.id) || **id != from.id)
        .count();
    check_levels(levels, too_low)?;
    let change = SetChange::MoveReports {
        from: from.id,
        to: Some(to.id),
        except: Some(to.id),
    };
    decision.set(
        cx,
        change,
        from.id,
        What::ReportsMoved {
            from: from.id,
            to: Some(to.id),
        },
    );
    Ok(decision)
}

/// Whoever would stand too low if an employee reported to `supervisor`, who has all those of `above` over them. Not all of them:
/// the first level of them, which a store finds without counting how far the others go. None where nobody comes to stand lower than
/// they did: `stood_under` are all those above the employee until now.
pub fn too_low_under(
    employee: &Employee,
    stood_under: &[Loaded<Employee>],
    supervisor: &Employee,
    above: &[Loaded<Employee>],
) -> Option<Filter> {
    let sinks = line_up(supervisor, above).len() > line_up(employee, stood_under).len() - 1;
    sinks.then(|| Filter::LevelsBelow(employee.id, levels_left(supervisor, above)))
}

/// Whoever would stand too low if all who report to `from` reported to `to`: likewise; `over_from` are all those above `from`. Where `to`
/// takes the place of `from` ([`move_reports`]), nobody comes to stand lower.
pub fn too_low_after_move(
    from: &Employee,
    over_from: &[Loaded<Employee>],
    to: &Employee,
    above: &[Loaded<Employee>],
) -> Option<Filter> {
    let sinks = line_up(to, above).len() > line_up(from, over_from).len();
    let levels = levels_left(to, above).saturating_add(1);
    (sinks && to.supervisor != Some(from.id)).then_some(Filter::LevelsBelow(from.id, levels))
}

/// How many levels there can be below an employee.
fn levels_left(employee: &Employee, above: &[Loaded<Employee>]) -> u16 {
    let left = Employee::MAX_LEVELS.saturating_sub(line_up(employee, above).len());
    u16::try_from(left).unwrap_or(u16::MAX)
}

/// Removes an employee. The store refuses it while they have a user or others report to them, with the count.
///
/// # Errors
/// [`Denied::Forbidden`], [`Denied::NotFound`].
pub fn remove(
    cx: &Context,
    employee: Option<&Loaded<Employee>>,
    unit: Option<&Loaded<OrgUnit>>,
) -> Result<Decision<()>, Denied> {
    let employee = in_care(cx, Operation::RemoveEmployee, employee, unit)?;
    let mut decision = Decision::by(cx);
    decision.guard(unit.map(Guard::on));
    decision.remove(employee);
    decision.event(cx, employee.id, What::EmployeeRemoved);
    Ok(decision)
}

/// Whether the actor may see this employee.
///
/// # Errors
/// [`Denied::Forbidden`], [`Denied::NotFound`].
pub fn may_see(
    cx: &Context,
    employee: Option<&Loaded<Employee>>,
    unit: Option<&Loaded<OrgUnit>>,
) -> Result<(), Denied> {
    in_care(cx, Operation::ReadEmployees, employee, unit).map(|_| ())
}

fn assemble(id: EmployeeId, personal: Personal, input: &NewEmployee, created_at: crate::clock::Timestamp) -> Employee {
    let Personal {
        first_name,
        last_name,
        signature,
        email,
        employment,
    } = personal;
    let (supervisor, unit) = (input.supervisor, input.unit);
    Employee {
        id,
        first_name,
        last_name,
        signature,
        email,
        supervisor,
        unit,
        employment,
        created_at,
    }
}

fn check_named(input: &NewEmployee, around: &EmployeeSurroundings) -> Fields {
    let mut fields = Fields::default();
    if input.unit.is_some() && around.unit.is_none() {
        fields.wrong("unit", Problem::Unknown(RecordKind::Unit));
    }
    if input.supervisor.is_some() && around.supervisor.is_none() {
        fields.wrong("supervisor", Problem::Unknown(RecordKind::Employee));
    }
    fields
}

/// The line of supervisors must not come back to the employee, nor grow too long.
fn check_line(employee: &Employee, around: &EmployeeSurroundings) -> Result<(), Denied> {
    let Some(supervisor) = &around.supervisor else {
        return Ok(());
    };
    let line = line_up(supervisor, &around.above);
    if let Some(end) = line.iter().position(|id| *id == employee.id) {
        return Err(Denied::SupervisorCycle {
            through: line[..=end].to_vec(),
        });
    }
    check_levels(line.len(), around.too_low)
}

/// Nobody is put below a line that has as many levels as one can have, nor above somebody who then stood too low.
fn check_levels(above: usize, too_low: bool) -> Result<(), Denied> {
    let max = Employee::MAX_LEVELS;
    if above >= max || too_low {
        Err(Denied::TooDeep {
            what: RecordKind::Employee,
            max,
        })
    } else {
        Ok(())
    }
}

/// The ids from an employee upwards.
fn line_up(start: &Employee, above: &[Loaded<Employee>]) -> Vec<EmployeeId> {
    let mut line = vec![start.id];
    let mut next = start.supervisor;
    while let Some(id) = next.filter(|id| !line.contains(id)) {
        line.push(id);
        next = above
            .iter()
            .find(|employee| employee.id == id)
            .and_then(|employee| employee.supervisor);
    }
    line
}

/// No cycle can come to be behind the decision's back: every version up the line is guarded.
fn guard_around(decision: &mut Decision<()>, around: &EmployeeSurroundings) {
    decision.guard(around.unit_before.iter().chain(&around.unit).map(Guard::on));
    decision.guard(around.supervisor.iter().chain(&around.above).map(Guard::on));
}

fn in_care<'a>(
    cx: &Context,
    operation: Operation,
    employee: Option<&'a Loaded<Employee>>,
    unit: Option<&Loaded<OrgUnit>>,
) -> Result<&'a Loaded<Employee>, Denied> {
    cx.permit(operation)?;
    let place = unit.map_or(Place::Everywhere, |unit| Place::In(&unit.path));
    employee.filter(|_| cx.may(operation, place)).ok_or(Denied::NotFound {
        what: RecordKind::Employee,
    })
}

fn permit_unit(cx: &Context, operation: Operation, unit: Option<&Loaded<OrgUnit>>) -> Result<(), Denied> {
    let place = unit.map_or(Place::Everywhere, |unit| Place::In(&unit.path));
    if cx.may(operation, place) {
        Ok(())
    } else {
        Err(Denied::BeyondOwnRights)
    }
}

fn changed_fields(before: &Employee, after: &Employee) -> BTreeSet<String> {
    let changed = [
        ("first_name", before.first_name != after.first_name),
        ("last_name", before.last_name != after.last_name),
        ("signature", before.signature != after.signature),
        ("email", before.email != after.email),
        ("unit", before.unit != after.unit),
        ("employment", before.employment != after.employment),
    ];
    changed
        .into_iter()
        .filter(|(_, changed)| *changed)
        .map(|(name, _)| name.to_owned())
        .collect()
}
