//! Every key that a command changes is signalled: a transaction that WATCHes the key is aborted,
//! and a client-side cache (CLIENT TRACKING with BCAST) forgets the key. Commands that only read
//! signal no key.

use crate::harness::*;
use std::collections::{BTreeMap, BTreeSet};

/// Not 0, because WATCH also compares the database.
const DATABASE: &str = "3";
/// How many keys of the app with very many sessions are watched, each by a connection of its own.
const FROM_MANY: usize = 10;

/// The channel on which a RESP2 client receives the keys that a client-side cache must forget.
const INVALIDATIONS: &str = "__redis__:invalidate";

type Words = Vec<String>;

fn words(line: &str) -> Words {
    line.split(' ').map(str::to_owned).collect()
}

fn client(server: &Server) -> Client {
    let mut client = server.client();
    client.run(&["SELECT", DATABASE]).assert_ok();
    client
}

/// All keys with a digest of what they hold.
fn contents(client: &mut Client) -> BTreeMap<String, String> {
    let reply = client.line("KEYS *");
    let keys: Vec<_> = reply.texts().into_iter().map(str::to_owned).collect();
    let mut command = words("DEBUG DIGEST-VALUE");
    command.extend(keys.iter().cloned());
    let digests = client.run(&command);
    let digests = digests.texts().into_iter().map(str::to_owned);
    keys.into_iter().zip(digests).collect()
}

/// A connection whose cache holds all keys of the module, and the connection that receives the
/// invalidations.
struct Cache {
    _tracking: Client,
    subscriber: Client,
}

impl Cache {
    fn open(server: &Server) -> Cache {
        let mut subscriber = client(server);
        let id = subscriber.line("CLIENT ID").int();
        subscriber.run(&["SUBSCRIBE", INVALIDATIONS]);
        let mut tracking = client(server);
        let command = format!("CLIENT TRACKING ON REDIRECT {id} BCAST PREFIX rs:");
        tracking.line(&command).assert_ok();
        Cache {
            _tracking: tracking,
            subscriber,
        }
    }

    /// The keys that the cache was told to forget since the last call.
    fn forgotten(&mut self, client: &mut Client) -> BTreeSet<String> {
        const END: &str = "rs:the end";
        client.run(&["SET", END, "now"]).assert_ok();
        client.run(&["DEL", END]).int();
        let mut forgotten = BTreeSet::new();
        while !forgotten.remove(END) {
            let message = self.subscriber.receive();
            forgotten.extend(message.list()[2].texts().into_iter().map(str::to_owned));
        }
        forgotten
    }
}

/// The keys that a command changed, the keys that aborted a transaction, and the keys that a cache
/// was told to forget.
struct Seen {
    changed: BTreeSet<String>,
    aborted: BTreeSet<String>,
    watched: BTreeSet<String>,
    forgotten: BTreeSet<String>,
}

/// What other clients notice of a command.
fn see(server: &Server, command: &[String]) -> Seen {
    let mut client = client(server);
    let before = contents(&mut client);
    let mut cache = Cache::open(server);
    let (few, many): (Vec<_>, Vec<_>) = before.keys().partition(|key| !key.starts_with("rs:big:"));
    let absent = ["rs:web:us:new", "rs:web:us:u4"].map(str::to_owned);
    let watched: BTreeSet<_> = few
        .into_iter()
        .chain(many.into_iter().take(FROM_MANY))
        .cloned()
        .chain(absent)
        .collect();
    let watchers: Vec<_> = watched
        .iter()
        .map(|key| {
            let mut watcher = self::client(server);
            watcher.run(&["WATCH", key]).assert_ok();
            (key, watcher)
        })
        .collect();

    let reply = client.run(command);
    assert!(!matches!(reply, Reply::Error(_)), "{command:?}: {reply:?}");

    let forgotten = cache.forgotten(&mut client);
    let is_aborted = |mut watcher: Client| {
        watcher.line("MULTI").assert_ok();
        watcher.line("PING");
        watcher.line("EXEC").is_nil()
    };
    let aborted = watchers
        .into_iter()
        .filter_map(|(key, watcher)| is_aborted(watcher).then(|| key.clone()))
        .collect();
    let after = contents(&mut client);
    let differs = |key: &&String| before.get(*key) != after.get(*key);
    let changed = before.keys().chain(after.keys()).filter(differs).cloned().collect();
    Seen {
        changed,
        aborted,
        watched,
        forgotten,
    }
}

/// The writing commands, each with the least number of keys that it changes.
fn writes(server: &Server) -> Vec<(Words, usize)> {
    let mut client = client(server);
    let mut token = |id: &str| create(&mut client, "web", id, &["TTL", "100"]);
    let [used, put, saved, given, counted, touched, rotated, moved] = ["u1"; 8].map(&mut token);
    let [alone, _, kept, _] = ["a", "b", "u2", "u2"].map(&mut token);
    let old = ["old"; 3].map(token);
    for token in old.iter().chain([&used, &put, &saved, &counted, &touched, &rotated]) {
        let seconds = if old.contains(token) { 1000 } else { 50 };
        age_everywhere(&mut client, "web", token, seconds);
    }
    for _ in 0..1_500 {
        create(&mut client, "big", "u3", &[]);
    }
    vec![
        (words("SESSIONS.CREATE web u1"), 5),
        (words("SESSIONS.CREATE web new"), 5),
        (words(&format!("SESSIONS.GET web {used}")), 3),
        (words(&format!("SESSIONS.GET web {used}")), 1),
        (words(&format!("SESSIONS.SET web {put} {{\"a\":1}}")), 3),
        (words(&format!("SESSIONS.SAVE web {saved} {{\"a\":1}}")), 3),
        (words(&format!("SESSIONS.SAVE web {given} {{}} ID u5")), 6),
        (words(&format!("SESSIONS.SAVE web {} {{}}", token_of('m'))), 3),
        (words("SESSIONS.CREATE web x ANON"), 3),
        (words(&format!("SESSIONS.INCR web {counted} n")), 3),
        (words(&format!("SESSIONS.TOUCH web {touched} TTL 500")), 3),
        (words(&format!("SESSIONS.ROTATE web {rotated}")), 5),
        (words(&format!("SESSIONS.ROTATE web {moved} ID u4")), 7),
        (words(&format!("SESSIONS.KILL web {alone}")), 5),
        (words(&format!("SESSIONS.KILL web {used}")), 4),
        (words(&format!("SESSIONS.KILLSOID web u2 EXCEPT {kept}")), 4),
        (words("SESSIONS.KILLSOID web b"), 5),
        (words("SESSIONS.WIPE"), 7),
        (words("SESSIONS.KILLALL big"), 1_504),
        (words("SESSIONS.KILLALL web"), 10),
    ]
}

#[test]
fn every_key_that_a_command_changes_aborts_watchers_and_leaves_client_side_caches() {
    let server = Server::start();
    for (command, least) in writes(&server) {
        let seen = see(&server, &command);
        assert!(seen.changed.len() >= least, "{command:?} changes {:?}", seen.changed);
        let unnoticed: Vec<_> = seen.changed.difference(&seen.forgotten).collect();
        assert!(unnoticed.is_empty(), "{command:?}: caches keep {unnoticed:?}");
        let watched: BTreeSet<_> = seen.changed.intersection(&seen.watched).cloned().collect();
        let unnoticed: Vec<_> = watched.difference(&seen.aborted).collect();
        assert!(unnoticed.is_empty(), "{command:?}: no watcher is told of {unnoticed:?}");
        assert!(!watched.is_empty(), "{command:?} changes none of {:?}", seen.watched);
    }
}

#[test]
fn a_command_that_changes_nothing_aborts_nobody_and_leaves_caches_alone() {
    let server = Server::start();
    let mut client = client(&server);
    let token = create(&mut client, "web", "u1", &["DATA", r#"{"a":1}"#]);
    let unknown = token_of('n');
    for line in [
        format!("SESSIONS.PEEK web {token}"),
        format!("SESSIONS.EXISTS web {token}"),
        "SESSIONS.SOID web u1".into(),
        "SESSIONS.SOAPP web 0".into(),
        "SESSIONS.COUNT web DT 60".into(),
        "SESSIONS.COUNTSOID web u1".into(),
        "SESSIONS.ACTIVITY web 60".into(),
        "SESSIONS.USERS web 0".into(),
        format!("SESSIONS.GET web {unknown}"),
        format!("SESSIONS.SET web {unknown} {{\"a\":1}}"),
        format!("SESSIONS.SAVE web {unknown} {{}} XX"),
        format!("SESSIONS.SAVE web {unknown} {{}} IFW 1"),
        format!("SESSIONS.SAVE web {token} {{}} NX"),
        format!("SESSIONS.SET web {token} {{\"b\":1}} IFID u2"),
        format!("SESSIONS.INCR web {unknown} n"),
        format!("SESSIONS.TOUCH web {unknown}"),
        format!("SESSIONS.ROTATE web {unknown}"),
        format!("SESSIONS.KILL web {unknown}"),
        "SESSIONS.KILLSOID web nobody".into(),
        "SESSIONS.KILLALL other".into(),
        "SESSIONS.WIPE".into(),
    ] {
        let seen = see(&server, &words(&line));
        for keys in [&seen.changed, &seen.aborted, &seen.forgotten] {
            assert!(keys.is_empty(), "{line}: {keys:?}");
        }
    }
}
