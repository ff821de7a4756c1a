//! What `/v1` reads from a request's headers: the token of a session and the conditions of a
//! change.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use sessions_model::ident::Token;
use sessions_model::number::parse_writes;
use utoipa::PartialSchema;
use utoipa::openapi::Required;

use super::table::Route;
use super::{invalid, schema};
use crate::problem::Problem;
use crate::state::State;

/// The token is in a header, because paths and queries get into logs.
pub(super) const SESSION_TOKEN: HeaderName = HeaderName::from_static("session-token");

/// The header `Session-Token` of a route that requires it. A malformed token is sent to the server
/// unchanged: no session has it, and the server counts the miss.
pub(super) struct SessionToken(pub(super) Vec<u8>);

impl FromRequestParts<State> for SessionToken {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &State) -> Result<Self, Problem> {
        let value = only(&parts.headers, &SESSION_TOKEN, "Session-Token")?;
        let value = value.ok_or_else(|| invalid("the header Session-Token is required"))?;
        Ok(Self(value.as_bytes().to_vec()))
    }
}

/// The session that a request keeps. A malformed token is refused, because it would keep no session
/// although the client wants to keep one.
pub(super) struct Spared(pub(super) Option<Token>);

impl FromRequestParts<State> for Spared {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &State) -> Result<Self, Problem> {
        let value = only(&parts.headers, &SESSION_TOKEN, "Session-Token")?;
        let parse = |value: &HeaderValue| {
            Token::parse(value.as_bytes())
                .ok_or_else(|| invalid("invalid Session-Token: exactly 64 characters of A-Z a-z 0-9"))
        };
        value.map(parse).transpose().map(Self)
    }
}

/// The condition of a change, from `If-Match` and `If-None-Match`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Precondition {
    None,
    /// `If-None-Match: *`
    Absent,
    /// `If-Match: *`
    Present,
    /// `If-Match: "w"`
    Version(i64),
}

impl FromRequestParts<State> for Precondition {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &State) -> Result<Self, Problem> {
        let matching = only(&parts.headers, &header::IF_MATCH, "If-Match")?;
        let none_matching = only(&parts.headers, &header::IF_NONE_MATCH, "If-None-Match")?;
        match (
            matching.map(HeaderValue::as_bytes),
            none_matching.map(HeaderValue::as_bytes),
        ) {
            (None, None) => Ok(Self::None),
            (Some(b"*"), None) => Ok(Self::Present),
            (Some(tag), None) => version(tag)
                .map(Self::Version)
                .ok_or_else(|| invalid("invalid If-Match: * or one strong entity tag, such as the ETag of a response")),
            (None, Some(b"*")) => Ok(Self::Absent),
            (None, Some(_)) => Err(invalid("invalid If-None-Match: only * is allowed")),
            (Some(_), Some(_)) => Err(invalid("If-Match and If-None-Match cannot be combined")),
        }
    }
}

/// A request to a route without conditions. A request with a condition is refused, because the
/// route would ignore the condition.
pub(super) struct Unconditional;

impl FromRequestParts<State> for Unconditional {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &State) -> Result<Self, Problem> {
        let is_given = |name: HeaderName| parts.headers.contains_key(name);
        if is_given(header::IF_MATCH) || is_given(header::IF_NONE_MATCH) {
            return Err(invalid(
                "the route does not support conditions: If-Match and If-None-Match are not allowed",
            ));
        }
        Ok(Self)
    }
}

/// The headers in the description of a route.
impl Route {
    /// For [`SessionToken`]. A malformed token is not an error, so the schema has no pattern.
    pub(super) fn token(self) -> Self {
        self.header(
            "Session-Token",
            Required::True,
            "The token of the session",
            String::schema(),
        )
    }

    /// For [`Spared`].
    pub(super) fn spared_token(self) -> Self {
        let text = "The token of a session to keep; not allowed together with `sid`";
        self.header("Session-Token", Required::False, text, schema::TokenText::schema())
    }

    /// For [`Precondition`].
    pub(super) fn if_match(self) -> Self {
        let text = "`*`, or the `ETag` of a reply: the data must still have this version";
        self.header("If-Match", Required::False, text, schema::EntityTag::schema())
    }

    /// For [`Precondition`].
    pub(super) fn if_none_match(self) -> Self {
        let text = "`*`: there must be no live session with this token";
        self.header("If-None-Match", Required::False, text, schema::Star::schema())
    }
}

/// The entity tag of a session's data.
pub(super) fn etag(writes: i64) -> (HeaderName, String) {
    (header::ETAG, format!("\"{writes}\""))
}

/// The number in an entity tag of the service. Tags are compared as text, so only one spelling is
/// valid.
fn version(tag: &[u8]) -> Option<i64> {
    let digits = tag.strip_prefix(b"\"")?.strip_suffix(b"\"")?;
    let writes = parse_writes(digits).ok()?;
    (writes.to_string().as_bytes() == digits).then_some(writes)
}

/// The value of a header that may occur once.
fn only<'a>(headers: &'a HeaderMap, name: &HeaderName, shown: &str) -> Result<Option<&'a HeaderValue>, Problem> {
    let mut all = headers.get_all(name).iter();
    match (all.next(), all.next()) {
        (value, None) => Ok(value),
        _ => Err(invalid(format!("the header {shown} is given twice"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_one_strong_entity_tag_with_a_number() {
        for (tag, expected) in [
            ("\"0\"", Some(0)),
            ("\"7\"", Some(7)),
            ("\"9223372036854775807\"", Some(i64::MAX)),
            ("\"9223372036854775808\"", None),
            ("\"-1\"", None),
            ("\"+1\"", None),
            ("\"07\"", None),
            ("\"\"", None),
            ("\"", None),
            ("", None),
            ("7", None),
            ("W/\"7\"", None),
            ("\"7\", \"8\"", None),
            ("\"7\" ", None),
            ("\"seven\"", None),
        ] {
            assert_eq!(version(tag.as_bytes()), expected, "{tag}");
        }
    }
}
