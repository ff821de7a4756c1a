//! ```text
//! SESSIONS.INCR app token key [BY n]
//! ```
//! Adds n, by default 1, to the number at a top-level key of the session's data and returns the
//! sum, or null if no live session has that token. A key that is absent or null counts as 0. The
//! number is replaced in place, and a new key is appended. Counts a write and refreshes the
//! session.
//!
//! Fails if the value or the sum is not a 64-bit integer without fraction or exponent, if the
//! stored data is not an object, or if the data is larger than `sessions.max-data-bytes` and not
//! smaller than before. Refused while memory is full. O(size of the data), and once in an index
//! step O(log n).

use super::args::Args;
use super::reply::{Answer, Reply};
use super::{Argument, Command, Kind, Routing, Spec, Subject};
use crate::store::{Backend, Counts, Store, Use};
use sessions_model::data::Key;
use sessions_model::error::Error;
use sessions_model::ident::{App, Token};
use sessions_model::number::Increment;

#[derive(Debug)]
pub(crate) struct Incr;

#[derive(Debug)]
pub(crate) struct Request<'a> {
    app: App<'a>,
    token: Option<Token>,
    key: Key<'a>,
    by: Increment,
}

impl Command for Incr {
    const SPEC: Spec = Spec {
        name: "SESSIONS.INCR",
        arguments: &[
            Argument::APP,
            Argument::TOKEN,
            Argument::text("key").secret(),
            Argument::integer("n").after("BY").optional(),
        ],
        summary: "Increments a number in a session's data",
        complexity: "O(d) for d bytes of data, and O(log n) for n sessions once per index step",
        kind: Kind::Grow { fast: true },
        subject: Subject::App,
        routing: Routing::Token,
    };
    type Request<'a> = Request<'a>;

    fn parse<'a>(args: &mut Args<'a>) -> Result<Request<'a>, Error> {
        Ok(Request {
            app: args.app()?,
            token: args.token()?,
            key: args.key()?,
            by: args.option("BY", Increment::parse)?.unwrap_or(Increment::ONE),
        })
    }

    fn run<K: Backend>(request: Request<'_>, store: &Store<'_, K>) -> Result<Answer<K::Bytes>, Error> {
        let Some(mut found) = store.find(request.app, request.token)? else {
            return Ok(Reply::Null.into());
        };
        let (sum, data) = store.incremented(&found.session, request.key, request.by)?;
        let usage = Use {
            counts: Counts::Write,
            data: Some(data.as_deref()),
            ..Use::default()
        };
        store.apply(&mut found, &usage)?;
        Ok(Reply::Integer(sum).into())
    }
}
