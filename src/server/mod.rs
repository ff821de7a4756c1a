//! The interface to the server, with all `unsafe` code except the entry points in lib.rs.
//!
//! The server calls a module from one thread at a time, always under its global lock. Everything
//! that is kept between two calls relies on that.

pub(crate) mod acl;
mod arguments;
mod beyond;
mod blocked;
mod builtin;
mod call;
pub(crate) mod clock;
pub(crate) mod cluster;
pub(crate) mod command;
pub(crate) mod config;
pub(crate) mod cron;
pub(crate) mod database;
pub(crate) mod docs;
mod failure;
pub(crate) mod guard;
pub(crate) mod info;
pub(crate) mod log;
mod mode;
pub(crate) mod module;
mod pauses;
pub(crate) mod replication;
mod slice;
mod slices;
pub(crate) mod text;
mod timed_pass;
mod timer;
mod unaudited;
mod under_way;
pub(crate) mod writer;

use std::marker::PhantomData;

use redis_module::raw::RedisModuleCtx;

/// A function of the module API, by its name in `redismodule.h`.
///
/// All functions that are used this way exist since Redis 7.0, and no older server loads the
/// module.
macro_rules! api {
    ($function:ident) => {
        match ::redis_module::raw::$function {
            Some(function) => function,
            None => $crate::server::absent(stringify!($function)),
        }
    };
}
pub(crate) use api;

/// The server lacks a function that it should have.
#[cold]
#[expect(clippy::panic, reason = "the guard around every call turns it into an error")]
fn absent(function: &str) -> ! {
    panic!("the server does not provide {function}")
}

/// The context that the server passes to a module in a call; valid during that call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Context<'c> {
    raw: *mut RedisModuleCtx,
    call: PhantomData<&'c ()>,
}

impl Context<'_> {
    /// # Safety
    /// `raw` is the context of a call that lasts at least as long as the value.
    const unsafe fn new(raw: *mut RedisModuleCtx) -> Self {
        Self { raw, call: PhantomData }
    }

    /// `REDISMODULE_CTX_FLAGS_*`
    fn flags(self) -> u32 {
        // SAFETY: the context is valid.
        let flags = unsafe { api!(RedisModule_GetContextFlags)(self.raw) };
        flags.cast_unsigned()
    }

    /// The selected database.
    fn selected(self) -> i32 {
        // SAFETY: the context is valid.
        unsafe { api!(RedisModule_GetSelectedDb)(self.raw) }
    }

    /// Selects a database; returns whether the server has it.
    fn select(self, database: i32) -> bool {
        // SAFETY: the context is valid.
        unsafe { api!(RedisModule_SelectDb)(self.raw, database) == redis_module::raw::REDISMODULE_OK as i32 }
    }
}
