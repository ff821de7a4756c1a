//! Index steps of other lengths than 10 seconds, on servers whose clocks the test moves: scores,
//! windows and replicas.

mod another;
mod wiping;

use crate::harness::*;
use std::collections::BTreeSet;
use std::time::Duration;

/// A server whose cleanup pass only runs on command.
fn builder(step: i64) -> Builder {
    let builder = Server::builder().own_clock().line("sessions.wipe-interval 0");
    builder.line(format!("sessions.index-step {step}"))
}

fn phase(token: &str, step: i64) -> i64 {
    let [first, second, third] = [0, 1, 2].map(|at| i64::from(token.as_bytes()[at]));
    (first + 10 * second + 100 * third) % step
}

/// The last second of the step that contains a time.
fn last_of_step(token: &str, time: i64, step: i64) -> i64 {
    time + step - 1 - (time + phase(token, step)) % step
}

fn due(client: &mut Client, token: &str, id: &str) -> i64 {
    score(client, "rs:SESSIONS", &format!("web:{token}:{id}")).expect("it is in SESSIONS")
}

/// The token, id and last activity of every stored session, from the hashes.
fn stored(client: &mut Client) -> Vec<(String, String, i64)> {
    let keys = client.run(&["KEYS", "rs:web:*"]);
    let tokens = keys.texts().into_iter().filter_map(|key| key.strip_prefix("rs:web:"));
    let tokens: Vec<String> = tokens.filter(|token| is_token(token)).map(str::to_owned).collect();
    let session = |token: String| {
        let id = hash_field(client, "web", &token, "id").expect("an id");
        let la = la(client, "web", &token);
        (token, id, la)
    };
    let mut sessions: Vec<_> = tokens.into_iter().map(session).collect();
    sessions.sort();
    sessions
}

/// COUNT, SOAPP, ACTIVITY and USERS over `dt`.
fn windows(client: &mut Client, dt: i64) -> [i64; 4] {
    let dt = dt.to_string();
    [
        client.run(&["SESSIONS.COUNT", "web", "DT", &dt]).int(),
        client.run(&["SESSIONS.SOAPP", "web", &dt]).list().len() as i64,
        client.run(&["SESSIONS.ACTIVITY", "web", &dt]).int(),
        client.run(&["SESSIONS.USERS", "web", &dt]).list().len() as i64,
    ]
}

/// What these commands should return according to the hashes, as long as no session has timed out
/// or been killed.
fn truth(stored: &[(String, String, i64)], now: i64, dt: i64) -> [i64; 4] {
    let active: Vec<_> = stored.iter().filter(|(_, _, la)| *la >= now - dt).collect();
    let ids: BTreeSet<&str> = active.iter().map(|(_, id, _)| id.as_str()).collect();
    let ids = ids.into_iter().filter(|id| !id.is_empty()).count();
    [active.len(), active.len(), ids, ids].map(|number| number as i64)
}

/// What `look` returns when it runs within one second of the server's clock, and that second.
#[track_caller]
fn in_the_same_second<T>(client: &mut Client, mut look: impl FnMut(&mut Client) -> T) -> (T, i64) {
    let mut tries = (0..50).map(|_| {
        let start = now(client);
        let seen = look(client);
        (now(client) == start).then_some((seen, start))
    });
    tries
        .find_map(|tried| tried)
        .expect("a second ticked over in each of 50 tries")
}

#[track_caller]
fn assert_windows_are_exact(client: &mut Client, dts: impl Iterator<Item = i64>) {
    let dts: Vec<i64> = dts.collect();
    let stored = stored(client);
    let (found, time) = in_the_same_second(client, |client| {
        dts.iter().map(|dt| windows(client, *dt)).collect::<Vec<_>>()
    });
    let expected: Vec<_> = dts.iter().map(|dt| truth(&stored, time, *dt)).collect();
    assert_eq!(found, expected, "{dts:?}, {}", shown_seed());
}

fn traffic(client: &mut Client, dice: &mut Dice, tokens: &mut Vec<String>) {
    for _ in 0..6 {
        let id = format!("u{}", dice.below(5));
        let options: &[&str] = match dice.below(4) {
            0 => &["ANON", "TTL", "9000"],
            1 => &["TTL", "9000", "NORESAVE"],
            _ => &[],
        };
        if tokens.len() < 30 {
            tokens.push(create(client, "web", &id, options));
        }
        let at = dice.below(tokens.len());
        let token = tokens[at].as_str();
        match dice.below(8) {
            // A ROTATE to another id would leave the old id's activity behind, which the hashes do
            // not show.
            0 => tokens[at] = client.run(&["SESSIONS.ROTATE", "web", token]).text().to_owned(),
            1 => assert_eq!(
                client.run(&["SESSIONS.TOUCH", "web", token, "TTL", "8000"]),
                Reply::Int(1)
            ),
            2 => drop(client.run(&["SESSIONS.SET", "web", token, r#"{"a":1}"#]).session()),
            3 => assert_eq!(client.run(&["SESSIONS.SAVE", "web", token, "{}"]), Reply::Int(1)),
            _ => drop(client.run(&["SESSIONS.GET", "web", token]).session()),
        }
    }
}

#[test]
fn windows_are_exact_in_steps_of_a_second_and_of_a_minute() {
    for step in [1, 60] {
        let mut dice = Dice::nth(step);
        let step = step as i64;
        let server = builder(step).start();
        let mut client = server.client();
        let mut tokens = Vec::new();
        for round in 0..16 {
            traffic(&mut client, &mut dice, &mut tokens);
            server.let_pass(Duration::from_secs(dice.between(1, 25) as u64));
            if round % 4 == 3 {
                let dts = (1..=step + 3).step_by(if step == 1 { 1 } else { 4 });
                assert_windows_are_exact(&mut client, dts.chain([90, 133, 240]));
            }
        }
        assert_whole(&mut client);
    }
}

#[test]
fn each_session_enters_its_step_of_a_minute_in_a_second_of_its_own_phase() {
    let server = builder(60).start();
    let mut client = server.client();
    // One token of each phase.
    let mut dice = Dice::nth(0);
    let mut tokens: Vec<String> = Vec::new();
    while tokens.len() < 60 {
        let token = dice.token();
        if !tokens.iter().any(|other| phase(other, 60) == phase(&token, 60)) {
            tokens.push(token);
        }
    }
    let (found, expected) = in_one_second(&mut client, |client, time| {
        let before = time - 25;
        let mut wrote = Vec::new();
        for token in &tokens {
            let fields = [("id", "u1"), ("la", &before.to_string()), ("ttl", "1000")];
            plant(client, "web", token, &fields);
            client.run(&["SESSIONS.GET", "web", token]).session();
            wrote.push(score(client, "rs:web:_sessions", &format!("{token}:u1")) == Some(time));
        }
        let enters = tokens.iter().map(|token| last_of_step(token, before, 60) < time);
        (wrote, enters.collect::<Vec<bool>>())
    });
    assert_eq!(found, expected);
    assert_eq!(found.iter().filter(|wrote| **wrote).count(), 25);
}

#[test]
fn a_use_writes_the_score_for_the_cleanup_pass_only_in_steps_of_10_seconds() {
    for step in [1, 10, 59] {
        let server = builder(step).aof().start();
        let mut client = server.client();
        let token = create(&mut client, "web", "u1", &[]);
        server.let_pass(Duration::from_secs(step as u64));
        let effects = server.effects(|| _ = client.run(&["SESSIONS.GET", "web", &token]).session());
        let keys: Vec<String> = write_effects(&effects).iter().map(|effect| effect[1].clone()).collect();
        let mut expected = vec![
            format!("rs:web:{token}"),
            "rs:web:_sessions".into(),
            "rs:web:_users".into(),
        ];
        if step == 10 {
            expected.push("rs:SESSIONS".into());
        }
        assert_eq!(keys, expected, "in steps of {step}");
    }
}

#[test]
fn a_change_of_the_end_writes_the_score_for_the_cleanup_pass_in_steps_of_any_length() {
    for step in [1, 60] {
        let server = builder(step).start();
        let mut client = server.client();
        for words in [
            &["SESSIONS.TOUCH", "web", "token", "TTL", "5"][..],
            &["SESSIONS.SET", "web", "token", "{}", "TTL", "5"],
            &["SESSIONS.SET", "web", "token", "{}", "TTL", "100", "LIFETIME", "5"],
            &["SESSIONS.SAVE", "web", "token", "{}", "TTL", "5"],
            &["SESSIONS.SAVE", "web", "token", "{}", "LIFETIME", "5"],
            &["SESSIONS.SAVE", "web", "token", "{}", "TTL", "5", "NORESAVE"],
        ] {
            let token = create(&mut client, "web", "u1", &["TTL", "5000"]);
            let words: Vec<&str> = words
                .iter()
                .map(|word| if *word == "token" { &token } else { *word })
                .collect();
            let reply = client.run(&words);
            assert!(!reply.is_nil() && reply != Reply::Int(0), "{words:?}: {reply:?}");
            let la = la(&mut client, "web", &token);
            let is_exact = words.contains(&"LIFETIME") || words.contains(&"NORESAVE");
            let end = if is_exact { la } else { last_of_step(&token, la, step) } + 5;
            assert_eq!(due(&mut client, &token, "u1"), end, "{words:?} in steps of {step}");
        }
    }
}

#[test]
fn replicas_and_the_aof_agree_in_steps_of_any_length() {
    for step in [1, 60] {
        let mut dice = Dice::nth(step);
        let step = step as i64;
        let primary = builder(step).aof().tcp().start();
        let replicas = [
            builder(step).replica_of(&primary).start(),
            Server::builder().without_module().replica_of(&primary).start(),
        ];
        let mut client = primary.client();
        let mut tokens = Vec::new();
        for _ in 0..8 {
            traffic(&mut client, &mut dice, &mut tokens);
            primary.let_pass(Duration::from_secs(17));
            client.run(&["SESSIONS.WIPE"]).int();
        }
        let here = digest(&mut client);
        for replica in &replicas {
            replica.catch_up_with(&primary);
            assert_eq!(digest(&mut replica.client()), here, "in steps of {step}");
        }
        client.run(&["DEBUG", "LOADAOF"]).assert_ok();
        assert_eq!(digest(&mut client), here);
        assert_whole(&mut client);
    }
}
