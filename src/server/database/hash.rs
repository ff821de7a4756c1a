//! Hashes.

use std::os::raw::c_void;
use std::ptr;

use redis_module::raw::{REDISMODULE_HASH_DELETE, REDISMODULE_HASH_NONE, RedisModuleString};

use super::super::builtin::Builtin;
use super::super::text::Text;
use super::super::{api, config};
use super::Key;
use crate::store::keyspace::{HashKey, Name, Value};
use sessions_model::session::{Field, Fields, Seconds};
use smallvec::SmallVec;

/// Reads fields of an open hash into variables; a missing field is `None`. The number of arguments
/// of a C variadic is fixed where it is called.
macro_rules! get_fields {
    ($key:expr, $($field:ident => $value:ident),*) => {
        $(let mut $value = ptr::null_mut::<RedisModuleString>();)*
        if $key.exists() {
            let end: *mut c_void = ptr::null_mut();
            // SAFETY: pairs of a field name and where to put its value, ended by a null
            // pointer; the key holds a hash.
            unsafe {
                api!(RedisModule_HashGet)(
                    $key.raw,
                    REDISMODULE_HASH_NONE.cast_signed(),
                    $(config::field_name(Field::$field), &raw mut $value,)*
                    end,
                );
            }
        }
        // SAFETY: each value that was found is a new string that the module owns.
        $(let $value = (!$value.is_null()).then(|| unsafe { Text::from_owned($value) });)*
    };
}

impl HashKey for Key<'_> {
    type Bytes = Text;

    fn is_empty(&self) -> bool {
        !self.exists()
    }

    fn len(&self) -> usize {
        if self.exists() { self.length() } else { 0 }
    }

    fn fields(&self) -> Fields<Text> {
        get_fields!(self, Id => id, R => reads, W => writes, Ip => ip, La => last_activity, Ttl => ttl, D => data,
            Created => created);
        self.with_rare(Fields {
            id,
            reads,
            writes,
            ip,
            last_activity,
            ttl,
            data,
            created,
            ..Fields::default()
        })
    }

    fn fields_without_data(&self) -> Fields<Text> {
        get_fields!(self, Id => id, R => reads, W => writes, Ip => ip, La => last_activity, Ttl => ttl,
            Created => created);
        self.with_rare(Fields {
            id,
            reads,
            writes,
            ip,
            last_activity,
            ttl,
            created,
            ..Fields::default()
        })
    }

    fn life_fields(&self) -> Fields<Text> {
        get_fields!(self, Id => id, La => last_activity, Ttl => ttl, NoResave => no_resave, Created => created,
            Until => until, Hashed => hashed);
        Fields {
            id,
            hashed,
            last_activity,
            ttl,
            no_resave,
            created,
            until,
            ..Fields::default()
        }
    }

    fn all_fields(&self) -> Vec<(Vec<u8>, Vec<u8>)> {
        let mut fields: Vec<(Vec<u8>, Vec<u8>)> = Vec::with_capacity(self.length());
        self.scan(usize::MAX, &mut |field, value| {
            fields.push((field.to_vec(), value.to_vec()))
        });
        if fields.len() > self.length() {
            // A scan of a large hash may return a field twice.
            fields.sort_unstable();
            fields.dedup_by(|a, b| a.0 == b.0);
        }
        fields
    }

    fn set(&mut self, fields: &[(Name<'_>, Value<'_>)]) {
        let mut ours: SmallVec<[Text; Field::COUNT]> = SmallVec::new();
        let mut arguments: SmallVec<[_; 1 + 2 * Field::COUNT]> = SmallVec::new();
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
            arguments.extend([name, value.as_ptr()]);
            ours.push(value);
        }
        self.set_pairs(arguments.get(1..).unwrap_or_default());
        self.written(Builtin::HSet, &mut arguments);
    }

    fn expire_at(&mut self, at: Seconds) {
        let milliseconds = at.saturating_mul(1000);
        // SAFETY: the key is open for writing and has a value.
        unsafe { api!(RedisModule_SetAbsExpire)(self.raw, milliseconds) };
        let milliseconds = Text::integer(milliseconds);
        self.written(Builtin::PExpireAt, &mut [self.name.as_ptr(), milliseconds.as_ptr()]);
    }

    fn delete(&mut self, fields: &[Field]) {
        let mut arguments = vec![self.name.as_ptr()];
        for field in fields {
            let name = config::field_name(*field);
            self.set_pairs(&[name, REDISMODULE_HASH_DELETE.cast_mut()]);
            arguments.push(name);
        }
        self.written(Builtin::HDel, &mut arguments);
    }
}

impl Key<'_> {
    /// Adds the fields that few sessions have, if the hash has more fields than the given ones: the
    /// server reads all of a small hash to find that a field is absent.
    fn with_rare(&self, common: Fields<Text>) -> Fields<Text> {
        if self.length() <= common.count() {
            return common;
        }
        get_fields!(self, NoResave => no_resave, Until => until, Ua => user_agent, Hashed => hashed, Graced => graced);
        Fields {
            no_resave,
            until,
            user_agent,
            hashed,
            graced,
            ..common
        }
    }

    /// Sets fields, as many as possible at a time, because the number of arguments of a C variadic
    /// is fixed where it is called.
    fn set_pairs(&mut self, pairs: &[*mut RedisModuleString]) {
        macro_rules! set {
            ($($argument:ident),+) => {{
                let end: *mut c_void = ptr::null_mut();
                // SAFETY: pairs, ended by a null pointer; the server copies all strings. The key
                // holds a hash or nothing and is open for writing, so this can't fail.
                unsafe {
                    api!(RedisModule_HashSet)(self.raw, REDISMODULE_HASH_NONE.cast_signed(), $(*$argument,)+ end)
                };
            }};
        }
        for chunk in pairs.chunks(8) {
            match chunk {
                [a, b, c, d, e, f, g, h] => set!(a, b, c, d, e, f, g, h),
                [a, b, c, d, e, f] => set!(a, b, c, d, e, f),
                [a, b, c, d] => set!(a, b, c, d),
                [a, b] => set!(a, b),
                _ => {}
            }
        }
    }
}
