//! Full memory: with `noeviction` the server refuses commands that need memory; with `allkeys-lru`
//! it removes keys without telling the module.

use super::filled::fill;
use crate::harness::*;
use std::collections::BTreeMap;

/// Enough for work in slices.
const SOME: i64 = 1_000;

/// Fills the server's memory up to its limit.
fn fill_up(client: &mut Client) {
    assert_eq!(client.run(&["CONFIG", "SET", "maxmemory", "1mb"]), "OK".into());
}

#[test]
fn with_full_memory_only_commands_that_need_memory_are_refused() {
    let server = Server::builder().line("maxmemory-policy noeviction").start();
    let mut client = server.client();
    let tokens = [(); 6].map(|()| create(&mut client, "web", "u1", &["DATA", r#"{"a":1}"#]));
    fill(&mut client, "big", SOME, 0);
    fill(&mut client, "old", SOME, 10_000);
    fill_up(&mut client);
    let before = digest(&mut client);
    for command in [
        "CREATE web u1",
        "SET web {} {\"a\":null}",
        "SAVE web {} {\"a\":1} XX",
        "INCR web {} a BY -1",
        "ROTATE web {}",
    ] {
        let command = format!("SESSIONS.{}", command.replace("{}", &tokens[0]));
        assert!(client.line(&command).error().starts_with("OOM "), "{command}");
        let words: Vec<&str> = command.split(' ').collect();
        let script = [&["EVAL", "return redis.pcall(unpack(ARGV))", "0"], &words[..]].concat();
        assert!(client.run(&script).error().starts_with("OOM "), "{command} in a script");
        client.run(&["MULTI"]);
        assert!(
            client.run(&words).error().starts_with("OOM "),
            "{command} in a transaction"
        );
        assert!(client.run(&["EXEC"]).error().starts_with("EXECABORT "), "{command}");
    }
    assert_eq!(digest(&mut client), before);
    for (command, wanted) in [
        ("EXISTS web {}", 1),
        ("TOUCH web {}", 1),
        ("TOUCH web {} TTL 500", 1),
        ("KILL web {}", 1),
        ("KILLSOID web u1 EXCEPT {1}", 4),
        ("COUNTSOID web u1", 1),
        ("WIPE", SOME),
        ("KILLALL web", 1),
        ("KILLALL big", SOME),
    ] {
        let command = command.replace("{}", &tokens[0]).replace("{1}", &tokens[1]);
        if command.starts_with("TOUCH") {
            client.run(&["CONFIG", "SET", "maxmemory", "0"]);
            age_everywhere(&mut client, "web", &tokens[0], 30);
            fill_up(&mut client);
            client.run(&["SESSIONS.GET", "web", &tokens[0]]).session();
            client.run(&["SESSIONS.PEEK", "web", &tokens[0], "JSON"]).text();
        }
        assert_eq!(
            client.line(&format!("SESSIONS.{command}")),
            Reply::Int(wanted),
            "{command}"
        );
        assert_whole(&mut client);
    }
    assert_no_keys(&mut client);
}

#[test]
fn a_script_may_kill_with_full_memory() {
    let server = Server::builder().line("maxmemory-policy noeviction").start();
    let mut client = server.client();
    let token = create(&mut client, "web", "u1", &[]);
    create(&mut client, "web", "u1", &[]);
    fill_up(&mut client);
    let script = "return redis.call('SESSIONS.KILL', 'web', ARGV[1]) + redis.call('SESSIONS.KILLALL', 'web')";
    assert_eq!(client.run(&["EVAL", script, "0", &token]), Reply::Int(2));
    assert_no_keys(&mut client);
}

#[test]
fn evicted_keys_never_show_another_users_session_nor_stop_the_cleanup_pass() {
    let server = Server::builder()
        .line("maxmemory-policy allkeys-lru")
        .line("maxmemory-samples 1")
        .start();
    let mut client = server.client();
    let used: u64 = server.info("used_memory").parse().unwrap();
    let room = (used + 1_500_000).to_string();
    client.run(&["CONFIG", "SET", "maxmemory", &room]);
    let mut dice = Dice::nth(7);
    let mut owners: BTreeMap<String, String> = BTreeMap::new();
    let mut tokens = Vec::new();
    let mut lost = 0;
    for round in 0..12_000 {
        let id = format!("u:{}", dice.below(200));
        if let Reply::Text(token) =
            client.run(&["SESSIONS.CREATE", "web", &id, "DATA", r#"{"a":"12345678901234567890"}"#])
        {
            tokens.push(String::from_utf8(token).unwrap());
            owners.insert(tokens[tokens.len() - 1].clone(), id.clone());
        }
        let token: String = tokens[dice.below(tokens.len())].clone();
        let owner = owners[&token].clone();
        match client.run(&["SESSIONS.GET", "web", &token]) {
            Reply::Nil => lost += 1,
            Reply::Error(error) => assert!(error.starts_with("OOM "), "{error}"),
            reply => assert_eq!(reply.session().text("id"), owner),
        }
        let listed = client
            .run(&["SESSIONS.SOID", "web", &id, "WITHTOKENS", "LIMIT", "0", "20"])
            .sessions();
        for session in listed {
            assert_eq!(owners[session.text("token")], id);
            assert_eq!(session.text("id"), id);
        }
        if round % 3 == 0 {
            let changed = match dice.below(3) {
                0 => client.run(&["SESSIONS.ROTATE", "web", &token, "ID", &id]),
                1 => client.run(&["SESSIONS.KILL", "web", &token]),
                _ => client.run(&["SESSIONS.SET", "web", &token, r#"{"b":1}"#]),
            };
            if let Reply::Text(new) = changed {
                tokens.push(String::from_utf8(new).unwrap());
                owners.insert(tokens[tokens.len() - 1].clone(), id);
            }
        }
    }
    let evicted = server.info("evicted_keys");
    eprintln!("{evicted} keys evicted, {lost} of 12000 sessions found gone");
    assert!(evicted.parse::<u64>().unwrap() > 500, "{evicted} keys evicted");
    client.run(&["CONFIG", "SET", "maxmemory", "0"]);
    let listed = client.run(&["ZCARD", "rs:SESSIONS"]).int();
    let end_all = r#"
        for _, member in ipairs(redis.call('ZRANGE', 'rs:SESSIONS', 0, -1)) do
            local key = 'rs:web:' .. string.sub(member, 5, 68)
            if redis.call('EXISTS', key) == 1 then redis.call('HSET', key, 'la', 1000) end
            redis.call('ZADD', 'rs:SESSIONS', 1000, member)
        end"#;
    client.run(&["EVAL", end_all, "0"]);
    let wiped = client.run(&["SESSIONS.WIPE"]).int();
    assert!((0..=listed).contains(&wiped), "{wiped} of {listed}");
    assert_eq!(client.run(&["EXISTS", "rs:SESSIONS"]), Reply::Int(0));
    // The app's indexes may still list sessions that the evicted set listed.
    client.run(&["SESSIONS.KILLALL", "web"]).int();
    assert_eq!(client.run(&["SESSIONS.COUNT", "web"]), Reply::Int(0));
}
