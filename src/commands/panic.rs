//! ```text
//! SESSIONS.PANIC app token PARSING | RUNNING | WRITTEN | WORKING
//! ```
//! Panics with a message that holds the token: while the arguments are parsed, with the
//! session's hash open, after a use of it was written, or in a later step of work.
//!
//! Only in builds with the feature `test-panic`, for the test of what becomes of a panic.

use super::args::{Args, OptionWord};
use super::reply::Reply;
use super::{Argument, Arity, Command, Kind, Routing, Secrets, Spec, Subject};
use crate::error::Error;
use crate::session::ident::{App, Token};
use crate::session::number::Ttl;
use crate::store::keyspace::Keyspace;
use crate::store::{Store, Use, Work};

#[derive(Debug)]
pub(crate) struct Panic;

#[derive(Debug)]
pub(crate) struct Request<'a> {
    app: App<'a>,
    token: Token,
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
        arity: Arity::Exactly(3),
        kind: Kind::Write { fast: false },
        subject: Subject::App,
        routing: Routing::SecondArgument,
        secrets: Secrets::TOKEN,
    };
    type Request<'a> = Request<'a>;

    fn parse<'a>(args: &mut Args<'a>, _default_ttl: Ttl) -> Result<Request<'a>, Error> {
        let (app, token) = (args.app()?, args.token()?);
        let place = match args.option().as_ref().map(OptionWord::as_bytes) {
            Some(b"PARSING") => panic_over(&token),
            Some(b"RUNNING") => Place::Running,
            Some(b"WRITTEN") => Place::Written,
            Some(b"WORKING") => Place::Working,
            _ => return Err(Error::Syntax),
        };
        Ok(Request { app, token, place })
    }

    fn run<K: Keyspace>(request: Request<'_>, store: &Store<'_, K>) -> Result<Reply<K::Bytes>, Error> {
        let Request { app, token, place } = request;
        let Some(mut found) = store.find(app, token)? else {
            return Ok(Reply::Null);
        };
        match place {
            Place::Running => panic_over(&token),
            Place::Written => {
                store.apply(&mut found, Use::Read)?;
                panic_over(&token)
            }
            Place::Working => Ok(Reply::Work(Work::panic(&token))),
        }
    }
}

#[expect(clippy::panic, reason = "it is there to panic")]
pub(crate) fn panic_over(token: &Token) -> ! {
    panic!("{}", String::from_utf8_lossy(token.as_bytes()))
}
