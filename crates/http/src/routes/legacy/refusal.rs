//! Errors of these routes. Wrong arguments get 500 with the name and the message of rest-sessions,
//! which programs compare. Requests that the web framework of rest-sessions would refuse get a
//! short HTML page. rest-sessions had no keys and rights; errors about these are problems, as on
//! all other routes.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::problem::Problem;
use crate::store::Failure;

pub(super) const JSON: &str = "application/json; charset=utf-8";
pub(super) const HTML: &str = "text/html; charset=utf-8";

#[derive(Debug)]
pub(super) enum Refusal {
    Named(Named),
    Page(StatusCode),
    Problem(Problem),
}

/// The body of an error, in this order.
#[derive(Debug, Serialize)]
pub(super) struct Named {
    name: &'static str,
    message: String,
}

impl Refusal {
    pub(super) const NO_ROUTE: Self = Self::Page(StatusCode::NOT_FOUND);
    /// The path or the body cannot be decoded.
    pub(super) const MALFORMED: Self = Self::Page(StatusCode::BAD_REQUEST);
    pub(super) const TOO_LARGE: Self = Self::Page(StatusCode::PAYLOAD_TOO_LARGE);
    pub(super) const UNREADABLE: Self = Self::Page(StatusCode::UNSUPPORTED_MEDIA_TYPE);

    pub(super) fn missing(what: &str) -> Self {
        Self::named("missingParameter", format!("No {what} supplied"))
    }

    pub(super) fn format(what: &str) -> Self {
        Self::named("invalidFormat", format!("Invalid {what} format"))
    }

    /// The error for a ttl and a dt.
    pub(super) fn seconds() -> Self {
        Self::value("ttl must be a positive integer >= 10")
    }

    pub(super) fn not_an_object() -> Self {
        Self::value("d must be an object")
    }

    pub(super) fn no_keys() -> Self {
        Self::value("d must containt at least one key.")
    }

    /// The error for a member of the data that is an object or an array.
    pub(super) fn nested(key: &str) -> Self {
        Self::value(format!(
            "d.{key} has a forbidden type. Only strings, numbers, boolean and null are allowed."
        ))
    }

    fn value(message: impl Into<String>) -> Self {
        Self::named("invalidValue", message)
    }

    fn named(name: &'static str, message: impl Into<String>) -> Self {
        Self::Named(Named {
            name,
            message: message.into(),
        })
    }
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

impl From<Failure> for Refusal {
    /// An error of Redis, named after the problem.
    fn from(failure: Failure) -> Self {
        let problem = Problem::from(failure);
        Self::named(problem.kind.name(), problem.detail)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        match self {
            Self::Problem(problem) => problem.into_response(),
            Self::Named(named) => {
                let body = serde_json::to_string(&named).unwrap_or_default();
                (StatusCode::INTERNAL_SERVER_ERROR, [(header::CONTENT_TYPE, JSON)], body).into_response()
            }
            Self::Page(status) => {
                let headers = [
                    (header::CONTENT_TYPE, HTML),
                    (header::CONTENT_SECURITY_POLICY, "default-src 'none'"),
                    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
                ];
                (
                    status,
                    headers,
                    format!("<!doctype html><title>{status}</title><h1>{status}</h1>\n"),
                )
                    .into_response()
            }
        }
    }
}
