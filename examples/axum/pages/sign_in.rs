//! Logging in and out.

use axum::Router;
use axum::extract::State;
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use serde::Deserialize;
use tenure::{Denied, Error};

use super::set_password;
use crate::Host;
use crate::failure::{Failure, status};
use crate::form::{Field, Typed, Wrong, form};
use crate::guard::{SignedIn, Visitor, drop_cookie, set_cookie};
use crate::html::{notice, sentence, visitor_page};

pub(crate) const PATH: &str = "/sign-in";

pub(super) fn routes() -> Router<Host> {
    Router::new()
        .route(PATH, get(show).post(sign_in))
        .route("/sign-in/password-set", get(show_password_set))
        .route("/sign-in/address-changed", get(show_address_changed))
        .route("/sign-out", post(sign_out))
}

async fn show() -> Html<String> {
    page("", &Wrong::nothing())
}

/// Where accepted invitations and reset passwords lead: neither signs anybody in.
async fn show_password_set() -> Html<String> {
    page_after("Your password is set. Please sign in with it.")
}

async fn show_address_changed() -> Html<String> {
    page_after("Thank you. Sign in to see how things stand with your address.")
}

#[derive(Deserialize)]
struct Login {
    login: String,
    password: String,
}

async fn sign_in(
    State(host): State<Host>,
    Visitor(client): Visitor,
    Typed(typed): Typed<Login>,
) -> Result<Response, Failure> {
    let Login { login, password } = typed;
    match host
        .tenure
        .single_tenant()
        .sign_in(login.clone(), password, client)
        .await
    {
        Ok(session) => {
            let next = if session.must_change_password {
                set_password::PATH
            } else {
                "/"
            };
            Ok((set_cookie(session.token.expose()), Redirect::to(next)).into_response())
        }
        // One answer for an unknown name, a wrong password, a locked account and all the rest; what is told of other reasons,
        // is told after the right password only.
        Err(Error::Denied(denied)) => {
            let why = match denied {
                Denied::SignInRefused => "The login name or the password is not right.".to_owned(),
                ref other => sentence(&other.to_string()),
            };
            Ok((status(&denied), page(&login, &Wrong::whole(why))).into_response())
        }
        Err(other) => Err(other.into()),
    }
}

async fn sign_out(State(host): State<Host>, SignedIn(principal): SignedIn) -> Result<Response, Failure> {
    host.tenure.desk(&principal).me().sign_out().await?;
    Ok((drop_cookie(), Redirect::to(PATH)).into_response())
}

pub(crate) fn page(login: &str, wrong: &Wrong) -> Html<String> {
    visitor_page("Sign in", &format!("<h1>Sign in</h1>\n{}", sign_in_form(login, wrong)))
}

fn page_after(what: &str) -> Html<String> {
    let form = sign_in_form("", &Wrong::nothing());
    visitor_page("Sign in", &format!("<h1>Sign in</h1>\n{}{form}", notice(what)))
}

fn sign_in_form(login: &str, wrong: &Wrong) -> String {
    let fields = [Field::login(login), Field::current_password("password", "Password")];
    let form = form(PATH, "Sign in", &[], &fields, wrong);
    format!("{form}<p class=\"hint\"><a href=\"/forgotten\">Forgotten your password?</a></p>\n")
}
