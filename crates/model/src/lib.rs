//! What the module, its tools and its fuzz targets have in common: the rules of a session, the
//! names of keys and members, the slots of a cluster and the errors, without a server in sight.
//!
//! - [`limits`]: the bounds of arguments.
//! - [`ident`], [`number`], [`data`]: what commands are given, parsed once and valid from then on.
//! - [`json`]: the JSON that data is made of.
//! - [`session`]: when a session lives, what a use changes, which hash fields hold it.
//! - [`token`], [`stored_name`]: drawing tokens, and how they are stored.
//! - [`slot`], [`parts`]: a cluster's hash slots, and the parts that an app's data falls into.
//! - [`keys`], [`index`]: key names and index members, and the scores of members.
//! - [`alias`]: what is stored under an old token during a grace.
//! - [`error`]: every error a client can get.

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
