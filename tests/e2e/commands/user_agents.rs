//! CREATE … UA: whatever a client sends as its user agent is stored as text and shown.

use crate::harness::*;

#[test]
fn a_log_in_never_fails_because_of_its_user_agent() {
    let server = Server::start();
    let mut client = server.client();
    let long = "日".repeat(200);
    let cases: [(&[u8], &str); 7] = [
        (b"Mozilla/5.0 (X11; Linux x86_64)", "Mozilla/5.0 (X11; Linux x86_64)"),
        ("Zoë's \"browser\" 😀".as_bytes(), "Zoë's \"browser\" 😀"),
        (b"a\tb\r\nc\0d\x7fe\xc2\x85f", "a b  c d e f"),
        (b"\xff\xfea\xc3", "\u{fffd}\u{fffd}a\u{fffd}"),
        (&[b'x'; 100_000], &"x".repeat(512)),
        (long.as_bytes(), &"日".repeat(170)),
        (b" ", " "),
    ];
    for (given, kept) in cases {
        let command: [&[u8]; 5] = [b"SESSIONS.CREATE", b"web", b"u1", b"UA", given];
        let token = client.run(&command).text().to_owned();
        assert_eq!(hash_field(&mut client, "web", &token, "ua").as_deref(), Some(kept));
        for command in ["PEEK", "GET"] {
            let native = client.line(&format!("SESSIONS.{command} web {token}")).session();
            assert_eq!(native.text("ua"), kept);
            let json = client.line(&format!("SESSIONS.{command} web {token} JSON"));
            let json: serde_json::Value = serde_json::from_str(json.text()).unwrap();
            assert_eq!(json["ua"], kept);
        }
    }
}

#[test]
fn an_empty_user_agent_is_unknown_and_not_stored() {
    let server = Server::start();
    let mut client = server.client();
    let token = create(&mut client, "web", "u1", &["UA", ""]);
    assert_eq!(hash_field(&mut client, "web", &token, "ua"), None);
    let session = client.run(&["SESSIONS.PEEK", "web", &token]).session();
    assert!(!session.names().contains(&"ua"), "{session:?}");
}

#[test]
fn an_ip_or_user_agent_that_is_stored_empty_is_unknown() {
    let server = Server::start();
    let mut client = server.client();
    let token = create(&mut client, "web", "u1", &["IP", "::1", "UA", "curl"]);
    let key = format!("rs:web:{token}");
    client.run(&["HSET", &key, "ip", "", "ua", ""]);
    let session = client.run(&["SESSIONS.GET", "web", &token]).session();
    assert_eq!(session.names(), ["sid", "id", "r", "w", "ttl", "idle", "created"]);
    let json = client.run(&["SESSIONS.GET", "web", &token, "JSON"]);
    assert!(
        !json.text().contains(r#""ip""#) && !json.text().contains(r#""ua""#),
        "{json:?}"
    );
}

#[test]
fn a_stored_user_agent_that_is_not_utf_8_is_replaced_in_json_only() {
    let server = Server::start();
    let mut client = server.client();
    let token = create(&mut client, "web", "u1", &[]);
    let key = format!("rs:web:{token}");
    let command: [&[u8]; 4] = [b"HSET", key.as_bytes(), b"ua", b"x\xff\n"];
    client.run(&command).int();
    let native = client.run(&["SESSIONS.GET", "web", &token]).session();
    assert_eq!(native.get("ua"), Some(&Reply::Text(b"x\xff\n".to_vec())));
    let json = client.run(&["SESSIONS.GET", "web", &token, "JSON"]);
    assert!(json.text().contains("\"ua\":\"x\u{fffd}\\n\""), "{json:?}");
}

#[test]
fn every_field_is_read_whichever_others_the_hash_has() {
    let server = Server::start();
    let mut client = server.client();
    let optional = [
        ("ip", "::1"),
        ("ua", "curl"),
        ("created", "1"),
        ("until", "99999999999"),
        ("no_resave", "1"),
        ("d", "{}"),
    ];
    let la = now(&mut client).to_string();
    for chosen in 0..1_usize << optional.len() {
        for foreign in [None, Some(("not_ours", "x"))] {
            let chosen: Vec<_> = (0..optional.len())
                .filter(|place| chosen & 1 << place != 0)
                .map(|place| optional[place])
                .collect();
            client.run(&["FLUSHALL"]);
            let token = token_of('a');
            let needed = [("id", "u1"), ("la", la.as_str()), ("ttl", "7200")];
            let fields: Vec<_> = needed
                .into_iter()
                .chain(chosen.iter().copied())
                .chain(foreign)
                .collect();
            plant(&mut client, "web", &token, &fields);
            let session = client.run(&["SESSIONS.PEEK", "web", &token]).session();
            let names = session.names();
            let wanted = ["sid", "id", "r", "w", "ttl", "idle"].into_iter();
            let wanted: Vec<&str> = wanted.chain(chosen.iter().map(|(name, _)| *name)).collect();
            assert_eq!(names, wanted);
        }
    }
}
