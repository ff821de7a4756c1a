//! Commands in a row.

use sessions::offline::{COMMANDS, Command, Database, Reply};
use sessions_model::ident::Token;
use sessions_model::session::Seconds;

use crate::indexes::assert_indexes_are_in_step;
use crate::replies::{assert_is_a_reply, assert_is_an_error};
use crate::{BETWEEN_PARTS, START, database};

const BETWEEN_ARGUMENTS: u8 = 0xFE;
/// In front of a number: the token of that number among those that earlier commands returned.
const KNOWN_TOKEN: u8 = 0xFD;

/// All commands, in the order in which they were added, so that the inputs of the corpus keep their
/// meaning when another one follows.
const NAMES: [&str; 19] = [
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
];

fn command(name: &str) -> &'static Command {
    let found = COMMANDS
        .iter()
        .find(|command| command.name.strip_prefix("SESSIONS.") == Some(name));
    found.expect(name)
}

/// Each command is a byte that says which, one for the seconds since the command before, which may be
/// negative, and its arguments.
pub fn arguments(input: &[u8]) {
    let database = database();
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
            Ok(reply) => assert_is_a_reply(reply, before.len()),
            Err(error) => assert_is_an_error(error),
        }
        assert_indexes_are_in_step(&after);
        if let Ok(Reply::Token(token)) = reply {
            known.push(token);
        }
    }
}

/// INCR returns what every reader finds at the key.
fn assert_is_stored(sum: i64, database: &Database, arguments: &[&[u8]], now: Seconds) {
    let reply = command("PEEK").run(database, &arguments[..2], now);
    let Ok(Reply::Session(session)) = reply else {
        panic!("{reply:?} after an INCR");
    };
    let json: serde_json::Value = serde_json::from_str(&session.json).expect("a JSON reply");
    let key = std::str::from_utf8(arguments[2]).expect("a key that was accepted");
    assert_eq!(json["d"][key].as_i64(), Some(sum), "{}", session.json);
}

fn with_known_tokens<'a>(argument: &'a [u8], known: &'a [Token]) -> &'a [u8] {
    match argument {
        [KNOWN_TOKEN, number] if !known.is_empty() => known[usize::from(*number) % known.len()].as_bytes(),
        _ => argument,
    }
}

/// No token is shown and nothing that begins as data, at whatever position.
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
