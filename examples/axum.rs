//! A small web host on axum: sign in, a guarded page, sign out, accept an invitation.
//!
//! ```sh
//! cargo run --example axum
//! ```
//!
//! It serves on <http://127.0.0.1:3000>, keeps everything in memory, and prints a login and the link of an invitation. With
//! `TENURE_EXAMPLE_SELF_TEST=1` it visits itself instead and ends.
//!
//! What to copy from it:
//! - [`SignedIn`], an extractor: no handler that takes it can be reached without a usable session;
//! - [`status`], one `match` from a refusal to an HTTP status;
//! - the cookie, which scripts cannot read, which only goes over TLS (or to this machine), and only to this host;
//! - [`same_origin`], which with `SameSite=Lax` and changes by POST alone keeps other sites from acting for the user;
//! - the invitation, which a GET shows and a POST accepts: mail scanners open links.

#[path = "axum/pages.rs"]
mod pages;
#[path = "axum/self_test.rs"]
mod self_test;

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::{ConnectInfo, DefaultBodyLimit, Form, FromRequestParts, Request, State};
use axum::http::header::{CACHE_CONTROL, X_CONTENT_TYPE_OPTIONS};
use axum::http::header::{
    CONTENT_SECURITY_POLICY, COOKIE, ORIGIN, REFERRER_POLICY, RETRY_AFTER, SET_COOKIE, USER_AGENT,
};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Router, serve};
use serde::Deserialize;
use tenure::mail::{CourierMode, LinkBase, MemoryMailer, links};
use tenure::store::MemoryStore;
use tenure::{
    Acceptance, Access, Client, Clock, Denied, DeniedKind, Error, Founding, NewEmployee, NewRole, NewUser, Permission,
    Place, Principal, SystemClock, Tenure,
};
use tokio::net::TcpListener;

/// `__Host-`: the browser takes it only with `Secure` and `Path=/`, and never from a neighbouring host.
const COOKIE_NAME: &str = "__Host-session";
const LOGIN: (&str, &str) = ("ada@nordwind.example", "Correct-Horse-7");

/// What every handler has at hand.
#[derive(Debug, Clone)]
struct Host {
    tenure: Tenure,
    /// Where the browser believes itself to be.
    origin: String,
}

type StartResult<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

#[tokio::main]
async fn main() -> StartResult<()> {
    let testing = std::env::var_os("TENURE_EXAMPLE_SELF_TEST").is_some_and(|value| value == "1");
    let listener = TcpListener::bind(("127.0.0.1", if testing { 0 } else { 3000 })).await?;
    let address = listener.local_addr()?;
    let origin = format!("http://{address}");
    let (tenure, invitation) = demo(&origin).await?;
    let app = app(Host {
        tenure,
        origin: origin.clone(),
    });
    let serving = serve(listener, app.into_make_service_with_connect_info::<SocketAddr>());
    if testing {
        tokio::spawn(serving.into_future());
        return tokio::task::spawn_blocking(move || self_test::run(address, &invitation)).await?;
    }
    println!("Sign in at {origin} as {} with {}", LOGIN.0, LOGIN.1);
    println!("or accept Zoë's invitation: {invitation}");
    Ok(serving.await?)
}

fn app(host: Host) -> Router {
    Router::new()
        .route("/", get(home))
        .route("/prices", get(prices))
        .route("/sign-in", get(sign_in_form).post(sign_in))
        .route("/sign-out", post(sign_out))
        .route("/sign-out-elsewhere", post(sign_out_elsewhere))
        .route("/invitation", get(invitation).post(accept_invitation))
        .layer(middleware::from_fn_with_state(host.clone(), same_origin))
        .layer(middleware::map_response(harden))
        .layer(DefaultBodyLimit::max(16 * 1024))
        .with_state(host)
}

/// A company with an owner, and somebody who is invited. A real host opens a `SqliteStore`, and sends real mail.
async fn demo(origin: &str) -> StartResult<(Tenure, String)> {
    let mailer = Arc::new(MemoryMailer::new());
    let tenure = Tenure::builder(Arc::new(MemoryStore::new()), mailer.clone())
        .links(LinkBase::new(origin)?)
        .courier(CourierMode::Manual)
        .build()?;
    let single = tenure.single_tenant();
    let owner = NewUser::new("Ada", "Lovelace", LOGIN.0);
    single.found(Founding::new("Nordwind", owner, LOGIN.1)).await?;
    let desk = single.system("the demonstration")?;
    let clerk = desk
        .roles()
        .add(NewRole::new("Clerk").permissions(["orders.read"]))
        .await?;
    let employee = NewEmployee::new("Zoë", "Ärmel").email("zoe@nordwind.example");
    let employee = desk.employees().add(employee).await?;
    let user = desk
        .users()
        .create_for(employee.id, Access::role(clerk.id).invite())
        .await?;
    tenure.courier().deliver_due().await?;
    let link = mailer.last_to(&user.address).and_then(|mail| links(&mail).pop());
    Ok((tenure, link.ok_or("no mail")?))
}

// Pages

/// The guarded page. `desk.me()` takes no permission: it is the user's own account.
async fn home(State(host): State<Host>, SignedIn(principal): SignedIn) -> Result<Response, Failure> {
    let (now, idle) = (SystemClock.now(), host.tenure.policy().session_idle);
    let mut sessions = host.tenure.desk(&principal).me().sessions().await?.items;
    sessions.retain(|session| session.is_live(idle, now));
    Ok(pages::home(&principal, &sessions).into_response())
}

/// A page of the host's own, under a permission of the host's own.
async fn prices(SignedIn(principal): SignedIn) -> Result<Response, Failure> {
    let change = Permission::new("prices.change").map_err(|_| Denied::Forbidden)?;
    if !principal.may(&change, Place::Everywhere) {
        return Err(Denied::Forbidden.into());
    }
    Ok(pages::prices().into_response())
}

async fn sign_in_form() -> Response {
    pages::sign_in("", None).into_response()
}

#[derive(Deserialize)]
struct Login {
    login: String,
    password: String,
}

async fn sign_in(
    State(host): State<Host>,
    Visitor(client): Visitor,
    Form(form): Form<Login>,
) -> Result<Response, Failure> {
    let login = form.login.clone();
    match host.tenure.single_tenant().sign_in(login, form.password, client).await {
        Ok(session) => Ok((set_cookie(session.token.expose(), None), Redirect::to("/")).into_response()),
        Err(Error::Denied(denied)) => {
            let page = pages::sign_in(&form.login, Some("The login name or the password is not right."));
            Ok((status(&denied), page).into_response())
        }
        Err(other) => Err(other.into()),
    }
}

/// The session ends on the server; that the cookie goes is tidiness.
async fn sign_out(State(host): State<Host>, SignedIn(principal): SignedIn) -> Result<Response, Failure> {
    host.tenure.desk(&principal).me().sign_out().await?;
    Ok((set_cookie("", Some(0)), Redirect::to("/sign-in")).into_response())
}

async fn sign_out_elsewhere(State(host): State<Host>, SignedIn(principal): SignedIn) -> Result<Redirect, Failure> {
    host.tenure.desk(&principal).me().end_other_sessions().await?;
    Ok(Redirect::to("/"))
}

#[derive(Deserialize)]
struct Link {
    token: String,
}

/// A form of a GET is its query.
async fn invitation(State(host): State<Host>, Form(link): Form<Link>) -> Result<Response, Failure> {
    let offer = host.tenure.preview_invitation(&link.token).await?;
    Ok(pages::invitation(&offer, &link.token, None).into_response())
}

#[derive(Deserialize)]
struct AcceptForm {
    token: String,
    password: String,
}

async fn accept_invitation(State(host): State<Host>, Form(form): Form<AcceptForm>) -> Result<Response, Failure> {
    let offer = host.tenure.preview_invitation(&form.token).await?;
    let acceptance = Acceptance::new(form.password);
    match host.tenure.accept_invitation(&form.token, acceptance).await {
        Ok(_) => Ok(Redirect::to("/sign-in").into_response()),
        Err(Error::Denied(denied @ Denied::Invalid { .. })) => {
            let page = pages::invitation(&offer, &form.token, Some(&denied));
            Ok((status(&denied), page).into_response())
        }
        Err(other) => Err(other.into()),
    }
}

// Who asks

/// Where a request comes from. Behind a proxy, the address is the one that *your* proxy has put into a header; nobody else's
/// header is believed.
struct Visitor(Client);

impl FromRequestParts<Host> for Visitor {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, host: &Host) -> Result<Self, Failure> {
        let peer = ConnectInfo::<SocketAddr>::from_request_parts(parts, host).await;
        let client = peer.map_or_else(|_| Client::unknown(), |ConnectInfo(peer)| Client::at(peer.ip()));
        let program = parts.headers.get(USER_AGENT).and_then(|value| value.to_str().ok());
        Ok(Self(match program {
            Some(program) => client.user_agent(program),
            None => client,
        }))
    }
}

/// Whoever has a usable session, asked anew with each request. Refuses everybody else.
struct SignedIn(Principal);

impl FromRequestParts<Host> for SignedIn {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, host: &Host) -> Result<Self, Failure> {
        let Visitor(client) = Visitor::from_request_parts(parts, host).await?;
        let token = cookie(&parts.headers).ok_or(Denied::NotSignedIn)?;
        Ok(Self(host.tenure.authenticate(token, &client).await?))
    }
}

fn cookie(headers: &HeaderMap) -> Option<&str> {
    let cookies = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies
        .flat_map(|cookies| cookies.split(';'))
        .filter_map(|pair| pair.trim().split_once('='));
    pairs.find_map(|(name, value)| (name == COOKIE_NAME).then_some(value))
}

fn set_cookie(token: &str, max_age: Option<u32>) -> [(HeaderName, String); 1] {
    let max_age = max_age
        .map(|seconds| format!("; Max-Age={seconds}"))
        .unwrap_or_default();
    let cookie = format!("{COOKIE_NAME}={token}; Path=/; Secure; HttpOnly; SameSite=Lax{max_age}");
    [(SET_COOKIE, cookie)]
}

/// Whatever changes something has to come from a page of ours. Browsers say where a POST comes from; nothing else can.
async fn same_origin(State(host): State<Host>, request: Request, next: Next) -> Response {
    let changes = !request.method().is_safe();
    let origin = request.headers().get(ORIGIN);
    if changes && origin.is_none_or(|origin| origin.as_bytes() != host.origin.as_bytes()) {
        return pages::refusal("This request did not come from a page of ours.", StatusCode::FORBIDDEN);
    }
    next.run(request).await
}

/// `same-origin` keeps the token in a link from other sites. (`no-referrer` would too, but hides the origin of our own forms.)
async fn harden(mut response: Response) -> Response {
    const POLICY: &str =
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";
    for (name, value) in [
        (CONTENT_SECURITY_POLICY, POLICY),
        (REFERRER_POLICY, "same-origin"),
        (CACHE_CONTROL, "no-store"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ] {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

// What goes wrong

/// What a handler gives instead of a page.
struct Failure(Error);

impl<E: Into<Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        match self.0 {
            Error::Denied(denied @ Denied::NotSignedIn) => (status(&denied), pages::sign_in("", None)).into_response(),
            Error::Denied(denied) => pages::refusal(&denied.to_string(), status(&denied)),
            Error::Busy | Error::Conflict => {
                let page = pages::refusal("Too much at once. Please try again.", StatusCode::SERVICE_UNAVAILABLE);
                ([(RETRY_AFTER, "1")], page).into_response()
            }
            error => {
                // For the log, with its cause; the visitor has no use for it.
                eprintln!("{error}: {:?}", std::error::Error::source(&error));
                pages::refusal("Something went wrong.", StatusCode::INTERNAL_SERVER_ERROR)
            }
        }
    }
}

/// The one place where a refusal becomes a status.
fn status(denied: &Denied) -> StatusCode {
    match denied.kind() {
        DeniedKind::Invalid => StatusCode::UNPROCESSABLE_ENTITY,
        DeniedKind::Unauthenticated => StatusCode::UNAUTHORIZED,
        DeniedKind::Forbidden => StatusCode::FORBIDDEN,
        DeniedKind::NotFound => StatusCode::NOT_FOUND,
        DeniedKind::Conflict => StatusCode::CONFLICT,
        DeniedKind::Gone => StatusCode::GONE,
        DeniedKind::Limited => StatusCode::TOO_MANY_REQUESTS,
    }
}
