//! ```text
//! SESSIONS.SOID app id [ONLY sid] [DT seconds] [ASC | DESC] [LIMIT offset count] [NODATA] [WITHTOKENS] [JSON]
//! ```
//! Lists the live sessions of an id, most recently active first; with ASC, least recently active
//! first. With ONLY it lists only the session with that sid, with DT only the sessions active
//! within that many seconds (0: no limit). LIMIT counts live, matching sessions. NODATA omits `d`.
//! Each session has its `sid`, and with WITHTOKENS its token. With JSON the list is one bulk
//! string, otherwise an array.
//!
//! O(k log k) for k sessions of the id. Many are gathered in slices, with the client blocked and
//! other clients served.

use super::args::Args;
use super::reply::{Answer, View};
use super::{Argument, Command, Kind, Routing, Spec, Subject};
use crate::store::{Backend, Listing, Sorting, Store};
use sessions_model::error::Error;
use sessions_model::ident::{App, Id, Sid};

#[derive(Debug)]
pub(crate) struct Soid;

#[derive(Debug)]
pub(crate) struct Request<'a> {
    app: App<'a>,
    id: Id<'a>,
    listing: Listing,
    view: View,
}

impl Command for Soid {
    const SPEC: Spec = Spec {
        name: "SESSIONS.SOID",
        arguments: &[
            Argument::APP,
            Argument::ID,
            Argument::text("sid").after("ONLY").optional(),
            Argument::DT,
            Argument::one_of("order", &[Argument::flag("asc", "ASC"), Argument::flag("desc", "DESC")]).optional(),
            Argument::LIMIT,
            Argument::NO_DATA,
            Argument::WITH_TOKENS,
            Argument::JSON,
        ],
        summary: "Lists the sessions of an id",
        complexity: "O(k log k) for k sessions of the id",
        kind: Kind::Read { fast: false },
        subject: Subject::App,
        routing: Routing::Id,
    };
    type Request<'a> = Request<'a>;

    fn parse<'a>(args: &mut Args<'a>) -> Result<Request<'a>, Error> {
        let (app, id, view) = (args.app()?, args.id()?, args.view());
        let listing = Listing {
            only: args.option("ONLY", Sid::parse)?,
            window: args.dt()?,
            sorting: if args.has("ASC") {
                Sorting::LeastActiveFirst
            } else {
                Sorting::LastActiveFirst
            },
            limit: args.limit()?,
            detail: view.detail,
        };
        Ok(Request { app, id, listing, view })
    }

    fn run<K: Backend>(request: Request<'_>, store: &Store<'_, K>) -> Result<Answer<K::Bytes>, Error> {
        let Request { app, id, listing, view } = request;
        let view = view.possible_in(store)?;
        Ok(Answer::Work(store.of_id(app, id, listing), view))
    }
}
