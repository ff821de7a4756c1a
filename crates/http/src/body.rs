//! Reading a request's body: its media type, its size and the time it may take.

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{FromRequest, OptionalFromRequest, Request};
use axum::http::{HeaderMap, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::error::Category;

use crate::problem::{Kind, Problem};
use crate::refusal::{Part, refused};
use crate::state::State;

/// A JSON object as the body, read into `T`. Members that `T` does not have must be refused by
/// `#[serde(deny_unknown_fields)]`.
pub struct Json<T>(pub T);

impl<T: DeserializeOwned> FromRequest<State> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &State) -> Result<Self, Problem> {
        require_type(request.headers(), "application/json")?;
        let bytes = read(request, state.settings.limits.body_bytes, state).await?;
        from_json(&bytes).map(Json)
    }
}

/// `None`: the request has neither a body nor a media type.
impl<T: DeserializeOwned> OptionalFromRequest<State> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &State) -> Result<Option<Self>, Problem> {
        if request.body().is_end_stream() && !request.headers().contains_key(header::CONTENT_TYPE) {
            return Ok(None);
        }
        <Self as FromRequest<State>>::from_request(request, state)
            .await
            .map(Some)
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

/// The whole body, of at most `limit` bytes, which must arrive within `limits.seconds`. A larger
/// body is refused by its `Content-Length` or as soon as it exceeds the limit.
pub async fn read(request: Request, limit: usize, state: &State) -> Result<Bytes, Problem> {
    let too_large = || Problem::new(Kind::TooLarge, format!("the body must have at most {limit} bytes"));
    let announced = request.headers().get(header::CONTENT_LENGTH);
    let announced = announced
        .and_then(|value| value.to_str().ok())
        .and_then(|text| text.parse::<usize>().ok());
    if announced.is_some_and(|length| length > limit) {
        return Err(too_large());
    }
    let time = state.settings.limits.time();
    let body: Limited<Body> = Limited::new(request.into_body(), limit);
    match tokio::time::timeout(time, body.collect()).await {
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(too_large()),
        Ok(Err(_)) => Err(Problem::new(
            Kind::InvalidArgument,
            "invalid body: it is incomplete, or its chunked encoding is not valid",
        )),
        Err(_) => Err(Problem::new(
            Kind::SlowRequest,
            format!("the body must arrive within {} s", time.as_secs()),
        )),
    }
}

fn from_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let invalid = |error: &serde_json::Error| {
        let place = format!("invalid JSON at line {}, column {}", error.line(), error.column());
        Problem::new(Kind::InvalidJson, place)
    };
    // serde would accept an array as a struct, with its elements as the members in order.
    if bytes.trim_ascii_start().first() != Some(&b'{') {
        return Err(match serde_json::from_slice::<IgnoredAny>(bytes) {
            Ok(_) => Problem::new(Kind::InvalidArgument, "invalid body: expected a JSON object"),
            Err(error) => invalid(&error),
        });
    }
    let mut parser = serde_json::Deserializer::from_slice(bytes);
    let read = serde_path_to_error::deserialize(&mut parser);
    let read = read.map_err(|error| (error.path().to_string(), error.into_inner()));
    let read = read.and_then(|read| parser.end().map(|()| read).map_err(|error| (".".into(), error)));
    read.map_err(|(path, error)| match error.classify() {
        Category::Data => refused(Part::Body, &path, &error.to_string()),
        _ => invalid(&error),
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test ends by panicking")]
mod tests {
    use super::*;
    use serde::Deserialize;
    use serde_json::value::RawValue;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields, expecting = "a JSON object")]
    struct Body {
        id: Option<String>,
        data: Option<Box<RawValue>>,
    }

    #[test]
    fn a_part_that_is_kept_as_text_keeps_every_digit() {
        let body: Body = from_json(br#"{"id":null,"data":{"a":1.0,"b":12345678901234567890}}"#).unwrap();
        assert_eq!(body.id, None);
        assert_eq!(body.data.unwrap().get(), r#"{"a":1.0,"b":12345678901234567890}"#);
    }

    #[test]
    fn what_a_route_does_not_accept_is_refused_by_name() {
        for (text, kind, detail) in [
            ("[]", Kind::InvalidArgument, "invalid body: expected a JSON object"),
            (
                " [\"a\",{}]",
                Kind::InvalidArgument,
                "invalid body: expected a JSON object",
            ),
            ("null", Kind::InvalidArgument, "invalid body: expected a JSON object"),
            ("[\"a\",", Kind::InvalidJson, "invalid JSON at line 1, column 5"),
            ("{\"id\":5}", Kind::InvalidArgument, "invalid id: expected a string"),
            (
                "{\"id\":\"a\",\"id\":\"a\"}",
                Kind::InvalidArgument,
                "\"id\" is given twice",
            ),
            (
                "{\"s3cret\":1}",
                Kind::InvalidArgument,
                "unknown member in the body: expected \"id\" or \"data\"",
            ),
            ("", Kind::InvalidJson, "invalid JSON at line 1, column 0"),
            ("{\"id\":}", Kind::InvalidJson, "invalid JSON at line 1, column 7"),
            ("{} s3cret", Kind::InvalidJson, "invalid JSON at line 1, column 4"),
            (
                "{\"id\":\"\\ud83d\"}",
                Kind::InvalidJson,
                "invalid JSON at line 1, column 14",
            ),
        ] {
            let problem = from_json::<Body>(text.as_bytes()).unwrap_err();
            assert_eq!((problem.kind, problem.detail.as_str()), (kind, detail), "{text}");
        }
    }
}
