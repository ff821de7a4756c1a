//! What the fuzz targets in `fuzz/` run, for any bytes: each function panics where a rule is
//! broken. Built for them (`cfg(fuzzing)`) and for the tests, which replay `fuzz/corpus`.
//!
//! Parts of an input are separated by bytes that UTF-8 never has.

#![expect(clippy::expect_used, clippy::panic, reason = "a broken rule is told by panicking")]

mod data;

use std::collections::BTreeMap;

use crate::commands::args::Args;
use crate::commands::for_all_commands;
use crate::commands::reply::{FieldWriter, Reply, Shown, Tokens};
use crate::commands::secrets;
use crate::commands::syntax::Argument;
use crate::commands::{Command, Kind};
use crate::store::memory::{Memory, Value};
use crate::store::{Job, Listed, Progress, Rules, Store};
use sessions_model::error::Error;
use sessions_model::ident::{App, Id, Ip, Sid, Token};
use sessions_model::index::{self, STEP, score};
use sessions_model::keys::{self, Keys};
use sessions_model::limits::MAX_IP;
use sessions_model::number::{Lifetime, Limit, Ttl, Window};
use sessions_model::parts::Part;
use sessions_model::session::{Field, Seconds, Session};
use sessions_model::slot::Slot;

pub use data::{json_replies, merging};

const BETWEEN_PARTS: u8 = 0xFF;
const BETWEEN_ARGUMENTS: u8 = 0xFE;
/// Stands for a token that an earlier command answered, whose number follows.
const KNOWN_TOKEN: u8 = 0xFD;
/// Stands for a field that a hash doesn't have.
const NO_FIELD: &[u8] = &[0xFE];

const NAMESPACE: &[u8] = b"rs";
const START: Seconds = 1_000_000;
const MAX_DATA_BYTES: usize = 200;

/// Commands in a row against a store in memory. A command is a byte that says which, one that says
/// how many seconds after the one before (or before it), and its arguments.
pub fn arguments(input: &[u8]) {
    macro_rules! runners {
        ($($command:path),* $(,)?) => {
            &[$(run::<$command>),*]
        };
    }
    type Runner = fn(&[&[u8]], &Store<'_, Memory>, &Memory) -> Result<Option<Token>, Error>;
    let runners: &[Runner] = for_all_commands!(runners);

    let memory = Memory::default();
    let mut known: Vec<Token> = Vec::new();
    let mut now = START;
    for command in input.split(|&byte| byte == BETWEEN_PARTS).take(50) {
        let [which, seconds, arguments @ ..] = command else {
            continue;
        };
        let arguments: Vec<&[u8]> = if arguments.is_empty() {
            Vec::new()
        } else {
            let given = arguments.split(|&byte| byte == BETWEEN_ARGUMENTS);
            given.map(|argument| with_known_tokens(argument, &known)).collect()
        };
        now += Seconds::from(seconds.cast_signed());
        let rules = Rules {
            namespace: NAMESPACE,
            max_data_bytes: MAX_DATA_BYTES,
            publish_changes: true,
        };
        let store = Store::new(&memory, rules, Part::Whole, now);
        let Some(runner) = runners.get(usize::from(*which) % runners.len()) else {
            continue;
        };
        match runner(&arguments, &store, &memory) {
            Ok(token) => known.extend(token),
            Err(error) => assert_is_an_error(&error),
        }
        assert_indexes_are_in_step(&memory.contents());
    }
}

fn with_known_tokens<'a>(argument: &'a [u8], known: &'a [Token]) -> &'a [u8] {
    match argument {
        [KNOWN_TOKEN, number] if !known.is_empty() => known
            .get(usize::from(*number) % known.len())
            .map_or(argument, Token::as_bytes),
        _ => argument,
    }
}

/// Runs a command to its end; the token that it answers.
fn run<C: Command>(arguments: &[&[u8]], store: &Store<'_, Memory>, memory: &Memory) -> Result<Option<Token>, Error> {
    assert_secrets_are_hidden(C::SPEC.arguments, arguments);
    let request = C::parse(&mut Args::split(&C::SPEC, arguments)?, Ttl::from_setting(7200))?;
    let before = memory.contents();
    let reply = C::run(request, store);
    let may_change = reply.is_ok() && !matches!(C::SPEC.kind, Kind::Read { .. } | Kind::Meta);
    assert!(may_change || memory.contents() == before, "it changed something");
    match reply? {
        Reply::Token(token) => {
            assert_eq!(Token::parse(token.as_bytes()), Some(token));
            return Ok(Some(token));
        }
        Reply::Session(shown, _) => assert_shows(&shown),
        Reply::Sessions(list, _) => list.iter().for_each(assert_shows),
        Reply::Work(mut work, view) => {
            let mut steps = 0;
            while work.step(store)? == Progress::Unfinished {
                steps += 1;
                assert!(steps < 1000, "work without an end");
            }
            assert!(work.count() <= before.len() as u64);
            if let Reply::Sessions(list, _) = Reply::of(work.outcome(), view) {
                list.iter().for_each(assert_shows);
            }
        }
        Reply::Null | Reply::Integer(_) | Reply::Ids(_) | Reply::Lines(_) => {}
    }
    Ok(None)
}

/// No token and nothing that begins as data is shown, wherever it is.
fn assert_secrets_are_hidden(table: &'static [Argument], arguments: &[&[u8]]) {
    let hidden: Vec<usize> = secrets::positions(table, arguments).collect();
    assert!(hidden.iter().all(|position| (1..=arguments.len()).contains(position)));
    for (argument, position) in arguments.iter().zip(1..) {
        let is_secret = Token::parse(argument).is_some() || matches!(argument, [b'{' | b'[', ..]);
        assert!(!is_secret || hidden.contains(&position), "argument {position} is shown");
    }
}

/// One line, of a code and a text.
fn assert_is_an_error(error: &Error) {
    let text = error.to_string();
    let (code, _) = text.split_once(' ').unwrap_or_default();
    assert!(
        !code.is_empty() && code.chars().all(|c| c.is_ascii_uppercase()),
        "{text}"
    );
    assert!(text.is_ascii() && !text.contains(char::is_control), "{text}");
}

/// No hash without its index entries, none of these without a hash, and every score where
/// SPECIFICATION and `store::index` have it.
fn assert_indexes_are_in_step(contents: &BTreeMap<Vec<u8>, Value>) {
    let keys = Keys::new(NAMESPACE, Part::Whole);
    let scores = |key: &[u8], member: &[u8]| match contents.get(key) {
        Some(Value::SortedSet(set)) => set.get(member).copied(),
        _ => None,
    };
    let mut entries = 0;
    for (name, value) in contents {
        let (Value::Hash(hash), Some((app, of_token))) = (value, app_and_token(name)) else {
            continue;
        };
        let fields = Field::ALL.map(|field| hash.get(field.name().as_bytes()).cloned());
        let session = Session::from_fields(fields).expect("what we store is a session");
        let (la, id) = (session.last_activity, session.id.as_slice());
        let in_sessions = scores(&keys.sessions(app), &keys::session_member(&of_token, id));
        let step = score(STEP);
        assert!(
            in_sessions.is_some_and(|s| s <= score(la) && score(la) < s + step),
            "_sessions"
        );
        assert!(
            scores(&keys.users(app), id).is_some_and(|s| score(la) < s + step),
            "_users"
        );
        let end = score(la + session.ttl);
        let end = session.until.map_or(end, |until| end.min(score(until)));
        let due = scores(&keys.due(), &keys::due_member(app, &of_token, id));
        assert!(due.is_some_and(|due| end <= due && due < end + step), "SESSIONS");
        let tokens = contents.get(&keys.tokens(app, id));
        assert!(
            matches!(tokens, Some(Value::Set(set)) if set.contains(of_token.as_bytes())),
            "us"
        );
        assert_eq!(Slot::of(of_token.as_bytes()), Slot::of(id));
        entries += 1;
    }
    // As many entries of each kind as hashes, so none is left behind.
    let (mut listed, mut due, mut tokens) = (0, 0, 0);
    for (name, value) in contents {
        match value {
            Value::SortedSet(set) if *name == keys.due() => due += set.len(),
            Value::SortedSet(set) if name.ends_with(b":_sessions") => listed += set.len(),
            Value::SortedSet(set) => {
                let prefix = name.strip_suffix(b"_users").unwrap_or_default();
                let has_tokens = |id: &Vec<u8>| contents.contains_key(&[prefix, b"us:", id].concat());
                assert!(set.keys().all(has_tokens), "an id without sessions");
            }
            Value::Set(set) => tokens += set.len(),
            Value::Hash(_) => {}
        }
    }
    assert_eq!((listed, due, tokens), (entries, entries, entries));
}

fn app_and_token(key: &[u8]) -> Option<(App<'_>, Token)> {
    let rest = key.strip_prefix(NAMESPACE)?.strip_prefix(b":")?;
    let colon = rest.iter().position(|&byte| byte == b':')?;
    let (app, token) = rest.split_at_checked(colon)?;
    Some((App::parse(app).ok()?, Token::parse(token.strip_prefix(b":")?)?))
}

/// As many fields as are announced, and JSON that parses.
fn assert_shows<B: AsRef<[u8]>>(shown: &Shown<B>) {
    struct Counted(usize);
    impl FieldWriter for Counted {
        fn text(&mut self, _name: &str, _value: &[u8]) {
            self.0 += 1;
        }
        fn integer(&mut self, _name: &str, _value: i64) {
            self.0 += 1;
        }
        fn flag(&mut self, _name: &str) {
            self.0 += 1;
        }
        fn data(&mut self, stored: Option<&[u8]>) {
            self.0 += usize::from(stored.is_some());
        }
    }
    let mut counted = Counted(0);
    shown.write(&mut counted);
    assert_eq!(counted.0, shown.field_count());
    let mut json = String::new();
    shown.write_json(&mut json);
    let parsed: Result<BTreeMap<String, serde_json::Value>, _> = serde_json::from_str(&json);
    let Ok(fields) = parsed else {
        panic!("a strict reader refuses {json}");
    };
    assert!(fields.get("d").is_some_and(serde_json::Value::is_object), "{json}");
    assert!(fields.len() >= counted.0, "{json}");
}

/// The fields of a hash, in their order.
pub fn stored_fields(input: &[u8]) {
    let mut parts = input.split(|&byte| byte == BETWEEN_PARTS);
    let fields = [(); Field::COUNT].map(|()| parts.next().filter(|&field| field != NO_FIELD));
    let [id, _, _, _, la, ttl, ..] = fields;
    let Some(session) = Session::from_fields(fields) else {
        return;
    };
    assert!(id.is_some_and(|id| !id.is_empty()) && la.is_some() && ttl.is_some());
    let token = Token::parse(&[b'a' + input.len() as u8 % 26; 64]).expect("64 letters");
    for now in [i64::MIN, 0, START, session.last_activity, i64::MAX] {
        let live = session.is_live(now);
        let due = index::due(&token, &session);
        assert!(!live || due >= now, "the wipe would come early: {due} before {now}");
        assert!(session.idle(now) >= 0);
        let refresh = session.refreshed(now);
        assert!(refresh.last_activity >= session.last_activity.max(now));
        let after = session.with(refresh);
        assert_eq!(
            after.refreshed(now),
            refresh,
            "a second use in the same second changes nothing"
        );
        if live {
            assert!(session.ttl_shown(now) >= 0);
            assert!(after.is_live(now), "a use ended it");
        }
        index::steps(&token, session.last_activity, now);
        assert_shows(&Shown::new(&token, session.clone(), now));
        let listed = Listed {
            token,
            session: session.clone(),
            at: now,
        };
        assert_shows(&Shown::listed(listed, Tokens::Shown));
    }
}

/// An index member, and the words that commands take.
pub fn index_members(input: &[u8]) {
    if let Some((token, id)) = keys::parse_session_member(input) {
        assert_eq!(keys::session_member(&token, id), input);
    }
    if let Some((app, token, id)) = keys::parse_due_member(input) {
        assert_eq!(keys::due_member(app, &token, id), input);
        let colon = app.as_bytes().len() + 1;
        let rest = input.get(colon..).unwrap_or_default();
        assert_eq!(keys::parse_session_member(rest), Some((token, id)));
    }
    if let Ok(app) = App::parse(input) {
        assert_eq!(app.as_bytes(), input);
        assert!(!input.contains(&b':'));
    }
    assert_eq!(Id::parse(input).is_ok(), !input.is_empty());
    if let Ok(id) = Id::parse_new(input) {
        assert_eq!(id.as_bytes(), input);
        assert_eq!(Id::parse(input), Ok(id));
        assert_eq!(Ip::parse(input).is_ok(), input.len() <= MAX_IP);
    }
    if let Ok(ip) = Ip::parse(input) {
        assert_eq!(ip.map_or(&b""[..], Ip::as_bytes), input);
    }
    if let Some(token) = Token::parse(input) {
        assert_eq!(token.as_bytes(), input);
        assert_eq!(Sid::parse(token.sid().as_bytes()), Ok(token.sid()));
        assert!(
            !format!("{token:?}")
                .as_bytes()
                .windows(input.len())
                .any(|shown| shown == input)
        );
    }
    if let Ok(sid) = Sid::parse(input) {
        assert_eq!(sid.as_bytes(), input);
    }
    let ttl = Ttl::parse(input);
    assert_eq!(ttl.is_ok(), Lifetime::parse(input).is_ok());
    if let Ok(ttl) = ttl {
        assert_eq!(Window::parse(input), Ok(Window::Last(ttl.seconds())));
        assert_eq!(Ttl::from_setting(ttl.seconds()), ttl);
        assert!(Limit::parse(input, b"-1").is_ok() && Limit::parse(b"0", input).is_ok());
    }
    assert!(Slot::of(input).number() < 16_384);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn replay(target: &str, run: fn(&[u8])) {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("fuzz/corpus")
            .join(target);
        let mut inputs = 0;
        for entry in std::fs::read_dir(&folder).expect("the corpus is there") {
            let path = entry.expect("an input").path();
            let input = std::fs::read(&path).expect("an input can be read");
            // Captured, and shown when the input breaks a rule.
            println!("{}", path.display());
            run(&input);
            inputs += 1;
        }
        assert!(inputs > 5, "{target} has {inputs} inputs");
    }

    #[test]
    fn the_corpus_of_every_fuzz_target_breaks_no_rule() {
        replay("arguments", arguments);
        replay("merging", merging);
        replay("json_replies", json_replies);
        replay("stored_fields", stored_fields);
        replay("index_members", index_members);
    }
}
