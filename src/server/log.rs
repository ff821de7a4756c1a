//! The server's log.

use std::ffi::{CStr, CString};

use super::{Context, api};

pub(crate) fn notice(context: Context<'_>, line: &str) {
    log(context, c"notice", line);
}

pub(crate) fn warning(context: Context<'_>, line: &str) {
    log(context, c"warning", line);
}

/// The text is never used as a format, regardless of its content.
fn log(context: Context<'_>, level: &CStr, line: &str) {
    let Ok(line) = CString::new(line.replace('\0', " ")) else {
        return;
    };
    // SAFETY: the format takes one C string.
    unsafe { api!(RedisModule_Log)(context.raw, level.as_ptr(), c"%s".as_ptr(), line.as_ptr()) }
}
