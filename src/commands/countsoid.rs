//! ```text
//! SESSIONS.COUNTSOID app id [DT seconds]
//! ```
//! How many live sessions an id has; with DT, how many of them were active within that many seconds
//! (0: no limit). The count is exact, because it reads their hashes.
//!
//! O(k) for k sessions of the id. Many sessions are counted in slices, with the client blocked and
//! other clients served.

use super::args::Args;
use super::reply::{Answer, View};
use super::{Argument, Command, Kind, Routing, Spec, Subject};
use crate::store::{Backend, Store};
use sessions_model::error::Error;
use sessions_model::ident::{App, Id};
use sessions_model::number::Window;

#[derive(Debug)]
pub(crate) struct CountSoid;

impl Command for CountSoid {
    const SPEC: Spec = Spec {
        name: "SESSIONS.COUNTSOID",
        arguments: &[Argument::APP, Argument::ID, Argument::DT],
        summary: "Counts the live sessions of an id",
        complexity: "O(k) for k sessions of the id",
        kind: Kind::Read { fast: false },
        subject: Subject::App,
        routing: Routing::Id,
    };
    type Request<'a> = (App<'a>, Id<'a>, Window);

    fn parse<'a>(args: &mut Args<'a>) -> Result<Self::Request<'a>, Error> {
        Ok((args.app()?, args.id()?, args.dt()?))
    }

    fn run<K: Backend>((app, id, window): Self::Request<'_>, store: &Store<'_, K>) -> Result<Answer<K::Bytes>, Error> {
        Ok(Answer::Work(store.count_of_id(app, id, window), View::default()))
    }
}
