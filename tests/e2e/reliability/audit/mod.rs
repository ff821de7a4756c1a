//! The audit stream: every event is one entry, on every copy; an obstacle to the stream does not
//! stop a command that ends a session.

mod copies;
mod entries;
mod obstacles;
mod reader;
mod run;

use crate::harness::*;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// The fields of an entry by name.
type Entry = BTreeMap<String, String>;

const STREAM: &str = "rs:web:_audit";

/// A server that records events and whose cleanup pass only runs on command.
fn audited() -> Builder {
    Server::builder()
        .line("sessions.audit-length 1000000")
        .line("sessions.wipe-interval 0")
}

fn sid(token: &str) -> String {
    let digest = Sha256::digest(token.as_bytes());
    digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

fn entry(fields: &[(&str, &str)]) -> Entry {
    let known = fields.iter().filter(|(_, value)| !value.is_empty());
    known
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

/// An entry of a reply with its ID.
#[track_caller]
fn parsed(reply: &Reply) -> (String, Entry) {
    let [id, fields] = reply.list() else {
        panic!("no entry: {reply:?}")
    };
    let pairs = fields.list().chunks(2);
    let entry = pairs.map(|pair| (pair[0].text().to_owned(), pair[1].text().to_owned()));
    (id.text().to_owned(), entry.collect())
}

/// All entries of a stream with their IDs, oldest first.
#[track_caller]
fn stored(client: &mut Client, stream: &str) -> Vec<(String, Entry)> {
    let reply = client.run(&["XRANGE", stream, "-", "+"]);
    reply.list().iter().map(parsed).collect()
}

/// The entries of `web`, oldest first.
#[track_caller]
fn entries(client: &mut Client) -> Vec<Entry> {
    stored(client, STREAM).into_iter().map(|(_, entry)| entry).collect()
}
