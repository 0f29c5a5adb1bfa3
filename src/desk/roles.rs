//! Roles.

use super::{Desk, Listed, Listing};
use crate::error::{Denied, Error};
use crate::id::RoleId;
use crate::model::{Grant, Loaded, RecordKind, Role, Scope, User, Version};
use crate::rules::roles::{self, MOST_MOVED, NewRole};
use crate::rules::{Context, Operation};
use crate::store::{Filter, Lookup, Query, StoreExt};

/// Roles: named sets of permissions.
#[derive(Debug, Clone, Copy)]
pub struct Roles<'a>(pub(super) &'a Desk, pub(super) Option<Version>);

impl Roles<'_> {
    /// The same, for a role as somebody read it: an edit is refused as [`Error::Stale`], with what was changed since, unless
    /// it still has this version (D4). [`load`](Roles::load) tells it. It matters to the calls that change one role; an
    /// edit without a version acts on what is there.
    #[must_use]
    pub fn if_unchanged(self, version: Version) -> Self {
        Self(self.0, Some(version))
    }

    /// Adds a role. Takes `roles.manage` everywhere, and every permission that the role holds.
    ///
    /// # Errors
    /// As [`roles::add`]; [`Denied::RoleNameTaken`](crate::Denied::RoleNameTaken).
    pub async fn add(&self, role: NewRole) -> Result<Role, Error> {
        let role = &role;
        self.0.act(|cx| async move { Ok(roles::add(&cx, role)?) }).await
    }

    /// Gives a role another name and other permissions. Whoever has it gains and loses with their next request.
    ///
    /// # Errors
    /// As [`roles::edit`]; [`Denied::RoleNameTaken`](crate::Denied::RoleNameTaken).
    pub async fn edit(&self, role: RoleId, to: NewRole) -> Result<Role, Error> {
        let (desk, read, to) = (self.0, self.1, &to);
        desk.act(|cx| async move {
            let role = desk.tenure.inner.store.get(cx.tenant_id(), role).await?;
            let decided = roles::edit(&cx, role.as_ref(), to);
            desk.about(read, role.as_ref(), decided).await
        })
        .await
    }

    /// Removes a role that nobody has.
    ///
    /// # Errors
    /// As [`roles::remove`]; [`Denied::InUse`](crate::Denied::InUse) with the count (R7).
    pub async fn remove(&self, role: RoleId) -> Result<(), Error> {
        let (desk, read) = (self.0, self.1);
        desk.act(|cx| async move {
            let role = desk.tenure.inner.store.get(cx.tenant_id(), role).await?;
            let decided = roles::remove(&cx, role.as_ref());
            desk.about(read, role.as_ref(), decided).await
        })
        .await
    }

    /// Everyone who has `from` has `to` instead, each where they had it, in one act (R7); tells how many. Takes
    /// `roles.manage` everywhere, and of each of them what [`Users::change_grants`](super::Users::change_grants) takes.
    ///
    /// # Errors
    /// As [`roles::move_users`].
    pub async fn move_users(&self, from: RoleId, to: RoleId) -> Result<usize, Error> {
        let (desk, read) = (self.0, self.1);
        desk.act(|cx| async move {
            cx.permit_everywhere(Operation::MoveRole)?;
            let (store, tenant) = (&desk.tenure.inner.store, cx.tenant_id());
            let wanted = [Lookup::from(from), Lookup::from(to)];
            let mut found = store.load(tenant, &wanted).await?.into_iter();
            let [from, to] = [found.next(), found.next()].map(|it| it.flatten().and_then(Loaded::cast::<Role>));
            let users = match &from {
                Some(from) => desk.holders(&cx, from.id).await?,
                None => Vec::new(),
            };
            let moved_to: Vec<Grant> = to.iter().map(|role| Grant::role(role.id, Scope::All)).collect();
            let named = users.iter().map(|user| &user.value);
            let around = desk.tenure.surroundings(tenant, &moved_to, named).await?;
            let decided = roles::move_users(&cx, from.as_ref(), to.as_ref(), &users, &around);
            desk.about(read, from.as_ref(), decided).await
        })
        .await
    }

    /// One role, with the version that [`if_unchanged`](Roles::if_unchanged) takes.
    ///
    /// # Errors
    /// [`Denied::Forbidden`], [`Denied::NotFound`].
    pub async fn load(&self, role: RoleId) -> Result<Loaded<Role>, Error> {
        let cx = self.0.context().await?;
        cx.permit(Operation::ReadRoles)?;
        let role = self.0.tenure.inner.store.get::<Role>(cx.tenant_id(), role).await?;
        Ok(role.ok_or(Denied::NotFound { what: RecordKind::Role })?)
    }

    /// Lists roles. They say what, never where, so whoever may see any sees all.
    ///
    /// # Errors
    /// [`Denied::Forbidden`](crate::Denied::Forbidden).
    pub async fn list(&self, listing: Listing) -> Result<Listed<Role>, Error> {
        let cx = self.0.context().await?;
        cx.permit(Operation::ReadRoles)?;
        let asked = listing.ask(RecordKind::Role, &cx, Scope::All)?;
        let page = asked.of::<Role>(&*self.0.tenure.inner.store, &cx).await?;
        Ok(page.map(|role| role.value))
    }
}

impl Desk {
    /// Who has a role: so many that it is clear whether there are too many to be moved in one act.
    async fn holders(&self, cx: &Context, role: RoleId) -> Result<Vec<Loaded<User>>, Error> {
        let mut query = Query::new(RecordKind::User, cx.now)
            .filter(Filter::WithRole(role))
            .limit(Query::MAX_LIMIT);
        let mut users = Vec::new();
        loop {
            let page = self.tenure.inner.store.page::<User>(cx.tenant_id(), &query).await?;
            users.extend(page.items);
            match page.next {
                Some(next) if users.len() <= MOST_MOVED => query = query.after(Some(next)),
                _ => return Ok(users),
            }
        }
    }
}
