//! The headers of a 200: all headers of the app, and nothing that opens a session.

use super::{Asked, session_of_ann, sid};
use crate::harness::{create, plant, sid_of, token_of};

const HEADERS: &str = "headers = { X-Session-Role = \"role\", X-Session-Plan = \"plan\" }";

#[test]
fn the_headers_have_the_user_the_sid_and_every_value_of_the_app() {
    let asked = Asked::about(HEADERS);
    let data = r#"{"role":"admin","plan":{"seats": 5, "until": null},"other":1}"#;
    let token = create(&mut asked.client(), "webapp", "ann@example.com", &["DATA", data]);
    let response = asked.told_of(&sid(&token)).assert_status(200);
    assert_eq!(response.header("x-session-user"), Some("ann@example.com"));
    assert_eq!(response.header("x-session-id"), Some(sid_of(&token).as_str()));
    assert_eq!(response.header("x-session-role"), Some("admin"));
    let plan = "%7B%22seats%22:5%2C%22until%22:null%7D";
    assert_eq!(response.header("x-session-plan"), Some(plan));
    assert_eq!(response.header("cache-control"), Some("no-store"));
    assert!(response.bytes().is_empty());
}

#[test]
fn every_header_is_present_even_without_a_value() {
    let asked = Asked::about(HEADERS);
    let mut client = asked.client();
    let anonymous = create(&mut client, "webapp", "", &["ANON"]);
    let broken = token_of('b');
    let now = crate::harness::now(&mut client).to_string();
    let fields = [
        ("id", "u"),
        ("r", "1"),
        ("w", "1"),
        ("la", &now),
        ("ttl", "100"),
        ("d", "[1"),
    ];
    plant(&mut client, "webapp", &broken, &fields);
    for (token, user) in [(anonymous, ""), (session_of_ann(&mut client), "ann"), (broken, "u")] {
        let response = asked.told_of(&sid(&token)).assert_status(200);
        assert_eq!(response.header("x-session-user"), Some(user));
        for name in ["x-session-role", "x-session-plan"] {
            assert_eq!(response.header(name), Some(""), "{name}");
        }
    }
}

#[test]
fn text_in_an_id_or_in_data_never_becomes_a_header() {
    let asked = Asked::about(HEADERS);
    let mut client = asked.client();
    let data = r#"{"role":"a\r\nX-Session-User: root\r\n\r\n<b>","plan":"\u0000\ud83d"}"#;
    let token = create(&mut client, "webapp", "Zoë, \"<b>\";", &["DATA", data]);
    let response = asked.told_of(&sid(&token)).assert_status(200);
    assert_eq!(
        response.header("x-session-user"),
        Some("Zo%C3%AB%2C%20%22%3Cb%3E%22%3B")
    );
    assert_eq!(
        response.header("x-session-role"),
        Some("a%0D%0AX-Session-User:%20root%0D%0A%0D%0A%3Cb%3E")
    );
    assert_eq!(response.header("x-session-plan"), Some("%00%EF%BF%BD"));
    // An id that redis-sessions stores and the module would refuse.
    let odd = token_of('o');
    let now = crate::harness::now(&mut client).to_string();
    let fields = [
        ("id", "a\nX-Session-Role: root"),
        ("r", "1"),
        ("w", "1"),
        ("la", &now),
        ("ttl", "100"),
    ];
    plant(&mut client, "webapp", &odd, &fields);
    let response = asked.told_of(&sid(&odd)).assert_status(200);
    assert_eq!(response.header("x-session-user"), Some("a%0AX-Session-Role:%20root"));
    assert_eq!(response.header("x-session-role"), Some(""));
}

#[test]
fn values_beyond_4_kb_are_empty_and_counted() {
    let asked = Asked::about(HEADERS);
    let data = format!(r#"{{"plan":"{}","role":"{}"}}"#, "p".repeat(4070), "r".repeat(20));
    let token = create(&mut asked.client(), "webapp", "ann", &["DATA", &data]);
    let response = asked.told_of(&sid(&token)).assert_status(200);
    assert_eq!(response.header("x-session-plan"), Some("p".repeat(4070).as_str()));
    assert_eq!(response.header("x-session-role"), Some(""));
    let ops = asked.service.as_key(asked.service.key("ops"));
    let metrics = ops.get("/metrics").send().assert_status(200);
    let line = "sessions_http_auth_values_left_out_total{app=\"webapp\"} 1";
    assert!(metrics.text().contains(line), "{}", metrics.text());
}

#[test]
fn no_response_holds_a_token_not_even_within_a_grace() {
    let asked = Asked::about(HEADERS);
    let mut client = asked.client();
    let old = session_of_ann(&mut client);
    let present = client.run(&["SESSIONS.ROTATE", "webapp", &old, "GRACE", "60"]);
    let present = present.text().to_owned();
    for token in [&old, &present] {
        let response = asked.told_of(&sid(token)).assert_status(200);
        assert_eq!(response.header("x-session-id"), Some(sid_of(&present).as_str()));
        let shown = format!("{response:?}");
        assert!(!shown.contains(&old) && !shown.contains(&present), "{shown}");
    }
    let log = asked.service.log();
    assert!(!log.contains(&old) && !log.contains(&present), "{log}");
}

#[test]
fn where_users_are_required_an_anonymous_session_does_not_count() {
    let asked = Asked::about("users-only = true");
    let mut client = asked.client();
    let anonymous = create(&mut client, "webapp", "", &["ANON"]);
    super::assert_unknown(asked.told_of(&sid(&anonymous)));
    super::assert_ann(asked.told_of(&sid(&session_of_ann(&mut client))));
}
