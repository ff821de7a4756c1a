//! A reader with a consumer group finds each event of a random run exactly once, even if it dies
//! before it has processed what it has read.

use super::super::times_longer;
use super::run::Run;
use super::{Entry, audited, parsed, stored};
use crate::harness::*;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

const APPS: u64 = 3;

fn stream(number: u64) -> String {
    format!("rs:app{number}:_audit")
}

/// How often each entry of each stream was processed.
type Done = BTreeMap<(String, String), (usize, Entry)>;

/// One of the group's consumers. It sometimes dies before it has processed what it has read, and
/// processes these entries after its restart.
struct Consumer {
    client: Client,
    name: &'static str,
    dice: Dice,
    done: Done,
}

impl Consumer {
    /// Reads a batch of each stream from an ID on; returns whether there were entries.
    fn read(&mut self, from: &str, may_die: bool) -> bool {
        let streams: Vec<_> = (0..APPS).map(stream).collect();
        let mut command = vec!["XREADGROUP", "GROUP", "auditors", self.name, "COUNT", "7"];
        if from == ">" {
            command.extend(["BLOCK", "50"]);
        }
        command.push("STREAMS");
        command.extend(streams.iter().map(String::as_str));
        command.extend(streams.iter().map(|_| from));
        let reply = self.client.run(&command);
        let mut any = false;
        if !reply.is_nil() {
            for batch in reply.list() {
                let [stream, batch] = batch.list() else {
                    panic!("{batch:?}")
                };
                any |= !batch.list().is_empty();
                if may_die && self.dice.chance(20) {
                    continue;
                }
                for (id, entry) in batch.list().iter().map(parsed) {
                    let acknowledged = self.client.run(&["XACK", stream.text(), "auditors", &id]);
                    assert_eq!(acknowledged, Reply::Int(1));
                    self.done.entry((stream.text().to_owned(), id)).or_insert((0, entry)).0 += 1;
                }
            }
        }
        any
    }

    /// Reads until the run is over and nothing is left.
    fn work(mut self, is_over: &AtomicBool) -> Done {
        loop {
            let was_over = is_over.load(Ordering::Relaxed);
            let any = self.read(">", true);
            while self.read("0", false) {}
            if was_over && !any {
                return self.done;
            }
        }
    }
}

#[test]
fn a_reader_with_a_consumer_group_finds_each_event_exactly_once() {
    let server = audited().start();
    let mut client = server.client();
    for number in 0..APPS {
        let create = ["XGROUP", "CREATE", &stream(number), "auditors", "0", "MKSTREAM"];
        client.run(&create).assert_ok();
    }
    let is_over = Arc::new(AtomicBool::new(false));
    let consumers: Vec<JoinHandle<Done>> = ["one", "two"]
        .into_iter()
        .zip(100..)
        .map(|(name, number)| {
            let (client, is_over) = (server.client(), is_over.clone());
            let consumer = Consumer {
                client,
                name,
                dice: Dice::nth(number),
                done: Done::new(),
            };
            std::thread::spawn(move || consumer.work(&is_over))
        })
        .collect();
    let runs: Vec<JoinHandle<Run>> = (0..APPS)
        .map(|number| {
            let mut run = Run::new(server.client(), number, format!("app{number}"));
            std::thread::spawn(move || {
                (0..1500 * times_longer()).for_each(|_| run.step());
                run
            })
        })
        .collect();
    let runs = runs.into_iter().map(JoinHandle::join);
    let mut runs: Vec<Run> = runs
        .map(|run| run.unwrap_or_else(|_| panic!("{}", shown_seed())))
        .collect();
    client.line("SESSIONS.WIPE").int();
    runs.iter_mut().for_each(Run::wiped);
    is_over.store(true, Ordering::Relaxed);
    let done = consumers
        .into_iter()
        .map(|consumer| consumer.join().expect("the consumer reads"));
    let mut all = Done::new();
    for (entry, (times, fields)) in done.flatten() {
        all.entry(entry).or_insert((0, fields)).0 += times;
    }
    let twice = all.iter().find(|(_, (times, _))| *times != 1);
    assert!(twice.is_none(), "{twice:?}, {}", shown_seed());

    let mut total = 0;
    for (number, run) in (0..).zip(runs) {
        let ours = all.iter().filter(|((name, _), _)| *name == stream(number));
        let mut found: Vec<_> = ours.map(|(_, (_, entry))| entry.clone()).collect();
        let mut expected = run.expected;
        found.sort();
        expected.sort();
        let missing = expected.iter().find(|entry| !found.contains(entry));
        assert_eq!(found, expected, "{missing:?} is missing, {}", shown_seed());
        assert_eq!(
            client.run(&["XPENDING", &stream(number), "auditors"]).list()[0],
            Reply::Int(0)
        );
        let text = format!("{:?}", stored(&mut client, &stream(number)));
        let told = run
            .tokens
            .iter()
            .find(|token| text.contains(&token[..32]) || text.contains(&token[32..]));
        assert!(told.is_none(), "an entry tells a token");
        total += found.len();
        assert_app_is_whole(&mut client, &format!("app{number}"));
    }
    assert_eq!(server.info("sessions_audited"), total.to_string());
    eprintln!("{total} events");
}
