//! The reasons why a command has no reply, and the problem that a client gets for each.

use redis::{ErrorKind, RedisError};

use crate::problem::{Kind, Problem};

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The server is unreachable or unavailable; the command has not run.
    Unavailable,
    /// The server accepts no writes: it is a replica, has too few replicas, or cannot save.
    ReadOnly,
    /// The node names another one, as `slot host:port`; the command has not run.
    Moved(String),
    /// As [`Moved`](Self::Moved), but only for this command: its slot is being moved to the other
    /// node.
    Ask(String),
    /// The keys of the command are on two nodes while their slot moves; the command has not run.
    TryAgain,
    /// The command was sent and no reply came, or only some of the nodes have run it.
    Lost,
    /// As [`Lost`](Self::Lost), for a command that must not be repeated.
    UnknownOutcome,
    /// The server does not know the module's commands.
    NoModule,
    /// The service's Redis user has no permission for the command; the text is for the log.
    NoPermission(String),
    /// The module's text about an invalid argument.
    Argument(String),
    TooLarge(String),
    Conflict,
    Limit,
    CrossSlot,
    NotANumber(String),
    OutOfRange(String),
    DataNotAnObject,
    /// Any other error of the server; the text is for the log.
    Server(String),
    /// A reply with a type that the command does not return.
    Unexpected,
}

impl From<RedisError> for Failure {
    fn from(error: RedisError) -> Self {
        match error.kind() {
            ErrorKind::Server(_) | ErrorKind::Extension => {
                Self::of_reply(error.code().unwrap_or_default(), error.detail().unwrap_or_default())
            }
            ErrorKind::AuthenticationFailed => Self::NoPermission("the server refuses the user or the password".into()),
            _ => Self::Lost,
        }
    }
}

impl Failure {
    /// From an error reply: its first word and the rest.
    fn of_reply(code: &str, text: &str) -> Self {
        match code {
            "ERR" => Self::of_words(text),
            "MOVED" => Self::Moved(text.into()),
            "ASK" => Self::Ask(text.into()),
            "TRYAGAIN" => Self::TryAgain,
            "READONLY" | "NOREPLICAS" | "MISCONF" | "MASTERDOWN" => Self::ReadOnly,
            "LOADING" | "CLUSTERDOWN" | "BUSY" | "OOM" => Self::Unavailable,
            // A demoted server unblocks its clients in the middle of a long command.
            "UNBLOCKED" => Self::Lost,
            "NOPERM" | "NOAUTH" | "WRONGPASS" => Self::NoPermission(format!("{code} {text}")),
            "CONFLICT" => Self::Conflict,
            "LIMIT" => Self::Limit,
            "CROSSSLOT" => Self::CrossSlot,
            _ => Self::Server(format!("{code} {text}")),
        }
    }

    fn of_words(text: &str) -> Self {
        let text = text.trim();
        if text.starts_with("unknown command") {
            Self::NoModule
        } else if text.starts_with("data too large") {
            Self::TooLarge(text.into())
        } else if text.starts_with("invalid ") || text.starts_with("syntax error") {
            Self::Argument(text.into())
        } else if text.starts_with("not a whole number") {
            Self::NotANumber(text.into())
        } else if text.starts_with("out of range") {
            Self::OutOfRange(text.into())
        } else if text.starts_with("stored data is not a JSON object") {
            Self::DataNotAnObject
        } else {
            Self::Server(text.into())
        }
    }

    /// What the failure says about the connection.
    pub(super) fn doubt(&self) -> Option<Doubt> {
        match self {
            Self::Lost => Some(Doubt::Broken),
            Self::ReadOnly => Some(Doubt::Elsewhere),
            _ => None,
        }
    }

    /// The same failure, for an attempt that has not sent a command yet.
    pub(super) fn before_sending(self) -> Self {
        match self {
            Self::Lost => Self::Unavailable,
            other => other,
        }
    }

    /// The same failure, when a part of the work has been done: by other nodes, or for other ids.
    pub fn in_part(self) -> Self {
        match self {
            Self::Unavailable | Self::ReadOnly | Self::TryAgain => Self::Lost,
            other => other,
        }
    }

    /// The failure's name in the metrics. `None`: the reason is the client's argument or the
    /// session's state.
    pub(super) fn label(&self) -> Option<&'static str> {
        match self {
            Self::Unavailable => Some("unavailable"),
            Self::ReadOnly => Some("read-only"),
            Self::Moved(_) | Self::Ask(_) | Self::TryAgain => Some("moved"),
            Self::Lost | Self::UnknownOutcome => Some("lost"),
            Self::NoModule => Some("no-module"),
            Self::NoPermission(_) => Some("no-permission"),
            Self::Server(_) | Self::Unexpected => Some("other"),
            _ => None,
        }
    }
}

/// Why a connection is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Doubt {
    /// It may be broken.
    Broken,
    /// It leads to a server that is no longer the primary.
    Elsewhere,
}

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Unavailable | Failure::ReadOnly | Failure::TryAgain => {
                Self::new(Kind::Unavailable, "nothing was done: repeat the request later")
            }
            Failure::Lost => Self::new(
                Kind::Unavailable,
                "the command may have run, at least in part: repeat the request later",
            ),
            Failure::Moved(_) | Failure::Ask(_) => {
                tracing::error!("Redis is a node of a cluster: set cluster = true under [redis]");
                Self::new(
                    Kind::Unavailable,
                    "nothing was done: the log of the service has the reason",
                )
            }
            Failure::UnknownOutcome => Self::new(
                Kind::UnknownOutcome,
                "the command may have run: find out whether it has before you repeat the request",
            ),
            Failure::NoModule => Self::new(
                Kind::NoModule,
                "load the module into the Redis server: loadmodule in redis.conf",
            ),
            Failure::NoPermission(text) => {
                tracing::error!(error = %text, "Redis refuses the service's user");
                Self::new(Kind::NoPermission, "the log of the service has the reason")
            }
            Failure::Argument(text) => Self::new(Kind::InvalidArgument, text),
            Failure::TooLarge(text) => Self::new(Kind::TooLarge, text),
            Failure::Conflict => Self::new(
                Kind::Conflict,
                "another request has changed the session: read it and try again",
            ),
            Failure::Limit => Self::new(
                Kind::Limit,
                "the id already has the maximum number of sessions: end one, or omit \"reject\"",
            ),
            Failure::CrossSlot => Self::new(
                Kind::CrossSlot,
                "create a session for the id with all data of this one (POST /v1/apps/{app}/sessions), then end this one \
                 (DELETE /v1/apps/{app}/session)",
            ),
            Failure::NotANumber(text) => Self::new(Kind::NotANumber, text),
            Failure::OutOfRange(text) => Self::new(Kind::OutOfRange, text),
            Failure::DataNotAnObject => Self::new(
                Kind::DataNotAnObject,
                "another program stored the data: replace it with PUT",
            ),
            Failure::Server(text) => {
                tracing::error!(error = %text, "Redis returned an error");
                Self::new(Kind::Internal, "the log of the service has the reason")
            }
            Failure::Unexpected => {
                tracing::error!("Redis returned a reply of an unexpected type");
                Self::new(Kind::Internal, "the log of the service has the reason")
            }
        }
    }
}
