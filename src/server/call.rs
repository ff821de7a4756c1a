//! Commands of the server that the module calls, and their replies.

use std::ffi::CStr;
use std::io::{self, ErrorKind};
use std::marker::PhantomData;

use redis_module::raw::{REDISMODULE_REPLY_ERROR, RedisModuleCallReply};
use smallvec::SmallVec;

use super::builtin::Builtin;
use super::failure::{self, Failure};
use super::text::Text;
use super::{Context, api, mode};

/// The reply of a command that the module called, with the type that the command returns. It is
/// absent if the command failed, or if a cluster's server does not run it.
#[derive(Debug)]
pub(super) struct CallReply {
    raw: *mut RedisModuleCallReply,
    command: Builtin,
}

/// An element of an array reply. The array owns the element.
#[derive(Clone, Copy, Debug)]
pub(super) struct Element<'r> {
    raw: *mut RedisModuleCallReply,
    reply: PhantomData<&'r CallReply>,
}

/// Calls a command that sends nothing to replicas. A cluster's server does not run commands about
/// keys in slots that are not stably its own: then the reply is absent, which is not a failure.
pub(super) fn ask(context: Context<'_>, command: Builtin, arguments: &[&Text]) -> CallReply {
    let (reply, refusal) = call(context, command, c"v", arguments);
    if refusal.is_some_and(|refusal| !is_elsewhere(refusal)) {
        failure::note(command, Failure::NotRun);
    }
    reply
}

/// Calls a command that writes, and sends it to replicas and the AOF.
pub(super) fn write(context: Context<'_>, command: Builtin, arguments: &[&Text]) -> CallReply {
    let (reply, refusal) = call(context, command, c"!v", arguments);
    if refusal.is_some() {
        failure::note(command, Failure::NotRun);
    }
    reply
}

/// The reply, or why the server refused to run the command. A reply of another type than the
/// command's is a failure.
fn call(context: Context<'_>, command: Builtin, format: &CStr, arguments: &[&Text]) -> (CallReply, Option<ErrorKind>) {
    let mut pointers: SmallVec<[_; 8]> = arguments.iter().map(|text| text.as_ptr()).collect();
    // SAFETY: the format announces an array of strings and its length.
    let raw = unsafe {
        api!(RedisModule_Call)(
            context.raw,
            command.name().as_ptr(),
            format.as_ptr(),
            pointers.as_mut_ptr(),
            pointers.len(),
        )
    };
    let error = io::Error::last_os_error().kind();
    let called = CallReply { raw, command };
    if raw.is_null() {
        return (called, Some(error));
    }
    // SAFETY: the reply is valid.
    let found = unsafe { api!(RedisModule_CallReplyType)(raw) } as isize;
    if found == command.reply_type() {
        return (called, None);
    }
    if found == REDISMODULE_REPLY_ERROR {
        failure::note(command, Failure::ReturnedError);
    } else {
        called.note_unexpected();
    }
    (CallReply::absent(command), None)
}

/// Whether a cluster's node refused the command because the keys are on another node or being
/// moved, or because the cluster is down.
fn is_elsewhere(refusal: ErrorKind) -> bool {
    mode::is_cluster()
        && matches!(
            refusal,
            ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem | ErrorKind::NetworkDown
        )
}

impl CallReply {
    const fn absent(command: Builtin) -> Self {
        Self {
            raw: std::ptr::null_mut(),
            command,
        }
    }

    /// Whether the server ran the command.
    pub(super) const fn was_run(&self) -> bool {
        !self.raw.is_null()
    }

    /// A count; 0 if the reply is absent.
    pub(super) fn count(&self) -> u64 {
        if self.raw.is_null() {
            return 0;
        }
        // SAFETY: the reply is valid; one of another type returns the lowest number.
        let count = unsafe { api!(RedisModule_CallReplyInteger)(self.raw) };
        u64::try_from(count).unwrap_or(0)
    }

    pub(super) const fn whole(&self) -> Element<'_> {
        Element {
            raw: self.raw,
            reply: PhantomData,
        }
    }

    /// Records that a part of the reply is not what the command returns.
    pub(super) fn note_unexpected(&self) {
        failure::note(self.command, Failure::UnexpectedReply);
    }
}

impl Drop for CallReply {
    fn drop(&mut self) {
        if !self.raw.is_null() {
            // SAFETY: the module owns it and frees it once.
            unsafe { api!(RedisModule_FreeCallReply)(self.raw) }
        }
    }
}

impl<'r> Element<'r> {
    /// An element of this array. An element that does not exist has no value.
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
        // SAFETY: null for anything but a string, otherwise `length` bytes which live as
        // long as the reply.
        unsafe {
            let start = api!(RedisModule_CallReplyStringPtr)(self.raw, &raw mut length);
            (!start.is_null()).then(|| std::slice::from_raw_parts(start.cast(), length))
        }
    }
}
