//! ```text
//! SESSIONS.HELP
//! ```
//! Lists all commands, a line each.

use super::args::Args;
use super::reply::Reply;
use super::{Arity, Command, Kind, SPECS, Secrets, Spec, Subject};
use crate::error::Error;
use crate::session::ident::Ttl;
use crate::store::Store;
use crate::store::keyspace::Keyspace;

#[derive(Debug)]
pub(crate) struct Help;

impl Command for Help {
    const SPEC: Spec = Spec {
        name: "SESSIONS.HELP",
        syntax: "",
        summary: "Lists the commands",
        arity: Arity::Exactly(0),
        kind: Kind::Meta,
        subject: Subject::Nothing,
        secrets: Secrets::NONE,
    };
    type Request<'a> = ();

    fn parse<'a>(_args: &mut Args<'a>, _default_ttl: Ttl) -> Result<(), Error> {
        Ok(())
    }

    fn run<K: Keyspace>((): (), _store: &Store<'_, K>) -> Result<Reply<K::Bytes>, Error> {
        let line = |spec: &Spec| match spec.syntax {
            "" => format!("{} -- {}", spec.name, spec.summary),
            syntax => format!("{} {syntax} -- {}", spec.name, spec.summary),
        };
        Ok(Reply::Lines(SPECS.iter().map(line).collect()))
    }
}
