//! `/auth/{app}`: tells a gateway whether a request belongs to a session, and to which user.
//!
//! - [`cookie`]: the token in the visitor's cookies. [`headers`]: the headers for the backend.
//! - [`login`]: where visitors without a session are sent.
//!
//! Any path may follow the app, because Envoy appends the path that the visitor requested. The
//! service does not read that path or the body.

mod cookie;
mod headers;
mod login;

pub(super) use cookie::named;
pub use cookie::{Form, Secrets};
pub use headers::DataHeader;
pub use login::LoginPage;

use axum::Router;
use axum::extract::{self, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use sessions_model::ident::Token;

use crate::access::{self, holder_of};
use crate::config::GatewayApp;
use crate::keys::Right;
use crate::problem::{Kind, Problem};
use crate::server::door::Door;
use crate::state::State;
use crate::store::Session;
use headers::Shown;

const KEY: HeaderName = HeaderName::from_static("sessions-key");

pub fn routes() -> Router<State> {
    Router::new()
        .route("/auth/{app}", any(auth))
        .route("/auth/{app}/", any(auth))
        .route("/auth/{app}/{*path}", any(auth))
}

async fn auth(extract::State(state): extract::State<State>, request: Request) -> Result<Response, Problem> {
    let (parts, _unread) = request.into_parts();
    // An extractor would refuse a path that is not UTF-8, and the visitor's part of the path may be
    // such a path.
    let path = parts.uri.path().strip_prefix("/auth/").unwrap_or_default();
    let (name, below) = path.split_once('/').map_or((path, false), |(name, _)| (name, true));
    require_gateway(&parts, name, &state)?;
    let apps = state.apps.load_full();
    let app = apps.get(name).ok_or_else(|| {
        Problem::new(
            Kind::NoRoute,
            "gateways may not use this app: add [apps.NAME] to the configuration",
        )
    })?;

    let session = match presented(&parts.headers, app) {
        // Visitors stay logged in while the server accepts no writes.
        Some(token) => Session::used(name, &token, &state.store).await?,
        None => None,
    };
    let session = session.filter(|session| session.id.is_some() || !app.users_only);
    // Below the app, the query is the visitor's own.
    let login_page = app.login_page.as_ref().filter(|_| !below && asks_for_login(&parts));
    let location = login_page.and_then(|page| page.location(&parts.method, &parts.headers));
    Ok(match (session, location) {
        (Some(session), _) => admitted(&session, name, app),
        (None, Some(location)) => (StatusCode::FOUND, [(header::LOCATION, location)]).into_response(),
        (None, None) => {
            let challenge = HeaderValue::from_static("Bearer");
            (StatusCode::UNAUTHORIZED, [(header::WWW_AUTHENTICATE, challenge)]).into_response()
        }
    })
}

/// Requires that the gateway is on this machine, or has a certificate or a key.
fn require_gateway(parts: &Parts, app: &str, state: &State) -> Result<(), Problem> {
    let door = parts.extensions.get::<Door>();
    if door.is_some_and(|door| door.local || door.certified) {
        return Ok(());
    }
    let mut keys = parts.headers.get_all(KEY).iter();
    let key = keys.next().filter(|_| keys.next().is_none());
    let holder = holder_of(key.map(HeaderValue::as_bytes), parts, state).map_err(|mut problem| {
        problem.detail = "send a key in the header Sessions-Key".into();
        problem
    })?;
    holder.admit(app, Right::Read, state)
}

/// The token in the request. Only the client can set the header, so the header is preferred to a
/// cookie, which a neighbouring host may have set.
fn presented(headers: &HeaderMap, app: &GatewayApp) -> Option<Token> {
    let bearer = if app.bearer { access::bearer(headers) } else { None };
    let cookies = headers.get_all(header::COOKIE).iter().map(HeaderValue::as_bytes);
    let value = bearer.or_else(|| cookie::named(cookies, &app.cookie))?;
    app.form.token(value)
}

fn asks_for_login(parts: &Parts) -> bool {
    let mut fields = parts.uri.query().unwrap_or_default().split('&');
    fields.any(|field| field.split('=').next() == Some("login"))
}

fn admitted(session: &Session, name: &str, app: &GatewayApp) -> Response {
    let shown = Shown {
        id: session.id.as_deref().unwrap_or_default().as_bytes(),
        sid: session.sid.as_bytes(),
        data: session.data.as_ref().map(|data| data.get()),
    };
    let rendered = headers::render(shown, &app.headers);
    if rendered.too_long > 0 {
        metrics::counter!("sessions_http_auth_values_left_out_total", "app" => name.to_owned())
            .increment(rendered.too_long);
    }
    let mut response = StatusCode::OK.into_response();
    response.headers_mut().extend(rendered.headers);
    response
}
