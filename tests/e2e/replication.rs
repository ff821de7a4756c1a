//! Replicas and the AOF get plain commands, so servers without the module have the same data.

use crate::commands::digest;
use crate::harness::*;

/// Runs commands of every kind in two databases; leaves live sessions behind and returns their
/// tokens.
fn live_through(server: &Server) -> Vec<String> {
    let mut left = Vec::new();
    for database in ["0", "5"] {
        let mut client = server.client();
        client.run(&["SELECT", database]);
        for round in 0..60 {
            let id = format!("u:{}", round % 7);
            let options: &[&str] = match round % 4 {
                0 => &[],
                1 => &["TTL", "100", "NORESAVE"],
                2 => &["LIFETIME", "5000", "IP", "::1"],
                _ => &["DATA", r#"{"é":"\u0000\ud83d","n":1.0}"#],
            };
            let token = create(&mut client, "web", &id, options);
            age_everywhere(&mut client, "web", &token, (round % 5) * 7);
            client.run(&["SESSIONS.GET", "web", &token]).session();
            client.run(&["SESSIONS.SET", "web", &token, r#"{"é":null,"x":[]}"#]);
            client
                .run(&["SESSIONS.SET", "web", &token, r#"{"é":null,"x":true}"#])
                .session();
            client.run(&["SESSIONS.TOUCH", "web", &token, "TTL", "900"]).int();
            match round % 6 {
                0 => drop(client.run(&["SESSIONS.KILL", "web", &token])),
                1 => drop(client.run(&["SESSIONS.ROTATE", "web", &token, "ID", "other"]).text()),
                2 => {
                    age_everywhere(&mut client, "web", &token, 10_000);
                    assert_eq!(client.run(&["SESSIONS.WIPE"]), Reply::Int(1));
                }
                3 => drop(client.run(&["SESSIONS.KILLSOID", "web", &id, "EXCEPT", &token])),
                4 => rotate_with_grace(&mut client, &token),
                _ => drop(client.run(&["SESSIONS.ROTATE", "web", &token]).text()),
            }
        }
        visitors_and_frameworks(&mut client);
        create(&mut client, "gone", "u1", &[]);
        create(&mut client, "gone", "", &["ANON"]);
        client.run(&["SESSIONS.KILLALL", "gone"]);
        left.push(create(&mut client, "web", "last", &["DATA", r#"{"a":1}"#]));
    }
    left
}

/// Rotates with a grace, uses the old token, and logs in by the old token and again by the next
/// one.
fn rotate_with_grace(client: &mut Client, token: &str) {
    let rotate = |client: &mut Client, token: &str, options: &str| {
        let options: Vec<&str> = options.split_whitespace().collect();
        let reply = client.run(&[&["SESSIONS.ROTATE", "web", token], &options[..]].concat());
        reply.text().to_owned()
    };
    let new = rotate(client, token, "GRACE 60");
    client.run(&["SESSIONS.INCR", "web", token, "n"]).int();
    assert_eq!(rotate(client, token, "GRACE 5 TTL 700"), new);
    let logged_in = rotate(client, token, "ID grace GRACE 60");
    assert_eq!(rotate(client, token, "ID grace"), logged_in);
    let again = rotate(client, &logged_in, "ID grace GRACE 60");
    client.run(&["SESSIONS.SAVE", "web", &again, "{}", "ANON"]).int();
}

/// Anonymous sessions, sessions with tokens that a framework generates, and changes between both
/// kinds.
fn visitors_and_frameworks(client: &mut Client) {
    for letter in 'a'..='l' {
        let token = token_of(letter);
        let mut save = |words: &[&str]| {
            let words = [&["SESSIONS.SAVE", "web", &token], words].concat();
            client.run(&words).int()
        };
        let made: &[&str] = match letter as u32 % 3 {
            0 => &["{}"],
            1 => &[r#"{"n":41,"null":null}"#, "NX", "ID", "u:1", "UA", "Mozilla/5.0 (é)"],
            _ => &[r#"{"n":1}"#, "NX", "ANON", "TTL", "300", "LIFETIME", "900", "IP", "::1"],
        };
        assert_eq!(save(made), 2);
        assert_eq!(save(&[r#"{"é":[1.0]}"#, "XX", "IFW", "1", "NORESAVE"]), 1);
        assert_eq!(save(&["{}", "NX", "ID", "u:2"]), 0);
        age_everywhere(client, "web", &token, i64::from(letter as u32 % 4) * 7);
        assert_eq!(client.run(&["SESSIONS.INCR", "web", &token, "n", "BY", "-3"]).int(), -3);
        let changes = ["{}", "TTL", "900", "LIFETIME", "800"];
        client
            .run(&[&["SESSIONS.SET", "web", &token], &changes[..]].concat())
            .session();
        let last: &[&str] = match letter as u32 % 4 {
            0 => &["SESSIONS.SAVE", "web", &token, "{}", "ID", "u:3", "IP", "", "UA", ""],
            1 => &["SESSIONS.SAVE", "web", &token, r#"{"a":1}"#, "ANON", "TTL", "60"],
            2 => &[
                "SESSIONS.ROTATE",
                "web",
                &token,
                "ID",
                "u:4",
                "DATA",
                r#"{"n":null}"#,
                "UA",
                "x",
            ],
            _ => &[
                "SESSIONS.ROTATE",
                "web",
                &token,
                "ANON",
                "TTL",
                "70",
                "LIFETIME",
                "60",
                "IP",
                "::2",
            ],
        };
        let reply = client.run(last);
        assert!(
            !matches!(reply, Reply::Error(_) | Reply::Nil | Reply::Int(0)),
            "{reply:?}"
        );
    }
    let timed_out = token_of('z');
    let save = ["SESSIONS.SAVE", "web", &timed_out, r#"{"a":1}"#, "TTL", "1"];
    for ids in [["ID", "before"], ["ID", "after"]] {
        assert_eq!(client.run(&[&save[..], &ids[..]].concat()).int(), 2);
        age_everywhere(client, "web", &timed_out, 10);
    }
}

#[test]
fn primary_and_replica_hold_the_same_data() {
    let primary = Server::builder().tcp().start();
    let replica = Server::builder().replica_of(&primary).start();
    let plain = Server::builder().without_module().replica_of(&primary).start();
    for replica in [&replica, &plain] {
        replica.catch_up_with(&primary);
    }
    live_through(&primary);
    let wanted = digest(&mut primary.client());
    for replica in [&replica, &plain] {
        replica.catch_up_with(&primary);
        assert_eq!(digest(&mut replica.client()), wanted);
    }
}

#[test]
fn a_replica_returns_the_reading_commands_and_refuses_the_writing_ones() {
    let primary = Server::builder().tcp().start();
    let replica = Server::builder().replica_of(&primary).start();
    let token = create(&mut primary.client(), "web", "u1", &[]);
    replica.catch_up_with(&primary);
    let mut client = replica.client();
    let sid = client
        .run(&["SESSIONS.PEEK", "web", &token])
        .session()
        .text("sid")
        .to_owned();
    let before = digest(&mut client);
    for command in [
        "PEEK web {}",
        "EXISTS web {}",
        "SOID web u1",
        "SOID web u1 ONLY {sid} NODATA",
        "SOAPP web 60",
        "SOAPP web 60 NODATA WITHTOKENS JSON",
        "ACTIVITY web 60",
        "COUNT web DT 60",
        "COUNTSOID web u1",
        "USERS web 60",
        "HELP",
    ] {
        let reply = client.line(&format!(
            "SESSIONS.{}",
            command.replace("{}", &token).replace("{sid}", &sid)
        ));
        assert!(
            !matches!(reply, Reply::Error(_) | Reply::Nil | Reply::Int(0)) && reply != Reply::List(vec![]),
            "{command}: {reply:?}"
        );
    }
    for command in [
        "CREATE web u1",
        "GET web {}",
        "SET web {} {\"a\":1}",
        "SAVE web {} {\"a\":1}",
        "INCR web {} a",
        "TOUCH web {}",
        "ROTATE web {}",
        "KILL web {}",
        "KILLSOID web u1",
        "KILLALL web",
        "WIPE",
    ] {
        let reply = client.line(&format!("SESSIONS.{}", command.replace("{}", &token)));
        assert!(reply.error().starts_with("READONLY "), "{command}: {reply:?}");
    }
    assert_eq!(digest(&mut client), before);
}

#[test]
fn a_promoted_replica_continues() {
    let mut primary = Server::builder().tcp().start();
    let replica = Server::builder().replica_of(&primary).start();
    let left = live_through(&primary);
    replica.catch_up_with(&primary);
    primary.kill9();
    let mut client = replica.client();
    client.run(&["REPLICAOF", "NO", "ONE"]);
    let session = client.run(&["SESSIONS.GET", "web", &left[0]]).session();
    assert_eq!((session.text("id"), session.text("d")), ("last", r#"{"a":1}"#));
    create(&mut client, "web", "new", &[]);
    client.run(&["SESSIONS.KILLALL", "web"]).int();
    assert_no_keys(&mut client);
}

#[test]
fn the_aof_brings_everything_back_with_and_without_the_module() {
    let mut server = Server::builder().aof().start();
    let left = live_through(&server);
    let wanted = digest(&mut server.client());
    server.kill9();
    server.start_again();
    assert_eq!(digest(&mut server.client()), wanted);
    assert_eq!(
        server
            .client()
            .run(&["SESSIONS.PEEK", "web", &left[0]])
            .session()
            .text("id"),
        "last"
    );
    server.restart_without_module();
    assert_eq!(digest(&mut server.client()), wanted);
    assert!(
        server
            .client()
            .run(&["SESSIONS.HELP"])
            .error()
            .starts_with("ERR unknown command")
    );
}

#[test]
fn rdb_files_and_aof_rewrites_bring_everything_back() {
    let server = Server::builder().aof().start();
    live_through(&server);
    let mut client = server.client();
    let wanted = digest(&mut client);
    assert_eq!(client.run(&["DEBUG", "RELOAD"]), "OK".into());
    assert_eq!(digest(&mut client), wanted);
    client.run(&["BGREWRITEAOF"]);
    wait_until(GENEROUS, "the AOF is rewritten", || {
        server.info("aof_rewrite_in_progress") == "0" && server.info("aof_rewrite_scheduled") == "0"
    });
    assert_eq!(client.run(&["DEBUG", "LOADAOF"]), "OK".into());
    assert_eq!(digest(&mut client), wanted);
}

/// The module replaces the strings that it keeps for such commands while the script runs.
#[test]
fn a_script_of_thousands_of_uses_reaches_replicas_as_a_whole() {
    let primary = Server::builder().tcp().start();
    let replica = Server::builder().without_module().replica_of(&primary).start();
    replica.catch_up_with(&primary);
    let mut client = primary.client();
    let tokens: Vec<String> = (0..20).map(|_| create(&mut client, "web", "u1", &[])).collect();
    let script = "for _ = 1, 300 do for _, token in ipairs(ARGV) do redis.call('SESSIONS.GET', 'web', token) end end";
    let tokens: Vec<&str> = tokens.iter().map(String::as_str).collect();
    client.run(&[&["EVAL", script, "0"], &tokens[..]].concat());
    for token in &tokens {
        let session = client.run(&["SESSIONS.PEEK", "web", token]).session();
        assert_eq!(session.int("r"), 301);
    }
    replica.catch_up_with(&primary);
    assert_eq!(digest(&mut replica.client()), digest(&mut client));
}

#[test]
fn every_write_is_noticed_by_save_points_and_watchers() {
    let server = Server::start();
    let mut client = server.client();
    let token = create(&mut client, "web", "u1", &[]);
    let changes = |server: &Server| server.info("rdb_changes_since_last_save").parse::<i64>().unwrap();
    for command in [
        "SESSIONS.GET web {}",
        "SESSIONS.TOUCH web {}",
        "SESSIONS.SET web {} {\"a\":1}",
        "SESSIONS.SET web {} {\"b\":1} TTL 500",
        "SESSIONS.INCR web {} n",
        "SESSIONS.SAVE web {} {\"c\":1} ID u3",
        "SESSIONS.CREATE web u2",
        "SESSIONS.CREATE web visitor ANON",
        "SESSIONS.KILL web {}",
    ] {
        age(&mut client, "web", &token, 1);
        let before = changes(&server);
        client.line(&command.replace("{}", &token));
        assert!(changes(&server) > before, "{command}");
    }
    let before = changes(&server);
    client.run(&["SESSIONS.GET", "web", &token]);
    client.run(&["SESSIONS.KILL", "web", &token]);
    assert_eq!(changes(&server), before, "nothing was written");
}
