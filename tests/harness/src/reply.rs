//! Replies as values that can be compared and printed.
//!
//! Bulk and simple strings are both `Text`; sets and pushes are `List`; doubles are the `Text` that
//! RESP2 sends for them; RESP3 booleans are 0 and 1.

use redis::Value;
use std::fmt;

#[derive(Clone, PartialEq)]
pub enum Reply {
    Nil,
    Int(i64),
    Text(Vec<u8>),
    List(Vec<Reply>),
    Map(Vec<(Reply, Reply)>),
    /// The whole line: code, space, message.
    Error(String),
}

impl Reply {
    #[track_caller]
    pub fn int(&self) -> i64 {
        match self {
            Reply::Int(number) => *number,
            other => panic!("an integer was wanted, the reply is {other:?}"),
        }
    }

    #[track_caller]
    pub fn bytes(&self) -> &[u8] {
        match self {
            Reply::Text(bytes) => bytes,
            other => panic!("a string was wanted, the reply is {other:?}"),
        }
    }

    #[track_caller]
    pub fn text(&self) -> &str {
        std::str::from_utf8(self.bytes()).unwrap_or_else(|_| panic!("UTF-8 was wanted, the reply is {self:?}"))
    }

    pub fn is_nil(&self) -> bool {
        *self == Reply::Nil
    }

    #[track_caller]
    pub fn error(&self) -> &str {
        match self {
            Reply::Error(text) => text,
            other => panic!("an error was wanted, the reply is {other:?}"),
        }
    }

    /// Whether it is an error that begins with this word.
    pub fn is_error_of(&self, code: &str) -> bool {
        matches!(self, Reply::Error(text) if text.split(' ').next() == Some(code))
    }

    #[track_caller]
    pub fn assert_ok(&self) {
        assert_eq!(*self, Reply::from("OK"));
    }

    #[track_caller]
    pub fn list(&self) -> &[Reply] {
        match self {
            Reply::List(items) => items,
            other => panic!("an array was wanted, the reply is {other:?}"),
        }
    }

    #[track_caller]
    pub fn texts(&self) -> Vec<&str> {
        self.list().iter().map(Reply::text).collect()
    }

    /// The reply as a session, from a RESP3 map or a RESP2 flat array.
    #[track_caller]
    pub fn session(&self) -> Session {
        let fields = match self {
            Reply::Map(pairs) => pairs
                .iter()
                .map(|(name, value)| (name.text().to_owned(), value.clone()))
                .collect(),
            Reply::List(flat) if flat.len() % 2 == 0 => flat
                .chunks(2)
                .map(|pair| (pair[0].text().to_owned(), pair[1].clone()))
                .collect(),
            other => panic!("a session was wanted, the reply is {other:?}"),
        };
        Session { fields }
    }

    #[track_caller]
    pub fn sessions(&self) -> Vec<Session> {
        self.list().iter().map(Reply::session).collect()
    }
}

impl From<&str> for Reply {
    fn from(text: &str) -> Self {
        Reply::Text(text.into())
    }
}

impl From<i64> for Reply {
    fn from(number: i64) -> Self {
        Reply::Int(number)
    }
}

impl From<Value> for Reply {
    fn from(value: Value) -> Self {
        let list = |items: Vec<Value>| Reply::List(items.into_iter().map(Reply::from).collect());
        match value {
            Value::Nil => Reply::Nil,
            Value::Int(number) => Reply::Int(number),
            Value::BulkString(bytes) => Reply::Text(bytes),
            Value::SimpleString(text) => Reply::Text(text.into_bytes()),
            Value::Okay => "OK".into(),
            Value::Array(items) | Value::Set(items) | Value::Push { data: items, .. } => list(items),
            Value::Map(pairs) => Reply::Map(
                pairs
                    .into_iter()
                    .map(|(name, value)| (name.into(), value.into()))
                    .collect(),
            ),
            Value::Double(number) => Reply::Text(number.to_string().into_bytes()),
            Value::Boolean(yes) => Reply::Int(yes.into()),
            Value::VerbatimString { text, .. } => Reply::Text(text.into_bytes()),
            Value::ServerError(error) => Reply::Error(match error.details() {
                Some(details) => format!("{} {details}", error.code()),
                None => error.code().to_owned(),
            }),
            other => panic!("the harness has no word for the reply {other:?}"),
        }
    }
}

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reply::Nil => f.write_str("nil"),
            Reply::Int(number) => write!(f, "{number}"),
            Reply::Text(bytes) => match std::str::from_utf8(bytes) {
                Ok(text) => write!(f, "{text:?}"),
                Err(_) => write!(f, "\"{}\"", bytes.escape_ascii()),
            },
            Reply::List(items) => f.debug_list().entries(items).finish(),
            Reply::Map(pairs) => f
                .debug_map()
                .entries(pairs.iter().map(|(name, value)| (name, value)))
                .finish(),
            Reply::Error(text) => write!(f, "(error) {text}"),
        }
    }
}

/// A session as a native reply shows it, with its fields in the order of the reply.
#[derive(Clone, Debug, PartialEq)]
pub struct Session {
    pub fields: Vec<(String, Reply)>,
}

impl Session {
    pub fn get(&self, name: &str) -> Option<&Reply> {
        let mut values = self.fields.iter().filter(|(field, _)| field == name);
        let value = values.next().map(|(_, value)| value);
        assert!(values.next().is_none(), "{name} is twice in {self:?}");
        value
    }

    pub fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    pub fn names(&self) -> Vec<&str> {
        self.fields.iter().map(|(name, _)| name.as_str()).collect()
    }

    #[track_caller]
    pub fn int(&self, name: &str) -> i64 {
        self.wanted(name).int()
    }

    #[track_caller]
    pub fn text(&self, name: &str) -> &str {
        self.wanted(name).text()
    }

    #[track_caller]
    fn wanted(&self, name: &str) -> &Reply {
        match self.get(name) {
            Some(value) => value,
            None => panic!("no {name} in {self:?}"),
        }
    }
}
