//! Org units and roles by the names that files have for them, and the names that files are given.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::rows::list;
use crate::error::Problem;
use crate::id::{RoleId, UnitId};
use crate::model::{Grant, Loaded, OrgUnit, Permission, RecordKind, Right, Role, Scope};
use crate::rules::rights::{Surroundings, Units};
use crate::text::Key;

/// What begins a right that is a permission and no role.
const PERMISSION: &str = "permission:";

/// The org units and roles that an actor can name.
#[derive(Debug, Clone, Default)]
pub struct Names {
    units: BTreeMap<UnitId, Loaded<OrgUnit>>,
    roles: BTreeMap<RoleId, Loaded<Role>>,
    /// Units by their whole path, as far as it is known.
    by_path: HashMap<Vec<Key>, Vec<UnitId>>,
    /// Units by every end of their path.
    by_end: HashMap<Vec<Key>, Vec<UnitId>>,
    by_role_name: HashMap<Key, RoleId>,
}

impl Names {
    /// The names of these.
    pub fn new(
        units: impl IntoIterator<Item = Loaded<OrgUnit>>,
        roles: impl IntoIterator<Item = Loaded<Role>>,
    ) -> Self {
        let roles: BTreeMap<_, _> = roles.into_iter().map(|role| (role.id, role)).collect();
        let mut names = Self {
            units: units.into_iter().map(|unit| (unit.id, unit)).collect(),
            by_role_name: roles.values().map(|role| (role.name.key(), role.id)).collect(),
            roles,
            ..Self::default()
        };
        let keys = |unit: &UnitId| names.path(*unit).iter().map(|unit| unit.name.key()).collect();
        let paths: Vec<(UnitId, Vec<Key>)> = names.units.keys().map(|unit| (*unit, keys(unit))).collect();
        for (unit, keys) in paths {
            for end in 0..keys.len() {
                names.by_end.entry(keys[end..].to_vec()).or_default().push(unit);
            }
            names.by_path.entry(keys).or_default().push(unit);
        }
        names
    }

    /// The units from the top down to this one, as far as they are known.
    fn path(&self, unit: UnitId) -> Vec<&OrgUnit> {
        let path = self.units.get(&unit).into_iter().flat_map(|unit| unit.path.iter());
        path.filter_map(|unit| self.units.get(&unit).map(|unit| &unit.value))
            .collect()
    }

    pub(super) fn unit(&self, text: &str) -> Result<UnitId, Problem> {
        let text = text.trim();
        if let Some(unit) = text.parse().ok().filter(|unit| self.units.contains_key(unit)) {
            return Ok(unit);
        }
        let keys: Vec<Key> = text.split('/').map(|name| Key::of(name.trim())).collect();
        // A whole path is that unit's, whatever other paths end in it.
        let found = self.by_path.get(&keys).or_else(|| self.by_end.get(&keys));
        match found.map(Vec::as_slice) {
            Some([unit]) => Ok(*unit),
            Some(_) => Err(Problem::Ambiguous(RecordKind::Unit)),
            None => Err(Problem::Unknown(RecordKind::Unit)),
        }
    }

    pub(super) fn units(&self, text: &str, parted_by: char) -> Result<BTreeSet<UnitId>, Problem> {
        list(text, parted_by).map(|unit| self.unit(unit)).collect()
    }

    pub(super) fn role(&self, text: &str) -> Result<RoleId, Problem> {
        let text = text.trim();
        let by_id = || text.parse().ok().filter(|role| self.roles.contains_key(role));
        let by_name = self.by_role_name.get(&Key::of(text)).copied();
        by_name.or_else(by_id).ok_or(Problem::Unknown(RecordKind::Role))
    }

    /// One of the rights of a list: `role`, `permission:name`, either with `@ unit, unit`.
    pub(super) fn grant(&self, text: &str) -> Result<Grant, Problem> {
        let (right, scope) = match text.rsplit_once('@') {
            Some((right, units)) => (right.trim(), Scope::Units(self.units(units, ',')?)),
            None => (text.trim(), Scope::All),
        };
        let right = match right.strip_prefix(PERMISSION) {
            Some(permission) => Right::Permission(Permission::new(permission.trim())?),
            None => Right::Role(self.role(right)?),
        };
        Ok(Grant { right, scope })
    }

    /// What a rule about these grants and units has to be shown.
    pub(super) fn around(&self, grants: &[Grant], units: impl IntoIterator<Item = UnitId>) -> Surroundings {
        let mut around = Surroundings::default();
        let granted = grants.iter().flat_map(|grant| grant.scope.units());
        let units = granted.chain(units).filter_map(|unit| self.units.get(&unit));
        around.units = Units(units.map(|unit| (unit.id, unit.clone())).collect());
        for grant in grants {
            if let Right::Role(role) = grant.right
                && let Some(role) = self.roles.get(&role)
            {
                around.roles.insert(role.id, role.clone());
            }
        }
        around
    }

    pub(super) fn loaded_unit(&self, unit: UnitId) -> Option<&Loaded<OrgUnit>> {
        self.units.get(&unit)
    }

    /// What a file calls this unit: its path where that is its alone, or else its id.
    pub(super) fn of_unit(&self, unit: UnitId) -> String {
        let path = self.path(unit);
        let keys: Vec<Key> = path.iter().map(|unit| unit.name.key()).collect();
        let names: Vec<&str> = path.iter().map(|unit| unit.name.as_str()).collect();
        let is_plain = names
            .iter()
            .all(|name| !name.contains(['/', ';', ',', '@']) && *name != "-");
        let is_its_alone = self.by_path.get(&keys).is_some_and(|units| units.as_slice() == [unit]);
        if is_plain && is_its_alone {
            names.join("/")
        } else {
            unit.to_string()
        }
    }

    pub(super) fn of_units(&self, units: impl IntoIterator<Item = UnitId>, parted_by: &str) -> String {
        let names: Vec<String> = units.into_iter().map(|unit| self.of_unit(unit)).collect();
        names.join(parted_by)
    }

    pub(super) fn of_role(&self, role: RoleId) -> String {
        let name = self.roles.get(&role).map(|role| role.name.as_str());
        let is_plain = |name: &&str| !name.contains([';', '@']) && !name.starts_with(PERMISSION);
        name.filter(is_plain).map_or_else(|| role.to_string(), str::to_owned)
    }

    pub(super) fn of_grant(&self, grant: &Grant) -> String {
        let right = match &grant.right {
            Right::Role(role) => self.of_role(*role),
            Right::Permission(permission) => format!("{PERMISSION}{permission}"),
        };
        match &grant.scope {
            Scope::All => right,
            Scope::Units(units) => format!("{right} @ {}", self.of_units(units.iter().copied(), ", ")),
        }
    }
}
