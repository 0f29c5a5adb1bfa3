//! What rules have to be shown, in few round trips.

use std::collections::BTreeSet;

use super::Desk;
use crate::error::{Denied, Error};
use crate::id::{EmployeeId, InvitationId, TenantId, UnitId, UserId};
use crate::model::{
    Credential, Employee, Grant, Invitation, Kept, Loaded, OrgUnit, RecordId, User, UserStatus, Version,
};
use crate::rules::employees::{self, EmployeeSurroundings};
use crate::rules::rights::Surroundings;
use crate::rules::versions::{self, Stale};
use crate::rules::{Context, Decision};
use crate::store::{Filter, Lookup, Query, StoreExt};

/// A user with all that a rule about them may ask for.
#[derive(Debug, Default)]
pub(super) struct Subject {
    pub(super) user: Option<Loaded<User>>,
    pub(super) credential: Option<Loaded<Credential>>,
    pub(super) invitation: Option<Loaded<Invitation>>,
    pub(super) around: Surroundings,
}

impl Desk {
    /// The decision about a record, where it is about the version that the caller had read, if they say one (D4).
    pub(super) async fn about<T, R: Kept>(
        &self,
        read: Option<Version>,
        record: Option<&Loaded<R>>,
        decided: Result<Decision<T>, Denied>,
    ) -> Result<Decision<T>, Error> {
        if let Err(stale) = versions::check(&decided, read, record) {
            let store = &self.tenure.inner.store;
            let log = store
                .events_about(self.tenant_id(), stale.record, None, Stale::MOST)
                .await?;
            let stale = stale.told(log.into_iter().map(|entry| entry.event));
            return Err(Error::Stale(Box::new(stale)));
        }
        Ok(versions::bind(decided?, read, record))
    }

    /// The same about the actor's own user. Who else changed it they are not told.
    pub(super) async fn about_own<T>(
        &self,
        read: Option<Version>,
        user: Option<&Loaded<User>>,
        decided: Result<Decision<T>, Denied>,
    ) -> Result<Decision<T>, Error> {
        self.about(read, user, decided).await.map_err(|error| match error {
            Error::Stale(stale) => Error::Stale(Box::new(stale.without_names())),
            error => error,
        })
    }

    /// A user, their credential and open invitation, and the roles and units of theirs and of `grants` and `units`.
    pub(super) async fn subject(
        &self,
        tenant: TenantId,
        user: UserId,
        grants: &[Grant],
        units: &BTreeSet<UnitId>,
    ) -> Result<Subject, Error> {
        let store = &self.tenure.inner.store;
        let wanted = [Lookup::from(user), Lookup::Id(RecordId::Credential(user))];
        let mut found = store.load(tenant, &wanted).await?.into_iter();
        let user = found.next().flatten().and_then(Loaded::cast::<User>);
        let credential = found.next().flatten().and_then(Loaded::cast);
        let around = self
            .around(tenant, grants, units, user.as_ref().map(|user| &user.value))
            .await?;
        let invitation = match user.as_ref().map(|user| &user.status) {
            Some(UserStatus::Invited { invitation, .. }) => store.get(tenant, *invitation).await?,
            _ => None,
        };
        Ok(Subject {
            user,
            credential,
            invitation,
            around,
        })
    }

    /// The user whom an invitation is for, with that invitation.
    pub(super) async fn invited(&self, tenant: TenantId, invitation: InvitationId) -> Result<Subject, Error> {
        let store = &self.tenure.inner.store;
        let Some(loaded) = store.get::<Invitation>(tenant, invitation).await? else {
            return Ok(Subject::default());
        };
        let subject = self.subject(tenant, loaded.user, &[], &BTreeSet::new()).await?;
        Ok(Subject {
            invitation: Some(loaded),
            ..subject
        })
    }

    /// The roles and units that are named.
    pub(super) async fn around(
        &self,
        tenant: TenantId,
        grants: &[Grant],
        units: &BTreeSet<UnitId>,
        user: Option<&User>,
    ) -> Result<Surroundings, Error> {
        let mut around = self.tenure.surroundings(tenant, grants, user).await?;
        let missing: Vec<Lookup> = units
            .iter()
            .filter(|unit| !around.units.0.contains_key(unit))
            .copied()
            .map(Lookup::from)
            .collect();
        if !missing.is_empty() {
            let found = self.tenure.inner.store.load(tenant, &missing).await?;
            let units = found.into_iter().flatten().filter_map(Loaded::cast::<OrgUnit>);
            around.units.0.extend(units.map(|unit| (unit.id, unit)));
        }
        Ok(around)
    }

    /// What an employee's record names and is to name.
    pub(super) async fn around_employee(
        &self,
        cx: &Context,
        before: Option<&Employee>,
        unit: Option<UnitId>,
        supervisor: Option<EmployeeId>,
    ) -> Result<EmployeeSurroundings, Error> {
        let (store, tenant) = (&self.tenure.inner.store, cx.tenant_id());
        let unit_before = before.and_then(|employee| employee.unit);
        let wanted: Vec<Lookup> = [
            unit_before.map(Lookup::from),
            unit.map(Lookup::from),
            supervisor.map(Lookup::from),
        ]
        .into_iter()
        .flatten()
        .collect();
        let mut around = EmployeeSurroundings::default();
        if wanted.is_empty() {
            return Ok(around);
        }
        let mut found = store.load(tenant, &wanted).await?.into_iter();
        if unit_before.is_some() {
            around.unit_before = found.next().flatten().and_then(Loaded::cast);
        }
        if unit.is_some() {
            around.unit = found.next().flatten().and_then(Loaded::cast);
        }
        if supervisor.is_some() {
            around.supervisor = found.next().flatten().and_then(Loaded::cast);
        }
        if let Some(supervisor) = &around.supervisor {
            around.above = self.above(cx, supervisor).await?;
            if let Some(before) = before.filter(|before| before.supervisor != Some(supervisor.id)) {
                let stood_under = self.above(cx, before).await?;
                let too_low = employees::too_low_under(before, &stood_under, supervisor, &around.above);
                around.too_low = self.is_anybody(cx, too_low).await?;
            }
        }
        Ok(around)
    }

    /// Whether a filter lets any employee pass; without one, none does.
    pub(super) async fn is_anybody(&self, cx: &Context, filter: Option<Filter>) -> Result<bool, Error> {
        let Some(filter) = filter else { return Ok(false) };
        let query = Query::new(crate::model::RecordKind::Employee, cx.now)
            .filter(filter)
            .limit(1);
        let store = &self.tenure.inner.store;
        Ok(!store.list(cx.tenant_id(), &query).await?.items.is_empty())
    }

    /// Everybody above an employee, in one listing.
    pub(super) async fn above(&self, cx: &Context, employee: &Employee) -> Result<Vec<Loaded<Employee>>, Error> {
        if employee.supervisor.is_none() {
            return Ok(Vec::new());
        }
        let query = Query::new(crate::model::RecordKind::Employee, cx.now).filter(Filter::Above(employee.id));
        Ok(self.tenure.inner.store.all(cx.tenant_id(), query).await?)
    }
}
