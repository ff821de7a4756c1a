//! ```text
//! SESSIONS.ACTIVITY app dt
//! ```
//! How many different ids were active within `dt` seconds (0: ever): users, not sessions.
//! Ids whose sessions timed out are counted until the cleanup pass removes them.
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
pub(crate) struct Activity;

impl Command for Activity {
    const SPEC: Spec = Spec {
        name: "SESSIONS.ACTIVITY",
        arguments: &[Argument::APP, Argument::integer("dt")],
        summary: "Counts the ids active within a time window",
        complexity: "O(log n) for n ids, and at most 500 hash reads",
        kind: Kind::Read { fast: false },
        subject: Subject::App,
        routing: Routing::AllShards {
            replies: Replies::Summed,
        },
    };
    type Request<'a> = (App<'a>, Window);

    fn parse<'a>(args: &mut Args<'a>) -> Result<Self::Request<'a>, Error> {
        Ok((args.app()?, args.window()?))
    }

    fn run<K: Backend>((app, window): Self::Request<'_>, store: &Store<'_, K>) -> Result<Answer<K::Bytes>, Error> {
        Ok(Answer::Work(store.activity(app, window), View::default()))
    }
}
