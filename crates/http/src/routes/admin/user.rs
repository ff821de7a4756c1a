//! The sessions of a user. With a sid the search leads to that one session.

use axum::extract::State as Extract;
use axum::response::Response;
use serde::Deserialize;

use super::counting::count;
use super::frame::{Aftermath, AppBar};
use super::links::{self, Link};
use super::pages::{Pages, UserPage};
use super::rows::{range, row};
use super::session;
use super::sessions::ON_PAGE;
use super::staff::Visit;
use super::text::visible;
use super::trouble::{Asked, Trouble, shown};
use crate::clock::now;
use crate::problem::{Kind, Problem};
use crate::state::State;
use crate::store::{Command, MAX_OFFSET, Page, Shown};

#[derive(Deserialize)]
pub(super) struct Sought {
    pub(super) id: String,
    #[serde(default)]
    pub(super) sid: String,
    #[serde(default)]
    offset: usize,
}

pub(super) async fn show(
    visit: Visit,
    Extract(state): Extract<State>,
    Asked(sought): Asked<Sought>,
    Asked(aftermath): Asked<Aftermath>,
) -> Result<Response, Trouble> {
    if sought.id.is_empty() {
        return Err(Problem::new(Kind::InvalidArgument, "The id of the user is empty.").into());
    }
    if !sought.sid.trim().is_empty() {
        return session::show(&visit, &state, &sought, &aftermath).await;
    }
    let Visit { staff, app } = visit;
    let id = sought.id.as_str();
    let offset = sought.offset.min(MAX_OFFSET);
    // One row more than the page shows, to find out whether there is another page.
    let page = Page {
        offset,
        count: ON_PAGE + 1,
    };
    let command = Command::at("SESSIONS.SOID", &app, id.as_bytes());
    let mut found = state.store.sessions_of(command, page, Shown::WithoutData).await?;
    let total = Command::at("SESSIONS.COUNTSOID", &app, id.as_bytes()).slow();
    let total = count(total, &state).await?;
    let has_more = found.len() > ON_PAGE && offset < MAX_OFFSET;
    found.truncate(ON_PAGE);

    let link = |offset: usize| links::user(&app, id).with_offset(offset).into_string();
    let now = now();
    Ok(shown(&UserPage {
        frame: staff.frame(Some(AppBar::sought(&app, id, "")), aftermath.notice()),
        user: visible(id),
        summary: range(offset, found.len(), total),
        rows: found.iter().map(|session| row(&app, session, now)).collect(),
        empty: if id.trim() == id {
            "This user has no sessions in this app."
        } else {
            "This user has no sessions in this app. The id begins or ends with a space."
        },
        pages: Pages {
            newer: (offset > 0).then(|| link(offset.saturating_sub(ON_PAGE))),
            older: has_more.then(|| link(offset + ON_PAGE)),
        },
        end_url: Link::to(&app, "/end-user").with("id", id).into_string(),
    }))
}
