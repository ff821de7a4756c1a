//! ```text
//! SESSIONS.PEEK app token [JSON]
//! ```
//! Returns a session without counting a read or refreshing it, so it works on replicas and while
//! writes are stopped. Null if no live session has that token.
//!
//! O(1).

use super::args::Args;
use super::reply::{Answer, Format, Reply, SessionView};
use super::{Argument, Command, Kind, Routing, Spec, Subject};
use crate::store::{Backend, Store};
use sessions_model::error::Error;
use sessions_model::ident::{App, Token};

#[derive(Debug)]
pub(crate) struct Peek;

#[derive(Debug)]
pub(crate) struct Request<'a> {
    app: App<'a>,
    token: Option<Token>,
    format: Format,
}

impl Command for Peek {
    const SPEC: Spec = Spec {
        name: "SESSIONS.PEEK",
        arguments: &[Argument::APP, Argument::TOKEN, Argument::JSON],
        summary: "Reads a session without counting or refreshing it",
        complexity: "O(1)",
        kind: Kind::Read { fast: true },
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
        let Some(found) = store.find(request.app, request.token)? else {
            return Ok(Reply::Null.into());
        };
        let shown = SessionView::new(found.close(), store.now());
        Ok(Reply::Session(shown, request.format).into())
    }
}
