//! A session's id and IP: the values that CREATE accepts, and the values that redis-sessions stores
//! although CREATE would refuse them.

use crate::harness::*;

/// Ids that redis-sessions stores and CREATE refuses, and extreme values that CREATE accepts.
fn ids() -> Vec<Vec<u8>> {
    let mut ids = vec![vec![b'i'; 512], vec![b'i'; 513], "é".repeat(256).into_bytes()];
    ids.extend(["a\tb", "a\0b", "\0", "\r\n+OK\r\n", "\u{85}", "%s%n", ":", "a:b"].map(Into::into));
    ids.extend([b"\xff\xfe".to_vec(), b"a\xc3".to_vec()]);
    ids
}

fn run(client: &mut Client, words: &[&[u8]]) -> Reply {
    client.run(words)
}

/// A session as redis-sessions 4.0.0 stores it.
fn plant_bytes(client: &mut Client, token: &str, id: &[u8]) {
    let time = now(client).to_string();
    let end = (now(client) + 7200).to_string();
    let member = [token.as_bytes(), b":", id].concat();
    let due = [b"web:", &member[..]].concat();
    let tokens = [b"rs:web:us:", id].concat();
    let key = format!("rs:web:{token}");
    let fields: [&[u8]; 10] = [
        b"id",
        id,
        b"r",
        b"1",
        b"w",
        b"1",
        b"la",
        time.as_bytes(),
        b"ttl",
        b"7200",
    ];
    run(client, &[&[b"HSET", key.as_bytes()], &fields[..]].concat());
    run(client, &[b"ZADD", b"rs:web:_sessions", time.as_bytes(), &member]);
    run(client, &[b"ZADD", b"rs:web:_users", time.as_bytes(), id]);
    run(client, &[b"SADD", &tokens, token.as_bytes()]);
    run(client, &[b"ZADD", b"rs:SESSIONS", end.as_bytes(), &due]);
}

#[test]
fn any_id_that_redis_sessions_has_stored_can_be_listed_and_killed() {
    let server = Server::start();
    for mut client in [server.client(), server.client_resp3()] {
        for id in ids() {
            let (one, other) = (token_of('a'), token_of('b'));
            plant_bytes(&mut client, &one, &id);
            plant_bytes(&mut client, &other, &id);
            assert_eq!(
                run(&mut client, &[b"SESSIONS.COUNTSOID", b"web", &id]),
                Reply::Int(2),
                "{id:?}"
            );
            let listed = run(&mut client, &[b"SESSIONS.SOID", b"web", &id, b"WITHTOKENS"]).sessions();
            assert_eq!(listed.len(), 2, "{id:?}");
            assert!(
                listed
                    .iter()
                    .all(|session| session.get("id").expect("id").bytes() == id),
                "{listed:?}"
            );
            assert_eq!(
                run(&mut client, &[b"SESSIONS.SOAPP", b"web", b"60"]).sessions().len(),
                2
            );
            let users = run(&mut client, &[b"SESSIONS.USERS", b"web", b"60"]);
            assert_eq!(users.list()[0].bytes(), id);

            let json = run(&mut client, &[b"SESSIONS.SOID", b"web", &id, b"JSON"]);
            let parsed: Vec<serde_json::Value> = serde_json::from_slice(json.bytes()).expect("JSON");
            assert_eq!(parsed.len(), 2, "{json:?}");
            assert_eq!(parsed[0]["id"], String::from_utf8_lossy(&id).as_ref(), "{json:?}");

            let rotated = client.run(&["SESSIONS.ROTATE", "web", &one]).text().to_owned();
            assert_eq!(client.run(&["HGET", &format!("rs:web:{rotated}"), "id"]).bytes(), id);
            let killed = run(
                &mut client,
                &[b"SESSIONS.KILLSOID", b"web", &id, b"EXCEPT", rotated.as_bytes()],
            );
            assert_eq!(killed, Reply::Int(1), "{id:?}");
            assert_eq!(
                run(&mut client, &[b"SESSIONS.KILLSOID", b"web", &id]),
                Reply::Int(1),
                "{id:?}"
            );
            assert_no_keys(&mut client);
        }
    }
    let log = server.log();
    assert!(!log.contains("iiii") && !log.contains("internal error"), "{log}");
}

#[test]
fn any_id_that_redis_sessions_has_stored_is_wiped_once_it_has_timed_out() {
    let server = Server::start();
    let mut client = server.client();
    for id in ids() {
        let token = token_of('a');
        plant_bytes(&mut client, &token, &id);
        let due = [b"web:", token.as_bytes(), b":", &id].concat();
        client.run(&["HSET", &format!("rs:web:{token}"), "la", "1000"]);
        run(&mut client, &[b"ZADD", b"rs:SESSIONS", b"8200", &due]);
        assert_eq!(client.run(&["SESSIONS.WIPE"]), Reply::Int(1), "{id:?}");
        assert_no_keys(&mut client);
    }
}

#[test]
fn an_id_of_512_bytes_is_created_and_listed() {
    let server = Server::start();
    let mut client = server.client();
    for id in ["i".repeat(512), "é".repeat(256)] {
        let token = create(&mut client, "web", &id, &[]);
        assert_eq!(slot(&token), slot(&id));
        let visitor = create(&mut client, "web", "visitor", &[]);
        let rotated = client.run(&["SESSIONS.ROTATE", "web", &visitor, "ID", &id]);
        assert!(is_token(rotated.text()), "{rotated:?}");
        assert_eq!(client.run(&["SESSIONS.SOID", "web", &id]).sessions().len(), 2);
        assert_eq!(client.run(&["SESSIONS.KILLSOID", "web", &id]), Reply::Int(2));
        assert_no_keys(&mut client);
    }
}

#[test]
fn an_empty_ip_is_unknown_and_not_stored() {
    let server = Server::start();
    let mut client = server.client();
    let token = create(&mut client, "web", "u1", &["IP", ""]);
    assert_eq!(hash_field(&mut client, "web", &token, "ip"), None);
    let session = client.run(&["SESSIONS.PEEK", "web", &token]).session();
    assert!(!session.names().contains(&"ip"), "{session:?}");
}

#[test]
fn a_forwarded_list_of_256_bytes_is_kept_as_it_is() {
    let server = Server::start();
    let mut client = server.client();
    let list = "203.0.113.7, ".repeat(20)[..256].to_owned();
    let token = create(&mut client, "web", "u1", &["IP", &list]);
    let session = client.run(&["SESSIONS.PEEK", "web", &token]).session();
    assert_eq!(session.text("ip"), list);
}
