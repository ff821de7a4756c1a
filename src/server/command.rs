//! The shell around every command.
//!
//! It takes the arguments as bytes, reads the clock and the settings once, redacts secrets, parses
//! the arguments, checks access, runs the command, writes the reply, and catches panics.

use std::os::raw::c_int;

use redis_module::raw::{REDISMODULE_OK, RedisModuleCtx, RedisModuleString};

use super::acl::{self, Access};
use super::database::Database;
use super::guard::guarded;
use super::{Context, api, clock, cluster, config, failure, log, slices, text, writer};
use crate::commands::args::Args;
use crate::commands::reply::Answer;
use crate::commands::table::Table;
use crate::commands::{Command, Kind, Routing, Spec, Subject, secrets};
use crate::store::Store;
use sessions_model::error::{Error, Scope};
use sessions_model::ident::{App, Token};
use sessions_model::keys::Keys;
use sessions_model::parts::Part;

/// The function that the server calls for the command `C`.
pub(super) unsafe extern "C" fn handle<C: Command>(
    raw: *mut RedisModuleCtx,
    argv: *mut *mut RedisModuleString,
    argc: c_int,
) -> c_int {
    // SAFETY: the server passes `argc` valid strings, and all is valid for this call.
    let (context, arguments) = unsafe { (Context::new(raw), text::arguments(argv, argc)) };
    let arguments = arguments.get(1..).unwrap_or_default();
    let done = guarded(|| execute::<C>(context, arguments)).unwrap_or_else(|| {
        log::warning(context, &format!("internal error in {}", C::SPEC.name));
        Err(Error::Internal)
    });
    if let Err(error) = done {
        writer::error(context, &error);
    }
    REDISMODULE_OK as c_int
}

fn execute<C: Command>(context: Context<'_>, arguments: &[&[u8]]) -> Result<(), Error> {
    let settings = config::settings(context);
    if settings.redact_tokens {
        redact(context, &C::TABLE, arguments);
    }
    let mut args = Args::split(&C::SPEC, &C::TABLE, arguments)?;
    let request = C::parse(&mut args)?;
    let part = match (C::SPEC.routing, arguments) {
        (Routing::Token | Routing::Id, [_, id_or_token, ..]) => cluster::part_of(id_or_token),
        _ => Part::Whole,
    };
    check_access(context, &C::SPEC, settings.rules.namespace, args.named_app())?;

    let access = access(C::SPEC.kind);
    let database = Database::new(context, access);
    let now = clock::now();
    let answer = failure::watched(context, C::SPEC.name, || {
        let is_in_slot = part != Part::Whole && !names_no_session(&C::SPEC, arguments);
        if is_in_slot && !cluster::is_stable(context, part, access) {
            return Err(Error::TryAgain);
        }
        C::run(request, &Store::new(&database, settings.rules, part, now))
    })?;
    match answer {
        Answer::Work(work, view) => {
            if let Some(done) = slices::start(context, work, view, now)? {
                writer::write(context, &done);
            }
        }
        Answer::Reply(reply) => writer::write(context, &reply),
    }
    Ok(())
}

fn redact(context: Context<'_>, table: &Table, arguments: &[&[u8]]) {
    for position in secrets::positions(table, arguments) {
        let position = c_int::try_from(position).unwrap_or(c_int::MAX);
        // SAFETY: the context is valid; a position that isn't there is refused.
        unsafe { api!(RedisModule_RedactClientCommandArgument)(context.raw, position) };
    }
}

/// How a command accesses its keys.
const fn access(kind: Kind) -> Access {
    match kind {
        Kind::Read { .. } | Kind::Meta => Access::Read,
        Kind::Write { .. } | Kind::Dangerous | Kind::Grow { .. } => Access::ReadWrite,
    }
}

/// Whether the command looks up text that is not a token. Then the slot to which the server routed
/// the command does not matter, and neither does a move of that slot.
fn names_no_session(spec: &Spec, arguments: &[&[u8]]) -> bool {
    spec.routing == Routing::Token && arguments.get(1).is_some_and(|token| Token::parse(token).is_none())
}

fn check_access(context: Context<'_>, spec: &Spec, namespace: &[u8], app: Option<App<'_>>) -> Result<(), Error> {
    // The same key for every hash slot: in a cluster, too, a user has access to an app on all nodes
    // or on none.
    let keys = Keys::new(namespace, Part::Whole);
    let (key, scope) = match (spec.subject, app) {
        (Subject::App, Some(app)) => (keys.sessions(app), Scope::App),
        (Subject::AllApps, _) => (keys.due(), Scope::AllApps),
        (Subject::App | Subject::Nothing, _) => return Ok(()),
    };
    if acl::is_allowed(context, &key, shown_in_acl_log, access(spec.kind)) {
        Ok(())
    } else {
        Err(Error::NoPermission(scope))
    }
}

/// With swapped arguments, a token is in the position of the app, which ACL LOG would show.
fn shown_in_acl_log(key: &[u8]) -> &[u8] {
    if secrets::holds_token(key) { b"(redacted)" } else { key }
}
