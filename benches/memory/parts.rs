//! Bytes per session by part: the keys are written by plain commands, one kind after the other, and
//! the memory is read after each kind. The last row is the memory that the module takes for the
//! same sessions.

use crate::client::{Client, Operation, operation};
use crate::server::Server;
use crate::shape::Shape;
use crate::size::used;
use crate::text::{grouped, table as markdown};
use crate::{COUNT, DATA};

const HEAD: &str = "hash-max-listpack-value 1024";

pub(crate) fn table(is_7_0: bool) -> String {
    let columns: Vec<Vec<Part>> = DATA.iter().map(|&data| measure(&Shape::with_data(data))).collect();
    let names = columns[0].iter().map(|part| part.name);
    let mut rows: Vec<Vec<String>> = names
        .enumerate()
        .map(|(row, name)| {
            let mut cells = vec![name.to_owned()];
            cells.extend(columns.iter().map(|parts| grouped(parts[row].bytes)));
            if is_7_0 {
                cells.push(grouped(columns[1][row].requested));
            }
            cells
        })
        .collect();
    let sum = |of: fn(&Part) -> f64, parts: &[Part]| grouped(parts.iter().map(of).sum());
    let mut total = vec!["sum".to_owned()];
    total.extend(columns.iter().map(|parts| sum(|part| part.bytes, parts)));
    let mut module = vec!["the same sessions by SESSIONS.CREATE".to_owned()];
    module.extend(
        DATA.iter()
            .map(|&data| grouped(by_module(&[HEAD], &Shape::with_data(data)))),
    );
    let mut head = vec!["part", "no data", "200 bytes", "1,000 bytes"];
    if is_7_0 {
        head.push("200 bytes, before rounding");
        total.push(sum(|part| part.requested, &columns[1]));
        module.push(String::new());
    }
    rows.extend([total, module]);
    format!("Bytes per session by part, `{HEAD}`:\n\n{}", markdown(&head, &rows))
}

/// Bytes per session of sessions that the module creates under some settings.
pub(crate) fn by_module(settings: &[&str], shape: &Shape) -> f64 {
    let server = Server::start(settings, None);
    let mut client = server.connect();
    // The first commands create buffers and tables that are kept.
    shape.create(&mut client, 1);
    let before = used(&mut client);
    client.call(&["FLUSHALL"]);
    shape.create(&mut client, COUNT);
    (used(&mut client) - before) / COUNT as f64
}

struct Part {
    name: &'static str,
    bytes: f64,
    /// The bytes that the server requests from the allocator, computed from the structures of Redis
    /// 7.0.
    requested: f64,
}

fn measure(shape: &Shape) -> Vec<Part> {
    let server = Server::start(&[HEAD], None);
    let mut client = server.connect();
    let (key, tokens) = ("rs:webapp:".len() + shape.token, "rs:webapp:us:".len() + shape.id);
    let member = shape.token + 1 + shape.id;
    let mut before = used(&mut client);
    let mut parts = Vec::new();
    let mut add = |client: &mut Client, name, requested: usize, buckets: f64, write: &dyn Fn(usize) -> Operation| {
        for first in (0..COUNT).step_by(10_000) {
            let operations: Vec<_> = (first..first + 10_000).map(write).collect();
            client.run(&operations, 64);
        }
        let after = used(client);
        let bytes = (after - before) / COUNT as f64;
        before = after;
        parts.push(Part {
            name,
            bytes,
            requested: requested as f64 + buckets,
        });
    };
    let keyspace = 8.0 * (COUNT * 2).next_power_of_two() as f64 / (COUNT * 2) as f64;
    let in_set = 8.0 * COUNT.next_power_of_two() as f64 / COUNT as f64 + LINKS;
    let session = OBJECT + listpack(shape);
    let set = OBJECT + DICT + 4 * 8 + ENTRY + string(shape.token);
    add(
        &mut client,
        "hash of the session, with its key",
        ENTRY + string(key) + session,
        keyspace,
        &|number| hash(shape, number),
    );
    add(
        &mut client,
        "set of the id's tokens, with its key",
        ENTRY + string(tokens) + set,
        keyspace,
        &|number| {
            let name = format!("rs:webapp:us:{}", shape.id(number));
            operation(&[b"SADD", name.as_bytes(), shape.token(number).as_bytes()])
        },
    );
    add(
        &mut client,
        "member of `_sessions`",
        ENTRY + NODE + string(member),
        in_set,
        &|number| {
            score(
                "rs:webapp:_sessions",
                &format!("{}:{}", shape.token(number), shape.id(number)),
                number,
            )
        },
    );
    add(
        &mut client,
        "member of `_users`",
        ENTRY + NODE + string(shape.id),
        in_set,
        &|number| score("rs:webapp:_users", &shape.id(number), number),
    );
    add(
        &mut client,
        "member of `SESSIONS`",
        ENTRY + NODE + string(member + "webapp:".len()),
        in_set,
        &|number| {
            score(
                "rs:SESSIONS",
                &format!("webapp:{}:{}", shape.token(number), shape.id(number)),
                number,
            )
        },
    );
    parts
}

fn hash(shape: &Shape, number: usize) -> Operation {
    let (key, fields) = (format!("rs:webapp:{}", shape.token(number)), shape.fields(number));
    let mut words: Vec<&[u8]> = vec![b"HSET", key.as_bytes()];
    for (field, value) in &fields {
        words.extend([field.as_bytes(), value.as_bytes()]);
    }
    operation(&words)
}

fn score(key: &str, member: &str, number: usize) -> Operation {
    let at = 1_790_000_000 + number / 10;
    operation(&[b"ZADD", key.as_bytes(), at.to_string().as_bytes(), member.as_bytes()])
}

const OBJECT: usize = 16;
const DICT: usize = 56;
const ENTRY: usize = 24;
/// A node of a skip list without its links to next nodes.
const NODE: usize = 24;
/// The links of a node: 16 bytes each, 4/3 of them on average.
const LINKS: f64 = 64.0 / 3.0;

/// A string of the server, with its header.
const fn string(length: usize) -> usize {
    let header = match length {
        0..32 => 1,
        32..256 => 3,
        _ => 5,
    };
    header + length + 1
}

fn listpack(shape: &Shape) -> usize {
    let entry = |text: &str| {
        let encoded = match text.parse::<u64>() {
            Ok(0..128) => 1,
            Ok(128..4096) => 2,
            Ok(4096..32_768) => 3,
            Ok(_) => 5,
            Err(_) if text.len() < 64 => 1 + text.len(),
            Err(_) => 2 + text.len(),
        };
        encoded + if encoded < 128 { 1 } else { 2 }
    };
    let fields = shape.fields(0);
    7 + fields
        .iter()
        .map(|(field, value)| entry(field) + entry(value))
        .sum::<usize>()
}
