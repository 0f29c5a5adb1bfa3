//! The start, and a page of the host's own.

use axum::Router;
use axum::extract::State;
use axum::response::Html;
use axum::routing::get;
use tenure::Denied;

use crate::Host;
use crate::failure::Failure;
use crate::guard::SignedIn;
use crate::html::{account_page, escape, instant, may_change_prices};

pub(super) fn routes() -> Router<Host> {
    Router::new().route("/", get(home)).route("/prices", get(prices))
}

/// `desk.me()` takes no permission: it is the user's own account.
async fn home(State(host): State<Host>, SignedIn(principal): SignedIn) -> Result<Html<String>, Failure> {
    let user = host.tenure.desk(&principal).me().user().await?;
    let since = principal.signed_in_at().map(|at| instant(at, &user.profile.time_zone));
    let body = format!(
        "<h1>Hello, {}</h1>\n<p>You signed in on {}. What you see here, your role decides.</p>\n",
        escape(principal.display_name().as_str()),
        since.unwrap_or_default(),
    );
    Ok(account_page(&principal, "/", "Start", &body))
}

/// Under a permission that the host made up.
async fn prices(SignedIn(principal): SignedIn) -> Result<Html<String>, Failure> {
    if !may_change_prices(&principal) {
        return Err(Denied::Forbidden.into());
    }
    let body = "<h1>Prices</h1>\n<p>Whoever sees this may change prices.</p>\n";
    Ok(account_page(&principal, "/prices", "Prices", body))
}
