//! What people may say of themselves, edited by an administrator or by themselves.

use std::collections::BTreeSet;

use super::subject;
use crate::error::Denied;
use crate::model::{Loaded, Profile, RecordKind, User, What};
use crate::rules::context::Context;
use crate::rules::decision::Decision;
use crate::rules::fields::Fields;
use crate::rules::operation::Operation;
use crate::rules::rights::Surroundings;
use crate::text::{DisplayName, Locale, PersonName, TimeZone};

/// What is to be changed of a profile; what is left out stays.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct ProfileEdit {
    /// Given name.
    pub first_name: Option<String>,
    /// Family name.
    pub last_name: Option<String>,
    /// The name that others see.
    pub display_name: Option<String>,
    /// Language and date format (BCP 47).
    pub locale: Option<String>,
    /// Time zone (IANA).
    pub time_zone: Option<String>,
}

impl ProfileEdit {
    /// Nothing changed yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Another given name.
    pub fn first_name(self, first_name: impl Into<String>) -> Self {
        Self {
            first_name: Some(first_name.into()),
            ..self
        }
    }

    /// Another family name.
    pub fn last_name(self, last_name: impl Into<String>) -> Self {
        Self {
            last_name: Some(last_name.into()),
            ..self
        }
    }

    /// Another name to be seen.
    pub fn display_name(self, display_name: impl Into<String>) -> Self {
        Self {
            display_name: Some(display_name.into()),
            ..self
        }
    }

    /// Another language.
    pub fn locale(self, locale: impl Into<String>) -> Self {
        Self {
            locale: Some(locale.into()),
            ..self
        }
    }

    /// Another time zone.
    pub fn time_zone(self, time_zone: impl Into<String>) -> Self {
        Self {
            time_zone: Some(time_zone.into()),
            ..self
        }
    }

    /// The profile with the changes.
    ///
    /// # Errors
    /// [`Denied::Invalid`] naming every wrong field.
    pub fn apply(&self, before: &Profile) -> Result<Profile, Denied> {
        let mut fields = Fields::default();
        let first_name = fields.optional("first_name", self.first_name.as_ref(), PersonName::new);
        let last_name = fields.optional("last_name", self.last_name.as_ref(), PersonName::new);
        let display_name = fields.optional("display_name", self.display_name.as_ref(), DisplayName::new);
        let locale = fields.optional("locale", self.locale.as_ref(), Locale::new);
        let time_zone = fields.optional("time_zone", self.time_zone.as_ref(), TimeZone::new);
        fields.check()?;
        let before = before.clone();
        Ok(Profile {
            first_name: first_name.unwrap_or(before.first_name),
            last_name: last_name.unwrap_or(before.last_name),
            display_name: display_name.unwrap_or(before.display_name),
            locale: locale.unwrap_or(before.locale),
            time_zone: time_zone.unwrap_or(before.time_zone),
        })
    }
}

/// Edits a user's profile.
///
/// # Errors
/// [`Denied::Forbidden`], [`Denied::NotFound`], [`Denied::Invalid`], [`Denied::BeyondOwnRights`].
pub fn edit_profile(
    cx: &Context,
    user: Option<&Loaded<User>>,
    edit: &ProfileEdit,
    around: &Surroundings,
) -> Result<Decision<User>, Denied> {
    let (user, now) = subject(cx, Operation::EditProfile, user, around)?;
    let mut decision = Decision::by(cx);
    decision.guard(around.guards());
    write_profile(cx, decision, user, now, edit)
}

/// Edits the actor's own profile. Takes no permission.
///
/// # Errors
/// [`Denied::NotFound`] where the actor is no user, [`Denied::Invalid`].
pub fn edit_own_profile(
    cx: &Context,
    user: Option<&Loaded<User>>,
    edit: &ProfileEdit,
) -> Result<Decision<User>, Denied> {
    let user = user
        .filter(|user| cx.user() == Some(user.id))
        .ok_or(Denied::NotFound { what: RecordKind::User })?;
    write_profile(cx, Decision::by(cx), user, user.value.clone().as_of(cx.now), edit)
}

fn write_profile(
    cx: &Context,
    mut decision: Decision<()>,
    user: &Loaded<User>,
    now: User,
    edit: &ProfileEdit,
) -> Result<Decision<User>, Denied> {
    let after = User {
        profile: edit.apply(&now.profile)?,
        ..now.clone()
    };
    if after.profile == now.profile {
        return Ok(decision.with(now));
    }
    decision.event(
        cx,
        now.id,
        What::ProfileEdited {
            fields: changed_fields(&now.profile, &after.profile),
        },
    );
    decision.update_user(cx, user, after.clone())?;
    Ok(decision.with(after))
}

pub(super) fn changed_fields(before: &Profile, after: &Profile) -> BTreeSet<String> {
    let changed = [
        ("first_name", before.first_name != after.first_name),
        ("last_name", before.last_name != after.last_name),
        ("display_name", before.display_name != after.display_name),
        ("locale", before.locale != after.locale),
        ("time_zone", before.time_zone != after.time_zone),
    ];
    changed
        .into_iter()
        .filter(|(_, changed)| *changed)
        .map(|(name, _)| name.to_owned())
        .collect()
}
