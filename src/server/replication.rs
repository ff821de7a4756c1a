//! What we wrote, sent to replicas and the AOF as plain commands.
//!
//! The server queues the commands of a call and sends them as one MULTI/EXEC after it.
//! They are always queued, replicas or not: save points and the backlog live on them.

use std::ffi::CStr;
use std::os::raw::c_int;

use redis_module::raw::{REDISMODULE_OK, RedisModuleString};

use super::builtin::Builtin;
use super::failure::{self, Failure};
use super::{Context, api};

/// Queues `command` with `arguments`.
pub(super) fn queue(context: Context<'_>, command: Builtin, arguments: &mut [*mut RedisModuleString]) {
    replicate(context, command, c"v", arguments);
}

/// Queues what changes no data: for replicas alone, as it would fill the AOF for nothing.
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
    if status != REDISMODULE_OK as c_int {
        failure::note(command, Failure::NotReplicated);
    }
}
