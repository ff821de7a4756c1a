//! The bounds of arguments. They have their own file because the parsers apply them and the error
//! texts name them.

/// Characters of an app.
pub const MAX_APP: usize = 64;
/// Bytes of a new session's id: the longest that redis-sessions 4.0.0 stores.
pub const MAX_ID: usize = 512;
/// Bytes of an IP, which may be a proxy's list of addresses.
pub const MAX_IP: usize = 256;
/// Bytes of a user agent that are kept: browsers send about 200.
pub const MAX_USER_AGENT: usize = 512;
/// Bytes of INCR's argument `key`.
pub const MAX_KEY: usize = 256;
/// Seconds of a timeout, a lifetime or a window: ten years.
pub const MAX_SECONDS: i64 = 315_360_000;
/// Seconds of a grace.
pub const MAX_GRACE: i64 = 60;
/// The highest number of sessions to which a log-in can limit an id.
pub const MAX_SESSIONS: i64 = 100;
/// Levels of objects and arrays in data, the object itself included.
pub const MAX_DEPTH: u32 = 32;
/// Characters of a number in data.
pub const MAX_NUMBER: usize = 128;
