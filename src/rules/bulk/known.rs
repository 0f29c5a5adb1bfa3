//! What a store has of what an import names: asked for in a few large loads, not row by row.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::Counts;
use super::names::Names;
use super::rows::{Import, said};
use crate::clock::Timestamp;
use crate::id::{EmployeeId, UserId};
use crate::model::{Employee, KeySpace, Loaded, Record, UniqueKey, User};
use crate::store::Lookup;
use crate::text::{EmailAddress, Key, Signature, UserName};

/// What an import names, as it was loaded. Ask it what to load ([`wanted`](Known::wanted)), tell it what was found
/// ([`take`](Known::take)), and so on until it wants nothing more.
#[derive(Debug, Clone, Default)]
pub struct Known {
    pub(super) names: Names,
    pub(super) counts: Counts,
    asked: HashSet<Lookup>,
    employees: BTreeMap<EmployeeId, Loaded<Employee>>,
    by_signature: HashMap<Vec<u8>, EmployeeId>,
    /// Employees of whose users is asked, and of all others only who stands above.
    named_by_users: HashSet<EmployeeId>,
    logins: HashMap<UniqueKey, User>,
    have_user: HashSet<EmployeeId>,
}

impl Known {
    /// The units and roles that can be named, and what the counters stand at.
    pub fn new(names: Names, counts: Counts) -> Self {
        Self {
            names,
            counts,
            ..Self::default()
        }
    }

    /// What is to be loaded next; nothing where all is known.
    pub fn wanted(&mut self, import: &Import) -> Vec<Lookup> {
        let mut wanted = Vec::new();
        if self.asked.is_empty() {
            first(import, &mut wanted);
        } else {
            self.further(import, &mut wanted);
        }
        wanted.retain(|lookup| self.asked.insert(lookup.clone()));
        wanted
    }

    fn further(&mut self, import: &Import, wanted: &mut Vec<Lookup>) {
        let named = import.users.iter().filter_map(|row| said(row.employee.as_ref()));
        let named: HashSet<EmployeeId> = named.filter_map(|text| self.employee(text)).map(|it| it.id).collect();
        for employee in named.iter().filter_map(|id| self.employees.get(id)) {
            wanted.push(UniqueKey::employee_user(employee.id).into());
            wanted.extend(
                employee
                    .email
                    .as_ref()
                    .map(|email| UniqueKey::login(&email.key()).into()),
            );
        }
        self.named_by_users = named;
        // Everybody above whoever somebody of the import is to report to, a level a time.
        let above = import.employees.iter().filter_map(|row| said(row.supervisor.as_ref()));
        let above: HashSet<EmployeeId> = above.filter_map(|text| self.employee(text)).map(|it| it.id).collect();
        for supervisor in above {
            wanted.extend(self.line(supervisor).1.map(Lookup::from));
        }
    }

    /// Takes what was found of what was wanted, in that order.
    pub fn take(&mut self, wanted: &[Lookup], found: impl IntoIterator<Item = Option<Loaded<Record>>>) {
        for (lookup, found) in wanted.iter().zip(found) {
            let Some(Loaded { version, value }) = found else {
                continue;
            };
            match value {
                Record::Employee(employee) => {
                    let signature = employee.signature.as_ref().map(Signature::key);
                    let bytes = signature.map(|key| key.as_bytes().to_vec());
                    self.by_signature.extend(bytes.map(|bytes| (bytes, employee.id)));
                    self.employees.insert(employee.id, Loaded::new(version, employee));
                }
                Record::User(user) => match lookup {
                    Lookup::Key(key) if key.space == KeySpace::Login => {
                        self.logins.insert(key.clone(), user);
                    }
                    Lookup::Key(key) => {
                        let of = |employee: &&EmployeeId| UniqueKey::employee_user(**employee) == *key;
                        let employee = match user.kind {
                            crate::model::UserKind::Internal { employee } => Some(employee),
                            _ => self.named_by_users.iter().find(of).copied(),
                        };
                        self.have_user.extend(employee);
                    }
                    Lookup::Id(_) => {}
                },
                _ => {}
            }
        }
    }

    /// The users whose names or addresses rows want, and who stand in the way only until what is due at `now` is written.
    pub fn overdue(&self, now: Timestamp) -> impl Iterator<Item = UserId> + '_ {
        let overdue = self
            .logins
            .values()
            .filter(move |user| user.due_at().is_some_and(|at| at <= now));
        overdue.map(|user| user.id)
    }

    /// The employee of the register whom a text names: by signature, or by id.
    pub(super) fn employee(&self, text: &str) -> Option<&Loaded<Employee>> {
        let by_signature = signature(text).and_then(|key| self.by_signature.get(key.as_bytes()));
        let id = by_signature.copied().or_else(|| text.trim().parse().ok())?;
        self.employees.get(&id)
    }

    pub(super) fn has_signature(&self, signature: &Key) -> bool {
        self.by_signature.contains_key(signature.as_bytes())
    }

    pub(super) fn has_user(&self, employee: EmployeeId) -> bool {
        self.have_user.contains(&employee)
    }

    /// Whether somebody has this login name at `now`.
    pub(super) fn is_taken(&self, login: &Key, now: Timestamp) -> bool {
        let holder = self.logins.get(&UniqueKey::login(login));
        holder.is_some_and(|user| {
            let user = user.clone().as_of(now);
            let pending = user.pending_address.as_deref();
            let reserved = pending.is_some_and(|change| {
                change.to.key() == *login || change.user_name.as_ref().is_some_and(|name| name.key() == *login)
            });
            user.status.holds_keys() && (user.answers_to(login) || reserved)
        })
    }

    /// The line from an employee upwards, as far as it was loaded, and who comes next.
    pub(super) fn line(&self, from: EmployeeId) -> (Vec<&Loaded<Employee>>, Option<EmployeeId>) {
        let (mut line, mut next) = (Vec::new(), Some(from));
        while let Some(employee) = next.and_then(|id| self.employees.get(&id)) {
            line.push(employee);
            next = employee.supervisor;
            // A cycle cannot arise; one that is there all the same must not hang this.
            if line.len() > 2 * Employee::MAX_LEVELS {
                next = None;
            }
        }
        (line, next)
    }
}

/// What the rows themselves name.
fn first(import: &Import, wanted: &mut Vec<Lookup>) {
    let mut persons: Vec<&str> = Vec::new();
    for row in &import.employees {
        persons.extend(said(row.signature.as_ref()));
        persons.extend(said(row.supervisor.as_ref()));
        wanted.extend(address(row.email.as_ref()).map(|key| UniqueKey::login(&key).into()));
    }
    for row in &import.users {
        persons.extend(said(row.employee.as_ref()));
        wanted.extend(address(row.email.as_ref()).map(|key| UniqueKey::login(&key).into()));
        wanted.extend(user_name(row.user_name.as_ref()).map(|key| UniqueKey::login(&key).into()));
    }
    for text in persons {
        wanted.extend(signature(text).map(|key| UniqueKey::signature(&key).into()));
        wanted.extend(text.trim().parse::<EmployeeId>().ok().map(Lookup::from));
    }
}

pub(super) fn signature(text: &str) -> Option<Key> {
    Signature::new(text.trim()).ok().map(|signature| signature.key())
}

pub(super) fn address(text: Option<&String>) -> Option<Key> {
    EmailAddress::new(said(text)?).ok().map(|address| address.key())
}

pub(super) fn user_name(text: Option<&String>) -> Option<Key> {
    UserName::new(said(text)?).ok().map(|name| name.key())
}
