//! ```text
//! SESSIONS.PANIC app token PARSING | RUNNING | WRITTEN | WORKING
//! ```
//! Panics with a message that contains the token: while the arguments are parsed, with the
//! session's hash open, after a use was written, or in a later step of work.
//!
//! Only in builds with the feature `test-panic`, for the tests of panics.

use super::args::Args;
use super::reply::{Answer, Reply, View};
use super::{Argument, Command, Kind, Routing, Spec, Subject};
use crate::store::panic_later::panic_over;
use crate::store::{Backend, Store, Use, Work};
use sessions_model::error::Error;
use sessions_model::ident::{App, Token};

#[derive(Debug)]
pub(crate) struct Panic;

#[derive(Debug)]
pub(crate) struct Request<'a> {
    app: App<'a>,
    token: Option<Token>,
    place: Place,
}

#[derive(Clone, Copy, Debug)]
enum Place {
    Running,
    Written,
    Working,
}

impl Command for Panic {
    const SPEC: Spec = Spec {
        name: "SESSIONS.PANIC",
        arguments: &[Argument::APP, Argument::TOKEN, Argument::text("place")],
        summary: "Panics",
        complexity: "O(1)",
        kind: Kind::Write { fast: false },
        subject: Subject::App,
        routing: Routing::Token,
    };
    type Request<'a> = Request<'a>;

    fn parse<'a>(args: &mut Args<'a>) -> Result<Request<'a>, Error> {
        let (app, token) = (args.app()?, args.token()?);
        let place = match (args.positional()?, &token) {
            (b"PARSING", Some(token)) => panic_over(token),
            (b"RUNNING", _) => Place::Running,
            (b"WRITTEN", _) => Place::Written,
            (b"WORKING", _) => Place::Working,
            _ => return Err(Error::WrongArity),
        };
        Ok(Request { app, token, place })
    }

    fn run<K: Backend>(request: Request<'_>, store: &Store<'_, K>) -> Result<Answer<K::Bytes>, Error> {
        let Request { app, token, place } = request;
        let Some(mut found) = store.find(app, token)? else {
            return Ok(Reply::Null.into());
        };
        let token = found.token;
        match place {
            Place::Running => panic_over(&token),
            Place::Written => {
                store.apply(&mut found, &Use::read())?;
                panic_over(&token)
            }
            Place::Working => Ok(Answer::Work(Work::panic(&token), View::default())),
        }
    }
}
