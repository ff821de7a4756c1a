//! Random words for every command, and random changes to the keys of one app. Every error is one
//! that the documentation names and repeats nothing that the client sent, and the other apps stay
//! whole. `SESSIONS_SEED` repeats a run.

mod foul_play;
mod words;

use crate::harness::{Client, Dice, Reply, Server, assert_app_is_whole, is_old_token, seed};
use crate::model::json::Json;
use std::collections::BTreeSet;
use std::time::Duration;
use words::{Known, MARKER};

const ERRORS: &[&str] = &[
    "ERR invalid app: 1 to 64 characters of A-Z a-z 0-9 _ -",
    "ERR invalid id: 1 to 512 bytes of UTF-8 without control characters",
    "ERR invalid id: must not be empty",
    "ERR invalid sid: exactly 16 hexadecimal digits 0-9 a-f",
    "ERR invalid ip: at most 256 bytes of UTF-8 without control characters; empty means unknown",
    "ERR invalid token: exactly 64 characters of A-Z a-z 0-9",
    "ERR invalid key: 1 to 256 bytes of UTF-8",
    "ERR invalid w: a whole number from 0 to 9223372036854775807",
    "ERR invalid n: a whole number from -9223372036854775808 to 9223372036854775807",
    "ERR invalid ttl: a whole number of seconds from 1 to 315360000",
    "ERR invalid lifetime: a whole number of seconds from 1 to 315360000",
    "ERR invalid grace: a whole number of seconds from 1 to 60",
    "ERR invalid max: a whole number from 1 to 100",
    "ERR invalid dt: a whole number of seconds from 0 (no limit) to 315360000",
    "ERR invalid limit: offset must be 0 or more, count 1 or more, or -1 for all",
    "ERR invalid data: invalid JSON at ",
    "ERR invalid data: must be a JSON object",
    "ERR invalid data: must be at most 32 levels deep",
    "ERR invalid data: numbers must have at most 128 characters and be within the range of a 64-bit floating-point number",
    "ERR invalid data: not valid UTF-8",
    "ERR invalid data: must have at least one key",
    "ERR data too large: at most 65536 bytes of JSON (sessions.max-data-bytes)",
    "ERR stored data is not a JSON object of at most 32 levels: replace it with SAVE",
    "ERR not a whole number: the value of the key must be a 64-bit integer without fraction or exponent",
    "ERR out of range: the result must be a 64-bit integer",
    "LIMIT the id already has the maximum number of sessions: end one, or omit REJECT",
    "CONFLICT w is not the session's number of writes: read the session and try again",
    "ERR syntax error: ",
    "ERR wrong number of arguments for 'sessions.",
    "WRONGTYPE Operation against a key holding the wrong kind of value",
];

/// More time than any command here takes.
const PATIENCE: Duration = Duration::from_secs(20);

struct Bout {
    seed: u64,
    dice: Dice,
    server: Server,
    client: Client,
    /// Some of the latest sessions of every app.
    known: Vec<Known>,
}

impl Bout {
    fn begin() -> Bout {
        let seed = seed();
        let server = Server::builder()
            .line("sessions.wipe-interval 0")
            .line("sessions.audit-length 10")
            .start();
        let dice = Dice::new(seed);
        let client = if seed.is_multiple_of(2) {
            server.client()
        } else {
            server.client_resp3()
        };
        Bout {
            seed,
            dice,
            server,
            client,
            known: Vec::new(),
        }
    }

    fn random_command(&mut self) {
        let command = words::command(&mut self.dice, &self.known);
        self.client.send(&command);
        let reply = self.client.receive_within(PATIENCE).expect("the server answers");
        if let Reply::Error(text) = &reply {
            let known = ERRORS.iter().any(|error| text.starts_with(error));
            assert!(known && !text.contains(MARKER), "{text:?}");
        }
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("accepted words are text");
        let token = match (command[0].as_slice(), &reply) {
            (b"SESSIONS.CREATE" | b"SESSIONS.ROTATE", Reply::Text(token)) => Some(text(token)),
            (b"SESSIONS.SAVE", Reply::Int(2)) => Some(text(&command[2])),
            _ => None,
        };
        if let Some(token) = token {
            let app = text(&command[1]);
            self.remember(Known { app, token });
        } else if let Reply::Text(bytes) = &reply {
            let text = std::str::from_utf8(bytes).expect("JSON replies are UTF-8");
            assert!(Json::parse(text).is_some(), "no JSON: {text}");
            let strict = serde_json::from_str::<serde_json::Value>(text);
            assert!(strict.is_ok(), "a strict reader refuses {text}");
        }
    }

    fn remember(&mut self, session: Known) {
        if self.known.len() == 12 {
            let forgotten = self.dice.below(self.known.len());
            self.known.swap_remove(forgotten);
        }
        self.known.push(session);
    }

    fn kill_all(&mut self, app: &str) {
        self.client.run(&["SESSIONS.KILLALL", app]).int();
    }

    /// Checks that the server has not restarted and has logged no warning.
    fn check_server(&mut self) {
        assert_eq!(self.client.line("PING"), "PONG".into());
        let log = self.server.log();
        let loud = ["panicked", "internal error", MARKER, "BUG REPORT"];
        let found = loud.iter().find(|word| log.contains(**word));
        assert_eq!(found, None, "{log}");
        let told = self.known.iter().any(|session| log.contains(&session.token));
        assert!(!told, "a token is in the log");
    }
}

impl Drop for Bout {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("SESSIONS_SEED={}", self.seed);
        }
    }
}

#[test]
fn random_words_get_replies_or_known_errors_and_leave_nothing_behind() {
    let mut bout = Bout::begin();
    for _ in 0..25_000 {
        bout.random_command();
    }
    for app in apps(&mut bout.client) {
        assert_app_is_whole(&mut bout.client, &app);
        bout.kill_all(&app);
    }
    assert_eq!(bout.client.run(&["SESSIONS.WIPE"]), 0.into());
    let keys = bout.client.run(&["KEYS", "*"]);
    let is_left = |key: &&str| !is_audit_stream(key) && !is_old_token(&mut bout.client, key);
    assert_eq!(keys.texts().into_iter().find(is_left), None);
    bout.check_server();
}

#[test]
fn foul_play_in_one_app_never_stops_the_server_nor_touches_another_app() {
    let mut bout = Bout::begin();
    for round in 0..8_000 {
        foul_play::play(&mut bout.dice, &mut bout.client, &bout.known);
        for _ in 0..3 {
            bout.random_command();
        }
        if round % 50 == 49 {
            let mut other = bout.server.client();
            let mut dice = Dice::new(bout.dice.number());
            foul_play::without_the_shared_set(&mut dice, &mut other, |_| {
                (0..20).for_each(|_| bout.random_command());
            });
            clean_up_foul(&mut bout.client, round % 100 == 99);
        }
    }
    for app in apps(&mut bout.client).into_iter().filter(|app| app != "foul") {
        assert_app_is_whole(&mut bout.client, &app);
        bout.kill_all(&app);
    }
    clean_up_foul(&mut bout.client, true);
    bout.client.run(&["SESSIONS.WIPE"]).int();
    let left = bout.client.run(&["KEYS", "*"]);
    let is_left = |key: &&str| {
        let is_ours = !key.starts_with("rs:foul:") && **key != *"rs:SESSIONS" && !is_audit_stream(key);
        is_ours && !is_old_token(&mut bout.client, key)
    };
    assert_eq!(left.texts().into_iter().find(is_left), None);
    assert_eq!(members(&mut bout.client, "rs:SESSIONS", "web:"), BTreeSet::new());
    bout.check_server();
}

/// Whether a key is an audit stream, which kills do not remove.
fn is_audit_stream(key: &str) -> bool {
    key.starts_with("rs:") && key.ends_with(":_audit")
}

/// Removes keys of a wrong type in the place of the app's indexes, and lets the module remove the
/// rest.
fn clean_up_foul(client: &mut Client, thoroughly: bool) {
    if thoroughly {
        for key in client.run(&["KEYS", "rs:foul:*"]).list() {
            client.run(&[b"DEL", key.bytes()]).int();
        }
    }
    let killed = client.run(&["SESSIONS.KILLALL", "foul"]);
    assert!(!thoroughly || killed == 0.into(), "{killed:?}");
    if let Reply::Error(text) = client.run(&["SESSIONS.WIPE"]) {
        assert!(text.starts_with("WRONGTYPE "), "{text}");
    }
}

/// The apps that have sessions.
fn apps(client: &mut Client) -> BTreeSet<String> {
    let keys = client.run(&["KEYS", "rs:*:_sessions"]);
    let middle = |key: &str| key.split(':').nth(1).map(ToOwned::to_owned);
    keys.texts().into_iter().filter_map(middle).collect()
}

/// The members that start with this prefix, without the prefix.
#[track_caller]
fn members(client: &mut Client, key: &str, start: &str) -> BTreeSet<String> {
    let all = client.run(&["ZRANGE", key, "0", "-1"]);
    let text = |member: &Reply| String::from_utf8_lossy(member.bytes()).into_owned();
    let members = all.list().iter().map(text);
    members
        .filter_map(|member| Some(member.strip_prefix(start)?.to_owned()))
        .collect()
}
