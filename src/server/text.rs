//! The server's strings.

use std::os::raw::c_int;
use std::ptr;

use redis_module::raw::RedisModuleString;

use super::api;

/// A string of the server's that we own.
#[derive(Debug)]
pub(crate) struct Text(*mut RedisModuleString);

impl Text {
    pub(crate) fn new(bytes: &[u8]) -> Self {
        // SAFETY: the server copies `len` bytes from the pointer; without a context
        // the string is ours until it is freed.
        Self(unsafe { api!(RedisModule_CreateString)(ptr::null_mut(), bytes.as_ptr().cast(), bytes.len()) })
    }

    pub(super) fn integer(number: i64) -> Self {
        // SAFETY: without a context the string is ours until it is freed.
        Self(unsafe { api!(RedisModule_CreateStringFromLongLong)(ptr::null_mut(), number) })
    }

    /// # Safety
    /// `raw` is a valid string, and one reference to it passes to the new value.
    pub(super) const unsafe fn from_owned(raw: *mut RedisModuleString) -> Self {
        Self(raw)
    }

    pub(super) const fn as_ptr(&self) -> *mut RedisModuleString {
        self.0
    }
}

impl AsRef<[u8]> for Text {
    fn as_ref(&self) -> &[u8] {
        // SAFETY: the string is ours, and nobody changes one that is shared.
        unsafe { bytes(self.0) }
    }
}

/// The same string with a reference more.
impl Clone for Text {
    fn clone(&self) -> Self {
        // SAFETY: the string is ours; without a context the reference is ours until it is freed.
        unsafe { api!(RedisModule_RetainString)(ptr::null_mut(), self.0) };
        Self(self.0)
    }
}

impl Drop for Text {
    fn drop(&mut self) {
        // SAFETY: one reference is ours, and it was never tied to a context.
        unsafe { api!(RedisModule_FreeString)(ptr::null_mut(), self.0) }
    }
}

/// # Safety
/// `string` is valid and unchanged for `'a`.
pub(super) unsafe fn bytes<'a>(string: *const RedisModuleString) -> &'a [u8] {
    let mut length = 0;
    // SAFETY: the server returns a pointer to `length` bytes.
    unsafe {
        let start = api!(RedisModule_StringPtrLen)(string, &raw mut length);
        std::slice::from_raw_parts(start.cast(), length)
    }
}

/// What the server passes to a command or at load, as bytes.
///
/// # Safety
/// `argv` points to `argc` strings, or nowhere if there are none; they are unchanged for `'a`.
pub(super) unsafe fn arguments<'a>(argv: *const *mut RedisModuleString, argc: c_int) -> Vec<&'a [u8]> {
    let count = usize::try_from(argc).unwrap_or(0);
    if argv.is_null() || count == 0 {
        return Vec::new();
    }
    // SAFETY: as promised by the caller.
    unsafe {
        let strings = std::slice::from_raw_parts(argv, count);
        strings.iter().map(|&string| bytes(string)).collect()
    }
}
