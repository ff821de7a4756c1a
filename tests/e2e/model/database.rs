//! The whole content of the selected database, as it is and as the model wants it.

use super::state::State;
use crate::harness::{Client, Reply};
use std::collections::{BTreeMap, BTreeSet};

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Stored {
    Hash(BTreeMap<String, String>),
    Scores(BTreeMap<String, i64>),
    Set(BTreeSet<String>),
}

pub(super) type Keys = BTreeMap<String, Stored>;

/// Reads every key, with a RESP2 client.
pub(super) fn read(client: &mut Client) -> Keys {
    let keys: Vec<String> = words(&client.run(&["KEYS", "*"]));
    keys.iter().for_each(|key| client.send(&["TYPE", key]));
    let types: Vec<String> = keys.iter().map(|_| client.receive().text().to_owned()).collect();
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
        let words = words(&client.receive());
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

fn words(reply: &Reply) -> Vec<String> {
    reply.texts().into_iter().map(ToOwned::to_owned).collect()
}

/// What the database holds if the model is right.
pub(super) fn wanted(state: &State) -> Keys {
    let mut keys = Keys::new();
    for session in &state.sessions {
        let (app, token, id) = (&session.app, &session.token, &session.id);
        keys.insert(format!("rs:{app}:{token}"), hash(session));
        let member = format!("{token}:{id}");
        add_score(&mut keys, "rs:SESSIONS", format!("{app}:{member}"), session.due());
        add_score(&mut keys, &format!("rs:{app}:_sessions"), member, session.score);
        let tokens = keys.entry(format!("rs:{app}:us:{id}"));
        if let Stored::Set(tokens) = tokens.or_insert(Stored::Set(BTreeSet::new())) {
            tokens.insert(token.clone());
        }
    }
    for ((app, id), score) in &state.users {
        add_score(&mut keys, &format!("rs:{app}:_users"), id.clone(), *score);
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
    field("la", Some(session.la.to_string()));
    field("ttl", Some(session.ttl.to_string()));
    field("d", session.data.text());
    field("no_resave", session.no_resave.then(|| "1".to_owned()));
    field("created", Some(session.created.to_string()));
    field("until", session.until.map(|until| until.to_string()));
    field("note", session.note.clone());
    Stored::Hash(fields)
}

fn add_score(keys: &mut Keys, key: &str, member: String, score: i64) {
    let scores = keys.entry(key.to_owned()).or_insert(Stored::Scores(BTreeMap::new()));
    if let Stored::Scores(scores) = scores {
        scores.insert(member, score);
    }
}

/// Where two databases differ, one line a key; empty if they don't.
pub(super) fn difference(wanted: &Keys, found: &Keys) -> String {
    let keys: BTreeSet<&String> = wanted.keys().chain(found.keys()).collect();
    keys.into_iter()
        .filter(|key| wanted.get(*key) != found.get(*key))
        .map(|key| format!("{key}\n  wanted {:?}\n  found  {:?}\n", wanted.get(key), found.get(key)))
        .collect()
}
