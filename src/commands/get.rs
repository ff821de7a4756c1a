//! ```text
//! SESSIONS.GET app token [JSON]
//! ```
//! Returns the session as it was before the use, then counts a read and refreshes the session, so
//! GET is a write. Null if no live session has that token. With JSON the session is one bulk
//! string, otherwise a map (RESP3) or a flat array of names and values (RESP2).
//!
//! O(1) within an index step of the last use, otherwise O(log n).

use super::args::Args;
use super::reply::{Answer, Format, Reply, SessionView};
use super::{Argument, Command, Kind, Routing, Spec, Subject};
use crate::store::{Backend, Store, Use};
use sessions_model::error::Error;
use sessions_model::ident::{App, Token};

#[derive(Debug)]
pub(crate) struct Get;

#[derive(Debug)]
pub(crate) struct Request<'a> {
    app: App<'a>,
    token: Option<Token>,
    format: Format,
}

impl Command for Get {
    const SPEC: Spec = Spec {
        name: "SESSIONS.GET",
        arguments: &[Argument::APP, Argument::TOKEN, Argument::JSON],
        summary: "Reads a session, counts the read and refreshes it",
        complexity: "O(1) within an index step of the last use, otherwise O(log n) for n sessions",
        kind: Kind::Write { fast: true },
        subject: Subject::App,
        routing: Routing::Token,
    };
    type Request<'a> = Request<'a>;

    fn parse<'a>(args: &mut Args<'a>) -> Result<Request<'a>, Error> {
        Ok(Request {
            app: args.app()?,
            token: args.token()?,
            format: args.format(),
        })
    }

    fn run<K: Backend>(request: Request<'_>, store: &Store<'_, K>) -> Result<Answer<K::Bytes>, Error> {
        let Some(mut found) = store.find(request.app, request.token)? else {
            return Ok(Reply::Null.into());
        };
        store.apply(&mut found, &Use::read())?;
        let shown = SessionView::new(found.close(), store.now());
        Ok(Reply::Session(shown, request.format).into())
    }
}
