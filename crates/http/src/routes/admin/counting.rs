//! Counts from the server.

use crate::state::State;
use crate::store::{Command, Failure, integer};

/// The count of a command, such as the number of sessions that it ended.
pub(super) async fn count(command: Command, state: &State) -> Result<u64, Failure> {
    let count = integer(&state.store.send(command).await?)?;
    u64::try_from(count).map_err(|_| Failure::Unexpected)
}

/// How many users were active within the last seconds.
pub(super) async fn users(app: &str, seconds: i64, state: &State) -> Result<u64, Failure> {
    count(Command::everywhere("SESSIONS.ACTIVITY", app).arg(seconds), state).await
}
