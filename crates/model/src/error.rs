//! Every error that a client can get, with its exact text. No text repeats what the client sent,
//! because it may be a secret.

use std::fmt;

use crate::ident::TOKEN_LENGTH;
use crate::limits::{MAX_APP, MAX_DEPTH, MAX_GRACE, MAX_ID, MAX_IP, MAX_KEY, MAX_NUMBER, MAX_SECONDS, MAX_SESSIONS};

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// The server has its own text for this, which names the command.
    WrongArity,
    Syntax {
        reason: SyntaxReason,
        /// The command's line in HELP.
        syntax: String,
    },
    InvalidApp,
    InvalidId,
    /// The id is empty where sessions are looked up by it.
    EmptyId,
    InvalidSid,
    /// The token under which the client wants to save a session is not valid.
    InvalidToken,
    InvalidIp,
    InvalidKey,
    InvalidN,
    InvalidTtl,
    InvalidLifetime,
    InvalidGrace,
    InvalidDt,
    InvalidWrites,
    InvalidMax,
    InvalidLimit,
    InvalidData(DataError),
    DataTooLarge {
        max_bytes: usize,
    },
    StoredDataNotAnObject,
    /// The value to which INCR adds is not a whole number.
    NotAWholeNumber,
    /// The sum of INCR is out of range.
    OutOfRange,
    WrongType,
    NoPermission(Scope),
    NoRandom,
    /// The cluster is moving the slot of the command to another node, or is down.
    TryAgain,
    /// The server became a replica before the work was done.
    Unblocked,
    /// A session cannot get an id in another hash slot than its token.
    CrossSlot,
    /// Tokens cannot be shown, because they are stored hashed.
    TokensHashed,
    /// The write counter has changed since the client read it.
    Conflict,
    /// The id already has as many live sessions as it may have.
    TooManySessions,
    /// A bug in the module, caught before it reaches the server.
    Internal,
}

/// An error in the options of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SyntaxReason {
    /// Counted from 1 after the command's name.
    Unknown {
        position: usize,
    },
    Twice(&'static str),
    NoValue(&'static str),
    /// An option with fewer than its two values, and their names.
    NoTwoValues(&'static str, [&'static str; 2]),
    Exclusive(&'static str, &'static str),
    /// The first option is not allowed without the second.
    Requires(&'static str, &'static str),
}

/// What is wrong with a JSON argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DataError {
    NotUtf8,
    /// Line and column count from 1, the column in bytes.
    Broken {
        line: usize,
        column: usize,
    },
    NotAnObject,
    TooDeep,
    /// A number that is too long or beyond a double.
    Number,
    Empty,
}

/// The keys that a user may not use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    App,
    AllApps,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WrongArity => write!(f, "ERR wrong number of arguments"),
            Self::Syntax { reason, syntax } => write!(f, "ERR syntax error: {reason}; usage: {syntax}"),
            Self::InvalidApp => write!(f, "ERR invalid app: 1 to {MAX_APP} characters of A-Z a-z 0-9 _ -"),
            Self::InvalidId => write!(
                f,
                "ERR invalid id: 1 to {MAX_ID} bytes of UTF-8 without control characters"
            ),
            Self::EmptyId => write!(f, "ERR invalid id: must not be empty"),
            Self::InvalidSid => write!(f, "ERR invalid sid: exactly 16 hexadecimal digits 0-9 a-f"),
            Self::InvalidToken => write!(f, "ERR invalid token: exactly {TOKEN_LENGTH} characters of A-Z a-z 0-9"),
            Self::InvalidIp => write!(
                f,
                "ERR invalid ip: at most {MAX_IP} bytes of UTF-8 without control characters; empty means unknown"
            ),
            Self::InvalidKey => write!(f, "ERR invalid key: 1 to {MAX_KEY} bytes of UTF-8"),
            Self::InvalidN => write!(f, "ERR invalid n: a whole number from {} to {}", i64::MIN, i64::MAX),
            Self::InvalidTtl => write!(f, "ERR invalid ttl: a whole number of seconds from 1 to {MAX_SECONDS}"),
            Self::InvalidLifetime => write!(
                f,
                "ERR invalid lifetime: a whole number of seconds from 1 to {MAX_SECONDS}"
            ),
            Self::InvalidGrace => write!(f, "ERR invalid grace: a whole number of seconds from 1 to {MAX_GRACE}"),
            Self::InvalidDt => write!(
                f,
                "ERR invalid dt: a whole number of seconds from 0 (no limit) to {MAX_SECONDS}"
            ),
            Self::InvalidWrites => write!(f, "ERR invalid w: a whole number from 0 to {}", i64::MAX),
            Self::InvalidMax => write!(f, "ERR invalid max: a whole number from 1 to {MAX_SESSIONS}"),
            Self::InvalidLimit => write!(
                f,
                "ERR invalid limit: offset must be 0 or more, count 1 or more, or -1 for all"
            ),
            Self::InvalidData(what) => write!(f, "ERR invalid data: {what}"),
            Self::DataTooLarge { max_bytes } => {
                write!(
                    f,
                    "ERR data too large: at most {max_bytes} bytes of JSON (sessions.max-data-bytes)"
                )
            }
            Self::StoredDataNotAnObject => write!(
                f,
                "ERR stored data is not a JSON object of at most {MAX_DEPTH} levels: replace it with SAVE"
            ),
            Self::NotAWholeNumber => write!(
                f,
                "ERR not a whole number: the value of the key must be a 64-bit integer without fraction or exponent"
            ),
            Self::OutOfRange => write!(f, "ERR out of range: the result must be a 64-bit integer"),
            Self::WrongType => write!(f, "WRONGTYPE Operation against a key holding the wrong kind of value"),
            Self::NoPermission(Scope::App) => write!(
                f,
                "NOPERM the user's key patterns do not cover this app: see ACL SETUSER"
            ),
            Self::NoPermission(Scope::AllApps) => write!(
                f,
                "NOPERM the user's key patterns do not cover all apps: see ACL SETUSER"
            ),
            Self::NoRandom => write!(f, "ERR the operating system returned no random numbers: try again"),
            Self::TryAgain => write!(
                f,
                "TRYAGAIN hash slots are being moved to another node, or the cluster is down: repeat the command"
            ),
            Self::Unblocked => write!(
                f,
                "UNBLOCKED the server is no longer a primary: repeat the command on the new primary"
            ),
            Self::CrossSlot => write!(
                f,
                "CROSSSLOT the id and the token are in different hash slots: create a session for the id instead"
            ),
            Self::TokensHashed => write!(
                f,
                "ERR tokens are hashed (sessions.hash-tokens): omit WITHTOKENS and use the sid"
            ),
            Self::Conflict => write!(
                f,
                "CONFLICT w is not the session's number of writes: read the session and try again"
            ),
            Self::TooManySessions => write!(
                f,
                "LIMIT the id already has the maximum number of sessions: end one, or omit REJECT"
            ),
            Self::Internal => write!(f, "ERR internal error: see the server's log"),
        }
    }
}

impl fmt::Display for SyntaxReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Unknown { position } => write!(f, "unknown option at argument {position}"),
            Self::Twice(option) => write!(f, "{option} is given twice"),
            Self::NoValue(option) => write!(f, "{option} requires a value"),
            Self::NoTwoValues(option, [one, other]) => {
                write!(f, "{option} requires two values: {one} and {other}")
            }
            Self::Exclusive(one, other) => write!(f, "{one} and {other} cannot be combined"),
            Self::Requires(one, other) => write!(f, "{one} requires {other}"),
        }
    }
}

impl fmt::Display for DataError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::NotUtf8 => write!(f, "not valid UTF-8"),
            Self::Broken { line: 1, column } => write!(f, "invalid JSON at column {column}"),
            Self::Broken { line, column } => write!(f, "invalid JSON at line {line} column {column}"),
            Self::NotAnObject => write!(f, "must be a JSON object"),
            Self::TooDeep => write!(f, "must be at most {MAX_DEPTH} levels deep"),
            Self::Number => write!(
                f,
                "numbers must have at most {MAX_NUMBER} characters and be within the range of a 64-bit floating-point number"
            ),
            Self::Empty => write!(f, "must have at least one key"),
        }
    }
}
