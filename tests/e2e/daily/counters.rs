//! `INFO sessions`: each counter counts only what its name says.

use crate::harness::*;
use std::collections::BTreeMap;
use std::time::Duration;

type Counters = BTreeMap<String, u64>;

/// The numbers of `INFO sessions`, without `sessions_` before the names.
#[track_caller]
fn counters(server: &Server) -> Counters {
    let info = server.client().line("INFO sessions");
    let pairs = info.text().lines().filter_map(|line| line.split_once(':'));
    pairs
        .filter_map(|(name, value)| {
            let name = name.strip_prefix("sessions_").expect("names begin with sessions_");
            Some((name.to_owned(), value.parse().ok()?))
        })
        .collect()
}

/// The counters that have grown, as `name +count`, without those about the last pass and about
/// slices.
fn growth(before: &Counters, after: &Counters) -> Vec<String> {
    assert!(before.keys().eq(after.keys()), "{before:?} {after:?}");
    let grown = after
        .iter()
        .filter(|(name, _)| !name.starts_with("last_pass_") && !name.starts_with("longest_slice_"));
    grown
        .filter(|(name, count)| before[*name] != **count)
        .map(|(name, count)| format!("{name} +{}", count - before[name]))
        .collect()
}

/// Commands in order, each with the counters that grow. `{a}`, `{b}` … are tokens of live sessions,
/// `{n}` is a token without a session, `{old}` is the token of a timed-out session.
const STEPS: &[(&str, &str)] = &[
    ("CREATE web u9", "created +1"),
    ("CREATE web! u9", ""),
    ("GET web {a}", "read +1"),
    ("GET web {a} JSON", "read +1"),
    ("GET web {n}", "missed +1"),
    ("GET web {old}", "missed +1"),
    ("GET web short", "missed +1"),
    ("GET web short XML", ""),
    ("ROTATE web short", "missed +1"),
    ("KILL web short", ""),
    ("PEEK web {a}", ""),
    ("PEEK web {n}", "missed +1"),
    ("EXISTS web {a}", ""),
    ("EXISTS web {n}", "missed +1"),
    ("TOUCH web {a}", ""),
    ("TOUCH web {n}", "missed +1"),
    ("SET web {a} {\"k\":1}", "written +1"),
    ("SET web {a} {}", ""),
    ("SET web {n} {\"k\":1}", "missed +1"),
    ("SET web {a} {\"k\":1} IFW 1", "conflicts +1"),
    ("SET web {a} {\"k\":1} IFID u2", ""),
    ("SET web {a} {} TTL 60", "written +1"),
    ("SAVE web {a} {\"k\":1}", "written +1"),
    ("SAVE web {a} {} IFW 1", "conflicts +1"),
    ("SAVE web {a} {} NX", ""),
    ("SAVE web {n} {} XX", ""),
    ("SAVE web {n} {}", "created +1"),
    ("KILL web {n}", "killed +1"),
    ("SAVE web short {}", ""),
    ("INCR web {a} k", "written +1"),
    ("INCR web {a} k BY 1.5", ""),
    ("INCR web {a} k BY 9223372036854775807", ""),
    ("INCR web {n} k", "missed +1"),
    ("INCR web {old} k", "missed +1"),
    ("INCR web short k", "missed +1"),
    ("ROTATE web {b}", "rotated +1"),
    ("ROTATE web {b}", "missed +1"),
    ("SOID web u1", ""),
    ("SOAPP web 0", ""),
    ("ACTIVITY web 0", ""),
    ("COUNT web", ""),
    ("COUNTSOID web u1", ""),
    ("USERS web 0", ""),
    ("HELP", ""),
    ("CREATE web u4 MAX 2", "created +1"),
    ("CREATE web u4 MAX 2 REJECT", "created +1"),
    ("CREATE web u4 MAX 2 REJECT", "refused +1"),
    ("CREATE web u4 MAX 0 REJECT", ""),
    ("SAVE web {n} {} ID u4 MAX 2 REJECT", "refused +1"),
    ("CREATE web u4 MAX 1", "created +1, killed +2, limited +2"),
    ("KILLSOID web u4", "killed +1"),
    ("KILL web {a}", "killed +1"),
    ("KILL web {a}", ""),
    ("KILL web {old}", "wiped +1"),
    ("KILLSOID web u3", "killed +3"),
    ("KILLSOID web u3", ""),
    ("WIPE", "wiped +2"),
    ("WIPE", ""),
    // The session of the first line, and the one that was rotated.
    ("KILLALL web", "killed +2"),
    ("KILLALL web", ""),
];

#[test]
fn every_counter_counts_what_it_says() {
    let server = Server::start();
    let mut client = server.client();
    let mut tokens = vec![("{n}", token_of('n'))];
    tokens.push(("{a}", create(&mut client, "web", "u1", &[])));
    tokens.push(("{b}", create(&mut client, "web", "u1", &[])));
    for _ in 0..3 {
        create(&mut client, "web", "u3", &[]);
    }
    for name in ["{old}", "", ""] {
        let token = create(&mut client, "web", "u2", &["TTL", "100"]);
        tokens.push((name, token));
    }
    for (_, token) in &tokens[3..] {
        age_everywhere(&mut client, "web", token, 200);
    }
    for (step, wanted) in STEPS {
        let fill = |line: String, (name, token): &(&str, String)| match *name {
            "" => line,
            name => line.replace(name, token),
        };
        let command = tokens.iter().fold(format!("SESSIONS.{step}"), fill);
        let before = counters(&server);
        client.line(&command);
        assert_eq!(growth(&before, &counters(&server)).join(", "), *wanted, "{step}");
    }
}

#[test]
fn a_transaction_and_a_script_are_counted_alike() {
    let server = Server::start();
    let mut client = server.client();
    let token = create(&mut client, "web", "u1", &[]);
    let before = counters(&server);
    client.line("MULTI");
    client.run(&["SESSIONS.GET", "web", &token]);
    client.line("SESSIONS.CREATE web u1");
    client.line("EXEC");
    let script = "return redis.call('SESSIONS.KILLALL', 'web')";
    assert_eq!(client.run(&["EVAL", script, "0"]), Reply::Int(2));
    let wanted = ["created +1", "killed +2", "read +1"];
    assert_eq!(growth(&before, &counters(&server)), wanted);
}

#[test]
fn resetstat_leaves_the_counters_and_loading_again_clears_them() {
    let server = Server::start();
    let mut client = server.client();
    create(&mut client, "web", "u1", &[]);
    client.line("SESSIONS.KILLALL web");
    let before = counters(&server);
    assert_eq!((before["created"], before["killed"]), (1, 1));
    assert!(before["longest_slice_usec"] > 0, "{before:?}");
    client.line("CONFIG RESETSTAT");
    assert_eq!(counters(&server), before);
    assert_eq!(client.line("MODULE UNLOAD sessions"), "OK".into());
    let path = module_path();
    client.run(&["MODULE", "LOAD", path.to_str().unwrap()]);
    assert!(counters(&server).values().all(|count| *count == 0));
}

#[test]
fn a_timed_pass_shows_how_long_it_took_and_in_how_many_slices() {
    let server = Server::builder().own_clock().start();
    let mut client = server.client();
    for _ in 0..300 {
        let token = create(&mut client, "web", "u1", &["TTL", "100"]);
        age_everywhere(&mut client, "web", &token, 200);
    }
    assert_eq!(counters(&server)["passes"], 0);
    server.let_pass(Duration::from_secs(600));
    wait_until(GENEROUS, "a pass was made", || counters(&server)["passes"] == 1);
    let after = counters(&server);
    assert_eq!(after["wiped"], 300);
    // Each of the 16 databases takes at least one slice.
    assert!(after["last_pass_slices"] >= 16, "{after:?}");
    assert!(after["last_pass_usec"] >= after["longest_slice_usec"], "{after:?}");
    assert!(after["longest_slice_usec"] > 0, "{after:?}");
    assert_eq!(after["last_pass_backlog"], 0);
}

#[test]
fn the_backlog_is_what_a_pass_in_progress_or_a_stopped_one_has_left() {
    const DUE: u64 = 100_000;
    let server = Server::builder().own_clock().start();
    let mut client = server.client();
    let script = "for i = 1, tonumber(ARGV[1]) do
        redis.call('ZADD', 'rs:SESSIONS', 1, string.format('web:%064d:u1', i))
    end";
    client.run(&["EVAL", script, "0", &DUE.to_string()]);
    let backlog = |server: &Server| counters(server)["last_pass_backlog"];
    assert_eq!(backlog(&server), 0, "no pass was made");
    server.let_pass(Duration::from_secs(600));
    wait_until(GENEROUS, "a pass is under way", || backlog(&server) > 0);
    assert!(backlog(&server) < DUE);
    client.line("REPLICAOF 127.0.0.1 1");
    wait_until(GENEROUS, "the pass has stopped", || {
        backlog(&server) == client.line("ZCARD rs:SESSIONS").int().unsigned_abs()
    });
    assert!(backlog(&server) > 0);
    assert_eq!(counters(&server)["passes"], 0);
    client.line("REPLICAOF NO ONE");
    server.let_pass(Duration::from_secs(600));
    wait_until(GENEROUS, "the next pass is done", || counters(&server)["passes"] == 1);
    assert_eq!(backlog(&server), 0);
}

#[test]
fn a_replica_counts_only_what_is_asked_of_itself() {
    let primary = Server::builder().tcp().start();
    let replica = Server::builder().replica_of(&primary).start();
    let token = create(&mut primary.client(), "web", "u1", &[]);
    primary.client().run(&["SESSIONS.SET", "web", &token, r#"{"a":1}"#]);
    replica.catch_up_with(&primary);
    let before = counters(&replica);
    assert!(before.values().all(|count| *count == 0), "{before:?}");
    let session = replica.client().run(&["SESSIONS.PEEK", "web", &token]).session();
    assert_eq!(session.int("w"), 2);
    replica.client().run(&["SESSIONS.EXISTS", "web", &token_of('n')]);
    assert_eq!(growth(&before, &counters(&replica)), ["missed +1"]);
}
