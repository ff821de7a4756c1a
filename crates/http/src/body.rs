//! Reading a request's body: its media type, its size and the time it may take.

use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde::de::DeserializeOwned;

use crate::config::Limits;
use crate::problem::{Kind, Problem};
use crate::server::door::Door;
use crate::state::State;

/// A JSON body, read into `T`. Members that `T` does not have must be refused by
/// `#[serde(deny_unknown_fields)]`.
pub struct Json<T>(pub T);

impl<T: DeserializeOwned> FromRequest<State> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &State) -> Result<Self, Problem> {
        require_type(request.headers(), "application/json")?;
        let bytes = read(request, state.settings.limits.body_bytes).await?;
        from_json(&bytes).map(Json)
    }
}

/// Whether the body has this media type; its parameters, such as a charset, do not count.
pub fn require_type(headers: &HeaderMap, wanted: &'static str) -> Result<(), Problem> {
    let given = headers
        .get(header::CONTENT_TYPE)
        .map(|value| value.as_bytes())
        .unwrap_or_default();
    let essence = given.split(|&b| b == b';').next().unwrap_or_default().trim_ascii();
    if essence.eq_ignore_ascii_case(wanted.as_bytes()) {
        return Ok(());
    }
    Err(Problem::new(
        Kind::UnsupportedMediaType,
        format!("send the body as {wanted}"),
    ))
}

/// The whole body, of at most `limit` bytes, which must arrive in the time that the listener gives. A larger one is
/// refused by its `Content-Length` or as soon as the limit is passed.
pub async fn read(request: Request, limit: usize) -> Result<Bytes, Problem> {
    let too_large = || Problem::new(Kind::TooLarge, format!("the body must have at most {limit} bytes"));
    let announced = request.headers().get(header::CONTENT_LENGTH);
    let announced = announced
        .and_then(|value| value.to_str().ok())
        .and_then(|text| text.parse::<usize>().ok());
    if announced.is_some_and(|length| length > limit) {
        return Err(too_large());
    }
    let door = request.extensions().get::<Door>();
    let time = door.map_or_else(|| Limits::default().time(), |door| door.body_time);
    let body: Limited<Body> = Limited::new(request.into_body(), limit);
    match tokio::time::timeout(time, body.collect()).await {
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(too_large()),
        Ok(Err(_)) => Err(Problem::new(
            Kind::InvalidArgument,
            "the body ended early, or its chunks are not valid",
        )),
        Err(_) => Err(Problem::new(
            Kind::SlowRequest,
            format!("the body must arrive within {} s", time.as_secs()),
        )),
    }
}

fn from_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    serde_json::from_slice(bytes).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        match error.classify() {
            serde_json::error::Category::Data => Problem::new(Kind::InvalidArgument, described(&error)),
            _ => Problem::new(
                Kind::InvalidJson,
                format!("invalid JSON at line {line}, column {column}"),
            ),
        }
    })
}

/// serde's words without what the client sent, which they repeat between backquotes or quotes.
fn described(error: &serde_json::Error) -> String {
    let text = error.to_string();
    if text.starts_with("unknown field") {
        let expected = text.split_once(", expected ").map_or("", |(_, expected)| expected);
        let expected = expected.split(" at line").next().unwrap_or_default();
        return format!("unknown member in the body: expected {}", expected.replace('`', "\""));
    }
    if text.starts_with("missing field") || text.starts_with("duplicate field") {
        return text.replace('`', "\"");
    }
    let expected = text.split_once("expected ").map_or("", |(_, expected)| expected);
    format!("a member of the body has the wrong type: expected {expected}")
}
