//! The ten routes of rest-sessions 2.0.1 on a separate listener, with the same paths, bodies and
//! errors, so that programs that use rest-sessions only change the address.
//!
//! - [`target`]: which route a path names; [`query`]: a value of the query string.
//! - [`body`]: the JSON body; [`javascript`]: JSON as a JavaScript program would write it.
//! - [`rules`]: the rules for arguments; [`refusal`]: the errors.
//! - [`one`]: routes about a single session; [`many`]: routes about an id or an app; [`session`]: a
//!   session as these routes show it.
//!
//! The paths contain tokens, so nothing here is logged; the label of a request is the pattern of
//! its route.

mod body;
mod javascript;
mod many;
mod one;
mod query;
mod refusal;
mod rules;
mod session;
mod target;

use axum::Router;
use axum::extract::{self, Request};
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::any;

use crate::access;
use crate::problem::Kind;
use crate::state::State;
use body::Given;
use refusal::Refusal;
use target::{Route, Target};

/// A request whose key may do what its route does.
struct Call {
    app: String,
    /// The token or the id in the path; empty if the route has neither.
    subject: String,
    query: String,
    given: Given,
}

/// Routes accept upper and lower case and a slash at the end. The patterns here only label the
/// request; `serve` reads the path.
pub fn routes() -> Router<State> {
    let mut router = Router::new();
    for pattern in Route::ALL.into_iter().map(Route::pattern) {
        router = router
            .route(&format!("{pattern}/"), any(serve))
            .route(&pattern, any(serve));
    }
    router.fallback(serve)
}

async fn serve(extract::State(state): extract::State<State>, request: Request) -> Response {
    served(&state, request).await.unwrap_or_else(Refusal::into_response)
}

async fn served(state: &State, request: Request) -> Result<Response, Refusal> {
    let (parts, content) = request.into_parts();
    let holder = access::holder(&parts, state)?;
    let path = parts.uri.path();
    if parts.method == Method::OPTIONS {
        return allowed(path).ok_or(Refusal::NO_ROUTE);
    }
    let Target { route, app, subject } = Target::of(&parts.method, path)?.ok_or(Refusal::NO_ROUTE)?;
    if let Some(right) = route.right() {
        match holder.admit(&app, right, state) {
            // A name that is not a valid app for the module is not valid for `rules::app` either,
            // which returns the error.
            Err(problem) if problem.kind != Kind::InvalidArgument => return Err(problem.into()),
            _ => {}
        }
    }
    let query = parts.uri.query().unwrap_or_default().to_owned();
    let given = body::given(Request::from_parts(parts, content), state).await?;
    let call = Call {
        app,
        subject,
        query,
        given,
    };
    let reply = match route {
        Route::Ping => many::ping(state).await,
        Route::Activity => many::activity(state, &call).await,
        Route::Create => one::create(state, &call).await,
        Route::Get => one::get(state, &call).await,
        Route::Set => one::set(state, &call).await,
        Route::Soapp => many::soapp(state, &call).await,
        Route::Soid => many::soid(state, &call).await,
        Route::Kill => one::kill(state, &call).await,
        Route::Killsoid => many::killsoid(state, &call).await,
        Route::Killall => many::killall(state, &call).await,
    }?;
    Ok((StatusCode::OK, [(header::CONTENT_TYPE, refusal::JSON)], reply).into_response())
}

/// What OPTIONS returns: the methods of the path.
fn allowed(path: &str) -> Option<Response> {
    let methods = Route::ALL.into_iter().find(|route| route.has(path))?.methods();
    Some(
        (
            [(header::ALLOW, methods), (header::CONTENT_TYPE, refusal::HTML)],
            methods,
        )
            .into_response(),
    )
}
