//! Replies of commands that the module calls.

use std::marker::PhantomData;

use redis_module::raw::RedisModuleCallReply;

use super::api;

/// The reply of a command that we called; null when the server refused to run it.
#[derive(Debug)]
pub(super) struct Called(*mut RedisModuleCallReply);

/// An element of an array reply, which owns it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Element<'r> {
    raw: *mut RedisModuleCallReply,
    reply: PhantomData<&'r Called>,
}

impl Called {
    /// # Safety
    /// `raw` is null or a reply that nobody else frees.
    pub(super) const unsafe fn new(raw: *mut RedisModuleCallReply) -> Self {
        Self(raw)
    }

    /// Whether the server ran the command.
    pub(super) const fn was_run(&self) -> bool {
        !self.0.is_null()
    }

    /// An integer reply; 0 for any other.
    pub(super) fn integer(&self) -> i64 {
        if self.0.is_null() {
            return 0;
        }
        // SAFETY: the reply is valid; one of another type gives the lowest number.
        unsafe { api!(RedisModule_CallReplyInteger)(self.0) }.max(0)
    }

    pub(super) const fn whole(&self) -> Element<'_> {
        Element {
            raw: self.0,
            reply: PhantomData,
        }
    }
}

impl Drop for Called {
    fn drop(&mut self) {
        if !self.0.is_null() {
            // SAFETY: ours, and freed once.
            unsafe { api!(RedisModule_FreeCallReply)(self.0) }
        }
    }
}

impl<'r> Element<'r> {
    /// An element of this array; nothing comes of one that is not there.
    pub(super) fn at(self, index: usize) -> Self {
        let raw = if self.raw.is_null() {
            self.raw
        } else {
            // SAFETY: the reply is valid; null for anything but an array that long.
            unsafe { api!(RedisModule_CallReplyArrayElement)(self.raw, index) }
        };
        Self { raw, ..self }
    }

    /// The bytes of a string reply.
    pub(super) fn bytes(self) -> Option<&'r [u8]> {
        if self.raw.is_null() {
            return None;
        }
        let mut length = 0;
        // SAFETY: null for anything but a string, else `length` bytes which live as
        // long as the reply.
        unsafe {
            let start = api!(RedisModule_CallReplyStringPtr)(self.raw, &raw mut length);
            (!start.is_null()).then(|| std::slice::from_raw_parts(start.cast(), length))
        }
    }
}
