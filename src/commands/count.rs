//! ```text
//! SESSIONS.COUNT app [DT seconds]
//! ```
//! How many sessions the app has; with DT, how many were active within that many seconds
//! (0: no limit). Timed-out sessions are counted until the cleanup pass removes them.
//!
//! O(log n) and at most 500 hash reads. In a cluster each hash slot of the node has an index of its own,
//! and many are counted in slices, with the caller blocked and other clients served.

use super::args::Args;
use super::reply::{Answer, View};
use super::{Argument, Command, Kind, Replies, Routing, Spec, Subject};
use crate::store::{Backend, Store};
use sessions_model::error::Error;
use sessions_model::ident::App;
use sessions_model::number::Window;

#[derive(Debug)]
pub(crate) struct Count;

impl Command for Count {
    const SPEC: Spec = Spec {
        name: "SESSIONS.COUNT",
        arguments: &[Argument::APP, Argument::DT],
        summary: "Counts the sessions of an app",
        complexity: "O(log n) for n sessions, and at most 500 hash reads",
        kind: Kind::Read { fast: false },
        subject: Subject::App,
        routing: Routing::AllShards {
            replies: Replies::Summed,
        },
    };
    type Request<'a> = (App<'a>, Window);

    fn parse<'a>(args: &mut Args<'a>) -> Result<Self::Request<'a>, Error> {
        Ok((args.app()?, args.dt()?))
    }

    fn run<K: Backend>((app, window): Self::Request<'_>, store: &Store<'_, K>) -> Result<Answer<K::Bytes>, Error> {
        Ok(Answer::Work(store.count(app, window), View::default()))
    }
}
