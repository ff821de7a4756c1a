//! The events of an app's sessions, newest first, as the audit stream has recorded them.

use axum::extract::State as Extract;
use axum::response::Response;
use serde::Deserialize;

use super::audit::{Entry, SEARCHED, is_entry, newest};
use super::frame::{AppBar, Tab};
use super::links::Link;
use super::pages::{EventRow, Events, Pages};
use super::rows::{client, user};
use super::sessions::ON_PAGE;
use super::staff::Visit;
use super::text::{number, visible};
use super::time::Moment;
use super::trouble::{Asked, Trouble, shown};
use crate::clock::{Unix, now};
use crate::state::State;
use crate::store::Failure;

const OFF: &str =
    "No events are recorded for this app. The setting sessions.audit-length of the server turns recording on.";

#[derive(Deserialize)]
pub(super) struct Chosen {
    /// The id whose events are shown.
    #[serde(default)]
    of: String,
    /// The last entry of the previous page.
    #[serde(default)]
    before: String,
}

pub(super) async fn show(
    Visit { staff, app }: Visit,
    Extract(state): Extract<State>,
    Asked(chosen): Asked<Chosen>,
) -> Result<Response, Trouble> {
    let of = Some(chosen.of.as_str()).filter(|of| !of.is_empty());
    let before = Some(chosen.before.as_str()).filter(|before| is_entry(before));
    let mut empty = match (of, before) {
        (Some(_), _) => "None of these events belongs to this user.",
        (None, Some(_)) => "There are no older events.",
        (None, None) => OFF,
    };
    let mut entries = Vec::new();
    if state.store.is_cluster() {
        empty = "A cluster does not record events.";
    } else {
        // One row more than the page shows, to find out whether there is another page.
        match newest(&app, of, before, ON_PAGE + 1, &state).await {
            Ok(found) => entries = found,
            Err(Failure::NoPermission(_)) => {
                empty = "The Redis user of this service has no permission to read the audit stream: allow XREVRANGE.";
            }
            Err(Failure::Server(text)) if text.starts_with("WRONGTYPE") => {
                empty = "The key of the audit stream does not hold a stream: delete or rename the key.";
            }
            Err(failure) => return Err(failure.into()),
        }
    }
    let has_more = entries.len() > ON_PAGE;
    entries.truncate(ON_PAGE);

    let url = Link::to(&app, "/events");
    let list = url.clone().with_some("of", of);
    let last = entries.last().map(|entry| entry.entry.clone());
    let now = now();
    Ok(shown(&Events {
        frame: staff.frame(Some(AppBar::new(&app, Tab::Events)), None),
        url: url.into_string(),
        summary: match of {
            Some(_) => format!("of one user, among the newest {}", number(SEARCHED as u64)),
            None => "newest first".to_owned(),
        },
        of: chosen.of.clone(),
        rows: entries.iter().map(|entry| row(&app, entry, now)).collect(),
        empty,
        pages: Pages {
            newer: before.map(|_| list.clone().into_string()),
            older: last
                .filter(|_| has_more)
                .map(|last| list.with("before", &last).into_string()),
        },
        app,
    }))
}

fn row(app: &str, entry: &Entry, now: Unix) -> EventRow {
    EventRow {
        at: Moment::new(entry.at(), now),
        what: entry.what(),
        user: entry.whose().map(|id| user(app, id)),
        sid: visible(&entry.sid),
        client: client(entry.ua.as_deref()),
        ip: entry.ip.as_deref().map(visible),
    }
}
