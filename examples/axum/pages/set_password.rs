//! After a login with a one-time password: a password of one's own. Until it is set, the session is good for nothing else, and
//! every other page leads here.

use axum::Router;
use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::get;
use serde::Deserialize;
use tenure::{Client, Denied, Error, NewPassword};

use super::form_again;
use crate::Host;
use crate::failure::Failure;
use crate::form::{Field, Typed, Wrong, form};
use crate::guard::{Visitor, cookie, set_cookie};
use crate::html::visitor_page;

pub(crate) const PATH: &str = "/set-password";

pub(super) fn routes() -> Router<Host> {
    Router::new().route(PATH, get(show).post(set))
}

/// Whoever has a session that is good for this alone.
struct NewcomerSession {
    token: String,
    client: Client,
}

impl FromRequestParts<Host> for NewcomerSession {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, host: &Host) -> Result<Self, Response> {
        let refuse = |error: Error| Failure::from(error).into_response();
        let Visitor(client) = Visitor::from_request_parts(parts, host)
            .await
            .map_err(IntoResponse::into_response)?;
        let token = cookie(&parts.headers).ok_or_else(|| refuse(Denied::NotSignedIn.into()))?;
        match host.tenure.authenticate(token, &client).await {
            Err(Error::Denied(Denied::PasswordChangeRequired)) => Ok(Self {
                token: token.to_owned(),
                client,
            }),
            Ok(_) => Err(Redirect::to("/").into_response()),
            Err(other) => Err(refuse(other)),
        }
    }
}

async fn show(State(host): State<Host>, _: NewcomerSession) -> Html<String> {
    page(&host, &Wrong::nothing())
}

#[derive(Deserialize)]
struct New {
    password: String,
    repeated: String,
}

/// A full session begins, under a new token.
async fn set(
    State(host): State<Host>,
    newcomer: NewcomerSession,
    Typed(typed): Typed<New>,
) -> Result<Response, Failure> {
    let new = NewPassword::new(typed.password).repeated(typed.repeated);
    let set = host
        .tenure
        .replace_one_time_password(&newcomer.token, new, &newcomer.client);
    match set.await {
        Ok(session) => Ok((set_cookie(session.token.expose()), Redirect::to("/")).into_response()),
        Err(error) => form_again(error, |wrong| page(&host, wrong)),
    }
}

fn page(host: &Host, wrong: &Wrong) -> Html<String> {
    let fields = [
        Field::new_password("password", "New password", &host.tenure.policy().passwords),
        Field::repeated_password(),
    ];
    let form = form(PATH, "Set the password", &[], &fields, wrong);
    let body = format!(
        "<h1>Choose a password</h1>\n<p>The password from the mail was good for one login, and is used up. Now choose one of \
         your own.</p>\n{form}"
    );
    visitor_page("Choose a password", &body)
}
