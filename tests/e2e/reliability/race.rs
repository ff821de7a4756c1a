//! Commands that reach the server at the same time, each on a connection of its own.

use crate::harness::*;
use std::cell::RefCell;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Barrier};
use std::thread::spawn;

struct Racer {
    orders: Sender<(Vec<String>, Arc<Barrier>)>,
    replies: Receiver<Reply>,
}

impl Racer {
    fn new(server: &Server) -> Racer {
        let (orders, received) = channel::<(Vec<String>, Arc<Barrier>)>();
        let (answer, replies) = channel();
        let mut client = server.client();
        spawn(move || {
            for (command, start) in received {
                start.wait();
                if answer.send(client.run(&command)).is_err() {
                    return;
                }
            }
        });
        Racer { orders, replies }
    }
}

thread_local! {
    /// The connections of this test, and the server that they lead to.
    static RACERS: RefCell<(PathBuf, Vec<Racer>)> = const { RefCell::new((PathBuf::new(), Vec::new())) };
}

/// Sends all commands at once; returns the replies in the order of the commands.
#[track_caller]
pub(super) fn race(server: &Server, commands: &[&[&str]]) -> Vec<Reply> {
    RACERS.with_borrow_mut(|(dir, racers)| {
        if dir != server.dir() {
            racers.clear();
            *dir = server.dir().to_owned();
        }
        while racers.len() < commands.len() {
            racers.push(Racer::new(server));
        }
        let start = Arc::new(Barrier::new(commands.len()));
        for (racer, command) in racers.iter().zip(commands) {
            let words = command.iter().map(|word| (*word).to_owned()).collect();
            racer.orders.send((words, start.clone())).expect("the racer lives");
        }
        let replies = racers.iter().take(commands.len());
        replies
            .map(|racer| racer.replies.recv().expect("the racer was answered"))
            .collect()
    })
}
