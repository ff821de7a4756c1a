//! A Redis and Valkey module that makes the server a session store.
//!
//! From the outside in:
//!
//! - `server`: the interface to the server, with all other `unsafe` code: loading,
//!   the shell around every command, the keyspace, replication, access control, settings,
//!   background work.
//! - `commands`: one file per command, with its reference, its arguments and its work.
//! - `store`: keeps a session and its indexes consistent; the only code that writes keys.
//! - The crate `sessions-model`: the rules of a session, key names, slots and errors, without a
//!   server.
//!
//! Without the feature `server`, the library offers [`offline`] instead of the module: the commands
//! against a store in memory, for the fuzz targets.

#![cfg_attr(
    not(feature = "server"),
    allow(dead_code, unused_imports, reason = "the server uses some of it")
)]

mod commands;
#[cfg(any(not(feature = "server"), test))]
pub mod offline;
#[cfg(feature = "server")]
mod server;
mod store;

#[cfg(feature = "server")]
use std::os::raw::c_int;

#[cfg(feature = "server")]
use redis_module::raw::{RedisModuleCtx, RedisModuleString};

/// The module's memory counts as the server's and falls under its limit.
#[cfg(all(feature = "server", not(test)))]
#[global_allocator]
static ALLOCATOR: redis_module::alloc::RedisAlloc = redis_module::alloc::RedisAlloc;

/// The server calls this to load the module. Settings come from the server's
/// configuration; arguments after the path are refused.
///
/// # Safety
/// Only the server may call this, with valid arguments as the module API promises.
#[cfg(feature = "server")]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RedisModule_OnLoad(
    context: *mut RedisModuleCtx,
    argv: *mut *mut RedisModuleString,
    argc: c_int,
) -> c_int {
    // SAFETY: as promised by the server.
    unsafe { server::module::load(context, argv, argc) }
}

/// The server calls this before it unloads the module.
#[cfg(feature = "server")]
#[unsafe(no_mangle)]
pub extern "C" fn RedisModule_OnUnload(_context: *mut RedisModuleCtx) -> c_int {
    server::module::unload()
}
