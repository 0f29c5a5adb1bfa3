//! The pages, a file each.
//!
//! | page | what it is for | who reaches it |
//! |---|---|---|
//! | `/sign-in`, `/sign-out` | logging in and out | everybody |
//! | `/set-password` | a password of one's own | who logged in with a one-time password |
//! | `/forgotten` | asking for a new password | everybody |
//! | `/reset` | setting it | who got the mail |
//! | `/invitation` | accepting an invitation | who got the mail |
//! | `/` | the start | who is signed in |
//! | `/prices` | something of the host's own | who may change prices |
//! | `/sessions` | where one is signed in, and ending that | who is signed in |
//! | `/password` | changing one's password | who is signed in |
//! | `/address` | changing one's address | who is signed in |
//! | `/confirm-address` | confirming the new address | who got the mail there |
//! | `/stop-change` | stopping the change | who got the mail at the old address |
//!
//! The paths in mails are those of [`LinkBase::path`](tenure::mail::LinkBase::path).

pub(crate) mod address;
pub(crate) mod address_links;
pub(crate) mod forgotten;
pub(crate) mod home;
pub(crate) mod invitation;
pub(crate) mod password;
pub(crate) mod reset;
pub(crate) mod sessions;
pub(crate) mod set_password;
pub(crate) mod sign_in;

use axum::Router;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use tenure::{Denied, Error};

use crate::Host;
use crate::failure::{Failure, status};
use crate::form::Wrong;

pub(crate) fn routes() -> Router<Host> {
    [
        sign_in::routes(),
        set_password::routes(),
        forgotten::routes(),
        reset::routes(),
        invitation::routes(),
        home::routes(),
        sessions::routes(),
        password::routes(),
        address::routes(),
        address_links::routes(),
    ]
    .into_iter()
    .fold(Router::new(), Router::merge)
}

/// What a mailed link carries. Without a token it leads to the page that says the link is not valid.
#[derive(Deserialize)]
pub(crate) struct Link {
    #[serde(default)]
    pub(crate) token: String,
}

/// The form again, where it can be filled in better; else the refusal, or what failed.
fn form_again<P: IntoResponse>(error: Error, page: impl FnOnce(&Wrong) -> P) -> Result<Response, Failure> {
    let denied = match error {
        Error::Denied(denied) => denied,
        other => return Err(other.into()),
    };
    match denied {
        Denied::Invalid { .. } | Denied::LoginTaken { .. } | Denied::TooManyAttempts { .. } => {
            Ok((status(&denied), page(&Wrong::of(&denied))).into_response())
        }
        other => Err(other.into()),
    }
}
