//! The entries of the audit stream.

use redis::Value;
use sessions_model::ident::App;
use sessions_model::keys::Keys;
use sessions_model::parts::Part;

use crate::clock::Unix;
use crate::state::State;
use crate::store::{Command, Failure};

/// How many entries are searched for the entries of one id.
pub(super) const SEARCHED: usize = 10_000;
/// How many entries are read at once, in about a millisecond.
const AT_ONCE: usize = 1_000;

/// An entry with the known fields of the event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Entry {
    /// The entry's ID: milliseconds, a dash and a number.
    pub(super) entry: String,
    pub(super) event: String,
    pub(super) cause: String,
    pub(super) sid: String,
    pub(super) id: Option<String>,
    pub(super) old_id: Option<String>,
    pub(super) ip: Option<String>,
    pub(super) ua: Option<String>,
}

impl Entry {
    fn parse(value: &Value) -> Option<Self> {
        let Value::Array(pair) = value else { return None };
        let [id, Value::Array(fields)] = pair.as_slice() else {
            return None;
        };
        let mut entry = Self {
            entry: text(id)?,
            ..Self::default()
        };
        for field in fields.chunks_exact(2) {
            let [name, value] = field else { continue };
            let value = text(value)?;
            match text(name)?.as_str() {
                "event" => entry.event = value,
                "cause" => entry.cause = value,
                "sid" => entry.sid = value,
                "id" => entry.id = Some(value),
                "old_id" => entry.old_id = Some(value),
                "ip" => entry.ip = Some(value),
                "ua" => entry.ua = Some(value),
                _ => {}
            }
        }
        Some(entry)
    }

    pub(super) fn at(&self) -> Unix {
        let milliseconds = self.entry.split('-').next().and_then(|text| text.parse::<i64>().ok());
        milliseconds.unwrap_or(0) / 1_000
    }

    /// The id to which the session belongs or belonged.
    pub(super) fn whose(&self) -> Option<&str> {
        self.id.as_deref().or(self.old_id.as_deref())
    }

    pub(super) fn is_of(&self, id: &str) -> bool {
        self.id.as_deref() == Some(id) || self.old_id.as_deref() == Some(id)
    }

    pub(super) fn what(&self) -> &'static str {
        match (self.event.as_str(), self.cause.as_str()) {
            ("create", _) => "Logged in",
            ("rotate", _) if self.id.is_none() => "Logged out",
            ("rotate", _) if self.id == self.old_id => "New token",
            ("rotate", _) => "Logged in",
            ("expire", _) => "Timed out",
            ("kill", "kill") => "Logged out",
            ("kill", "killsoid") => "Ended, for the user",
            ("kill", "killall") => "Ended, for the app",
            ("kill", "max") => "Ended, too many",
            ("kill", _) => "Ended",
            _ => "Another event",
        }
    }
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::BulkString(bytes) => Some(String::from_utf8_lossy(bytes).into_owned()),
        Value::SimpleString(text) => Some(text.clone()),
        _ => None,
    }
}

/// At most `count` of the newest entries that are older than the entry `before`, of all ids or of
/// one id.
pub(super) async fn newest(
    app: &str,
    of: Option<&str>,
    before: Option<&str>,
    count: usize,
    state: &State,
) -> Result<Vec<Entry>, Failure> {
    let Some(of) = of else {
        return read(app, before, count, state).await;
    };
    let mut found = Vec::new();
    let mut last: Option<String> = None;
    let mut is_older = before.is_none();
    for _ in 0..SEARCHED / AT_ONCE {
        let entries = read(app, last.as_deref(), AT_ONCE, state).await?;
        let is_end = entries.len() < AT_ONCE;
        last = entries.last().map(|entry| entry.entry.clone());
        for entry in entries {
            if is_older && entry.is_of(of) {
                found.push(entry);
                if found.len() == count {
                    return Ok(found);
                }
            } else if Some(entry.entry.as_str()) == before {
                is_older = true;
            }
        }
        if is_end {
            break;
        }
    }
    Ok(found)
}

async fn read(app: &str, before: Option<&str>, count: usize, state: &State) -> Result<Vec<Entry>, Failure> {
    let app = App::parse(app.as_bytes()).map_err(|_| Failure::Unexpected)?;
    let key = Keys::new(state.settings.redis.namespace.as_bytes(), Part::Whole)
        .audit(app)
        .into_vec();
    let from = before.map_or_else(|| "+".to_owned(), |entry| format!("({entry}"));
    let command = Command::anywhere("XREVRANGE")
        .arg(key)
        .arg(from)
        .arg("-")
        .arg("COUNT")
        .arg(count);
    match state.store.send(command).await? {
        Value::Array(entries) => entries
            .iter()
            .map(Entry::parse)
            .collect::<Option<_>>()
            .ok_or(Failure::Unexpected),
        Value::Nil => Ok(Vec::new()),
        _ => Err(Failure::Unexpected),
    }
}

/// Whether a text is the ID of an entry: two 64-bit numbers.
pub(super) fn is_entry(text: &str) -> bool {
    let is_number = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit()) && part.parse::<u64>().is_ok();
    text.split_once('-')
        .is_some_and(|(time, number)| is_number(time) && is_number(number))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test ends by panicking")]
mod tests {
    use super::*;

    fn entry(fields: &[(&str, &str)]) -> Entry {
        let bulk = |text: &str| Value::BulkString(text.as_bytes().to_vec());
        let fields = fields.iter().flat_map(|(name, value)| [bulk(name), bulk(value)]);
        let value = Value::Array(vec![bulk("1795242057123-4"), Value::Array(fields.collect())]);
        Entry::parse(&value).unwrap()
    }

    #[test]
    fn an_event_is_described_in_words() {
        for (fields, expected) in [
            (&[("event", "create"), ("id", "a")][..], "Logged in"),
            (&[("event", "rotate"), ("id", "a")], "Logged in"),
            (&[("event", "rotate"), ("id", "a"), ("old_id", "b")], "Logged in"),
            (&[("event", "rotate"), ("id", "a"), ("old_id", "a")], "New token"),
            (&[("event", "rotate"), ("old_id", "a")], "Logged out"),
            (&[("event", "kill"), ("cause", "kill")], "Logged out"),
            (&[("event", "kill"), ("cause", "killsoid")], "Ended, for the user"),
            (&[("event", "kill"), ("cause", "killall")], "Ended, for the app"),
            (&[("event", "kill"), ("cause", "max")], "Ended, too many"),
            (&[("event", "kill"), ("cause", "new")], "Ended"),
            (&[("event", "expire")], "Timed out"),
            (&[("event", "new")], "Another event"),
        ] {
            assert_eq!(entry(fields).what(), expected, "{fields:?}");
        }
    }

    #[test]
    fn an_entry_belongs_to_the_id_before_and_after() {
        let log_out = entry(&[("event", "rotate"), ("old_id", "a"), ("sid", "s"), ("later", "x")]);
        assert!(log_out.is_of("a") && !log_out.is_of("b"));
        assert_eq!((log_out.whose(), log_out.at()), (Some("a"), 1_795_242_057));
    }

    #[test]
    fn the_id_of_an_entry_is_two_numbers() {
        assert!(is_entry("1795242057123-4"));
        assert!(is_entry("18446744073709551615-18446744073709551615"));
        for text in [
            "",
            "-",
            "1",
            "1-",
            "-1",
            "1-a",
            "+",
            "1-2-3",
            "18446744073709551616-1",
            "1-18446744073709551616",
        ] {
            assert!(!is_entry(text), "{text}");
        }
    }
}
