//! Changing one's password: the current one, and the new one twice.

use axum::Router;
use axum::extract::State;
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::get;
use serde::Deserialize;
use tenure::{ChangePassword, Principal, User};

use super::form_again;
use crate::Host;
use crate::failure::Failure;
use crate::form::{Field, Typed, Wrong, form};
use crate::guard::SignedIn;
use crate::html::{account_page, notice};

const PATH: &str = "/password";
const CHANGED: &str = "/password/changed";

pub(super) fn routes() -> Router<Host> {
    Router::new()
        .route(PATH, get(show).post(change))
        .route(CHANGED, get(changed))
}

async fn show(State(host): State<Host>, SignedIn(principal): SignedIn) -> Result<Html<String>, Failure> {
    let user = host.tenure.desk(&principal).me().user().await?;
    Ok(page(&host, &principal, &user, &Wrong::nothing()))
}

#[derive(Deserialize)]
struct Change {
    current: String,
    new: String,
    repeated: String,
}

/// All other sessions end. Whoever found this one open can guess the password no more often than a stranger.
async fn change(
    State(host): State<Host>,
    SignedIn(principal): SignedIn,
    Typed(typed): Typed<Change>,
) -> Result<Response, Failure> {
    let change = ChangePassword::new(typed.current, typed.new, typed.repeated);
    let desk = host.tenure.desk(&principal);
    match desk.me().change_password(change).await {
        Ok(()) => Ok(Redirect::to(CHANGED).into_response()),
        Err(error) => {
            let user = desk.me().user().await?;
            form_again(error, |wrong| page(&host, &principal, &user, wrong))
        }
    }
}

async fn changed(SignedIn(principal): SignedIn) -> Html<String> {
    let notice = notice("Your password is changed. Everywhere else, you are signed out.");
    account_page(
        &principal,
        PATH,
        "Password",
        &format!("<h1>Your password</h1>\n{notice}"),
    )
}

fn page(host: &Host, principal: &Principal, user: &User, wrong: &Wrong) -> Html<String> {
    let fields = [
        Field::current_password("current", "Current password"),
        Field::new_password("new", "New password", &host.tenure.policy().passwords),
        Field::repeated_password(),
    ];
    let hidden = [("username", user.user_name.as_str())];
    let form = form(PATH, "Change the password", &hidden, &fields, wrong);
    account_page(principal, PATH, "Password", &format!("<h1>Your password</h1>\n{form}"))
}
