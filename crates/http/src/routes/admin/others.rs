//! Ends all sessions of a user except one. The module identifies that session by its token, but
//! pages only know its sid.

use std::sync::LazyLock;

use sessions_model::error::Error;

use super::counting::count;
use super::session::find;
use crate::state::State;
use crate::store::{Command, Failure, Page, Session, Shown};

/// How many sessions are read at once if they are ended one by one.
const AT_ONCE: usize = 100;

/// Returns how many sessions were ended. `None`: the id has no session with that sid, and no
/// session was ended.
pub(super) async fn end(app: &str, id: &str, sid: &str, state: &State) -> Result<Option<u64>, Failure> {
    match token(app, id, sid, state).await? {
        Kept::Nothing => Ok(None),
        // One command ends them all, including sessions that get a new token during the command;
        // the kept session may get a new token, too.
        Kept::Token(token) => {
            let kill = Command::at("SESSIONS.KILLSOID", app, id.as_bytes())
                .arg("EXCEPT")
                .arg(token)
                .slow();
            count(kill, state).await.map(Some)
        }
        Kept::Hashed => one_by_one(app, id, sid, state).await.map(Some),
    }
}

enum Kept {
    Nothing,
    Token(String),
    /// The token cannot be determined.
    Hashed,
}

/// The token of the session to keep. The service does not pass it on.
async fn token(app: &str, id: &str, sid: &str, state: &State) -> Result<Kept, Failure> {
    static HASHED: LazyLock<String> = LazyLock::new(|| Error::TokensHashed.to_string());
    let command = Command::at("SESSIONS.SOID", app, id.as_bytes())
        .arg("ONLY")
        .arg(sid)
        .arg("WITHTOKENS");
    let first = Page { offset: 0, count: 1 };
    let found = state.store.sessions_of(command, first, Shown::WithoutData).await;
    match found {
        Ok(found) => Ok(match found.into_iter().next() {
            None => Kept::Nothing,
            Some(Session { token: Some(token), .. }) => Kept::Token(token),
            Some(_) => Kept::Hashed,
        }),
        Err(Failure::Server(text)) if HASHED.ends_with(&text) => {
            let found = find(app, id, sid, Shown::WithoutData, state).await?;
            Ok(found.map_or(Kept::Nothing, |_| Kept::Hashed))
        }
        Err(failure) => Err(failure),
    }
}

/// Ends the other sessions by their sids until none is left. If the kept session ends or gets a new
/// token during that time, no more sessions are ended, because the kept session might be among
/// them.
async fn one_by_one(app: &str, id: &str, sid: &str, state: &State) -> Result<u64, Failure> {
    let page = Page {
        offset: 0,
        count: AT_ONCE,
    };
    let mut ended = 0;
    loop {
        let list = Command::at("SESSIONS.SOID", app, id.as_bytes());
        let found = state.store.sessions_of(list, page, Shown::WithoutData).await?;
        let others: Vec<_> = found.into_iter().map(|it| it.sid).filter(|it| it != sid).collect();
        if others.is_empty() {
            return Ok(ended);
        }
        for other in others {
            if find(app, id, sid, Shown::WithoutData, state).await?.is_none() {
                return Ok(ended);
            }
            let kill = Command::at("SESSIONS.KILLSOID", app, id.as_bytes())
                .arg("ONLY")
                .arg(other);
            ended += count(kill, state).await?;
        }
    }
}
