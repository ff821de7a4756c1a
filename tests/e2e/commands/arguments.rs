//! Tables of wrong arguments: a command is written once with placeholders, and each placeholder is
//! tried with all values that must be refused and with the extreme values that must be accepted.

use crate::harness::{Client, Reply, Server, assert_no_keys, token_of};

const APP: &str = "ERR invalid app: 1 to 64 characters of A-Z a-z 0-9 _ -";
const ID: &str = "ERR invalid id: 1 to 512 bytes of UTF-8 without control characters";
const EMPTY_ID: &str = "ERR invalid id: must not be empty";
const SID: &str = "ERR invalid sid: exactly 16 hexadecimal digits 0-9 a-f";
const IP: &str = "ERR invalid ip: at most 256 bytes of UTF-8 without control characters; empty means unknown";
const OWN_TOKEN: &str = "ERR invalid token: exactly 64 characters of A-Z a-z 0-9";
const W: &str = "ERR invalid w: a whole number from 0 to 9223372036854775807";
const KEY: &str = "ERR invalid key: 1 to 256 bytes of UTF-8";
const N: &str = "ERR invalid n: a whole number from -9223372036854775808 to 9223372036854775807";
const TTL: &str = "ERR invalid ttl: a whole number of seconds from 1 to 315360000";
const LIFETIME: &str = "ERR invalid lifetime: a whole number of seconds from 1 to 315360000";
const MAX: &str = "ERR invalid max: a whole number from 1 to 100";
const DT: &str = "ERR invalid dt: a whole number of seconds from 0 (no limit) to 315360000";
const LIMIT: &str = "ERR invalid limit: offset must be 0 or more, count 1 or more, or -1 for all";

type Bytes = Vec<u8>;

fn all(texts: &[&str]) -> Vec<Bytes> {
    texts.iter().map(|text| text.as_bytes().to_vec()).collect()
}

/// The value of a placeholder while another placeholder is being tried.
fn plain(placeholder: &str) -> Option<Bytes> {
    Some(match placeholder {
        "{app}" => b"web".to_vec(),
        "{id}" | "{owner}" => b"u1".to_vec(),
        "{token}" | "{own}" => token_of('a').into_bytes(),
        "{w}" => b"1".to_vec(),
        "{sid}" => b"0123456789abcdef".to_vec(),
        "{ip}" => b"1.2.3.4".to_vec(),
        "{key}" => b"cart".to_vec(),
        "{n}" => b"1".to_vec(),
        "{ttl}" | "{lifetime}" | "{dt}" => b"100".to_vec(),
        "{max}" => b"3".to_vec(),
        "{offset}" => b"0".to_vec(),
        "{count}" => b"10".to_vec(),
        _ => return None,
    })
}

/// The values that must be refused in the place of the placeholder, and the words of the error.
fn wrong(placeholder: &str) -> (Vec<Bytes>, &'static str) {
    let numbers = [
        "",
        "-1",
        "+5",
        " 5",
        "5 ",
        "5.0",
        "1e3",
        "0x10",
        "five",
        "315360001",
        "4294967297",
        "9223372036854775808",
        "18446744073709551617",
        "99999999999999999999999999",
        "5\n",
        "٣",
    ];
    match placeholder {
        "{app}" => {
            let mut values = all(&["", "a b", "a:b", "a.b", "ä", "a{b}", "a\n", "a\0", "web/", "*"]);
            values.push(vec![b'a'; 65]);
            values.push(b"\xff".to_vec());
            (values, APP)
        }
        "{id}" => {
            let mut values = all(&["", "a\0b", "a\nb", "a\r", "\t", "\x1b[0m", "\x7f", "a\u{85}b", "\u{9f}"]);
            values.extend([vec![b'i'; 513], vec![b'i'; 600], "é".repeat(257).into_bytes()]);
            values.extend([
                b"\xff".to_vec(),
                b"a\xc3".to_vec(),
                b"\xed\xa0\x80".to_vec(),
                b"\xc0\x80".to_vec(),
            ]);
            (values, ID)
        }
        "{owner}" => (all(&[""]), EMPTY_ID),
        // See `malformed_tokens`.
        "{token}" => (Vec::new(), ""),
        // A token that the client generates for SAVE.
        "{own}" => {
            let mut values = all(&["", "x", "session"]);
            values.extend([vec![b'a'; 63], vec![b'a'; 65], "é".repeat(32).into_bytes()]);
            values.extend(["-", " ", "\n", "\0", "{"].map(|last| [&[b'a'; 63], last.as_bytes()].concat()));
            (values, OWN_TOKEN)
        }
        "{w}" => {
            let mut texts = numbers.to_vec();
            texts.retain(|text| !["315360001", "4294967297"].contains(text));
            (all(&texts), W)
        }
        "{sid}" => {
            let texts = [
                "",
                "0",
                "0123456789abcde",
                "0123456789abcdef0",
                "0123456789abcdeg",
                "0123456789ABCDEF",
                "0123456789abcde ",
                "0x23456789abcdef",
            ];
            (all(&texts), SID)
        }
        "{ip}" => {
            let mut values = all(&["1.2.3.4\n", "\0", "a\u{80}"]);
            values.extend([vec![b'1'; 257], b"\xfe".to_vec()]);
            (values, IP)
        }
        "{key}" => {
            let values = vec![Vec::new(), vec![b'k'; 257], "é".repeat(129).into_bytes()];
            let no_text = [&b"\xff"[..], b"a\xc3", b"\xed\xa0\x80", b"\xc0\x80"].map(<[u8]>::to_vec);
            ([values, no_text.to_vec()].concat(), KEY)
        }
        "{n}" => {
            let texts = [
                "", "-", "+5", "--1", "1-", " 5", "5 ", "5.0", "1e3", "0x10", "five", "5\n", "٣",
            ];
            let beyond = [
                "9223372036854775808",
                "-9223372036854775809",
                "18446744073709551617",
                "99999999999999999999999999",
            ];
            (all(&[&texts[..], &beyond].concat()), N)
        }
        "{ttl}" | "{lifetime}" => {
            let text = if placeholder == "{ttl}" { TTL } else { LIFETIME };
            (all(&[&["0", "00"], &numbers[..]].concat()), text)
        }
        "{max}" => (all(&[&["0", "00", "101"], &numbers[..]].concat()), MAX),
        "{dt}" => (all(&numbers), DT),
        "{offset}" => (all(&["", "-1", "+1", "x", "1.5", " 0", "99999999999999999999"]), LIMIT),
        "{count}" => (
            all(&["", "0", "-2", "+1", "x", "1.0", "--1", "99999999999999999999"]),
            LIMIT,
        ),
        other => panic!("no placeholder {other}"),
    }
}

/// The values that must be accepted in the place of the placeholder.
fn edges(placeholder: &str) -> Vec<Bytes> {
    match placeholder {
        "{app}" => vec![b"a".to_vec(), vec![b'Z'; 64], b"A-z_09".to_vec(), b"-".to_vec()],
        "{id}" => [
            all(&[
                ":",
                "a:b:c",
                " ",
                "a b",
                "me@example.org",
                "{u}",
                "*",
                "Łódź",
                "😀",
                "%s%n",
            ]),
            vec![vec![b'i'; 512], "é".repeat(256).into_bytes()],
        ]
        .concat(),
        "{owner}" => [
            all(&["a\tb", "a\0b", "\r\n", "\u{85}"]),
            vec![b"\xff".to_vec(), vec![b'i'; 512], vec![b'i'; 10_000]],
        ]
        .concat(),
        "{token}" | "{own}" => vec![vec![b'0'; 64], vec![b'z'; 64], vec![b'A'; 64]],
        "{w}" => all(&["0", "007", "9223372036854775807"]),
        "{sid}" => all(&["0000000000000000", "ffffffffffffffff"]),
        "{ip}" => [
            all(&["", "::1", "unknown", "10.0.0.1, 10.0.0.2", "é", "%n"]),
            vec![vec![b'1'; 256]],
        ]
        .concat(),
        "{key}" => [
            all(&["a", "\0", "\n", "\"", "\\", "{", "\u{85}", "BY", "Łódź", "😀", "%s%n"]),
            vec![vec![b'k'; 256], "é".repeat(128).into_bytes()],
        ]
        .concat(),
        "{n}" => all(&[
            "0",
            "-0",
            "-1",
            "007",
            "-007",
            "9223372036854775807",
            "-9223372036854775808",
        ]),
        "{ttl}" | "{lifetime}" => all(&["1", "315360000", "007"]),
        "{max}" => all(&["1", "100", "007"]),
        "{dt}" => all(&["0", "1", "315360000", "0000"]),
        "{offset}" => all(&["0", "1", "1000000000"]),
        "{count}" => all(&["-1", "1", "1000000000"]),
        other => panic!("no placeholder {other}"),
    }
}

/// Tries every placeholder of `template` with every wrong value, on a server whose keys all have
/// the wrong type: arguments are checked before any key is opened. Then tries every extreme value,
/// for which any reply except an error is right.
#[track_caller]
pub(crate) fn check_arguments(template: &str) {
    let server = Server::start();
    let mut client = server.client();
    let words: Vec<&str> = template.split_whitespace().collect();
    let keys = ["rs:SESSIONS", "rs:web:_sessions", "rs:web:_users", "rs:web:us:u1"];
    let hash = format!("rs:web:{}", token_of('a'));
    let spoiled = [&keys[..], &[&hash]].concat();
    spoil(&mut client, &spoiled);
    for (at, placeholder) in placeholders(&words) {
        let (values, text) = wrong(placeholder);
        for value in values {
            let command = filled(&words, at, value);
            assert_eq!(
                client.run(&command),
                Reply::Error(text.into()),
                "{placeholder} of {}",
                line(&command)
            );
        }
    }
    for key in &spoiled {
        assert_eq!(client.run(&["DEL", key]), Reply::Int(1), "{key} was touched");
    }
    assert_no_keys(&mut client);
    for (at, placeholder) in placeholders(&words) {
        for value in edges(placeholder) {
            let command = filled(&words, at, value);
            let reply = client.run(&command);
            assert!(
                !matches!(reply, Reply::Error(_)),
                "{} answers {reply:?}",
                line(&command)
            );
        }
    }
}

/// Syntax errors: sends each of `tails` behind the positional arguments in `template`; the error
/// must give the reason and end with the command's line in HELP.
#[track_caller]
pub(crate) fn check_options(template: &str, tails: &[(&str, &str)]) {
    let server = Server::start();
    let mut client = server.client();
    let help = client.run(&["SESSIONS.HELP"]);
    let name = template.split(' ').next().unwrap();
    let mut lines = help.texts().into_iter().filter_map(|line| line.split_once(" -- "));
    let (syntax, _) = lines
        .find(|(syntax, _)| syntax.split(' ').next() == Some(name))
        .unwrap();
    let first = template.split_whitespace().count();
    let unknown = format!("unknown option at argument {first}");
    let general = ["FOO", "''", "JSON2", "FOO 1", "-1"].map(|tail| (tail, unknown.as_str()));
    for (tail, reason) in general.iter().chain(tails) {
        let text = format!("{template} {tail}");
        let words: Vec<&str> = text.split_whitespace().map(|word| word.trim_matches('\'')).collect();
        let command = filled(&words, usize::MAX, Vec::new());
        let error = format!("ERR syntax error: {reason}; usage: {syntax}");
        assert_eq!(client.run(&command), Reply::Error(error), "{}", line(&command));
    }
    assert_no_keys(&mut client);
}

/// Wrong counts: all commands shorter than `template`, and one word too many if the command takes
/// no options.
#[track_caller]
pub(crate) fn check_counts(template: &str, options: bool) {
    let server = Server::start();
    let mut client = server.client();
    let words: Vec<&str> = template.split_whitespace().collect();
    let full = filled(&words, usize::MAX, Vec::new());
    let mut commands: Vec<Vec<Bytes>> = (1..full.len()).map(|count| full[..count].to_vec()).collect();
    if !options {
        commands.push([&full[..], &[b"JSON".to_vec()]].concat());
        commands.push([&full[..], &[b"".to_vec(), b"x".to_vec()]].concat());
    }
    for mut command in commands {
        command[0].make_ascii_lowercase();
        let name = String::from_utf8(command[0].clone()).unwrap();
        let text = format!("ERR wrong number of arguments for '{name}' command");
        assert_eq!(client.run(&command), Reply::Error(text), "{}", line(&command));
    }
    assert_no_keys(&mut client);
}

fn placeholders<'a>(words: &'a [&str]) -> impl Iterator<Item = (usize, &'a str)> {
    words
        .iter()
        .copied()
        .enumerate()
        .filter(|(_, word)| word.starts_with('{') && word.ends_with('}'))
        .filter(|(_, word)| plain(word).is_some())
}

fn filled(words: &[&str], at: usize, value: Bytes) -> Vec<Bytes> {
    let mut command: Vec<Bytes> = words
        .iter()
        .map(|word| plain(word).unwrap_or_else(|| word.as_bytes().to_vec()))
        .collect();
    if at < command.len() {
        command[at] = value;
    }
    command
}

fn spoil(client: &mut Client, keys: &[&str]) {
    for key in keys {
        client.run(&["SET", key, "not a session"]);
    }
}

fn line(command: &[Bytes]) -> String {
    let words: Vec<String> = command
        .iter()
        .map(|word| format!("{:?}", String::from_utf8_lossy(word)))
        .collect();
    words.join(" ")
}
