//! ```text
//! SESSIONS.ROTATE app token [ID id | ANON] [GRACE seconds] [IP ip] [UA ua] [TTL seconds] [LIFETIME seconds] [MAX n [REJECT]] [DATA json]
//! ```
//! Gives a session a new token and returns it; the old one stops working immediately. Data,
//! counters, `created` and all values that no option names are kept. With ID the session belongs to
//! that id from then on: a visitor logs in. ANON makes it anonymous. An empty IP or UA removes it;
//! TTL and LIFETIME count from now on. DATA is merged as by SET and counts a write; `{}` changes
//! nothing. Null if no live session has that token. Requests in flight with the old token are
//! logged out. If a running KILLALL or KILLSOID is about to kill the session, it is killed now and
//! the reply is null; the session that a KILLSOID excepts stays excepted under its new token. In a
//! cluster the id must be in the same hash slot, otherwise the error is CROSSSLOT.
//!
//! MAX, if ID is given and the session does not belong to that id yet, leaves the id at most `n`
//! live sessions, including this one: the least recently active ones are killed. With REJECT no
//! session is killed, and the error is LIMIT if there are already `n`.
//!
//! Fails if the merged data is larger than `sessions.max-data-bytes` and not smaller than before,
//! or if DATA is given and the stored data is not an object. Refused while memory is full. O(size
//! of the data) and O(log n).

use super::args::Args;
use super::reply::{Answer, Reply};
use super::{Argument, Command, Kind, Routing, Spec, Subject};
use crate::store::{Backend, Cap, Client, Counts, Rotatable, Store, Use};
use sessions_model::data::Data;
use sessions_model::error::Error;
use sessions_model::ident::{App, Owner, Token};
use sessions_model::number::Grace;
use sessions_model::session::Terms;

#[derive(Debug)]
pub(crate) struct Rotate;

#[derive(Debug)]
pub(crate) struct Request<'a> {
    app: App<'a>,
    token: Option<Token>,
    owner: Option<Owner<'a>>,
    grace: Option<Grace>,
    client: Client<'a>,
    terms: Terms,
    cap: Option<Cap>,
    changes: Option<Data<'a>>,
}

impl Command for Rotate {
    const SPEC: Spec = Spec {
        name: "SESSIONS.ROTATE",
        arguments: &[
            Argument::APP,
            Argument::TOKEN,
            Argument::OWNER,
            Argument::integer("seconds").after("GRACE").optional(),
            Argument::IP,
            Argument::UA,
            Argument::TTL,
            Argument::LIFETIME,
            Argument::MAX,
            Argument::DATA,
        ],
        summary: "Replaces a session's token, optionally changing its id",
        complexity: "O(log n + s) for n sessions and s bytes of this session; with MAX also up to 200 sessions of the id",
        kind: Kind::Grow { fast: false },
        subject: Subject::App,
        routing: Routing::Token,
    };
    type Request<'a> = Request<'a>;

    fn parse<'a>(args: &mut Args<'a>) -> Result<Request<'a>, Error> {
        args.require("REJECT", "MAX")?;
        args.require("MAX", "ID")?;
        Ok(Request {
            app: args.app()?,
            token: args.token()?,
            owner: args.owner()?,
            grace: args.option("GRACE", Grace::parse)?,
            client: args.client()?,
            terms: args.terms()?,
            cap: args.cap()?,
            changes: args.given_data()?.filter(|changes| !changes.is_empty()),
        })
    }

    fn run<K: Backend>(request: Request<'_>, store: &Store<'_, K>) -> Result<Answer<K::Bytes>, Error> {
        let found = match store.find_to_rotate(request.app, request.token, request.owner)? {
            Rotatable::Session(found) => found,
            Rotatable::Done(token) => return Ok(Reply::Token(token).into()),
            Rotatable::Nothing => return Ok(Reply::Null.into()),
        };
        let changes = request.changes.as_ref();
        let data = changes
            .map(|changes| store.merged(&found.session, changes))
            .transpose()?;
        let usage = Use {
            counts: if data.is_some() { Counts::Write } else { Counts::Nothing },
            data: data.as_ref().map(Option::as_deref),
            terms: request.terms,
            client: request.client,
            owner: request.owner,
            cap: request.cap,
        };
        let rotated = store.rotate(found, &usage, request.grace)?;
        Ok(rotated.map_or(Reply::Null, Reply::Token).into())
    }
}
