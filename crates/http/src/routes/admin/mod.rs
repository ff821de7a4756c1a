//! `/admin`: pages for support and operations, rendered here, without scripts.
//!
//! - [`approach`]: the origin under which a browser sees the pages; [`cookie`]: the log-in's
//!   cookie;
//!   [`staff`]: who is logged in; [`forms`], [`posted`]: what a form must prove.
//! - One file per page: [`log_in`], [`home`], [`overview`], [`sessions`], [`user`], [`session`],
//!   [`events`]; what the buttons do is in [`ending`] and [`others`].
//! - [`pages`]: the data for the templates; [`frame`]: the frame of each page; [`rows`]: sessions
//!   as the pages show them; [`trouble`]: errors as pages.
//! - [`measuring`], [`samples`], [`plot`]: the plots. [`info`], [`audit`]: information from the
//!   server; [`counting`]: numbers;
//!   [`json`]: data.
//! - [`browser`], [`links`], [`text`], [`time`]: words and addresses; [`assets`]: style sheet and
//!   icon.

mod approach;
mod assets;
mod audit;
mod browser;
mod cookie;
mod counting;
mod ending;
mod events;
mod forms;
mod frame;
mod home;
mod info;
mod json;
mod links;
mod log_in;
mod measuring;
mod others;
mod overview;
mod pages;
mod plot;
mod posted;
mod rows;
mod samples;
mod session;
mod sessions;
mod staff;
mod text;
mod time;
mod trouble;
mod user;

pub use measuring::{Measurements, measure};

use axum::Router;
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::map_response;
use axum::response::{Redirect, Response};
use axum::routing::{get, post};

use crate::state::State;

const HEADERS: [(HeaderName, HeaderValue); 4] = [
    (
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(
            "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; \
             base-uri 'none'",
        ),
    ),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        HeaderValue::from_static("same-origin"),
    ),
];

pub fn routes() -> Router<State> {
    Router::new()
        .route("/admin", get(home::show))
        .route("/admin/", get(|| async { Redirect::permanent(links::HOME) }))
        .route("/admin/log-in", post(log_in::log_in))
        .route("/admin/log-out", post(log_in::log_out))
        .route("/admin/style.css", get(assets::style_sheet))
        .route("/admin/icon.svg", get(assets::icon))
        .route("/admin/apps/{app}", get(overview::show))
        .route("/admin/apps/{app}/sessions", get(sessions::show))
        .route("/admin/apps/{app}/user", get(user::show))
        .route("/admin/apps/{app}/events", get(events::show))
        .route("/admin/apps/{app}/end-session", post(ending::one))
        .route("/admin/apps/{app}/end-user", post(ending::all_of_user))
        .route("/admin/apps/{app}/end-others", post(ending::all_but_one))
        .route("/admin/apps/{app}/end-app", post(ending::whole_app))
        .layer(map_response(with_headers))
}

async fn with_headers(mut response: Response) -> Response {
    response.headers_mut().extend(HEADERS);
    response
}
