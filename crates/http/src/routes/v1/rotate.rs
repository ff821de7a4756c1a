//! `POST /v1/apps/{app}/session/rotate`: a new token for the same session.

use axum::extract;
use axum::http::{Method, StatusCode};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa::openapi::Required;

use super::headers::{SessionToken, Unconditional};
use super::made::Made;
use super::members::{Ownership, Raw};
use super::table::Route;
use super::{no_session, schema};
use crate::access::{Admitted, Write};
use crate::body::Json;
use crate::keys::Right;
use crate::problem::{Kind, Problem};
use crate::query::{Nothing, Query};
use crate::state::State;
use crate::store::Command;

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::new(
            Method::POST,
            "/v1/apps/{app}/session/rotate",
            rotate,
            "rotateSession",
            "Replaces a session's token, optionally changing its id",
        )
        .details("Fields that the body does not name keep their values. Without `grace` the old token stops working immediately.")
        .right(Right::Write)
        .token()
        .body::<Rotation>(Required::False)
        .returns::<Made>(StatusCode::OK, "The new token of the session")
        .or(&[
            Kind::NoSession,
            Kind::Limit,
            Kind::CrossSlot,
            Kind::DataNotAnObject,
            Kind::UnknownOutcome,
        ]),
    ]
}

#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, expecting = "a JSON object")]
struct Rotation {
    /// The user of the session from now on: a visitor logs in
    #[schema(value_type = Option<schema::NewId>)]
    id: Option<String>,
    /// The session is anonymous from now on
    anonymous: Option<bool>,
    #[schema(value_type = Option<schema::Grace>)]
    grace: Option<Raw>,
    #[schema(value_type = Option<schema::Ip>)]
    ip: Option<String>,
    /// The client's user agent; 512 bytes of it are kept; empty: unknown
    ua: Option<String>,
    /// The idle timeout from now on
    #[schema(value_type = Option<schema::Ttl>)]
    ttl: Option<Raw>,
    #[schema(value_type = Option<schema::Lifetime>)]
    lifetime: Option<Raw>,
    /// The least recently active ones are ended; requires `id`
    #[schema(value_type = Option<schema::Max>)]
    max: Option<Raw>,
    /// With `max`: the request is refused, and no session is ended
    reject: Option<bool>,
    /// Merged into the data as by PATCH
    #[schema(value_type = Option<schema::Data>)]
    data: Option<Raw>,
}

async fn rotate(
    Admitted { app, .. }: Admitted<Write>,
    Query(Nothing {}): Query<Nothing>,
    SessionToken(token): SessionToken,
    _: Unconditional,
    extract::State(state): extract::State<State>,
    body: Option<Json<Rotation>>,
) -> Result<axum::Json<Made>, Problem> {
    let body = body.map(|Json(body)| body).unwrap_or_default();
    let owner = Ownership {
        id: body.id.as_deref(),
        anonymous: body.anonymous,
        max: body.max.as_ref(),
        reject: body.reject,
    };
    owner.check()?;
    let command = Command::at("SESSIONS.ROTATE", &app, &token)
        .option("ID", body.id)
        .flag("ANON", body.anonymous.into())
        .option("GRACE", body.grace)
        .option("IP", body.ip)
        .option("UA", body.ua)
        .option("TTL", body.ttl)
        .option("LIFETIME", body.lifetime)
        .option("MAX", body.max)
        .flag("REJECT", body.reject.into())
        .option("DATA", body.data);
    let made = Made::of_reply(state.store.send(command).await?)?;
    made.map(axum::Json).ok_or_else(no_session)
}
