//! The Lua scripts that the module's commands are compared with.

use crate::client::{Client, Reply};
use crate::crowd::{APP, Crowd};

/// The scripts' names by their SHA-1.
pub(crate) struct Scripts {
    pub(crate) get: String,
    pub(crate) set: String,
    pub(crate) create: String,
    pub(crate) kill: String,
}

impl Scripts {
    pub(crate) fn load(client: &mut Client) -> Self {
        let mut load = |source| client.call(&["SCRIPT", "LOAD", source]).text();
        Self {
            get: load(include_str!("../lua/get.lua")),
            set: load(include_str!("../lua/set.lua")),
            create: load(include_str!("../lua/create.lua")),
            kill: load(include_str!("../lua/kill.lua")),
        }
    }
}

/// Fails unless the script returns the same as the module.
pub(crate) fn check(client: &mut Client, scripts: &Scripts, crowd: &Crowd) {
    let (key, token) = (crowd.key(0), crowd.members[0].token.as_str());
    let keys = [key.as_str(), "rs:webapp:_sessions", "rs:webapp:_users", "rs:SESSIONS"];
    let script = [&["EVALSHA", &scripts.get, "4"][..], &keys, &[APP, token]].concat();
    let (module, lua) = (client.call(&["SESSIONS.GET", APP, token]), client.call(&script));
    let shape = |reply: &Reply| match reply {
        Reply::Array(elements) => elements.len(),
        other => panic!("no session: {other:?}"),
    };
    assert_eq!(
        shape(&module),
        shape(&lua),
        "the script does not answer what the module does"
    );
}
