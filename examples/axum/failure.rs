//! What goes wrong, as the visitor sees it.

use axum::extract::rejection::FormRejection;
use axum::http::StatusCode;
use axum::http::header::RETRY_AFTER;
use axum::response::{IntoResponse, Redirect, Response};
use tenure::{Denied, DeniedKind, Error};

use crate::form::Wrong;
use crate::html::refusal;
use crate::pages::{set_password, sign_in};

/// What a handler gives instead of a page.
pub(crate) enum Failure {
    Library(Error),
    /// Not what our forms send.
    BadForm(Box<FormRejection>),
}

impl<E: Into<Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Library(error.into())
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let error = match self {
            Self::Library(error) => error,
            Self::BadForm(rejection) => return refusal("This is not what the form sends.", rejection.status()),
        };
        match error {
            Error::Denied(denied @ Denied::NotSignedIn) => {
                (status(&denied), sign_in::page("", &Wrong::nothing())).into_response()
            }
            // Whoever came with a one-time password has one way to go.
            Error::Denied(Denied::PasswordChangeRequired) => Redirect::to(set_password::PATH).into_response(),
            Error::Denied(denied) => refusal(&denied.to_string(), status(&denied)),
            Error::Busy | Error::Conflict => {
                let page = refusal("Too much at once. Please try again.", StatusCode::SERVICE_UNAVAILABLE);
                ([(RETRY_AFTER, "1")], page).into_response()
            }
            error => {
                // For the log, with its cause; the visitor has no use for it.
                eprintln!("{error}: {:?}", std::error::Error::source(&error));
                refusal("Something went wrong.", StatusCode::INTERNAL_SERVER_ERROR)
            }
        }
    }
}

/// The one place where a refusal becomes a status.
pub(crate) fn status(denied: &Denied) -> StatusCode {
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
