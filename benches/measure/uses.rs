//! What a use costs the server: each of the module's commands, the same work in a Lua script that
//! writes the indexes at every use, and the floor, in which plain commands read and write the same
//! keys without decisions in between.

use crate::client::{Client, Operation, operation, run_wide};
use crate::crowd::{APP, Crowd, DATA, creation, now};
use crate::scripts::Scripts;
use crate::server::{self, Server};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Work {
    Ping,
    HGetAll,
    Peek,
    GetWithin,
    GetWithinFloor,
    GetStepping,
    GetSteppingFloor,
    GetLua,
    SetWithin,
    SetWithinFloor,
    SetStepping,
    SetSteppingFloor,
    SetLua,
    Create,
    CreateFloor,
    CreateLua,
    Kill,
    KillFloor,
    KillLua,
}

impl Work {
    pub(crate) const ALL: [Self; 19] = [
        Self::Ping,
        Self::HGetAll,
        Self::Peek,
        Self::GetWithin,
        Self::GetWithinFloor,
        Self::GetStepping,
        Self::GetSteppingFloor,
        Self::GetLua,
        Self::SetWithin,
        Self::SetWithinFloor,
        Self::SetStepping,
        Self::SetSteppingFloor,
        Self::SetLua,
        Self::Create,
        Self::CreateFloor,
        Self::CreateLua,
        Self::Kill,
        Self::KillFloor,
        Self::KillLua,
    ];
    /// The works whose cost is measured with growing numbers of sessions.
    pub(crate) const GROWTH: [Self; 5] = [
        Self::HGetAll,
        Self::GetWithin,
        Self::GetStepping,
        Self::GetLua,
        Self::Create,
    ];

    /// The command whose time in INFO commandstats includes everything; `None`: there are several.
    const fn counted_as(self) -> Option<&'static str> {
        match self {
            Self::Ping => Some("ping"),
            Self::HGetAll => Some("hgetall"),
            Self::Peek => Some("sessions.peek"),
            Self::GetWithin | Self::GetStepping => Some("sessions.get"),
            Self::SetWithin | Self::SetStepping => Some("sessions.set"),
            Self::Create => Some("sessions.create"),
            Self::Kill => Some("sessions.kill"),
            Self::GetLua | Self::SetLua | Self::CreateLua | Self::KillLua => Some("evalsha"),
            _ => None,
        }
    }

    /// Puts the next `count` sessions into the state that this work is measured in.
    fn prepare(self, crowd: &mut Crowd, client: &mut Client, count: usize) -> Vec<usize> {
        match self {
            Self::GetStepping | Self::GetSteppingFloor | Self::GetLua => crowd.aged(client, count),
            Self::SetStepping | Self::SetSteppingFloor | Self::SetLua => crowd.aged(client, count),
            Self::HGetAll | Self::Peek | Self::GetWithin | Self::GetWithinFloor => crowd.within_step(client, count),
            Self::SetWithin | Self::SetWithinFloor => crowd.within_step(client, count),
            _ => crowd.any(count),
        }
    }
}

/// A round's costs in microseconds per operation.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cost {
    /// CPU time of the server's main thread, including sockets and protocol.
    pub(crate) cpu: f64,
    /// The time in INFO commandstats.
    pub(crate) inside: f64,
}

pub(crate) const CHANGE: &str = r#"{"cart":4,"seen":"2026-01-01"}"#;
pub(crate) const CONNECTIONS: usize = 8;
const SESSIONS: &[u8] = b"rs:webapp:_sessions";
const USERS: &[u8] = b"rs:webapp:_users";
const DUE: &[u8] = b"rs:SESSIONS";

/// Does `work` once for each of up to `count` sessions, 32 in a pipeline on each of several
/// connections.
pub(crate) fn measure(server: &Server, crowd: &mut Crowd, scripts: &Scripts, work: Work, count: usize) -> Cost {
    carry_out(
        server,
        crowd,
        scripts,
        work,
        count,
        |client| {
            client.call(&["CONFIG", "RESETSTAT"]);
            server.cpu()
        },
        |client, before, each| {
            let cpu = (server.cpu() - before).as_nanos() as f64 / 1e3;
            let inside = server::time_inside(client, work.counted_as());
            Cost {
                cpu: cpu / each,
                inside: inside / each,
            }
        },
    )
}

/// The same between `start` and `end`. `end` gets the result of `start` and the number of
/// operations.
pub(crate) fn carry_out<S, T>(
    server: &Server,
    crowd: &mut Crowd,
    scripts: &Scripts,
    work: Work,
    count: usize,
    start: impl FnOnce(&mut Client) -> S,
    end: impl FnOnce(&mut Client, S, f64) -> T,
) -> T {
    let mut client = server.connect();
    let picked = work.prepare(crowd, &mut client, count);
    let operations: Vec<Operation> = picked
        .iter()
        .map(|&number| build(crowd, scripts, work, number))
        .collect();
    let mut clients: Vec<Client> = (0..CONNECTIONS).map(|_| server.connect()).collect();
    let started = start(&mut client);
    run_wide(&mut clients, &operations, 32);
    let measured = end(&mut client, started, picked.len() as f64);
    match work {
        Work::Create | Work::CreateFloor | Work::CreateLua => clear_created(&mut client, &picked),
        Work::Kill | Work::KillFloor | Work::KillLua => crowd.replace(&mut client, &picked),
        _ => {}
    }
    measured
}

fn clear_created(client: &mut Client, picked: &[usize]) {
    let kills: Vec<_> = picked
        .iter()
        .map(|number| operation(&[b"SESSIONS.KILLSOID", APP.as_bytes(), format!("new{number}").as_bytes()]))
        .collect();
    client.run(&kills, 64);
}

fn build(crowd: &Crowd, scripts: &Scripts, work: Work, number: usize) -> Operation {
    let (key, member, due) = (crowd.key(number), crowd.member(number), crowd.due(number));
    let (key, member, due) = (key.as_bytes(), member.as_bytes(), due.as_bytes());
    let (token, id) = (
        crowd.members[number].token.as_bytes(),
        crowd.members[number].id.as_bytes(),
    );
    let (now, end) = (now().to_string(), (now() + 7209).to_string());
    let (now, end) = (now.as_bytes(), end.as_bytes());
    let app = APP.as_bytes();
    let read = || operation(&[b"HGETALL", key]);
    let index = |written: Operation| {
        written
            .and(&[b"ZADD", SESSIONS, now, member])
            .and(&[b"ZADD", USERS, now, id])
            .and(&[b"ZADD", DUE, end, due])
    };
    let counted = || read().and(&[b"HSET", key, b"r", b"2", b"la", now]);
    let changed = || read().and(&[b"HSET", key, b"w", b"2", b"la", now, b"d", DATA.as_bytes()]);
    match work {
        Work::Ping => operation(&[b"PING"]),
        Work::HGetAll => read(),
        Work::Peek => operation(&[b"SESSIONS.PEEK", app, token]),
        Work::GetWithin | Work::GetStepping => operation(&[b"SESSIONS.GET", app, token]),
        Work::GetWithinFloor => counted(),
        Work::GetSteppingFloor => index(counted()),
        Work::GetLua => operation(&[
            b"EVALSHA",
            scripts.get.as_bytes(),
            b"4",
            key,
            SESSIONS,
            USERS,
            DUE,
            app,
            token,
        ]),
        Work::SetWithin | Work::SetStepping => operation(&[b"SESSIONS.SET", app, token, CHANGE.as_bytes()]),
        Work::SetWithinFloor => changed(),
        Work::SetSteppingFloor => index(changed()),
        Work::SetLua => {
            let script = scripts.set.as_bytes();
            operation(&[
                b"EVALSHA",
                script,
                b"4",
                key,
                SESSIONS,
                USERS,
                DUE,
                app,
                token,
                CHANGE.as_bytes(),
            ])
        }
        Work::Create => creation(&format!("new{number}"), Some(DATA)),
        Work::CreateFloor | Work::CreateLua => create_by_hand(scripts, work, token, number),
        Work::Kill => operation(&[b"SESSIONS.KILL", app, token]),
        Work::KillFloor => operation(&[b"HGET", key, b"id"])
            .and(&[b"UNLINK", key])
            .and(&[b"ZREM", SESSIONS, member])
            .and(&[b"ZREM", USERS, id])
            .and(&[b"ZREM", DUE, due])
            .and(&[b"SREM", &[b"rs:webapp:us:", id].concat(), token]),
        Work::KillLua => {
            let script = scripts.kill.as_bytes();
            operation(&[
                b"EVALSHA",
                script,
                b"4",
                key,
                SESSIONS,
                USERS,
                DUE,
                app,
                token,
                b"rs:webapp:us:",
            ])
        }
    }
}

/// A new session without the module. Its token is another session's token, reversed.
fn create_by_hand(scripts: &Scripts, work: Work, other: &[u8], number: usize) -> Operation {
    let token: Vec<u8> = other.iter().rev().copied().collect();
    let (id, now) = (format!("new{number}"), now());
    let (la, end) = (now.to_string(), (now + 7209).to_string());
    let (id, la, end, app) = (id.as_bytes(), la.as_bytes(), end.as_bytes(), APP.as_bytes());
    let key = [b"rs:webapp:", token.as_slice()].concat();
    let tokens = [b"rs:webapp:us:", id].concat();
    if work == Work::CreateLua {
        let (script, data) = (scripts.create.as_bytes(), DATA.as_bytes());
        return operation(&[
            b"EVALSHA",
            script,
            b"5",
            &key,
            SESSIONS,
            USERS,
            DUE,
            &tokens,
            app,
            &token,
            id,
            b"127.0.0.1",
            b"7200",
            data,
        ]);
    }
    let member = [&token, b":".as_slice(), id].concat();
    operation(&[
        b"HSET",
        &key,
        b"id",
        id,
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
        b"created",
        la,
    ])
    .and(&[b"ZADD", SESSIONS, la, &member])
    .and(&[b"ZADD", USERS, la, id])
    .and(&[b"ZADD", DUE, end, &[app, b":", &member].concat()])
    .and(&[b"SADD", &tokens, &token])
}
