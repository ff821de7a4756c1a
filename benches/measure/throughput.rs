//! Commands per second from 50 clients that each wait for their reply, by redis-benchmark.

use std::path::Path;
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};
use std::{env, thread};

use crate::Effort;
use crate::client::{Client, operation};
use crate::crowd::{APP, DATA, now};
use crate::server::Server;

/// redis-benchmark replaces `__rand_int__` by 12 digits, which makes 64 characters. All these
/// tokens have the same beginning, so all these sessions enter a step in the same second.
const PREFIX: &str = "d0000000000000000000000000000000000000000000000bench";
const SESSIONS: usize = 10_000;

/// Commands per second in each round.
#[derive(Default)]
pub(crate) struct Throughput {
    pub(crate) ping: Vec<f64>,
    pub(crate) get: Vec<f64>,
    pub(crate) hgetall: Vec<f64>,
}

pub(crate) fn measure(server: &Server, effort: &Effort) -> Throughput {
    eprintln!("throughput of 50 clients");
    let mut client = server.connect();
    store_sessions(&mut client);
    let get = format!("SESSIONS.GET {APP} {PREFIX}__rand_int__");
    let hgetall = format!("HGETALL rs:{APP}:{PREFIX}__rand_int__");
    let mut measured = Throughput::default();
    for round in 0..effort.rounds {
        wait_for_step();
        use_all(&mut client);
        let socket = server.socket();
        let run = |command: &str| redis_benchmark(&socket, effort.operations * 5, command);
        // The order alternates.
        if round % 2 == 0 {
            measured.get.push(run(&get));
            measured.ping.push(run("PING"));
        } else {
            measured.ping.push(run("PING"));
            measured.get.push(run(&get));
        }
        measured.hgetall.push(run(&hgetall));
    }
    measured
}

fn tokens() -> impl Iterator<Item = String> {
    (0..SESSIONS).map(|number| format!("{PREFIX}{number:012}"))
}

/// Stores sessions as redis-sessions would, because the module generates its own tokens.
fn store_sessions(client: &mut Client) {
    let la = now().to_string();
    let end = (now() + 7200).to_string();
    let writes: Vec<_> = tokens()
        .map(|token| {
            let (key, member) = (format!("rs:{APP}:{token}"), format!("{token}:bench"));
            let (la, end) = (la.as_bytes(), end.as_bytes());
            let fields: [&[u8]; 16] = [
                b"HSET",
                key.as_bytes(),
                b"id",
                b"bench",
                b"r",
                b"1",
                b"w",
                b"1",
                b"ip",
                b"127.0.0.1",
                b"la",
                la,
                b"ttl",
                b"7200",
                b"d",
                DATA.as_bytes(),
            ];
            operation(&fields)
                .and(&[b"ZADD", b"rs:webapp:_sessions", la, member.as_bytes()])
                .and(&[b"ZADD", b"rs:webapp:_users", la, b"bench"])
                .and(&[b"ZADD", b"rs:SESSIONS", end, format!("{APP}:{member}").as_bytes()])
                .and(&[b"SADD", b"rs:webapp:us:bench", token.as_bytes()])
        })
        .collect();
    client.run(&writes, 64);
}

fn use_all(client: &mut Client) {
    let gets: Vec<_> = tokens()
        .map(|token| operation(&[b"SESSIONS.GET", APP.as_bytes(), token.as_bytes()]))
        .collect();
    client.run(&gets, 64);
}

/// Waits for the beginning of a step of these sessions.
fn wait_for_step() {
    let phase = u64::from(PREFIX.as_bytes()[0] % 10);
    loop {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        if (now.as_secs() + phase).is_multiple_of(10) {
            return;
        }
        thread::sleep(std::time::Duration::from_millis(5));
    }
}

fn redis_benchmark(socket: &Path, requests: usize, command: &str) -> f64 {
    let program = env::var("REDIS_BENCHMARK").unwrap_or_else(|_| "redis-benchmark".to_owned());
    let output = Command::new(program)
        .arg("-s")
        .arg(socket)
        .args([
            "-c",
            "50",
            "-n",
            &requests.to_string(),
            "-r",
            &SESSIONS.to_string(),
            "--csv",
        ])
        .args(command.split(' '))
        .output()
        .expect("redis-benchmark runs");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let line = text.lines().last().unwrap_or("");
    let rate = line
        .rsplit("\",\"")
        .nth(6)
        .and_then(|field| field.trim_matches('"').parse().ok());
    rate.unwrap_or_else(|| panic!("redis-benchmark answered {text}"))
}
