//! Many at once: import, export, status.

use std::collections::BTreeMap;

use super::{Desk, Listed, Listing, PageCursor};
use crate::error::{Denied, Error};
use crate::id::{EmployeeId, UserId};
use crate::model::{Employee, Loaded, OrgUnit, RecordKind, Role, User};
use crate::rules::bulk::{
    self, Counts, EmployeeRow, Import, ImportReport, Imported, Known, Names, UserRow, employee_row, user_row,
};
use crate::rules::status::StatusChange;
use crate::rules::{Context, Decision, Operation};
use crate::store::{Counter, Lookup, Query, StoreExt};
use crate::tenure::Tenure;

/// How often an import is decided anew because others took a name or a seat meanwhile. Then it says in which row.
const TRIES: usize = 3;

/// Bulk acts: employees and users brought in and taken out as rows, and the status of many users changed in one act.
///
/// ```
/// # use tenure::mail::{CourierMode, LinkBase, MemoryMailer};
/// # use tenure::store::MemoryStore;
/// # use tenure::{Denied, EmployeeRow, Error, Founding, Import, NewUser, Tenure, UserRow};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let tenure = Tenure::builder(std::sync::Arc::new(MemoryStore::new()), std::sync::Arc::new(MemoryMailer::new()))
/// #     .links(LinkBase::new("https://backoffice.example.com")?)
/// #     .courier(CourierMode::Manual)
/// #     .build()?;
/// # let owner = NewUser::new("Ada", "Lovelace", "ada@nordwind.example");
/// # let founded = tenure.found(Founding::new("Nordwind", owner, "Correct-Horse-7")).await?;
/// # let desk = tenure.system(founded.tenant.id, "an example")?;
/// let mut kate = EmployeeRow::new("Kate", "O'Hara");
/// kate.signature = Some("KOH".to_owned());
/// kate.email = Some("kate@nordwind.example".to_owned());
/// let import = Import::new().employees([kate]).users([UserRow::of_employee("KOH")]);
///
/// assert_eq!(desk.bulk().check(&import).await?.refused, []);
/// let imported = desk.bulk().import(&import).await?;
/// assert_eq!((imported.employees.len(), imported.users.len()), (1, 1));
///
/// // A second time nothing is written, and each row says why.
/// let refused = desk.bulk().import(&import).await;
/// let Err(Error::Denied(Denied::RowsRefused { rows })) = refused else { panic!() };
/// assert_eq!(rows[0].reasons, [Denied::SignatureTaken]);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Bulk<'a>(pub(super) &'a Desk);

impl Bulk<'_> {
    /// What an import would do, and every row that stands against it, with every reason. Writes nothing: a seat or a name that time has
    /// freed, without that being written down yet, counts as taken here, and not when it is imported.
    ///
    /// # Errors
    /// As [`bulk::check`].
    pub async fn check(&self, import: &Import) -> Result<ImportReport, Error> {
        let cx = self.0.context().await?;
        bulk::permit(&cx, import)?;
        let known = self.0.known(&cx, import).await?;
        Ok(bulk::check(&cx, import, &known)?)
    }

    /// Brings in employees and users in one act: all rows or none (D3). One event a row; no mail, unless the import says so.
    ///
    /// # Errors
    /// As [`bulk::import`]: [`Denied::RowsRefused`] with every row that stands against it; [`Denied::MailNotReady`].
    pub async fn import(&self, import: &Import) -> Result<Imported, Error> {
        let desk = self.0;
        let mut tried = 1;
        loop {
            let imported = desk.act(|cx| async move {
                bulk::permit(&cx, import)?;
                let known = desk.settled(&cx, import).await?;
                let decision = bulk::import(&cx, import, &known)?;
                if !decision.mail.is_empty() {
                    desk.ask_mailer().await?;
                }
                Ok(decision)
            });
            match imported.await {
                // What the store refuses was free when it was looked at: look again, and say which row it is.
                Err(Error::Denied(denied)) if tried < TRIES && is_of_one_row(&denied) => tried += 1,
                ended => return ended,
            }
        }
    }

    /// A page of the employee register as rows, in the order in which they came to be; those who work in the actor's units, or
    /// all. The next page begins at [`Listed::next`].
    ///
    /// # Errors
    /// [`Denied::Forbidden`].
    pub async fn export_employees(&self, after: Option<PageCursor>, limit: u32) -> Result<Listed<EmployeeRow>, Error> {
        let (desk, cx) = (self.0, self.0.context().await?);
        let listing = Listing::new().after(after).limit(limit);
        let asked = listing.ask(RecordKind::Employee, &cx, cx.scope(Operation::ExportEmployees)?)?;
        let page = asked.of::<Employee>(&*desk.tenure.inner.store, &cx).await?;
        let names = desk.names(&cx, Operation::ExportEmployees).await?;
        let above = page.items.iter().filter_map(|employee| employee.supervisor);
        let mut above = desk.employees_by_id(&cx, above).await?;
        above.retain(|_, above| bulk::is_shown(&cx, Operation::ExportEmployees, above, &names));
        Ok(page.map(|employee| {
            let supervisor = employee.supervisor.and_then(|supervisor| above.get(&supervisor));
            employee_row(&employee, supervisor, &names)
        }))
    }

    /// A page of users as rows, in the order in which they came to be; those in the actor's units, or all but the deleted. No
    /// secrets and no password hashes are in them.
    ///
    /// # Errors
    /// [`Denied::Forbidden`].
    pub async fn export_users(&self, after: Option<PageCursor>, limit: u32) -> Result<Listed<UserRow>, Error> {
        let (desk, cx) = (self.0, self.0.context().await?);
        let listing = Listing::new().after(after).limit(limit);
        let asked = listing.ask(RecordKind::User, &cx, cx.scope(Operation::ExportUsers)?)?;
        let page = asked.of::<User>(&*desk.tenure.inner.store, &cx).await?;
        let names = desk.names(&cx, Operation::ExportUsers).await?;
        let page = page.map(|user| user.value.as_of(cx.now));
        let employees = page.items.iter().filter_map(|user| user.kind.employee());
        let mut employees = desk.employees_by_id(&cx, employees).await?;
        employees.retain(|_, employee| bulk::is_shown(&cx, Operation::ExportUsers, employee, &names));
        Ok(page.map(|user| {
            let employee = user.kind.employee().and_then(|employee| employees.get(&employee));
            user_row(&user, employee, &names)
        }))
    }

    /// Changes the status of all of these users in one act, or of none: of [`MOST_CHANGED`](bulk::MOST_CHANGED) at most.
    ///
    /// # Errors
    /// As [`bulk::change_all`]: [`Denied::TooManyAtOnce`], [`Denied::RowsRefused`] with the places in the list, from 1, and every reason.
    pub async fn change_status(
        &self,
        users: impl IntoIterator<Item = UserId>,
        change: StatusChange,
    ) -> Result<Vec<User>, Error> {
        let (desk, change) = (self.0, &change);
        let users: Vec<UserId> = users.into_iter().collect();
        let users = &users;
        desk.act(|cx| async move {
            bulk::permit_change(&cx, users.len())?;
            match desk.change_all(&cx, users, change).await {
                Err(Error::Denied(Denied::RowsRefused { rows }))
                    if bulk::waits_on_time(&rows) && desk.tenure.settle_users(cx.tenant_id(), cx.now).await? =>
                {
                    desk.change_all(&cx, users, change).await
                }
                decided => decided,
            }
        })
        .await
    }
}

/// Whether a refusal of the store may be one that looking at the rows again explains.
fn is_of_one_row(denied: &Denied) -> bool {
    matches!(
        denied,
        Denied::LoginTaken { .. }
            | Denied::SignatureTaken
            | Denied::EmployeeHasUser
            | Denied::NoSeat { .. }
            | Denied::Invalid { .. }
    )
}

impl Desk {
    /// What an import names, after all that is due and stands in its way was written down.
    async fn settled(&self, cx: &Context, import: &Import) -> Result<Known, Error> {
        let known = self.known(cx, import).await?;
        let overdue: Vec<UserId> = known.overdue(cx.now).collect();
        let wants_seats = cx.tenant.seats.limit.is_some() && !import.users.is_empty();
        let needs_seats = wants_seats && bulk::waits_on_time(&bulk::check(cx, import, &known)?.refused);
        let (mut any, tenant) = (false, cx.tenant_id());
        for user in overdue {
            any |= self.tenure.settle_readable(tenant, cx.now, user.into()).await?;
        }
        if needs_seats {
            any |= self.tenure.settle_users(tenant, cx.now).await?;
        }
        if any { self.known(cx, import).await } else { Ok(known) }
    }

    async fn change_all(
        &self,
        cx: &Context,
        users: &[UserId],
        change: &StatusChange,
    ) -> Result<Decision<Vec<User>>, Error> {
        let wanted: Vec<Lookup> = users.iter().copied().map(Lookup::from).collect();
        let loaded = self.load_all::<User>(cx, &wanted).await?;
        let named = loaded.iter().flatten().map(|user| &user.value);
        let around = self.tenure.surroundings(cx.tenant_id(), &[], named).await?;
        let counts = self.counts(cx).await?;
        let users: Vec<_> = users.iter().copied().zip(loaded).collect();
        Ok(bulk::change_all(cx, &users, change, &around, counts)?)
    }

    async fn known(&self, cx: &Context, import: &Import) -> Result<Known, Error> {
        let names = self.names(cx, Operation::Import).await?;
        let mut known = Known::new(names, self.counts(cx).await?);
        loop {
            let wanted = known.wanted(import);
            if wanted.is_empty() {
                return Ok(known);
            }
            for wanted in wanted.chunks(Tenure::LOADED_AT_ONCE) {
                let found = self.tenure.inner.store.load(cx.tenant_id(), wanted).await?;
                known.take(wanted, found);
            }
        }
    }

    /// The units that the actor sees by this operation, and the roles, by name.
    async fn names(&self, cx: &Context, operation: Operation) -> Result<Names, Error> {
        let (store, tenant) = (&self.tenure.inner.store, cx.tenant_id());
        let units = Query::new(RecordKind::Unit, cx.now).scope(cx.scope(operation)?);
        let units = store.all::<OrgUnit>(tenant, units).await?;
        let roles = store.all::<Role>(tenant, Query::new(RecordKind::Role, cx.now)).await?;
        Ok(Names::new(units, roles))
    }

    async fn counts(&self, cx: &Context) -> Result<Counts, Error> {
        let store = &self.tenure.inner.store;
        let seats = store.counter(cx.tenant_id(), Counter::Seats).await?;
        let administrators = store.counter(cx.tenant_id(), Counter::Administrators).await?;
        Ok(Counts::new(seats, administrators))
    }

    async fn load_all<T: crate::model::Kept>(
        &self,
        cx: &Context,
        wanted: &[Lookup],
    ) -> Result<Vec<Option<Loaded<T>>>, Error> {
        let mut all = Vec::with_capacity(wanted.len());
        for wanted in wanted.chunks(Tenure::LOADED_AT_ONCE) {
            let found = self.tenure.inner.store.load(cx.tenant_id(), wanted).await?;
            all.extend(found.into_iter().map(|found| found.and_then(Loaded::cast)));
        }
        Ok(all)
    }

    async fn employees_by_id(
        &self,
        cx: &Context,
        ids: impl Iterator<Item = EmployeeId>,
    ) -> Result<BTreeMap<EmployeeId, Employee>, Error> {
        let wanted: Vec<Lookup> = ids.map(Lookup::from).collect();
        let found = self.load_all::<Employee>(cx, &wanted).await?;
        let found = found.into_iter().flatten();
        Ok(found.map(|employee| (employee.id, employee.value)).collect())
    }
}
