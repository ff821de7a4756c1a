//! Reading a request's query: each parameter at most once, and none that the route does not have.

use axum::extract::FromRequestParts;
use axum::http::Uri;
use axum::http::request::Parts;
use percent_encoding::percent_decode_str;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::problem::{Kind, Problem};
use crate::refusal::{Part, refused};
use crate::state::State;

/// The parameters of a route. Those that `T` does not have must be refused by
/// `#[serde(deny_unknown_fields)]`.
pub struct Query<T>(pub T);

impl<T: DeserializeOwned> FromRequestParts<State> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &State) -> Result<Self, Problem> {
        read(&parts.uri).map(Self)
    }
}

/// The query of a route without parameters.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Nothing {}

/// A parameter without a value, which is either given or not.
#[derive(Deserialize)]
#[serde(try_from = "String")]
pub struct NoValue;

impl TryFrom<String> for NoValue {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, &'static str> {
        if text.is_empty() {
            Ok(Self)
        } else {
            Err("must be empty")
        }
    }
}

pub fn read<T: DeserializeOwned>(uri: &Uri) -> Result<T, Problem> {
    let query = uri.query().unwrap_or_default();
    // The parser would replace invalid bytes, so an id would become a different id.
    if percent_decode_str(query).decode_utf8().is_err() {
        return Err(Problem::new(
            Kind::InvalidArgument,
            "invalid query: must be percent-encoded UTF-8",
        ));
    }
    let pairs = form_urlencoded::parse(query.as_bytes());
    let parser = serde_urlencoded::Deserializer::new(pairs);
    serde_path_to_error::deserialize(parser)
        .map_err(|error| refused(Part::Query, &error.path().to_string(), &error.inner().to_string()))
}
