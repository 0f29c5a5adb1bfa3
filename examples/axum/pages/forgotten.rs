//! Asking for a new password. Whoever asks, and for whomever: the answer is the same, and no mail leaves before it is given.

use axum::Router;
use axum::extract::State;
use axum::response::{Html, Redirect};
use axum::routing::get;
use serde::Deserialize;

use crate::Host;
use crate::failure::Failure;
use crate::form::{Field, Typed, Wrong, form};
use crate::guard::Visitor;
use crate::html::visitor_page;

const PATH: &str = "/forgotten";
const ASKED: &str = "/forgotten/asked";

pub(super) fn routes() -> Router<Host> {
    Router::new().route(PATH, get(show).post(ask)).route(ASKED, get(asked))
}

async fn show() -> Html<String> {
    let form = form(PATH, "Send the mail", &[], &[Field::login("")], &Wrong::nothing());
    let body = format!(
        "<h1>Forgotten your password?</h1>\n<p>We send you a mail with a link to set a new one.</p>\n{form}\
         <p class=\"hint\"><a href=\"/sign-in\">Back to sign in</a></p>\n"
    );
    visitor_page("Forgotten password", &body)
}

#[derive(Deserialize)]
struct Request {
    login: String,
}

async fn ask(
    State(host): State<Host>,
    Visitor(client): Visitor,
    Typed(typed): Typed<Request>,
) -> Result<Redirect, Failure> {
    let tenant = host.tenure.single_tenant().id();
    host.tenure.request_reset(tenant, &typed.login, &client).await?;
    Ok(Redirect::to(ASKED))
}

async fn asked(State(host): State<Host>) -> Html<String> {
    let minutes = host.tenure.policy().reset_lifetime.whole_minutes();
    let body = format!(
        "<h1>Look into your mail</h1>\n<p>If somebody can sign in with that name, a mail is on its way to them. Its link is good \
         for {minutes} minutes.</p>\n<p>Nothing there? Look among the spam, check the spelling, or ask an administrator.</p>\n\
         <p class=\"hint\"><a href=\"{PATH}\">Ask again</a> · <a href=\"/sign-in\">Back to sign in</a></p>\n"
    );
    visitor_page("Look into your mail", &body)
}
