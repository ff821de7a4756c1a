//! `/v1`: the commands of the module as JSON over HTTP.
//!
//! - [`create`], [`session`], [`write`], [`rotate`]: one session, by its token; [`user`]: the
//!   sessions of ids;
//!   [`app`]: a whole app; [`openapi`]: the description.
//! - [`table`]: a route with its description, and the router; [`schema`]: the arguments in the
//!   description.
//! - [`headers`], [`members`], [`lists`], [`made`]: parts that routes share.

mod app;
mod create;
mod headers;
mod lists;
mod made;
mod members;
mod openapi;
mod rotate;
mod schema;
mod session;
mod table;
mod user;
mod write;

use axum::Router;

use crate::problem::{Kind, Problem};
use crate::state::State;
use table::Route;

const SESSION: &str = "/v1/apps/{app}/session";
const SESSIONS: &str = "/v1/apps/{app}/sessions";

pub fn routes() -> Router<State> {
    table::router(all())
}

fn all() -> Vec<Route> {
    let groups = [
        create::routes(),
        app::routes(),
        session::routes(),
        write::routes(),
        rotate::routes(),
        user::routes(),
        openapi::routes(),
    ];
    groups.into_iter().flatten().collect()
}

fn invalid(detail: impl Into<String>) -> Problem {
    Problem::new(Kind::InvalidArgument, detail)
}

fn no_session() -> Problem {
    Problem::new(Kind::NoSession, "no live session has this token")
}

/// As [`no_session`], of a request with the parameter `ifid`.
fn no_session_of_ifid() -> Problem {
    Problem::new(
        Kind::NoSession,
        "no live session has this token, or it does not belong to \"ifid\"",
    )
}
