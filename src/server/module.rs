//! Loading and unloading.

use std::ffi::{CStr, CString};
use std::os::raw::c_int;

use redis_module::raw::{
    self, REDISMODULE_APIVER_1, REDISMODULE_ERR, REDISMODULE_OK, REDISMODULE_OPTION_NO_IMPLICIT_SIGNAL_MODIFIED,
    RedisModuleCmdFunc, RedisModuleCtx, RedisModuleString,
};

use super::beyond::{SERVER_VERSION_MAJOR, VALKEYMODULE_OPTIONS_HANDLE_ATOMIC_SLOT_MIGRATION};
use super::guard::{self, guarded};
use super::{Context, api, arguments, builtin, command, config, cron, docs, info, log, mode, text, timer, under_way};
use crate::commands::{Command, Kind, Spec, for_all_commands};

const NAME: &CStr = c"sessions";
/// Redis 7.0.0, as `RM_GetServerVersion` returns it.
const OLDEST_SERVER: c_int = 7 * SERVER_VERSION_MAJOR;

/// Registers everything; returns `REDISMODULE_OK` or `REDISMODULE_ERR`.
///
/// # Safety
/// The arguments are those of the server's call of `RedisModule_OnLoad`.
pub(crate) unsafe fn load(raw: *mut RedisModuleCtx, argv: *mut *mut RedisModuleString, argc: c_int) -> c_int {
    // SAFETY: the first call of every module; it fetches the API.
    let status =
        unsafe { raw::Export_RedisModule_Init(raw, NAME.as_ptr(), version_number(), REDISMODULE_APIVER_1 as c_int) };
    if status == REDISMODULE_ERR as c_int {
        return status;
    }
    // SAFETY: valid for this call.
    let context = unsafe { Context::new(raw) };
    // SAFETY: the server passes `argc` valid strings.
    let arguments = unsafe { text::arguments(argv, argc) };
    guard::install();
    let loaded = guarded(|| register(context, &arguments)).unwrap_or_else(|| Err("internal error".to_owned()));
    match loaded {
        Ok(()) => {
            let (version, commit) = (info::VERSION, info::COMMIT);
            log::notice(context, &format!("version {version}, commit {commit}, ready"));
            REDISMODULE_OK as c_int
        }
        Err(reason) => {
            log::warning(context, &format!("not loaded: {reason}"));
            unload();
            REDISMODULE_ERR as c_int
        }
    }
}

/// Frees what was kept; the server has removed everything else.
pub(crate) fn unload() -> c_int {
    config::release();
    text::release();
    timer::release();
    under_way::release();
    guard::uninstall();
    REDISMODULE_OK as c_int
}

/// The version for MODULE LIST: major · 10000 + minor · 100 + patch.
fn version_number() -> c_int {
    info::VERSION
        .split('.')
        .map(|part| part.parse::<c_int>().unwrap_or(0))
        .fold(0, |number, part| number * 100 + part)
}

fn register(context: Context<'_>, arguments: &[&[u8]]) -> Result<(), String> {
    check_server(server_version())?;
    arguments::refusal(arguments).map_or(Ok(()), Err)?;
    set_options(context);
    mode::register(context);
    builtin::check(context)?;
    docs::add_category(context);
    macro_rules! register_all {
        ($($command:path),* $(,)?) => {
            $(register_command::<$command>(context)?;)*
        };
    }
    for_all_commands!(register_all);
    #[cfg(feature = "test-panic")]
    register_command::<crate::commands::panic::Panic>(context)?;
    let registered = |success: bool, otherwise: &str| success.then_some(()).ok_or_else(|| otherwise.to_owned());
    registered(config::register(context), "invalid setting, see the line above")?;
    registered(info::register(context), "the server refused the INFO section")?;
    // This comes last, because Redis 7.0 still calls the callback if the load fails afterwards.
    registered(cron::register(context), "the server refused the cron event")
}

fn set_options(context: Context<'_>) {
    let mut options = REDISMODULE_OPTION_NO_IMPLICIT_SIGNAL_MODIFIED.cast_signed();
    // In another server the bit may have another meaning. Valkey 9 does not migrate slots while a
    // module lacks this option. The module may set it, because it uses only the slots of its own
    // server, and replicates plain commands that have all their keys in one slot.
    if is_valkey(context) {
        options |= VALKEYMODULE_OPTIONS_HANDLE_ATOMIC_SLOT_MIGRATION;
    }
    // SAFETY: the context is valid.
    unsafe { api!(RedisModule_SetModuleOptions)(context.raw, options) }
}

fn is_valkey(context: Context<'_>) -> bool {
    // SAFETY: the section and the field are C strings; what INFO gives is freed after its use.
    unsafe {
        let info = api!(RedisModule_GetServerInfo)(context.raw, c"server".as_ptr());
        let name = api!(RedisModule_ServerInfoGetFieldC)(info, c"server_name".as_ptr());
        let is_valkey = !name.is_null() && CStr::from_ptr(name) == c"valkey";
        api!(RedisModule_FreeServerInfo)(context.raw, info);
        is_valkey
    }
}

/// The server's version in the form of [`OLDEST_SERVER`]; 0 if the server is too old to return it.
fn server_version() -> c_int {
    // SAFETY: only reads the pointer, and the function takes nothing.
    unsafe { raw::RedisModule_GetServerVersion.map_or(0, |version| version()) }
}

fn check_server(version: c_int) -> Result<(), String> {
    if version < OLDEST_SERVER {
        return Err("requires Redis 7.0 or newer, or Valkey 8 or newer".to_owned());
    }
    Ok(())
}

fn register_command<C: Command>(context: Context<'_>) -> Result<(), String> {
    let Spec { name, kind, .. } = C::SPEC;
    let flags = match kind {
        Kind::Read { fast: true } => c"readonly fast",
        Kind::Read { fast: false } => c"readonly",
        Kind::Write { fast: true } => c"write fast",
        Kind::Write { fast: false } | Kind::Dangerous => c"write",
        Kind::Grow { fast: true } => c"write deny-oom fast",
        Kind::Grow { fast: false } => c"write deny-oom",
        Kind::Meta => c"fast allow-loading allow-stale",
    };
    let handler: RedisModuleCmdFunc = Some(command::handle::<C>);
    // In lower case, like the server's own commands, because the server shows the name in error
    // texts.
    let c_name = CString::new(name.to_ascii_lowercase()).unwrap_or_default();
    // SAFETY: the strings live for the call, the handler as long as the module. Without
    // key positions the server checks no keys; the shell does.
    let status =
        unsafe { api!(RedisModule_CreateCommand)(context.raw, c_name.as_ptr(), handler, flags.as_ptr(), 0, 0, 0) };
    if status == REDISMODULE_OK as c_int && docs::describe(context, &C::SPEC) {
        Ok(())
    } else {
        Err(format!("the server refused the command {name}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_from_redis_7_0_on_are_new_enough() {
        for version in [0x0007_0000, 0x0007_000f, 0x0007_0200, 0x0008_0203, 0x0009_0102] {
            assert_eq!(check_server(version), Ok(()), "{version:#x}");
        }
        for version in [0, 0x0005_0000, 0x0006_0010, 0x0006_02ff, 0x0006_ffff] {
            let refused = check_server(version);
            assert_eq!(
                refused,
                Err("requires Redis 7.0 or newer, or Valkey 8 or newer".to_owned()),
                "{version:#x}"
            );
        }
    }
}
