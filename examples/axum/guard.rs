//! Who asks, and from which page; and what browsers are told besides.

use std::net::SocketAddr;

use axum::extract::{ConnectInfo, FromRequestParts, Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, COOKIE, ORIGIN, REFERRER_POLICY, SET_COOKIE, USER_AGENT,
    X_CONTENT_TYPE_OPTIONS,
};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use tenure::{Client, Denied, Principal};

use crate::Host;
use crate::failure::Failure;
use crate::html::refusal;

/// `__Host-`: the browser takes it only with `Secure` and `Path=/`, and never from a neighbouring host.
pub(crate) const COOKIE_NAME: &str = "__Host-session";

/// Where a request comes from. Behind a proxy, the address is the one that *your* proxy has put into a header; nobody else's
/// header is believed.
pub(crate) struct Visitor(pub(crate) Client);

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
pub(crate) struct SignedIn(pub(crate) Principal);

impl FromRequestParts<Host> for SignedIn {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, host: &Host) -> Result<Self, Failure> {
        let Visitor(client) = Visitor::from_request_parts(parts, host).await?;
        let token = cookie(&parts.headers).ok_or(Denied::NotSignedIn)?;
        Ok(Self(host.tenure.authenticate(token, &client).await?))
    }
}

/// The token of the session that a browser says it has.
pub(crate) fn cookie(headers: &HeaderMap) -> Option<&str> {
    let cookies = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies
        .flat_map(|cookies| cookies.split(';'))
        .filter_map(|pair| pair.trim().split_once('='));
    pairs.find_map(|(name, value)| (name == COOKIE_NAME).then_some(value))
}

/// Scripts cannot read it (`HttpOnly`), it goes over TLS or to this machine only, and to this host alone.
pub(crate) fn set_cookie(token: &str) -> [(HeaderName, String); 1] {
    let cookie = format!("{COOKIE_NAME}={token}; Path=/; Secure; HttpOnly; SameSite=Lax");
    [(SET_COOKIE, cookie)]
}

/// The session has ended on the server; that the cookie goes is tidiness.
pub(crate) fn drop_cookie() -> [(HeaderName, String); 1] {
    set_cookie("").map(|(name, cookie)| (name, cookie + "; Max-Age=0"))
}

/// Whatever changes something has to come from a page of ours. Browsers say where a POST comes from; nothing else can.
pub(crate) async fn same_origin(State(host): State<Host>, request: Request, next: Next) -> Response {
    let changes = !request.method().is_safe();
    let origin = request.headers().get(ORIGIN);
    if changes && origin.is_none_or(|origin| origin.as_bytes() != host.origin.as_bytes()) {
        return refusal("This request did not come from a page of ours.", StatusCode::FORBIDDEN);
    }
    next.run(request).await
}

/// `same-origin` keeps the token in a link from other sites. (`no-referrer` would too, but hides the origin of our own forms.)
pub(crate) async fn harden(State(host): State<Host>, mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(CONTENT_SECURITY_POLICY, host.content_policy);
    for (name, value) in [
        (REFERRER_POLICY, "same-origin"),
        (CACHE_CONTROL, "no-store"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}
