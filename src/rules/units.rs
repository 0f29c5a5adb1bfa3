//! Org units: added, renamed, moved, removed. The tree has no cycles and at most [`UnitPath::MAX_DEPTH`] levels (D2).
//!
//! Every change of its shape changes the tenant's record too, so that two of them are never decided on one shape.

use super::context::Context;
use super::decision::Decision;
use super::fields::Fields;
use super::operation::Operation;
use super::rights::Place;
use crate::error::{Denied, Problem};
use crate::id::UnitId;
use crate::model::{Loaded, OrgUnit, RecordKind, Scope, Tenant, UnitKind, UnitPath, What};
use crate::store::Guard;
use crate::text::Name;

/// How many org units a tenant can have.
pub const MAX_UNITS: u32 = 10_000;

/// An org unit to add.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct NewUnit {
    /// Its name: 1 to 200 characters.
    pub name: String,
    /// What it is.
    pub kind: UnitKind,
    /// Below which unit; none: at the top.
    pub parent: Option<UnitId>,
}

impl NewUnit {
    /// A unit at the top.
    pub fn new(name: impl Into<String>, kind: UnitKind) -> Self {
        Self {
            name: name.into(),
            kind,
            parent: None,
        }
    }

    /// A company of the tenant.
    pub fn company(name: impl Into<String>) -> Self {
        Self::new(name, UnitKind::Company)
    }

    /// A client of the tenant.
    pub fn client(name: impl Into<String>) -> Self {
        Self::new(name, UnitKind::Client)
    }

    /// A branch, department or shop.
    pub fn department(name: impl Into<String>) -> Self {
        Self::new(name, UnitKind::Department)
    }

    /// The same, below another unit.
    pub fn below(self, parent: UnitId) -> Self {
        Self {
            parent: Some(parent),
            ..self
        }
    }
}

/// Adds a unit.
///
/// # Errors
/// [`Denied::Forbidden`], [`Denied::NotFound`] for a place out of the actor's scope, [`Denied::Invalid`] (`name`, `parent`,
/// `units`), [`Denied::TooDeep`].
pub fn add(cx: &Context, input: &NewUnit, parent: Option<&Loaded<OrgUnit>>) -> Result<Decision<OrgUnit>, Denied> {
    permit_at(cx, Operation::AddUnit, parent)?;
    let mut fields = Fields::default();
    let name = fields.take("name", Name::new(&input.name));
    if input.parent.is_some() && parent.is_none() {
        fields.wrong("parent", Problem::Unknown(RecordKind::Unit));
    }
    let max = MAX_UNITS as usize;
    if cx.tenant.units >= MAX_UNITS {
        fields.wrong("units", Problem::TooMany { max });
    }
    let Some(name) = name else {
        return Err(fields.denied());
    };
    fields.check()?;
    let id = cx.id(0);
    let path = parent.map_or_else(|| UnitPath::root(id), |parent| parent.path.child(id));
    check_depth(path.depth())?;
    let unit = OrgUnit {
        id,
        name,
        kind: input.kind,
        path,
        created_at: cx.now,
    };

    let mut decision = Decision::by(cx);
    decision.guard(parent.map(Guard::on));
    reshape(&mut decision, cx, cx.tenant.units + 1);
    decision.insert(unit.clone());
    decision.event(
        cx,
        id,
        What::UnitAdded {
            name: unit.name.clone(),
            parent: unit.parent(),
        },
    );
    Ok(decision.with(unit))
}

/// Renames a unit.
///
/// # Errors
/// [`Denied::Forbidden`], [`Denied::NotFound`], [`Denied::Invalid`] (`name`).
pub fn rename(cx: &Context, unit: Option<&Loaded<OrgUnit>>, name: &str) -> Result<Decision<OrgUnit>, Denied> {
    let unit = in_care(cx, Operation::RenameUnit, unit)?;
    let name = parse_name(name)?;
    let after = OrgUnit {
        name,
        ..unit.value.clone()
    };
    let mut decision = Decision::by(cx);
    if after != unit.value {
        decision.update(unit, after.clone());
        decision.event(
            cx,
            unit.id,
            What::UnitRenamed {
                from: unit.name.clone(),
                to: after.name.clone(),
            },
        );
    }
    Ok(decision.with(after))
}

/// Moves a unit, with all below it, below another one or to the top. `subtree` is the unit and everything below it.
///
/// Whoever administers only a part of the tree can move within that part: both the old and the new place must be theirs.
/// Below units that it was not below before, only those who hold every permission there may move it.
///
/// # Errors
/// [`Denied::Forbidden`], [`Denied::NotFound`], [`Denied::Invalid`] (`parent`), [`Denied::UnitCycle`],
/// [`Denied::BeyondOwnRights`], [`Denied::TooDeep`].
pub fn move_below(
    cx: &Context,
    unit: Option<&Loaded<OrgUnit>>,
    parent: Option<Option<&Loaded<OrgUnit>>>,
    subtree: &[Loaded<OrgUnit>],
) -> Result<Decision<OrgUnit>, Denied> {
    let unit = in_care(cx, Operation::MoveUnit, unit)?;
    let parent = match parent {
        None => None,
        Some(Some(parent)) => Some(parent),
        Some(None) => return Err(Denied::invalid("parent", Problem::Unknown(RecordKind::Unit))),
    };
    permit_at(cx, Operation::MoveUnit, parent)?;
    // What hangs below a place decides who reaches it, so the place it is taken from has to be the actor's as well.
    if unit.parent().is_none() || unit.path.parent().is_some_and(|old| !covers_parent(cx, unit, old)) {
        cx.permit_everywhere(Operation::MoveUnit)?;
    }
    if parent.is_some_and(|parent| parent.path.is_within(unit.id)) {
        return Err(Denied::UnitCycle);
    }
    // R1: whoever holds rights at the new place gains them in all that is moved there; who moves must be able to give them.
    let gains = |parent: &&Loaded<OrgUnit>| parent.path.iter().any(|above| !unit.path.is_within(above));
    if parent
        .filter(gains)
        .is_some_and(|parent| !cx.rights.are_all_at(Place::In(&parent.path)))
    {
        return Err(Denied::BeyondOwnRights);
    }
    let path = parent.map_or_else(|| UnitPath::root(unit.id), |parent| parent.path.child(unit.id));
    let mut decision = Decision::by(cx);
    let moved = OrgUnit {
        path: path.clone(),
        ..unit.value.clone()
    };
    if moved == unit.value {
        return Ok(decision.with(moved));
    }
    decision.guard(parent.map(Guard::on));
    reshape(&mut decision, cx, cx.tenant.units);
    for below in subtree {
        let path = below.path.rebased(unit.id, &path);
        check_depth(path.depth())?;
        decision.update(
            below,
            OrgUnit {
                path,
                ..below.value.clone()
            },
        );
    }
    let what = What::UnitMoved {
        from: unit.parent(),
        to: parent.map(|parent| parent.id),
        units: subtree.len(),
    };
    decision.event(cx, unit.id, what);
    Ok(decision.with(moved))
}

/// Removes a unit. The store refuses it while employees, users or other units name it, with the count.
///
/// # Errors
/// [`Denied::Forbidden`], [`Denied::NotFound`].
pub fn remove(cx: &Context, unit: Option<&Loaded<OrgUnit>>) -> Result<Decision<()>, Denied> {
    let unit = in_care(cx, Operation::RemoveUnit, unit)?;
    let mut decision = Decision::by(cx);
    reshape(&mut decision, cx, cx.tenant.units.saturating_sub(1));
    decision.remove(unit);
    decision.event(
        cx,
        unit.id,
        What::UnitRemoved {
            name: unit.name.clone(),
        },
    );
    Ok(decision)
}

/// A unit that the actor may see.
///
/// # Errors
/// [`Denied::Forbidden`], [`Denied::NotFound`].
pub fn seen(cx: &Context, unit: Option<&Loaded<OrgUnit>>) -> Result<Loaded<OrgUnit>, Denied> {
    in_care(cx, Operation::ReadUnits, unit).cloned()
}

/// The unit, if it exists and lies in the actor's scope.
fn in_care<'a>(
    cx: &Context,
    operation: Operation,
    unit: Option<&'a Loaded<OrgUnit>>,
) -> Result<&'a Loaded<OrgUnit>, Denied> {
    cx.permit(operation)?;
    unit.filter(|unit| cx.may(operation, Place::In(&unit.path)))
        .ok_or(Denied::NotFound { what: RecordKind::Unit })
}

fn permit_at(cx: &Context, operation: Operation, parent: Option<&Loaded<OrgUnit>>) -> Result<(), Denied> {
    match parent {
        None => cx.permit_everywhere(operation),
        Some(parent) => in_care(cx, operation, Some(parent)).map(|_| ()),
    }
}

/// Whether the place directly above a unit lies in the actor's scope.
fn covers_parent(cx: &Context, unit: &OrgUnit, parent: UnitId) -> bool {
    match cx.scope(Operation::MoveUnit) {
        Ok(Scope::All) => true,
        Ok(Scope::Units(units)) => {
            unit.path
                .iter()
                .take_while(|above| *above != unit.id)
                .any(|above| units.contains(&above))
                || units.contains(&parent)
        }
        Err(_) => false,
    }
}

fn parse_name(name: &str) -> Result<Name, Denied> {
    Name::new(name).map_err(|problem| Denied::invalid("name", problem))
}

fn check_depth(depth: usize) -> Result<(), Denied> {
    let max = UnitPath::MAX_DEPTH;
    if depth > max {
        Err(Denied::TooDeep {
            what: RecordKind::Unit,
            max,
        })
    } else {
        Ok(())
    }
}

/// Changes the tenant's record, which stands for the shape of the tree.
fn reshape(decision: &mut Decision<()>, cx: &Context, units: u32) {
    decision.update(
        &cx.tenant,
        Tenant {
            units,
            ..cx.tenant.value.clone()
        },
    );
}
