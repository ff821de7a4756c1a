//! A command of the module: its arguments, the node it goes to, and what a lost reply means.

use redis::{Cmd, ToRedisArgs};
use sessions_model::slot::Slot;

use super::failure::Failure;

/// The connection that a command uses.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Lane {
    Short,
    /// The server works in slices and blocks the connection during that time.
    Long,
}

/// The node of a cluster to which a command goes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    Slot(Slot),
    EveryPrimary,
    AnyPrimary,
}

#[derive(Clone)]
pub struct Command {
    name: &'static str,
    pub(super) cmd: Cmd,
    lane: Lane,
    pub(super) way: Way,
}

impl Command {
    fn new(name: &'static str, way: Way) -> Self {
        Self {
            name,
            cmd: redis::cmd(name),
            lane: Lane::Short,
            way,
        }
    }

    /// A command about one session or one id: its second argument decides the slot. redis-rs would
    /// route by the first, the app.
    pub fn at(name: &'static str, app: &str, token_or_id: &[u8]) -> Self {
        Self::new(name, Way::Slot(Slot::of(token_or_id)))
            .arg(app)
            .arg(token_or_id)
    }

    /// A command about a whole app: every primary has a part of it.
    pub fn everywhere(name: &'static str, app: &str) -> Self {
        Self::to_each(name).arg(app)
    }

    /// A command to each primary that names no app, such as `INFO`.
    pub fn to_each(name: &'static str) -> Self {
        Self::new(name, Way::EveryPrimary)
    }

    /// A command that any node serves.
    pub fn anywhere(name: &'static str) -> Self {
        Self::new(name, Way::AnyPrimary)
    }

    /// CLUSTER SLOTS, which is not a command of the module.
    pub(super) fn slots() -> Self {
        Self::anywhere("CLUSTER").arg("SLOTS")
    }

    pub fn arg(mut self, value: impl ToRedisArgs) -> Self {
        self.cmd.arg(value);
        self
    }

    /// Adds an option with its value, if there is one.
    pub fn option(self, name: &'static str, value: Option<impl ToRedisArgs>) -> Self {
        match value {
            Some(value) => self.arg(name).arg(value),
            None => self,
        }
    }

    /// Adds an option without a value.
    pub fn flag(self, name: &'static str, given: Given) -> Self {
        match given {
            Given::Yes => self.arg(name),
            Given::No => self,
        }
    }

    /// Sends the command over the connection for those that block.
    pub fn slow(mut self) -> Self {
        self.lane = Lane::Long;
        self
    }

    pub fn name(&self) -> &'static str {
        self.name
    }

    pub(super) fn lane(&self) -> Lane {
        self.lane
    }

    /// What a lost reply means for this command.
    pub(super) fn judged(&self, failure: Failure) -> Failure {
        match (failure, self.repeat()) {
            (Failure::Lost, Repeat::Doubles) => Failure::UnknownOutcome,
            (Failure::Lost, Repeat::Reads) => Failure::Unavailable,
            (failure, _) => failure,
        }
    }

    pub(super) fn repeat(&self) -> Repeat {
        match self.name {
            "SESSIONS.CREATE" | "SESSIONS.ROTATE" | "SESSIONS.INCR" => Repeat::Doubles,
            "SESSIONS.PEEK" | "SESSIONS.SOID" | "SESSIONS.SOAPP" | "SESSIONS.USERS" | "SESSIONS.ACTIVITY"
            | "SESSIONS.COUNT" | "SESSIONS.COUNTSOID" | "SESSIONS.HELP" | "PING" | "INFO" | "XREVRANGE" => {
                Repeat::Reads
            }
            _ => Repeat::Harmless,
        }
    }
}

/// The effect of sending a command again that has already run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Repeat {
    /// A repeated command would do its work twice, so a lost reply must not be treated as "not
    /// done".
    Doubles,
    Harmless,
    /// It changes nothing, so a lost reply means "not done".
    Reads,
}

/// Whether an option without a value is given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Given {
    Yes,
    #[default]
    No,
}

impl From<bool> for Given {
    fn from(given: bool) -> Self {
        if given { Self::Yes } else { Self::No }
    }
}

impl From<Option<bool>> for Given {
    fn from(given: Option<bool>) -> Self {
        given.unwrap_or_default().into()
    }
}
