//! `POST /v1/apps/{app}/sessions`: a new session.

use axum::extract;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa::openapi::Required;

use super::made::Made;
use super::members::{Ownership, Raw};
use super::schema;
use super::table::Route;
use crate::access::{Admitted, Write};
use crate::body::Json;
use crate::keys::Right;
use crate::problem::{Kind, Problem};
use crate::query::{Nothing, Query};
use crate::state::State;
use crate::store::{Command, Failure};

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::new(
            Method::POST,
            "/v1/apps/{app}/sessions",
            create,
            "createSession",
            "Creates a session and returns its token",
        )
        .right(Right::Write)
        .body::<NewSession>(Required::True)
        .returns::<Made>(StatusCode::CREATED, "The token of the new session")
        .or(&[Kind::Limit, Kind::UnknownOutcome]),
    ]
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, expecting = "a JSON object")]
struct NewSession {
    /// Without it, the session is anonymous
    #[schema(value_type = Option<schema::NewId>)]
    id: Option<String>,
    #[schema(value_type = Option<schema::Ip>)]
    ip: Option<String>,
    /// The client's user agent; 512 bytes of it are kept
    ua: Option<String>,
    /// Without it, the server's setting `sessions.ttl`
    #[schema(value_type = Option<schema::Ttl>)]
    ttl: Option<Raw>,
    #[schema(value_type = Option<schema::Lifetime>)]
    lifetime: Option<Raw>,
    /// Use does not extend the session
    no_resave: Option<bool>,
    /// The least recently active ones are ended; requires `id`
    #[schema(value_type = Option<schema::Max>)]
    max: Option<Raw>,
    /// With `max`: the request is refused, and no session is ended
    reject: Option<bool>,
    #[schema(value_type = Option<schema::Data>)]
    data: Option<Raw>,
}

async fn create(
    Admitted { app, .. }: Admitted<Write>,
    Query(Nothing {}): Query<Nothing>,
    extract::State(state): extract::State<State>,
    Json(body): Json<NewSession>,
) -> Result<Response, Problem> {
    let owner = Ownership {
        id: body.id.as_deref(),
        anonymous: None,
        max: body.max.as_ref(),
        reject: body.reject,
    };
    owner.check()?;
    let command = match &body.id {
        Some(id) => Command::at("SESSIONS.CREATE", &app, id.as_bytes()),
        None => Command::at("SESSIONS.CREATE", &app, &state.store.spread()).arg("ANON"),
    };
    let command = command
        .option("IP", body.ip)
        .option("UA", body.ua)
        .option("TTL", body.ttl)
        .flag("NORESAVE", body.no_resave.into())
        .option("LIFETIME", body.lifetime)
        .option("MAX", body.max)
        .flag("REJECT", body.reject.into())
        .option("DATA", body.data);
    let made = Made::of_reply(state.store.send(command).await?)?.ok_or(Failure::Unexpected)?;
    Ok((StatusCode::CREATED, axum::Json(made)).into_response())
}
