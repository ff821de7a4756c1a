//! The promises of a session store: no acknowledged change is lost, no killed session comes back,
//! copies agree, data and tokens stay private, and the server never goes down. docs/reliability.md
//! lists them. `SESSIONS_LONG=1` makes the tests longer.

mod access;
mod audit;
mod behind_its_back;
mod between_slices;
mod crash;
mod detours;
mod failing;
mod filled;
mod hashed;
mod inner_commands;
mod ledger;
mod memory;
mod no_random;
mod paused;
mod predecessors;
mod race;
mod replication;
mod saves;
mod saves_at_once;
mod secrets;
mod traffic;
mod under_way;

/// How many times longer than usual, by `SESSIONS_LONG`.
fn times_longer() -> usize {
    if std::env::var_os("SESSIONS_LONG").is_some() {
        10
    } else {
        1
    }
}
