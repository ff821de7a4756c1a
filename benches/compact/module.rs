//! Measures today's layout with the module.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::client::{Client, Operation, Reply, operation};
use crate::costs::{Column, ROUNDS, SESSIONS, SETTING, USES};
use crate::server::Server;
use crate::session::Random;
use crate::size::{aof, used};
use crate::stats::median;

/// What a run measures. Two runs are needed, because the AOF would add to the CPU time.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reads {
    Cpu,
    Aof,
}

/// Measures the same kinds of work as for the other columns.
pub(crate) fn measure(data: usize) -> Column {
    eprintln!("the module, {data} bytes");
    let mut column = Column {
        name: "today, the module".to_owned(),
        ..Column::default()
    };
    run(&[SETTING], SESSIONS, USES, data, &mut column, Reads::Cpu);
    let with_aof = [
        SETTING,
        "appendonly yes",
        "appendfsync no",
        "auto-aof-rewrite-percentage 0",
    ];
    run(&with_aof, 10_000, 2000, data, &mut column, Reads::Aof);
    column
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

fn creations(data: usize, from: usize, count: usize) -> Vec<Operation> {
    let data = format!(r#"{{"text":"{}"}}"#, "x".repeat(data - 11));
    let ids = (from..from + count).map(|number| format!("user{number:06}"));
    ids.map(|id| {
        operation(&[
            b"SESSIONS.CREATE",
            b"webapp",
            id.as_bytes(),
            b"IP",
            b"127.0.0.1",
            b"DATA",
            data.as_bytes(),
        ])
    })
    .collect()
}

/// Moves a session's last use into the past by so many seconds, in the hash and in all scores.
fn age(token: &str, id: &str, back: u64) -> Operation {
    let la = (now() - back).to_string();
    let (key, member, due) = (
        format!("rs:webapp:{token}"),
        format!("{token}:{id}"),
        format!("webapp:{token}:{id}"),
    );
    let end = (now() - back + 7200).to_string();
    operation(&[b"HSET", key.as_bytes(), b"la", la.as_bytes()])
        .and(&[b"ZADD", b"rs:webapp:_sessions", la.as_bytes(), member.as_bytes()])
        .and(&[b"ZADD", b"rs:webapp:_users", la.as_bytes(), id.as_bytes()])
        .and(&[b"ZADD", b"rs:SESSIONS", end.as_bytes(), due.as_bytes()])
}

fn run(settings: &[&str], sessions: usize, uses: usize, data: usize, column: &mut Column, reads: Reads) {
    let server = Server::start(settings, None);
    let mut client = server.connect();
    let before = used(&mut client);
    let mut members: Vec<(String, String)> = Vec::new();
    let mut filling = Vec::new();
    for first in (0..sessions).step_by(10_000) {
        let operations = creations(data, first, 10_000);
        let before = server.cpu();
        let tokens = client.ask(&operations, 32).into_iter().map(Reply::text);
        filling.push((server.cpu() - before).as_nanos() as f64 / 1e7);
        members.extend(tokens.zip((first..).map(|number| format!("user{number:06}"))));
    }
    if reads == Reads::Cpu {
        column.filling = median(&filling[filling.len() / 2..]);
        column.memory = (used(&mut client) - before) / sessions as f64;
    }
    let mut record = |client: &mut Client, work: usize, operations: &[Operation]| -> Vec<Reply> {
        let bytes = if reads == Reads::Aof { aof(client) } else { 0.0 };
        let cpu = server.cpu();
        let replies = client.ask(operations, 32);
        let cpu = (server.cpu() - cpu).as_nanos() as f64 / 1e3;
        if reads == Reads::Aof {
            column.aof[work].push((aof(client) - bytes) / operations.len() as f64);
        } else {
            column.cpu[work].push(cpu / operations.len() as f64);
        }
        replies
    };
    let mut random = Random(13);
    for round in 0..ROUNDS {
        let picked = random.pick(uses, sessions);
        for (work, back) in [(1, 25), (0, 1), (3, 25), (2, 1)] {
            // Sessions that do not enter another step during the run.
            let early = |token: &str| (2..6).contains(&((now() + u64::from(token.as_bytes()[0] % 10)) % 10));
            let chosen: Vec<_> = picked.iter().map(|&place| &members[place]).collect();
            let chosen: Vec<_> = chosen
                .into_iter()
                .filter(|(token, _)| back > 1 || early(token))
                .collect();
            let aged: Vec<_> = chosen.iter().map(|(token, id)| age(token, id, back)).collect();
            client.run(&aged, 32);
            let text = format!(r#"{{"text":"{}"}}"#, random.text(data - 11));
            let operations: Vec<_> = chosen
                .iter()
                .map(|(token, _)| match work {
                    0 | 1 => operation(&[b"SESSIONS.GET", b"webapp", token.as_bytes()]),
                    _ => operation(&[b"SESSIONS.SET", b"webapp", token.as_bytes(), text.as_bytes()]),
                })
                .collect();
            record(&mut client, work, &operations);
        }
        let picked = random.pick(uses / 2, sessions);
        let kill = |&place: &usize| operation(&[b"SESSIONS.KILL", b"webapp", members[place].0.as_bytes()]);
        record(&mut client, 5, &picked.iter().map(kill).collect::<Vec<_>>());
        let first = sessions + round * uses;
        let tokens = record(&mut client, 4, &creations(data, first, picked.len()));
        for ((place, token), number) in picked.into_iter().zip(tokens).zip(first..) {
            members[place] = (token.text(), format!("user{number:06}"));
        }
    }
    let aged: Vec<_> = members.iter().map(|(token, id)| age(token, id, 8000)).collect();
    client.run(&aged, 32);
    let (bytes, cpu) = (aof(&mut client), server.cpu());
    let removed = match client.call(&["SESSIONS.WIPE"]) {
        Reply::Integer(removed) => removed as f64,
        other => panic!("{other:?}"),
    };
    if reads == Reads::Aof {
        column.aof[6].push((aof(&mut client) - bytes) / removed);
    } else {
        column.cpu[6].push((server.cpu() - cpu).as_nanos() as f64 / 1e3 / removed);
    }
}
