//! `POST /v1/apps/{app}/sessions`: a new session.

use axum::extract;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::made::Made;
use crate::access::{Admitted, Write};
use crate::body::Json;
use crate::problem::Problem;
use crate::state::State;
use crate::store::{Command, Failure};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Body {
    id: Option<String>,
    ip: Option<String>,
    ua: Option<String>,
    ttl: Option<i64>,
    lifetime: Option<i64>,
    #[serde(default)]
    no_resave: bool,
    max: Option<i64>,
    #[serde(default)]
    reject: bool,
    data: Option<Box<RawValue>>,
}

pub(super) async fn create(
    Admitted { app, .. }: Admitted<Write>,
    extract::State(state): extract::State<State>,
    Json(body): Json<Body>,
) -> Result<Response, Problem> {
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
        .option("DATA", body.data.as_ref().map(|data| data.get()));
    let made = Made::of_reply(state.store.send(command).await?)?.ok_or(Failure::Unexpected)?;
    Ok((StatusCode::CREATED, axum::Json(made)).into_response())
}
