//! What the server reports about the commands: events, messages to caches and counters.

use crate::harness::{Client, Server};
use std::collections::BTreeMap;

/// What has been reported since the last comparison.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Told {
    /// Pairs of an event and its key, or of the channel of the caches and a message.
    pub(super) messages: Vec<(String, String)>,
    /// Counters by their names in INFO, without `sessions_`.
    pub(super) counters: BTreeMap<&'static str, i64>,
    /// Whether the events are unknown, because sessions timed out while a command ended them one by
    /// one.
    pub(super) is_uncertain: bool,
}

pub(super) const COUNTERS: [&str; 11] = [
    "created",
    "read",
    "missed",
    "written",
    "rotated",
    "killed",
    "limited",
    "refused",
    "conflicts",
    "graced",
    "wiped",
];

pub(super) const CACHES: &str = "rs:cache";

impl Told {
    pub(super) fn count(&mut self, what: &'static str) {
        *self.counters.entry(what).or_default() += 1;
    }

    /// An event on a session's key.
    pub(super) fn event(&mut self, event: &str, app: &str, token: &str) {
        let key = format!("rs:{app}:{token}");
        self.messages.push((format!("sessions.{event}"), key));
    }

    /// A message to the caches that hold a token.
    pub(super) fn publish(&mut self, app: &str, token: &str) {
        self.messages.push((CACHES.into(), format!("{app}:{token}")));
    }

    pub(super) fn written(&mut self, app: &str, token: &str) {
        self.count("written");
        self.event("set", app, token);
        self.publish(app, token);
    }
}

/// Receives the events and messages, and reads the counters.
pub(super) struct Listener {
    subscriber: Client,
    counted: BTreeMap<&'static str, i64>,
}

const OVER: &str = "over";

impl Listener {
    #[track_caller]
    pub(super) fn begin(server: &Server, database: &str) -> Listener {
        let mut subscriber = server.client();
        let events = format!("__keyevent@{database}__:sessions.*");
        subscriber.run(&["PSUBSCRIBE", &events, CACHES, OVER]);
        subscriber.receive();
        subscriber.receive();
        let counted = counters(&mut server.client());
        Listener { subscriber, counted }
    }

    /// Fails unless the server has reported what the model expects.
    #[track_caller]
    pub(super) fn compare(&mut self, told: Told, client: &mut Client) {
        let counted = counters(client);
        for (name, count) in &counted {
            let wanted = told.counters.get(name).copied().unwrap_or(0);
            assert_eq!(count - self.counted[name], wanted, "sessions_{name} counts wrongly");
        }
        self.counted = counted;
        let (mut wanted, mut heard) = (told.messages, self.messages(client));
        if !told.is_uncertain {
            wanted.sort();
            heard.sort();
            let missing: Vec<_> = wanted.iter().filter(|one| !heard.contains(one)).collect();
            let surplus: Vec<_> = heard.iter().filter(|one| !wanted.contains(one)).collect();
            assert!(wanted == heard, "not heard: {missing:#?}\nbut: {surplus:#?}");
        }
    }

    fn messages(&mut self, client: &mut Client) -> Vec<(String, String)> {
        client.run(&["PUBLISH", OVER, ""]);
        let mut messages = Vec::new();
        loop {
            let message = self.subscriber.receive();
            let words = message.texts();
            match words[2].split_once("__:") {
                None if words[2] == OVER => return messages,
                None => messages.push((words[2].to_owned(), words[3].to_owned())),
                Some((_, event)) => messages.push((event.to_owned(), without_tag(words[3]))),
            }
        }
    }
}

/// The name that a cluster's key would have on a single server.
fn without_tag(key: &str) -> String {
    match (key.split_once(":{"), key.split_once("}:")) {
        (Some((before, _)), Some((_, after))) => format!("{before}:{after}"),
        _ => key.to_owned(),
    }
}

fn counters(client: &mut Client) -> BTreeMap<&'static str, i64> {
    let info = client.run(&["INFO", "sessions"]);
    let count = |name: &'static str| {
        let start = format!("sessions_{name}:");
        let line = info.text().lines().find_map(|line| line.strip_prefix(&start));
        let count = line.unwrap_or_else(|| panic!("no sessions_{name} in INFO"));
        (name, count.parse().expect("a number"))
    };
    COUNTERS.into_iter().map(count).collect()
}
