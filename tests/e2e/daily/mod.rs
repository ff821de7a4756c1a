//! What a Redis user expects of a module in daily use: the module documents its commands, shows
//! what it does, and agrees with the pages under `docs/`.

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
