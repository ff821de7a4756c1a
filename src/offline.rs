//! The commands without a server: on a database in memory, at a time that the caller sets.
//!
//! This is the only public interface of the library, for the fuzz targets in `fuzz/`. It has plain
//! types, so that the types of `commands` and `store` stay private.

use std::collections::BTreeMap;

use sessions_model::error::Error;
use sessions_model::ident::Token;
use sessions_model::index::Step;
use sessions_model::number::Ttl;
use sessions_model::parts::Part;
use sessions_model::session::Seconds;
use sessions_model::stored_name::Storage;

use crate::commands::args::Args;
use crate::commands::reply::{self, Answer, FieldWriter, SessionView};
use crate::commands::{self, Kind, for_all_commands, secrets};
use crate::store::memory::Memory;
use crate::store::{Job, Progress, Rules, Store};

pub use crate::store::memory::Value;

/// More steps than any job needs for a database of a few thousand keys.
const MAX_STEPS: usize = 1000;

/// Entries that an audit stream keeps.
const AUDIT_LENGTH: u64 = 20;

/// The settings that change what commands do.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    pub namespace: &'static [u8],
    /// Default timeout in seconds.
    pub ttl: i64,
    pub max_data_bytes: usize,
    pub index_step: Step,
    /// How new tokens are stored.
    pub storage: Storage,
}

/// Keys in memory.
#[derive(Debug)]
pub struct Database {
    settings: Settings,
    memory: Memory,
}

impl Database {
    pub fn new(settings: Settings) -> Self {
        Self {
            settings,
            memory: Memory::default(),
        }
    }

    /// Sets a key as another program would, without index entries.
    pub fn put(&self, key: &[u8], value: Value) {
        self.memory.put(key, value);
    }

    /// The same keys with other settings, as after a restart.
    #[must_use]
    pub fn with(self, settings: Settings) -> Self {
        Self { settings, ..self }
    }

    pub fn contents(&self) -> BTreeMap<Vec<u8>, Value> {
        self.memory.contents()
    }
}

type Runner = fn(&Database, &[&[u8]], Seconds) -> Result<Reply, Error>;

/// A command with the arguments after its name.
#[derive(Clone, Copy, Debug)]
pub struct Command {
    pub name: &'static str,
    pub is_read_only: bool,
    secrets: fn(&[&[u8]]) -> Vec<usize>,
    run: Runner,
}

impl Command {
    const fn new<C: commands::Command>() -> Self {
        Self {
            name: C::SPEC.name,
            is_read_only: matches!(C::SPEC.kind, Kind::Read { .. } | Kind::Meta),
            secrets: |arguments| secrets::positions(&C::TABLE, arguments).collect(),
            run: run::<C>,
        }
    }

    /// The positions, from 1, of the arguments that MONITOR and SLOWLOG do not show.
    pub fn secrets(&self, arguments: &[&[u8]]) -> Vec<usize> {
        (self.secrets)(arguments)
    }

    /// Runs the command and all work that it starts. [`Error::Internal`]: the work does not end.
    pub fn run(&self, database: &Database, arguments: &[&[u8]], now: Seconds) -> Result<Reply, Error> {
        (self.run)(database, arguments, now)
    }
}

macro_rules! all {
    ($($command:path),* $(,)?) => {
        /// All commands, in the order in which HELP lists them.
        pub const COMMANDS: &[Command] = &[$(Command::new::<$command>()),*];
    };
}
for_all_commands!(all);

/// What a client gets, except errors.
#[derive(Debug)]
pub enum Reply {
    Null,
    Integer(i64),
    Token(Token),
    Session(SessionReply),
    Sessions(Vec<SessionReply>),
    Ids(Vec<Vec<u8>>),
    Lines(Vec<String>),
}

/// A session in a reply, in both formats.
#[derive(Debug, Default)]
pub struct SessionReply {
    /// How many fields the native reply announces.
    pub announced: usize,
    /// The fields of the native reply.
    pub fields: Vec<(String, Vec<u8>)>,
    pub json: String,
}

impl SessionReply {
    fn of<B: AsRef<[u8]>>(shown: &SessionView<B>) -> Self {
        let mut reply = Self {
            announced: shown.field_count(),
            ..Self::default()
        };
        shown.write(&mut reply);
        shown.write_json(&mut reply.json);
        reply
    }
}

impl FieldWriter for SessionReply {
    fn text(&mut self, name: &str, value: &[u8]) {
        self.fields.push((name.to_owned(), value.to_vec()));
    }

    fn integer(&mut self, name: &str, value: i64) {
        self.text(name, value.to_string().as_bytes());
    }

    fn flag(&mut self, name: &str) {
        self.integer(name, 1);
    }

    fn data(&mut self, stored: Option<&[u8]>) {
        if let Some(data) = stored {
            self.text("d", data);
        }
    }
}

fn run<C: commands::Command>(database: &Database, arguments: &[&[u8]], now: Seconds) -> Result<Reply, Error> {
    let settings = database.settings;
    let rules = Rules {
        namespace: settings.namespace,
        ttl: Ttl::from_setting(settings.ttl),
        max_data_bytes: settings.max_data_bytes,
        publish_changes: true,
        index_step: settings.index_step,
        storage: settings.storage,
        audit_length: Some(AUDIT_LENGTH),
    };
    let request = C::parse(&mut Args::split(&C::SPEC, &C::TABLE, arguments)?)?;
    let store = Store::new(&database.memory, rules, Part::Whole, now);
    Ok(match C::run(request, &store)? {
        Answer::Reply(reply) => plain(reply),
        Answer::Work(mut work, view) => {
            let mut steps = 0..MAX_STEPS;
            while work.step(&store)? == Progress::Unfinished {
                steps.next().ok_or(Error::Internal)?;
            }
            plain(reply::Reply::of(work.outcome(), view))
        }
    })
}

fn plain(reply: reply::Reply<Vec<u8>>) -> Reply {
    match reply {
        reply::Reply::Null => Reply::Null,
        reply::Reply::Integer(number) => Reply::Integer(number),
        reply::Reply::Token(token) => Reply::Token(token),
        reply::Reply::Session(shown, _) => Reply::Session(SessionReply::of(&shown)),
        reply::Reply::Sessions(list, _) => Reply::Sessions(list.iter().map(SessionReply::of).collect()),
        reply::Reply::Ids(ids) => Reply::Ids(ids),
        reply::Reply::Lines(lines) => Reply::Lines(lines),
    }
}
