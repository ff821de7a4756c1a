//! ```text
//! SESSIONS.ROTATE app token [ID id]
//! ```
//! Gives a session a new token and answers it; the old one is dead at once. Data,
//! counters, ip, `created` and time-outs stay. With ID the session goes over to that id:
//! a visitor logs in. Null when there is no live session of that token. Requests in
//! flight with the old token are logged out. If a KILLALL or KILLSOID under way is about to kill the
//! session, it is killed now and the reply is null; the session that a KILLSOID excepts stays excepted
//! under its new token. In a cluster the id must be of the same hash slot, otherwise CROSSSLOT.
//!
//! Refused while memory is full. O(log n).

use super::args::Args;
use super::reply::{Answer, Reply};
use super::{Argument, Command, Kind, Routing, Spec, Subject};
use crate::store::{Backend, Store};
use sessions_model::error::Error;
use sessions_model::ident::{App, Id, Token};

#[derive(Debug)]
pub(crate) struct Rotate;

#[derive(Debug)]
pub(crate) struct Request<'a> {
    app: App<'a>,
    token: Option<Token>,
    id: Option<Id<'a>>,
}

impl Command for Rotate {
    const SPEC: Spec = Spec {
        name: "SESSIONS.ROTATE",
        arguments: &[
            Argument::APP,
            Argument::TOKEN,
            Argument::text("id").after("ID").optional(),
        ],
        summary: "Gives a session a new token and maybe another id",
        complexity: "O(log n) for n sessions",
        kind: Kind::Grow { fast: false },
        subject: Subject::App,
        routing: Routing::Token,
    };
    type Request<'a> = Request<'a>;

    fn parse<'a>(args: &mut Args<'a>) -> Result<Request<'a>, Error> {
        Ok(Request {
            app: args.app()?,
            token: args.token()?,
            id: args.option("ID", Id::parse_new)?,
        })
    }

    fn run<K: Backend>(request: Request<'_>, store: &Store<'_, K>) -> Result<Answer<K::Bytes>, Error> {
        let Some(found) = store.find(request.app, request.token)? else {
            return Ok(Reply::Null.into());
        };
        let rotated = store.rotate(found, request.id)?;
        Ok(rotated.map_or(Reply::Null, Reply::Token).into())
    }
}
