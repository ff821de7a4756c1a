//! ```text
//! SESSIONS.SOAPP app dt [LIMIT offset count] [NODATA] [WITHTOKENS] [JSON]
//! ```
//! Lists the app's live sessions that were active within `dt` seconds (0: no limit), most recently
//! active first; the order is exact to an index step. LIMIT counts live, matching sessions; every
//! use changes the order. The other options are those of `SESSIONS.SOID`.
//!
//! O(log n + m) for m sessions skipped and returned. Many are gathered in slices, with the client
//! blocked and other clients served.

use super::args::Args;
use super::reply::{Answer, View};
use super::{Argument, Command, Kind, Replies, Routing, Spec, Subject};
use crate::store::{Backend, Store};
use sessions_model::error::Error;
use sessions_model::ident::App;
use sessions_model::number::{Limit, Window};

#[derive(Debug)]
pub(crate) struct SoApp;

#[derive(Debug)]
pub(crate) struct Request<'a> {
    app: App<'a>,
    window: Window,
    limit: Limit,
    view: View,
}

impl Command for SoApp {
    const SPEC: Spec = Spec {
        name: "SESSIONS.SOAPP",
        arguments: &[
            Argument::APP,
            Argument::integer("dt"),
            Argument::LIMIT,
            Argument::NO_DATA,
            Argument::WITH_TOKENS,
            Argument::JSON,
        ],
        summary: "Lists the sessions of an app",
        complexity: "O(log n + m) for n sessions, m of them skipped or returned",
        kind: Kind::Read { fast: false },
        subject: Subject::App,
        routing: Routing::AllShards {
            replies: Replies::Separate,
        },
    };
    type Request<'a> = Request<'a>;

    fn parse<'a>(args: &mut Args<'a>) -> Result<Request<'a>, Error> {
        Ok(Request {
            app: args.app()?,
            window: args.window()?,
            limit: args.limit()?,
            view: args.view(),
        })
    }

    fn run<K: Backend>(request: Request<'_>, store: &Store<'_, K>) -> Result<Answer<K::Bytes>, Error> {
        let Request {
            app,
            window,
            limit,
            view,
        } = request;
        let view = view.possible_in(store)?;
        let work = store.of_app(app, window, limit, view.detail);
        Ok(Answer::Work(work, view))
    }
}
