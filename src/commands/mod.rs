//! The commands: one file each, whose doc comment is its reference.
//!
//! A command parses its arguments into a request before a key is opened, then runs the request on a
//! store. `server::command` is the shell around all commands, which calls the server.

pub(crate) mod args;
pub(crate) mod reply;
pub(crate) mod secrets;
pub(crate) mod syntax;
pub(crate) mod table;

pub(crate) mod activity;
pub(crate) mod count;
pub(crate) mod countsoid;
pub(crate) mod create;
pub(crate) mod exists;
pub(crate) mod get;
pub(crate) mod help;
pub(crate) mod incr;
pub(crate) mod kill;
pub(crate) mod killall;
pub(crate) mod killsoid;
#[cfg(test)]
mod pages;
#[cfg(feature = "test-panic")]
pub(crate) mod panic;
pub(crate) mod peek;
pub(crate) mod rotate;
pub(crate) mod save;
pub(crate) mod set;
pub(crate) mod soapp;
pub(crate) mod soid;
pub(crate) mod touch;
pub(crate) mod users;
pub(crate) mod wipe;

use crate::store::{Backend, Store};
use args::Args;
use reply::Answer;
use sessions_model::error::{Error, SyntaxReason};
use syntax::Argument;
use table::Table;

/// The first version with the commands: all of them are in the first release.
pub(crate) const SINCE: &str = "1.0.0";

/// The description of a command for the server and its users.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spec {
    pub(crate) name: &'static str,
    /// The positional arguments, then the options.
    pub(crate) arguments: &'static [Argument],
    pub(crate) summary: &'static str,
    pub(crate) complexity: &'static str,
    pub(crate) kind: Kind,
    pub(crate) subject: Subject,
    pub(crate) routing: Routing,
}

impl Spec {
    pub(crate) const fn table(&self) -> Table {
        Table::of(self.arguments)
    }

    /// The command's line in HELP, without the summary.
    pub(crate) fn syntax(&self) -> String {
        let arguments: String = self.arguments.iter().map(|argument| format!(" {argument}")).collect();
        format!("{}{arguments}", self.name)
    }

    fn syntax_error(&self, reason: SyntaxReason) -> Error {
        Error::Syntax {
            reason,
            syntax: self.syntax(),
        }
    }
}

/// The kind of a command, in the server's terms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Works on replicas and while writes are stopped.
    Read { fast: bool },
    /// Works when memory is full.
    Write { fast: bool },
    /// A write that administrators often forbid.
    Dangerous,
    /// Is refused when memory is full.
    Grow { fast: bool },
    /// Uses no data.
    Meta,
}

/// The keys that a command uses, which access control checks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Subject {
    /// The keys of the app in the first argument.
    App,
    AllApps,
    Nothing,
}

/// Where cluster clients send a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Routing {
    /// To the node that has the slot of the second argument, a token.
    Token,
    /// To the node that has the slot of the second argument, an id.
    Id,
    /// To every primary.
    AllShards {
        replies: Replies,
    },
    Anywhere,
}

/// How a client combines the replies of all shards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Replies {
    Summed,
    Separate,
}

pub(crate) trait Command {
    const SPEC: Spec;
    /// The table of [`Self::SPEC`].
    const TABLE: Table = Self::SPEC.table();
    type Request<'a>;

    fn parse<'a>(args: &mut Args<'a>) -> Result<Self::Request<'a>, Error>;
    fn run<K: Backend>(request: Self::Request<'_>, store: &Store<'_, K>) -> Result<Answer<K::Bytes>, Error>;
}

/// Calls a macro with all commands, in the order in which HELP lists them.
macro_rules! for_all_commands {
    ($with:ident) => {
        $with! {
            $crate::commands::create::Create,
            $crate::commands::get::Get,
            $crate::commands::peek::Peek,
            $crate::commands::set::Set,
            $crate::commands::save::Save,
            $crate::commands::incr::Incr,
            $crate::commands::touch::Touch,
            $crate::commands::exists::Exists,
            $crate::commands::rotate::Rotate,
            $crate::commands::kill::Kill,
            $crate::commands::killsoid::KillSoid,
            $crate::commands::killall::KillAll,
            $crate::commands::soid::Soid,
            $crate::commands::soapp::SoApp,
            $crate::commands::activity::Activity,
            $crate::commands::count::Count,
            $crate::commands::countsoid::CountSoid,
            $crate::commands::users::Users,
            $crate::commands::wipe::Wipe,
            $crate::commands::help::Help,
        }
    };
}
pub(crate) use for_all_commands;

macro_rules! specs {
    ($($command:path),* $(,)?) => {
        /// All commands, in the order in which HELP lists them.
        pub(crate) const SPECS: &[Spec] = &[$(<$command>::SPEC),*];
    };
}
for_all_commands!(specs);
