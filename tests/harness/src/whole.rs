//! The rule that must always hold: no session without all its index entries, no index entry without
//! its session. An anonymous session has an empty id in the indexes, no set of tokens and no entry
//! among the users. In a cluster the rule holds in each slot. The alias of an old token is in no
//! index.
//!
//! A hashed session has its id in `hashed`, and the slot of its token in `slot` if the id is in
//! another slot.

use crate::client::Client;
use crate::server::Server;
use crate::slot::slot;
use crate::stored::is_token;
use std::collections::{BTreeMap, BTreeSet};

/// How many findings a failing test shows.
const SHOWN: usize = 20;

/// Everything that is stored, in every database.
#[track_caller]
pub fn digest(client: &mut Client) -> String {
    client.run(&["DEBUG", "DIGEST"]).text().to_owned()
}

/// Checks every app of the selected database, and that it has no other keys of the module.
#[track_caller]
pub fn assert_whole(client: &mut Client) {
    let stored = Stored::read(client);
    assert_no_findings([stored.findings(""), stored.unknown].concat());
}

/// Checks one app and ignores all other keys; returns how many sessions the app has.
#[track_caller]
pub fn assert_app_is_whole(client: &mut Client, app: &str) -> usize {
    let stored = Stored::read(client);
    assert_no_findings(stored.findings(app));
    stored.hashes.iter().filter(|session| session.app == app).count()
}

/// Checks one app of a cluster's primary, and that each key of the server is in one of its slots;
/// returns how many sessions the app has there.
#[track_caller]
pub fn assert_node_is_whole(server: &Server, app: &str) -> usize {
    let nodes = server.nodes();
    let myself = nodes.lines().find(|line| line.contains("myself")).expect("itself");
    let ranges: Vec<_> = myself
        .split(' ')
        .skip(8)
        .filter(|range| !range.starts_with('['))
        .map(|range| {
            let (first, last) = range.split_once('-').unwrap_or((range, range));
            first.parse::<u16>().expect("a slot")..=last.parse().expect("a slot")
        })
        .collect();
    let mut client = server.client();
    for key in client.line("KEYS *").texts() {
        let is_here = ranges.iter().any(|range| range.contains(&slot(key)));
        assert!(is_here, "{key} is in a slot of another node");
    }
    assert_app_is_whole(&mut client, app)
}

#[track_caller]
fn assert_no_findings(findings: Vec<String>) {
    let shown = &findings[..findings.len().min(SHOWN)];
    assert!(findings.is_empty(), "{} findings: {shown:#?}", findings.len());
}

/// A session as its hash or an entry of an index names it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Named {
    /// The braces and the tag of a slot; empty outside a cluster.
    tag: String,
    app: String,
    token: String,
    /// Empty: anonymous.
    id: String,
}

#[derive(Default)]
struct Stored {
    hashes: BTreeSet<Named>,
    sessions: BTreeSet<Named>,
    tokens: BTreeSet<Named>,
    due: BTreeSet<Named>,
    /// The users, without tokens.
    users: BTreeSet<Named>,
    /// The field `slot` of hashed sessions.
    slots: BTreeMap<Named, String>,
    /// Keys and members that do not belong to the module.
    unknown: Vec<String>,
}

impl Stored {
    /// Reads everything in one script, so that nothing changes in between.
    #[track_caller]
    fn read(client: &mut Client) -> Stored {
        let script = r#"
            local list = {}
            for _, key in ipairs(redis.call('KEYS', 'rs:*')) do
                local kind, found = redis.call('TYPE', key).ok, {}
                if kind == 'hash' then
                    local of = redis.call('HMGET', key, 'hashed', 'slot', 'id', 'to', 'sealed')
                    if of[1] then
                        kind, found = 'hashed', {of[1], of[2] or ''}
                    elseif of[3] then
                        found = {of[3]}
                    elseif (of[4] or of[5]) and redis.call('PTTL', key) >= 0 then
                        kind = 'alias'
                    end
                elseif kind == 'set' then
                    found = redis.call('SMEMBERS', key)
                elseif kind == 'zset' then
                    found = redis.call('ZRANGE', key, 0, -1)
                end
                list[#list + 1] = {key, kind, found}
            end
            return list"#;
        let reply = client.run(&["EVAL_RO", script, "0"]);
        let mut stored = Stored::default();
        for entry in reply.list() {
            let [key, kind, members] = entry.list() else {
                panic!("{entry:?}")
            };
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            let members = members.list().iter().map(|member| text(member.bytes())).collect();
            stored.add(&text(key.bytes()), kind.text(), members);
        }
        stored
    }

    fn add(&mut self, key: &str, kind: &str, members: Vec<String>) {
        let named = |tag: &str, app: &str, token: &str, id: &str| Named {
            tag: tag.to_owned(),
            app: app.to_owned(),
            token: token.to_owned(),
            id: id.to_owned(),
        };
        let (tag, app, rest) = parts(key);
        match (kind, members.as_slice()) {
            ("alias", _) => return,
            ("hashed", [id, slot]) if is_token(rest) => {
                let session = named(tag, app, rest, id);
                self.slots.insert(session.clone(), slot.clone());
                self.hashes.insert(session);
                return;
            }
            _ => {}
        }
        let mut add = |set: fn(&mut Stored) -> &mut BTreeSet<Named>, member: &str, found: Option<Named>| match found {
            Some(found) => _ = set(self).insert(found),
            None => self.unknown.push(format!("{member:?} in {key:?}")),
        };
        for member in &members {
            match (app, rest, kind) {
                ("", "SESSIONS", "zset") => {
                    let found = member.split_once(':').and_then(|(app, rest)| {
                        let (token, id) = rest.split_once(':')?;
                        Some(named(tag, app, token, id))
                    });
                    add(|stored| &mut stored.due, member, found);
                }
                (_, "_sessions", "zset") => {
                    let found = member.split_once(':').map(|(token, id)| named(tag, app, token, id));
                    add(|stored| &mut stored.sessions, member, found);
                }
                (_, "_users", "zset") => add(|stored| &mut stored.users, member, Some(named(tag, app, "", member))),
                (_, token, "hash") if is_token(token) => {
                    add(
                        |stored| &mut stored.hashes,
                        member,
                        Some(named(tag, app, token, member)),
                    );
                }
                (_, set, "set") if set.starts_with("us:") => {
                    add(
                        |stored| &mut stored.tokens,
                        member,
                        Some(named(tag, app, member, &set[3..])),
                    );
                }
                _ => add(|stored| &mut stored.hashes, member, None),
            }
        }
        if members.is_empty() && (rest, kind) != ("_audit", "stream") {
            self.unknown.push(format!("a {kind}: {key:?}"));
        }
    }

    /// The violations of the rule, one line each, in one app, or in all apps if `app` is empty.
    fn findings(&self, app: &str) -> Vec<String> {
        let of_app = |set: &BTreeSet<Named>| -> BTreeSet<Named> {
            let ours = set.iter().filter(|named| app.is_empty() || named.app == app);
            ours.cloned().collect()
        };
        let hashes = of_app(&self.hashes);
        let without_token = |named: &Named| Named {
            token: String::new(),
            ..named.clone()
        };
        let of_somebody: BTreeSet<Named> = hashes.iter().filter(|named| !named.id.is_empty()).cloned().collect();
        let ids: BTreeSet<Named> = of_somebody.iter().map(without_token).collect();
        let mut findings = Vec::new();
        for (index, entries, wanted) in [
            ("_sessions", of_app(&self.sessions), &hashes),
            ("us:", of_app(&self.tokens), &of_somebody),
            ("SESSIONS", of_app(&self.due), &hashes),
            ("_users", of_app(&self.users), &ids),
        ] {
            findings.extend(
                wanted
                    .difference(&entries)
                    .map(|one| format!("not in {index}: {one:?}")),
            );
            findings.extend(
                entries
                    .difference(wanted)
                    .map(|one| format!("left in {index}: {one:?}")),
            );
        }
        let of_this = |named: &Named| app.is_empty() || named.app == app;
        let slots = self.slots.iter().filter(|(named, _)| of_this(named));
        findings.extend(slots.filter_map(|(named, slot)| Some(format!("{}: {named:?}", wrong_slot(named, slot)?))));
        findings
    }
}

/// What is wrong with a hashed session's field `slot`, which is empty if there is none.
fn wrong_slot(session: &Named, field: &str) -> Option<String> {
    let is_wrong = match field.parse::<u16>() {
        Ok(number) => {
            let is_told = !session.id.is_empty() && slot(&session.id) == number;
            let is_elsewhere = !session.tag.is_empty() && slot(&session.tag) != number;
            is_told || is_elsewhere || number >= 16384
        }
        Err(_) => !field.is_empty() || session.id.is_empty(),
    };
    is_wrong.then(|| format!("field slot {field:?}"))
}

/// Splits a key of the namespace `rs` into the slot's tag with its braces, the app and the rest; a
/// part that the key does not have is empty.
fn parts(key: &str) -> (&str, &str, &str) {
    let key = key.strip_prefix("rs:").unwrap_or(key);
    let tagged = |rest: &'_ str| rest.starts_with('{').then(|| rest.find("}:")).flatten();
    if let Some(end) = tagged(key) {
        return (&key[..=end], "", &key[end + 2..]);
    }
    let Some((app, rest)) = key.split_once(':') else {
        return ("", "", key);
    };
    match tagged(rest) {
        Some(end) => (&rest[..=end], app, &rest[end + 2..]),
        None => ("", app, rest),
    }
}

#[test]
fn keys_are_taken_apart_on_single_servers_and_in_clusters() {
    for (key, wanted) in [
        ("rs:SESSIONS", ("", "", "SESSIONS")),
        ("rs:{3Ab}:SESSIONS", ("{3Ab}", "", "SESSIONS")),
        ("rs:web:us:a:b", ("", "web", "us:a:b")),
        ("rs:web:{3Ab}:us:a:b", ("{3Ab}", "web", "us:a:b")),
        ("rs:web:us:{3Ab}:b", ("", "web", "us:{3Ab}:b")),
    ] {
        assert_eq!(parts(key), wanted, "{key}");
    }
}
