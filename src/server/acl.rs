//! The server's access control. Low-level calls are not restricted, so the module checks whether
//! the user may use the keys of a command.

use std::io::ErrorKind;
use std::os::raw::c_int;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use redis_module::raw::{
    REDISMODULE_CMD_KEY_ACCESS, REDISMODULE_CMD_KEY_DELETE, REDISMODULE_CMD_KEY_INSERT, REDISMODULE_CMD_KEY_UPDATE,
    REDISMODULE_OK, RedisModuleACLLogEntryReason_REDISMODULE_ACL_LOG_KEY as LOG_KEY, RedisModuleUser,
};

use super::text::Text;
use super::{Context, api};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    Read,
    ReadWrite,
}

const READ: u32 = REDISMODULE_CMD_KEY_ACCESS;
const WRITE: u32 = REDISMODULE_CMD_KEY_UPDATE | REDISMODULE_CMD_KEY_INSERT | REDISMODULE_CMD_KEY_DELETE;

/// Whether the calling user may use `key`. A denial is recorded in ACL LOG, with the key as `shown`
/// returns it.
pub(crate) fn is_allowed(context: Context<'_>, key: &[u8], shown: fn(&[u8]) -> &[u8], access: Access) -> bool {
    let user = match current_user(context) {
        CurrentUser::Unlimited => return true,
        CurrentUser::Unknown => return false,
        CurrentUser::Named(name) => User::by_name(&name),
    };
    let name = Text::name(key);
    // A user's read and write permission may be in different selectors.
    let allowed = match access {
        Access::Read => user.may(&name, READ),
        Access::ReadWrite => user.may(&name, READ | WRITE) || (user.may(&name, READ) && user.may(&name, WRITE)),
    };
    if !allowed {
        user.log_denial(context, &Text::new(shown(key)));
    }
    allowed
}

enum CurrentUser {
    /// The server itself or another module runs the command, without a user.
    Unlimited,
    Named(Text),
    /// The server did not return the user.
    Unknown,
}

fn current_user(context: Context<'_>) -> CurrentUser {
    // SAFETY: the context is valid.
    let id = unsafe { api!(RedisModule_GetClientId)(context.raw) };
    if connections::has_user(id) {
        // SAFETY: the calling client is a connection with a user.
        return unsafe { named_in(context) };
    }
    // SAFETY: the context is valid; the name, if any, is a new string that the module owns.
    unsafe {
        let name = api!(RedisModule_GetClientUserNameById)(context.raw, id);
        if !name.is_null() {
            connections::remember(id);
            return CurrentUser::Named(Text::from_owned(name));
        }
    }
    // A script, or another module's call. Requesting the user's name crashes the server if there is
    // no user. So the module first calls a command that does not exist on behalf of the user: the
    // error shows whether there is a user.
    // SAFETY: the command takes no arguments.
    let reply = unsafe { api!(RedisModule_Call)(context.raw, c"SESSIONS.".as_ptr(), c"C".as_ptr()) };
    let error = std::io::Error::last_os_error().kind();
    if !reply.is_null() {
        // SAFETY: the module owns the reply and frees it once.
        unsafe { api!(RedisModule_FreeCallReply)(reply) };
    }
    match error {
        ErrorKind::Unsupported => CurrentUser::Unlimited,
        ErrorKind::NotFound => {
            // SAFETY: there is a user.
            unsafe { named_in(context) }
        }
        _ => CurrentUser::Unknown,
    }
}

/// # Safety
/// The calling client has a user.
unsafe fn named_in(context: Context<'_>) -> CurrentUser {
    // SAFETY: as promised by the caller; the name is a new string that the module owns.
    unsafe {
        let name = api!(RedisModule_GetCurrentUserName)(context.raw);
        if name.is_null() {
            CurrentUser::Unknown
        } else {
            CurrentUser::Named(Text::from_owned(name))
        }
    }
}

/// The connections that were found to have a user. A connection keeps one until it is closed: if
/// the user is deleted, the server assigns the default user. The server assigns each ID once, so a
/// script and a call of another module, which have no connection, have other IDs. So the user's
/// name, which may change with each call, can be requested without a search for the connection.
mod connections {
    use super::{AtomicU64, Relaxed};

    /// As many as have a place. 0 is not the ID of a client.
    static IDS: [AtomicU64; 64] = [const { AtomicU64::new(0) }; 64];

    fn place(id: u64) -> Option<&'static AtomicU64> {
        let place = usize::try_from(id % IDS.len() as u64).ok()?;
        IDS.get(place)
    }

    pub(super) fn has_user(id: u64) -> bool {
        id != 0 && place(id).is_some_and(|known| known.load(Relaxed) == id)
    }

    pub(super) fn remember(id: u64) {
        if let Some(place) = place(id) {
            place.store(id, Relaxed);
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn only_a_remembered_connection_is_known() {
            assert!(!has_user(0) && !has_user(7));
            remember(7);
            assert!(has_user(7) && !has_user(7 + 64) && !has_user(0));
            remember(7 + 64);
            assert!(has_user(7 + 64) && !has_user(7));
            remember(0);
            assert!(!has_user(0));
        }
    }
}

/// A user of the server's; null when there is none of that name any more.
struct User(*mut RedisModuleUser);

impl User {
    fn by_name(name: &Text) -> Self {
        // SAFETY: the name is valid.
        Self(unsafe { api!(RedisModule_GetModuleUserFromUserName)(name.as_ptr()) })
    }

    fn may(&self, key: &Text, permissions: u32) -> bool {
        if self.0.is_null() {
            return false;
        }
        // SAFETY: user and key are valid.
        let status =
            unsafe { api!(RedisModule_ACLCheckKeyPermissions)(self.0, key.as_ptr(), permissions.cast_signed()) };
        status == REDISMODULE_OK as c_int
    }

    fn log_denial(&self, context: Context<'_>, shown: &Text) {
        if !self.0.is_null() {
            // SAFETY: all pointers are valid for the call.
            unsafe { api!(RedisModule_ACLAddLogEntry)(context.raw, self.0, shown.as_ptr(), LOG_KEY) };
        }
    }
}

impl Drop for User {
    fn drop(&mut self) {
        if !self.0.is_null() {
            // SAFETY: the module owns it; the server's user is not freed.
            unsafe { api!(RedisModule_FreeModuleUser)(self.0) }
        }
    }
}
