//! A session's data: a flat JSON object whose names keep their order and whose values keep their
//! text.

use super::json::Json;

/// Names and values as JSON text.
pub(super) type Entries = Vec<(String, String)>;

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Data {
    None,
    Object(Entries),
    /// What somebody else wrote, and no JSON object.
    Broken(String),
}

impl Data {
    /// What CREATE stores.
    pub(super) fn new(given: &Entries) -> Data {
        merged(&Vec::new(), given)
    }

    /// What SET stores; `None` when what is stored is no object.
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

    /// What a client gets as `d`.
    pub(super) fn shown(&self) -> Option<Json> {
        match self {
            Data::None => None,
            Data::Object(entries) => Json::parse(&object_text(entries)),
            Data::Broken(text) => Some(Json::text(text)),
        }
    }

    /// Bytes of the stored text; an object with nothing in it counts as `{}`.
    pub(super) fn size(&self) -> usize {
        self.text().map_or(2, |text| text.len())
    }
}

pub(super) fn object_text(entries: &Entries) -> String {
    let pairs: Vec<String> = entries.iter().map(|(n, v)| format!("{n}:{v}")).collect();
    format!("{{{}}}", pairs.join(","))
}

fn merged(entries: &Entries, changes: &Entries) -> Data {
    let mut result = entries.clone();
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
        match once.iter_mut().find(|(known, _)| same_name(known, name)) {
            Some(entry) => entry.1.clone_from(value),
            None => once.push((name.clone(), value.clone())),
        }
    }
    once
}

fn same_name(one: &str, other: &str) -> bool {
    Json::parse(one) == Json::parse(other)
}
