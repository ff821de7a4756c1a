//! `POST /introspect/{app}`: RFC 7662, with which resource servers check whether a token is valid.

use axum::extract::{self, Request};
use axum::routing::post;
use axum::{Json, Router};
use serde::Serialize;
use sessions_model::ident::Token;

use crate::access::{app_of, holder_by_either};
use crate::body;
use crate::clock::now;
use crate::keys::Right;
use crate::problem::{Kind, Problem};
use crate::state::State;
use crate::store::{Command, Session};

pub fn routes() -> Router<State> {
    Router::new().route("/introspect/{app}", post(introspect))
}

/// The introspection response of the RFC.
#[derive(Serialize)]
#[serde(untagged)]
enum Introspected {
    Inactive {
        active: bool,
    },
    Active {
        active: bool,
        #[serde(skip_serializing_if = "Option::is_none")]
        sub: Option<String>,
        sid: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        iat: Option<i64>,
        exp: i64,
        client_id: String,
    },
}

const INACTIVE: Json<Introspected> = Json(Introspected::Inactive { active: false });

async fn introspect(
    extract::State(state): extract::State<State>,
    request: Request,
) -> Result<Json<Introspected>, Problem> {
    let (mut parts, body) = request.into_parts();
    let holder = holder_by_either(&parts, &state)?;
    let app = app_of(&mut parts).await;
    body::require_type(&parts.headers, "application/x-www-form-urlencoded")?;
    let body = body::read(
        Request::from_parts(parts, body),
        state.settings.limits.body_bytes,
        &state,
    )
    .await?;
    let value = token_field(&body)?;
    // As in the RFC, a key learns nothing about apps and tokens that are not its own.
    let Some(app) = app.filter(|app| holder.admit(app, Right::Read, &state).is_ok()) else {
        return Ok(INACTIVE);
    };
    let token = match state.apps.load().get(&app) {
        Some(gateway) => gateway.form.token(&value),
        None => Token::parse(&value),
    };
    let Some(token) = token else { return Ok(INACTIVE) };
    let command = Command::at("SESSIONS.GET", &app, token.as_bytes()).arg("JSON");
    let session = Session::of_reply(state.store.send(command).await?)?;
    Ok(session.map_or(INACTIVE, |session| active(session, app)))
}

/// The field `token` of a form, which must occur once. The RFC allows other fields, which are
/// ignored.
fn token_field(body: &[u8]) -> Result<Vec<u8>, Problem> {
    let mut tokens = form_urlencoded::parse(body).filter(|(name, _)| name == "token");
    match (tokens.next(), tokens.next()) {
        (Some((_, value)), None) => Ok(value.into_owned().into_bytes()),
        _ => Err(Problem::new(
            Kind::InvalidArgument,
            "invalid token: the form must have this field exactly once",
        )),
    }
}

fn active(session: Session, app: String) -> Json<Introspected> {
    let idle_end = now().saturating_add(session.ttl);
    Json(Introspected::Active {
        active: true,
        sub: session.id,
        sid: session.sid,
        iat: session.created,
        exp: session.until.map_or(idle_end, |until| until.min(idle_end)),
        client_id: app,
    })
}
