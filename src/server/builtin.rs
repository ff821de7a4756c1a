//! The server's own commands that the module calls, or sends to replicas and the AOF.
//!
//! redis.conf can rename any of them, and then the module's writes would be lost silently. So one
//! table names all of them: the module can only call or send commands that were checked at load.

use std::ffi::CStr;
use std::io::{Error, ErrorKind};
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use redis_module::raw::{
    REDISMODULE_REPLY_ARRAY, REDISMODULE_REPLY_INTEGER, REDISMODULE_REPLY_STRING, RedisModuleCallReply,
};

use super::{Context, api, mode};

/// When the module requires a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Needed {
    Always,
    InClusters,
    /// While `sessions.publish-changes` is on.
    ForPublishing,
    /// While `sessions.audit-length` is not 0.
    ForAuditing,
}

macro_rules! builtins {
    ($($builtin:ident, $name:literal, $needed:ident, $reply:ident;)*) => {
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum Builtin {
            $($builtin),*
        }

        impl Builtin {
            const ALL: &[Self] = &[$(Self::$builtin),*];

            pub(super) const fn name(self) -> &'static CStr {
                match self {
                    $(Self::$builtin => $name),*
                }
            }

            const fn needed(self) -> Needed {
                match self {
                    $(Self::$builtin => Needed::$needed),*
                }
            }

            /// The type of its reply, `REDISMODULE_REPLY_*`.
            pub(super) const fn reply_type(self) -> isize {
                match self {
                    $(Self::$builtin => $reply),*
                }
            }
        }
    };
}

builtins! {
    Cluster, c"CLUSTER", InClusters, REDISMODULE_REPLY_STRING;
    Exists, c"EXISTS", Always, REDISMODULE_REPLY_INTEGER;
    HDel, c"HDEL", Always, REDISMODULE_REPLY_INTEGER;
    HSet, c"HSET", Always, REDISMODULE_REPLY_INTEGER;
    PExpireAt, c"PEXPIREAT", Always, REDISMODULE_REPLY_INTEGER;
    Publish, c"PUBLISH", ForPublishing, REDISMODULE_REPLY_INTEGER;
    SAdd, c"SADD", Always, REDISMODULE_REPLY_INTEGER;
    SRem, c"SREM", Always, REDISMODULE_REPLY_INTEGER;
    SScan, c"SSCAN", Always, REDISMODULE_REPLY_ARRAY;
    Unlink, c"UNLINK", Always, REDISMODULE_REPLY_INTEGER;
    XAdd, c"XADD", ForAuditing, REDISMODULE_REPLY_STRING;
    ZAdd, c"ZADD", Always, REDISMODULE_REPLY_INTEGER;
    ZCount, c"ZCOUNT", Always, REDISMODULE_REPLY_INTEGER;
    ZRange, c"ZRANGE", Always, REDISMODULE_REPLY_ARRAY;
    ZRem, c"ZREM", Always, REDISMODULE_REPLY_INTEGER;
}

impl Builtin {
    pub(super) fn as_str(self) -> &'static str {
        self.name().to_str().unwrap_or_default()
    }

    const fn bit(self) -> u32 {
        1 << self as u32
    }

    /// The error text if the server lacks the command.
    pub(super) fn missing(self) -> String {
        let name = self.as_str();
        format!("the server has no command {name}: remove the line `rename-command {name} …` from its configuration")
    }
}

/// The bits of the commands that the server lacks. A running server renames no commands.
static MISSING: AtomicU32 = AtomicU32::new(0);

/// Whether the server had the command when the module was loaded.
pub(super) fn is_there(command: Builtin) -> bool {
    MISSING.load(Relaxed) & command.bit() == 0
}

/// Checks that the server has every command; `Err` names a missing command that the module
/// requires.
pub(super) fn check(context: Context<'_>) -> Result<(), String> {
    let missing = Builtin::ALL.iter().filter(|&&command| !answers(context, command));
    MISSING.store(missing.fold(0, |bits, command| bits | command.bit()), Relaxed);
    let needed = |command: &&Builtin| match command.needed() {
        Needed::Always => true,
        Needed::InClusters => mode::is_cluster(),
        Needed::ForPublishing | Needed::ForAuditing => false,
    };
    let lacking = Builtin::ALL.iter().filter(needed).find(|&&command| !is_there(command));
    lacking.map_or(Ok(()), |command| Err(command.missing()))
}

/// Whether the server knows a command. All of them require arguments, so calling them without
/// arguments does nothing.
fn answers(context: Context<'_>, command: Builtin) -> bool {
    // SAFETY: the format announces no arguments.
    let reply: *mut RedisModuleCallReply =
        unsafe { api!(RedisModule_Call)(context.raw, command.name().as_ptr(), c"".as_ptr()) };
    let error = Error::last_os_error().kind();
    if reply.is_null() {
        return error != ErrorKind::NotFound;
    }
    // SAFETY: the module owns the reply and frees it once.
    unsafe { api!(RedisModule_FreeCallReply)(reply) };
    true
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    fn sources(folder: &Path) -> Vec<(String, String)> {
        let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        entries
            .flat_map(|path| {
                if path.is_dir() {
                    sources(&path)
                } else {
                    vec![(path.display().to_string(), fs::read_to_string(path).unwrap())]
                }
            })
            .collect()
    }

    #[test]
    fn commands_are_called_and_sent_where_only_the_table_can_name_them() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        // `acl.rs` calls a command that doesn't exist, on purpose.
        let allowed = ["acl.rs", "builtin.rs", "call.rs", "replication.rs"];
        for (path, text) in sources(&folder) {
            let calls = ["RedisModule_Call)", "RedisModule_Replicate)"];
            let found = calls.iter().any(|call| text.contains(call));
            assert!(!found || allowed.iter().any(|name| path.ends_with(name)), "{path}");
        }
    }

    #[test]
    fn each_command_has_a_bit_and_a_name_of_its_own() {
        for (position, command) in Builtin::ALL.iter().enumerate() {
            let others = Builtin::ALL.iter().skip(position + 1);
            for other in others {
                assert_eq!(command.bit() & other.bit(), 0, "{command:?} and {other:?}");
                assert_ne!(command.name(), other.name());
            }
            assert!(command.missing().contains(command.as_str()));
        }
    }

    #[test]
    fn the_page_of_servers_names_every_command() {
        let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/servers.md");
        let servers = fs::read_to_string(page).unwrap();
        for command in Builtin::ALL {
            let name = format!("`{}`", command.as_str());
            assert!(servers.contains(&name), "{name}");
        }
    }
}
