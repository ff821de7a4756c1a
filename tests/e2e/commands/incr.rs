//! SESSIONS.INCR app token key [BY n]

use super::{
    assert_plain, check_arguments, check_counts, check_options, check_wrong_types, digest, plant_within_a_step,
};
use crate::harness::*;

const NOT_WHOLE: &str =
    "ERR not a whole number: the value of the key must be a 64-bit integer without fraction or exponent";
const OUT_OF_RANGE: &str = "ERR out of range: the result must be a 64-bit integer";

fn stored(client: &mut Client, token: &str) -> Option<String> {
    hash_field(client, "web", token, "d")
}

#[test]
fn incr_returns_the_sum_counts_a_write_and_refreshes() {
    let server = Server::start();
    for mut client in [server.client(), server.client_resp3()] {
        let token = create(&mut client, "web", "u1", &["TTL", "100", "DATA", r#"{"cart":3}"#]);
        age(&mut client, "web", &token, 40);
        for (tail, sum) in [
            (&["cart"][..], 4),
            (&["cart", "BY", "38"], 42),
            (&["cart", "by", "-50"], -8),
            (&["cart", "BY", "0"], -8),
            (&["failed"], 1),
            (&["nothing", "BY", "0"], 0),
        ] {
            let reply = client.run(&[&["SESSIONS.INCR", "web", &token], tail].concat());
            assert_eq!(reply, Reply::Int(sum), "{tail:?}");
        }
        let session = client.run(&["SESSIONS.PEEK", "web", &token]).session();
        assert_eq!((session.int("r"), session.int("w"), session.int("ttl")), (1, 7, 100));
        assert!((0..=1).contains(&session.int("idle")), "INCR refreshes: {session:?}");
        assert_eq!(session.text("d"), r#"{"cart":-8,"failed":1,"nothing":0}"#);
    }
}

#[test]
fn incr_returns_null_for_unknown_and_timed_out_sessions_and_changes_nothing() {
    let server = Server::start();
    for mut client in [server.client(), server.client_resp3()] {
        let token = create(&mut client, "web", "u1", &["TTL", "100"]);
        age(&mut client, "web", &token, 101);
        let before = digest(&mut client);
        for tail in [&[][..], &["BY", "5"]] {
            for (app, token) in [("web", token_of('n').as_str()), ("other", &token), ("web", &token)] {
                let reply = client.run(&[&["SESSIONS.INCR", app, token, "n"], tail].concat());
                assert_eq!(reply, Reply::Nil, "{app} {token}");
            }
        }
        assert_eq!(digest(&mut client), before);
    }
}

#[test]
fn the_number_changes_in_place_and_all_other_text_stays() {
    let server = Server::start();
    let mut client = server.client();
    let token = create(&mut client, "web", "u1", &[]);
    for (before, key, after) in [
        (
            r#"{"x":1E+5,"n":41,"y":[ 1, {"n":7} ],"z":12345678901234567890,"e":"\u0000\/"}"#,
            "n",
            r#"{"x":1E+5,"n":42,"y":[ 1, {"n":7} ],"z":12345678901234567890,"e":"\u0000\/"}"#,
        ),
        (r#"{"a":{"n":1}}"#, "n", r#"{"a":{"n":1},"n":1}"#),
        (r#"{"a":{"n":1}}"#, "a.n", r#"{"a":{"n":1},"a.n":1}"#),
        (r#"{"n":null,"a":1.0}"#, "n", r#"{"n":1,"a":1.0}"#),
        (r#"{"n":-1}"#, "n", r#"{"n":0}"#),
        // No double has the value 2^53 + 1.
        (r#"{"n":9007199254740992}"#, "n", r#"{"n":9007199254740993}"#),
        (r#"{"n":9223372036854775806}"#, "n", r#"{"n":9223372036854775807}"#),
        // Names are compared as SET compares them.
        (r#"{"\u006e":1}"#, "n", r#"{"\u006e":2}"#),
        (r#"{"n":1,"b":2,"n":5}"#, "n", r#"{"n":6,"b":2}"#),
        (r#"{"\ud83d":1}"#, "\u{fffd}", r#"{"\ufffd":2}"#),
        (r#"{"a":1}"#, "\"\\\n\0é😀", "{\"a\":1,\"\\\"\\\\\\n\\u0000é😀\":1}"),
    ] {
        client.run(&["HSET", &format!("rs:web:{token}"), "d", before]);
        let reply = client.run(&["SESSIONS.INCR", "web", &token, key]);
        assert!(matches!(reply, Reply::Int(_)), "{before} {key:?}: {reply:?}");
        assert_eq!(stored(&mut client, &token).as_deref(), Some(after), "{before} {key:?}");
    }
}

#[test]
fn a_sum_of_64_bits_is_exact_in_the_reply() {
    let server = Server::start();
    let mut client = server.client();
    let token = create(&mut client, "web", "u1", &["DATA", r#"{"n":-9223372036854775808}"#]);
    for (by, sum) in [
        ("0", i64::MIN),
        ("9223372036854775807", -1),
        ("9223372036854775807", i64::MAX - 1),
        ("-9223372036854775808", -2),
    ] {
        let reply = client.run(&["SESSIONS.INCR", "web", &token, "n", "BY", by]);
        assert_eq!(reply, Reply::Int(sum), "{by}");
        assert_eq!(stored(&mut client, &token), Some(format!("{{\"n\":{sum}}}")));
    }
}

#[test]
fn a_refused_incr_changes_nothing_and_does_not_count_as_a_use() {
    const LIMIT: usize = 64;
    let server = Server::builder()
        .line(format!("sessions.max-data-bytes {LIMIT}"))
        .start();
    let mut client = server.client();
    let large = format!(r#"{{"x":"{}","n":9}}"#, "x".repeat(LIMIT));
    let full = format!(r#"{{"x":"{}","n":9}}"#, "x".repeat(LIMIT - 14));
    let too_large = format!("ERR data too large: at most {LIMIT} bytes of JSON (sessions.max-data-bytes)");
    for (data, by, error) in [
        (r#"{"n":1.0}"#, "1", NOT_WHOLE),
        (r#"{"n":1e3}"#, "1", NOT_WHOLE),
        (r#"{"n":"1"}"#, "1", NOT_WHOLE),
        (r#"{"n":true}"#, "1", NOT_WHOLE),
        (r#"{"n":[1]}"#, "1", NOT_WHOLE),
        (r#"{"n":9223372036854775808}"#, "-1", NOT_WHOLE),
        (r#"{"n":9223372036854775807}"#, "1", OUT_OF_RANGE),
        (r#"{"n":-1}"#, "-9223372036854775808", OUT_OF_RANGE),
        (
            "[1]",
            "1",
            "ERR stored data is not a JSON object of at most 32 levels: replace it with SAVE",
        ),
        (
            "no JSON",
            "1",
            "ERR stored data is not a JSON object of at most 32 levels: replace it with SAVE",
        ),
        (&large, "0", &too_large),
        (&full, "1", &too_large),
    ] {
        let token = create(&mut client, "web", "u1", &[]);
        client.run(&["HSET", &format!("rs:web:{token}"), "d", data]);
        age(&mut client, "web", &token, 50);
        let before = digest(&mut client);
        let reply = client.run(&["SESSIONS.INCR", "web", &token, "n", "BY", by]);
        assert_eq!(reply.error(), error, "{data} {by}");
        assert_eq!(digest(&mut client), before, "{data} {by}");
    }
    // As in SET, data that shrinks is accepted.
    let token = create(&mut client, "web", "u1", &[]);
    let larger = large.replace(":9}", ":10}");
    client.run(&["HSET", &format!("rs:web:{token}"), "d", &larger]);
    let reply = client.run(&["SESSIONS.INCR", "web", &token, "n", "BY", "-1"]);
    assert_eq!(reply, Reply::Int(9));
    assert_eq!(stored(&mut client, &token), Some(large));
}

#[test]
fn incrs_of_many_clients_at_once_lose_none() {
    const CLIENTS: usize = 8;
    const TIMES: usize = 300;
    let server = Server::start();
    let mut client = server.client();
    let token = create(&mut client, "web", "u1", &["DATA", r#"{"a":"x"}"#]);
    let clients = [(); CLIENTS].map(|()| {
        let (mut client, token) = (server.client(), token.clone());
        std::thread::spawn(move || {
            let mut last = 0;
            for time in 0..TIMES {
                let sum = client.run(&["SESSIONS.INCR", "web", &token, "n", "BY", "3"]).int();
                assert!(sum > last, "{sum} after {last}");
                last = sum;
                let key = format!("k{}", time % 3);
                client.run(&["SESSIONS.SET", "web", &token, &format!(r#"{{"{key}":{time}}}"#)]);
            }
        })
    });
    for client in clients {
        client.join().expect("every sum was larger than the one before");
    }
    let total = 3 * CLIENTS * TIMES;
    let reply = client.run(&["SESSIONS.INCR", "web", &token, "n", "BY", "0"]);
    assert_eq!(reply, Reply::Int(total as i64));
    let session = client.run(&["SESSIONS.PEEK", "web", &token]).session();
    assert_eq!(session.int("w"), 2 * (CLIENTS * TIMES) as i64 + 2);
}

#[test]
fn incr_within_a_step_writes_only_d_la_and_w_as_absolute_values() {
    let server = Server::builder().aof().start();
    let mut client = server.client();
    create(&mut client, "web", "u0", &[]);
    let token = plant_within_a_step(&mut client, r#"{"n":1}"#);
    let effects = server.effects(|| {
        client.run(&["SESSIONS.INCR", "web", &token, "n", "BY", "4"]).int();
    });
    assert_eq!(effects.len(), 1, "{effects:?}");
    assert_eq!(effects[0][..2], ["HSET".to_owned(), format!("rs:web:{token}")]);
    for pair in [["w", "8"], ["d", r#"{"n":5}"#]] {
        assert!(
            effects[0].windows(2).any(|found| found == pair),
            "{pair:?}: {effects:?}"
        );
    }
    let other = create(&mut client, "web", "u1", &[]);
    age_everywhere(&mut client, "web", &other, 30);
    let effects = server.effects(|| {
        client.run(&["SESSIONS.INCR", "web", &other, "n"]).int();
    });
    assert_plain(&effects);
    assert_whole(&mut client);
}

#[test]
fn incr_refuses_wrong_counts() {
    check_counts("SESSIONS.INCR {app} {token} {key}", true);
}

#[test]
fn incr_refuses_wrong_arguments() {
    check_arguments("SESSIONS.INCR {app} {token} {key} BY {n}");
    check_options(
        "SESSIONS.INCR {app} {token} {key}",
        &[
            ("BY", "BY requires a value"),
            ("BY 1 by 1", "BY is given twice"),
            ("5", "unknown option at argument 4"),
            ("BY 1 2", "unknown option at argument 6"),
        ],
    );
}

#[test]
fn incr_with_a_key_of_the_wrong_type_writes_nothing() {
    check_wrong_types(
        "SESSIONS.INCR web {token} a",
        &["hash", "_sessions", "_users", "SESSIONS"],
    );
}
