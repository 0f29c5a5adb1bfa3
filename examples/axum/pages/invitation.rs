//! Accepting an invitation: a GET shows what it offers, a POST accepts.

use axum::Router;
use axum::extract::State;
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::get;
use serde::Deserialize;
use tenure::mail::LinkBase;
use tenure::model::TicketPurpose;
use tenure::password::PasswordPolicy;
use tenure::{Acceptance, InvitationPreview};

use super::{Link, form_again};
use crate::Host;
use crate::failure::Failure;
use crate::form::{Field, Typed, Wrong, form};
use crate::html::{escape, instant, visitor_page};

const PATH: &str = LinkBase::path(TicketPurpose::Invitation);

pub(super) fn routes() -> Router<Host> {
    Router::new().route(PATH, get(show).post(accept))
}

async fn show(State(host): State<Host>, Typed(link): Typed<Link>) -> Result<Html<String>, Failure> {
    let offer = host.tenure.preview_invitation(&link.token).await?;
    let passwords = &host.tenure.policy().passwords;
    Ok(page(&offer, &link.token, passwords, &Wrong::nothing()))
}

#[derive(Deserialize)]
struct Accept {
    token: String,
    password: String,
}

async fn accept(State(host): State<Host>, Typed(typed): Typed<Accept>) -> Result<Response, Failure> {
    let offer = host.tenure.preview_invitation(&typed.token).await?;
    let acceptance = Acceptance::new(typed.password);
    let passwords = &host.tenure.policy().passwords;
    match host.tenure.accept_invitation(&typed.token, acceptance).await {
        Ok(_) => Ok(Redirect::to("/sign-in/password-set").into_response()),
        Err(error) => form_again(error, |wrong| page(&offer, &typed.token, passwords, wrong)),
    }
}

fn page(offer: &InvitationPreview, token: &str, passwords: &PasswordPolicy, wrong: &Wrong) -> Html<String> {
    let message = offer.message.as_ref().map(|message| {
        let message = escape(message.as_str());
        format!("<blockquote dir=\"auto\">{message}</blockquote>\n")
    });
    let fields = [Field::new_password("password", "Choose a password", passwords)];
    let hidden = [("token", token), ("username", &offer.user_name)];
    let form = form(PATH, "Accept the invitation", &hidden, &fields, wrong);
    let body = format!(
        "<h1>Welcome, {}</h1>\n<p>{} invites you to its back office. You will sign in as <strong>{}</strong>.</p>\n{}{form}\
         <p class=\"hint\">You can accept until {}.</p>\n",
        escape(offer.profile.display_name.as_str()),
        escape(offer.tenant.as_str()),
        escape(&offer.user_name),
        message.unwrap_or_default(),
        instant(offer.expires_at, &offer.profile.time_zone),
    );
    visitor_page("Your invitation", &body)
}
