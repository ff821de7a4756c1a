//! What a Redis user expects of a module in daily use: it explains itself, shows what it does, and
//! the pages under `docs/` say what the running server says.

mod access;
mod categories;
mod counters;
mod described;
mod errors;
mod events;
mod examples;
mod links;
mod newer;
mod npm_cache;
mod prometheus;
mod recipes;
mod terminal;
