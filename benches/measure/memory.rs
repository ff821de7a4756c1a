//! Bytes in memory and on disk.

use std::fs;

use crate::Effort;
use crate::client::operation;
use crate::crowd::{APP, Crowd, create};
use crate::node;
use crate::server::Server;
use crate::size::{aof, used};

pub(crate) struct Memory {
    /// Bytes of `used_memory` per session without data, created by the module and by
    /// redis-sessions.
    pub(crate) module: f64,
    pub(crate) package: f64,
    /// The same with 200 bytes of data, with the server's defaults and with the recommended
    /// setting.
    pub(crate) default: f64,
    pub(crate) recommended: f64,
    pub(crate) recommendation: String,
}

pub(crate) fn measure(effort: &Effort) -> Memory {
    eprintln!("memory per session");
    let count = effort.table_size;
    let data = format!(r#"{{"text":"{}"}}"#, "x".repeat(200 - 11));
    let by_module = |setting: &str, data: Option<&str>| {
        each(setting, count, |server| {
            let ids: Vec<String> = (0..count).map(|number| format!("user{number}")).collect();
            create(&mut server.connect(), &ids, data);
        })
    };
    let recommendation = recommendation();
    Memory {
        module: by_module("", None),
        package: each("", count, |server| node::create(server, count)),
        default: by_module("", Some(&data)),
        recommended: by_module(&recommendation, Some(&data)),
        recommendation,
    }
}

/// The setting for the form of hashes in the example configuration.
pub(crate) fn recommendation() -> String {
    let example = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/redis.conf.example")).unwrap_or_default();
    let line = example.lines().find(|line| line.starts_with("hash-max-listpack-value"));
    line.unwrap_or("hash-max-listpack-value 512").to_owned()
}

fn each(setting: &str, count: usize, fill: impl Fn(&Server)) -> f64 {
    let server = Server::start(&[setting], None);
    let mut client = server.connect();
    let before = used(&mut client);
    fill(&server);
    let grown = used(&mut client) - before;
    grown / count as f64
}

/// Bytes that each GET within a step adds to the AOF, a second or more after the last use.
pub(crate) fn aof_of_get() -> f64 {
    const USES: usize = 1000;
    let server = Server::start(&["appendonly yes"], None);
    let mut client = server.connect();
    let mut crowd = Crowd::gather(&mut client, USES * 4);
    let picked = crowd.within_step(&mut client, USES);
    let before = aof(&mut client);
    let gets: Vec<_> = picked
        .iter()
        .map(|&number| operation(&[b"SESSIONS.GET", APP.as_bytes(), crowd.members[number].token.as_bytes()]))
        .collect();
    client.run(&gets, 1);
    (aof(&mut client) - before) / picked.len() as f64
}
