//! Everything about a user in one act: profile, user name, rights, units, networks, and whether they may call APIs only (BI4,
//! IF7). The address is another matter ([`addresses`](crate::rules::addresses)), and so is the status
//! ([`status`](crate::rules::status)).

use std::collections::BTreeSet;

use super::person::check_user_name;
use super::profile::{ProfileEdit, changed_fields};
use super::{check_required, normal, subject};
use crate::error::{Denied, Problem};
use crate::id::UnitId;
use crate::model::{
    Actor, AddressChange, Client, Credential, EndReason, Grant, Loaded, Secret, StatusKind, User, What,
};
use crate::rules::allowlists::AllowlistChange;
use crate::rules::context::Context;
use crate::rules::decision::Decision;
use crate::rules::fields::Fields;
use crate::rules::operation::Operation;
use crate::rules::rights::{Surroundings, may_give};
use crate::store::{Guard, SetChange};
use crate::text::UserName;

/// What is to be changed of a user; what is left out stays.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct UserEdit {
    /// Names, language, time zone.
    pub profile: ProfileEdit,
    /// What they log in with.
    pub user_name: Option<String>,
    /// Whether they may call APIs only.
    pub api_only: Option<bool>,
    /// The rights, instead of those they had.
    pub grants: Option<Vec<Grant>>,
    /// The units that they belong to, instead of those they did.
    pub memberships: Option<BTreeSet<UnitId>>,
    /// From where they may come.
    pub allowlist: Option<AllowlistChange>,
}

impl UserEdit {
    /// Nothing changed yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Another profile.
    pub fn profile(self, profile: ProfileEdit) -> Self {
        Self { profile, ..self }
    }

    /// Another user name.
    pub fn user_name(self, user_name: impl Into<String>) -> Self {
        Self {
            user_name: Some(user_name.into()),
            ..self
        }
    }

    /// For APIs alone from now on, or not.
    pub fn api_only(self, api_only: bool) -> Self {
        Self {
            api_only: Some(api_only),
            ..self
        }
    }

    /// Other rights.
    pub fn grants(self, grants: impl IntoIterator<Item = Grant>) -> Self {
        Self {
            grants: Some(grants.into_iter().collect()),
            ..self
        }
    }

    /// Other units.
    pub fn memberships(self, units: impl IntoIterator<Item = UnitId>) -> Self {
        Self {
            memberships: Some(units.into_iter().collect()),
            ..self
        }
    }

    /// Other networks: a list, or one entry more or fewer.
    pub fn allowlist(self, change: impl Into<AllowlistChange>) -> Self {
        Self {
            allowlist: Some(change.into()),
            ..self
        }
    }

    /// The user as this edit would have them; all wrong fields at once.
    fn apply(&self, cx: &Context, now: &User, around: &Surroundings) -> Result<User, Denied> {
        let mut fields = Fields::default();
        let profile = fields.absorb(self.profile.apply(&now.profile))?;
        let user_name = fields.optional("user_name", self.user_name.as_ref(), UserName::new);
        let grants = self.grants.as_deref().map_or_else(|| now.grants.clone(), normal);
        let memberships = self.memberships.as_ref().unwrap_or(&now.memberships).clone();
        let asked = (
            self.grants.as_deref().unwrap_or_default(),
            self.memberships.clone().unwrap_or_default(),
        );
        fields.absorb(around.check_exist(asked.0, &asked.1))?;
        let allowlist = match &self.allowlist {
            Some(change) => fields.absorb(change.apply(&now.allowlist))?,
            None => Some(now.allowlist.clone()),
        };
        let mut after = User {
            grants,
            memberships,
            api_only: self.api_only.unwrap_or(now.api_only),
            ..now.clone()
        };
        if let Some(allowlist) = allowlist {
            let changed = self.allowlist.as_ref().map(|_| &allowlist);
            check_required(cx, &mut fields, self.grants.as_deref(), changed);
            after.allowlist = allowlist;
        }
        if cx.policy.require_unit && after.units().is_empty() {
            fields.wrong("memberships", Problem::Missing);
        }
        if let Some(user_name) = user_name {
            check_user_name(&cx.policy, &mut fields, &user_name, &now.address);
            rename(&mut after, user_name);
        }
        let Some(profile) = profile else {
            return Err(fields.denied());
        };
        fields.check()?;
        let after = User { profile, ..after };
        // Nobody logs in with the new address either.
        Ok(if after.api_only && !now.api_only {
            after.without_pending_address()
        } else {
            after
        })
    }
}

/// A change of address that is pending takes the user name along only where the one is still the other.
fn rename(user: &mut User, user_name: UserName) {
    user.user_name = user_name;
    let follows = user.logs_in_with_address();
    if let Some(change) = user.pending_address.as_deref().cloned() {
        let user_name = if follows { UserName::new(&change.to).ok() } else { None };
        user.pending_address = Some(Box::new(AddressChange { user_name, ..change }));
    }
}

/// Edits everything about a user in one act. `from` is where the actor's request comes from.
///
/// Whoever becomes API-only has no password from then on: their sessions and links end, in whatever state they are. The same goes
/// for whoever is no longer API-only: what a program had in its files is no person's password. They set one by a link. While an
/// invitation is open a user does not become API-only: what it offers is a login by hand.
///
/// # Errors
/// [`Denied::Forbidden`], [`Denied::NotFound`], [`Denied::BeyondOwnRights`], [`Denied::Invalid`] naming every wrong field,
/// [`Denied::OnHold`] where rights or units change, [`Denied::ShutsYouOut`], [`Denied::OwnAccount`] where the actor would make
/// themselves API-only, or no longer that, [`Denied::WrongStatus`], [`Denied::OwnerProtected`] where somebody else would rename the owner, or the
/// owner could no longer log in; the store adds [`Denied::LoginTaken`] and [`Denied::LastAdministrator`].
pub fn edit(
    cx: &Context,
    user: Option<&Loaded<User>>,
    credential: Option<&Loaded<Credential>>,
    edit: &UserEdit,
    from: &Client,
    around: &Surroundings,
) -> Result<Decision<User>, Denied> {
    let (user, now) = subject(cx, Operation::EditUser, user, around)?;
    let after = edit.apply(cx, &now, around)?;
    may_give(cx, &after, around)?;
    let mut decision = Decision::by(cx);
    if after == now {
        return Ok(decision.with(now));
    }
    check_state(cx, &now, &after)?;
    let shut_out =
        now.allowlist != after.allowlist && cx.user() == Some(now.id) && !after.allowlist.allows(from.address);
    if shut_out && !edit.allowlist.as_ref().is_some_and(|change| change.forced) {
        return Err(Denied::ShutsYouOut);
    }
    decision.guard(around.guards());
    tell(&mut decision, cx, &now, &after, shut_out);
    decision.update_user(cx, user, after.clone())?;
    let has_password = credential.is_some_and(|credential| credential.secret != Secret::None);
    if after.api_only != now.api_only {
        if after.api_only || has_password {
            end_logins(&mut decision, cx, &after, credential);
        } else {
            // None that is set at the same moment; an invitation stays open.
            decision.guard(credential.map(Guard::on));
        }
    }
    Ok(decision.with(after))
}

/// What stands against a change, besides its input.
fn check_state(cx: &Context, now: &User, after: &User) -> Result<(), Denied> {
    let takes_on = now.grants != after.grants || now.memberships != after.memberships;
    if takes_on && now.hold.is_some() {
        return Err(Denied::OnHold);
    }
    let is_host = matches!(cx.actor, Actor::System(_));
    let by_another = !is_host && cx.user() != Some(now.id);
    if now.user_name != after.user_name && by_another && now.id == cx.tenant.owner {
        return Err(Denied::OwnerProtected);
    }
    // Nobody locks themselves out of the pages, and no program lets itself in.
    if after.api_only != now.api_only && cx.user() == Some(now.id) {
        return Err(Denied::OwnAccount);
    }
    if after.api_only && !now.api_only && now.status.kind() == StatusKind::Invited {
        return Err(Denied::WrongStatus {
            verb: "limit to APIs",
            status: StatusKind::Invited,
        });
    }
    Ok(())
}

/// One event for each thing that changed.
fn tell(decision: &mut Decision<()>, cx: &Context, now: &User, after: &User, shut_out: bool) {
    let fields = changed_fields(&now.profile, &after.profile);
    if !fields.is_empty() {
        decision.event(cx, now.id, What::ProfileEdited { fields });
    }
    if now.user_name != after.user_name {
        decision.event(cx, now.id, What::UserNameChanged);
    }
    if now.grants != after.grants {
        let (from, to) = (now.grants.clone(), after.grants.clone());
        decision.event(cx, now.id, What::GrantsChanged { from, to });
    }
    if now.memberships != after.memberships {
        let (from, to) = (now.memberships.clone(), after.memberships.clone());
        decision.event(cx, now.id, What::MembershipsChanged { from, to });
    }
    if now.allowlist != after.allowlist {
        let entries = after.allowlist.entries().len();
        let forced = shut_out;
        decision.event(cx, now.id, What::AllowlistChanged { entries, forced });
    }
    if now.api_only != after.api_only {
        let api_only = after.api_only;
        decision.event(cx, now.id, What::ApiOnlyChanged { api_only });
    }
}

/// What a login by hand rests on is gone: sessions, links, the password.
fn end_logins(decision: &mut Decision<()>, cx: &Context, user: &User, credential: Option<&Loaded<Credential>>) {
    let (user, at, reason, except) = (user.id, cx.now, EndReason::AccessEnded, None);
    let sessions = SetChange::EndSessions {
        user,
        except,
        at,
        reason,
    };
    decision.set(cx, sessions, user, What::SessionsEnded { reason, except });
    let purpose = None;
    decision.set_quietly(SetChange::EndTickets { user, purpose, at });
    let Some(credential) = credential.filter(|credential| credential.user == user) else {
        return;
    };
    if credential.secret == Secret::None {
        decision.guard([Guard::on(credential)]);
    } else {
        let secret = Secret::None;
        decision.update(credential, Credential { user, secret });
    }
}
