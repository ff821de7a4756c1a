//! ```text
//! SESSIONS.CREATE app id [IP ip] [UA ua] [TTL seconds] [NORESAVE] [LIFETIME seconds] [DATA json]
//! ```
//! Makes a session of `id` and answers its token, a bulk string of 64 characters.
//! TTL is the idle time-out, by default the setting `sessions.ttl`; with NORESAVE use
//! does not extend it; LIFETIME is an absolute limit that no use extends. DATA is a
//! JSON object; its top-level nulls are dropped. UA is any bytes: what is no text in them is
//! replaced, and 512 bytes are kept.
//!
//! Refused while memory is full. O(log n), n being the number of sessions.

use super::args::Args;
use super::reply::{Answer, Reply};
use super::{Argument, Command, Kind, Routing, Spec, Subject};
use crate::store::{Backend, NewSession, Store};
use sessions_model::data::Data;
use sessions_model::error::Error;
use sessions_model::ident::{Ip, UserAgent};
use sessions_model::number::{Lifetime, Ttl};

#[derive(Debug)]
pub(crate) struct Create;

impl Command for Create {
    const SPEC: Spec = Spec {
        name: "SESSIONS.CREATE",
        arguments: &[
            Argument::APP,
            Argument::ID,
            Argument::text("ip").after("IP").optional(),
            Argument::text("ua").after("UA").optional(),
            Argument::integer("seconds").after("TTL").optional(),
            Argument::flag("noresave", "NORESAVE").optional(),
            Argument::integer("seconds").after("LIFETIME").optional(),
            Argument::text("json").after("DATA").secret().optional(),
        ],
        summary: "Creates a session and answers its token",
        complexity: "O(log n) for n sessions",
        kind: Kind::Grow { fast: false },
        subject: Subject::App,
        routing: Routing::Id,
    };
    type Request<'a> = NewSession<'a>;

    fn parse<'a>(args: &mut Args<'a>) -> Result<NewSession<'a>, Error> {
        Ok(NewSession {
            app: args.app()?,
            id: args.new_id()?,
            ip: args.option("IP", Ip::parse)?.flatten(),
            user_agent: args.option("UA", |bytes| Ok(UserAgent::parse(bytes)))?.flatten(),
            ttl: args.option("TTL", Ttl::parse)?,
            no_resave: args.has("NORESAVE"),
            lifetime: args.option("LIFETIME", Lifetime::parse)?,
            data: args.option("DATA", |json| Data::parse(json).map_err(Error::InvalidData))?,
        })
    }

    fn run<K: Backend>(new: NewSession<'_>, store: &Store<'_, K>) -> Result<Answer<K::Bytes>, Error> {
        store.create(new).map(|token| Reply::Token(token).into())
    }
}
