//! The session store over HTTP: a separate program for gateways, for programs without a Redis
//! client and for support staff.
//!
//! - [`config`]: the configuration file, checked; [`keys`]: who may send requests.
//! - [`store`]: the connections to Redis and the commands.
//! - [`state`]: what every request needs; [`access`]: key, app and right of a request; [`body`],
//!   [`query`]: reading a body within its limits, and a query; [`problem`]: the errors that clients
//!   get;
//!   [`refusal`]: why a body or a query is refused; [`clock`]: the time;
//!   [`digest`]: SHA-256 as text.
//! - [`routes`]: the routes, one folder or file per group.
//! - [`log`]: the lines of the log; [`probe`]: checks whether a running service responds.
//! - [`server`]: listeners, limits, log lines, metrics, and how the service starts and ends.

pub mod access;
pub mod body;
pub mod clock;
pub mod config;
pub mod digest;
pub mod keys;
pub mod log;
pub mod probe;
pub mod problem;
pub mod query;
pub mod refusal;
pub mod routes;
pub mod server;
pub mod state;
pub mod store;
