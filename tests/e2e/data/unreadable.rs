//! Stored sessions with text that the module would not write: broken `d`, bytes that are not UTF-8.

use super::with_field;
use crate::harness::*;

#[test]
fn data_that_is_not_a_json_object_is_shown_as_text_and_refused_by_set() {
    let server = Server::start();
    let mut client = server.client();
    let token = token_of('a');
    let deep = format!(r#"{{"a":{}{}}}"#, "[".repeat(32), "]".repeat(32));
    let cases: [(&[u8], &str); 13] = [
        (b"rubbish", r#""rubbish""#),
        (b"{", r#""{""#),
        (b"[1,2]", r#""[1,2]""#),
        (b"[{}]", r#""[{}]""#),
        (b"null", r#""null""#),
        (b"17", r#""17""#),
        (br#""text""#, r#""\"text\"""#),
        (br#"{"a":1}x"#, r#""{\"a\":1}x""#),
        (b"{a:1}", r#""{a:1}""#),
        (b"a\r\nb\0c", r#""a\r\nb\u0000c""#),
        (b"x\xffy", "\"x\u{fffd}y\""),
        (br#"\ud83d"#, r#""\\ud83d""#),
        (deep.as_bytes(), &format!("\"{}\"", deep.replace('"', "\\\""))),
    ];
    for (stored, in_json) in cases {
        with_field(&mut client, &token, "d", stored);
        let shown = String::from_utf8_lossy(stored).into_owned();
        let wanted = format!(r#","d":{{}},"d_text":{in_json}}}"#);
        for command in [["SESSIONS.GET", "web", &token], ["SESSIONS.PEEK", "web", &token]] {
            let session = client.run(&command).session();
            assert_eq!(
                session.get("d"),
                Some(&Reply::Text(stored.to_vec())),
                "{shown:?} natively"
            );
            let json = client.run(&[&command[..], &["JSON"]].concat());
            assert!(json.text().ends_with(&wanted), "{shown:?} in {json:?}");
        }
        for command in ["SESSIONS.SOID web u1 JSON", "SESSIONS.SOAPP web 0 JSON"] {
            let json = client.line(command);
            assert!(json.text().ends_with(&format!("{wanted}]")), "{shown:?} in {json:?}");
        }
        let reply = client.run(&["SESSIONS.SET", "web", &token, r#"{"a":1}"#]);
        assert_eq!(
            reply.error(),
            "ERR stored data is not a JSON object of at most 32 levels: replace it with SAVE",
            "{shown:?}"
        );
        let d = client.run(&["HGET", &format!("rs:web:{token}"), "d"]);
        assert_eq!(d, Reply::Text(stored.to_vec()), "SET left it");
        assert_eq!(
            client.run(&["SESSIONS.KILL", "web", &token]),
            Reply::Int(1),
            "{shown:?}"
        );
        assert_no_keys(&mut client);
    }
}

#[test]
fn a_session_without_data_has_an_empty_object_in_json_and_no_d_natively() {
    let server = Server::start();
    let mut client = server.client();
    let token = create(&mut client, "web", "u1", &["DATA", r#"{"a":null}"#]);
    let key = format!("rs:web:{token}");
    for stored in [None, Some("")] {
        if let Some(text) = stored {
            client.run(&["HSET", &key, "d", text]);
        }
        for command in [
            "SESSIONS.GET web {}",
            "SESSIONS.PEEK web {}",
            "SESSIONS.SET web {} {\"a\":null}",
        ] {
            let command = command.replace("{}", &token);
            let session = client.line(&command).session();
            assert!(!session.has("d"), "{command} with d {stored:?}: {session:?}");
            let json = client.line(&format!("{command} JSON"));
            assert!(json.text().ends_with(r#","d":{}}"#), "{command}: {json:?}");
        }
        for command in ["SESSIONS.SOID web u1", "SESSIONS.SOAPP web 0"] {
            assert!(!client.line(command).sessions()[0].has("d"), "{command}");
            let json = client.line(&format!("{command} JSON"));
            assert!(json.text().ends_with(r#","d":{}}]"#), "{command}: {json:?}");
        }
    }
}

#[test]
fn invalid_utf_8_inside_stored_data_is_replaced_in_json_only() {
    let server = Server::start();
    let mut client = server.client();
    let token = token_of('a');
    let stored = b"{\"a\":\"x\xff\xfey\"}";
    with_field(&mut client, &token, "d", stored);
    let session = client.run(&["SESSIONS.GET", "web", &token]).session();
    assert_eq!(session.get("d"), Some(&Reply::Text(stored.to_vec())));
    let json = client.run(&["SESSIONS.GET", "web", &token, "JSON"]);
    assert!(std::str::from_utf8(json.bytes()).is_ok(), "{json:?}");
    assert!(json.text().contains('\u{fffd}'), "{json:?}");

    with_field(&mut client, &token, "ip", b"1.2\xff");
    let session = client.run(&["SESSIONS.GET", "web", &token]).session();
    assert_eq!(session.get("ip"), Some(&Reply::Text(b"1.2\xff".to_vec())));
    let json = client.run(&["SESSIONS.GET", "web", &token, "JSON"]);
    assert!(json.text().contains("\"ip\":\"1.2\u{fffd}\""), "{json:?}");
}
