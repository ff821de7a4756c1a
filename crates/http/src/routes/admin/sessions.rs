//! All sessions of an app by page, most recently used first.

use axum::extract::State as Extract;
use axum::response::Response;
use serde::Deserialize;

use super::counting::count;
use super::frame::{AppBar, Tab};
use super::links::Link;
use super::pages::{Choice, Pages, Sessions};
use super::rows::{range, row};
use super::staff::Visit;
use super::text::number;
use super::time::{DAY, HOUR, MINUTE};
use super::trouble::{Asked, Trouble, shown};
use crate::clock::now;
use crate::state::State;
use crate::store::{Command, MAX_OFFSET, Page, Shown};

/// Sessions on a page.
pub(super) const ON_PAGE: usize = 50;

/// How far the list may look back, in seconds.
const CHOICES: [(&str, i64); 4] = [
    ("Any time", 0),
    ("5 minutes", 5 * MINUTE),
    ("1 hour", HOUR),
    ("24 hours", DAY),
];

#[derive(Deserialize)]
pub(super) struct Chosen {
    #[serde(default)]
    offset: usize,
    /// Seconds; 0 is any time.
    #[serde(default)]
    within: i64,
}

pub(super) async fn show(
    Visit { staff, app }: Visit,
    Extract(state): Extract<State>,
    Asked(chosen): Asked<Chosen>,
) -> Result<Response, Trouble> {
    let within = CHOICES
        .into_iter()
        .map(|(_, seconds)| seconds)
        .find(|it| *it == chosen.within)
        .unwrap_or(0);
    let offset = chosen.offset.min(MAX_OFFSET);
    // One row more than the page shows, to find out whether there is another page.
    let page = Page {
        offset,
        count: ON_PAGE + 1,
    };
    let mut found = state.store.sessions(&app, within, page, Shown::WithoutData).await?;
    let total = count(
        Command::everywhere("SESSIONS.COUNT", &app).arg("DT").arg(within),
        &state,
    )
    .await?;
    let has_more = found.len() > ON_PAGE;
    found.truncate(ON_PAGE);

    let list = |within: i64| Link::to(&app, "/sessions").with_some("within", Some(within).filter(|it| *it > 0));
    let link = |offset: usize| list(within).with_offset(offset).into_string();
    let next = offset + ON_PAGE;
    let is_at_limit = has_more && next > MAX_OFFSET;
    let limit = format!(
        "The list ends after the {} most recently used sessions. Search for a user by id.",
        number((MAX_OFFSET + ON_PAGE) as u64)
    );
    let now = now();
    Ok(shown(&Sessions {
        frame: staff.frame(Some(AppBar::new(&app, Tab::Sessions)), None),
        range: range(offset, found.len(), total),
        choices: CHOICES
            .iter()
            .map(|(name, seconds)| Choice {
                name,
                url: list(*seconds).into_string(),
                is_chosen: *seconds == within,
            })
            .collect(),
        rows: found.iter().map(|session| row(&app, session, now)).collect(),
        empty: if within == 0 {
            "The app has no sessions."
        } else {
            "No session was used in this time."
        },
        pages: Pages {
            newer: (offset > 0).then(|| link(offset.saturating_sub(ON_PAGE))),
            older: (has_more && !is_at_limit).then(|| link(next)),
        },
        limit: is_at_limit.then_some(limit),
        app,
    }))
}
