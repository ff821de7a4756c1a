//! The style sheet and the icon, which are part of the program.

use std::sync::LazyLock;

use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};

use crate::digest::fingerprint;

const STYLE_SHEET: &str = include_str!("../../../assets/admin.css");
const ICON: &str = include_str!("../../../assets/admin-icon.svg");

/// The address of the style sheet changes with its content, so browsers may keep it.
static STYLE_SHEET_URL: LazyLock<String> = LazyLock::new(|| format!("/admin/style.css?{}", fingerprint(STYLE_SHEET)));

const CACHED: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
const CACHED_FOR_A_DAY: HeaderValue = HeaderValue::from_static("public, max-age=86400");

pub(super) fn style_sheet_url() -> &'static str {
    &STYLE_SHEET_URL
}

pub(super) async fn style_sheet() -> Response {
    let kind = HeaderValue::from_static("text/css; charset=utf-8");
    (
        [(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, CACHED)],
        STYLE_SHEET,
    )
        .into_response()
}

pub(super) async fn icon() -> Response {
    let kind = HeaderValue::from_static("image/svg+xml");
    (
        [(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, CACHED_FOR_A_DAY)],
        ICON,
    )
        .into_response()
}
