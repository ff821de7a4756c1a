//! The descriptions of problems, which are at the addresses in `type`.

use axum::Router;
use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use axum::routing::get;

use crate::problem::{Kind, Problem};
use crate::state::State;

pub fn routes() -> Router<State> {
    Router::new().route("/problems/{name}", get(described))
}

async fn described(name: Result<Path<String>, PathRejection>) -> Result<String, Problem> {
    let known = |Path(name): Path<String>| Kind::ALL.into_iter().find(|kind| kind.name() == name);
    let kind = name.ok().and_then(known);
    let kind = kind.ok_or_else(|| {
        Problem::new(
            Kind::NoRoute,
            "unknown problem: use the path in the \"type\" of a problem",
        )
    })?;
    Ok(format!(
        "{} {}: {}\n",
        kind.status().as_u16(),
        kind.name(),
        kind.title()
    ))
}
