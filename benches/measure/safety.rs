//! The cost of each safety measure.

use std::collections::HashSet;
use std::hint::black_box;
use std::panic::catch_unwind;
use std::time::Instant;

use crate::Effort;
use crate::client::{Client, Reply, operation, run_wide};
use crate::crowd::{APP, Crowd};
use crate::server::Server;
use crate::stats::{median, ratio};
use crate::uses::CONNECTIONS;
use sessions_model::ident::Token;
use sessions_model::slot::Slot;
use sessions_model::token;

/// The CPU time of the same uses without and with a measure, in microseconds per use.
pub(crate) struct Price {
    pub(crate) what: &'static str,
    pub(crate) without: f64,
    pub(crate) with: f64,
    pub(crate) ratio: f64,
}

/// One state of the server and of the connection.
struct State<'a> {
    before: &'a [&'a str],
    user: Option<&'a str>,
}

const AS_IT_IS: State<'_> = State {
    before: &[],
    user: None,
};

pub(crate) fn prices(server: &Server, crowd: &mut Crowd, effort: &Effort) -> Vec<Price> {
    eprintln!("the price of safety");
    let mut admin = server.connect();
    let many: Vec<String> = (0..50).map(|number| format!("~rs:other{number}:*")).collect();
    let set_user = |name: &'static str, patterns: &[String]| {
        let patterns: Vec<&str> = patterns.iter().map(String::as_str).collect();
        [
            &["ACL", "SETUSER", name, "on", ">secret", "+@all", "~rs:webapp:*"][..],
            &patterns,
        ]
        .concat()
        .join(" ")
    };
    for user in [set_user("one", &[]), set_user("many", &many)] {
        ok(&mut admin, &user.split(' ').collect::<Vec<_>>());
    }
    let off = |what| ["CONFIG", "SET", what, "no"];
    let on = |what| ["CONFIG", "SET", what, "yes"];
    let (plain, hidden) = (off("sessions.redact-tokens"), on("sessions.redact-tokens"));
    let (silent, loud) = (off("sessions.publish-changes"), on("sessions.publish-changes"));
    let (get, set): (&[&str], &[&str]) = (&["SESSIONS.GET"], &["SESSIONS.SET", r#"{"cart":5}"#]);
    let with = |before| State { before, user: None };
    let mut price = |what, command, without: &State<'_>, with: &State<'_>| {
        let mut times = (Vec::new(), Vec::new());
        for _ in 0..effort.rounds * 2 {
            times.0.push(cost(server, crowd, effort.operations, command, without));
            times.1.push(cost(server, crowd, effort.operations, command, with));
        }
        Price {
            what,
            without: median(&times.0),
            with: median(&times.1),
            ratio: ratio(&times.1, &times.0),
        }
    };
    let prices = vec![
        price(
            "tokens hidden from SLOWLOG and MONITOR (GET)",
            get,
            &with(&plain),
            &with(&hidden),
        ),
        price(
            "a user with one key pattern instead of all keys (GET)",
            get,
            &AS_IT_IS,
            &State {
                before: &[],
                user: Some("one"),
            },
        ),
        price(
            "a user with 51 key patterns instead of all keys (GET)",
            get,
            &AS_IT_IS,
            &State {
                before: &[],
                user: Some("many"),
            },
        ),
        price(
            "changes published, nobody listening (SET)",
            set,
            &with(&silent),
            &with(&loud),
        ),
    ];
    ok(&mut admin, &silent);
    prices
}

fn ok(client: &mut Client, words: &[&str]) {
    let reply = client.call(words);
    assert!(matches!(reply, Reply::Text(_)), "{words:?}: {reply:?}");
}

fn cost(server: &Server, crowd: &mut Crowd, count: usize, command: &[&str], state: &State<'_>) -> f64 {
    let mut clients: Vec<Client> = (0..CONNECTIONS).map(|_| server.connect()).collect();
    let client = &mut server.connect();
    if !state.before.is_empty() {
        ok(client, state.before);
    }
    let picked = crowd.within_step(client, count);
    if let Some(user) = state.user {
        clients
            .iter_mut()
            .for_each(|client| ok(client, &["AUTH", user, "secret"]));
    }
    let uses: Vec<_> = picked
        .iter()
        .map(|&number| {
            let token = crowd.members[number].token.as_bytes();
            let mut words = vec![command[0].as_bytes(), APP.as_bytes(), token];
            words.extend(command[1..].iter().map(|word| word.as_bytes()));
            operation(&words)
        })
        .collect();
    let before = server.cpu();
    run_wide(&mut clients, &uses, 32);
    (server.cpu() - before).as_nanos() as f64 / 1e3 / picked.len() as f64
}

/// Nanoseconds of parts that cannot be switched off, measured separately in this process.
pub(crate) struct Parts {
    /// Generating a token, including the system's random numbers.
    pub(crate) draw: f64,
    /// The part of it that puts the token into its id's slot.
    pub(crate) slot: f64,
    pub(crate) sid: f64,
    pub(crate) guard: f64,
}

pub(crate) fn parts() -> Parts {
    let id = b"user123456";
    let token = token::draw(Slot::of(id)).unwrap_or_else(|error| panic!("{error}"));
    let drawn: HashSet<_> = (0..1000)
        .filter_map(|_| token::draw(Slot::of(id)).ok())
        .map(|t| t.as_bytes().to_vec())
        .collect();
    assert_eq!(drawn.len(), 1000);
    Parts {
        draw: nanoseconds(20_000, || drop(black_box(token::draw(Slot::of(black_box(id)))))),
        slot: nanoseconds(200_000, || {
            black_box(Slot::of(black_box(token.as_bytes())) == Slot::of(black_box(id)));
        }),
        sid: nanoseconds(200_000, || {
            black_box(Token::sid(black_box(&token)));
        }),
        guard: nanoseconds(200_000, || drop(black_box(catch_unwind(|| black_box(1))))),
    }
}

fn nanoseconds(times: u32, mut work: impl FnMut()) -> f64 {
    let rounds: Vec<f64> = (0..7)
        .map(|_| {
            let began = Instant::now();
            (0..times).for_each(|_| work());
            began.elapsed().as_nanos() as f64 / f64::from(times)
        })
        .collect();
    median(&rounds)
}
