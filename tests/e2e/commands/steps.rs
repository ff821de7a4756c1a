//! The 10 s index steps: the hash is always exact, the scores are written when a use enters another
//! step.

use crate::harness::*;

const USES: [&str; 5] = [
    "SESSIONS.GET",
    "SESSIONS.TOUCH",
    "SESSIONS.SET",
    "SESSIONS.SAVE",
    "SESSIONS.INCR",
];

fn run_use(client: &mut Client, command: &str, token: &str) {
    let mut words = vec![command, "web", token];
    match command {
        "SESSIONS.SET" | "SESSIONS.SAVE" => words.push(r#"{"a":1}"#),
        "SESSIONS.INCR" => words.push("a"),
        _ => {}
    }
    assert!(!client.run(&words).is_nil(), "{command} finds the session");
}

/// The scores in `_sessions`, `_users` and `SESSIONS`.
fn scores(client: &mut Client, token: &str, id: &str) -> [i64; 3] {
    [
        score(client, "rs:web:_sessions", &format!("{token}:{id}")),
        score(client, "rs:web:_users", id),
        score(client, "rs:SESSIONS", &format!("web:{token}:{id}")),
    ]
    .map(|score| score.expect("a session stands in every index"))
}

#[test]
fn a_use_within_the_step_leaves_the_scores_and_moves_la() {
    let server = Server::start();
    let mut client = server.client();
    for command in USES {
        let time = in_one_second(&mut client, |client, time| {
            let token = token_in_step(time, 9, 'x');
            let la = (time - 9).to_string();
            plant(client, "web", &token, &[("id", "u1"), ("la", &la), ("ttl", "100")]);
            let before = scores(client, &token, "u1");
            run_use(client, command, &token);
            (time, la_after(client, &token), before == scores(client, &token, "u1"))
        });
        assert_eq!(time.1, time.0, "{command} stores la");
        assert!(time.2, "{command} wrote scores");
    }
}

fn la_after(client: &mut Client, token: &str) -> i64 {
    la(client, "web", token)
}

#[test]
fn a_use_in_a_later_step_writes_exact_scores() {
    let server = Server::start();
    let mut client = server.client();
    for command in USES {
        for idle in [1, 9, 10, 90] {
            let (token, time, found) = in_one_second(&mut client, |client, time| {
                let token = token_in_step(time, 0, 'x');
                let la = (time - idle).to_string();
                plant(client, "web", &token, &[("id", "u1"), ("la", &la), ("ttl", "100")]);
                run_use(client, command, &token);
                (token.clone(), time, scores(client, &token, "u1"))
            });
            assert_eq!(
                found,
                [time, time, wipe_score(&token, time, 100)],
                "{command} after {idle} s"
            );
            assert_eq!(found[2], time + 9 + 100, "{command} after {idle} s");
        }
    }
}

#[test]
fn each_token_has_its_own_step_boundary() {
    let server = Server::start();
    let mut client = server.client();
    let steps = in_one_second(&mut client, |client, time| {
        (0..10)
            .map(|second| {
                let token = token_in_step(time, second, 'x');
                plant(
                    client,
                    "web",
                    &token,
                    &[("id", "u1"), ("la", &(time - 5).to_string()), ("ttl", "100")],
                );
                run_use(client, "SESSIONS.GET", &token);
                score(client, "rs:web:_sessions", &format!("{token}:u1")) == Some(time)
            })
            .collect::<Vec<bool>>()
    });
    let wanted: Vec<bool> = (0..10).map(|second| second < 5).collect();
    assert_eq!(
        steps, wanted,
        "5 seconds back lies in another step for the first five seconds of one"
    );
}

#[test]
fn a_users_score_is_only_ever_raised() {
    let server = Server::start();
    let mut client = server.client();
    for command in USES {
        let token = create(&mut client, "web", "u1", &[]);
        age_everywhere(&mut client, "web", &token, 50);
        let ahead = now(&mut client) + 500;
        client.run(&["ZADD", "rs:web:_users", &ahead.to_string(), "u1"]);
        run_use(&mut client, command, &token);
        assert_eq!(score(&mut client, "rs:web:_users", "u1"), Some(ahead), "{command}");
        client.run(&["FLUSHALL"]);
    }
}

#[test]
fn with_the_clock_set_back_scores_follow_la_and_not_the_clock() {
    let server = Server::start();
    let mut client = server.client();
    let time = now(&mut client) + 1000;
    let token = token_in_step(time, 3, 'x');
    plant(
        &mut client,
        "web",
        &token,
        &[("id", "u1"), ("la", &time.to_string()), ("ttl", "100")],
    );
    let before = scores(&mut client, &token, "u1");
    for command in USES {
        run_use(&mut client, command, &token);
        assert_eq!(scores(&mut client, &token, "u1"), before, "{command}");
    }
    let rotated = client.run(&["SESSIONS.ROTATE", "web", &token]).text().to_owned();
    assert_eq!(
        scores(&mut client, &rotated, "u1"),
        [time, time, wipe_score(&rotated, time, 100)]
    );
}

#[test]
fn create_and_rotate_always_write_exact_scores() {
    let server = Server::start();
    let mut client = server.client();
    for _ in 0..30 {
        let token = create(&mut client, "web", "u1", &["TTL", "100"]);
        age(&mut client, "web", &token, 3);
        let new = client.run(&["SESSIONS.ROTATE", "web", &token]).text().to_owned();
        let la = la(&mut client, "web", &new);
        assert_eq!(scores(&mut client, &new, "u1"), [la, la, wipe_score(&new, la, 100)]);
    }
}
