//! ```text
//! SESSIONS.KILLALL app
//! ```
//! Ends all sessions of an app and returns their number. When KILLALL returns, every session that
//! existed at the time of the call has ended. Sessions that are created during that time stay live,
//! except those that are created in the second of the call or by redis-sessions.
//!
//! O(n log n), in slices with the client blocked and other clients served; inside MULTI, a script
//! or another module's call in one go. In a cluster each node processes its own slots; if some are
//! being moved, it processes all others and returns TRYAGAIN.

use super::args::Args;
use super::reply::{Answer, View};
use super::{Argument, Command, Kind, Replies, Routing, Spec, Subject};
use crate::store::{Backend, Store, Work};
use sessions_model::error::Error;
use sessions_model::ident::App;

#[derive(Debug)]
pub(crate) struct KillAll;

impl Command for KillAll {
    const SPEC: Spec = Spec {
        name: "SESSIONS.KILLALL",
        arguments: &[Argument::APP],
        summary: "Ends all sessions of an app",
        complexity: "O(n log n) for n sessions, in slices",
        kind: Kind::Dangerous,
        subject: Subject::App,
        routing: Routing::AllShards {
            replies: Replies::Summed,
        },
    };
    type Request<'a> = App<'a>;

    fn parse<'a>(args: &mut Args<'a>) -> Result<App<'a>, Error> {
        args.app()
    }

    fn run<K: Backend>(app: App<'_>, store: &Store<'_, K>) -> Result<Answer<K::Bytes>, Error> {
        Ok(Answer::Work(Work::kill_of_app(app, store.now()), View::default()))
    }
}
