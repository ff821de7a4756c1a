//! What the module, its tools and its fuzz targets share: the rules of a session, the names of keys
//! and members, the slots of a cluster and the errors. Nothing here depends on a server.
//!
//! - [`limits`]: the bounds of arguments.
//! - [`ident`], [`number`], [`data`]: the arguments of commands, parsed once and valid from then
//!   on.
//! - [`json`]: the JSON text of data.
//! - [`session`]: when a session is live, what a use changes, and its hash fields.
//! - [`token`], [`stored_name`]: how tokens are generated and stored.
//! - [`slot`], [`parts`]: a cluster's hash slots, and the parts of an app's data.
//! - [`keys`], [`index`]: key names and index members, and the scores of members.
//! - [`alias`]: what is stored under an old token during a grace.
//! - [`error`]: every error that a client can get.

pub mod alias;
pub mod data;
pub mod error;
mod field;
pub mod ident;
pub mod index;
pub mod json;
pub mod keys;
pub mod limits;
pub mod number;
pub mod parts;
pub mod session;
pub mod slot;
pub mod stored_name;
pub mod token;
mod user_agent;
