//! Users.

use super::Columns;
use crate::model::{User, UserKind};
use crate::text::Signature;

pub(super) fn columns(columns: Columns, user: &User) -> Columns {
    let (kind, employee, client) = match &user.kind {
        UserKind::Internal { employee } => ("internal", Some(employee.as_uuid()), None),
        UserKind::External { client } => ("external", None, Some(client.as_uuid())),
        UserKind::Program => ("program", None, None),
    };
    columns
        .at("created_at", user.created_at)
        .text("kind", kind)
        .maybe_id("employee", employee)
        .maybe_id("client", client)
        .text("user_name", user.user_name.as_str())
        .text("address", user.address.as_str())
        .text("first_name", user.profile.first_name.as_str())
        .text("last_name", user.profile.last_name.as_str())
        .text("display_name", user.profile.display_name.as_str())
        .text("locale", user.profile.locale.as_str())
        .text("time_zone", user.profile.time_zone.as_str())
        .set("api_only", i64::from(user.api_only))
        .maybe_at("hold_until", user.hold.map(|hold| hold.until))
        .maybe_text("signature", user.signature.as_ref().map(Signature::as_str))
        .maybe_text(
            "provider",
            user.identity.as_ref().map(|identity| identity.provider.as_str()),
        )
        .maybe_at("last_login_at", user.last_login_at)
}
