//! Users: created, edited, taken out of use and back, deleted.

mod address;
mod identity;
mod report;

use std::collections::BTreeSet;

use super::loading::Subject;
use super::{Desk, Listed, Listing};
use crate::clock::Timestamp;
use crate::error::{Denied, Error};
use crate::id::{EmployeeId, UnitId, UserId};
use crate::model::{Employee, Grant, Loaded, RecordId, RecordKind, StatusKind, UniqueKey, User, Version};
use crate::rules::deletion::{self, Belongings, Blocker, DeletionReport};
use crate::rules::resets;
use crate::rules::rights::{Surroundings, may_see};
use crate::rules::status::{self, StatusChange, Suspension};
use crate::rules::users::{self, Access, NewUser, ProfileEdit, UserEdit};
use crate::rules::{Context, Decision, Operation, one_time, throttle};
use crate::store::{Counter, Lookup, StoreExt};

/// Users: who has access.
#[derive(Debug, Clone, Copy)]
pub struct Users<'a>(pub(super) &'a Desk, pub(super) Option<Version>);

/// An employee who could be made a user, or why not (LO3).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Candidate {
    /// The employee.
    pub employee: Employee,
    /// Whether there is an address; without one there can be no user.
    pub has_address: bool,
    /// Whether there is a user already; there cannot be two.
    pub has_access: bool,
}

impl Users<'_> {
    /// The same, for a user as somebody read them: an edit is refused as [`Error::Stale`], with what was changed since, unless
    /// they still have this version (D4). [`load`](Users::load) tells it. It matters to the calls that change one user; an
    /// edit without a version acts on what is there.
    #[must_use]
    pub fn if_unchanged(self, version: Version) -> Self {
        Self(self.0, Some(version))
    }

    /// Every employee as a candidate for a new user (LO3). With [`Listing::has_user`]`(false)`: those without.
    ///
    /// # Errors
    /// [`Denied::Forbidden`].
    pub async fn candidates(&self, listing: Listing) -> Result<Listed<Candidate>, Error> {
        let (cx, store) = (self.0.context().await?, &self.0.tenure.inner.store);
        let asked = listing.ask(RecordKind::Employee, &cx, cx.scope(Operation::ReadCandidates)?)?;
        let page = asked.of::<Employee>(&**store, &cx).await?;
        let keys = page.items.iter().map(|employee| UniqueKey::employee_user(employee.id));
        let keys: Vec<Lookup> = keys.map(Lookup::from).collect();
        let mut users = if keys.is_empty() {
            Vec::new()
        } else {
            store.load(cx.tenant_id(), &keys).await?
        }
        .into_iter();
        Ok(page.map(|employee| Candidate {
            has_address: employee.email.is_some(),
            has_access: users.next().flatten().is_some(),
            employee: employee.value,
        }))
    }

    /// Creates a user from an employee (LO1–LO4). Whether the invitation goes out in the same act, the policy says, or
    /// the [`Access`].
    ///
    /// # Errors
    /// As [`users::create_for`].
    pub async fn create_for(&self, employee: EmployeeId, access: Access) -> Result<User, Error> {
        let access = &access;
        self.create_with(|desk, cx| async move {
            let loaded = desk
                .tenure
                .inner
                .store
                .get::<Employee>(cx.tenant_id(), employee)
                .await?;
            let units = loaded.as_ref().and_then(|employee| employee.unit);
            let around = desk.around_access(&cx, access, units).await?;
            Ok(users::create_for(&cx, loaded.as_ref(), access, &around)?)
        })
        .await
    }

    /// Creates a user and, in the same act, the employee that every internal person has.
    ///
    /// # Errors
    /// As [`users::create_internal`].
    pub async fn create(&self, user: NewUser, access: Access) -> Result<User, Error> {
        let (user, access) = (&user, &access);
        self.create_with(|desk, cx| async move {
            let around = desk.around_access(&cx, access, None).await?;
            Ok(users::create_internal(&cx, user, access, &around)?)
        })
        .await
    }

    /// Creates a user for a client's contact, who is no employee (LO6).
    ///
    /// # Errors
    /// As [`users::create_external`].
    pub async fn create_external(&self, user: NewUser, client: UnitId, access: Access) -> Result<User, Error> {
        let (user, access) = (&user, &access);
        self.create_with(|desk, cx| async move {
            let around = desk.around_access(&cx, access, Some(client)).await?;
            Ok(users::create_external(&cx, user, client, access, &around)?)
        })
        .await
    }

    /// Creates a user for a program, who is API-only: it comes with an API key or, by policy, a password, and never has an
    /// interactive session (BI2).
    ///
    /// # Errors
    /// As [`users::create_program`].
    pub async fn create_program(&self, user: NewUser, access: Access) -> Result<User, Error> {
        let (user, access) = (&user, &access.api_only());
        self.create_with(|desk, cx| async move {
            let around = desk.around_access(&cx, access, None).await?;
            Ok(users::create_program(&cx, user, access, &around)?)
        })
        .await
    }

    /// Where the creation sends a mail, the mailer is asked before anything is written (BI3).
    async fn create_with<'d, F, Fut>(&'d self, rule: F) -> Result<User, Error>
    where
        F: Fn(&'d Desk, Context) -> Fut,
        Fut: Future<Output = Result<Decision<User>, Error>>,
    {
        let desk = self.0;
        let rule = &rule;
        desk.act(|cx| async move {
            let decision = rule(desk, cx).await?;
            if !decision.mail.is_empty() {
                desk.ask_mailer().await?;
            }
            Ok(decision)
        })
        .await
    }

    /// One user.
    ///
    /// # Errors
    /// [`Denied::Forbidden`], [`Denied::NotFound`].
    pub async fn get(&self, user: UserId) -> Result<User, Error> {
        Ok(self.load(user).await?.value)
    }

    /// One user, with the version that [`if_unchanged`](Users::if_unchanged) takes.
    ///
    /// # Errors
    /// [`Denied::Forbidden`], [`Denied::NotFound`].
    pub async fn load(&self, user: UserId) -> Result<Loaded<User>, Error> {
        let cx = self.0.context().await?;
        cx.permit(Operation::ReadUsers)?;
        let subject = self.0.subject(cx.tenant_id(), user, &[], &BTreeSet::new()).await?;
        let found = subject.user.filter(|user| user.status.kind() != StatusKind::Deleted);
        let user = found
            .ok_or(Denied::NotFound { what: RecordKind::User })?
            .map(|user| user.as_of(cx.now));
        may_see(&cx, Operation::ReadUsers, &user, &subject.around)?;
        Ok(user)
    }

    /// Lists users: those in the actor's units, or all. In which states where the listing does not say, the policy says.
    ///
    /// # Errors
    /// [`Denied::Forbidden`].
    pub async fn list(&self, listing: Listing) -> Result<Listed<User>, Error> {
        let cx = self.0.context().await?;
        let listing = match &cx.policy.listed_by_default {
            Some(states) if !listing.names_status() => listing.status(states.iter().map(|state| state.as_str())),
            _ => listing,
        };
        let asked = listing.ask(RecordKind::User, &cx, cx.scope(Operation::ReadUsers)?)?;
        let page = asked.of::<User>(&*self.0.tenure.inner.store, &cx).await?;
        Ok(page.map(|user| user.value.as_of(cx.now)))
    }

    /// Gives a user other rights, instead of those they had.
    ///
    /// # Errors
    /// As [`users::change_grants`].
    pub async fn change_grants(&self, user: UserId, grants: Vec<Grant>) -> Result<User, Error> {
        self.on_with(user, &grants, &BTreeSet::new(), |cx, subject| {
            users::change_grants(cx, subject.user.as_ref(), &grants, &subject.around)
        })
        .await
    }

    /// Gives a user one right besides those they have (PS3).
    ///
    /// # Errors
    /// As [`users::grant`].
    pub async fn grant(&self, user: UserId, grant: Grant) -> Result<User, Error> {
        let named = std::slice::from_ref(&grant);
        self.on_with(user, named, &BTreeSet::new(), |cx, subject| {
            users::grant(cx, subject.user.as_ref(), &grant, &subject.around)
        })
        .await
    }

    /// Takes one right from a user, in the scope in which it was given.
    ///
    /// # Errors
    /// As [`users::revoke`].
    pub async fn revoke(&self, user: UserId, grant: &Grant) -> Result<User, Error> {
        self.on(user, |cx, subject| {
            users::revoke(cx, subject.user.as_ref(), grant, &subject.around)
        })
        .await
    }

    /// Changes the units that a user belongs to.
    ///
    /// # Errors
    /// As [`users::change_memberships`].
    pub async fn change_memberships(
        &self,
        user: UserId,
        units: impl IntoIterator<Item = UnitId>,
    ) -> Result<User, Error> {
        let units: BTreeSet<UnitId> = units.into_iter().collect();
        self.on_with(user, &[], &units, |cx, subject| {
            users::change_memberships(cx, subject.user.as_ref(), &units, &subject.around)
        })
        .await
    }

    /// Edits everything about a user in one act: profile, user name, rights, units, networks, API-only (BI4, IF7).
    ///
    /// # Errors
    /// As [`users::edit`].
    pub async fn edit(&self, user: UserId, edit: UserEdit) -> Result<User, Error> {
        let from = self.0.client();
        let grants = edit.grants.as_deref().unwrap_or_default();
        let units = edit.memberships.clone().unwrap_or_default();
        self.on_with(user, grants, &units, |cx, subject| {
            let (user, credential) = (subject.user.as_ref(), subject.credential.as_ref());
            users::edit(cx, user, credential, &edit, &from, &subject.around)
        })
        .await
    }

    /// Edits a user's profile.
    ///
    /// # Errors
    /// As [`users::edit_profile`].
    pub async fn edit_profile(&self, user: UserId, edit: ProfileEdit) -> Result<User, Error> {
        let edit = &edit;
        self.on(user, |cx, subject| {
            users::edit_profile(cx, subject.user.as_ref(), edit, &subject.around)
        })
        .await
    }

    /// Brings an inactive user into use.
    ///
    /// # Errors
    /// As [`status::change`].
    pub async fn activate(&self, user: UserId) -> Result<User, Error> {
        self.change_status(user, StatusChange::Activate).await
    }

    /// Sets the day on which an inactive user becomes active by themselves, or clears it. A set day keeps a seat.
    ///
    /// # Errors
    /// As [`status::change`].
    pub async fn schedule_start(&self, user: UserId, day: Option<Timestamp>) -> Result<User, Error> {
        self.change_status(user, StatusChange::ScheduleStart(day)).await
    }

    /// Takes a user out of use: access and sessions end.
    ///
    /// # Errors
    /// As [`status::change`].
    pub async fn deactivate(&self, user: UserId) -> Result<User, Error> {
        self.change_status(user, StatusChange::Deactivate).await
    }

    /// Sets the day on which an active user becomes inactive by themselves, or clears it.
    ///
    /// # Errors
    /// As [`status::change`].
    pub async fn schedule_end(&self, user: UserId, day: Option<Timestamp>) -> Result<User, Error> {
        self.change_status(user, StatusChange::ScheduleEnd(day)).await
    }

    /// Takes a user out of use for a while: access and sessions end at once.
    ///
    /// # Errors
    /// As [`status::change`].
    pub async fn suspend(&self, user: UserId, suspension: Suspension) -> Result<User, Error> {
        self.change_status(user, StatusChange::Suspend(suspension)).await
    }

    /// Undoes a suspension.
    ///
    /// # Errors
    /// As [`status::change`].
    pub async fn reinstate(&self, user: UserId) -> Result<User, Error> {
        self.change_status(user, StatusChange::Reinstate).await
    }

    /// Takes a user out of use for good: they left.
    ///
    /// # Errors
    /// As [`status::change`].
    pub async fn disable(&self, user: UserId) -> Result<User, Error> {
        self.change_status(user, StatusChange::Disable).await
    }

    /// Brings back somebody who had left.
    ///
    /// # Errors
    /// As [`status::change`].
    pub async fn reactivate(&self, user: UserId) -> Result<User, Error> {
        self.change_status(user, StatusChange::Reactivate).await
    }

    /// Changes a user's status.
    ///
    /// # Errors
    /// As [`status::change`].
    pub async fn change_status(&self, user: UserId, change: StatusChange) -> Result<User, Error> {
        let change = &change;
        self.on(user, |cx, subject| {
            status::change(cx, subject.user.as_ref(), change, &subject.around)
        })
        .await
    }

    /// Sends a user the link to set a new password (IF9, BI8); the one they have is good until they use it. Whether the mail went
    /// out, [`Invitations::mails`](super::Invitations::mails) tells.
    ///
    /// # Errors
    /// As [`resets::send`]; [`Denied::MailNotReady`].
    pub async fn send_reset(&self, user: UserId) -> Result<User, Error> {
        let (desk, read) = (self.0, self.1);
        desk.act(|cx| async move {
            let subject = desk.subject(cx.tenant_id(), user, &[], &BTreeSet::new()).await?;
            let decided = resets::send(&cx, subject.user.as_ref(), &subject.around);
            let decision = desk.about(read, subject.user.as_ref(), decided).await?;
            desk.ask_mailer().await?;
            Ok(decision)
        })
        .await
    }

    /// Sends a user a generated password that is good for one login, in place of the one they have, which is void (IF9, PS2).
    /// Sent again, it is another one. Whether the mail went out, [`Invitations::mails`](super::Invitations::mails) tells.
    ///
    /// # Errors
    /// As [`one_time::send`]; [`Denied::MailNotReady`].
    pub async fn send_one_time_password(&self, user: UserId) -> Result<User, Error> {
        let (desk, read) = (self.0, self.1);
        desk.act(|cx| async move {
            let subject = desk.subject(cx.tenant_id(), user, &[], &BTreeSet::new()).await?;
            let Subject {
                user: loaded,
                credential,
                around,
                ..
            } = &subject;
            let throttle = RecordId::Throttle(throttle::account(user));
            let throttle = [Lookup::Id(throttle)];
            let mut found = desk
                .tenure
                .inner
                .store
                .load(cx.tenant_id(), &throttle)
                .await?
                .into_iter();
            let throttle = found.next().flatten().and_then(Loaded::cast);
            let (user, credential) = (loaded.as_ref(), credential.as_ref());
            let decided = one_time::send(&cx, user, credential, throttle.as_ref(), around);
            let decision = desk.about(read, user, decided).await?;
            desk.ask_mailer().await?;
            Ok(decision)
        })
        .await
    }

    /// What a deletion would meet: the host's blockers and ours, all at once. Writes nothing.
    ///
    /// # Errors
    /// [`Denied::Forbidden`], [`Denied::NotFound`].
    pub async fn deletion_report(&self, user: UserId) -> Result<DeletionReport, Error> {
        let cx = self.0.context().await?;
        cx.permit(Operation::ReadDeletionReport)?;
        let subject = self.0.subject(cx.tenant_id(), user, &[], &BTreeSet::new()).await?;
        let loaded = subject.user.as_ref();
        // Whoever may not see them learns nothing from the host's checks, nor how long those take.
        deletion::report(&cx, loaded, Vec::new(), 0, &subject.around)?;
        let administrators = self
            .0
            .tenure
            .inner
            .store
            .counter(cx.tenant_id(), Counter::Administrators)
            .await?;
        let hosts = match loaded {
            Some(user) => self.0.ask_guards(&user.value).await,
            None => Vec::new(),
        };
        Ok(deletion::report(&cx, loaded, hosts, administrators, &subject.around)?)
    }

    /// Begins a deletion: the user takes on nothing new, until the policy's time is over.
    ///
    /// # Errors
    /// As [`deletion::hold`].
    pub async fn hold(&self, user: UserId) -> Result<User, Error> {
        self.on(user, |cx, subject| {
            deletion::hold(cx, subject.user.as_ref(), &subject.around)
        })
        .await
    }

    /// Ends the preparation of a deletion.
    ///
    /// # Errors
    /// As [`deletion::release`].
    pub async fn release(&self, user: UserId) -> Result<User, Error> {
        self.on(user, |cx, subject| {
            deletion::release(cx, subject.user.as_ref(), &subject.around)
        })
        .await
    }

    /// Deletes a user: holds them, asks every check, and deletes or, where anything stands against it, releases.
    /// Whoever was held before stays held.
    ///
    /// Should the program stop in between, the user is held until the policy's time is over, and is as before then.
    ///
    /// # Errors
    /// As [`deletion::delete`]: [`Denied::Blocked`] with every blocker.
    pub async fn delete(&self, user: UserId) -> Result<(), Error> {
        let desk = self.0;
        let before = self.peek_hold(user).await?;
        let held = self.hold(user).await?;
        let blockers = desk.ask_guards(&held).await;
        let deleted = desk
            .act(|cx| {
                let blockers: Vec<Blocker> = blockers.clone();
                async move {
                    let subject = desk.subject(cx.tenant_id(), user, &[], &BTreeSet::new()).await?;
                    let Subject {
                        user,
                        credential,
                        invitation,
                        around,
                    } = subject;
                    let heir = match cx.user() {
                        Some(actor) if user.as_ref().is_some_and(|user| user.id == cx.tenant.owner) => {
                            desk.heir(&cx, actor).await?
                        }
                        _ => None,
                    };
                    let belongings = Belongings {
                        credential,
                        invitation,
                        heir,
                    };
                    Ok(deletion::delete(&cx, user.as_ref(), blockers, &belongings, &around)?)
                }
            })
            .await;
        if deleted.is_err() && !before {
            // The refusal is what the caller has to know; a hold that stays ends by itself. The hold made a version of its own.
            if let Err(error) = desk.users().release(user).await {
                tracing::warn!(%user, %error, "a hold could not be released");
            }
        }
        deleted.map(|_| ())
    }

    /// Brings back a deleted user, inactive and without a password.
    ///
    /// # Errors
    /// As [`deletion::restore`].
    pub async fn restore(&self, user: UserId) -> Result<User, Error> {
        let (desk, read) = (self.0, self.1);
        desk.act(|cx| async move {
            let mut subject = desk.subject(cx.tenant_id(), user, &[], &BTreeSet::new()).await?;
            if let Some(employee) = subject.user.as_ref().and_then(|user| user.kind.employee()) {
                subject.around.employee = desk.tenure.inner.store.get(cx.tenant_id(), employee).await?;
            }
            let decided = deletion::restore(&cx, subject.user.as_ref(), &subject.around);
            desk.about(read, subject.user.as_ref(), decided).await
        })
        .await
    }

    async fn peek_hold(&self, user: UserId) -> Result<bool, Error> {
        let (store, now) = (&self.0.tenure.inner.store, self.0.tenure.now());
        let user = store.get::<User>(self.0.tenant_id(), user).await?;
        Ok(user.is_some_and(|user| user.value.as_of(now).hold.is_some()))
    }

    /// One rule about one user.
    pub(super) async fn on<T, R>(&self, user: UserId, rule: R) -> Result<T, Error>
    where
        R: Fn(&Context, &Subject) -> Result<Decision<T>, Denied>,
    {
        self.on_with(user, &[], &BTreeSet::new(), rule).await
    }

    /// The same, where it names these grants and units besides.
    pub(super) async fn on_with<T, R>(
        &self,
        user: UserId,
        grants: &[Grant],
        units: &BTreeSet<UnitId>,
        rule: R,
    ) -> Result<T, Error>
    where
        R: Fn(&Context, &Subject) -> Result<Decision<T>, Denied>,
    {
        let (desk, read, rule) = (self.0, self.1, &rule);
        desk.act(|cx| async move {
            let subject = desk.subject(cx.tenant_id(), user, grants, units).await?;
            let decided = rule(&cx, &subject);
            desk.about(read, subject.user.as_ref(), decided).await
        })
        .await
    }
}

impl Desk {
    async fn around_access(&self, cx: &Context, access: &Access, unit: Option<UnitId>) -> Result<Surroundings, Error> {
        let units = access.memberships.iter().copied().chain(unit).collect();
        self.around(cx.tenant_id(), &access.grants, &units, None).await
    }

    /// Everything of the host's that stands against a deletion.
    async fn ask_guards(&self, user: &User) -> Vec<Blocker> {
        let mut blockers = Vec::new();
        for guard in &self.tenure.inner.guards {
            match guard.blockers(self.tenant_id(), user).await {
                Ok(found) => blockers.extend(found.into_iter().filter(|blocker| blocker.count > 0)),
                Err(error) => {
                    tracing::warn!(check = guard.name(), %error, "a check before a deletion failed");
                    blockers.push(Blocker::check_failed(guard.name()));
                }
            }
        }
        blockers
    }

    /// BI3: what needs a mail is not begun while none can be sent.
    pub(super) async fn ask_mailer(&self) -> Result<(), Error> {
        match self.tenure.inner.mailer.ready().await {
            Ok(()) => Ok(()),
            Err(crate::mail::MailError::NotReady { missing }) => Err(Denied::MailNotReady { missing }.into()),
            Err(other) => Err(Error::Mail(other)),
        }
    }
}
