//! NORESAVE: use does not make the session live longer.

use crate::harness::*;

/// A session that ends 100 seconds after `la` and was last used `idle` seconds ago.
fn planted(client: &mut Client, token: &str, time: i64, idle: i64) {
    let la = (time - idle).to_string();
    let fields = [
        ("id", "u1"),
        ("r", "1"),
        ("w", "1"),
        ("la", &la),
        ("ttl", "100"),
        ("no_resave", "1"),
    ];
    plant(client, "web", token, &fields);
}

fn end(client: &mut Client, token: &str) -> i64 {
    let ttl: i64 = hash_field(client, "web", token, "ttl").unwrap().parse().unwrap();
    la(client, "web", token) + ttl
}

#[test]
fn replies_show_what_is_left_and_each_use_stores_it_with_la() {
    let server = Server::start();
    let mut client = server.client();
    let token = token_of('n');
    for command in ["GET", "SET", "PEEK"] {
        let (session, stored) = in_one_second(&mut client, |client, time| {
            planted(client, &token, time, 30);
            let name = format!("SESSIONS.{command}");
            let mut words = vec![name.as_str(), "web", &token];
            if command == "SET" {
                words.push(r#"{"a":1}"#);
            }
            let session = client.run(&words).session();
            let ttl = hash_field(client, "web", &token, "ttl").unwrap();
            (session, (time - la(client, "web", &token), ttl))
        });
        assert_eq!((session.int("ttl"), session.int("idle")), (70, 30), "{command}");
        assert_eq!(session.int("no_resave"), 1, "{command}");
        assert_eq!(session.int("w"), if command == "SET" { 2 } else { 1 }, "{command}");
        let wanted = if command == "PEEK" {
            (30, "100".into())
        } else {
            (0, "70".into())
        };
        assert_eq!(stored, wanted, "{command}");
    }
}

#[test]
fn no_use_moves_the_end_by_a_second() {
    let server = Server::start();
    let mut client = server.client();
    let time = now(&mut client);
    let mut token = token_of('n');
    planted(&mut client, &token, time, 5);
    for round in 0..40 {
        age_everywhere(&mut client, "web", &token, 1);
        let wanted = end(&mut client, &token);
        match round % 6 {
            0 => drop(client.run(&["SESSIONS.GET", "web", &token]).session()),
            1 => drop(client.run(&["SESSIONS.SET", "web", &token, r#"{"a":1}"#]).session()),
            2 => drop(client.run(&["SESSIONS.TOUCH", "web", &token]).int()),
            3 => drop(client.run(&["SESSIONS.INCR", "web", &token, "n"]).int()),
            4 => drop(client.run(&["SESSIONS.SAVE", "web", &token, "{}", "XX"]).int()),
            _ => token = client.run(&["SESSIONS.ROTATE", "web", &token]).text().to_owned(),
        }
        assert_eq!(end(&mut client, &token), wanted, "round {round}");
        let wipe_at = score(&mut client, "rs:SESSIONS", &format!("web:{token}:u1"));
        assert_eq!(wipe_at, Some(wanted), "round {round}");
    }
}

#[test]
fn it_lives_in_its_last_second_and_not_after() {
    let server = Server::start();
    let mut client = server.client();
    let token = token_of('n');
    let (last, over) = in_one_second(&mut client, |client, time| {
        planted(client, &token, time, 101);
        let over = client.run(&["SESSIONS.GET", "web", &token]);
        planted(client, &token, time, 100);
        let last = client.run(&["SESSIONS.GET", "web", &token]);
        (last, over)
    });
    assert_eq!(over, Reply::Nil);
    assert_eq!((last.session().int("ttl"), last.session().int("idle")), (0, 100));
}

#[test]
fn touch_with_ttl_gives_it_that_many_seconds_from_now() {
    let server = Server::start();
    let mut client = server.client();
    let token = token_of('n');
    let (ends, now) = in_one_second(&mut client, |client, time| {
        planted(client, &token, time, 30);
        client.run(&["SESSIONS.TOUCH", "web", &token, "TTL", "500"]).int();
        let wipe_at = score(client, "rs:SESSIONS", &format!("web:{token}:u1")).unwrap();
        ([end(client, &token), wipe_at], time)
    });
    assert_eq!(ends, [now + 500; 2]);
}

#[test]
fn only_a_stored_1_means_noresave() {
    let server = Server::start();
    let mut client = server.client();
    let la = now(&mut client).to_string();
    for (value, wanted) in [("1", true), ("0", false), ("", false), ("true", false), ("yes", false)] {
        let token = token_of('n');
        let fields = [("id", "u1"), ("la", la.as_str()), ("ttl", "500"), ("no_resave", value)];
        plant(&mut client, "web", &token, &fields);
        let session = client.run(&["SESSIONS.PEEK", "web", &token]).session();
        assert_eq!(session.has("no_resave"), wanted, "{value:?}");
        let json = client.run(&["SESSIONS.PEEK", "web", &token, "JSON"]);
        assert_eq!(json.text().contains(r#""no_resave":true"#), wanted, "{value:?}");
    }
}
