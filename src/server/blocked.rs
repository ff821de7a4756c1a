//! Clients that wait for work in slices.

use std::os::raw::{c_int, c_void};
use std::ptr;
use std::rc::Rc;

use redis_module::raw::{
    REDISMODULE_OK, RedisModuleBlockedClient, RedisModuleCtx, RedisModuleDisconnectFunc, RedisModuleString,
};

use super::guard::guarded;
use super::text::Text;
use super::{Context, api, writer};
use crate::commands::reply::Reply;
use sessions_model::error::Error;

/// A blocked client.
#[derive(Clone, Copy)]
pub(super) struct BlockedClient {
    raw: *mut RedisModuleBlockedClient,
}

/// The reply for the blocked clients, the same for all of them.
pub(super) type Answer = Rc<Result<Reply<Text>, Error>>;

impl BlockedClient {
    /// Blocks the client of a command, which the flags of the context must allow.
    pub(super) fn block(context: Context<'_>, on_disconnect: RedisModuleDisconnectFunc) -> Self {
        // SAFETY: the context is a client's that may be blocked; the callbacks fit the
        // private data that `answer` hands over.
        let raw = unsafe {
            let raw = api!(RedisModule_BlockClient)(context.raw, Some(write_answer), None, Some(free_answer), 0);
            api!(RedisModule_SetDisconnectCallback)(raw, on_disconnect);
            raw
        };
        Self { raw }
    }

    pub(super) fn is(self, raw: *mut RedisModuleBlockedClient) -> bool {
        self.raw == raw
    }

    /// Unblocks the client with a reply.
    pub(super) fn answer(self, answer: &Answer) {
        let answer = Box::into_raw(Box::new(Rc::clone(answer)));
        // SAFETY: blocked by us and answered once; `free_answer` frees the answer.
        unsafe { api!(RedisModule_UnblockClient)(self.raw, answer.cast()) };
    }

    /// Releases a client that has disconnected.
    pub(super) fn release(self) {
        // SAFETY: blocked by us; nobody is answered.
        unsafe { api!(RedisModule_UnblockClient)(self.raw, ptr::null_mut()) };
    }
}

unsafe extern "C" fn write_answer(raw: *mut RedisModuleCtx, _argv: *mut *mut RedisModuleString, _argc: c_int) -> c_int {
    // SAFETY: valid for this call; the private data is what `answer` handed over.
    let (context, answer) = unsafe {
        let data = api!(RedisModule_GetBlockedClientPrivateData)(raw);
        (Context::new(raw), data.cast::<Answer>().as_ref())
    };
    let written = guarded(|| match answer.map(Rc::as_ref) {
        Some(Ok(done)) => writer::write(context, done),
        Some(Err(error)) => writer::error(context, error),
        None => writer::error(context, &Error::Internal),
    });
    if written.is_none() {
        writer::error(context, &Error::Internal);
    }
    REDISMODULE_OK as c_int
}

unsafe extern "C" fn free_answer(_raw: *mut RedisModuleCtx, data: *mut c_void) {
    if !data.is_null() {
        // SAFETY: made by `answer`, and freed once.
        drop(unsafe { Box::from_raw(data.cast::<Answer>()) });
    }
}
