//! Sends the module's writes to replicas and the AOF as plain commands.
//!
//! The server queues the commands of a call and sends them as one MULTI/EXEC after it. Commands are
//! always queued, even without replicas, because save points and the backlog depend on them.

use std::ffi::CStr;
use std::os::raw::c_int;

use redis_module::raw::{REDISMODULE_OK, RedisModuleString};

use super::builtin::Builtin;
use super::failure::{self, Failure};
use super::{Context, api, text};

/// Queues `command` with `arguments`.
pub(super) fn queue(context: Context<'_>, command: Builtin, arguments: &mut [*mut RedisModuleString]) {
    /// Sends a format that announces each string separately, and the strings.
    macro_rules! send {
        ($format:literal, $($argument:ident),+) => {
            // SAFETY: the format announces as many strings as follow; the server takes references
            // of its own.
            unsafe {
                api!(RedisModule_Replicate)(context.raw, command.name().as_ptr(), $format.as_ptr(), $(*$argument),+)
            }
        };
    }
    // The server allocates its own array twice if it does not know the length beforehand.
    let status = match arguments {
        [a] => send!(c"s", a),
        [a, b] => send!(c"ss", a, b),
        [a, b, c] => send!(c"sss", a, b, c),
        [a, b, c, d, e] => send!(c"sssss", a, b, c, d, e),
        [a, b, c, d, e, f, g] => send!(c"sssssss", a, b, c, d, e, f, g),
        _ => return replicate(context, command, c"v", arguments),
    };
    note_unless_ok(command, status);
}

/// Queues a command that changes no data: only for replicas, because the AOF does not need it.
pub(super) fn queue_message(context: Context<'_>, command: Builtin, arguments: &mut [*mut RedisModuleString]) {
    replicate(context, command, c"Av", arguments);
}

fn replicate(context: Context<'_>, command: Builtin, format: &CStr, arguments: &mut [*mut RedisModuleString]) {
    // SAFETY: the format announces an array of strings and its length; the server
    // takes references of its own.
    let status = unsafe {
        api!(RedisModule_Replicate)(
            context.raw,
            command.name().as_ptr(),
            format.as_ptr(),
            arguments.as_mut_ptr(),
            arguments.len(),
        )
    };
    note_unless_ok(command, status);
}

fn note_unless_ok(command: Builtin, status: c_int) {
    text::count_queued();
    if status != REDISMODULE_OK as c_int {
        failure::note(command, Failure::NotReplicated);
    }
}
