//! `sessions.redact-tokens`: what MONITOR and SLOWLOG show.

use crate::harness::*;

/// The lines of MONITOR and the entries of SLOWLOG about the module's commands.
fn shown_to_the_administrator(redact: &str) -> (Vec<String>, Vec<String>, String) {
    let server = Server::builder()
        .line(format!("sessions.redact-tokens {redact}"))
        .line("slowlog-log-slower-than -1")
        .start();
    let mut client = server.client();
    let token = create(&mut client, "web", "u1", &[]);
    client.run(&["CONFIG", "SET", "slowlog-log-slower-than", "0"]);
    let mut monitor = server.client();
    monitor.run(&["MONITOR"]);
    let commands: [&[&str]; 12] = [
        &["SESSIONS.CREATE", "web", "u1", "DATA", r#"{"pin":"4711"}"#],
        &["SESSIONS.GET", "web", &token],
        &["SESSIONS.PEEK", "web", &token, "JSON"],
        &["SESSIONS.EXISTS", "web", &token],
        &["SESSIONS.TOUCH", "web", &token, "TTL", "77"],
        &["SESSIONS.SET", "web", &token, r#"{"pin":"4711"}"#],
        &["SESSIONS.SET", "web", &token, r#"{"pin":"4711"}"#, "JSON"],
        &["SESSIONS.SAVE", "web", &token, r#"{"pin":"4711"}"#, "TTL", "77"],
        &["SESSIONS.INCR", "web", &token, "code-4711", "BY", "77"],
        &["SESSIONS.KILLSOID", "web", "nobody", "EXCEPT", &token],
        &["SESSIONS.GET", "a b", &token],
        &["SESSIONS.KILL", "web", &token],
    ];
    for command in commands {
        client.run(command);
    }
    let mut lines = Vec::new();
    while lines
        .iter()
        .filter(|line: &&String| line.contains("\"SESSIONS."))
        .count()
        < commands.len()
    {
        lines.push(monitor.receive().text().to_owned());
    }
    lines.retain(|line| line.contains("\"SESSIONS."));
    let log = client.run(&["SLOWLOG", "GET", "100"]);
    let entries = log
        .list()
        .iter()
        .map(|entry| entry.list()[3].texts().join(" "))
        .filter(|entry| entry.starts_with("SESSIONS."));
    (lines, entries.collect(), token)
}

#[test]
fn tokens_and_data_are_redacted_in_monitor_and_slowlog() {
    let (monitor, slowlog, token) = shown_to_the_administrator("yes");
    assert_eq!((monitor.len(), slowlog.len()), (12, 12), "{monitor:#?} {slowlog:#?}");
    for line in monitor.iter().chain(&slowlog) {
        for secret in [token.as_str(), "4711"] {
            assert!(!line.contains(secret), "{line}");
        }
        assert!(line.contains("(redacted)"), "{line}");
    }
    for word in ["web", "u1", "TTL", "77", "nobody", "EXCEPT"] {
        assert!(slowlog.iter().any(|line| line.contains(word)), "{word} is no secret");
    }
}

/// Commands with arguments in the wrong order, too many arguments, cut arguments or lower-case
/// names, each with the secrets that must not be shown.
const MISTAKES: &[&[&str]] = &[
    &["CREATE", "web", "u1", r#"{"pin":"4711"}"#],
    &["CREATE", "web", "u1", "JSON", r#"{"pin":"4711"}"#],
    &["CREATE", "web", "u1", "data", r#"{"pin":"4711"}"#],
    &["CREATE", "web", "u1", "Data", "4711"],
    &["CREATE", "web", "u1", "DATA", " \t[4711]", "TTL", "60"],
    &["CREATE", "web", "u1", r#"DATA={"pin":"4711"}"#],
    &["CREATE", r#"{"pin":"4711"}"#, "u1"],
    &["GET", "web", "{token}", r#"{"pin":"4711"}"#],
    &["SET", "web", "{token}", "JSON", r#"{"pin":"4711"}"#],
    &["SET", "web", "{token}", "pin=4711"],
    &["SET", "web", r#"{"pin":"4711"}"#, "{token}"],
    &["SAVE", "web", "{token}", "pin=4711"],
    &["SAVE", "web", "s:{token}", r#"{"pin":"4711"}"#],
    &["SAVE", "web", r#"{"pin":"4711"}"#, "{token}"],
    &["SAVE", "web", "{token}", "{}", "ID", "{token}"],
    &["INCR", "web", "{token}", "code-4711", "5"],
    &["INCR", "web", "x", "code-4711"],
    &["INCR", "{token}", "web", "code-4711"],
    &["GET", "{token}", "web"],
    &["GET", "web", "{cut}"],
    &["GET", "web", " {token}"],
    &["TOUCH", "web", "s:{token}.c2lnbmF0dXJl"],
    &["SOID", "web", "{token}"],
    &["SOID", "web", "session={token}"],
    &["KILLSOID", "web", "u1", "{cut}"],
    &["KILLSOID", "web", "u1", "except", "{cut}"],
    &["COUNT", "web", "{token}"],
];

#[test]
fn a_secret_in_a_wrong_place_is_redacted_too() {
    let server = Server::start();
    let mut client = server.client();
    let token = create(&mut client, "web", "u1", &[]);
    client.run(&["CONFIG", "SET", "slowlog-log-slower-than", "0"]);
    let mut monitor = server.client();
    monitor.run(&["MONITOR"]);
    for mistake in MISTAKES {
        let words: Vec<String> = mistake
            .iter()
            .map(|word| word.replace("{token}", &token).replace("{cut}", &token[..63]))
            .collect();
        let command = [&[format!("SESSIONS.{}", words[0])], &words[1..]].concat();
        client.run(&["SLOWLOG", "RESET"]);
        client.run(&command);
        let log = client.run(&["SLOWLOG", "GET", "1"]);
        let logged = log.list()[0].list()[3].texts().join(" ");
        let mut shown = monitor.receive().text().to_owned();
        while !shown.contains("\"SESSIONS.") {
            shown = monitor.receive().text().to_owned();
        }
        for line in [&shown, &logged] {
            assert!(line.contains("(redacted)"), "{mistake:?}: {line}");
            assert!(
                !line.contains("4711") && !line.contains(&token[8..56]),
                "{mistake:?}: {line}"
            );
        }
    }
}

#[test]
fn redaction_can_be_switched_off() {
    let (monitor, slowlog, token) = shown_to_the_administrator("no");
    for lines in [monitor, slowlog] {
        assert!(lines.iter().any(|line| line.contains(&token)), "{lines:#?}");
        assert!(lines.iter().any(|line| line.contains("4711")), "{lines:#?}");
    }
}
