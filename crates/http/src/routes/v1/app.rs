//! A whole app: its sessions and users by page, their numbers, and their end.

use axum::extract;
use axum::http::{Method, StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::headers::Unconditional;
use super::lists::{Count, Detail, Killed, Listed, Offset, page};
use super::table::Route;
use super::{SESSIONS, invalid, schema};
use crate::access::{Administer, Admitted, Read};
use crate::keys::Right;
use crate::problem::Problem;
use crate::query::Query;
use crate::state::State;
use crate::store::{Command, integer};

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::new(
            Method::GET,
            SESSIONS,
            sessions,
            "listSessions",
            "Lists the app's sessions, most recently used first",
        )
        .right(Right::Read)
        .query::<SessionsWanted>()
        .returns::<Listed>(StatusCode::OK, "A page of the list, without tokens"),
        Route::new(
            Method::GET,
            "/v1/apps/{app}/users",
            users,
            "listUsers",
            "Lists the ids active within a time window, most recently active first",
        )
        .details("In a cluster, the order is exact among the ids of one node alone.")
        .right(Right::Read)
        .query::<UsersWanted>()
        .returns::<Ids>(StatusCode::OK, "A page of the list"),
        Route::new(
            Method::GET,
            "/v1/apps/{app}/counts",
            counts,
            "countSessions",
            "Counts the sessions of the app and the active ids",
        )
        .right(Right::Read)
        .query::<Counted>()
        .returns::<Counts>(StatusCode::OK, "How many"),
        Route::new(
            Method::DELETE,
            SESSIONS,
            end,
            "endSessions",
            "Ends every session of the app",
        )
        .right(Right::Admin)
        .query::<Confirmation>()
        .returns::<Killed>(StatusCode::OK, "How many sessions have ended"),
    ]
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
struct SessionsWanted {
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

async fn sessions(
    Admitted { app, .. }: Admitted<Read>,
    Query(wanted): Query<SessionsWanted>,
    extract::State(state): extract::State<State>,
) -> Result<axum::Json<Listed>, Problem> {
    let page = page(wanted.offset, wanted.limit);
    let dt = wanted.dt.as_deref().unwrap_or("0");
    let sessions = state.store.sessions(&app, dt, page, wanted.data.into()).await?;
    Ok(axum::Json(Listed { sessions }))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
struct UsersWanted {
    #[param(value_type = schema::Dt, required = false)]
    dt: Option<String>,
    #[param(value_type = schema::Offset, required = false)]
    offset: Option<Offset>,
    #[param(value_type = schema::Limit, required = false)]
    limit: Option<Count>,
}

#[derive(Serialize, ToSchema)]
struct Ids {
    users: Vec<String>,
}

async fn users(
    Admitted { app, .. }: Admitted<Read>,
    Query(wanted): Query<UsersWanted>,
    extract::State(state): extract::State<State>,
) -> Result<axum::Json<Ids>, Problem> {
    let page = page(wanted.offset, wanted.limit);
    let dt = wanted.dt.as_deref().unwrap_or("0");
    let users = state.store.users(&app, dt, page).await?;
    Ok(axum::Json(Ids { users }))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
struct Counted {
    #[param(value_type = schema::Dt, required = false)]
    dt: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct Counts {
    /// Anonymous ones included
    sessions: i64,
    /// Different ids
    users: i64,
}

async fn counts(
    Admitted { app, .. }: Admitted<Read>,
    Query(Counted { dt }): Query<Counted>,
    extract::State(state): extract::State<State>,
) -> Result<axum::Json<Counts>, Problem> {
    let dt = dt.as_deref().unwrap_or("0");
    let sessions = Command::everywhere("SESSIONS.COUNT", &app).arg("DT").arg(dt);
    let users = Command::everywhere("SESSIONS.ACTIVITY", &app).arg(dt);
    Ok(axum::Json(Counts {
        sessions: integer(&state.store.send(sessions).await?)?,
        users: integer(&state.store.send(users).await?)?,
    }))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
struct Confirmation {
    /// The name of the app once more
    #[param(value_type = schema::AppName)]
    confirm: String,
}

async fn end(
    Admitted { app, .. }: Admitted<Administer>,
    Query(Confirmation { confirm }): Query<Confirmation>,
    _: Unconditional,
    extract::State(state): extract::State<State>,
) -> Result<axum::Json<Killed>, Problem> {
    if confirm != app {
        return Err(invalid("invalid confirm: the name of the app in the path"));
    }
    let command = Command::everywhere("SESSIONS.KILLALL", &app).slow();
    Killed::of_reply(&state.store.send(command).await?)
}
