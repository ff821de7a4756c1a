//! Streams.

use std::os::raw::c_int;

use redis_module::raw::{
    REDISMODULE_OK, REDISMODULE_STREAM_ADD_AUTOID, REDISMODULE_STREAM_TRIM_APPROX, RedisModuleStreamID,
};

use super::super::api;
use super::super::builtin::Builtin;
use super::super::text::Text;
use super::Key;
use crate::store::keyspace::StreamKey;

impl StreamKey for Key<'_> {
    /// Replicas and the AOF receive the resulting ID and length, so that all copies remove the same
    /// entries, regardless of how they have packed them.
    fn append(&mut self, fields: &[(&str, &[u8])], length: u64) -> bool {
        let words = fields.iter().flat_map(|(name, value)| [name.as_bytes(), value]);
        let words: Vec<_> = words.map(Text::new).collect();
        let mut pointers: Vec<_> = words.iter().map(Text::as_ptr).collect();
        let mut id = RedisModuleStreamID { ms: 0, seq: 0 };
        let added = REDISMODULE_STREAM_ADD_AUTOID.cast_signed();
        let count = i64::try_from(fields.len()).unwrap_or(0);
        // SAFETY: the key is open for writing and holds a stream or nothing; there are two strings
        // for each field, which the server copies.
        let status = unsafe { api!(RedisModule_StreamAdd)(self.raw, added, &raw mut id, pointers.as_mut_ptr(), count) };
        if status != REDISMODULE_OK as c_int {
            return false;
        }
        let about = REDISMODULE_STREAM_TRIM_APPROX.cast_signed();
        let most = i64::try_from(length).unwrap_or(i64::MAX);
        // SAFETY: the key is open for writing and holds a stream.
        unsafe { api!(RedisModule_StreamTrimByLength)(self.raw, about, most) };

        let remaining = i64::try_from(self.length()).unwrap_or(i64::MAX);
        let (max_length, exactly) = (Text::new(b"MAXLEN"), Text::new(b"="));
        let (remaining, id) = (
            Text::integer(remaining),
            Text::new(format!("{}-{}", id.ms, id.seq).as_bytes()),
        );
        let head = [&self.name, &max_length, &exactly, &remaining, &id].map(Text::as_ptr);
        let mut arguments = [&head[..], &pointers].concat();
        self.written(Builtin::XAdd, &mut arguments);
        true
    }
}
