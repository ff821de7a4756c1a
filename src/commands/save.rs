//! ```text
//! SESSIONS.SAVE app token json [NX | XX] [ID id | ANON] [IP ip] [UA ua] [TTL seconds] [LIFETIME seconds] [NORESAVE] [MAX n [REJECT]] [IFW w]
//! ```
//! Saves a whole session under a token that the client generates; returns 2 if a session was
//! created, 1 if a live session was written, 0 if nothing changed. The JSON object replaces all
//! data, `{}` removes it; top-level nulls are kept.
//!
//! NX only creates a session, XX only writes a live one: with XX, a killed session is not restored.
//! IFW writes only if the session's write counter is `w`, otherwise the error is CONFLICT; without
//! a live session the reply is 0. A new session is anonymous without ID and has the timeout
//! `sessions.ttl` without TTL. A live session keeps all values that no option names. ID or ANON
//! changes the session's user, an empty IP or UA removes it; NORESAVE can be switched on, but not
//! off; TTL and LIFETIME count from now on. If a running KILLALL or KILLSOID is about to kill a
//! session that gets another id, the session is killed now and the reply is 0. In a cluster the id
//! must be in the token's hash slot, otherwise the error is CROSSSLOT.
//!
//! MAX, if ID is given and the session does not belong to that id yet, leaves the id at most `n`
//! live sessions, including this one: the least recently active ones are killed. With REJECT no
//! session is killed, and the error is LIMIT if there are already `n`.
//!
//! Fails if the object is larger than `sessions.max-data-bytes`. Refused while memory is full.
//! O(size of the data), and once in an index step, or with an option that changes the session's id
//! or end, O(log n).

use super::args::Args;
use super::reply::{Answer, Reply};
use super::{Argument, Command, Kind, Routing, Spec, Subject};
use crate::store::{Backend, Condition, Save as Request, Saved, Store};
use sessions_model::error::Error;
use sessions_model::ident::Token;
use sessions_model::number;

#[derive(Debug)]
pub(crate) struct Save;

impl Command for Save {
    const SPEC: Spec = Spec {
        name: "SESSIONS.SAVE",
        arguments: &[
            Argument::APP,
            Argument::TOKEN,
            Argument::text("json").secret(),
            Argument::one_of("condition", &[Argument::flag("nx", "NX"), Argument::flag("xx", "XX")]).optional(),
            Argument::OWNER,
            Argument::IP,
            Argument::UA,
            Argument::TTL,
            Argument::LIFETIME,
            Argument::NO_RESAVE,
            Argument::MAX,
            Argument::IF_W,
        ],
        summary: "Creates or replaces a session under a token that the client chooses",
        complexity: "O(d) for d bytes of data, and O(log n) for n sessions once per index step or when the id or the expiry changes; with MAX also up to 200 sessions of the id",
        kind: Kind::Grow { fast: false },
        subject: Subject::App,
        routing: Routing::Token,
    };
    type Request<'a> = Request<'a>;

    fn parse<'a>(args: &mut Args<'a>) -> Result<Request<'a>, Error> {
        args.exclude("NX", "IFW")?;
        args.require("REJECT", "MAX")?;
        args.require("MAX", "ID")?;
        Ok(Request {
            app: args.app()?,
            token: Token::parse_new(args.positional()?)?,
            data: args.data()?,
            condition: if args.has("NX") {
                Condition::New
            } else if args.has("XX") {
                Condition::Live
            } else {
                Condition::None
            },
            writes: args.option("IFW", number::parse_writes)?,
            owner: args.owner()?,
            client: args.client()?,
            terms: args.terms()?,
            cap: args.cap()?,
        })
    }

    fn run<K: Backend>(request: Request<'_>, store: &Store<'_, K>) -> Result<Answer<K::Bytes>, Error> {
        let saved = match store.save(&request)? {
            Saved::Not => 0,
            Saved::Written => 1,
            Saved::Made => 2,
        };
        Ok(Reply::Integer(saved).into())
    }
}
