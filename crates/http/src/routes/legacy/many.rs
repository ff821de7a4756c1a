//! Routes about all sessions of an id or of an app, and `ping`.

use redis::Value;
use serde_json::json;

use super::refusal::Refusal;
use super::{Call, rules, session};
use crate::state::State;
use crate::store::{Command, Failure, integer, text};

pub(super) async fn ping(state: &State) -> Result<String, Refusal> {
    match state.store.send(Command::anywhere("PING")).await? {
        Value::SimpleString(pong) => Ok(pong),
        _ => Err(Failure::Unexpected.into()),
    }
}

pub(super) async fn activity(state: &State, call: &Call) -> Result<String, Refusal> {
    let app = rules::app(&call.app)?;
    let dt = rules::dt(&call.query)?;
    let users = state
        .store
        .send(Command::everywhere("SESSIONS.ACTIVITY", app).arg(dt))
        .await?;
    Ok(json!({ "activity": integer(&users)? }).to_string())
}

pub(super) async fn soapp(state: &State, call: &Call) -> Result<String, Refusal> {
    let app = rules::app(&call.app)?;
    let dt = rules::dt(&call.query)?;
    list(state, Command::everywhere("SESSIONS.SOAPP", app).arg(dt)).await
}

pub(super) async fn soid(state: &State, call: &Call) -> Result<String, Refusal> {
    let app = rules::app(&call.app)?;
    let id = rules::id(&call.subject)?;
    list(state, Command::at("SESSIONS.SOID", app, id.as_bytes())).await
}

pub(super) async fn killsoid(state: &State, call: &Call) -> Result<String, Refusal> {
    let app = rules::app(&call.app)?;
    let id = rules::id(&call.subject)?;
    killed(state, Command::at("SESSIONS.KILLSOID", app, id.as_bytes())).await
}

pub(super) async fn killall(state: &State, call: &Call) -> Result<String, Refusal> {
    let app = rules::app(&call.app)?;
    killed(state, Command::everywhere("SESSIONS.KILLALL", app)).await
}

async fn list(state: &State, command: Command) -> Result<String, Refusal> {
    let replies = state.store.send_each(command.arg("JSON").slow()).await?;
    let replies = replies.into_iter().map(|reply| text(reply)?.ok_or(Failure::Unexpected));
    let replies = replies.collect::<Result<Vec<_>, _>>()?;
    // The length of the list is not bounded, and other requests must not wait while it is written.
    Ok(tokio::task::block_in_place(|| session::list(&replies))?)
}

async fn killed(state: &State, command: Command) -> Result<String, Refusal> {
    let killed = state.store.send(command.slow()).await?;
    Ok(json!({ "kill": integer(&killed)? }).to_string())
}
