//! `/v1`: the commands of the module as JSON over HTTP.

mod create;
mod made;

use axum::Router;
use axum::routing::post;

use crate::routes::method_not_allowed;
use crate::state::State;

pub fn routes() -> Router<State> {
    Router::new()
        .route("/v1/apps/{app}/sessions", post(create::create))
        .method_not_allowed_fallback(method_not_allowed)
}
