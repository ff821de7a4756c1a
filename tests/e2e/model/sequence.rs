//! One random sequence of commands on a server, compared with the model step by step.

use super::command::Command;
use super::database::{Keys, Layout, difference, read, wanted, without_slots, without_what_is_over};
use super::draw;
use super::hashing::{Hand, in_stored_names};
use super::state::State;
use super::told::Listener;
use crate::harness::{Client, Dice, Reply, Server, now};

pub(super) const USUAL_MAX_DATA: usize = 65536;

pub(super) struct Sequence {
    pub(super) dice: Dice,
    pub(super) state: State,
    client: Client,
    pub(super) reader: Hand,
    listener: Listener,
    database: String,
    /// When the last command ran.
    clock: i64,
    pub(super) journal: Journal,
    pub(super) layout: Layout,
}

/// How a command is sent.
#[derive(Clone, Copy, Debug)]
enum Way {
    Plain,
    Transaction,
    Script,
}

impl Sequence {
    /// Requires an empty database.
    pub(super) fn begin(server: &Server, seed: u64) -> Sequence {
        Sequence::begin_in(Layout::Single, server, seed)
    }

    pub(super) fn begin_in(layout: Layout, server: &Server, seed: u64) -> Sequence {
        let mut dice = Dice::new(seed);
        let mut client = if dice.chance(50) {
            server.client()
        } else {
            server.client_resp3()
        };
        let mut reader = Hand::new(server.client());
        let databases = match layout {
            Layout::Single => 4,
            Layout::Cluster => 1,
        };
        let database = dice.below(databases).to_string();
        client.run(&["SELECT", &database]);
        reader.run(&["SELECT", &database]);
        let listener = Listener::begin(server, &database);
        let journal = Journal {
            seed,
            lines: Vec::new(),
        };
        let index_step = reader.line("CONFIG GET sessions.index-step").texts()[1].parse();
        let mut state = State::new(USUAL_MAX_DATA, layout, index_step.expect("a number"));
        state.is_hashed = reader.is_hashed();
        Sequence {
            dice,
            state,
            client,
            reader,
            listener,
            database,
            clock: 0,
            journal,
            layout,
        }
    }

    pub(super) fn run(&mut self, commands: usize) {
        for number in 0..commands {
            let command = draw::command(&mut self.dice, &self.state, self.clock);
            self.step(&command);
            self.tamper();
            if number % 16 == 15 {
                self.check_database();
            }
        }
        self.set_max_data(USUAL_MAX_DATA);
        self.check_database();
    }

    pub(super) fn kill_everything(&mut self) {
        for app in draw::APPS {
            self.step(&Command::KillAll { app: (*app).to_owned() });
        }
        self.step(&Command::Wipe);
        self.check_database();
        let mut left = self.stored();
        for alias in &self.state.aliases {
            left.remove(&format!("rs:{}:{}", alias.app, alias.old));
        }
        assert!(left.is_empty(), "keys are left behind: {left:?}");
        self.reader.line("FLUSHDB").assert_ok();
    }

    /// Compares another server's database, a copy of this one, with the model.
    pub(super) fn compare(&self, client: &mut Client, whose: &str) {
        client.run(&["SELECT", &self.database]);
        let stored = self.state.in_tokens(read(client));
        let now = now(client);
        let [wanted, stored] = [wanted(&self.state), stored].map(|keys| without_what_is_over(keys, &self.state, now));
        let difference = difference(&wanted, &stored);
        assert!(difference.is_empty(), "{whose} differs:\n{difference}");
    }

    fn stored(&mut self) -> Keys {
        let keys = read(&mut self.reader);
        self.as_modelled(&self.state, keys)
    }

    /// The stored keys in the form that the model uses.
    fn as_modelled(&self, state: &State, keys: Keys) -> Keys {
        match self.layout {
            Layout::Single => state.in_tokens(keys),
            Layout::Cluster => without_slots(keys),
        }
    }

    fn check_database(&mut self) {
        let stored = self.stored();
        let now = now(&mut self.reader);
        let [wanted, stored] = [wanted(&self.state), stored].map(|keys| without_what_is_over(keys, &self.state, now));
        let difference = difference(&wanted, &stored);
        assert!(
            difference.is_empty(),
            "the database differs from the model:\n{difference}"
        );
        let mut told = std::mem::take(&mut self.state.told);
        if self.state.is_hashed {
            told.messages
                .iter_mut()
                .for_each(|(_, text)| *text = in_stored_names(text));
        }
        self.listener.compare(told, &mut self.reader);
    }

    pub(super) fn step(&mut self, command: &Command) {
        let words = self.words(command);
        let way = match (command, self.dice.below(5)) {
            (Command::Refused { .. }, _) | (_, 0..=2) => Way::Plain,
            // Lua rounds a large sum.
            (Command::Incr { .. }, _) | (_, 3) => Way::Transaction,
            _ => Way::Script,
        };
        self.journal.line(format!("{way:?} {words:?}"));
        let (mut before, mut reply, mut after) = self.send(&words, way);
        // A list is gathered in slices, and its entries may be from different seconds.
        while before < after && matches!(way, Way::Plain) && command.is_list() {
            (before, reply, after) = self.send(&words, way);
        }
        self.journal.line(format!("    {before}..{after} {reply:?}"));
        self.clock = after;
        self.state = self.agreeing(command, before, after, &reply);
    }

    /// The model after the command. If a second began while the command ran, each possible second
    /// is tried. If the reply fits more than one, the stored keys decide.
    fn agreeing(&mut self, command: &Command, before: i64, after: i64, reply: &Reply) -> State {
        if let (Command::KillAll { app }, Layout::Cluster, Reply::Int(killed)) = (command, self.layout, reply) {
            return self.killed_slot_by_slot(app, before, after, *killed);
        }
        let mut states: Vec<State> = Vec::new();
        let mut reasons = Vec::new();
        for second in before..=after {
            let mut state = self.state.clone();
            match state.take(command, second, reply) {
                Ok(()) if !states.contains(&state) => states.push(state),
                Ok(()) => {}
                Err(reason) => reasons.push(format!("at {second}: {reason}")),
            }
        }
        if states.len() > 1 {
            let stored = read(&mut self.reader);
            let now = now(&mut self.reader);
            states.retain(|state| {
                let [wanted, stored] = [wanted(state), self.as_modelled(state, stored.clone())]
                    .map(|keys| without_what_is_over(keys, state, now));
                wanted == stored
            });
            reasons.push("the reply fits, the database does not".into());
        }
        match states.pop() {
            Some(state) => state,
            None => panic!("{command:?} answered {reply:?}\n{}", reasons.join("\n")),
        }
    }

    /// The model after a KILLALL that visited the slots in different seconds: sessions that timed
    /// out during the command may count or not.
    fn killed_slot_by_slot(&self, app: &str, before: i64, after: i64, killed: i64) -> State {
        let mut state = self.state.clone();
        let live = |second| state.of_app(app).filter(|session| session.is_live(second)).count() as i64;
        let (least, most) = (live(after), live(before));
        assert!(
            (least..=most).contains(&killed),
            "KILLALL {app} answered {killed}, expected {least} to {most}"
        );
        let ended = state.of_app(app).count() as i64;
        let mut told = state.told.clone();
        state.remove(after, |session| session.app == app);
        state.strays.remove(app);
        *told.counters.entry("killed").or_default() += killed;
        *told.counters.entry("wiped").or_default() += ended - killed;
        told.messages.clone_from(&state.told.messages);
        told.is_uncertain |= least < most;
        state.told = told;
        state
    }

    /// Returns the reply and the seconds between which the command ran.
    fn send(&mut self, words: &[String], way: Way) -> (i64, Reply, i64) {
        self.client.send(&["TIME"]);
        match way {
            Way::Plain => self.client.send(words),
            Way::Transaction => {
                self.client.send(&["MULTI"]);
                self.client.send(words);
                self.client.send(&["EXEC"]);
            }
            Way::Script => {
                let script = ["EVAL", "return redis.pcall(unpack(ARGV))", "0"];
                let script = script.into_iter().map(ToOwned::to_owned);
                self.client
                    .send(&script.chain(words.iter().cloned()).collect::<Vec<_>>());
            }
        }
        self.client.send(&["TIME"]);
        let before = seconds(&self.client.receive());
        let mut reply = self.client.receive();
        if matches!(way, Way::Transaction) {
            self.client.receive();
            reply = match self.client.receive() {
                Reply::List(mut replies) if replies.len() == 1 => replies.remove(0),
                other => panic!("EXEC answered {other:?}"),
            };
        }
        (before, reply, seconds(&self.client.receive()))
    }

    fn words(&mut self, command: &Command) -> Vec<String> {
        let mut words = command.words();
        self.dice.shuffle(&mut words.options);
        let name = self.any_case(&words.placed[0]);
        let mut all = vec![format!("{}.{name}", self.any_case("SESSIONS"))];
        all.extend(words.placed.into_iter().skip(1));
        for mut option in words.options {
            option[0] = self.any_case(&option[0]);
            all.extend(option);
        }
        all
    }

    fn any_case(&mut self, word: &str) -> String {
        match self.dice.below(4) {
            0 => word.to_lowercase(),
            1 => word[..1].to_owned() + &word[1..].to_lowercase(),
            _ => word.to_owned(),
        }
    }
}

fn seconds(time: &Reply) -> i64 {
    time.list()[0].text().parse().expect("TIME answers seconds")
}

/// Everything that was done so far, printed if the test fails.
pub(super) struct Journal {
    seed: u64,
    lines: Vec<String>,
}

impl Journal {
    pub(super) fn line(&mut self, line: String) {
        self.lines.push(line);
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let seed = self.seed;
            eprintln!("{}\nSESSIONS_SEED={seed} MODEL_SEQUENCES=1", self.lines.join("\n"));
        }
    }
}
