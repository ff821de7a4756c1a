//! The session's own data `d`, and what the store does with broken or absurd things in Redis.

mod json;
mod limits;
mod merging;
mod readers;
mod rubbish;
mod unreadable;
