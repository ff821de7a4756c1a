//! `sessions.hash-tokens`: no copy of the data contains a token, and switching the setting logs
//! nobody out.

mod giveaways;
mod presented;
mod switching;
mod traces;
mod under_way;

use crate::harness::*;

const OFF: &str = "sessions.hash-tokens no";
const ON: &str = "sessions.hash-tokens yes";

/// Restarts a server with the setting on or off.
#[track_caller]
fn restart_as(server: &mut Server, setting: &str) {
    server.restart_with(|line| {
        Some(if line == ON || line == OFF {
            setting.to_owned()
        } else {
            line.to_owned()
        })
    });
}

#[track_caller]
fn exists(client: &mut Client, token: &str) -> bool {
    client.run(&["SESSIONS.EXISTS", "web", token]).int() == 1
}

/// Whether a session is stored under a name.
#[track_caller]
fn is_stored_as(client: &mut Client, name: &str) -> bool {
    client.run(&["EXISTS", &format!("rs:web:{name}")]).int() == 1
}

fn moved(server: &Server) -> i64 {
    server.info("sessions_moved").parse().expect("a number")
}
