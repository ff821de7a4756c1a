//! Sequences of commands.

use sessions::offline::{COMMANDS, Command, Database, Reply};
use sessions_model::ident::Token;
use sessions_model::json::whole_pairs;
use sessions_model::session::Seconds;
use sessions_model::slot::Slot;
use sessions_model::stored_name::Storage;

use crate::indexes::{assert_all_are_stored, assert_indexes_are_in_step};
use crate::replies::{assert_data_is_shown, assert_is_a_reply, assert_is_an_error};
use crate::{BETWEEN_PARTS, START, STEPS, settings};

const BETWEEN_ARGUMENTS: u8 = 0xFE;
/// Before a number: the token with that number among the tokens that earlier commands returned.
const KNOWN_TOKEN: u8 = 0xFD;

/// Before a number: a token that a client has generated.
const OWN_TOKEN: u8 = 0xFC;
const OWN_TOKENS: [[u8; 64]; 3] = [[b'A'; 64], [b'b'; 64], [b'9'; 64]];

/// All commands in the order in which they were added, so that the inputs of the corpus keep their
/// meaning when a command is added.
const NAMES: [&str; 20] = [
    "CREATE",
    "GET",
    "PEEK",
    "SET",
    "TOUCH",
    "EXISTS",
    "ROTATE",
    "KILL",
    "KILLSOID",
    "KILLALL",
    "SOID",
    "SOAPP",
    "ACTIVITY",
    "COUNT",
    "COUNTSOID",
    "USERS",
    "WIPE",
    "HELP",
    "INCR",
    "SAVE",
];

fn command(name: &str) -> &'static Command {
    let found = COMMANDS
        .iter()
        .find(|command| command.name.strip_prefix("SESSIONS.") == Some(name));
    found.expect(name)
}

/// How the tokens of new sessions are stored.
#[derive(Clone, Copy)]
enum Hashing {
    Always(Storage),
    /// The setting is switched before each command.
    Switched,
}

/// Each command consists of a byte for its name, a byte for the seconds since the command before,
/// which may be negative, and its arguments. The length of the input decides the index step.
pub fn arguments(input: &[u8]) {
    for hashing in [Storage::Plain, Storage::Hashed].map(Hashing::Always) {
        run(input, hashing);
    }
    run(input, Hashing::Switched);
}

fn run(input: &[u8], hashing: Hashing) {
    let step = STEPS[input.len() % STEPS.len()];
    let mut storage = match hashing {
        Hashing::Always(storage) => storage,
        Hashing::Switched => Storage::Plain,
    };
    let mut database = Database::new(settings(step, storage));
    let mut known: Vec<Token> = Vec::new();
    let mut now = START;
    for part in input.split(|&byte| byte == BETWEEN_PARTS).take(50) {
        let [which, seconds, arguments @ ..] = part else {
            continue;
        };
        let arguments: Vec<&[u8]> = if arguments.is_empty() {
            Vec::new()
        } else {
            let given = arguments.split(|&byte| byte == BETWEEN_ARGUMENTS);
            given.map(|argument| with_known_tokens(argument, &known)).collect()
        };
        now += i64::from(seconds.cast_signed());
        if matches!(hashing, Hashing::Switched) {
            storage = match storage {
                Storage::Plain => Storage::Hashed,
                Storage::Hashed => Storage::Plain,
            };
            database = database.with(settings(step, storage));
        }
        let command = command(NAMES[usize::from(*which) % NAMES.len()]);
        assert_secrets_are_hidden(command, &arguments);
        let before = database.contents();
        let reply = command.run(&database, &arguments, now);
        let after = database.contents();
        let may_change = reply.is_ok() && !command.is_read_only;
        assert!(may_change || after == before, "{} changed something", command.name);
        match &reply {
            Ok(Reply::Integer(sum)) if command.name == "SESSIONS.INCR" => {
                assert_is_stored(*sum, &database, &arguments, now);
            }
            Ok(Reply::Integer(saved)) if command.name == "SESSIONS.SAVE" => {
                assert_is_saved(*saved, &database, &arguments, now);
            }
            Ok(reply) => {
                assert_is_a_reply(reply, before.len());
                if !is_given(&arguments, "NODATA") {
                    assert_data_is_shown(reply);
                }
            }
            Err(error) => assert_is_an_error(error),
        }
        assert_indexes_are_in_step(&after, step);
        if let Hashing::Always(storage) = hashing {
            assert_all_are_stored(storage, &after);
        }
        if let Ok(Reply::Token(token)) = reply {
            assert_is_in_the_slot_of_its_id(&token, &database, arguments[0], now);
            if command.name == "SESSIONS.CREATE" {
                assert_limit_holds(&database, &arguments, now);
            }
            known.push(token);
        }
    }
}

/// Checks that INCR returns the value that every reader finds at the key.
fn assert_is_stored(sum: i64, database: &Database, arguments: &[&[u8]], now: Seconds) {
    let json = shown(database, &arguments[..2], now);
    let key = std::str::from_utf8(arguments[2]).expect("a key that was accepted");
    assert_eq!(json["d"][key].as_i64(), Some(sum), "{json}");
}

/// Checks that the data is stored if SAVE returns that it has created or written a session.
fn assert_is_saved(saved: i64, database: &Database, arguments: &[&[u8]], now: Seconds) {
    match saved {
        0 => return assert!(["NX", "XX", "IFW"].iter().any(|option| is_given(arguments, option))),
        1 => {}
        2 => assert_eq!(shown(database, &arguments[..2], now)["w"], 1),
        other => panic!("SAVE returns {other}"),
    }
    let given = String::from_utf8_lossy(arguments[2]);
    let given: serde_json::Value = serde_json::from_str(&whole_pairs(&given)).expect("an object that was accepted");
    assert_eq!(shown(database, &arguments[..2], now)["d"], given);
}

fn is_given(arguments: &[&[u8]], option: &str) -> bool {
    let mut arguments = arguments.iter();
    arguments.any(|argument| argument.eq_ignore_ascii_case(option.as_bytes()))
}

/// The JSON reply of PEEK.
fn shown(database: &Database, app_and_token: &[&[u8]], now: Seconds) -> serde_json::Value {
    let reply = command("PEEK").run(database, app_and_token, now);
    let Ok(Reply::Session(session)) = reply else {
        panic!("{reply:?} in place of a session");
    };
    serde_json::from_str(&session.json).expect("a JSON reply")
}

/// The tokens that are generated here have the slots of the sessions' ids.
fn assert_is_in_the_slot_of_its_id(token: &Token, database: &Database, app: &[u8], now: Seconds) {
    let session = shown(database, &[app, token.as_bytes()], now);
    if let Some(id) = session["id"].as_str() {
        assert_eq!(Slot::of(token.as_bytes()), Slot::of(id.as_bytes()));
    }
}

/// Checks that the id has at most MAX live sessions after CREATE with MAX.
fn assert_limit_holds(database: &Database, arguments: &[&[u8]], now: Seconds) {
    let words: Vec<usize> = (2..arguments.len())
        .filter(|&place| arguments[place].eq_ignore_ascii_case(b"MAX"))
        .collect();
    // A word that occurs twice may be the value of another option.
    let [place] = words[..] else { return };
    let value = arguments
        .get(place + 1)
        .and_then(|value| std::str::from_utf8(value).ok());
    let Some(max) = value.and_then(|value| value.parse::<i64>().ok()) else {
        return;
    };
    let reply = command("COUNTSOID").run(database, &arguments[..2], now);
    let Ok(Reply::Integer(count)) = reply else {
        panic!("{reply:?} in place of a count");
    };
    assert!((1..=max).contains(&count), "{count} sessions with MAX {max}");
}

fn with_known_tokens<'a>(argument: &'a [u8], known: &'a [Token]) -> &'a [u8] {
    match argument {
        [KNOWN_TOKEN, number] if !known.is_empty() => known[usize::from(*number) % known.len()].as_bytes(),
        [OWN_TOKEN, number] => &OWN_TOKENS[usize::from(*number) % OWN_TOKENS.len()],
        _ => argument,
    }
}

/// Checks that no token and nothing that begins like data is shown, at any position.
fn assert_secrets_are_hidden(command: &Command, arguments: &[&[u8]]) {
    let hidden = command.secrets(arguments);
    assert!(hidden.iter().all(|position| (1..=arguments.len()).contains(position)));
    for (argument, position) in arguments.iter().zip(1..) {
        let is_secret = Token::parse(argument).is_some() || matches!(argument, [b'{' | b'[', ..]);
        assert!(!is_secret || hidden.contains(&position), "argument {position} is shown");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_is_drawn() {
        for Command { name, .. } in COMMANDS {
            assert!(NAMES.iter().any(|drawn| command(drawn).name == *name), "{name}");
        }
        assert_eq!(NAMES.len(), COMMANDS.len());
    }
}
