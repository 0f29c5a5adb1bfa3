//! A small web host on axum, with all the pages that a back office needs around its login.
//!
//! ```sh
//! cargo run --example axum
//! ```
//!
//! It serves on <http://127.0.0.1:3000>, keeps everything in memory, and prints its mail. With `TENURE_EXAMPLE_SELF_TEST=1` it
//! visits every page of its own instead, as browsers would, and ends.
//!
//! Where to look (all below `examples/axum/`):
//!
//! | file | what to copy from it |
//! |---|---|
//! | `guard.rs` | [`SignedIn`](guard::SignedIn): no handler that takes it can be reached without a usable session; the cookie; [`same_origin`](guard::same_origin), which with `SameSite=Lax` and changes by POST alone keeps other sites from acting for the user |
//! | `failure.rs` | one `match` from a refusal to an HTTP status, and one from a failure to a page |
//! | `form.rs` | every wrong field with all that is wrong about it, beside the field |
//! | `pages/` | a file a page: its routes, what it does, what it shows; begin with `sign_in.rs` |
//! | `demo.rs` | setting up, and a mailer of one's own |
//! | `self_test/` | what must hold, refusals among it |
//!
//! Links in mails are shown by a GET, which changes nothing, and acted on by a POST: mail scanners open links.

#[path = "axum/demo.rs"]
mod demo;
#[path = "axum/failure.rs"]
mod failure;
#[path = "axum/form.rs"]
mod form;
#[path = "axum/guard.rs"]
mod guard;
#[path = "axum/html.rs"]
mod html;
#[path = "axum/pages/mod.rs"]
mod pages;
#[path = "axum/self_test/mod.rs"]
mod self_test;

use std::net::SocketAddr;

use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderValue, StatusCode};
use axum::{Router, middleware, serve};
use demo::Terminal;
use tenure::Tenure;
use tokio::net::TcpListener;

/// What every handler has at hand.
#[derive(Debug, Clone)]
struct Host {
    tenure: Tenure,
    /// Where the browser believes itself to be.
    origin: String,
    /// What pages may load, run and send: one style sheet, nothing, and forms to us.
    content_policy: HeaderValue,
}

type StartResult<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

#[tokio::main]
async fn main() -> StartResult<()> {
    let testing = std::env::var_os("TENURE_EXAMPLE_SELF_TEST").is_some_and(|value| value == "1");
    let listener = TcpListener::bind(("127.0.0.1", if testing { 0 } else { 3000 })).await?;
    let address = listener.local_addr()?;
    let origin = format!("http://{address}");
    let terminal = Terminal::quiet(testing);
    if !testing {
        println!("Sign in at {origin} as {} with {}", demo::ADA.0, demo::ADA.1);
        println!("or follow the mails, which are printed here.");
    }
    let tenure = demo::open(&origin, terminal.clone()).await?;
    let app = app(Host::new(tenure, origin)?);
    let serving = serve(listener, app.into_make_service_with_connect_info::<SocketAddr>());
    if testing {
        tokio::spawn(serving.into_future());
        return tokio::task::spawn_blocking(move || self_test::run(address, &terminal)).await?;
    }
    Ok(serving.await?)
}

impl Host {
    fn new(tenure: Tenure, origin: String) -> StartResult<Self> {
        let content_policy = format!(
            "default-src 'none'; style-src {}; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
            html::style_hash()
        );
        Ok(Self {
            tenure,
            origin,
            content_policy: content_policy.try_into()?,
        })
    }
}

fn app(host: Host) -> Router {
    pages::routes()
        .fallback(async || html::refusal("There is no such page.", StatusCode::NOT_FOUND))
        .layer(middleware::from_fn_with_state(host.clone(), guard::same_origin))
        .layer(middleware::map_response_with_state(host.clone(), guard::harden))
        .layer(DefaultBodyLimit::max(16 * 1024))
        .with_state(host)
}
