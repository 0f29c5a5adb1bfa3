//! Who and what a step means: picks become ids.

mod access;
mod people;

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use super::commands::{Actor, Advance, Aim, Edge, Give, GivenRight, LinkPick, Minutes, Pick};
use super::snapshot::{Contents, Snapshot};
use super::strategies::PERMISSIONS;
use crate::clock::Timestamp;
use crate::id::{ApiKeyId, EmployeeId, InvitationId, MailId, RoleId, SessionId, TenantId, UnitId, UserId};
use crate::model::{
    Employee, Grant, OrgUnit, Permission, Record, Role, Scope, SessionState, StatusKind, TenantStatus, TicketPurpose,
    UnitKind, User, UserKind, UserStatus, permissions,
};
use crate::policy::Policy;
use crate::rules::rights::{Place, Rights, Units};
use time::Duration;

/// Chooses, on behalf of somebody, among what a snapshot shows.
#[derive(Debug)]
pub(super) struct Chooser<'a> {
    all: &'a Snapshot,
    tenant: TenantId,
    pub(super) here: &'a Contents,
    now: Timestamp,
    units: Units,
    rights: Rights,
    /// The user who acts, if it is one.
    pub(super) me: Option<UserId>,
    /// The API key that they act with, if it is one.
    pub(super) key: Option<ApiKeyId>,
}

impl<'a> Chooser<'a> {
    /// For the host's own code.
    pub(super) fn new(all: &'a Snapshot, tenant: TenantId, here: &'a Contents) -> Self {
        Self {
            all,
            tenant,
            here,
            now: all.at,
            units: here.units_by_id(),
            rights: Rights::everything(),
            me: None,
            key: None,
        }
    }

    /// The same for an actor, among those whose password or key is known. None stands for the host's own code.
    pub(super) fn acting(
        self,
        actor: Actor,
        passwords: &BTreeMap<UserId, String>,
        keys: &BTreeMap<ApiKeyId, String>,
    ) -> Self {
        let program = match actor {
            Actor::Program(pick) => self.program(pick, keys),
            _ => None,
        };
        let me = match program {
            Some(key) => Some(key.user),
            None => self.actor(actor, passwords),
        };
        let user = me.and_then(|me| self.here.user(me));
        let rights = user.map_or_else(Rights::everything, |user| self.here.rights_of(user));
        let rights = match program {
            Some(key) => rights.limited_to(&key.permissions, &key.scope, &self.units),
            None => rights,
        };
        let key = program.map(|key| key.id);
        Self {
            rights,
            me,
            key,
            ..self
        }
    }

    fn actor(&self, actor: Actor, passwords: &BTreeMap<UserId, String>) -> Option<UserId> {
        let tenant = self.here.tenants().next()?;
        let in_use = tenant.status == TenantStatus::Active;
        let known: Vec<&User> = self
            .here
            .users()
            .filter(|user| passwords.contains_key(&user.id))
            .collect();
        let active = |user: &User| user.clone().as_of(self.now).is_active();
        let first =
            |fits: &dyn Fn(&User) -> bool| known.iter().find(|user| active(user) && fits(user)).map(|user| user.id);
        let manages = |user: &User| self.here.rights_of(user).scope_of(&permissions::USERS_MANAGE);
        let edits_roles =
            |user: &User| self.here.rights_of(user).scope_of(&permissions::ROLES_MANAGE) == Some(Scope::All);
        let found = match actor {
            // Where nobody can log in, the host's code acts.
            Actor::System => return None,
            Actor::Owner => return in_use.then_some(tenant.owner),
            Actor::UnitAdministrator => first(&|user| matches!(manages(user), Some(Scope::Units(_)))),
            Actor::RoleAdministrator => {
                first(&|user| edits_roles(user) && !user.has_administrator_role(tenant.administrator))
            }
            Actor::Clerk => first(&|user| manages(user).is_none() && matches!(user.kind, UserKind::Internal { .. })),
            Actor::External => first(&|user| matches!(user.kind, UserKind::External { .. })),
            Actor::Anybody(pick) => pick.of(known.len()).map(|index| known[index].id),
            // Where there is no key, somebody for whom there could be one.
            Actor::Program(_) => None,
        };
        found.or(Some(tenant.owner))
    }

    fn choose<T: 'a, I: Copy + From<Uuid>>(
        &self,
        pick: Pick,
        list: impl Fn(&'a Contents) -> Vec<&'a T>,
        id: impl Fn(&T) -> I,
        fits: impl Fn(&T) -> bool,
    ) -> I {
        let all = list(self.here);
        let fitting: Vec<I> = all.iter().filter(|one| fits(one)).map(|one| id(one)).collect();
        let all: Vec<I> = all.into_iter().map(&id).collect();
        let elsewhere = self.all.tenants.iter().filter(|(tenant, _)| **tenant != self.tenant);
        let stray: Vec<I> = elsewhere.flat_map(|(_, contents)| list(contents)).map(id).collect();
        let chosen = match pick.aim() {
            Aim::Fitting if !fitting.is_empty() => fitting,
            Aim::Fitting | Aim::Any => all,
            Aim::Stray => stray,
        };
        pick.of(chosen.len())
            .map_or_else(|| Uuid::from_u128(u128::from(pick.0)).into(), |index| chosen[index])
    }

    /// A user whose status as of now fits, best one within reach.
    pub(super) fn user(&self, pick: Pick, fits: impl Fn(&User) -> bool) -> UserId {
        let owner = self.here.tenants().next().map(|tenant| tenant.owner);
        let fits = |user: &User| {
            let user = user.clone().as_of(self.now);
            Some(user.id) != owner && fits(&user) && self.reaches(&user)
        };
        self.choose(pick, |contents| contents.users().collect(), |user| user.id, fits)
    }

    /// A user in one of these states.
    pub(super) fn user_who_is(&self, pick: Pick, states: &[StatusKind]) -> UserId {
        self.user(pick, |user| states.contains(&user.status.kind()))
    }

    /// A user, whoever.
    pub(super) fn any_user(&self, pick: Pick) -> UserId {
        self.user(pick, |user| user.status.kind() != StatusKind::Deleted)
    }

    /// Whether the actor could act on a user: holds all that they hold, and has all their units in care.
    fn reaches(&self, user: &User) -> bool {
        let scope = self.rights.scope_of(&permissions::USERS_MANAGE);
        let in_care = match scope {
            Some(Scope::All) => true,
            Some(Scope::Units(_)) => {
                !user.units().is_empty()
                    && user
                        .units()
                        .iter()
                        .all(|unit| self.may(&permissions::USERS_MANAGE, *unit))
            }
            None => false,
        };
        in_care && self.rights.cover(&self.here.rights_of(user), &self.units)
    }

    fn may(&self, permission: &Permission, unit: UnitId) -> bool {
        let may = |unit: &OrgUnit| self.rights.may(permission, Place::In(&unit.path));
        self.here.unit(unit).is_some_and(may)
    }

    /// A user by whose login name somebody may come in.
    pub(super) fn login(&self, pick: Pick, passwords: &BTreeMap<UserId, String>) -> UserId {
        let fits = |user: &User| passwords.contains_key(&user.id) && user.clone().as_of(self.now).is_active();
        self.choose(pick, |contents| contents.users().collect(), |user| user.id, fits)
    }

    /// A user with one of these sessions, which should be usable.
    pub(super) fn signed_in(&self, pick: Pick, sessions: &BTreeMap<UserId, SessionId>, idle: Duration) -> UserId {
        let fits = |user: &User| match sessions.get(&user.id).and_then(|session| self.here.record(*session)) {
            Some(Record::Session(session)) => session.is_live(idle, self.now),
            _ => false,
        };
        self.choose(pick, |contents| contents.users().collect(), |user| user.id, fits)
    }

    /// A user to whom the tenant could be handed over.
    pub(super) fn heir(&self, pick: Pick, passwords: &BTreeMap<UserId, String>) -> UserId {
        let administrator = self.here.tenants().next().map(|tenant| tenant.administrator);
        let fits = |user: &User| {
            let user = user.clone().as_of(self.now);
            passwords.contains_key(&user.id) && administrator.is_some_and(|role| user.counts_as_administrator(role))
        };
        self.choose(pick, |contents| contents.users().collect(), |user| user.id, fits)
    }

    /// A unit whose users the actor manages.
    pub(super) fn unit(&self, pick: Pick) -> UnitId {
        self.unit_that(pick, &permissions::USERS_MANAGE, |_| true)
    }

    fn unit_that(&self, pick: Pick, permission: &Permission, fits: impl Fn(&OrgUnit) -> bool) -> UnitId {
        let fits = |unit: &OrgUnit| self.may(permission, unit.id) && fits(unit);
        self.choose(pick, |contents| contents.units().collect(), |unit| unit.id, fits)
    }

    /// A unit that the actor may change.
    pub(super) fn own_unit(&self, pick: Pick) -> UnitId {
        self.unit_that(pick, &permissions::UNITS_MANAGE, |_| true)
    }

    /// A unit that the actor may change, and that does not lie below another one.
    pub(super) fn unit_not_below(&self, pick: Pick, above: UnitId) -> UnitId {
        self.unit_that(pick, &permissions::UNITS_MANAGE, |unit| !unit.path.is_within(above))
    }

    /// A unit that nothing is in.
    pub(super) fn empty_unit(&self, pick: Pick) -> UnitId {
        let named: BTreeSet<_> = self.named();
        self.unit_that(pick, &permissions::UNITS_MANAGE, |unit| {
            !named.contains(&unit.id.into())
        })
    }

    /// A client.
    pub(super) fn client(&self, pick: Pick) -> UnitId {
        self.unit_that(pick, &permissions::USERS_MANAGE, |unit| unit.kind == UnitKind::Client)
    }

    /// Everything that something names.
    fn named(&self) -> BTreeSet<crate::model::RecordId> {
        let references = self.here.records.values().flat_map(|loaded| loaded.value.references());
        references.map(|reference| reference.to).collect()
    }

    /// A role that the actor could give.
    pub(super) fn role(&self, pick: Pick) -> RoleId {
        let fits = |role: &Role| !role.built_in && self.rights.cover_everywhere(&role.permissions);
        self.choose(pick, |contents| contents.roles().collect(), |role| role.id, fits)
    }

    /// A role that nobody has.
    pub(super) fn idle_role(&self, pick: Pick) -> RoleId {
        let named = self.named();
        let fits = |role: &Role| !role.built_in && !named.contains(&role.id.into());
        self.choose(pick, |contents| contents.roles().collect(), |role| role.id, fits)
    }

    /// Permissions for a role: those that the actor holds everywhere.
    pub(super) fn permissions(&self, picks: &[Pick]) -> Vec<String> {
        picks
            .iter()
            .map(|pick| self.permission(*pick, Place::Everywhere))
            .collect()
    }

    fn permission(&self, pick: Pick, place: Place<'_>) -> String {
        let held = |name: &&str| Permission::new(name).is_ok_and(|permission| self.rights.may(&permission, place));
        let held: Vec<&str> = PERMISSIONS.into_iter().filter(held).collect();
        let chosen = match pick.aim() {
            Aim::Fitting if !held.is_empty() => held,
            _ => PERMISSIONS.to_vec(),
        };
        pick.of(chosen.len()).map_or("", |index| chosen[index]).to_owned()
    }

    /// Grants.
    pub(super) fn grants(&self, give: &[Give]) -> Vec<Grant> {
        give.iter().filter_map(|give| self.grant(give)).collect()
    }

    fn grant(&self, give: &Give) -> Option<Grant> {
        let limited = !matches!(self.rights.scope_of(&permissions::USERS_MANAGE), Some(Scope::All));
        let mut units: Vec<UnitId> = give.within.iter().map(|pick| self.unit(*pick)).collect();
        if units.is_empty() && limited {
            // Everywhere is not theirs to give; mostly they know.
            units.extend((give.within.is_empty() && self.me.is_some()).then(|| self.unit(Pick(0))));
        }
        let scope = if units.is_empty() {
            Scope::All
        } else {
            Scope::from(units.iter().copied())
        };
        let place = units.first().and_then(|unit| self.here.unit(*unit));
        let place = place.map_or(Place::Everywhere, |unit| Place::In(&unit.path));
        Some(match &give.right {
            GivenRight::Administrator => Grant::role(self.here.tenants().next()?.administrator, scope),
            GivenRight::Role(pick) => {
                let held = |role: &Role| match &role.permissions {
                    crate::model::PermissionSet::All => false,
                    crate::model::PermissionSet::Only(named) => named.iter().all(|it| self.rights.may(it, place)),
                };
                let role = self.choose(*pick, |contents| contents.roles().collect(), |role| role.id, held);
                Grant::role(role, scope)
            }
            GivenRight::Permission(pick) => {
                Grant::permission(Permission::new(self.permission(*pick, place)).ok()?, scope)
            }
        })
    }

    /// An employee in the actor's care.
    pub(super) fn employee(&self, pick: Pick) -> EmployeeId {
        self.employee_that(pick, |_| true)
    }

    /// An employee in the actor's care, who fits besides.
    pub(super) fn employee_that(&self, pick: Pick, fits: impl Fn(&Employee) -> bool) -> EmployeeId {
        let may = |place: Place<'_>| self.rights.may(&permissions::EMPLOYEES_MANAGE, place);
        let in_care = |employee: &Employee| match employee.unit.and_then(|unit| self.here.unit(unit)) {
            Some(unit) => may(Place::In(&unit.path)),
            None => may(Place::Everywhere),
        };
        let fits = |employee: &Employee| in_care(employee) && fits(employee);
        self.choose(
            pick,
            |contents| contents.employees().collect(),
            |employee| employee.id,
            fits,
        )
    }

    /// An employee with an address and without a user.
    pub(super) fn candidate(&self, pick: Pick) -> EmployeeId {
        let taken: BTreeSet<EmployeeId> = self.employed_users();
        self.employee_that(pick, |employee| {
            employee.email.is_some() && !taken.contains(&employee.id)
        })
    }

    /// An employee whom nothing names.
    pub(super) fn idle_employee(&self, pick: Pick) -> EmployeeId {
        let named = self.named();
        self.employee_that(pick, |employee| !named.contains(&employee.id.into()))
    }

    fn employed_users(&self) -> BTreeSet<EmployeeId> {
        let employee = |user: &User| match user.kind {
            UserKind::Internal { employee } if user.status.kind() != StatusKind::Deleted => Some(employee),
            _ => None,
        };
        self.here.users().filter_map(employee).collect()
    }

    /// An invitation whose user is in one of these states.
    pub(super) fn invitation(&self, pick: Pick, states: &[StatusKind]) -> InvitationId {
        let fits = |invitation: &crate::model::Invitation| {
            let user = self.here.user(invitation.user).map(|user| user.clone().as_of(self.now));
            user.is_some_and(|user| {
                let is_named = match user.status {
                    UserStatus::Invited { invitation: id, .. } => id == invitation.id,
                    _ => true,
                };
                states.contains(&user.status.kind()) && is_named && self.reaches(&user)
            })
        };
        self.choose(pick, |contents| contents.invitations().collect(), |it| it.id, fits)
    }

    /// An open session of somebody within reach, or of the actor.
    pub(super) fn session(&self, pick: Pick, own: bool) -> SessionId {
        let fits = |session: &crate::model::Session| {
            let within_reach = || self.here.user(session.user).is_some_and(|user| self.reaches(user));
            matches!(session.state, SessionState::Open)
                && if own {
                    Some(session.user) == self.me
                } else {
                    within_reach()
                }
        };
        self.choose(
            pick,
            |contents| contents.sessions().collect(),
            |session| session.id,
            fits,
        )
    }

    /// When it is.
    pub(super) fn now(&self) -> Timestamp {
        self.now
    }

    /// A mail with a link of the ticket that an invitation has now.
    pub(super) fn mail_of(&self, invitation: InvitationId) -> Option<MailId> {
        let Some(Record::Invitation(invitation)) = self.here.record(invitation) else {
            return None;
        };
        let mut mails = self.here.mails();
        let mail = mails.find(|mail| mail.ticket == Some(invitation.ticket));
        mail.map(|mail| mail.id)
    }

    /// The instant so many minutes from now.
    pub(super) fn day(&self, minutes: Minutes) -> Timestamp {
        self.now.saturating_add(Duration::minutes(i64::from(minutes.0)))
    }

    /// The token of a link for a purpose. `mailed` are all that ever were, of all tenants.
    pub(super) fn link(&self, pick: LinkPick, purpose: TicketPurpose, mailed: &[(MailId, String)]) -> String {
        let last = |good: Vec<&String>, pick: Pick| {
            let chosen = pick.of(good.len()).map(|index| good[index].clone());
            chosen
                .or_else(|| mailed.last().map(|(_, token)| token.clone()))
                .unwrap_or_default()
        };
        let any = || mailed.iter().map(|(_, token)| token).collect();
        match pick {
            LinkPick::Good(pick) => last(
                mailed
                    .iter()
                    .filter(|link| self.is_good(link.0, purpose))
                    .map(|link| &link.1)
                    .collect(),
                pick,
            ),
            LinkPick::Mailed(pick) => last(any(), pick),
            LinkPick::Forged(pick) => forged(&last(any(), pick)),
            LinkPick::Nonsense => "not a link".to_owned(),
        }
    }

    /// Whom a link was mailed to.
    pub(super) fn addressee(&self, token: &str, mailed: &[(MailId, String)]) -> Option<UserId> {
        let (mail, _) = mailed.iter().find(|(_, mailed)| mailed == token)?;
        self.all
            .tenants
            .values()
            .find_map(|contents| match contents.record(*mail)? {
                Record::Mail(mail) => Some(mail.user),
                _ => None,
            })
    }

    fn is_good(&self, mail: MailId, purpose: TicketPurpose) -> bool {
        self.all.tenants.values().any(|contents| {
            let Some(Record::Mail(mail)) = contents.record(mail) else {
                return false;
            };
            let ticket = mail.ticket.and_then(|ticket| contents.record(ticket));
            matches!(ticket, Some(Record::Ticket(ticket))
                if ticket.purpose == purpose && ticket.check(self.now).is_ok())
        })
    }

    /// Where the clock is to stand.
    pub(super) fn instant(&self, advance: Advance, policy: &Policy) -> Timestamp {
        let later = |duration| self.now.saturating_add(duration);
        match advance {
            Advance::Seconds(seconds) => later(Duration::seconds(i64::from(seconds))),
            Advance::Hours(hours) => later(Duration::hours(i64::from(hours))),
            Advance::Days(days) => later(Duration::days(i64::from(days))),
            Advance::ToDeadline(pick, edge) => {
                let next: Vec<Timestamp> = self.deadlines(policy).into_iter().take(12).collect();
                let Some(deadline) = pick.of(next.len()).map(|index| next[index]) else {
                    return later(Duration::minutes(1));
                };
                let aside = match edge {
                    Edge::Before => -Duration::MICROSECOND,
                    Edge::At => Duration::ZERO,
                    Edge::Behind => Duration::MICROSECOND,
                };
                deadline.saturating_add(aside).max(self.now)
            }
        }
    }

    /// Every instant ahead at which something changes by itself.
    fn deadlines(&self, policy: &Policy) -> BTreeSet<Timestamp> {
        let of = |record: &Record| {
            let more = match record {
                Record::Session(session) => {
                    vec![session.expires_at, session.seen_at.saturating_add(policy.session_idle)]
                }
                Record::Ticket(ticket) => vec![ticket.expires_at],
                Record::ApiKey(key) => key.expires_at.into_iter().collect(),
                Record::Throttle(throttle) => throttle.locked_until.into_iter().collect(),
                Record::Mail(mail) => mail.ready_at().into_iter().collect(),
                _ => Vec::new(),
            };
            record.due_at().into_iter().chain(more)
        };
        let records = self.all.tenants.values().flat_map(|contents| contents.records.values());
        let all = records.flat_map(|loaded| of(&loaded.value));
        all.filter(|at| *at > self.now).collect()
    }
}

/// The same link with another last character but one: the last one is not all secret.
fn forged(token: &str) -> String {
    let mut characters: Vec<char> = token.chars().collect();
    let at = characters.len().saturating_sub(2);
    if let Some(character) = characters.get_mut(at) {
        *character = if *character == 'A' { 'B' } else { 'A' };
    }
    characters.into_iter().collect()
}
