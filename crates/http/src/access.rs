//! Key, app and right of a request: an extractor that runs first, so that the service looks nothing
//! up and reads no body for a client without the right.

use std::marker::PhantomData;
use std::sync::Arc;

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::percent_decode;
use serde::Deserialize;
use sessions_model::ident::App;

use crate::config::Access;
use crate::keys::{Key, Right};
use crate::problem::{Kind, Problem};
use crate::server::peer::Peer;
use crate::state::State;

/// A request whose key has the right `R` for the app in its path.
pub struct Admitted<R> {
    pub app: String,
    right: PhantomData<R>,
}

/// A right as a type, for [`Admitted`].
pub trait Required {
    const RIGHT: Right;
}

pub struct Read;
pub struct Write;
pub struct Administer;

impl Required for Read {
    const RIGHT: Right = Right::Read;
}

impl Required for Write {
    const RIGHT: Right = Right::Write;
}

impl Required for Administer {
    const RIGHT: Right = Right::Admin;
}

impl<R: Required> FromRequestParts<State> for Admitted<R> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self, Problem> {
        let holder = holder(parts, state)?;
        let app = app_of(parts).await.ok_or_else(invalid_app)?;
        holder.admit(&app, R::RIGHT, state)?;
        Ok(Self {
            app,
            right: PhantomData,
        })
    }
}

/// The app in the path of a route. `None`: its bytes are not UTF-8.
pub async fn app_of(parts: &mut Parts) -> Option<String> {
    #[derive(Deserialize)]
    struct Named {
        app: String,
    }

    let named = Path::<Named>::from_request_parts(parts, &()).await;
    named.ok().map(|Path(Named { app })| app)
}

/// The sender of a request.
pub enum Holder {
    /// Any program on this machine, because the service has no keys.
    Anybody,
    Key(Arc<Key>),
}

impl Holder {
    /// Checks whether the holder has the right for the app.
    pub fn admit(&self, app: &str, right: Right, state: &State) -> Result<(), Problem> {
        let refusal = match self {
            _ if app == state.settings.admin.app => Some("this app is reserved for the admin page: use another app"),
            Self::Key(key) if !key.covers(app) => Some("use a key that lists this app"),
            _ => None,
        };
        if let Some(refusal) = refusal {
            return Err(Problem::new(Kind::AppNotAllowed, refusal));
        }
        self.require(right)?;
        App::parse(app.as_bytes()).map(drop).map_err(|_| invalid_app())
    }

    /// Checks whether the holder has the right for any app.
    pub fn require(&self, right: Right) -> Result<(), Problem> {
        match self {
            Self::Key(key) if !key.has(right) => Err(Problem::new(
                Kind::RightNotAllowed,
                format!("the route requires the right {right}: use a key that has it"),
            )),
            _ => Ok(()),
        }
    }
}

fn invalid_app() -> Problem {
    Problem::new(
        Kind::InvalidArgument,
        "invalid app: 1 to 64 characters of A-Z a-z 0-9 _ -",
    )
}

/// The holder of the key in `Authorization: Bearer`.
pub fn holder(parts: &Parts, state: &State) -> Result<Holder, Problem> {
    let access = state.access.load();
    holder_by(&access, bearer(&parts.headers), parts)
}

/// The holder of the key in `Authorization`, either as Bearer or as the password of Basic; then the
/// user name is the key's name.
pub fn holder_by_either(parts: &Parts, state: &State) -> Result<Holder, Problem> {
    let access = state.access.load();
    match basic(&parts.headers) {
        Some((name, password)) => match holder_by(&access, Some(&password), parts)? {
            Holder::Key(key) if !is_name_of(&key, &name) => Err(unauthorized(parts)),
            holder => Ok(holder),
        },
        None => holder_by(&access, bearer(&parts.headers), parts),
    }
}

/// OAuth requires that the user name of Basic is form-encoded first, but not all clients do that.
fn is_name_of(key: &Key, user: &[u8]) -> bool {
    let plus_as_space: Vec<u8> = user.iter().map(|&b| if b == b'+' { b' ' } else { b }).collect();
    key.name.as_bytes() == user || percent_decode(&plus_as_space).eq(key.name.bytes())
}

/// The holder of a key in another header.
pub fn holder_of(text: Option<&[u8]>, parts: &Parts, state: &State) -> Result<Holder, Problem> {
    holder_by(&state.access.load(), text, parts)
}

fn holder_by(access: &Access, text: Option<&[u8]>, parts: &Parts) -> Result<Holder, Problem> {
    match access {
        Access::Open => Ok(Holder::Anybody),
        Access::Keys(keys) => match text.and_then(|text| keys.find(text)) {
            Some(key) => Ok(Holder::Key(key.clone())),
            None => Err(unauthorized(parts)),
        },
    }
}

fn unauthorized(parts: &Parts) -> Problem {
    metrics::counter!("sessions_http_keys_refused_total").increment(1);
    let peer = parts.extensions.get::<Peer>().map(Peer::to_string).unwrap_or_default();
    tracing::warn!(%peer, "a request without a valid key");
    Problem::new(Kind::Unauthorized, "send a key as \"Authorization: Bearer shk_…\"")
}

/// The token of the one `Authorization: Bearer`; `None` if there are several headers.
pub fn bearer(headers: &HeaderMap) -> Option<&[u8]> {
    credentials(headers, b"bearer")
}

fn basic(headers: &HeaderMap) -> Option<(Vec<u8>, Vec<u8>)> {
    let decoded = STANDARD.decode(credentials(headers, b"basic")?).ok()?;
    let colon = decoded.iter().position(|&b| b == b':')?;
    Some((decoded.get(..colon)?.to_vec(), decoded.get(colon + 1..)?.to_vec()))
}

fn credentials<'a>(headers: &'a HeaderMap, scheme: &[u8]) -> Option<&'a [u8]> {
    let mut all = headers.get_all(header::AUTHORIZATION).iter();
    let (first, None) = (all.next()?.as_bytes(), all.next()) else {
        return None;
    };
    let (word, rest) = first.split_at_checked(scheme.len())?;
    (word.eq_ignore_ascii_case(scheme) && rest.first() == Some(&b' ')).then(|| rest.trim_ascii())
}
