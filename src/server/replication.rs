//! What we wrote, sent to replicas and the AOF as plain commands.
//!
//! The server queues the commands of a call and sends them as one MULTI/EXEC after it.
//! They are always queued, replicas or not: save points and the backlog live on them.

use std::ffi::CStr;

use redis_module::raw::RedisModuleString;

use super::{Context, api};

/// Queues `command` with `arguments`.
pub(super) fn queue(context: Context<'_>, command: &CStr, arguments: &mut [*mut RedisModuleString]) {
    // SAFETY: the format announces an array of strings and its length; the server
    // takes references of its own.
    unsafe {
        api!(RedisModule_Replicate)(
            context.raw,
            command.as_ptr(),
            c"v".as_ptr(),
            arguments.as_mut_ptr(),
            arguments.len(),
        );
    }
}
