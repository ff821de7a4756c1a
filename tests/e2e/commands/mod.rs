//! One file per command. `arguments` generates every wrong argument of a command from one line;
//! `wrong_types` tries every key of the wrong type.

mod access;
mod activity;
mod anonymous;
mod arguments;
mod conditions;
mod count;
mod countsoid;
mod create;
mod events;
mod exists;
mod get;
mod grace;
mod help;
mod ids;
mod incr;
mod kill;
mod killall;
mod killsoid;
mod limiting;
mod limiting_at_once;
mod limiting_told;
mod lists_in_slices;
mod malformed_tokens;
mod nodata;
mod noresave;
mod peek;
mod rotate;
mod rotate_options;
mod save;
mod saved_away;
mod set;
mod shapes;
mod slices;
mod slipping_away;
mod soapp;
mod soid;
mod steps;
mod surroundings;
mod touch;
mod user_agents;
mod users;
mod watched;
mod windows;
mod wrong_types;

pub(crate) use crate::harness::digest;
pub(crate) use arguments::{check_arguments, check_counts, check_options};
pub(crate) use wrong_types::check_wrong_types;

use crate::harness::{Client, Effect, now, plant, token_in_step, write_effects};

/// A session of `u1` with `w` 7 and this data, used four seconds ago in the step that continues
/// now.
#[track_caller]
pub(crate) fn plant_within_a_step(client: &mut Client, data: &str) -> String {
    let time = now(client);
    let token = token_in_step(time, 5, 'x');
    let la = (time - 4).to_string();
    let fields = [
        ("id", "u1"),
        ("r", "1"),
        ("w", "7"),
        ("la", la.as_str()),
        ("ttl", "100"),
        ("d", data),
    ];
    plant(client, "web", &token, &fields);
    token
}

/// One command comes bare, several come in one MULTI/EXEC. All are plain commands that set absolute
/// values; none is a command of the module.
#[track_caller]
pub(crate) fn assert_plain(effects: &[Effect]) {
    assert_plain_but(effects, "");
}

/// The same if the test itself has sent commands in between.
#[track_caller]
pub(crate) fn assert_plain_but(effects: &[Effect], own: &str) {
    let plain = ["HSET", "HDEL", "ZADD", "ZREM", "SADD", "SREM", "UNLINK", "DEL", own];
    let writes = write_effects(effects);
    for effect in &writes {
        assert!(
            plain.contains(&effect[0].to_uppercase().as_str()),
            "{effect:?} is no plain command in {effects:?}"
        );
        let options = ["NX", "XX", "GT", "LT", "INCR", "CH"];
        assert!(
            effect[0] != "ZADD" || !options.contains(&effect[2].to_uppercase().as_str()),
            "{effect:?} depends on what is stored"
        );
    }
    let frame: Vec<&str> = effects
        .iter()
        .map(|effect| effect[0].as_str())
        .filter(|word| matches!(*word, "MULTI" | "EXEC"))
        .collect();
    match writes.len() {
        0 | 1 => assert!(frame.is_empty(), "one command needs no frame: {effects:?}"),
        _ => {
            assert_eq!(frame, ["MULTI", "EXEC"], "{effects:?}");
            let inside: Vec<&Effect> = effects.iter().filter(|e| e[0] != "SELECT").collect();
            assert_eq!(inside[0][0], "MULTI", "{effects:?}");
            assert_eq!(inside[inside.len() - 1][0], "EXEC", "{effects:?}");
        }
    }
}
