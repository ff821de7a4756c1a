//! The whole content of the selected database: the real one, and the one that the model expects.

use super::state::State;
use crate::harness::{Client, Reply, slot, tag_of_slot};
use std::collections::{BTreeMap, BTreeSet};

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Stored {
    Hash(BTreeMap<String, String>),
    Scores(BTreeMap<String, i64>),
    Set(BTreeSet<String>),
}

pub(super) type Keys = BTreeMap<String, Stored>;

/// How keys are named.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Layout {
    Single,
    /// Each slot has its own indexes, with the slot's tag in their names.
    Cluster,
}

impl Layout {
    /// The name that a key about an id or a token has in this layout.
    pub(super) fn key(self, name: &str, id_or_token: &str) -> String {
        match (self, name.rsplit_once(':')) {
            (Layout::Cluster, Some((before, last))) => {
                let tag = tag_of_slot(slot(id_or_token));
                format!("{before}:{{{tag}}}:{last}")
            }
            _ => name.to_owned(),
        }
    }
}

/// Converts the keys of all slots to the keys of a single server. Checks that the content of each
/// key belongs to the key's slot.
#[track_caller]
pub(super) fn without_slots(keys: Keys) -> Keys {
    let mut joined = Keys::new();
    for (name, stored) in keys {
        let (before, rest) = name.split_once('{').unwrap_or_else(|| panic!("{name} has no tag"));
        let (tag, after) = rest.split_once("}:").unwrap_or_else(|| panic!("{name} has no tag"));
        let is_here = |id_or_token: &str| slot(id_or_token) == slot(tag);
        let about = match &stored {
            Stored::Hash(_) | Stored::Set(_) => vec![after.strip_prefix("us:").unwrap_or(after).to_owned()],
            Stored::Scores(members) if after == "_users" => members.keys().cloned().collect(),
            Stored::Scores(members) if after == "_sessions" => {
                members.keys().map(|member| member[..64].to_owned()).collect()
            }
            Stored::Scores(members) => members
                .keys()
                .map(|member| member.split(':').nth(1).unwrap().to_owned())
                .collect(),
        };
        assert!(about.iter().all(|about| is_here(about)), "{name} is about {about:?}");
        assert_eq!(tag, tag_of_slot(slot(tag)));
        let name = format!("{before}{after}");
        match (joined.entry(name).or_insert_with(|| empty_like(&stored)), stored) {
            (Stored::Hash(all), Stored::Hash(some)) => all.extend(some),
            (Stored::Scores(all), Stored::Scores(some)) => all.extend(some),
            (Stored::Set(all), Stored::Set(some)) => all.extend(some),
            (all, some) => panic!("{all:?} and {some:?} have one name"),
        }
    }
    joined
}

fn empty_like(stored: &Stored) -> Stored {
    match stored {
        Stored::Hash(_) => Stored::Hash(BTreeMap::new()),
        Stored::Scores(_) => Stored::Scores(BTreeMap::new()),
        Stored::Set(_) => Stored::Set(BTreeSet::new()),
    }
}

/// Reads every key, with a RESP2 client.
pub(super) fn read(client: &mut Client) -> Keys {
    let keys: Vec<String> = words(&client.run(&["KEYS", "*"]));
    keys.iter().for_each(|key| client.send(&["TYPE", key]));
    let types: Vec<String> = keys.iter().map(|_| client.receive().text().to_owned()).collect();
    // The server removes old tokens at a time of its own.
    let (keys, types): (Vec<String>, Vec<String>) =
        keys.into_iter().zip(types).filter(|(_, kind)| kind != "none").unzip();
    for (key, kind) in keys.iter().zip(&types) {
        match kind.as_str() {
            "hash" => client.send(&["HGETALL", key]),
            "zset" => client.send(&["ZRANGE", key, "0", "-1", "WITHSCORES"]),
            "set" => client.send(&["SMEMBERS", key]),
            other => panic!("{key} is a {other}"),
        }
    }
    let mut contents = Keys::new();
    for (key, kind) in keys.into_iter().zip(types) {
        let words: Vec<String> = client.receive().list().iter().map(text).collect();
        let pairs = words.chunks(2);
        let stored = match kind.as_str() {
            "hash" => Stored::Hash(pairs.map(|pair| (pair[0].clone(), pair[1].clone())).collect()),
            "zset" => Stored::Scores(
                pairs
                    .map(|pair| (pair[0].clone(), pair[1].parse().expect("scores are whole seconds")))
                    .collect(),
            ),
            _ => Stored::Set(words.into_iter().collect()),
        };
        contents.insert(key, stored);
    }
    contents
}

/// If a text is not UTF-8, each of its bytes becomes a character.
fn text(reply: &Reply) -> String {
    let bytes = reply.bytes();
    let of_bytes = || bytes.iter().map(|&byte| char::from(byte)).collect();
    std::str::from_utf8(bytes).map_or_else(|_| of_bytes(), ToOwned::to_owned)
}

fn words(reply: &Reply) -> Vec<String> {
    reply.texts().into_iter().map(ToOwned::to_owned).collect()
}

/// What the database must hold according to the model.
pub(super) fn wanted(state: &State) -> Keys {
    let mut keys = Keys::new();
    for session in &state.sessions {
        let (app, token, id) = (&session.app, &session.token, &session.id);
        keys.insert(format!("rs:{app}:{token}"), hash(session));
        let member = format!("{token}:{id}");
        add_score(&mut keys, "rs:SESSIONS", format!("{app}:{member}"), session.due);
        add_score(&mut keys, &format!("rs:{app}:_sessions"), member, session.score);
        if id.is_empty() {
            continue;
        }
        let tokens = keys.entry(format!("rs:{app}:us:{id}"));
        if let Stored::Set(tokens) = tokens.or_insert(Stored::Set(BTreeSet::new())) {
            tokens.insert(token.clone());
        }
    }
    for alias in &state.aliases {
        keys.insert(format!("rs:{}:{}", alias.app, alias.old), alias.stored());
    }
    for ((app, id), score) in &state.users {
        add_score(&mut keys, &format!("rs:{app}:_users"), id.clone(), *score);
    }
    for (app, score) in &state.strays {
        add_score(&mut keys, &format!("rs:{app}:_users"), String::new(), *score);
    }
    keys
}

fn hash(session: &super::session::Session) -> Stored {
    let mut fields = BTreeMap::new();
    let mut field = |name: &str, value: Option<String>| {
        fields.extend(value.map(|value| (name.to_owned(), value)));
    };
    field("id", Some(session.id.clone()));
    field("r", Some(session.r.to_string()));
    field("w", Some(session.w.to_string()));
    field("ip", session.ip.clone());
    field("ua", session.ua.clone());
    field("la", Some(session.la.to_string()));
    field("ttl", Some(session.ttl.to_string()));
    field("d", session.data.text());
    field("no_resave", session.no_resave.then(|| "1".to_owned()));
    field("created", Some(session.created.to_string()));
    field("until", session.until.map(|until| until.to_string()));
    field("graced", session.graced.map(|until| until.to_string()));
    field("note", session.note.clone());
    Stored::Hash(fields)
}

fn add_score(keys: &mut Keys, key: &str, member: String, score: i64) {
    let scores = keys.entry(key.to_owned()).or_insert(Stored::Scores(BTreeMap::new()));
    if let Stored::Scores(scores) = scores {
        scores.insert(member, score);
    }
}

/// Removes the keys that the server may have removed already: old tokens whose grace is over.
pub(super) fn without_what_is_over(mut keys: Keys, state: &State, now: i64) -> Keys {
    for alias in state.aliases.iter().filter(|alias| alias.may_be_gone(now)) {
        if state.find(&alias.app, &alias.old).is_none() {
            keys.remove(&format!("rs:{}:{}", alias.app, alias.old));
        }
    }
    keys
}

/// The differences between two databases, one line per key; empty if there are none.
pub(super) fn difference(wanted: &Keys, found: &Keys) -> String {
    let keys: BTreeSet<&String> = wanted.keys().chain(found.keys()).collect();
    keys.into_iter()
        .filter(|key| wanted.get(*key) != found.get(*key))
        .map(|key| format!("{key}\n  wanted {:?}\n  found  {:?}\n", wanted.get(key), found.get(key)))
        .collect()
}
