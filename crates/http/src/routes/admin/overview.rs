//! The overview of an app: the numbers of sessions and users, now and over time, and the servers
//! that store them.

use axum::extract::State as Extract;
use axum::response::Response;

use super::counting::{count, users};
use super::frame::{Aftermath, AppBar, Tab};
use super::info;
use super::links::Link;
use super::pages::Overview;
use super::plot::plots;
use super::staff::Visit;
use super::text::number;
use super::time::{DAY, HOUR, MINUTE};
use super::trouble::{Asked, Trouble, shown};
use crate::state::State;
use crate::store::{Command, Failure};

pub(super) async fn show(
    Visit { staff, app }: Visit,
    Extract(state): Extract<State>,
    Asked(aftermath): Asked<Aftermath>,
) -> Result<Response, Trouble> {
    let sessions = count(Command::everywhere("SESSIONS.COUNT", &app), &state).await?;
    let (servers, servers_unknown) = match info::servers(&state).await {
        Ok(servers) => (servers, None),
        Err(Failure::NoPermission(_)) => (
            Vec::new(),
            Some("The Redis user of this service has no permission for INFO."),
        ),
        Err(failure) => return Err(failure.into()),
    };
    Ok(shown(&Overview {
        frame: staff.frame(Some(AppBar::new(&app, Tab::Overview)), aftermath.notice()),
        sessions: number(sessions),
        five_minutes: number(users(&app, 5 * MINUTE, &state).await?),
        hour: number(users(&app, HOUR, &state).await?),
        day: number(users(&app, DAY, &state).await?),
        plots: plots(&state.measurements.of(&app)),
        servers,
        servers_unknown,
        end_url: Link::to(&app, "/end-app").into_string(),
        app,
    }))
}
