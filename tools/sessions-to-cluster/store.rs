//! The module's key names and scores.

#[path = "../../src/store/index.rs"]
#[allow(dead_code, reason = "the module's")]
pub(crate) mod index;
#[path = "../../src/store/keys.rs"]
#[allow(dead_code, reason = "the module's")]
pub(crate) mod keys;
#[path = "../../src/store/parts.rs"]
#[allow(dead_code, reason = "the module's")]
pub(crate) mod parts;
