//! Allowlists: from which networks a user may come (BI10, N1–N3).

use super::context::Context;
use super::decision::Decision;
use super::fields::Fields;
use super::operation::Operation;
use super::rights::Surroundings;
use super::users::{check_required, subject};
use crate::error::Denied;
use crate::model::{Client, Loaded, User, What};
use crate::text::{AddressPattern, Allowlist};

/// A change of an allowlist.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct AllowlistChange {
    edit: Edit,
    pub(super) forced: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Edit {
    To(Allowlist),
    Allow(AddressPattern),
    Disallow(AddressPattern),
}

impl AllowlistChange {
    /// Another list. [`Allowlist::any`] lets in from anywhere.
    pub fn to(list: Allowlist) -> Self {
        Self::new(Edit::To(list))
    }

    /// One entry more.
    pub fn allow(pattern: AddressPattern) -> Self {
        Self::new(Edit::Allow(pattern))
    }

    /// One entry fewer. Without its last one the list lets in from anywhere.
    pub fn disallow(pattern: AddressPattern) -> Self {
        Self::new(Edit::Disallow(pattern))
    }

    fn new(edit: Edit) -> Self {
        Self { edit, forced: false }
    }

    /// Also where it shuts out its own editor, at the address that they come from now.
    pub fn forced(self) -> Self {
        Self { forced: true, ..self }
    }

    pub(super) fn apply(&self, before: &Allowlist) -> Result<Allowlist, Denied> {
        match &self.edit {
            Edit::To(list) => Ok(list.clone()),
            Edit::Allow(pattern) => before
                .clone()
                .with(*pattern)
                .map_err(|problem| Denied::invalid("allowlist", problem)),
            Edit::Disallow(pattern) => Ok(before.clone().without(pattern)),
        }
    }
}

impl From<Allowlist> for AllowlistChange {
    fn from(list: Allowlist) -> Self {
        Self::to(list)
    }
}

/// Changes from where a user may come. `from` is where the actor's request comes from.
///
/// # Errors
/// [`Denied::Forbidden`], [`Denied::NotFound`], [`Denied::BeyondOwnRights`], [`Denied::Invalid`] where the list is full, or empty and required;
/// [`Denied::ShutsYouOut`] where it is the actor's own and does not let them in where they are, unless it is
/// [forced](AllowlistChange::forced) (N3).
pub fn change_allowlist(
    cx: &Context,
    user: Option<&Loaded<User>>,
    change: &AllowlistChange,
    from: &Client,
    around: &Surroundings,
) -> Result<Decision<User>, Denied> {
    let (user, now) = subject(cx, Operation::ChangeAllowlist, user, around)?;
    let allowlist = change.apply(&now.allowlist)?;
    let mut fields = Fields::default();
    check_required(cx, &mut fields, None, Some(&allowlist));
    fields.check()?;
    let mut decision = Decision::by(cx);
    if allowlist == now.allowlist {
        return Ok(decision.with(now));
    }
    let shut_out = cx.user() == Some(now.id) && !allowlist.allows(from.address);
    if shut_out && !change.forced {
        return Err(Denied::ShutsYouOut);
    }
    decision.guard(around.guards());
    let what = What::AllowlistChanged {
        entries: allowlist.entries().len(),
        forced: shut_out,
    };
    decision.event(cx, now.id, what);
    let after = User { allowlist, ..now };
    decision.update_user(cx, user, after.clone())?;
    Ok(decision.with(after))
}
