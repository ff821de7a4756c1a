//! nginx and Caddy with the configurations of docs/gateways.md, in front of a site in Node.js and
//! one in Python. What Traefik and Envoy send is replayed.
//!
//! `site` starts all of it; `recorder` is between the gateway and the service and keeps what
//! passes.

mod arriving;
mod away;
mod elsewhere;
mod forged;
mod hidden;
mod lives;
mod page;
mod recorder;
mod replayed;
mod site;
mod visitor;

use recorder::Recorder;
use site::{Gateway, Ports, Site};
pub(crate) use site::{nginx, replaced};
use visitor::Visitor;
