//! Nothing that others may read contains a token or data, except where docs/reliability.md says so.
//! The last tests check the tokens themselves.

use super::times_longer;
use crate::harness::*;
use std::collections::HashSet;

const PIN: &str = "pin-4711";

/// Runs every command with correct and wrong arguments; returns the tokens that were used.
fn live(client: &mut Client) -> Vec<String> {
    let data = format!(r#"{{"pin":"{PIN}"}}"#);
    let mut tokens = vec![create(client, "web", "u1", &["DATA", &data])];
    let token = tokens[0].clone();
    let rotated = client
        .run(&["SESSIONS.ROTATE", "web", &token, "ID", "u2", "GRACE", "60"])
        .text()
        .to_owned();
    tokens.push(rotated.clone());
    let commands: &[&[&str]] = &[
        &["SESSIONS.ROTATE", "web", &token, "ID", "u2"],
        &["SESSIONS.ROTATE", "web", &token, "GRACE", "60"],
        &["SESSIONS.ROTATE", "web", &rotated, "GRACE", "60"],
        &["SESSIONS.GET", "web", &rotated],
        &["SESSIONS.GET", "web", &rotated, "JSON"],
        &["SESSIONS.PEEK", "web", &rotated],
        &["SESSIONS.SET", "web", &rotated, &data, "JSON"],
        &["SESSIONS.SAVE", "web", &rotated, &data],
        &["SESSIONS.INCR", "web", &rotated, PIN],
        &["SESSIONS.TOUCH", "web", &rotated, "TTL", "900"],
        &["SESSIONS.EXISTS", "web", &rotated],
        &["SESSIONS.SOID", "web", "u2", "WITHTOKENS"],
        &["SESSIONS.SOAPP", "web", "0", "WITHTOKENS"],
        &["SESSIONS.KILLSOID", "web", "u2", "EXCEPT", &rotated],
        // Wrong commands.
        &["SESSIONS.ROTATE", "web", &rotated, "GRACE", &token],
        &["SESSIONS.GET", "web", &rotated, "XML"],
        &["SESSIONS.GET", "w b", &rotated],
        &["SESSIONS.GET", "web", &rotated, "JSON", "JSON"],
        &["SESSIONS.EXISTS", "web", &rotated[1..]],
        &["SESSIONS.SET", "web", &rotated, "{\"pin\":\"pin-4711"],
        &["SESSIONS.SET", "web", &rotated, "[\"pin-4711\"]"],
        &["SESSIONS.SAVE", "web", &rotated, "[\"pin-4711\"]"],
        &["SESSIONS.SAVE", "web", &rotated[1..], &data],
        &["SESSIONS.SAVE", "web", &data, &rotated],
        &["SESSIONS.INCR", "web", &rotated, "pin"],
        &["SESSIONS.INCR", "web", &rotated, PIN, "BY", "1.5"],
        &["SESSIONS.CREATE", "web", "u1", "DATA", "pin-4711"],
        &["SESSIONS.KILLSOID", "web", "u1", "EXCEPT", &rotated[1..]],
        &["SESSIONS.KILL", "web", &token],
        &["SESSIONS.KILL", "web", &rotated],
    ];
    for command in commands {
        let reply = client.run(command);
        if let Reply::Error(error) = reply {
            assert!(!error.contains(&rotated[1..]) && !error.contains(PIN), "{error}");
        }
    }
    for options in [&["TTL", "100"][..], &["LIFETIME", "100"], &["NORESAVE"]] {
        let token = create(client, "web", "u3", options);
        age_everywhere(client, "web", &token, 10_000);
        tokens.push(token);
    }
    client.run(&["HSET", &format!("rs:web:{}", tokens[2]), "la", "rubbish"]);
    client.run(&["ZADD", "rs:SESSIONS", "1", &format!("{PIN}:{token}")]);
    client.run(&["SESSIONS.WIPE"]).int();
    tokens
}

/// Fails if a line contains a token, more than half of one, or data.
#[track_caller]
fn assert_silent<'a>(place: &str, lines: impl IntoIterator<Item = &'a str>, tokens: &[String]) {
    for line in lines {
        let told = tokens
            .iter()
            .find(|token| line.contains(&token[..32]) || line.contains(&token[32..]));
        assert!(told.is_none() && !line.contains(PIN), "{place}: {line}");
    }
}

#[test]
fn log_info_and_acl_log_tell_no_secret() {
    let server = Server::builder().line("loglevel debug").start();
    let mut client = server.client();
    let mut tokens = live(&mut client);
    client.line("ACL SETUSER few on nopass +@all -sessions.kill ~rs:shop:*");
    let mut few = server.client();
    few.run(&["AUTH", "few", "x"]);
    tokens.push(create(&mut client, "web", "u1", &[]));
    let token = &tokens[tokens.len() - 1];
    for command in ["GET", "KILL", "PEEK", "ROTATE"] {
        let script = format!("return redis.pcall('SESSIONS.{command}', 'web', ARGV[1])");
        for words in [
            &[&format!("SESSIONS.{command}"), "web", token][..],
            &["EVAL", &script, "0", token],
        ] {
            let error = few.run(words);
            assert!(!error.error().contains(token.as_str()), "{error:?}");
        }
    }
    assert!(client.run(&["SESSIONS.GET", &tokens[0], "web"]).is_nil());
    for words in [&["SESSIONS.GET", token, "web"][..], &["SESSIONS.COUNT", token]] {
        let error = few.run(words);
        assert!(!error.error().contains(token.as_str()), "{error:?}");
    }
    let log = server.log();
    assert!(log.contains("unreadable"), "{log}");
    assert_silent("the log", log.lines(), &tokens);
    let info = client.run(&["INFO", "everything"]).text().to_owned();
    assert_silent("INFO", info.lines(), &tokens);
    let denials = format!("{:?}", client.run(&["ACL", "LOG"]));
    assert!(denials.contains("rs:web:_sessions"), "{denials}");
    assert_silent("ACL LOG", [denials.as_str()], &tokens);
    let clients = client.run(&["CLIENT", "LIST"]).text().to_owned();
    assert_silent("CLIENT LIST", clients.lines(), &tokens);
    let commands = format!("{:?}", client.run(&["INFO", "commandstats", "errorstats"]));
    assert_silent("INFO commandstats", [commands.as_str()], &tokens);
}

#[test]
fn a_token_in_the_place_of_another_argument_is_redacted_too() {
    let server = Server::start();
    let mut client = server.client();
    let token = create(&mut client, "web", "u1", &[]);
    let mut monitor = server.client();
    monitor.run(&["MONITOR"]);
    client.run(&["SESSIONS.GET", &token, "web"]);
    let line = monitor.receive().text().to_owned();
    assert!(line.contains("(redacted)") && !line.contains(&token), "{line}");
}

#[test]
fn monitor_and_slowlog_tell_tokens_in_the_named_exceptions_only() {
    let server = Server::builder().line("slowlog-max-len 10000").start();
    let mut client = server.client();
    let mut monitor = server.client();
    monitor.run(&["MONITOR"]);
    client.run(&["CONFIG", "SET", "slowlog-log-slower-than", "0"]);
    let tokens = live(&mut client);
    client.run(&["MULTI"]);
    client.run(&["SESSIONS.GET", "web", &tokens[1]]);
    client.run(&["EXEC"]);
    client.run(&["ECHO", "the end"]);
    let mut lines = Vec::new();
    while !lines.iter().any(|line: &String| line.contains("the end")) {
        lines.push(monitor.receive().text().to_owned());
    }
    let slow = client.run(&["SLOWLOG", "GET", "-1"]);
    let slow: Vec<String> = slow
        .list()
        .iter()
        .map(|entry| entry.list()[3].texts().join(" "))
        .collect();
    assert!(slow.len() > 30, "{slow:?}");
    let all = lines.iter().chain(&slow);
    // The exceptions: the test's own writes with commands of the server, and the module's inner
    // calls on the sets of an id.
    let excepted = |line: &&String| {
        let upper = line.to_uppercase();
        let inner = ["SADD", "SREM"].iter().any(|word| upper.contains(word)) && line.contains("rs:web:us:");
        let tests_own = ["HSET", "HGET", "ZADD", "ZSCORE", "ZINCRBY"]
            .iter()
            .any(|word| upper.contains(word));
        inner || tests_own
    };
    let (excepted, others): (Vec<&String>, Vec<&String>) = all.partition(excepted);
    assert_silent("MONITOR or SLOWLOG", others.into_iter().map(String::as_str), &tokens);
    let words: HashSet<&str> = excepted.iter().flat_map(|line| line.split(['"', ' '])).collect();
    assert!(!words.contains("ZREM") && !words.contains("UNLINK"), "{excepted:#?}");
}

#[test]
fn an_evals_inner_commands_are_redacted_though_its_arguments_are_not() {
    let server = Server::start();
    let mut client = server.client();
    let token = create(&mut client, "web", "u1", &[]);
    let mut monitor = server.client();
    monitor.run(&["MONITOR"]);
    client.run(&["EVAL", "return redis.call('SESSIONS.GET', 'web', ARGV[1])", "0", &token]);
    client.run(&["ECHO", "the end"]);
    let mut inner = 0;
    loop {
        let line = monitor.receive().text().to_owned();
        if line.contains("the end") {
            break;
        }
        if line.contains("lua]") {
            inner += 1;
            assert_silent("MONITOR", [line.as_str()], std::slice::from_ref(&token));
        }
    }
    eprintln!("{inner} inner lines");
}

#[test]
fn the_crash_report_tells_the_running_command_at_most() {
    for report in ["yes", "no"] {
        let server = Server::builder()
            .line(format!("crash-log-enabled {report}"))
            .line("crash-memcheck-enabled no")
            .start();
        let process = server.info("process_id");
        let mut client = server.client();
        let waiting: Vec<String> = (0..50)
            .map(|n| create(&mut client, "web", &format!("u{n}"), &[]))
            .collect();
        let running = create(&mut client, "web", "u1", &[]);
        // A busy server accepts no new client for five seconds, so clients connect before.
        let mut others: Vec<Client> = (0..20).map(|_| server.client()).collect();
        // Other clients have sent their commands, and one client's script runs for a long time.
        let script = "while true do redis.call('SESSIONS.GET', 'web', ARGV[1]) end";
        client.send(&["EVAL", script, "0", &running]);
        for (other, token) in others.iter_mut().zip(&waiting) {
            other.send(&["SESSIONS.GET", "web", token]);
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
        let killed = std::process::Command::new("kill").args(["-SEGV", &process]).status();
        assert!(killed.expect("kill is there").success());
        let address = format!("redis+unix://{}", server.socket().display());
        wait_until(GENEROUS, "the server is dead", || Client::connect(&address).is_err());
        let log = server.log();
        assert_eq!(log.contains("crashed by signal"), report == "yes", "{log}");
        assert_silent("the crash report", log.lines(), &waiting);
        let telling: Vec<&str> = log.lines().filter(|line| line.contains(&running)).collect();
        eprintln!("crash-log-enabled {report}: {telling:#?}");
        assert!(report == "yes" || telling.is_empty(), "{telling:#?}");
        assert!(telling.iter().all(|line| line.contains("argv[")), "{telling:#?}");
    }
}

#[test]
fn debug_segfault_with_sessions_in_flight_tells_no_token() {
    // Some servers do not survive their own memory test, which runs before the end of the report.
    let server = Server::builder().line("crash-memcheck-enabled no").start();
    let mut client = server.client();
    let tokens = live(&mut client);
    let more: Vec<String> = (0..50).map(|_| create(&mut client, "web", "u1", &[])).collect();
    for token in &more {
        client.send(&["SESSIONS.GET", "web", token]);
    }
    client.send(&["DEBUG", "SEGFAULT"]);
    wait_until(GENEROUS, "the report is written", || {
        server.log().contains("BUG REPORT END")
    });
    assert_silent("the crash report", server.log().lines(), &[tokens, more].concat());
}

#[test]
fn tokens_are_evenly_drawn_and_never_repeat() {
    const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let server = Server::start();
    let mut client = server.client();
    let draws = if times_longer() > 1 { 1_000_000 } else { 20_000 };
    let mut seen = HashSet::with_capacity(draws);
    let mut counts = vec![[0_u32; 128]; 64];
    let mut by_slot_suffix = HashSet::new();
    for start in (0..draws).step_by(1000) {
        for number in start..start + 1000 {
            client.send(&["SESSIONS.CREATE", "web", &format!("u:{}", number % 500), "TTL", "1"]);
        }
        for number in start..start + 1000 {
            let token = client.receive().text().to_owned();
            assert!(is_token(&token), "{token}");
            assert_eq!(slot(&token), slot(format!("u:{}", number % 500)));
            for (place, byte) in token.bytes().enumerate() {
                counts[place][usize::from(byte)] += 1;
            }
            by_slot_suffix.insert(token[61..].to_owned());
            assert!(seen.insert(token), "a token was drawn twice");
        }
        if start % 20_000 == 0 {
            client.run(&["FLUSHALL"]);
        }
    }
    let chi_square = |counts: &[u32; 128]| -> f64 {
        let expected = draws as f64 / 62.0;
        ALPHABET
            .iter()
            .map(|&byte| (f64::from(counts[usize::from(byte)]) - expected).powi(2) / expected)
            .sum()
    };
    let worst = counts[..61].iter().map(chi_square).fold(0.0, f64::max);
    let mut together = [0_u32; 128];
    for place in &counts[..61] {
        (0..128).for_each(|byte| together[byte] += place[byte]);
    }
    let expected = draws as f64 * 61.0 / 62.0;
    let all: f64 = ALPHABET
        .iter()
        .map(|&byte| (f64::from(together[usize::from(byte)]) - expected).powi(2) / expected)
        .sum();
    eprintln!("{draws} tokens: chi square {all:.1} in all, at most {worst:.1} at one place (61 degrees of freedom)");
    // For random tokens, a value above 140 occurs once in about ten million positions.
    assert!(worst < 140.0 && all < 140.0, "worst {worst}, all {all}");
    assert!(by_slot_suffix.len() > 10_000);
}
