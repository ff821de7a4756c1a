//! ```text
//! SESSIONS.TOUCH app token [TTL seconds]
//! ```
//! Refreshes a session without counting a read. With TTL, that is the idle timeout from now on; a
//! session that was created with NORESAVE ends that many seconds from now. Returns 1, or 0 if no
//! live session has that token.
//!
//! O(1) within an index step of the last use, otherwise O(log n).

use super::args::Args;
use super::reply::{Answer, Reply};
use super::{Argument, Command, Kind, Routing, Spec, Subject};
use crate::store::{Backend, Store, Use};
use sessions_model::error::Error;
use sessions_model::ident::{App, Token};
use sessions_model::session::Terms;

#[derive(Debug)]
pub(crate) struct Touch;

#[derive(Debug)]
pub(crate) struct Request<'a> {
    app: App<'a>,
    token: Option<Token>,
    terms: Terms,
}

impl Command for Touch {
    const SPEC: Spec = Spec {
        name: "SESSIONS.TOUCH",
        arguments: &[Argument::APP, Argument::TOKEN, Argument::TTL],
        summary: "Refreshes a session without reading it",
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
            terms: args.terms()?,
        })
    }

    fn run<K: Backend>(request: Request<'_>, store: &Store<'_, K>) -> Result<Answer<K::Bytes>, Error> {
        let Some(mut found) = store.find(request.app, request.token)? else {
            return Ok(Reply::Integer(0).into());
        };
        let usage = Use {
            terms: request.terms,
            ..Use::default()
        };
        store.apply(&mut found, &usage)?;
        Ok(Reply::Integer(1).into())
    }
}
