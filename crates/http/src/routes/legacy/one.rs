//! Routes about a single session: `create`, `get`, `set`, `kill`.

use serde_json::json;

use super::body::Given;
use super::refusal::Refusal;
use super::{Call, rules, session};
use crate::state::State;
use crate::store::{Command, Failure, integer, text};

pub(super) async fn create(state: &State, call: &Call) -> Result<String, Refusal> {
    let app = rules::app(&call.app)?;
    let id = rules::new_id(&call.subject)?;
    let ip = rules::ip(&call.query)?;
    let ttl = rules::ttl(&call.query)?;
    let data = match &call.given {
        Given::Nothing | Given::EmptyArray => None,
        given => Some(data(given)?),
    };
    let command = Command::at("SESSIONS.CREATE", app, id.as_bytes())
        .option("IP", Some(ip))
        .option("TTL", ttl);
    let token = text(state.store.send(command.option("DATA", data)).await?)?.ok_or(Failure::Unexpected)?;
    let token = String::from_utf8(token).map_err(|_| Failure::Unexpected)?;
    Ok(json!({ "token": token }).to_string())
}

pub(super) async fn get(state: &State, call: &Call) -> Result<String, Refusal> {
    let app = rules::app(&call.app)?;
    let token = rules::token(&call.subject)?;
    let command = Command::at("SESSIONS.GET", app, token.as_bytes()).arg("JSON");
    Ok(session::one(text(state.store.send(command).await?)?)?)
}

pub(super) async fn set(state: &State, call: &Call) -> Result<String, Refusal> {
    let app = rules::app(&call.app)?;
    let token = rules::token(&call.subject)?;
    let command = Command::at("SESSIONS.SET", app, token.as_bytes())
        .arg(data(&call.given)?)
        .arg("JSON");
    Ok(session::one(text(state.store.send(command).await?)?)?)
}

pub(super) async fn kill(state: &State, call: &Call) -> Result<String, Refusal> {
    let app = rules::app(&call.app)?;
    let token = rules::token(&call.subject)?;
    let killed = state
        .store
        .send(Command::at("SESSIONS.KILL", app, token.as_bytes()))
        .await?;
    Ok(json!({ "kill": integer(&killed)? }).to_string())
}

fn data(given: &Given) -> Result<&str, Refusal> {
    match given {
        Given::Data(text) => Ok(text),
        Given::Nothing => Err(Refusal::no_keys()),
        Given::EmptyArray | Given::Array => Err(Refusal::not_an_object()),
        Given::Nested(name) => Err(Refusal::nested(name)),
    }
}
