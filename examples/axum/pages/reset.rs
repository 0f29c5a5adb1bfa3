//! Setting a new password by the link in a mail. A GET shows the form, any number of times; only the POST uses the link up.

use axum::Router;
use axum::extract::State;
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::get;
use serde::Deserialize;
use tenure::mail::LinkBase;
use tenure::model::TicketPurpose;
use tenure::text::TimeZone;
use tenure::{NewPassword, ResetPreview};

use super::{Link, form_again};
use crate::Host;
use crate::failure::Failure;
use crate::form::{Field, Typed, Wrong, form};
use crate::html::{escape, instant, visitor_page};

const PATH: &str = LinkBase::path(TicketPurpose::Reset);

pub(super) fn routes() -> Router<Host> {
    Router::new().route(PATH, get(show).post(set))
}

async fn show(State(host): State<Host>, Typed(link): Typed<Link>) -> Result<Html<String>, Failure> {
    let preview = host.tenure.preview_reset(&link.token).await?;
    Ok(page(&preview, &link.token, &Wrong::nothing()))
}

#[derive(Deserialize)]
struct New {
    token: String,
    password: String,
    repeated: String,
}

/// Ends all sessions, and signs nobody in.
async fn set(State(host): State<Host>, Typed(typed): Typed<New>) -> Result<Response, Failure> {
    let preview = host.tenure.preview_reset(&typed.token).await?;
    let new = NewPassword::new(typed.password).repeated(typed.repeated);
    match host.tenure.reset_password(&typed.token, new).await {
        Ok(()) => Ok(Redirect::to("/sign-in/password-set").into_response()),
        Err(error) => form_again(error, |wrong| page(&preview, &typed.token, wrong)),
    }
}

/// The token goes along in the form, so that the address of no further page has it.
fn page(preview: &ResetPreview, token: &str, wrong: &Wrong) -> Html<String> {
    let fields = [
        Field::new_password("password", "New password", &preview.passwords),
        Field::repeated_password(),
    ];
    let hidden = [("token", token), ("username", &preview.user_name)];
    let form = form(PATH, "Set the password", &hidden, &fields, wrong);
    let body = format!(
        "<h1>Set a new password</h1>\n<p>For <strong>{}</strong> at {}. You will be signed out everywhere.</p>\n{form}\
         <p class=\"hint\">The link works once, and until {}.</p>\n",
        escape(&preview.user_name),
        escape(preview.tenant.as_str()),
        instant(preview.expires_at, &TimeZone::default()),
    );
    visitor_page("Set a new password", &body)
}
