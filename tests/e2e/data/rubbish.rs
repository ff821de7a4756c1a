//! Keys and members that other programs wrote instead of the module: the result is an error, null
//! or nothing, but never a crash and never another user's session.

use crate::harness::*;

/// Every command, about app `web` and id `u1`; `{}` is replaced by the token.
const COMMANDS: [&str; 22] = [
    "SESSIONS.GET web {}",
    "SESSIONS.GET web {} JSON",
    "SESSIONS.PEEK web {}",
    "SESSIONS.EXISTS web {}",
    "SESSIONS.SET web {} {\"a\":1}",
    "SESSIONS.INCR web {} n",
    "SESSIONS.TOUCH web {} TTL 60",
    "SESSIONS.SOID web u1 WITHTOKENS",
    "SESSIONS.SOAPP web 0",
    "SESSIONS.SOAPP web 60 JSON",
    "SESSIONS.ACTIVITY web 0",
    "SESSIONS.ACTIVITY web 60",
    "SESSIONS.COUNT web",
    "SESSIONS.COUNT web DT 60",
    "SESSIONS.COUNTSOID web u1",
    "SESSIONS.USERS web 60",
    "SESSIONS.CREATE web u1",
    "SESSIONS.ROTATE web {}",
    "SESSIONS.KILLSOID web u1",
    "SESSIONS.KILL web {}",
    "SESSIONS.KILLALL web",
    "SESSIONS.WIPE",
];

#[test]
fn a_foreign_key_in_any_place_returns_wrongtype_or_is_skipped() {
    let server = Server::start();
    let mut client = server.client();
    let keys = [
        "rs:web:{}",
        "rs:web:_sessions",
        "rs:web:_users",
        "rs:web:us:u1",
        "rs:SESSIONS",
    ];
    for key in keys {
        for other in [
            "SET {} x",
            "RPUSH {} x",
            "SADD {} x",
            "ZADD {} 1 x",
            "HSET {} f x",
            "XADD {} * f x",
        ] {
            for command in COMMANDS {
                client.run(&["FLUSHALL"]);
                let token = create(&mut client, "web", "u1", &[]);
                let bystander = create(&mut client, "shop", "u1", &[]);
                let key = key.replace("{}", &token);
                client.run(&["DEL", &key]);
                client.line(&other.replace("{}", &key));
                let reply = client.line(&command.replace("{}", &token));
                if let Reply::Error(text) = &reply {
                    assert_eq!(text, WRONGTYPE, "{command} with {other} as {key}");
                }
                assert_eq!(
                    client.run(&["EXISTS", &format!("rs:shop:{bystander}")]),
                    Reply::Int(1),
                    "{command} {other} {key}"
                );
            }
        }
    }
}

#[test]
fn rubbish_members_name_no_session_and_no_other_key() {
    let server = Server::start();
    let mut client = server.client();
    let token = create(&mut client, "web", "u1", &[]);
    let other = create(&mut client, "web", "u2", &[]);
    let members = [
        "",
        ":",
        "::",
        "x",
        "x:y",
        "web:",
        "web:x",
        "web:x:",
        "web:_sessions:u1",
        "_users:u1",
        "us:u2",
        "_sessions",
        "web:us:u2",
        "a b:c:d",
        "web:us:u2:u1",
        "\u{ff}",
        "%s%n",
    ];
    for member in members {
        client.run(&["ZADD", "rs:web:_sessions", "1", member]);
        client.run(&["ZADD", "rs:SESSIONS", "1", member]);
        client.run(&["SADD", "rs:web:us:u1", member]);
    }
    for (key, add) in [
        ("rs:web:_sessions", "ZADD"),
        ("rs:SESSIONS", "ZADD"),
        ("rs:web:us:u1", "SADD"),
    ] {
        let mut words: Vec<&[u8]> = vec![add.as_bytes(), key.as_bytes()];
        words.extend((add == "ZADD").then_some(&b"-inf"[..]));
        words.push(b"\xff\0\r\n");
        client.run(&words);
    }
    assert_eq!(client.run(&["SESSIONS.SOID", "web", "u1"]).sessions().len(), 1);
    assert_eq!(client.run(&["SESSIONS.SOAPP", "web", "0"]).sessions().len(), 2);
    assert_eq!(client.run(&["SESSIONS.COUNTSOID", "web", "u1"]), Reply::Int(1));
    assert_eq!(client.run(&["SESSIONS.WIPE"]), Reply::Int(0));
    assert_eq!(client.run(&["ZCARD", "rs:SESSIONS"]), Reply::Int(2));
    assert_eq!(client.run(&["SESSIONS.KILLSOID", "web", "u1"]), Reply::Int(1));
    assert_eq!(
        client.run(&["EXISTS", "rs:web:us:u1", &format!("rs:web:{token}")]),
        Reply::Int(0)
    );
    assert_eq!(client.run(&["SESSIONS.GET", "web", &other]).session().text("id"), "u2");
    assert_eq!(client.run(&["SMEMBERS", "rs:web:us:u2"]).texts(), [other.as_str()]);
    assert_eq!(client.run(&["SESSIONS.KILLALL", "web"]), Reply::Int(1));
    assert_no_keys(&mut client);
}

#[test]
fn an_index_that_names_anothers_session_does_not_reach_it() {
    let server = Server::start();
    let mut client = server.client();
    let theirs = create(&mut client, "web", "u2", &[]);
    let index_their_token_as_ours = |client: &mut Client| {
        client.run(&["SADD", "rs:web:us:u1", &theirs]);
        client.run(&["ZADD", "rs:web:_sessions", "5", &format!("{theirs}:u1")]);
        client.run(&["ZADD", "rs:web:_users", "5", "u1"]);
        client.run(&["ZADD", "rs:SESSIONS", "5", &format!("web:{theirs}:u1")]);
    };
    for command in ["SESSIONS.KILLSOID web u1", "SESSIONS.WIPE"] {
        index_their_token_as_ours(&mut client);
        assert_eq!(client.line("SESSIONS.SOID web u1"), Reply::List(vec![]));
        assert_eq!(client.line("SESSIONS.COUNTSOID web u1"), Reply::Int(0));
        assert_eq!(client.line(command), Reply::Int(0), "{command}");
        assert_eq!(
            client.run(&["SESSIONS.PEEK", "web", &theirs]).session().text("id"),
            "u2",
            "{command}"
        );
        assert_eq!(
            client.run(&["DBSIZE"]),
            Reply::Int(5),
            "{command} removes the stale entries"
        );
        assert_eq!(client.run(&["ZCARD", "rs:web:_sessions"]), Reply::Int(1), "{command}");
        assert_eq!(
            client.run(&["ZRANGE", "rs:web:_users", "0", "-1"]).texts(),
            ["u2"],
            "{command}"
        );
    }
    index_their_token_as_ours(&mut client);
    assert_eq!(client.line("SESSIONS.KILLALL web"), Reply::Int(1));
    assert_no_keys(&mut client);
}

#[test]
fn absurd_scores_are_survived() {
    let server = Server::start();
    let mut client = server.client();
    for value in [
        "inf",
        "-inf",
        "1e300",
        "-1e300",
        "0.5",
        "-0.5",
        "9007199254740993",
        "1e18",
        "9.3e18",
    ] {
        let token = create(&mut client, "web", "u1", &[]);
        client.run(&["ZADD", "rs:web:_sessions", value, &format!("{token}:u1")]);
        client.run(&["ZADD", "rs:web:_users", value, "u1"]);
        client.run(&["ZADD", "rs:SESSIONS", value, &format!("web:{token}:u1")]);
        for command in COMMANDS {
            let reply = client.line(&command.replace("{}", &token));
            assert!(
                !matches!(reply, Reply::Error(_)),
                "{command} at score {value}: {reply:?}"
            );
        }
        client.run(&["SESSIONS.KILLALL", "web"]).int();
        client.run(&["SESSIONS.WIPE"]).int();
        assert_no_keys(&mut client);
    }
}

#[test]
fn missing_index_entries_do_not_hide_a_session_from_its_token() {
    let server = Server::start();
    let mut client = server.client();
    for missing in ["rs:web:_sessions", "rs:web:_users", "rs:web:us:u1", "rs:SESSIONS"] {
        let token = create(&mut client, "web", "u1", &["DATA", r#"{"a":1}"#]);
        client.run(&["DEL", missing]);
        assert_eq!(
            client.run(&["SESSIONS.GET", "web", &token]).session().text("d"),
            r#"{"a":1}"#,
            "{missing}"
        );
        let new = client.run(&["SESSIONS.ROTATE", "web", &token]).text().to_owned();
        assert_eq!(client.run(&["DBSIZE"]), Reply::Int(5), "ROTATE restores {missing}");
        client.run(&["DEL", missing]);
        assert_eq!(client.run(&["SESSIONS.KILL", "web", &new]), Reply::Int(1), "{missing}");
        assert_no_keys(&mut client);
    }
}

#[test]
fn random_bytes_in_every_argument_are_survived() {
    let server = Server::start();
    let mut client = server.client();
    let token = create(&mut client, "web", "u1", &[]);
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut random = move |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % below as u64) as usize
    };
    let words: [&[u8]; 22] = [
        b"web",
        b"u1",
        token.as_bytes(),
        b"JSON",
        b"TTL",
        b"IP",
        b"DATA",
        b"LIMIT",
        b"0",
        b"-1",
        b"1",
        b"DT",
        b"ASC",
        b"ID",
        b"EXCEPT",
        b"ONLY",
        b"{\"a\":1}",
        b"{",
        b"",
        b"WITHTOKENS",
        b"NORESAVE",
        b"LIFETIME",
    ];
    for _ in 0..20_000 {
        let name = COMMANDS[random(COMMANDS.len())].split(' ').next().unwrap();
        let mut command = vec![name.as_bytes().to_vec()];
        for _ in 0..random(9) {
            command.push(match random(4) {
                0 => (0..random(80)).map(|_| random(256) as u8).collect(),
                _ => words[random(words.len())].to_vec(),
            });
        }
        client.run(&command);
    }
    assert_eq!(client.run(&["PING"]), "PONG".into());
    client.run(&["FLUSHALL"]);
    create(&mut client, "web", "u1", &[]);
}
