//! The two links of a change of address: from the new address to confirm it, from the old one to stop it. Whoever opens them need
//! not be signed in, and is not afterwards.

use axum::Router;
use axum::extract::State;
use axum::response::{Html, Redirect};
use axum::routing::get;
use tenure::mail::LinkBase;
use tenure::model::TicketPurpose;

use super::Link;
use crate::Host;
use crate::failure::Failure;
use crate::form::{Typed, Wrong, form};
use crate::html::{escape, visitor_page};

const CONFIRM: &str = LinkBase::path(TicketPurpose::ConfirmAddress);
const STOP: &str = LinkBase::path(TicketPurpose::StopChange);
const DONE: &str = "/sign-in/address-changed";

pub(super) fn routes() -> Router<Host> {
    Router::new()
        .route(CONFIRM, get(show_confirmation).post(confirm))
        .route(STOP, get(show_stop).post(stop))
}

async fn show_confirmation(State(host): State<Host>, Typed(link): Typed<Link>) -> Result<Html<String>, Failure> {
    let preview = host.tenure.preview_address_confirmation(&link.token).await?;
    let body = format!(
        "<h1>Confirm your address</h1>\n<p><strong>{}</strong> is to be your address at {}.</p>\n{}",
        escape(preview.address.as_str()),
        escape(preview.tenant.as_str()),
        button(CONFIRM, "Confirm the address", &link),
    );
    Ok(visitor_page("Confirm your address", &body))
}

async fn confirm(State(host): State<Host>, Typed(link): Typed<Link>) -> Result<Redirect, Failure> {
    host.tenure.confirm_address(&link.token).await?;
    Ok(Redirect::to(DONE))
}

async fn show_stop(State(host): State<Host>, Typed(link): Typed<Link>) -> Result<Html<String>, Failure> {
    let preview = host.tenure.preview_address_stop(&link.token).await?;
    let body = format!(
        "<h1>Keep your address</h1>\n<p>Your address at {} is to be changed. If you did not ask for that, stop it: \
         <strong>{}</strong> stays your address. Then set a new password, too.</p>\n{}",
        escape(preview.tenant.as_str()),
        escape(preview.address.as_str()),
        button(STOP, "Stop the change", &link),
    );
    Ok(visitor_page("Keep your address", &body))
}

async fn stop(State(host): State<Host>, Typed(link): Typed<Link>) -> Result<Redirect, Failure> {
    host.tenure.stop_address_change(&link.token).await?;
    Ok(Redirect::to(DONE))
}

fn button(action: &str, label: &str, link: &Link) -> String {
    form(action, label, &[("token", &link.token)], &[], &Wrong::nothing())
}
