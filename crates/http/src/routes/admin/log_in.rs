//! Logging in with a key and logging out.

use axum::extract::{Request, State as Extract};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use sessions_model::ident::Token;

use super::approach::Approach;
use super::cookie;
use super::frame::{Done, Frame, Notice, after};
use super::links::{self, Link};
use super::pages::LogIn;
use super::posted::{Posted, own_form};
use super::staff::LogInData;
use super::trouble::{Trouble, rendered, shown};
use crate::access::{Holder, holder_of};
use crate::keys::Right;
use crate::server::peer::Peer;
use crate::state::State;
use crate::store::{Command, Failure, text};

/// Seconds after which a log-in ends, even in use.
const LIFETIME: u32 = 12 * 3600;
/// Seconds without use after which a log-in ends.
const TTL: u32 = 2 * 3600;
/// The longest address that is opened after a log-in.
const LONGEST: usize = 2_000;

#[derive(Deserialize)]
pub(super) struct Fields {
    key: String,
    #[serde(default)]
    next: String,
}

pub(super) async fn log_in(Extract(state): Extract<State>, request: Request) -> Result<Response, Trouble> {
    let (parts, rest) = request.into_parts();
    let approach = Approach::of(&parts, &state);
    if approach.lacks_encryption(&parts) {
        let text = "The browser opened this page without encryption. Open it over https, or on localhost.";
        return Ok(refused(StatusCode::FORBIDDEN, text, links::HOME));
    }
    let (parts, fields) = own_form::<Fields>(Request::from_parts(parts, rest), &state).await?;
    let next = if is_own_page(&fields.next) {
        fields.next.as_str()
    } else {
        links::HOME
    };
    let key = match holder_of(Some(fields.key.trim().as_bytes()), &parts, &state) {
        Ok(Holder::Key(key)) => key,
        Ok(Holder::Anybody) => return Ok(refused(StatusCode::FORBIDDEN, NO_KEYS, next)),
        Err(_) => return Ok(refused(StatusCode::UNAUTHORIZED, "This key is not valid.", next)),
    };
    let peer = parts.extensions.get::<Peer>().copied().unwrap_or(Peer(None));
    if !key.has(Right::Read) {
        tracing::warn!(key = key.name, %peer, "a log-in to the admin page with a key without the right read");
        let text = "This key does not have the right to see sessions (read).";
        return Ok(refused(StatusCode::FORBIDDEN, text, next));
    }

    let data = serde_json::to_string(&LogInData::of(&key)).map_err(|_| Failure::Unexpected)?;
    let user_agent = parts.headers.get(header::USER_AGENT).map(HeaderValue::as_bytes);
    let create = Command::at("SESSIONS.CREATE", &state.settings.admin.app, key.name.as_bytes())
        .option("IP", peer.0.map(|ip| ip.to_string()))
        .option("UA", user_agent)
        .arg("TTL")
        .arg(TTL)
        .arg("LIFETIME")
        .arg(LIFETIME)
        .arg("DATA")
        .arg(data);
    let token = text(state.store.send(create).await?)?.ok_or(Failure::Unexpected)?;
    let token = Token::parse(&token).ok_or(Failure::Unexpected)?;
    tracing::info!(key = key.name, %peer, "a log-in to the admin page");
    Ok(redirect(next, cookie::keeping(&token, approach.scheme)))
}

pub(super) async fn log_out(Extract(state): Extract<State>, posted: Posted) -> Result<Response, Trouble> {
    let kill = Command::at(
        "SESSIONS.KILL",
        &state.settings.admin.app,
        posted.staff.token.as_bytes(),
    );
    state.store.send(kill).await?;
    tracing::info!(key = posted.staff.key.name, "a log-out of the admin page");
    let scheme = Approach::of(&posted.parts, &state).scheme;
    let home = after(Link::home(), Done::LoggedOut, 0);
    Ok(redirect(&home, cookie::forgetting(scheme)))
}

fn redirect(to: &str, cookie: Option<HeaderValue>) -> Response {
    let mut response = Redirect::to(to).into_response();
    response
        .headers_mut()
        .extend(cookie.map(|cookie| (header::SET_COOKIE, cookie)));
    response
}

const NO_KEYS: &str = "The service runs without keys (no-auth). The admin page requires keys in the configuration.";

/// The log-in page in the place of a page that requires a log-in.
pub(super) fn required(parts: &Parts, state: &State) -> Response {
    let asked = parts.uri.path_and_query().map_or("", |it| it.as_str());
    let may_be_opened = parts.method == Method::GET && is_own_page(asked);
    let next = if may_be_opened { asked } else { links::HOME };
    unauthorized(&LogIn::new(parts, state, next))
}

/// The log-in page.
pub(super) fn start(parts: &Parts, state: &State, notice: Option<Notice>) -> Response {
    let mut sheet = LogIn::new(parts, state, links::HOME);
    sheet.frame.notice = notice;
    shown(&sheet)
}

impl LogIn {
    fn new(parts: &Parts, state: &State, next: &str) -> Self {
        // SameSite=Strict: the browser does not send the cookie if a link of another site was
        // followed.
        let site = parts.headers.get("sec-fetch-site").map(HeaderValue::as_bytes);
        let is_from_elsewhere = matches!(site, Some(b"cross-site" | b"same-site"));
        Self {
            frame: Frame::bare(),
            refusal: state.access.load().is_open().then_some(NO_KEYS),
            again: is_from_elsewhere.then(|| next.to_owned()),
            next: next.to_owned(),
        }
    }
}

/// The log-in page with the reason why the last log-in was refused.
fn refused(status: StatusCode, why: &'static str, next: &str) -> Response {
    let sheet = LogIn {
        frame: Frame::bare(),
        refusal: Some(why),
        again: None,
        next: next.to_owned(),
    };
    match status {
        StatusCode::UNAUTHORIZED => unauthorized(&sheet),
        status => rendered(status, &sheet),
    }
}

fn unauthorized(sheet: &LogIn) -> Response {
    let mut response = rendered(StatusCode::UNAUTHORIZED, sheet);
    let scheme = HeaderValue::from_static("Bearer");
    response.headers_mut().insert(header::WWW_AUTHENTICATE, scheme);
    response
}

/// Whether the text is the path, with or without a query, of a page of this service that may be
/// opened after a log-in.
fn is_own_page(text: &str) -> bool {
    let rest = text.strip_prefix(links::HOME);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?']))
        && text.len() <= LONGEST
        && text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_in_leads_to_a_page_of_this_service_only() {
        for own in [
            "/admin",
            "/admin?app=x",
            "/admin/apps/webapp",
            "/admin/apps/webapp/user?id=a%40b&sid=",
        ] {
            assert!(is_own_page(own), "{own}");
        }
        let long = format!("/admin/{}", "a".repeat(LONGEST));
        for other in [
            "",
            "/",
            "//evil.example",
            "/\\evil.example",
            "/administrator",
            "/admin.evil.example",
            "https://evil.example/admin",
            "/admin/\r\nSet-Cookie: x=1",
            "/admin/ ",
            "/admin/é",
            "/admin\\..",
            &long,
            "admin",
        ] {
            assert!(!is_own_page(other), "{other}");
        }
    }
}
