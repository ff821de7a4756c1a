//! Who is logged in to the admin page.
//!
//! A log-in is a session in an app of its own. Its data names the key and the beginning of the
//! key's hash; every request looks up the key's rights in the present configuration, so a key that
//! was removed or replaced is logged out at once.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use serde::{Deserialize, Serialize};
use sessions_model::ident::Token;

use super::approach::Approach;
use super::frame::{AppBar, Frame, Notice, Who};
use super::trouble::Trouble;
use super::{cookie, forms, log_in};
use crate::access::{self, Holder};
use crate::config::Access;
use crate::keys::{Key, Right};
use crate::problem::{Kind, Problem};
use crate::state::State;
use crate::store::{Failure, Session};

/// The data of a log-in's session.
#[derive(Deserialize, Serialize)]
pub(super) struct LogInData {
    /// The key's name.
    pub(super) key: String,
    /// The first 16 hex digits of the key's SHA-256.
    pub(super) sha256: String,
}

impl LogInData {
    pub(super) fn of(key: &Key) -> Self {
        Self {
            key: key.name.clone(),
            sha256: start_of_hash(key),
        }
    }

    fn is_of(&self, key: &Key) -> bool {
        self.key == key.name && self.sha256 == start_of_hash(key)
    }
}

fn start_of_hash(key: &Key) -> String {
    key.hash.hex().chars().take(16).collect()
}

/// A user who is logged in with a key that has the right `read`.
pub(super) struct Staff {
    pub(super) key: Arc<Key>,
    pub(super) token: Token,
}

impl Staff {
    /// `None`: no user is logged in.
    pub(super) async fn find(parts: &Parts, state: &State) -> Result<Option<Self>, Failure> {
        let scheme = Approach::of(parts, state).scheme;
        let Some(token) = cookie::token(&parts.headers, scheme) else {
            return Ok(None);
        };
        let Some(session) = Session::used(&state.settings.admin.app, &token, &state.store).await? else {
            return Ok(None);
        };
        let data = session.data.as_ref().map_or("", |data| data.get());
        let Ok(log_in) = serde_json::from_str::<LogInData>(data) else {
            return Ok(None);
        };
        let access = state.access.load();
        let Access::Keys(keys) = access.as_ref() else {
            return Ok(None);
        };
        let key = keys.iter().find(|key| log_in.is_of(key) && key.has(Right::Read));
        Ok(key.map(|key| Self {
            key: key.clone(),
            token,
        }))
    }

    pub(super) fn may_end(&self) -> bool {
        self.key.has(Right::Admin)
    }

    /// Whether the key is for the app and has the right.
    pub(super) fn admit(&self, app: &str, right: Right, state: &State) -> Result<(), Problem> {
        Holder::Key(self.key.clone()).admit(app, right, state)
    }

    pub(super) fn frame(&self, app: Option<AppBar>, notice: Option<Notice>) -> Frame {
        Frame {
            who: Some(Who {
                key: self.key.name.clone(),
                may_end: self.may_end(),
                form: forms::form_token(&self.token),
            }),
            app,
            notice,
            ..Frame::bare()
        }
    }
}

/// A page about an app, requested by a user who may see it.
pub(super) struct Visit {
    pub(super) staff: Staff,
    pub(super) app: String,
}

impl FromRequestParts<State> for Visit {
    type Rejection = Trouble;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self, Trouble> {
        let Some(staff) = Staff::find(parts, state).await? else {
            return Err(Trouble::Page(Box::new(log_in::required(parts, state))));
        };
        let app = app_of(parts).await?;
        staff.admit(&app, Right::Read, state)?;
        Ok(Self { staff, app })
    }
}

/// The app in the path.
pub(super) async fn app_of(parts: &mut Parts) -> Result<String, Problem> {
    let app = access::app_of(parts).await;
    app.ok_or_else(|| Problem::new(Kind::NoRoute, "there is no such page"))
}
