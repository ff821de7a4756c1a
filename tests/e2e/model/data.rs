//! A session's data: a JSON object whose names keep their order and whose values keep their text.

use super::json::Json;

/// Names and values as JSON text.
pub(super) type Entries = Vec<(String, String)>;

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Data {
    None,
    Object(Entries),
    /// Text that another program wrote and that is not a JSON object.
    Broken(String),
}

impl Data {
    /// What CREATE stores.
    pub(super) fn new(given: &Entries) -> Data {
        merged(&Vec::new(), given)
    }

    /// What SAVE stores: nulls stay.
    pub(super) fn saved(given: &Entries) -> Data {
        match last_wins(given) {
            entries if entries.is_empty() => Data::None,
            entries => Data::Object(entries),
        }
    }

    /// What INCR reads: the number under a name, or 0 without that name. `Err`: the value is not
    /// such a number.
    pub(super) fn number(&self, key: &str) -> Result<i64, &'static str> {
        let entries = match self {
            Data::None => return Ok(0),
            Data::Object(entries) => last_wins(entries),
            Data::Broken(_) => {
                return Err("ERR stored data is not a JSON object of at most 32 levels: replace it with SAVE");
            }
        };
        let name = json_string(key);
        let Some((_, value)) = entries.into_iter().find(|(known, _)| same_name(known, &name)) else {
            return Ok(0);
        };
        let digits = value.strip_prefix('-').unwrap_or(&value);
        let is_whole = digits == "0" || (!digits.starts_with('0') && digits.bytes().all(|byte| byte.is_ascii_digit()));
        match value.parse() {
            _ if value == "null" => Ok(0),
            Ok(number) if is_whole => Ok(number),
            _ => Err(NOT_WHOLE),
        }
    }

    /// What SET stores; `None` if the stored text is not an object.
    pub(super) fn merged(&self, changes: &Entries) -> Option<Data> {
        match self {
            Data::None => Some(merged(&Vec::new(), changes)),
            Data::Object(entries) => Some(merged(entries, changes)),
            Data::Broken(_) => None,
        }
    }

    /// The stored text.
    pub(super) fn text(&self) -> Option<String> {
        match self {
            Data::None => None,
            Data::Object(entries) => Some(object_text(entries)),
            Data::Broken(text) => Some(text.clone()),
        }
    }

    /// The fields of a native reply.
    pub(super) fn natively(&self) -> Vec<(&'static str, Json)> {
        let text = self.text();
        text.map(|text| ("d", Json::text(&text))).into_iter().collect()
    }

    /// The fields of a JSON reply.
    pub(super) fn in_json(&self) -> Vec<(&'static str, Json)> {
        let nothing = ("d", Json::Object(vec![]));
        match self {
            Data::None => vec![nothing],
            Data::Object(entries) => {
                let object = Json::parse(&object_text(entries)).expect("an object");
                vec![("d", object.for_strict_readers())]
            }
            Data::Broken(text) => vec![nothing, ("d_text", Json::text(text))],
        }
    }

    /// Bytes of the stored text; an empty object counts as `{}`.
    pub(super) fn size(&self) -> usize {
        self.text().map_or(2, |text| text.len())
    }
}

const NOT_WHOLE: &str =
    "ERR not a whole number: the value of the key must be a 64-bit integer without fraction or exponent";

/// A text as JSON writes it.
pub(super) fn json_string(text: &str) -> String {
    serde_json::to_string(text).expect("a string")
}

pub(super) fn object_text(entries: &Entries) -> String {
    let pairs: Vec<String> = entries.iter().map(|(n, v)| format!("{n}:{v}")).collect();
    format!("{{{}}}", pairs.join(","))
}

fn merged(entries: &Entries, changes: &Entries) -> Data {
    let mut result = last_wins(entries);
    for (name, value) in last_wins(changes) {
        let place = result.iter().position(|(known, _)| same_name(known, &name));
        match (place, value.as_str()) {
            (Some(place), "null") => drop(result.remove(place)),
            (None, "null") => {}
            (Some(place), _) => result[place].1 = value,
            (None, _) => result.push((name, value)),
        }
    }
    if result.is_empty() {
        Data::None
    } else {
        Data::Object(result)
    }
}

fn last_wins(given: &Entries) -> Entries {
    let mut once: Entries = Vec::new();
    for (name, value) in given {
        let (name, value) = (without_half_pairs(name), without_half_pairs(value));
        match once.iter_mut().find(|(known, _)| same_name(known, &name)) {
            Some(entry) => entry.1 = value,
            None => once.push((name, value)),
        }
    }
    once
}

/// The JSON text with `\ufffd` for each escaped half of a surrogate pair.
fn without_half_pairs(text: &str) -> String {
    let mut rest = text;
    let mut whole = String::new();
    while let Some(at) = rest.find('\\') {
        whole.push_str(&rest[..at]);
        rest = &rest[at..];
        let unit = |at: usize| {
            let digits = rest.get(at..)?.strip_prefix("\\u")?.get(..4)?;
            u16::from_str_radix(digits, 16).ok()
        };
        let length = match (unit(0), unit(6)) {
            (Some(0xd800..0xdc00), Some(0xdc00..0xe000)) => 12,
            (Some(0xd800..0xe000), _) => {
                whole.push_str("\\ufffd");
                rest = &rest[6..];
                continue;
            }
            (Some(_), _) => 6,
            (None, _) => 2,
        };
        whole.push_str(&rest[..length]);
        rest = &rest[length..];
    }
    whole + rest
}

fn same_name(one: &str, other: &str) -> bool {
    Json::parse(one) == Json::parse(other)
}
