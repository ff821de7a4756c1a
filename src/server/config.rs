//! The settings `sessions.*`, stored so that every call can read them.

use std::ffi::CStr;
use std::os::raw::{c_char, c_int, c_longlong, c_void};
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicPtr, Ordering::Relaxed};

use redis_module::raw::{
    REDISMODULE_CONFIG_DEFAULT, REDISMODULE_CONFIG_IMMUTABLE, REDISMODULE_CONFIG_MEMORY, REDISMODULE_ERR,
    REDISMODULE_OK, RedisModuleString,
};

use super::builtin::{self, Builtin};
use super::text::{self, Text};
use super::{Context, api, mode, unaudited};
use crate::store::Rules;
use sessions_model::index::Step;
use sessions_model::session::Field;
use sessions_model::stored_name::Storage;
use sessions_model::{limits::MAX_SECONDS, number::Ttl};

/// The settings, without the `sessions.` that the server puts before them.
pub(super) const NAMES: [&str; 9] = [
    "namespace",
    "ttl",
    "wipe-interval",
    "max-data-bytes",
    "publish-changes",
    "redact-tokens",
    "index-step",
    "hash-tokens",
    "audit-length",
];

const MAX_NAMESPACE: usize = 32;
const MIN_WIPE_INTERVAL: i64 = 10;
const MAX_AUDIT_LENGTH: i64 = 100_000_000;

const PLAIN: u32 = REDISMODULE_CONFIG_DEFAULT;
const FIXED: u32 = REDISMODULE_CONFIG_IMMUTABLE;
/// Accepts the server's memory units.
const MEMORY: u32 = REDISMODULE_CONFIG_MEMORY;

static TTL: AtomicI64 = AtomicI64::new(0);
static WIPE_INTERVAL: AtomicI64 = AtomicI64::new(0);
static MAX_DATA_BYTES: AtomicI64 = AtomicI64::new(0);
static INDEX_STEP: AtomicI64 = AtomicI64::new(0);
static PUBLISH_CHANGES: AtomicBool = AtomicBool::new(false);
static REDACT_TOKENS: AtomicBool = AtomicBool::new(false);
static HASH_TOKENS: AtomicBool = AtomicBool::new(false);
static AUDIT_LENGTH: AtomicI64 = AtomicI64::new(0);
/// Stored as a string of the server, because CONFIG GET returns one.
static NAMESPACE: AtomicPtr<RedisModuleString> = AtomicPtr::new(ptr::null_mut());
/// The names of the session fields, created once because every command uses them.
static FIELD_NAMES: [AtomicPtr<RedisModuleString>; Field::COUNT] =
    [const { AtomicPtr::new(ptr::null_mut()) }; Field::COUNT];

/// The settings at the moment of a call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Settings<'a> {
    pub(crate) rules: Rules<'a>,
    pub(crate) redact_tokens: bool,
}

/// Reads the settings for the length of a call.
pub(crate) fn settings<'c>(_context: Context<'c>) -> Settings<'c> {
    Settings {
        rules: Rules {
            // SAFETY: set at load, never changed and freed at unload only.
            namespace: unsafe { text::bytes(NAMESPACE.load(Relaxed)) },
            ttl: Ttl::from_setting(TTL.load(Relaxed)),
            max_data_bytes: usize::try_from(MAX_DATA_BYTES.load(Relaxed)).unwrap_or(0),
            publish_changes: PUBLISH_CHANGES.load(Relaxed),
            index_step: Step::from_setting(INDEX_STEP.load(Relaxed)),
            storage: if HASH_TOKENS.load(Relaxed) {
                Storage::Hashed
            } else {
                Storage::Plain
            },
            audit_length: above_zero(&AUDIT_LENGTH),
        },
        redact_tokens: REDACT_TOKENS.load(Relaxed),
    }
}

/// Seconds between two passes; `None`: off.
pub(crate) fn wipe_interval() -> Option<u64> {
    above_zero(&WIPE_INTERVAL)
}

/// A number for which 0 means off.
fn above_zero(setting: &AtomicI64) -> Option<u64> {
    u64::try_from(setting.load(Relaxed)).ok().filter(|&number| number > 0)
}

/// The name of a field, as a stored string of the server.
pub(super) fn field_name(field: Field) -> *mut RedisModuleString {
    FIELD_NAMES
        .get(field as usize)
        .map_or(ptr::null_mut(), |name| name.load(Relaxed))
}

/// Registers the settings and applies the values of redis.conf or MODULE LOADEX; returns whether
/// that succeeded. The server logs errors.
pub(super) fn register(context: Context<'_>) -> bool {
    make_field_names();
    keep(&NAMESPACE, b"rs");
    // SAFETY: names and defaults are C strings, the functions match the kind of setting
    // and get back the pointer to a static.
    unsafe {
        let namespace = api!(RedisModule_RegisterStringConfig)(
            context.raw,
            c"namespace".as_ptr(),
            c"rs".as_ptr(),
            FIXED,
            Some(namespace),
            Some(set_namespace),
            None,
            ptr::null_mut(),
        );
        let number = |name: &CStr, flags, default, min, max, value: &'static AtomicI64, set| {
            api!(RedisModule_RegisterNumericConfig)(
                context.raw,
                name.as_ptr(),
                default,
                flags,
                min,
                max,
                Some(number),
                Some(set),
                None,
                ptr::from_ref(value).cast_mut().cast(),
            )
        };
        let switch = |name: &CStr, flags, default, value: &'static AtomicBool, set| {
            api!(RedisModule_RegisterBoolConfig)(
                context.raw,
                name.as_ptr(),
                default,
                flags,
                Some(switch),
                Some(set),
                None,
                ptr::from_ref(value).cast_mut().cast(),
            )
        };
        [
            namespace,
            number(c"ttl", PLAIN, 7200, 1, MAX_SECONDS, &TTL, set_number),
            number(
                c"wipe-interval",
                PLAIN,
                600,
                0,
                86_400,
                &WIPE_INTERVAL,
                set_wipe_interval,
            ),
            number(
                c"max-data-bytes",
                MEMORY,
                65_536,
                2,
                16_777_216,
                &MAX_DATA_BYTES,
                set_number,
            ),
            number(
                c"index-step",
                FIXED,
                Step::DEFAULT.seconds(),
                Step::SHORTEST.seconds(),
                Step::LONGEST.seconds(),
                &INDEX_STEP,
                set_number,
            ),
            switch(c"publish-changes", PLAIN, 0, &PUBLISH_CHANGES, set_publish_changes),
            switch(c"redact-tokens", PLAIN, 1, &REDACT_TOKENS, set_switch),
            switch(c"hash-tokens", FIXED, 0, &HASH_TOKENS, set_switch),
            number(
                c"audit-length",
                PLAIN,
                0,
                0,
                MAX_AUDIT_LENGTH,
                &AUDIT_LENGTH,
                set_audit_length,
            ),
            api!(RedisModule_LoadConfigs)(context.raw),
        ]
        .iter()
        .all(|&status| status == OK)
    }
}

/// Makes the names of the fields, again if they were made before: nothing may still use those.
fn make_field_names() {
    for (place, field) in FIELD_NAMES.iter().zip(Field::ALL) {
        keep(place, field.name().as_bytes());
    }
}

/// Replaces the strings that are kept for many calls when too much may refer to them. Called before
/// a command or a slice of work uses any.
pub(super) fn renew_kept_strings() {
    if text::is_to_be_renewed() {
        text::release();
        make_field_names();
    }
}

/// Frees what is kept for the module's life.
pub(super) fn release() {
    for place in FIELD_NAMES.iter().chain([&NAMESPACE]) {
        let old = place.swap(ptr::null_mut(), Relaxed);
        if !old.is_null() {
            // SAFETY: put there by `keep`, and taken out just now.
            drop(unsafe { Text::from_owned(old) });
        }
    }
}

fn keep(place: &AtomicPtr<RedisModuleString>, bytes: &[u8]) {
    let text = std::mem::ManuallyDrop::new(Text::new(bytes));
    let old = place.swap(text.as_ptr(), Relaxed);
    if !old.is_null() {
        // SAFETY: put there by an earlier call, and taken out just now.
        drop(unsafe { Text::from_owned(old) });
    }
}

const OK: c_int = REDISMODULE_OK as c_int;
const REFUSED: c_int = REDISMODULE_ERR as c_int;

unsafe extern "C" fn namespace(_name: *const c_char, _data: *mut c_void) -> *mut RedisModuleString {
    NAMESPACE.load(Relaxed)
}

unsafe extern "C" fn set_namespace(
    _name: *const c_char,
    value: *mut RedisModuleString,
    _data: *mut c_void,
    error: *mut *mut RedisModuleString,
) -> c_int {
    // SAFETY: the server passes a valid string.
    let value = unsafe { text::bytes(value) };
    let allowed = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
    if (1..=MAX_NAMESPACE).contains(&value.len()) && value.iter().all(allowed) {
        keep(&NAMESPACE, value);
        OK
    } else {
        // SAFETY: the server passes a place for the error.
        unsafe { refuse(error, "argument must be 1 to 32 characters of A-Z a-z 0-9 _ -") }
    }
}

unsafe extern "C" fn number(_name: *const c_char, data: *mut c_void) -> c_longlong {
    // SAFETY: the static given at registration.
    unsafe { &*data.cast::<AtomicI64>() }.load(Relaxed)
}

unsafe extern "C" fn set_number(
    _name: *const c_char,
    value: c_longlong,
    data: *mut c_void,
    _error: *mut *mut RedisModuleString,
) -> c_int {
    // SAFETY: the static given at registration.
    unsafe { &*data.cast::<AtomicI64>() }.store(value, Relaxed);
    OK
}

unsafe extern "C" fn set_wipe_interval(
    _name: *const c_char,
    value: c_longlong,
    _data: *mut c_void,
    error: *mut *mut RedisModuleString,
) -> c_int {
    if value == 0 || value >= MIN_WIPE_INTERVAL {
        WIPE_INTERVAL.store(value, Relaxed);
        OK
    } else {
        // SAFETY: the server passes a place for the error.
        unsafe { refuse(error, "argument must be 0 (off) or between 10 and 86400 seconds") }
    }
}

unsafe extern "C" fn switch(_name: *const c_char, data: *mut c_void) -> c_int {
    // SAFETY: the static given at registration.
    c_int::from(unsafe { &*data.cast::<AtomicBool>() }.load(Relaxed))
}

unsafe extern "C" fn set_switch(
    _name: *const c_char,
    value: c_int,
    data: *mut c_void,
    _error: *mut *mut RedisModuleString,
) -> c_int {
    // SAFETY: the static given at registration.
    unsafe { &*data.cast::<AtomicBool>() }.store(value != 0, Relaxed);
    OK
}

/// Replicas receive PUBLISH.
unsafe extern "C" fn set_publish_changes(
    name: *const c_char,
    value: c_int,
    data: *mut c_void,
    error: *mut *mut RedisModuleString,
) -> c_int {
    if value != 0 && !builtin::is_there(Builtin::Publish) {
        // SAFETY: the server passes a place for the error.
        return unsafe { refuse(error, &Builtin::Publish.missing()) };
    }
    // SAFETY: what the server passed.
    unsafe { set_switch(name, value, data, error) }
}

/// Replicas and the AOF receive XADD. In a cluster each slot would require its own stream.
unsafe extern "C" fn set_audit_length(
    name: *const c_char,
    value: c_longlong,
    data: *mut c_void,
    error: *mut *mut RedisModuleString,
) -> c_int {
    if value != 0 && mode::is_cluster() {
        // SAFETY: the server passes a place for the error.
        return unsafe { refuse(error, "argument must be 0 (off): a cluster has no audit streams") };
    }
    if value != 0 && !builtin::is_there(Builtin::XAdd) {
        // SAFETY: the server passes a place for the error.
        return unsafe { refuse(error, &Builtin::XAdd.missing()) };
    }
    unaudited::forget();
    // SAFETY: what the server passed.
    unsafe { set_number(name, value, data, error) }
}

/// # Safety
/// `error` is a place for a string that the server frees.
unsafe fn refuse(error: *mut *mut RedisModuleString, reason: &str) -> c_int {
    let reason = std::mem::ManuallyDrop::new(Text::new(reason.as_bytes()));
    // SAFETY: as promised by the caller.
    unsafe { *error = reason.as_ptr() };
    REFUSED
}
