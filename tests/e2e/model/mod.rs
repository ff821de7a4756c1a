//! The model test: random sequences of all commands against a small model of a session store that
//! was written from the specification alone; replies and the whole database must agree.
//!
//! A failure prints the commands of its sequence and its seed. `SESSIONS_SEED=n MODEL_SEQUENCES=1`
//! generates that sequence again (tokens and the clock differ); a larger `MODEL_SEQUENCES` searches
//! longer.

mod alias;
mod answer;
mod command;
mod data;
mod database;
mod draw;
mod foreign;
mod hashing;
pub(crate) mod json;
mod limiting;
mod listing;
mod mistakes;
mod options;
mod reading;
mod rotating;
mod sequence;
mod session;
mod state;
mod tampering;
mod told;
mod words;
mod writing;

use crate::harness::{Builder, Client, GENEROUS, Server, from_environment, seed, wait_until};
use database::Layout;
use sequence::Sequence;

const COMMANDS: usize = 250;

fn server() -> Builder {
    Server::builder()
        .line("sessions.wipe-interval 0")
        .line("sessions.publish-changes yes")
        .line("notify-keyspace-events Ed")
}

fn seeds(usual: u64) -> impl Iterator<Item = u64> {
    let count = from_environment("MODEL_SEQUENCES").unwrap_or(usual);
    let first = seed();
    (0..count).map(move |number| first + number)
}

#[test]
fn every_reply_and_every_key_agrees_with_the_model() {
    let server = server().start();
    for seed in seeds(40) {
        let mut sequence = Sequence::begin(&server, seed);
        sequence.run(COMMANDS);
        sequence.kill_everything();
    }
}

#[test]
fn in_index_steps_of_any_length_every_reply_and_every_key_agrees_with_the_model() {
    for step in [1, 7, 60] {
        let server = server().line(format!("sessions.index-step {step}")).start();
        for seed in seeds(8) {
            let mut sequence = Sequence::begin(&server, seed);
            sequence.run(COMMANDS);
            sequence.kill_everything();
        }
    }
}

#[test]
fn with_hashed_tokens_every_reply_and_every_key_agrees_with_the_model() {
    let server = server().line("sessions.hash-tokens yes").start();
    for seed in seeds(20) {
        let mut sequence = Sequence::begin(&server, seed);
        sequence.run(COMMANDS);
        sequence.kill_everything();
    }
}

#[test]
fn in_a_cluster_every_reply_and_every_key_agrees_with_the_model() {
    let node = server().tcp().line("cluster-enabled yes").start();
    node.client().line("CLUSTER ADDSLOTSRANGE 0 16383").assert_ok();
    wait_until(GENEROUS, "the cluster of one is well", || {
        node.cluster_info("cluster_state") == "ok"
    });
    // A KILLALL or WIPE visits all 16,384 slots, which takes two seconds with a debug build.
    for seed in seeds(2) {
        let mut sequence = Sequence::begin_in(Layout::Cluster, &node, seed);
        sequence.run(COMMANDS);
        sequence.kill_everything();
    }
}

#[test]
fn a_replica_and_a_restart_without_the_module_hold_what_the_model_holds() {
    for setting in ["no", "yes"] {
        hold_what_the_model_holds(server().line(format!("sessions.hash-tokens {setting}")));
    }
}

fn hold_what_the_model_holds(server: Builder) {
    let mut server = server.aof().tcp().start();
    let replica = Server::builder().without_module().replica_of(&server).start();
    for seed in seeds(5) {
        let mut sequence = Sequence::begin(&server, seed);
        for _ in 0..10 {
            sequence.run(COMMANDS / 10);
            replica.catch_up_with(&server);
            sequence.compare(&mut replica.client(), "the replica");
        }
        same_everywhere(&mut server.client(), &mut replica.client());
        restart_without_module(&mut server);
        sequence.compare(&mut server.client(), "the restarted server");
        server.client().line("FLUSHALL");
        restart_with_module(&mut server);
    }
}

#[track_caller]
fn same_everywhere(one: &mut Client, other: &mut Client) {
    // Old tokens whose grace has just ended are removed on one server before the other.
    wait_until(GENEROUS, "both hold the same", || {
        one.line("DEBUG DIGEST") == other.line("DEBUG DIGEST")
    });
}

/// redis.conf keeps the module's lines as comments.
fn restart_without_module(server: &mut Server) {
    server.restart_with(|line| {
        let ours = line.starts_with("loadmodule ") || line.starts_with("sessions.");
        Some(if ours { format!("#ours {line}") } else { line.to_owned() })
    });
}

fn restart_with_module(server: &mut Server) {
    server.restart_with(|line| Some(line.strip_prefix("#ours ").unwrap_or(line).to_owned()));
}
