//! The text about the alternatives.

use super::{CLIENTS, DEPTH, OnServer, Rival, Rivals, Round, Row};
use crate::goals::{Goal, at_least};
use crate::stats::{median, ratio};
use crate::text::{grouped, table};
use crate::uses::CONNECTIONS;

impl Row {
    fn all(&self, of: impl Fn(&Round) -> f64) -> Vec<f64> {
        self.rounds.iter().map(of).collect()
    }

    fn median(&self, of: impl Fn(&Round) -> f64) -> f64 {
        median(&self.all(of))
    }
}

impl OnServer {
    fn row(&self, rival: Rival) -> Option<&Row> {
        self.rows.iter().find(|row| row.rival == rival)
    }

    /// The ratio of SESSIONS.GET to another request, as the median over the rounds.
    fn ratio(&self, to: Rival, of: impl Fn(&Round) -> f64 + Copy) -> Option<f64> {
        let (mixed, other) = (self.row(Rival::Mixed)?, self.row(to)?);
        Some(ratio(&mixed.all(of), &other.all(of)))
    }
}

impl Rivals {
    pub(crate) fn goals(&self) -> Vec<Goal> {
        let mut goals = Vec::new();
        for server in &self.servers {
            let what = |how: &str| {
                format!(
                    "ratio of SESSIONS.GET, half of them first uses, to GET then EXPIRE, requests per second, {how}, {}",
                    server.name
                )
            };
            let alone = server.ratio(Rival::GetExpire, |round| round.alone);
            goals.extend(alone.map(|found| at_least(&what("1 connection with one request in flight"), 1.6, found)));
            let many = server.ratio(Rival::GetExpire, |round| round.many);
            let of_many = format!("{CLIENTS} connections with one request in flight each");
            goals.extend(many.map(|found| at_least(&what(&of_many), 1.6, found)));
            let pipelined = server.ratio(Rival::GetExpire, |round| round.pipelined);
            goals.extend(pipelined.map(|found| at_least(&what("pipelines"), 0.6, found)));
        }
        goals
    }
}

/// A section of the page.
pub(crate) fn document(rivals: &Rivals) -> String {
    let servers: Vec<String> = rivals.servers.iter().map(of_server).collect();
    format!(
        "## What people use instead\n\nA request reads a session of one of {} users and extends its life. Each \
         store has the same information about a session: the id, the address, the time of the log-in and the data, \
         and `{}` for all. Each store has a server of its own; all take turns in {} rounds of {} requests. Figures \
         are medians of the rounds, ratios are medians of each round's ratio.\n\n- *SESSIONS.GET*: with `sessions.index-step 60`, where about half of \
         the uses are first uses in a step if users click every half minute. With the default step of 10 s, a first \
         use writes three sorted sets instead of two.\n- *string*: what connect-redis 9 \
         does, GET when a request begins and EXPIRE when it ends; or GETEX.\n- *hash*: a hash per session; HGETALL \
         and EXPIRE in one round trip.\n- *one hash per user*: a field per session, which has its own timeout \
         (Redis 8, Valkey 9). The cookie must also name the user.\n- *Spring Session*: the commands of \
         `RedisIndexedSessionRepository`, one after the other as it sends them, with `notify-keyspace-events Egx` \
         as it requires. Half of the requests are in another minute than the request before; these send one command \
         more.\n\n*Server CPU* and requests per second *in pipelines* are measured with {DEPTH} requests in a \
         pipeline on each of {CONNECTIONS} connections. *{CLIENTS} connections* and *1 connection* use TCP with one \
         request in flight per connection, as web servers do: a request with several round trips waits for each of \
         them. *Bytes* is `used_memory` per session, with all indexes. Compare bytes only on the same server: the \
         allocators differ.\n\n{}\n{}",
        grouped(rivals.effort.sessions as f64),
        crate::memory::recommendation(),
        rivals.effort.rounds,
        grouped(rivals.effort.requests as f64),
        servers.join("\n"),
        abilities(),
    )
}

fn of_server(server: &OnServer) -> String {
    let rows: Vec<_> = server
        .rows
        .iter()
        .map(|row| {
            let times = |of: fn(&Round) -> f64| {
                let ratio = server.ratio(row.rival, of).unwrap_or(0.0);
                format!("{} ({ratio:.2})", grouped(row.median(of)))
            };
            vec![
                row.rival.name().to_owned(),
                number(row.commands),
                number(row.round_trips),
                format!("{:.2}", row.median(|round| round.cpu)),
                times(|round| round.pipelined),
                times(|round| round.many),
                times(|round| round.alone),
                grouped(row.bytes),
            ]
        })
        .collect();
    let head = [
        "request",
        "commands",
        "round trips",
        "server CPU, µs",
        "in pipelines",
        "50 connections",
        "1 connection",
        "bytes",
    ];
    format!(
        "### {}\n\nRequests per second; in brackets the ratio of SESSIONS.GET, half of them first uses, to this \
         request.\n\n{}",
        server.name,
        table(&head, &rows)
    )
}

/// Without decimals where it is a whole number.
fn number(value: f64) -> String {
    if (value - value.round()).abs() < 0.01 {
        format!("{value:.0}")
    } else {
        format!("{value:.1}")
    }
}

/// The features of each store, which no measurement shows.
fn abilities() -> String {
    let head = [
        "",
        "the module",
        "string",
        "hash",
        "one hash per user",
        "Spring Session, indexed",
    ];
    let rows = [
        [
            "list a user's sessions",
            "SOID",
            "no",
            "no",
            "yes, HGETALL",
            "yes, a round trip per session",
        ],
        [
            "end a user's sessions",
            "KILLSOID",
            "no",
            "no",
            "yes, DEL",
            "one by one; a log-in during that time is missed",
        ],
        [
            "count and list the users online",
            "ACTIVITY, USERS",
            "no",
            "no",
            "no",
            "no",
        ],
        [
            "two requests change different keys of the data, and both changes stay",
            "SET",
            "no",
            "if each key is a field",
            "no",
            "yes",
        ],
        [
            "a session that was ended stays ended when a request that began earlier saves it",
            "yes",
            "only with SET XX",
            "no",
            "only with HSETEX FXX",
            "no",
        ],
        [
            "end a session at a fixed time, however much it is used",
            "LIFETIME",
            "the application computes each EXPIRE",
            "the application computes each EXPIRE",
            "the application computes each HGETEX",
            "no",
        ],
        [
            "no client runs a cleanup",
            "yes",
            "yes",
            "yes",
            "yes",
            "no: each application server runs one every minute",
        ],
    ];
    let rows: Vec<Vec<String>> = rows.iter().map(|row| row.map(str::to_owned).to_vec()).collect();
    format!("### What each can do\n\n{}", table(&head, &rows))
}
