//! The users of redis.conf.example, whose lines the tests uncomment.

use crate::harness::*;

const ALLOWED: &[(&str, &str)] = &[
    ("webapp", "PING"),
    ("webapp", "SESSIONS.CREATE webapp u2 TTL 60"),
    ("webapp", "SESSIONS.GET webapp {token}"),
    ("webapp", "SESSIONS.SET webapp {token} {\"a\":1}"),
    ("webapp", "SESSIONS.SAVE webapp {token} {\"a\":1}"),
    ("webapp", "SESSIONS.INCR webapp {token} a"),
    ("webapp", "SESSIONS.SOID webapp u1"),
    ("webapp", "SESSIONS.KILLSOID webapp u2"),
    ("dashboard", "SESSIONS.ACTIVITY webapp 600"),
    ("dashboard", "SESSIONS.COUNT webapp"),
    ("dashboard", "SESSIONS.USERS webapp 0"),
    ("support", "SESSIONS.USERS webapp 0"),
    ("support", "SESSIONS.SOID webapp u1"),
    ("support", "SESSIONS.KILLSOID webapp u2"),
];

/// Commands that all three users are denied.
const DENIED: &[&str] = &[
    "SESSIONS.KILLALL webapp",
    "SESSIONS.WIPE",
    "SESSIONS.COUNT other",
    "SESSIONS.SOID other u1",
    "SESSIONS.CREATE other u1",
    "HGETALL rs:webapp:{token}",
    "KEYS *",
    "SCAN 0",
    "MONITOR",
    "SLOWLOG GET",
    "SUBSCRIBE rs:cache",
    "CLIENT LIST",
    "CONFIG GET *",
];

#[test]
fn the_users_of_the_example_may_do_their_work_and_nothing_else() {
    let lines = user_lines();
    let staff = lines.iter().filter(|line| !line.starts_with("user default "));
    let server = staff
        .fold(Server::builder(), |builder, line| builder.line(line))
        .start();
    let as_user = |name: &str| {
        let mut client = server.client();
        assert_eq!(client.run(&["AUTH", name, &password(&lines, name)]), "OK".into());
        client
    };
    let token = create(&mut as_user("webapp"), "webapp", "u1", &[]);

    for (user, command) in ALLOWED {
        let reply = as_user(user).line(&command.replace("{token}", &token));
        assert!(
            !matches!(reply, Reply::Error(_)),
            "{user} may {command}, but: {reply:?}"
        );
    }
    for user in ["webapp", "dashboard", "support"] {
        for command in DENIED {
            let reply = as_user(user).line(&command.replace("{token}", &token));
            assert!(
                reply.error().starts_with("NOPERM "),
                "{user} may not {command}, but: {reply:?}"
            );
        }
    }
    for command in [
        "SESSIONS.GET webapp {token}",
        "SESSIONS.SOID webapp u1",
        "SESSIONS.KILLSOID webapp u1",
    ] {
        let reply = as_user("dashboard").line(&command.replace("{token}", &token));
        assert!(reply.error().starts_with("NOPERM "), "{command}: {reply:?}");
    }
}

#[test]
fn nobody_logs_in_without_a_password_once_the_administrator_has_one() {
    let lines = user_lines();
    let server = Server::start();
    let mut before = server.client();
    let rules = lines
        .iter()
        .find_map(|line| line.strip_prefix("user default "))
        .expect("the administrator");
    let words = [vec!["ACL", "SETUSER", "default", "reset"], rules.split(' ').collect()].concat();
    assert_eq!(before.run(&words), "OK".into());

    let mut client = server.client();
    assert!(client.line("SESSIONS.HELP").error().starts_with("NOAUTH "));
    assert_eq!(client.run(&["AUTH", &password(&lines, "default")]), "OK".into());
    assert_eq!(client.line("SESSIONS.WIPE"), Reply::Int(0));
}

/// The example's `user` lines, uncommented.
pub(super) fn user_lines() -> Vec<String> {
    let conf = super::file("redis.conf.example");
    let lines = conf.lines().filter_map(|line| line.strip_prefix("# "));
    lines
        .filter(|line| line.starts_with("user ") && line.contains(" on >"))
        .map(str::to_owned)
        .collect()
}

#[track_caller]
pub(super) fn password(lines: &[String], user: &str) -> String {
    let start = format!("user {user} on >");
    let rest = lines.iter().find_map(|line| line.strip_prefix(&start));
    rest.and_then(|rest| rest.split(' ').next())
        .unwrap_or_else(|| panic!("no user {user}"))
        .to_owned()
}
