//! ```text
//! SESSIONS.HELP
//! ```
//! Lists all commands, one per line.

use super::args::Args;
use super::reply::{Answer, Reply};
use super::{Command, Kind, Routing, SPECS, Spec, Subject};
use crate::store::{Backend, Store};
use sessions_model::error::Error;

#[derive(Debug)]
pub(crate) struct Help;

impl Command for Help {
    const SPEC: Spec = Spec {
        name: "SESSIONS.HELP",
        arguments: &[],
        summary: "Lists the commands",
        complexity: "O(1)",
        kind: Kind::Meta,
        subject: Subject::Nothing,
        routing: Routing::Anywhere,
    };
    type Request<'a> = ();

    fn parse<'a>(_args: &mut Args<'a>) -> Result<(), Error> {
        Ok(())
    }

    fn run<K: Backend>((): (), _store: &Store<'_, K>) -> Result<Answer<K::Bytes>, Error> {
        Ok(Reply::Lines(SPECS.iter().map(line).collect()).into())
    }
}

pub(super) fn line(spec: &Spec) -> String {
    format!("{} -- {}", spec.syntax(), spec.summary)
}
