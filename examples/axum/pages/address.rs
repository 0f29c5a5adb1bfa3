//! Changing the address that one signs in with. The new one is confirmed, the old one told: see `address_links.rs`.

use axum::Router;
use axum::extract::State;
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use serde::Deserialize;
use tenure::model::{AddressChange, AddressChangeState};
use tenure::{ChangeAddress, Principal, User};

use super::form_again;
use crate::Host;
use crate::failure::Failure;
use crate::form::{Field, Typed, Wrong, form};
use crate::guard::SignedIn;
use crate::html::{account_page, escape, instant};

const PATH: &str = "/address";

pub(super) fn routes() -> Router<Host> {
    Router::new()
        .route(PATH, get(show).post(change))
        .route("/address/call-off", post(call_off))
}

async fn show(State(host): State<Host>, SignedIn(principal): SignedIn) -> Result<Html<String>, Failure> {
    let user = host.tenure.desk(&principal).me().user().await?;
    Ok(page(&principal, &user, "", &Wrong::nothing()))
}

#[derive(Deserialize)]
struct Change {
    email: String,
    repeated: String,
    current_password: String,
}

async fn change(
    State(host): State<Host>,
    SignedIn(principal): SignedIn,
    Typed(typed): Typed<Change>,
) -> Result<Response, Failure> {
    let desk = host.tenure.desk(&principal);
    // After a recent login the password could be left out; a form that always asks is simpler to explain.
    let change = ChangeAddress::new(&typed.email, typed.repeated).current_password(typed.current_password);
    match desk.me().change_address(change).await {
        Ok(_) => Ok(Redirect::to(PATH).into_response()),
        Err(error) => {
            let user = desk.me().user().await?;
            form_again(error, |wrong| page(&principal, &user, &typed.email, wrong))
        }
    }
}

async fn call_off(State(host): State<Host>, SignedIn(principal): SignedIn) -> Result<Redirect, Failure> {
    host.tenure.desk(&principal).me().cancel_address_change().await?;
    Ok(Redirect::to(PATH))
}

fn page(principal: &Principal, user: &User, typed: &str, wrong: &Wrong) -> Html<String> {
    let fields = [
        Field::email("email", "New address", typed),
        Field::email("repeated", "The same again", ""),
        Field::current_password("current_password", "Current password"),
    ];
    let form = form(PATH, "Change the address", &[], &fields, wrong);
    let pending = user.pending_address.as_deref().map(|change| pending(user, change));
    let body = format!(
        "<h1>Your address</h1>\n<p>You sign in, and get mail, as <strong>{}</strong>.</p>\n{}{form}",
        escape(user.address.as_str()),
        pending.unwrap_or_default(),
    );
    account_page(principal, PATH, "Address", &body)
}

fn pending(user: &User, change: &AddressChange) -> String {
    let zone = &user.profile.time_zone;
    let then = match change.state {
        AddressChangeState::Requested { confirm_by, .. } => {
            format!(
                "when you follow the link that was mailed there, which is good until {}",
                instant(confirm_by, zone)
            )
        }
        AddressChangeState::Confirmed { effective_at, .. } => format!("on {}", instant(effective_at, zone)),
    };
    format!(
        "<div role=\"status\"><p>It will be <strong>{}</strong> {then}.</p>\n\
         <form method=\"post\" action=\"/address/call-off\"><button class=\"quiet\">Call the change off</button></form></div>\n",
        escape(change.to.as_str()),
    )
}
