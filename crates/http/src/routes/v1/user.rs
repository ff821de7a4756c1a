//! The sessions of ids: lists them, and ends them for one id or for many.

use axum::extract;
use axum::http::{Method, StatusCode};
use serde::Deserialize;
use sessions_model::ident::Id;
use utoipa::openapi::Required;
use utoipa::{IntoParams, ToSchema};

use super::headers::{Spared, Unconditional};
use super::lists::{Count, Detail, Killed, Listed, Offset, page};
use super::table::Route;
use super::{invalid, schema};
use crate::access::{Administer, Admitted, Read, Write};
use crate::body::Json;
use crate::keys::Right;
use crate::problem::Problem;
use crate::query::{Nothing, Query};
use crate::state::State;
use crate::store::{Command, integer};

const USER_SESSIONS: &str = "/v1/apps/{app}/user/sessions";
/// The maximum number of ids in one request.
const MAX_IDS: usize = 1000;

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::new(
            Method::GET,
            USER_SESSIONS,
            list,
            "listUserSessions",
            "Lists the live sessions of an id, most recently used first",
        )
        .right(Right::Read)
        .query::<Wanted>()
        .returns::<Listed>(StatusCode::OK, "A page of the list, without tokens"),
        Route::new(
            Method::DELETE,
            USER_SESSIONS,
            end,
            "endUserSessions",
            "Ends the sessions of an id",
        )
        .right(Right::Write)
        .spared_token()
        .query::<Ended>()
        .returns::<Killed>(StatusCode::OK, "How many sessions have ended"),
        Route::new(
            Method::POST,
            "/v1/apps/{app}/users/end",
            end_many,
            "endUsers",
            "Ends the sessions of many ids",
        )
        .right(Right::Admin)
        .body::<Users>(Required::True)
        .returns::<Killed>(StatusCode::OK, "How many sessions have ended"),
    ]
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
struct Wanted {
    /// Whose sessions
    #[param(min_length = 1)]
    id: String,
    /// Only the session with this sid
    #[param(value_type = schema::Sid, required = false)]
    sid: Option<String>,
    #[param(value_type = schema::Dt, required = false)]
    dt: Option<String>,
    #[param(value_type = schema::Offset, required = false)]
    offset: Option<Offset>,
    #[param(value_type = schema::Limit, required = false)]
    limit: Option<Count>,
    /// `no` leaves the data out
    #[param(value_type = Detail, required = false, inline)]
    data: Option<Detail>,
}

async fn list(
    Admitted { app, .. }: Admitted<Read>,
    Query(wanted): Query<Wanted>,
    extract::State(state): extract::State<State>,
) -> Result<axum::Json<Listed>, Problem> {
    let command = Command::at("SESSIONS.SOID", &app, wanted.id.as_bytes())
        .option("ONLY", wanted.sid)
        .option("DT", wanted.dt);
    let page = page(wanted.offset, wanted.limit);
    let sessions = state.store.sessions_of(command, page, wanted.data.into()).await?;
    Ok(axum::Json(Listed { sessions }))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
struct Ended {
    /// Whose sessions
    #[param(min_length = 1)]
    id: String,
    /// Only the session with this sid; not together with `Session-Token`
    #[param(value_type = schema::Sid, required = false)]
    sid: Option<String>,
}

async fn end(
    Admitted { app, .. }: Admitted<Write>,
    Query(Ended { id, sid }): Query<Ended>,
    Spared(spared): Spared,
    _: Unconditional,
    extract::State(state): extract::State<State>,
) -> Result<axum::Json<Killed>, Problem> {
    if sid.is_some() && spared.is_some() {
        return Err(invalid("sid and the header Session-Token cannot be combined"));
    }
    let command = Command::at("SESSIONS.KILLSOID", &app, id.as_bytes())
        .option("EXCEPT", spared.as_ref().map(|token| token.as_bytes()))
        .option("ONLY", sid)
        .slow();
    Killed::of_reply(&state.store.send(command).await?)
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, expecting = "a JSON object")]
struct Users {
    #[schema(min_items = 1, max_items = 1000)]
    ids: Vec<String>,
}

/// If Redis becomes unreachable, the sessions of some ids may have ended. The problem says so, and
/// repeating the request is harmless.
async fn end_many(
    Admitted { app, .. }: Admitted<Administer>,
    Query(Nothing {}): Query<Nothing>,
    extract::State(state): extract::State<State>,
    Json(Users { ids }): Json<Users>,
) -> Result<axum::Json<Killed>, Problem> {
    if !(1..=MAX_IDS).contains(&ids.len()) {
        return Err(invalid(format!("invalid ids: 1 to {MAX_IDS} ids")));
    }
    if ids.iter().any(|id| Id::parse(id.as_bytes()).is_err()) {
        return Err(invalid("invalid ids: an id must not be empty"));
    }
    let mut killed = 0;
    for (done, id) in ids.iter().enumerate() {
        let command = Command::at("SESSIONS.KILLSOID", &app, id.as_bytes()).slow();
        let reply = state.store.send(command).await;
        killed += integer(&reply.map_err(|failure| if done > 0 { failure.in_part() } else { failure })?)?;
    }
    Ok(axum::Json(Killed { killed }))
}
