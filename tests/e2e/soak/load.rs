//! Random commands of every kind in every context: alone and in pipelines, in MULTI and in scripts,
//! in both protocols, right and wrong.

use super::options::{data, options};
use crate::harness::*;
use std::collections::BTreeMap;

pub(super) const APPS: [&str; 2] = ["web", "shop"];

/// A script that runs the command in its arguments.
pub(super) const CALL: &str = "return redis.pcall(unpack(ARGV))";

const PIPELINE: u64 = 32;
/// With more sessions than this, more are killed than created.
const MANY: usize = 2_000;
pub(super) const IDS: usize = 200;

/// How often each command was sent, and how many errors there were.
pub(super) type Summary = BTreeMap<String, u64>;

pub(super) struct Load {
    dice: Dice,
    /// App and token of sessions that may be live.
    known: Vec<(String, String)>,
    summary: Summary,
}

type Words = Vec<Vec<u8>>;

impl Load {
    pub(super) fn new(seed: u64) -> Load {
        Load {
            dice: Dice::new(seed),
            known: Vec::new(),
            summary: Summary::new(),
        }
    }

    pub(super) fn run(mut self, server: &Server, commands: u64) -> Summary {
        let mut clients = [server.client(), server.client_resp3()];
        let mut done = 0;
        while done < commands {
            let count = PIPELINE.min(commands - done);
            let batch: Vec<Words> = (0..count).map(|_| self.command()).collect();
            let client = &mut clients[self.dice.below(2)];
            match self.dice.below(10) {
                0 => self.in_a_transaction(client, &batch),
                1 => self.in_scripts(client, &batch),
                _ => self.in_a_pipeline(client, &batch),
            }
            done += count;
        }
        self.summary
    }

    fn in_a_pipeline(&mut self, client: &mut Client, batch: &[Words]) {
        for command in batch {
            client.send(command);
        }
        for command in batch {
            let reply = client.receive();
            self.learn(command, &reply);
        }
    }

    fn in_scripts(&mut self, client: &mut Client, batch: &[Words]) {
        for command in batch {
            let mut words: Words = ["EVAL", CALL, "0"].map(Vec::from).to_vec();
            words.extend_from_slice(command);
            let reply = client.run(&words);
            self.learn(command, &reply);
        }
    }

    fn in_a_transaction(&mut self, client: &mut Client, batch: &[Words]) {
        client.run(&["MULTI"]);
        for command in batch {
            client.run(command);
        }
        // The transaction is aborted if one of its commands was refused when it was queued.
        if let Reply::List(replies) = client.run(&["EXEC"]) {
            for (command, reply) in batch.iter().zip(&replies) {
                self.learn(command, reply);
            }
        }
    }

    fn learn(&mut self, command: &Words, reply: &Reply) {
        let name = String::from_utf8_lossy(&command[0]).into_owned();
        if let Reply::Error(text) = reply {
            assert!(
                !text.contains("internal error") && !text.contains("unknown command"),
                "{name}: {text}"
            );
            *self.summary.entry("errors".into()).or_default() += 1;
        }
        let made = match (name.as_str(), reply) {
            ("SESSIONS.CREATE" | "SESSIONS.ROTATE", Reply::Text(token)) => Some(token),
            ("SESSIONS.SAVE", Reply::Int(2)) => Some(&command[2]),
            _ => None,
        };
        if let Some(token) = made {
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            self.known.push((text(&command[1]), text(token)));
        }
        *self.summary.entry(name).or_default() += 1;
    }

    fn command(&mut self) -> Words {
        let mut words: Vec<String> = self.right_command();
        if self.dice.chance(6) {
            let at = self.dice.below(words.len());
            let wrong = ["", "JSON", "-1", "{\"a\":[]}", "LIMIT", "{", "x\u{7f}"];
            match self.dice.below(3) {
                0 if at > 0 => drop(words.remove(at)),
                // The app is not replaced: the test would not know a session of another app.
                1 if at > 1 => words[at] = self.dice.pick(&wrong).to_owned(),
                _ => words.push(self.dice.pick(&wrong).to_owned()),
            }
        }
        words.into_iter().map(String::into_bytes).collect()
    }

    fn right_command(&mut self) -> Vec<String> {
        let app = self.dice.pick(&APPS).to_owned();
        let id = format!("u:{}", self.dice.below(IDS));
        let dt = self.dice.below(100).to_string();
        let make = if self.known.len() > MANY { 5 } else { 20 };
        let (name, mut words) = match self.dice.below(100) {
            n if n < make / 2 => ("CREATE", vec![app, id]),
            n if n < make => ("SAVE", self.new_session()),
            n if n < 35 => ("GET", self.session()),
            n if n < 45 => ("SET", self.with_data()),
            n if n < 51 => ("SAVE", self.with_data()),
            n if n < 57 => ("INCR", self.with_a_key()),
            n if n < 62 => ("PEEK", self.session()),
            n if n < 67 => ("TOUCH", self.session()),
            n if n < 70 => ("EXISTS", self.session()),
            n if n < 75 => ("ROTATE", self.dying_session()),
            n if n < 83 => ("KILL", self.dying_session()),
            n if n < 86 => ("KILLSOID", vec![app, id]),
            n if n < 89 => ("SOID", vec![app, id]),
            n if n < 91 => ("COUNTSOID", vec![app, id]),
            91 => (
                "SOAPP",
                vec![
                    app,
                    dt,
                    "LIMIT".into(),
                    "0".into(),
                    (1 + self.dice.below(50)).to_string(),
                ],
            ),
            92 => (
                "USERS",
                vec![
                    app,
                    dt,
                    "LIMIT".into(),
                    "0".into(),
                    (1 + self.dice.below(50)).to_string(),
                ],
            ),
            93..=94 => ("ACTIVITY", vec![app, dt]),
            95..=96 => ("COUNT", vec![app]),
            97 => ("HELP", vec![]),
            _ => match self.dice.below(40) {
                0 => {
                    self.known.retain(|(of, _)| *of != app);
                    ("KILLALL", vec![app])
                }
                _ => ("WIPE", vec![]),
            },
        };
        words.extend(options(&mut self.dice, name));
        words.insert(0, format!("SESSIONS.{name}"));
        words
    }

    /// App and token of a known session, or of one that never was.
    fn session(&mut self) -> Vec<String> {
        if self.known.is_empty() || self.dice.chance(5) {
            return vec![self.dice.pick(&APPS).to_owned(), self.dice.token()];
        }
        let (app, token) = self.known[self.dice.below(self.known.len())].clone();
        vec![app, token]
    }

    /// A session with a token that a framework has generated.
    fn new_session(&mut self) -> Vec<String> {
        vec![
            self.dice.pick(&APPS).to_owned(),
            self.dice.token(),
            data(&mut self.dice),
        ]
    }

    fn with_a_key(&mut self) -> Vec<String> {
        let mut words = self.session();
        words.push(format!("k{}", self.dice.below(30)));
        words
    }

    fn dying_session(&mut self) -> Vec<String> {
        if self.known.is_empty() {
            return self.session();
        }
        let (app, token) = self.known.swap_remove(self.dice.below(self.known.len()));
        vec![app, token]
    }

    fn with_data(&mut self) -> Vec<String> {
        let mut words = self.session();
        words.push(data(&mut self.dice));
        words
    }
}
