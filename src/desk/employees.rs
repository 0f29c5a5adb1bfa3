//! The employee register.

use super::{Desk, Listed, Listing};
use crate::error::{Denied, Error};
use crate::id::EmployeeId;
use crate::model::{Employee, Loaded, OrgUnit, RecordKind, UniqueKey, Version};
use crate::rules::Operation;
use crate::rules::employees::{self, EmployeeSurroundings, NewEmployee};
use crate::store::{Lookup, StoreExt};

/// The register of persons, apart from who has access (LO1, LO2).
#[derive(Debug, Clone, Copy)]
pub struct Employees<'a>(pub(super) &'a Desk, pub(super) Option<Version>);

impl Employees<'_> {
    /// The same, for a employee as somebody read them: an edit is refused as [`Error::Stale`], with what was changed since, unless
    /// they still have this version (D4). [`load`](Employees::load) tells it. It matters to the calls that change one employee; an
    /// edit without a version acts on what is there.
    #[must_use]
    pub fn if_unchanged(self, version: Version) -> Self {
        Self(self.0, Some(version))
    }

    /// Adds an employee. Takes `employees.manage` where they work.
    ///
    /// # Errors
    /// As [`employees::add`]; [`Denied::SignatureTaken`].
    pub async fn add(&self, employee: NewEmployee) -> Result<Employee, Error> {
        let (desk, employee) = (self.0, &employee);
        desk.act(|cx| async move {
            let around = desk
                .around_employee(&cx, None, employee.unit, employee.supervisor)
                .await?;
            Ok(employees::add(&cx, employee, &around)?)
        })
        .await
    }

    /// Edits an employee: everything is replaced by what is given here.
    ///
    /// # Errors
    /// As [`employees::edit`]; [`Denied::SignatureTaken`].
    pub async fn edit(&self, employee: EmployeeId, to: NewEmployee) -> Result<Employee, Error> {
        let (desk, read, to) = (self.0, self.1, &to);
        desk.act(|cx| async move {
            cx.permit(Operation::EditEmployee)?;
            let wanted = [Lookup::from(employee), Lookup::from(UniqueKey::employee_user(employee))];
            let mut found = desk.tenure.inner.store.load(cx.tenant_id(), &wanted).await?.into_iter();
            let loaded = found.next().flatten().and_then(Loaded::cast::<Employee>);
            let user = found.next().flatten().and_then(Loaded::cast);
            let before = loaded.as_ref().map(|employee| &employee.value);
            let around = desk.around_employee(&cx, before, to.unit, to.supervisor).await?;
            let around = EmployeeSurroundings { user, ..around };
            let decided = employees::edit(&cx, loaded.as_ref(), to, &around);
            desk.about(read, loaded.as_ref(), decided).await
        })
        .await
    }

    /// Changes whom one employee reports to.
    ///
    /// # Errors
    /// As [`employees::change_supervisor`].
    pub async fn change_supervisor(
        &self,
        employee: EmployeeId,
        supervisor: Option<EmployeeId>,
    ) -> Result<Employee, Error> {
        let (desk, read) = (self.0, self.1);
        desk.act(|cx| async move {
            cx.permit(Operation::ChangeSupervisor)?;
            let loaded = desk
                .tenure
                .inner
                .store
                .get::<Employee>(cx.tenant_id(), employee)
                .await?;
            let before = loaded.as_ref().map(|employee| &employee.value);
            let around = desk.around_employee(&cx, before, None, supervisor).await?;
            let decided = employees::change_supervisor(&cx, loaded.as_ref(), supervisor, &around);
            desk.about(read, loaded.as_ref(), decided).await
        })
        .await
    }

    /// Everyone who reports to `from` reports to `to` from now on, in one act (IF6).
    ///
    /// # Errors
    /// As [`employees::move_reports`].
    pub async fn move_reports(&self, from: EmployeeId, to: EmployeeId) -> Result<(), Error> {
        let (desk, read) = (self.0, self.1);
        desk.act(|cx| async move {
            cx.permit_everywhere(Operation::MoveReports)?;
            let wanted = [Lookup::from(from), Lookup::from(to)];
            let mut found = desk.tenure.inner.store.load(cx.tenant_id(), &wanted).await?.into_iter();
            let from = found.next().flatten().and_then(Loaded::cast::<Employee>);
            let to = found.next().flatten().and_then(Loaded::cast::<Employee>);
            let above = match &to {
                Some(to) => desk.above(&cx, to).await?,
                None => Vec::new(),
            };
            let too_low = match (&from, &to) {
                (Some(from), Some(to)) => {
                    let over_from = desk.above(&cx, from).await?;
                    employees::too_low_after_move(from, &over_from, to, &above)
                }
                _ => None,
            };
            let too_low = desk.is_anybody(&cx, too_low).await?;
            let decided = employees::move_reports(&cx, from.as_ref(), to.as_ref(), &above, too_low);
            desk.about(read, from.as_ref(), decided).await
        })
        .await
    }

    /// Removes an employee who has no user and to whom nobody reports.
    ///
    /// # Errors
    /// As [`employees::remove`]; [`Denied::InUse`] with the count.
    pub async fn remove(&self, employee: EmployeeId) -> Result<(), Error> {
        let (desk, read) = (self.0, self.1);
        desk.act(|cx| async move {
            let (loaded, unit) = desk.employee(cx.tenant_id(), employee).await?;
            let decided = employees::remove(&cx, loaded.as_ref(), unit.as_ref());
            desk.about(read, loaded.as_ref(), decided).await
        })
        .await
    }

    /// One employee.
    ///
    /// # Errors
    /// [`Denied::Forbidden`], [`Denied::NotFound`].
    pub async fn get(&self, employee: EmployeeId) -> Result<Employee, Error> {
        Ok(self.load(employee).await?.value)
    }

    /// One employee, with the version that [`if_unchanged`](Employees::if_unchanged) takes.
    ///
    /// # Errors
    /// [`Denied::Forbidden`], [`Denied::NotFound`].
    pub async fn load(&self, employee: EmployeeId) -> Result<Loaded<Employee>, Error> {
        let cx = self.0.context().await?;
        cx.permit(Operation::ReadEmployees)?;
        let (loaded, unit) = self.0.employee(cx.tenant_id(), employee).await?;
        employees::may_see(&cx, loaded.as_ref(), unit.as_ref())?;
        Ok(loaded.ok_or(Denied::NotFound {
            what: RecordKind::Employee,
        })?)
    }

    /// Lists who reports to somebody, of those whom [`list`](Employees::list) shows: nobody, where that one is not there.
    ///
    /// ```
    /// # use tenure::mail::{CourierMode, LinkBase, MemoryMailer};
    /// # use tenure::store::MemoryStore;
    /// # use tenure::{Founding, Listing, NewEmployee, NewUser, Reports, Tenure};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let tenure = Tenure::builder(std::sync::Arc::new(MemoryStore::new()), std::sync::Arc::new(MemoryMailer::new()))
    /// #     .links(LinkBase::new("https://backoffice.example.com")?)
    /// #     .courier(CourierMode::Manual)
    /// #     .build()?;
    /// # let owner = NewUser::new("Ada", "Lovelace", "ada@nordwind.example");
    /// # let founded = tenure.found(Founding::new("Nordwind", owner, "Correct-Horse-7")).await?;
    /// # let desk = tenure.system(founded.tenant.id, "an example")?;
    /// let head = desk.employees().add(NewEmployee::new("Kate", "O'Hara")).await?;
    /// let deputy = desk.employees().add(NewEmployee::new("Ole", "Berg").supervisor(head.id)).await?;
    /// let clerk = desk.employees().add(NewEmployee::new("Kim", "Dahl").supervisor(deputy.id)).await?;
    ///
    /// let direct = desk.employees().reports(head.id, Reports::Direct, Listing::new()).await?;
    /// assert_eq!(direct.items, [deputy.clone()]);
    /// let all = desk.employees().reports(head.id, Reports::All, Listing::new()).await?;
    /// assert_eq!(all.items, [deputy, clerk]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Denied::Forbidden`].
    pub async fn reports(
        &self,
        supervisor: EmployeeId,
        how_far: Reports,
        listing: Listing,
    ) -> Result<Listed<Employee>, Error> {
        self.list(match how_far {
            Reports::Direct => listing.reports_to(supervisor),
            Reports::All => listing.below(supervisor),
        })
        .await
    }

    /// Lists employees: those who work in the actor's units, or all.
    ///
    /// # Errors
    /// [`Denied::Forbidden`].
    pub async fn list(&self, listing: Listing) -> Result<Listed<Employee>, Error> {
        let cx = self.0.context().await?;
        let asked = listing.ask(RecordKind::Employee, &cx, cx.scope(Operation::ReadEmployees)?)?;
        let page = asked.of::<Employee>(&*self.0.tenure.inner.store, &cx).await?;
        Ok(page.map(|employee| employee.value))
    }
}

/// How far below somebody. Closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reports {
    /// Those who report to them directly.
    Direct,
    /// All below them, however far.
    All,
}

impl Desk {
    /// An employee with the unit that they work in.
    async fn employee(
        &self,
        tenant: crate::id::TenantId,
        employee: EmployeeId,
    ) -> Result<(Option<Loaded<Employee>>, Option<Loaded<OrgUnit>>), Error> {
        let store = &self.tenure.inner.store;
        let loaded = store.get::<Employee>(tenant, employee).await?;
        let unit = match loaded.as_ref().and_then(|employee| employee.unit) {
            Some(unit) => store.get(tenant, unit).await?,
            None => None,
        };
        Ok((loaded, unit))
    }
}
