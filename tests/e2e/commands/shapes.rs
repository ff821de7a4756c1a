//! The form of replies: fields and their order, RESP2 and RESP3, JSON byte for byte.

use crate::harness::*;

/// A session with every possible field, last used `idle` seconds ago.
fn full(client: &mut Client, time: i64, idle: i64) -> String {
    let token = token_of('a');
    let (la, created, until) = (
        (time - idle).to_string(),
        (time - 60).to_string(),
        (time + 900).to_string(),
    );
    let fields = [
        ("id", "u:1"),
        ("r", "3"),
        ("w", "4"),
        ("ip", "10.0.0.1"),
        ("ua", "Zoë's \"browser\""),
        ("la", &la),
        ("ttl", "500"),
        ("created", &created),
        ("until", &until),
        ("no_resave", "1"),
        ("d", r#"{"a":"b c","n":1.0}"#),
    ];
    plant(client, "web", &token, &fields);
    token
}

const SID: &str = "ffe054fe7ae0cb6d";

#[test]
fn a_native_session_is_a_flat_array_in_resp2_and_a_map_in_resp3() {
    let server = Server::start();
    let mut time = 0;
    let replies = in_one_second(&mut server.client(), |client, start| {
        time = start;
        [server.client(), server.client_resp3()].map(|mut other| {
            let token = full(client, start, 20);
            let set = ["SESSIONS.SET", "web", &token, r#"{"n":null}"#];
            let peek = other.run(&["SESSIONS.PEEK", "web", &token]);
            let get = other.run(&["SESSIONS.GET", "web", &token]);
            let list = other.run(&["SESSIONS.SOID", "web", "u:1", "WITHTOKENS"]);
            let app = other.run(&["SESSIONS.SOAPP", "web", "60"]);
            let set = other.run(&set);
            (peek, get, list, app, set)
        })
    });
    let pairs = |head: &[(&str, Reply)], r: i64, w: i64, ttl: i64, idle: i64, d: &str| -> Vec<(Reply, Reply)> {
        let tail = [
            ("id", "u:1".into()),
            ("r", r.into()),
            ("w", w.into()),
            ("ttl", ttl.into()),
            ("idle", idle.into()),
            ("ip", "10.0.0.1".into()),
            ("ua", "Zoë's \"browser\"".into()),
            ("created", (time - 60).into()),
            ("until", (time + 900).into()),
            ("no_resave", 1.into()),
            ("d", d.into()),
        ];
        head.iter()
            .cloned()
            .chain(tail)
            .map(|(name, value)| (name.into(), value))
            .collect()
    };
    let d = r#"{"a":"b c","n":1.0}"#;
    let token = ("token", token_of('a').as_str().into());
    let sid = ("sid", SID.into());
    for ((peek, get, list, app, set), map) in replies.into_iter().zip([false, true]) {
        let shaped = |pairs: Vec<(Reply, Reply)>| match map {
            true => Reply::Map(pairs),
            false => Reply::List(pairs.into_iter().flat_map(|(name, value)| [name, value]).collect()),
        };
        assert_eq!(peek, shaped(pairs(std::slice::from_ref(&sid), 3, 4, 480, 20, d)));
        assert_eq!(get, shaped(pairs(std::slice::from_ref(&sid), 3, 4, 480, 20, d)));
        let listed = shaped(pairs(&[token.clone(), sid.clone()], 4, 4, 480, 0, d));
        assert_eq!(list, Reply::List(vec![listed]));
        assert_eq!(
            app,
            Reply::List(vec![shaped(pairs(std::slice::from_ref(&sid), 4, 4, 480, 0, d))])
        );
        let merged = r#"{"a":"b c"}"#;
        assert_eq!(set, shaped(pairs(std::slice::from_ref(&sid), 4, 5, 480, 0, merged)));
    }
}

#[test]
fn json_replies_are_one_string_byte_for_byte() {
    let server = Server::start();
    let mut client = server.client();
    let (time, replies) = in_one_second(&mut client, |client, time| {
        let token = full(client, time, 20);
        let commands: [&[&str]; 6] = [
            &["SESSIONS.PEEK", "web", &token, "JSON"],
            &["SESSIONS.GET", "web", &token, "JSON"],
            &["SESSIONS.SET", "web", &token, r#"{"x":null}"#, "JSON"],
            &["SESSIONS.SOID", "web", "u:1", "JSON"],
            &["SESSIONS.SOID", "web", "u:1", "WITHTOKENS", "JSON"],
            &["SESSIONS.SOAPP", "web", "0", "JSON", "WITHTOKENS", "LIMIT", "0", "1"],
        ];
        (time, commands.map(|command| client.run(command).text().to_owned()))
    });
    let body = |r: i64, w: i64, idle: i64| {
        format!(
            r#""id":"u:1","r":{r},"w":{w},"ttl":480,"idle":{idle},"ip":"10.0.0.1","ua":"Zoë's \"browser\"","created":{},"until":{},"no_resave":true,"d":{{"a":"b c","n":1.0}}}}"#,
            time - 60,
            time + 900
        )
    };
    let sid = format!(r#""sid":"{SID}","#);
    let token = format!(r#""token":"{}","#, token_of('a'));
    let wanted = [
        format!("{{{sid}{}", body(3, 4, 20)),
        format!("{{{sid}{}", body(3, 4, 20)),
        format!("{{{sid}{}", body(4, 5, 0)),
        format!("[{{{sid}{}]", body(4, 5, 0)),
        format!("[{{{token}{sid}{}]", body(4, 5, 0)),
        format!("[{{{token}{sid}{}]", body(4, 5, 0)),
    ];
    assert_eq!(replies, wanted);
}

#[test]
fn fields_that_are_not_known_are_omitted() {
    let server = Server::start();
    let mut client = server.client();
    let (bare, json) = in_one_second(&mut client, |client, time| {
        let token = token_of('a');
        plant(
            client,
            "web",
            &token,
            &[("id", "u1"), ("la", &time.to_string()), ("ttl", "100")],
        );
        let bare = client.run(&["SESSIONS.GET", "web", &token]).session();
        plant(
            client,
            "web",
            &token,
            &[("id", "u1"), ("la", &time.to_string()), ("ttl", "100")],
        );
        (bare, client.run(&["SESSIONS.PEEK", "web", &token, "JSON"]))
    });
    assert_eq!(bare.names(), ["sid", "id", "r", "w", "ttl", "idle"]);
    assert_eq!((bare.int("r"), bare.int("w")), (0, 0));
    let wanted = format!(r#"{{"sid":"{SID}","id":"u1","r":1,"w":0,"ttl":100,"idle":0,"d":{{}}}}"#);
    assert_eq!(json.text(), wanted);
}

#[test]
fn json_lists_hold_their_sessions_in_order() {
    let server = Server::start();
    let mut client = server.client();
    let text = in_one_second(&mut client, |client, time| {
        for (letter, idle) in [('a', 30), ('b', 0)] {
            let la = (time - idle).to_string();
            plant(
                client,
                "web",
                &token_of(letter),
                &[("id", "u1"), ("la", &la), ("ttl", "100")],
            );
        }
        client.run(&["SESSIONS.SOAPP", "web", "0", "JSON"]).text().to_owned()
    });
    let (first, second) = text.split_once("}},{").expect("two sessions");
    assert!(
        first.starts_with(r#"[{"sid":""#) && first.ends_with(r#""idle":0,"d":{"#),
        "{text}"
    );
    assert!(second.ends_with(r#""idle":30,"d":{}}]"#), "{text}");
}

#[test]
fn json_escapes_what_json_must_escape() {
    let server = Server::start();
    let mut client = server.client();
    for (id, ip, in_json) in [
        (r#"a"b\c"#, r#"x"y"#, r#""id":"a\"b\\c""#),
        ("é😀/", "é", r#""id":"é😀/""#),
    ] {
        let token = create(&mut client, "web", id, &["IP", ip]);
        let json = client.run(&["SESSIONS.PEEK", "web", &token, "JSON"]);
        assert!(json.text().contains(in_json), "{json:?}");
        let native = client.run(&["SESSIONS.PEEK", "web", &token]).session();
        assert_eq!((native.text("id"), native.text("ip")), (id, ip));
    }
}

#[test]
fn null_is_the_protocols_null_and_numbers_are_integers() {
    let server = Server::start();
    for mut client in [server.client(), server.client_resp3()] {
        let token = create(&mut client, "web", "u1", &[]);
        let reply = client.run(&["SESSIONS.INCR", "web", &token_of('n'), "a"]);
        assert_eq!(reply, Reply::Nil, "INCR");
        for command in ["GET", "PEEK", "ROTATE"] {
            let reply = client.run(&[&format!("SESSIONS.{command}"), "web", &token_of('n')]);
            assert_eq!(reply, Reply::Nil, "{command}");
        }
        let integers = ["SESSIONS.EXISTS web", "SESSIONS.TOUCH web", "SESSIONS.KILL web"];
        for command in integers {
            assert_eq!(client.line(&format!("{command} {token}")), Reply::Int(1), "{command}");
        }
        for command in [
            "KILLSOID web u1",
            "KILLALL web",
            "ACTIVITY web 0",
            "COUNT web",
            "COUNTSOID web u1",
            "WIPE",
        ] {
            assert_eq!(client.line(&format!("SESSIONS.{command}")), Reply::Int(0), "{command}");
        }
    }
}
