//! Tests of the HTTP service: real servers with the module, a real `sessions-http`, and HTTP
//! clients.
//!
//! The crate `sessions-harness` starts a service for each test; each module tests one subject.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test ends by panicking"
)]

mod admin;
mod auth;
mod authority;
mod chromium;
mod configuration;
mod encrypted_redis;
mod frameworks;
mod gateways;
mod introspect;
mod languages;
mod legacy;
mod listeners;
mod observed;
mod operations;
mod secrets;
mod starts;
mod trouble;
mod v1;
mod walkthrough;

use sessions_harness as harness;
