//! The apps that a key may see.

use std::collections::BTreeSet;

use axum::extract::{Request, State as Extract};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use sessions_model::ident::App;

use super::counting::count;
use super::frame::Aftermath;
use super::links::Link;
use super::log_in;
use super::pages::{Apps as Page, ListedApp};
use super::staff::Staff;
use super::text::counted;
use super::trouble::{Asked, Trouble, shown};
use crate::config::Access;
use crate::keys::{Apps, Key};
use crate::state::State;
use crate::store::Command;

#[derive(Deserialize)]
pub(super) struct Named {
    /// The name of an app that was typed.
    #[serde(default)]
    app: String,
}

pub(super) async fn show(
    Extract(state): Extract<State>,
    Asked(named): Asked<Named>,
    Asked(aftermath): Asked<Aftermath>,
    request: Request,
) -> Result<Response, Trouble> {
    let (parts, _) = request.into_parts();
    let Some(staff) = Staff::find(&parts, &state).await? else {
        return Ok(log_in::start(&parts, &state, aftermath.notice()));
    };
    if App::parse(named.app.as_bytes()).is_ok() {
        let overview = Link::to(&named.app, "").into_string();
        return Ok(Redirect::to(&overview).into_response());
    }
    let mut apps = Vec::new();
    for name in known(&staff.key, &state) {
        let sessions = count(Command::everywhere("SESSIONS.COUNT", &name), &state).await.ok();
        apps.push(ListedApp {
            url: Link::to(&name, "").into_string(),
            sessions: sessions.map(|sessions| counted(sessions, "session")),
            name,
        });
    }
    Ok(shown(&Page {
        frame: staff.frame(None, None),
        apps,
        may_name_one: staff.key.apps == Apps::All,
        wrong_name: !named.app.is_empty(),
        named: named.app,
    }))
}

/// The apps of a key; for a key for all apps, those that the configuration names.
fn known(key: &Key, state: &State) -> BTreeSet<String> {
    match &key.apps {
        Apps::Listed(apps) => apps.clone(),
        Apps::All => named_by_configuration(state),
    }
}

/// The apps of all keys and those of gateways.
pub(super) fn named_by_configuration(state: &State) -> BTreeSet<String> {
    let mut apps: BTreeSet<String> = state.apps.load().keys().cloned().collect();
    if let Access::Keys(keys) = state.access.load().as_ref() {
        for key in keys.iter() {
            if let Apps::Listed(listed) = &key.apps {
                apps.extend(listed.iter().cloned());
            }
        }
    }
    apps
}
