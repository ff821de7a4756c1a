//! The errors that clients get, as problem details of RFC 9457. This file has the only table of
//! types, statuses and titles. No text repeats what the client sent, because it may be a secret.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

pub const MEDIA_TYPE: &str = "application/problem+json";

/// Each kind has a stable type, `/problems/{name}`, which the service describes under that path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    InvalidArgument,
    InvalidJson,
    Unauthorized,
    AppNotAllowed,
    RightNotAllowed,
    CrossSite,
    NoSession,
    NoRoute,
    MethodNotAllowed,
    Conflict,
    Limit,
    CrossSlot,
    NotANumber,
    OutOfRange,
    DataNotAnObject,
    TooLarge,
    UnsupportedMediaType,
    WrongHost,
    SlowRequest,
    Internal,
    NoPermission,
    Unavailable,
    Overloaded,
    NoModule,
    UnknownOutcome,
}

impl Kind {
    pub const ALL: [Self; 25] = [
        Self::InvalidArgument,
        Self::InvalidJson,
        Self::Unauthorized,
        Self::AppNotAllowed,
        Self::RightNotAllowed,
        Self::CrossSite,
        Self::NoSession,
        Self::NoRoute,
        Self::MethodNotAllowed,
        Self::Conflict,
        Self::Limit,
        Self::CrossSlot,
        Self::NotANumber,
        Self::OutOfRange,
        Self::DataNotAnObject,
        Self::TooLarge,
        Self::UnsupportedMediaType,
        Self::WrongHost,
        Self::SlowRequest,
        Self::Internal,
        Self::NoPermission,
        Self::Unavailable,
        Self::Overloaded,
        Self::NoModule,
        Self::UnknownOutcome,
    ];

    /// Name, status, title.
    const fn row(self) -> (&'static str, u16, &'static str) {
        match self {
            Self::InvalidArgument => ("invalid-argument", 400, "An argument is not valid"),
            Self::InvalidJson => ("invalid-json", 400, "The body is not valid JSON"),
            Self::Unauthorized => ("unauthorized", 401, "The request requires a valid key"),
            Self::AppNotAllowed => ("app-not-allowed", 403, "The key does not cover this app"),
            Self::RightNotAllowed => (
                "right-not-allowed",
                403,
                "The key does not have the right that the route requires",
            ),
            Self::CrossSite => ("cross-site", 403, "Without keys, requests from web pages are refused"),
            Self::NoSession => ("no-session", 404, "There is no such session"),
            Self::NoRoute => ("no-route", 404, "There is no such route"),
            Self::MethodNotAllowed => ("method-not-allowed", 405, "The route does not allow this method"),
            Self::Conflict => (
                "conflict",
                412,
                "The session is not in the state that the request requires",
            ),
            Self::Limit => ("limit", 409, "The id already has the maximum number of sessions"),
            Self::CrossSlot => (
                "cross-slot",
                409,
                "In this cluster the session cannot be moved to that id",
            ),
            Self::NotANumber => ("not-a-number", 409, "The value is not a whole number"),
            Self::OutOfRange => ("out-of-range", 409, "The result is not a 64-bit integer"),
            Self::DataNotAnObject => ("data-not-an-object", 409, "The stored data is not a JSON object"),
            Self::TooLarge => ("too-large", 413, "The body or the session's data is too large"),
            Self::UnsupportedMediaType => ("unsupported-media-type", 415, "The body has the wrong media type"),
            Self::WrongHost => ("wrong-host", 421, "The service is not configured for this host name"),
            Self::SlowRequest => ("slow-request", 408, "The body did not arrive in time"),
            Self::Internal => ("internal", 500, "Internal error"),
            Self::NoPermission => ("no-permission", 500, "Redis refuses the service's user"),
            Self::Unavailable => ("unavailable", 503, "The Redis server is unavailable"),
            Self::Overloaded => ("overloaded", 503, "Too many requests are in progress"),
            Self::NoModule => ("no-module", 503, "The Redis server does not have the module"),
            Self::UnknownOutcome => ("unknown-outcome", 504, "The command was sent, but no reply arrived"),
        }
    }

    pub const fn name(self) -> &'static str {
        self.row().0
    }

    /// The `type` of the problem.
    pub fn uri(self) -> String {
        format!("/problems/{}", self.name())
    }

    pub fn status(self) -> StatusCode {
        StatusCode::from_u16(self.row().1).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// The header that every problem of this kind has.
    pub const fn header(self) -> Option<(header::HeaderName, &'static str)> {
        match self {
            Self::Unauthorized => Some((header::WWW_AUTHENTICATE, "Bearer")),
            Self::Unavailable | Self::Overloaded | Self::NoModule => Some((header::RETRY_AFTER, "1")),
            _ => None,
        }
    }

    pub const fn title(self) -> &'static str {
        self.row().2
    }
}

/// The members of RFC 9457, in its order.
#[derive(Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct Details {
    /// Where the service describes the kind of the problem
    #[serde(rename = "type")]
    kind: String,
    title: &'static str,
    status: u16,
    /// What is wrong and what is allowed
    detail: String,
}

/// An error response.
#[derive(Clone, Debug)]
pub struct Problem {
    pub kind: Kind,
    /// What is wrong and what is allowed.
    pub detail: String,
    headers: Vec<(header::HeaderName, HeaderValue)>,
}

impl Problem {
    pub fn new(kind: Kind, detail: impl Into<String>) -> Self {
        let headers = kind
            .header()
            .map(|(name, value)| (name, HeaderValue::from_static(value)));
        Self {
            kind,
            detail: detail.into(),
            headers: headers.into_iter().collect(),
        }
    }

    pub fn with_header(mut self, name: header::HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let details = Details {
            kind: self.kind.uri(),
            title: self.kind.title(),
            status: self.kind.status().as_u16(),
            detail: self.detail,
        };
        let mut response = (self.kind.status(), axum::Json(details)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
        for (name, value) in self.headers {
            headers.insert(name, value);
        }
        response
    }
}
