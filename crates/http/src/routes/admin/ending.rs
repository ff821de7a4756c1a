//! Ending sessions: one, all of a user, all but one, all of an app. Each end is logged.

use std::future::Future;
use std::sync::Arc;

use axum::extract::State as Extract;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::counting::count;
use super::frame::{Done, after};
use super::links::{self, Link};
use super::others;
use super::posted::Ending;
use super::trouble::Trouble;
use crate::digest::fingerprint;
use crate::keys::Key;
use crate::state::State;
use crate::store::{Command, Failure};

#[derive(Deserialize)]
pub(super) struct OfUser {
    id: String,
}

#[derive(Deserialize)]
pub(super) struct OfSession {
    id: String,
    sid: String,
}

#[derive(Deserialize)]
pub(super) struct OfApp {}

pub(super) async fn one(
    Extract(state): Extract<State>,
    Ending { staff, app, query, .. }: Ending<OfSession>,
) -> Result<Response, Trouble> {
    let kill = Command::at("SESSIONS.KILLSOID", &app, query.id.as_bytes())
        .arg("ONLY")
        .arg(&query.sid);
    let target = Target::Session(query.sid);
    let count = carried_out(staff.key, app.clone(), target, killed(state, kill)).await?;
    Ok(see(links::user(&app, &query.id), Done::One, count))
}

pub(super) async fn all_of_user(
    Extract(state): Extract<State>,
    Ending { staff, app, query, .. }: Ending<OfUser>,
) -> Result<Response, Trouble> {
    let kill = Command::at("SESSIONS.KILLSOID", &app, query.id.as_bytes()).slow();
    let target = Target::User(fingerprint(&query.id));
    let count = carried_out(staff.key, app.clone(), target, killed(state, kill)).await?;
    Ok(see(links::user(&app, &query.id), Done::User, count))
}

pub(super) async fn all_but_one(
    Extract(state): Extract<State>,
    Ending { staff, app, query, .. }: Ending<OfSession>,
) -> Result<Response, Trouble> {
    let session = links::session(&app, &query.id, &query.sid);
    let target = Target::AllBut {
        id: fingerprint(&query.id),
        sid: query.sid.clone(),
    };
    let end = {
        let app = app.clone();
        async move { others::end(&app, &query.id, &query.sid, &state).await }
    };
    let count = carried_out(staff.key, app, target, end).await?;
    Ok(match count {
        Some(count) => see(session, Done::Others, count),
        None => see(session, Done::NothingToKeep, 0),
    })
}

pub(super) async fn whole_app(
    Extract(state): Extract<State>,
    Ending {
        staff, app, confirm, ..
    }: Ending<OfApp>,
) -> Result<Response, Trouble> {
    let overview = Link::to(&app, "");
    if confirm.trim() != app {
        return Ok(see(overview, Done::WrongName, 0));
    }
    let kill = Command::everywhere("SESSIONS.KILLALL", &app).slow();
    let count = carried_out(staff.key, app, Target::App, killed(state, kill)).await?;
    Ok(see(overview, Done::App, count))
}

async fn killed(state: State, command: Command) -> Result<u64, Failure> {
    count(command, &state).await
}

/// Which sessions are ended, for the log. An id may be an address or a name, so the log has its
/// fingerprint, with which a known id can be found.
enum Target {
    Session(String),
    User(String),
    AllBut { id: String, sid: String },
    App,
}

/// Ends the sessions and logs it, even if the browser disconnects before the response.
async fn carried_out<T>(
    key: Arc<Key>,
    app: String,
    target: Target,
    work: impl Future<Output = Result<T, Failure>> + Send + 'static,
) -> Result<T, Trouble>
where
    T: Counted + Send + 'static,
{
    let task = tokio::spawn(async move {
        let outcome = work.await;
        if !matches!(outcome, Err(Failure::Argument(_))) {
            log(&key.name, &app, &target, &outcome);
        }
        outcome
    });
    match task.await {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(failure)) => Err(Trouble::of_an_end(failure)),
        Err(_) => Err(Failure::Unexpected.into()),
    }
}

/// How many sessions a kind of work has ended.
trait Counted {
    fn count(&self) -> u64;
}

impl Counted for u64 {
    fn count(&self) -> u64 {
        *self
    }
}

impl Counted for Option<u64> {
    fn count(&self) -> u64 {
        self.unwrap_or(0)
    }
}

fn log<T: Counted>(key: &str, app: &str, target: &Target, outcome: &Result<T, Failure>) {
    let (what, sid, id) = match target {
        Target::Session(sid) => ("one session", Some(sid), None),
        Target::User(id) => ("all sessions of an id", None, Some(id)),
        Target::AllBut { id, sid } => ("all sessions of an id but one", Some(sid), Some(id)),
        Target::App => ("all sessions of the app", None, None),
    };
    match outcome {
        Ok(done) => tracing::info!(
            key,
            app,
            what,
            sid,
            id_sha256 = id,
            count = done.count(),
            "sessions were ended"
        ),
        Err(failure) => {
            tracing::warn!(
                key,
                app,
                what,
                sid,
                id_sha256 = id,
                ?failure,
                "sessions may have been ended"
            );
        }
    }
}

fn see(page: Link, done: Done, count: u64) -> Response {
    Redirect::to(&after(page, done, count)).into_response()
}
