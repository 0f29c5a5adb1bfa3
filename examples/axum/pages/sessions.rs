//! Where one is signed in: with which browser on which system, since when, when last seen; ending one, or all others.

use axum::Router;
use axum::extract::State;
use axum::response::{Html, Redirect};
use axum::routing::{get, post};
use serde::Deserialize;
use tenure::id::SessionId;
use tenure::text::{TimeZone, UserAgent};
use tenure::{Clock, Denied, Error, Listing, Principal, Session, SystemClock};

use crate::Host;
use crate::failure::Failure;
use crate::form::Typed;
use crate::guard::SignedIn;
use crate::html::{account_page, escape, instant};

const PATH: &str = "/sessions";

pub(super) fn routes() -> Router<Host> {
    Router::new()
        .route(PATH, get(show))
        .route("/sessions/end", post(end))
        .route("/sessions/end-others", post(end_others))
}

async fn show(State(host): State<Host>, SignedIn(principal): SignedIn) -> Result<Html<String>, Failure> {
    let desk = host.tenure.desk(&principal);
    let (now, idle) = (SystemClock.now(), host.tenure.policy().session_idle);
    let mut sessions = desk.me().sessions(Listing::new().status(["open"])).await?.items;
    sessions.retain(|session| session.is_live(idle, now));
    let zone = desk.me().user().await?.profile.time_zone;
    Ok(page(&principal, &sessions, &zone))
}

#[derive(Deserialize)]
struct End {
    session: SessionId,
}

/// Only one's own: those of others are not found.
async fn end(
    State(host): State<Host>,
    SignedIn(principal): SignedIn,
    Typed(typed): Typed<End>,
) -> Result<Redirect, Failure> {
    match host.tenure.desk(&principal).me().end_session(typed.session).await {
        // Whoever clicks twice gets what they wanted.
        Ok(()) | Err(Error::Denied(Denied::SessionEnded)) => Ok(Redirect::to(PATH)),
        Err(other) => Err(other.into()),
    }
}

async fn end_others(State(host): State<Host>, SignedIn(principal): SignedIn) -> Result<Redirect, Failure> {
    host.tenure.desk(&principal).me().end_other_sessions().await?;
    Ok(Redirect::to(PATH))
}

fn page(principal: &Principal, sessions: &[Session], zone: &TimeZone) -> Html<String> {
    let rows: String = sessions.iter().map(|session| row(principal, session, zone)).collect();
    let others = if sessions.len() > 1 {
        "<form method=\"post\" action=\"/sessions/end-others\"><button class=\"quiet\">Sign out everywhere else</button></form>\n"
    } else {
        ""
    };
    let body = format!(
        r#"<h1>Where you are signed in</h1>
<p>If you do not know one of these, end it, and change your password.</p>
<div class="table"><table>
<thead><tr><th scope="col">Browser</th><th scope="col">System</th><th scope="col">From</th><th scope="col">Since</th><th scope="col">Last seen</th><td></td></tr></thead>
<tbody>
{rows}</tbody>
</table></div>
{others}"#
    );
    account_page(principal, PATH, "Sessions", &body)
}

/// Browser and system are what the browser says of itself: enough to know one's own by, and proof of nothing.
fn row(principal: &Principal, session: &Session, zone: &TimeZone) -> String {
    let client = &session.client;
    let agent = client.user_agent.as_ref();
    let browser = agent.and_then(|agent| agent.browser()).unwrap_or("unknown");
    let system = agent.and_then(UserAgent::system).unwrap_or("unknown");
    let address = client.address.map(|address| address.to_string()).unwrap_or_default();
    let last = if principal.session() == Some(session.id) {
        "<span class=\"here\">this one</span>".to_owned()
    } else {
        format!(
            "<form method=\"post\" action=\"/sessions/end\"><button class=\"quiet\" name=\"session\" value=\"{}\">End</button></form>",
            session.id
        )
    };
    let cells = [
        ("Browser", escape(browser)),
        ("System", system.to_owned()),
        ("From", address),
        ("Since", instant(session.started_at, zone)),
        ("Last seen", instant(session.seen_at, zone)),
    ];
    let cells = cells.map(|(label, text)| format!("<td data-label=\"{label}\">{text}</td>"));
    format!("<tr>{}<td>{last}</td></tr>\n", cells.concat())
}
