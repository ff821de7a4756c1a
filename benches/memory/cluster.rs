//! Bytes per session and CPU time in a cluster, where each slot has its own indexes. These are
//! small sorted sets, so the settings for small sorted sets matter.

use std::thread;
use std::time::{Duration, Instant};

use sessions_model::slot::{SLOTS, Slot};

use crate::COUNT;
use crate::client::{Client, Operation, Reply, operation};
use crate::server::{Server, free_port};
use crate::shape::Shape;
use crate::size::used;
use crate::stats::median;
use crate::text::{grouped, table as markdown};

const DATA: usize = 200;
const ROUNDS: usize = 5;
/// Sessions per slot on average.
const DENSITIES: [usize; 4] = [6, 60, 120, 240];
const SETTINGS: [&str; 3] = [
    "zset-max-listpack-value 64",
    "zset-max-listpack-value 256",
    "zset-max-listpack-value 256\nzset-max-listpack-entries 512",
];

pub(crate) fn table() -> String {
    let mut rows = Vec::new();
    for density in DENSITIES {
        for setting in SETTINGS {
            let measured = measure(density, setting);
            let times = measured.cpu.iter().map(|time| format!("{time:.1}"));
            rows.push(
                [
                    density.to_string(),
                    format!("`{}`", setting.replace('\n', "`, `")),
                    grouped(measured.memory),
                ]
                .into_iter()
                .chain(times)
                .collect(),
            );
        }
    }
    let head = [
        "sessions per slot",
        "setting",
        "bytes per session",
        "GET, first in a step",
        "KILL",
        "CREATE",
        "ACTIVITY, per slot",
    ];
    format!(
        "In a cluster of one node, about {} sessions, {DATA} bytes of data, `hash-max-listpack-value 1024`; microseconds of \
         server CPU, 32 in a pipeline, medians of {ROUNDS} rounds:\n\n{}",
        grouped(COUNT as f64),
        markdown(&head, &rows)
    )
}

struct Measured {
    memory: f64,
    cpu: [f64; 4],
}

fn measure(density: usize, setting: &str) -> Measured {
    let bus = format!("cluster-port {}", free_port());
    // With a step of one second, each use in another second is the first use in a step.
    let settings = [
        "cluster-enabled yes",
        &bus,
        "hash-max-listpack-value 1024",
        "sessions.index-step 1",
        setting,
    ];
    let server = Server::start(&settings, None);
    let mut client = server.connect();
    take_all_slots(&mut client);
    let slots = (COUNT / density).min(usize::from(SLOTS));
    let shape = Shape::with_data(DATA);
    let mut numbers = (0..).filter(|&number| usize::from(Slot::of(shape.id(number).as_bytes()).number()) < slots);
    let mut next = |count: usize| -> Vec<usize> { numbers.by_ref().take(count).collect() };
    let count = slots * density;
    let before = used(&mut client);
    let mut tokens = shape.create_each(&mut client, &next(count));
    let memory = (used(&mut client) - before) / count as f64;
    let mut times = [const { Vec::new() }; 4];
    let part = count / 10;
    for round in 0..ROUNDS {
        thread::sleep(Duration::from_millis(1100));
        let mut time = |kind: usize, each: usize, work: &mut dyn FnMut()| {
            let before = server.cpu();
            work();
            times[kind].push((server.cpu() - before).as_nanos() as f64 / 1e3 / each as f64);
        };
        let some = &tokens[round * part..(round + 1) * part];
        let each = |name: &[u8]| -> Vec<Operation> {
            let sent = some.iter().map(|token| operation(&[name, b"webapp", token.as_bytes()]));
            sent.collect()
        };
        let (gets, kills) = (each(b"SESSIONS.GET"), each(b"SESSIONS.KILL"));
        time(0, part, &mut || client.run(&gets, 32));
        time(1, part, &mut || client.run(&kills, 32));
        let new = next(part);
        let mut made = Vec::new();
        time(2, part, &mut || made = shape.create_each(&mut client, &new));
        tokens.splice(round * part..(round + 1) * part, made);
        time(3, slots, &mut || {
            assert!(matches!(
                client.call(&["SESSIONS.ACTIVITY", "webapp", "600"]),
                Reply::Integer(_)
            ));
        });
    }
    Measured {
        memory,
        cpu: times.map(|times| median(&times)),
    }
}

fn take_all_slots(client: &mut Client) {
    let last = (SLOTS - 1).to_string();
    client.call(&["CLUSTER", "ADDSLOTSRANGE", "0", &last]);
    let deadline = Instant::now() + Duration::from_secs(60);
    while !client.call(&["CLUSTER", "INFO"]).text().contains("cluster_state:ok") {
        assert!(Instant::now() < deadline, "the cluster does not come up");
        thread::sleep(Duration::from_millis(50));
    }
}
