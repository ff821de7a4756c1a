//! `/v1/apps/{app}/session`: reading and ending a session, and uses that do not write data as a
//! whole.

use axum::extract;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use sessions_model::number::Increment;
use utoipa::openapi::Required;
use utoipa::{IntoParams, ToSchema};

use super::headers::{SessionToken, Unconditional, etag};
use super::members::Raw;
use super::table::Route;
use super::{SESSION, invalid, no_session, schema};
use crate::access::{Admitted, Read, Write};
use crate::body::Json;
use crate::keys::Right;
use crate::problem::{Kind, Problem};
use crate::query::{NoValue, Nothing, Query};
use crate::state::State;
use crate::store::{Command, Session, integer};

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::new(
            Method::GET,
            SESSION,
            read,
            "readSession",
            "Returns a session, counts the read and refreshes the session",
        )
        .details("The values are those before this use. `If-None-Match` is ignored.")
        .right(Right::Read)
        .token()
        .query::<Looking>()
        .returns::<Session>(StatusCode::OK, "The session")
        .with("ETag", "`w`, the version of the data only, in quotes")
        .or(&[Kind::NoSession]),
        Route::new(Method::DELETE, SESSION, end, "endSession", "Ends a session")
            .right(Right::Write)
            .token()
            .returns_nothing(StatusCode::NO_CONTENT, "The session has ended")
            .or(&[Kind::NoSession]),
        Route::new(
            Method::POST,
            "/v1/apps/{app}/session/touch",
            touch,
            "touchSession",
            "Refreshes a session without returning it",
        )
        .right(Right::Write)
        .token()
        .body::<Touch>(Required::False)
        .returns_nothing(StatusCode::NO_CONTENT, "The session was refreshed")
        .or(&[Kind::NoSession]),
        Route::new(
            Method::POST,
            "/v1/apps/{app}/session/increment",
            increment,
            "incrementSession",
            "Increments a number in the data",
        )
        .right(Right::Write)
        .token()
        .body::<Increase>(Required::True)
        .returns::<Increased>(StatusCode::OK, "The value after the addition")
        .or(&[
            Kind::NoSession,
            Kind::NotANumber,
            Kind::OutOfRange,
            Kind::DataNotAnObject,
            Kind::UnknownOutcome,
        ]),
    ]
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
struct Looking {
    /// Reads without counting as a use; the parameter has no value
    #[param(value_type = String, required = false, max_length = 0)]
    peek: Option<NoValue>,
}

async fn read(
    Admitted { app, .. }: Admitted<Read>,
    Query(Looking { peek }): Query<Looking>,
    SessionToken(token): SessionToken,
    extract::State(state): extract::State<State>,
) -> Result<Response, Problem> {
    let name = if peek.is_some() {
        "SESSIONS.PEEK"
    } else {
        "SESSIONS.GET"
    };
    let reply = state.store.send(Command::at(name, &app, &token).arg("JSON")).await?;
    let session = Session::of_reply(reply)?.ok_or_else(no_session)?;
    Ok(([etag(session.w)], axum::Json(session)).into_response())
}

async fn end(
    Admitted { app, .. }: Admitted<Write>,
    Query(Nothing {}): Query<Nothing>,
    SessionToken(token): SessionToken,
    _: Unconditional,
    extract::State(state): extract::State<State>,
) -> Result<StatusCode, Problem> {
    let reply = state.store.send(Command::at("SESSIONS.KILL", &app, &token)).await?;
    found(integer(&reply)?)
}

#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, expecting = "a JSON object")]
struct Touch {
    /// The idle timeout from now on
    #[schema(value_type = Option<schema::Ttl>)]
    ttl: Option<Raw>,
}

async fn touch(
    Admitted { app, .. }: Admitted<Write>,
    Query(Nothing {}): Query<Nothing>,
    SessionToken(token): SessionToken,
    _: Unconditional,
    extract::State(state): extract::State<State>,
    body: Option<Json<Touch>>,
) -> Result<StatusCode, Problem> {
    let Touch { ttl } = body.map(|Json(body)| body).unwrap_or_default();
    let command = Command::at("SESSIONS.TOUCH", &app, &token).option("TTL", ttl);
    found(integer(&state.store.send(command).await?)?)
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, expecting = "a JSON object")]
struct Increase {
    #[schema(value_type = schema::Key)]
    key: String,
    /// 1 if it is omitted
    #[schema(value_type = Option<schema::By>)]
    by: Option<Raw>,
}

#[derive(Serialize, ToSchema)]
struct Increased {
    value: i64,
}

async fn increment(
    Admitted { app, .. }: Admitted<Write>,
    Query(Nothing {}): Query<Nothing>,
    SessionToken(token): SessionToken,
    _: Unconditional,
    extract::State(state): extract::State<State>,
    Json(Increase { key, by }): Json<Increase>,
) -> Result<axum::Json<Increased>, Problem> {
    // The module uses another name for this member.
    if by
        .as_ref()
        .is_some_and(|by| Increment::parse(by.text().as_bytes()).is_err())
    {
        return Err(invalid(format!(
            "invalid by: a whole number from {} to {}",
            i64::MIN,
            i64::MAX
        )));
    }
    let command = Command::at("SESSIONS.INCR", &app, &token).arg(key).option("BY", by);
    match state.store.send(command).await? {
        redis::Value::Nil => Err(no_session()),
        reply => Ok(axum::Json(Increased {
            value: integer(&reply)?,
        })),
    }
}

fn found(count: i64) -> Result<StatusCode, Problem> {
    if count == 0 {
        Err(no_session())
    } else {
        Ok(StatusCode::NO_CONTENT)
    }
}
