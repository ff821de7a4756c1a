//! COMMAND DOCS and COMMAND INFO, and ACL categories on servers that have them.

use std::ffi::CString;
use std::os::raw::{c_char, c_int};
use std::ptr;

use redis_module::raw::{
    self, REDISMODULE_CMD_ARG_NONE, REDISMODULE_CMD_ARG_OPTIONAL, REDISMODULE_CMD_KEY_NOT_KEY, REDISMODULE_CMD_KEY_RO,
    REDISMODULE_CMD_KEY_RW, REDISMODULE_OK, RedisModuleCommand, RedisModuleCommandArg,
    RedisModuleCommandArgType_REDISMODULE_ARG_TYPE_BLOCK as BLOCK,
    RedisModuleCommandArgType_REDISMODULE_ARG_TYPE_INTEGER as INTEGER,
    RedisModuleCommandArgType_REDISMODULE_ARG_TYPE_ONEOF as ONE_OF,
    RedisModuleCommandArgType_REDISMODULE_ARG_TYPE_PURE_TOKEN as PURE_TOKEN,
    RedisModuleCommandArgType_REDISMODULE_ARG_TYPE_STRING as STRING, RedisModuleCommandInfo,
    RedisModuleCommandInfoVersion, RedisModuleCommandKeySpec,
    RedisModuleKeySpecBeginSearchType_REDISMODULE_KSPEC_BS_INDEX as BEGIN_AT_INDEX,
    RedisModuleKeySpecFindKeysType_REDISMODULE_KSPEC_FK_RANGE as FIND_RANGE,
};

use super::beyond::COMMAND_INFO_VERSION;
use super::{Context, api};
use crate::commands::syntax::{Argument, ArgumentKind};
use crate::commands::{Kind, Replies, Routing, SINCE, Spec};

/// `RedisModule_CurrentCommandInfoVersion`, which has no symbol to link with.
static LAYOUT: RedisModuleCommandInfoVersion = RedisModuleCommandInfoVersion {
    version: COMMAND_INFO_VERSION,
    sizeof_historyentry: size_of::<raw::RedisModuleCommandHistoryEntry>(),
    sizeof_keyspec: size_of::<RedisModuleCommandKeySpec>(),
    sizeof_arg: size_of::<RedisModuleCommandArg>(),
};

/// Adds the ACL category `@sessions` on servers where a module can (7.4).
pub(super) fn add_category(context: Context<'_>) {
    // SAFETY: only reads the pointer; the name is a C string.
    unsafe {
        if let Some(add) = raw::RedisModule_AddACLCategory {
            add(context.raw, c"sessions".as_ptr());
        }
    }
}

/// Describes a registered command; returns whether the server accepted the description.
pub(super) fn describe(context: Context<'_>, spec: &Spec) -> bool {
    let Ok(name) = CString::new(spec.name) else {
        return false;
    };
    // SAFETY: the name is a C string.
    let command = unsafe { api!(RedisModule_GetCommand)(context.raw, name.as_ptr()) };
    if command.is_null() {
        return false;
    }
    set_categories(command, spec);
    set_info(command, spec)
}

/// Categories exist since 7.2, `@sessions` since 7.4; on older servers the command has none.
fn set_categories(command: *mut RedisModuleCommand, spec: &Spec) {
    let own = match spec.kind {
        Kind::Read { fast: true } => c"read fast",
        Kind::Read { fast: false } => c"read slow",
        Kind::Write { fast: true } | Kind::Grow { fast: true } => c"write fast",
        Kind::Write { fast: false } | Kind::Grow { fast: false } => c"write slow",
        Kind::Dangerous => c"write slow dangerous",
        Kind::Meta => c"fast",
    };
    let with_ours = CString::new([own.to_bytes(), b" sessions"].concat()).unwrap_or_default();
    // SAFETY: only reads the pointer; the lists are C strings.
    unsafe {
        if let Some(set) = raw::RedisModule_SetCommandACLCategories {
            // A server without `@sessions` refuses the whole list.
            let taken = set(command, with_ours.as_ptr()) == REDISMODULE_OK as c_int;
            if !taken {
                set(command, own.as_ptr());
            }
        }
    }
}

fn set_info(command: *mut RedisModuleCommand, spec: &Spec) -> bool {
    let mut texts = Texts::default();
    let mut arguments = texts.arguments(spec.arguments);
    let mut positions = key_specs(spec);
    let tips = match spec.routing {
        Routing::AllShards {
            replies: Replies::Summed,
        } => c"request_policy:all_shards response_policy:agg_sum".as_ptr(),
        Routing::AllShards {
            replies: Replies::Separate,
        } => c"request_policy:all_shards".as_ptr(),
        Routing::Token | Routing::Id | Routing::Anywhere => ptr::null(),
    };
    let count = |n: usize| c_int::try_from(n).unwrap_or(c_int::MAX);
    let info = RedisModuleCommandInfo {
        version: &raw const LAYOUT,
        summary: texts.keep(spec.summary),
        complexity: texts.keep(spec.complexity),
        since: texts.keep(SINCE),
        history: ptr::null_mut(),
        tips,
        // The arity includes the name; a negative number is a minimum.
        arity: if !spec.table().options().is_empty() {
            -1 - count(spec.table().positional().len())
        } else {
            1 + count(spec.table().positional().len())
        },
        key_specs: positions.as_mut_ptr(),
        args: arguments.as_mut_ptr(),
    };
    // SAFETY: the server copies all it is given; the arrays end with an empty element,
    // and what they point to lives in `texts`.
    unsafe { api!(RedisModule_SetCommandInfo)(command, &raw const info) == REDISMODULE_OK as c_int }
}

/// The position of the argument that determines the slot. It is not a key, so nothing is
/// checked or fetched by it.
fn key_specs(spec: &Spec) -> Vec<RedisModuleCommandKeySpec> {
    let empty = RedisModuleCommandKeySpec {
        notes: ptr::null(),
        flags: 0,
        begin_search_type: 0,
        bs: raw::RedisModuleCommandKeySpec__bindgen_ty_1 {
            index: raw::RedisModuleCommandKeySpec__bindgen_ty_1__bindgen_ty_1 { pos: 0 },
        },
        find_keys_type: 0,
        fk: raw::RedisModuleCommandKeySpec__bindgen_ty_2 {
            range: raw::RedisModuleCommandKeySpec__bindgen_ty_2__bindgen_ty_1 {
                lastkey: 0,
                keystep: 0,
                limit: 0,
            },
        },
    };
    if !matches!(spec.routing, Routing::Token | Routing::Id) {
        return vec![empty];
    }
    let access = match spec.kind {
        Kind::Read { .. } | Kind::Meta => REDISMODULE_CMD_KEY_RO,
        Kind::Write { .. } | Kind::Dangerous | Kind::Grow { .. } => REDISMODULE_CMD_KEY_RW,
    };
    let second = RedisModuleCommandKeySpec {
        flags: u64::from(REDISMODULE_CMD_KEY_NOT_KEY | access),
        begin_search_type: BEGIN_AT_INDEX,
        bs: raw::RedisModuleCommandKeySpec__bindgen_ty_1 {
            index: raw::RedisModuleCommandKeySpec__bindgen_ty_1__bindgen_ty_1 { pos: 2 },
        },
        find_keys_type: FIND_RANGE,
        fk: raw::RedisModuleCommandKeySpec__bindgen_ty_2 {
            range: raw::RedisModuleCommandKeySpec__bindgen_ty_2__bindgen_ty_1 {
                lastkey: 0,
                keystep: 1,
                limit: 0,
            },
        },
        ..empty
    };
    vec![second, empty]
}

/// Keeps alive what a description points to.
#[derive(Default)]
struct Texts {
    strings: Vec<CString>,
    arrays: Vec<Vec<RedisModuleCommandArg>>,
}

impl Texts {
    fn keep(&mut self, text: &str) -> *const c_char {
        let text = CString::new(text).unwrap_or_default();
        let start = text.as_ptr();
        self.strings.push(text);
        start
    }

    fn arguments(&mut self, arguments: &[Argument]) -> Vec<RedisModuleCommandArg> {
        let mut described: Vec<_> = arguments.iter().map(|argument| self.argument(argument)).collect();
        described.push(RedisModuleCommandArg {
            name: ptr::null(),
            type_: STRING,
            key_spec_index: -1,
            token: ptr::null(),
            summary: ptr::null(),
            since: ptr::null(),
            flags: 0,
            deprecated_since: ptr::null(),
            subargs: ptr::null_mut(),
            display_text: ptr::null(),
        });
        described
    }

    fn argument(&mut self, argument: &Argument) -> RedisModuleCommandArg {
        let (type_, parts) = match argument.kind {
            ArgumentKind::Text => (STRING, None),
            ArgumentKind::Integer => (INTEGER, None),
            ArgumentKind::Flag => (PURE_TOKEN, None),
            ArgumentKind::Block(parts) => (BLOCK, Some(parts)),
            ArgumentKind::OneOf(choices) => (ONE_OF, Some(choices)),
        };
        let subargs = parts.map_or(ptr::null_mut(), |parts| {
            let mut parts = self.arguments(parts);
            let start = parts.as_mut_ptr();
            self.arrays.push(parts);
            start
        });
        RedisModuleCommandArg {
            name: self.keep(argument.name),
            type_,
            key_spec_index: -1,
            token: argument.token.map_or(ptr::null(), |token| self.keep(token)),
            summary: ptr::null(),
            since: ptr::null(),
            flags: if argument.optional {
                REDISMODULE_CMD_ARG_OPTIONAL
            } else {
                REDISMODULE_CMD_ARG_NONE
            }
            .cast_signed(),
            deprecated_since: ptr::null(),
            subargs,
            display_text: ptr::null(),
        }
    }
}
