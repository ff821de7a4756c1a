//! Commands and replies, as far as this program uses them.

use redis::Value;

use sessions_model::session::Seconds;

/// A command's words.
pub(crate) type Words = Vec<Vec<u8>>;

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Reply {
    Nil,
    Int(i64),
    Text(Vec<u8>),
    List(Vec<Reply>),
    /// The whole line: code, space, message.
    Error(String),
}

impl From<Value> for Reply {
    fn from(value: Value) -> Self {
        match value {
            Value::Int(number) => Self::Int(number),
            Value::BulkString(bytes) => Self::Text(bytes),
            Value::SimpleString(text) => Self::Text(text.into_bytes()),
            Value::Okay => Self::Text(b"OK".to_vec()),
            Value::Array(items) => Self::List(items.into_iter().map(Self::from).collect()),
            Value::ServerError(error) => Self::Error(match error.details() {
                Some(details) => format!("{} {details}", error.code()),
                None => error.code().to_owned(),
            }),
            // RESP2 has no other kinds.
            _ => Self::Nil,
        }
    }
}

impl Reply {
    pub(crate) fn text(&self) -> Option<&[u8]> {
        match self {
            Self::Text(bytes) => Some(bytes),
            _ => None,
        }
    }

    pub(crate) fn list(&self) -> Option<&[Reply]> {
        match self {
            Self::List(items) => Some(items),
            _ => None,
        }
    }

    pub(crate) fn number(&self) -> Option<i64> {
        match self {
            Self::Int(number) => Some(*number),
            Self::Text(bytes) => std::str::from_utf8(bytes).ok()?.parse().ok(),
            _ => None,
        }
    }

    pub(crate) fn error(&self) -> Option<&str> {
        match self {
            Self::Error(text) => Some(text),
            _ => None,
        }
    }
}

/// The words of a command line, none of which contains a blank.
pub(crate) fn words(line: &str) -> Words {
    line.split(' ').map(|word| word.as_bytes().to_vec()).collect()
}

/// The next members of a sorted set.
pub(crate) struct Portion {
    pub(crate) members: Vec<Vec<u8>>,
    /// The cursor to continue with; `None`: the scan is complete.
    pub(crate) next: Option<Vec<u8>>,
}

pub(crate) fn zscan(key: &[u8], cursor: &[u8], count: usize) -> Words {
    let mut command = vec![b"ZSCAN".to_vec(), key.to_vec(), cursor.to_vec()];
    command.extend(words(&format!("COUNT {count}")));
    command
}

/// The reply to a ZSCAN.
pub(crate) fn portion(reply: Reply) -> Option<Portion> {
    let Reply::List(parts) = reply else { return None };
    let [cursor, Reply::List(pairs)] = <[Reply; 2]>::try_from(parts).ok()? else {
        return None;
    };
    let cursor = cursor.text()?.to_vec();
    let members = pairs.into_iter().step_by(2).filter_map(|member| match member {
        Reply::Text(bytes) => Some(bytes),
        _ => None,
    });
    Some(Portion {
        members: members.collect(),
        next: (cursor != b"0").then_some(cursor),
    })
}

/// The reply to a TIME.
pub(crate) fn seconds(reply: &Reply) -> Option<Seconds> {
    reply.list()?.first()?.number()
}
