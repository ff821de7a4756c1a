//! Hashes.

use std::os::raw::c_void;
use std::ptr;

use redis_module::raw::{REDISMODULE_HASH_NONE, RedisModuleString};

use super::super::text::Text;
use super::super::{api, config};
use super::Key;
use crate::session::Field;
use crate::store::keyspace::{HashKey, Name, Value};

/// `REDISMODULE_HASH_DELETE`, a cast that bindgen leaves out.
const HASH_DELETE: *mut RedisModuleString = ptr::without_provenance_mut(1);

impl HashKey for Key<'_> {
    type Bytes = Text;

    fn is_empty(&self) -> bool {
        !self.exists()
    }

    fn fields(&self) -> [Option<Text>; Field::COUNT] {
        let mut found = [ptr::null_mut::<RedisModuleString>(); Field::COUNT];
        if self.exists() {
            let [n0, n1, n2, n3, n4, n5, n6, n7, n8, n9] = config::field_names();
            let [v0, v1, v2, v3, v4, v5, v6, v7, v8, v9] = found.each_mut().map(ptr::from_mut);
            let end: *mut c_void = ptr::null_mut();
            // SAFETY: pairs of a field name and where to put its value, ended by a null
            // pointer; the key holds a hash.
            unsafe {
                api!(RedisModule_HashGet)(
                    self.raw,
                    REDISMODULE_HASH_NONE.cast_signed(),
                    n0,
                    v0,
                    n1,
                    v1,
                    n2,
                    v2,
                    n3,
                    v3,
                    n4,
                    v4,
                    n5,
                    v5,
                    n6,
                    v6,
                    n7,
                    v7,
                    n8,
                    v8,
                    n9,
                    v9,
                    end,
                );
            }
        }
        // SAFETY: each value that was found is a new string of ours.
        found.map(|value| (!value.is_null()).then(|| unsafe { Text::from_owned(value) }))
    }

    fn all_fields(&self) -> Vec<(Vec<u8>, Vec<u8>)> {
        let mut fields: Vec<(Vec<u8>, Vec<u8>)> = Vec::with_capacity(self.length());
        self.scan(&mut |field, value| fields.push((field.to_vec(), value.to_vec())));
        if fields.len() > self.length() {
            // A scan of a large hash may meet a field twice.
            fields.sort_unstable();
            fields.dedup_by(|a, b| a.0 == b.0);
        }
        fields
    }

    fn set(&mut self, fields: &[(Name<'_>, Value<'_>)]) {
        let mut ours = Vec::with_capacity(fields.len() * 2);
        let mut arguments = Vec::with_capacity(1 + fields.len() * 2);
        arguments.push(self.name.as_ptr());
        for (name, value) in fields {
            let name = match name {
                Name::Known(field) => config::field_name(*field),
                Name::Other(name) => {
                    let name = Text::new(name);
                    let pointer = name.as_ptr();
                    ours.push(name);
                    pointer
                }
            };
            let value = match value {
                Value::Text(text) => Text::new(text),
                Value::Integer(number) => Text::integer(*number),
            };
            self.set_one(name, value.as_ptr());
            arguments.extend([name, value.as_ptr()]);
            ours.push(value);
        }
        self.written(c"HSET", &mut arguments);
    }

    fn delete(&mut self, field: Field) {
        let name = config::field_name(field);
        self.set_one(name, HASH_DELETE);
        self.written(c"HDEL", &mut [self.name.as_ptr(), name]);
    }
}

impl Key<'_> {
    fn set_one(&mut self, name: *mut RedisModuleString, value: *mut RedisModuleString) {
        let end: *mut c_void = ptr::null_mut();
        // SAFETY: one pair, ended by a null pointer; the server copies both strings. The
        // key holds a hash or nothing and is open for writing, so this can't fail.
        unsafe { api!(RedisModule_HashSet)(self.raw, REDISMODULE_HASH_NONE.cast_signed(), name, value, end) };
    }
}
