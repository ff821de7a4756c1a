//! ```text
//! SESSIONS.KILLSOID app id [EXCEPT token | ONLY sid]
//! ```
//! Ends all sessions of an id and returns how many. EXCEPT keeps the session with that token (log
//! out my other devices), even if it is rotated during that time; a token that is not of a live
//! session of the id excepts nothing. ONLY ends only the session with that sid. When KILLSOID
//! returns, every session that the id had at the time of the call has ended, even if it was rotated
//! during that time. Sessions that are created during that time stay live, except those that are
//! created in the second of the call or by redis-sessions. Sessions that ROTATE moves to the id
//! during that time also stay live.
//!
//! O(k log n) for k sessions of the id; very many are ended in slices, with the client blocked and
//! other clients served.

use super::args::Args;
use super::reply::{Answer, View};
use super::{Argument, Command, Kind, Routing, Spec, Subject};
use crate::store::{Backend, Store, Which, Work};
use sessions_model::error::Error;
use sessions_model::ident::{App, Id, Sid, Token};

#[derive(Debug)]
pub(crate) struct KillSoid;

#[derive(Debug)]
pub(crate) struct Request<'a> {
    app: App<'a>,
    id: Id<'a>,
    which: Meant,
}

/// The sessions that the client names.
#[derive(Clone, Copy, Debug)]
enum Meant {
    All,
    Except(Token),
    Only(Sid),
}

impl Command for KillSoid {
    const SPEC: Spec = Spec {
        name: "SESSIONS.KILLSOID",
        arguments: &[
            Argument::APP,
            Argument::ID,
            Argument::one_of(
                "which",
                &[Argument::TOKEN.after("EXCEPT"), Argument::text("sid").after("ONLY")],
            )
            .optional(),
        ],
        summary: "Ends the sessions of an id",
        complexity: "O(k log n) for n sessions, k of them of the id",
        kind: Kind::Write { fast: false },
        subject: Subject::App,
        routing: Routing::Id,
    };
    type Request<'a> = Request<'a>;

    fn parse<'a>(args: &mut Args<'a>) -> Result<Request<'a>, Error> {
        let (app, id) = (args.app()?, args.id()?);
        let except = args.option("EXCEPT", |token| Ok(Token::parse(token)))?.flatten();
        let only = args.option("ONLY", Sid::parse)?;
        let which = match (except, only) {
            (Some(token), _) => Meant::Except(token),
            (None, Some(sid)) => Meant::Only(sid),
            (None, None) => Meant::All,
        };
        Ok(Request { app, id, which })
    }

    fn run<K: Backend>(request: Request<'_>, store: &Store<'_, K>) -> Result<Answer<K::Bytes>, Error> {
        let Request { app, id, which } = request;
        let which = match which {
            Meant::All => Which::All,
            Meant::Except(token) => store.name_of(app, token)?.map_or(Which::All, Which::Except),
            Meant::Only(sid) => Which::Only(sid),
        };
        Ok(Answer::Work(
            Work::kill_of_id(store.part(), app, id, which, store.now()),
            View::default(),
        ))
    }
}
