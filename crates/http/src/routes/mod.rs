//! The routes, one folder or file per group, and which listener serves which groups.

pub mod admin;
pub mod auth;
pub mod health;
pub mod introspect;
pub mod legacy;
pub mod problems;
pub mod v1;

use axum::Router;

use crate::problem::{Kind, Problem};
use crate::state::State;

/// The routes that a listener serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Face {
    /// `/v1`, `/auth`, `/introspect`, `/admin` and the service's own state.
    Main,
    /// The routes of rest-sessions.
    Legacy,
    /// `/metrics` and the service's own state.
    Metrics,
}

/// The routes of a listener.
pub fn router(face: Face, state: &State) -> Router {
    let router = match face {
        Face::Main => main(state).fallback(no_route),
        Face::Legacy => legacy::routes(),
        Face::Metrics => health::routes()
            .merge(health::metrics())
            .method_not_allowed_fallback(method_not_allowed)
            .fallback(no_route),
    };
    router.with_state(state.clone())
}

fn main(state: &State) -> Router<State> {
    let router = Router::new()
        .merge(v1::routes())
        .merge(auth::routes())
        .merge(introspect::routes())
        .merge(problems::routes())
        .merge(health::routes());
    let router = match state.settings.metrics {
        Some(_) => router,
        None => router.merge(health::metrics()),
    };
    // Errors of the admin page are pages for people.
    router
        .method_not_allowed_fallback(method_not_allowed)
        .merge(admin::routes())
}

async fn no_route() -> Problem {
    Problem::new(Kind::NoRoute, "the routes are described under /v1/openapi.json")
}

/// For a path that has other methods.
async fn method_not_allowed() -> Problem {
    Problem::new(
        Kind::MethodNotAllowed,
        "the header Allow names the methods of this route",
    )
}
