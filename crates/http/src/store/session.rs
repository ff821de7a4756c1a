//! A session as the module returns it with the option JSON, and as the service shows it.

use redis::Value;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use sessions_model::ident::Token;
use utoipa::ToSchema;

use super::command::Command;
use super::failure::Failure;
use super::{Store, text};

/// Members are in the order in which the service shows them; unknown ones are omitted.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
pub struct Session {
    /// The present token, if the session was looked up by an old token within its grace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub token: Option<String>,
    pub sid: String,
    /// Omitted if the session is anonymous.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub id: Option<String>,
    pub r: i64,
    pub w: i64,
    /// Seconds.
    pub ttl: i64,
    /// Seconds since the last use.
    pub idle: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub ip: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub ua: Option<String>,
    /// Unix seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub created: Option<i64>,
    /// Unix seconds of the end that no use extends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub until: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub no_resave: Option<bool>,
    /// Numbers keep their text. Absent if the list was requested without data.
    #[serde(rename(deserialize = "d"), default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>, nullable = false)]
    pub data: Option<Box<RawValue>>,
    /// Stored data that is not a JSON object; then `data` is empty.
    #[serde(rename(deserialize = "d_text"), default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub data_text: Option<String>,
}

impl Session {
    /// From a reply with the option JSON. `None`: no live session was found.
    pub fn of_reply(reply: Value) -> Result<Option<Self>, Failure> {
        let Some(json) = text(reply)? else { return Ok(None) };
        serde_json::from_slice(&json).map(Some).map_err(|_| Failure::Unexpected)
    }

    /// Uses the session like GET. A server that accepts no writes returns the session without
    /// counting the use.
    pub async fn used(app: &str, token: &Token, store: &Store) -> Result<Option<Self>, Failure> {
        let command = |name| Command::at(name, app, token.as_bytes()).arg("JSON");
        let reply = match store.send(command("SESSIONS.GET")).await {
            Err(Failure::ReadOnly) => store.send(command("SESSIONS.PEEK")).await?,
            reply => reply?,
        };
        Self::of_reply(reply)
    }

    /// Seconds until the session ends if it is not used.
    pub fn remaining(&self, now: i64) -> i64 {
        let idle = match self.no_resave {
            Some(true) => self.ttl,
            _ => self.ttl - self.idle,
        };
        self.until.map_or(idle, |until| idle.min(until - now))
    }
}
