//! ```text
//! SESSIONS.USERS app dt [LIMIT offset count]
//! ```
//! Lists the ids that were active within `dt` seconds (0: no limit), most recently active first;
//! the order is exact to an index step. Ids whose sessions timed out are listed until the cleanup
//! pass removes them.
//!
//! O(log n + m) for m ids skipped and returned, and at most 500 hash reads. Many are gathered in
//! slices, with the client blocked and other clients served.

use super::args::Args;
use super::reply::{Answer, View};
use super::{Argument, Command, Kind, Replies, Routing, Spec, Subject};
use crate::store::{Backend, Store};
use sessions_model::error::Error;
use sessions_model::ident::App;
use sessions_model::number::{Limit, Window};

#[derive(Debug)]
pub(crate) struct Users;

impl Command for Users {
    const SPEC: Spec = Spec {
        name: "SESSIONS.USERS",
        arguments: &[Argument::APP, Argument::integer("dt"), Argument::LIMIT],
        summary: "Lists the ids active within a time window",
        complexity: "O(log n + m) for n ids, m of them skipped or returned, and at most 500 hash reads",
        kind: Kind::Read { fast: false },
        subject: Subject::App,
        routing: Routing::AllShards {
            replies: Replies::Separate,
        },
    };
    type Request<'a> = (App<'a>, Window, Limit);

    fn parse<'a>(args: &mut Args<'a>) -> Result<Self::Request<'a>, Error> {
        Ok((args.app()?, args.window()?, args.limit()?))
    }

    fn run<K: Backend>(
        (app, window, limit): Self::Request<'_>,
        store: &Store<'_, K>,
    ) -> Result<Answer<K::Bytes>, Error> {
        Ok(Answer::Work(store.users(app, window, limit), View::default()))
    }
}
