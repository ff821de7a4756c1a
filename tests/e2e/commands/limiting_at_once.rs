//! MAX with very many log-ins of one id at the same moment, and during a KILLSOID or a KILLALL.

use super::slipping_away::{begin, plant_old};
use crate::harness::*;

const LOG_INS: usize = 200;

/// How a session becomes one of `u1`.
const WAYS: [&str; 4] = ["CREATE", "SAVE", "ROTATE", "SAVE of a visitor"];

/// A log-in for each connection, the `way` of each by its number.
fn log_ins(client: &mut Client, way: impl Fn(usize) -> &'static str, options: &[&str]) -> Vec<Vec<String>> {
    let log_in = |number: usize| {
        let own = format!("{number:a>64}");
        let words = match way(number) {
            "CREATE" => vec!["SESSIONS.CREATE".to_owned(), "web".into(), "u1".into()],
            "SAVE" => ["SESSIONS.SAVE", "web", &own, "{}", "NX", "ID", "u1"]
                .map(String::from)
                .into(),
            "ROTATE" => {
                let visitor = create(client, "web", "", &["ANON"]);
                ["SESSIONS.ROTATE", "web", &visitor, "ID", "u1"]
                    .map(String::from)
                    .into()
            }
            _ => {
                let visitor = create(client, "web", "", &["ANON"]);
                ["SESSIONS.SAVE", "web", &visitor, "{}", "XX", "ID", "u1"]
                    .map(String::from)
                    .into()
            }
        };
        let options = options.iter().map(|&word| word.to_owned());
        words.into_iter().chain(options).collect()
    };
    (0..LOG_INS).map(log_in).collect()
}

/// Sends each command on a connection of its own before the first reply is read.
fn at_once(server: &Server, commands: &[Vec<String>]) -> Vec<Reply> {
    let mut clients: Vec<Client> = commands.iter().map(|_| server.client()).collect();
    for (client, command) in clients.iter_mut().zip(commands) {
        client.send(command);
    }
    clients.iter_mut().map(Client::receive).collect()
}

#[test]
fn of_200_log_ins_at_once_exactly_as_many_sessions_are_left_as_max_says() {
    for number in 0..=WAYS.len() {
        let server = Server::start();
        let mut client = server.client();
        // The last round uses all ways at once.
        let way = |log_in: usize| *WAYS.get(number).unwrap_or(&WAYS[log_in % WAYS.len()]);
        let commands = log_ins(&mut client, way, &["MAX", "3"]);
        let replies = at_once(&server, &commands);
        let failed: Vec<_> = replies
            .iter()
            .filter(|reply| matches!(reply, Reply::Error(_) | Reply::Nil))
            .collect();
        assert!(failed.is_empty(), "{} {failed:?}", way(0));
        assert_eq!(
            client.run(&["SESSIONS.COUNTSOID", "web", "u1"]),
            Reply::Int(3),
            "{}",
            way(0)
        );
        assert_eq!(client.run(&["SCARD", "rs:web:us:u1"]), Reply::Int(3), "{}", way(0));
        assert_eq!(server.info("sessions_limited"), "197", "{}", way(0));
        assert_eq!(server.info("sessions_killed"), "197", "{}", way(0));
        assert_eq!(server.info("sessions_refused"), "0", "{}", way(0));
        assert_whole(&mut client);
    }
}

#[test]
fn of_200_log_ins_at_once_with_reject_exactly_as_many_succeed_as_max_says() {
    for number in 0..=WAYS.len() {
        let server = Server::start();
        let mut client = server.client();
        let way = |log_in: usize| *WAYS.get(number).unwrap_or(&WAYS[log_in % WAYS.len()]);
        let commands = log_ins(&mut client, way, &["MAX", "3", "REJECT"]);
        let visitors = client.run(&["SESSIONS.COUNT", "web"]).int();
        let replies = at_once(&server, &commands);
        let refused = replies.iter().filter(|reply| reply.is_error_of("LIMIT")).count();
        assert_eq!(refused, LOG_INS - 3, "{}: {replies:?}", way(0));
        assert!(!replies.contains(&Reply::Nil), "{}", way(0));
        assert_eq!(
            client.run(&["SESSIONS.COUNTSOID", "web", "u1"]),
            Reply::Int(3),
            "{}",
            way(0)
        );
        assert_eq!(server.info("sessions_refused"), "197", "{}", way(0));
        assert_eq!(server.info("sessions_killed"), "0", "{}", way(0));
        // A visitor whose log-in was refused is still a visitor.
        let moved = commands.iter().zip(&replies).filter(|(words, reply)| {
            ["SESSIONS.ROTATE", "SESSIONS.SAVE"].contains(&words[0].as_str())
                && !reply.is_error_of("LIMIT")
                && !words.contains(&"NX".to_owned())
        });
        let left = client.run(&["SESSIONS.COUNT", "web"]).int() - 3;
        assert_eq!(left, visitors - moved.count() as i64, "{}", way(0));
        assert_whole(&mut client);
    }
}

#[test]
fn log_ins_and_log_outs_at_once_never_leave_more_than_max() {
    let server = Server::start();
    let mut client = server.client();
    let mut dice = Dice::new(seed());
    for _ in 0..20 {
        let mut known: Vec<String> = (0..5)
            .map(|_| create(&mut client, "web", "u1", &["MAX", "5"]))
            .collect();
        let mut commands = log_ins(&mut client, |log_in| WAYS[log_in % WAYS.len()], &["MAX", "5"]);
        commands.truncate(20);
        for command in &mut commands {
            let token = known.get(dice.below(8)).cloned();
            match (dice.below(4), token) {
                (0, Some(token)) => *command = ["SESSIONS.KILL", "web", &token].map(String::from).into(),
                (1, Some(token)) => *command = ["SESSIONS.ROTATE", "web", &token].map(String::from).into(),
                _ => {}
            }
        }
        let replies = at_once(&server, &commands);
        known.clear();
        assert!(
            !replies.iter().any(|reply| matches!(reply, Reply::Error(_))),
            "{replies:?}"
        );
        let left = client.run(&["SESSIONS.COUNTSOID", "web", "u1"]).int();
        assert!((1..=5).contains(&left), "{left}");
        assert_whole(&mut client);
        client.run(&["SESSIONS.KILLALL", "web"]).int();
        assert_no_keys(&mut client);
    }
}

#[test]
fn log_ins_with_max_during_a_killsoid_outlive_it() {
    let server = Server::start();
    let mut client = server.client();
    plant_old(&mut client);
    let mut caller = begin(&server, &["SESSIONS.KILLSOID", "web", "u:0"]);
    let mut log_ins = 0;
    while server.info("blocked_clients") == "1" {
        let visitor = create(&mut client, "web", "", &["ANON"]);
        let log_in = ["SESSIONS.ROTATE", "web", &visitor, "ID", "u:0", "MAX", "3"];
        let token = client.run(&log_in).text().to_owned();
        assert_eq!(client.run(&["SESSIONS.EXISTS", "web", &token]), Reply::Int(1));
        log_ins += 1;
    }
    let killed = caller.receive().int();
    assert!(log_ins > 0 && killed > 0, "{log_ins} {killed}");
    // Both commands kill only the old sessions.
    let left = client.run(&["SESSIONS.COUNTSOID", "web", "u:0"]).int();
    assert!((1..=log_ins).contains(&left), "{left} left after {log_ins}");
    create(&mut client, "web", "u:0", &["MAX", "3"]);
    assert_eq!(
        client.run(&["SESSIONS.COUNTSOID", "web", "u:0"]),
        Reply::Int(3.min(left + 1))
    );
    assert_whole(&mut client);
}

#[test]
fn log_ins_with_max_during_a_killall_kill_no_session_for_one_that_is_not_kept() {
    let server = Server::start();
    let mut client = server.client();
    plant_old(&mut client);
    let visitors: Vec<String> = (0..5).map(|_| create(&mut client, "web", "", &["ANON"])).collect();
    // Sessions that were created before the call are killed; the others are created in a later
    // second.
    let before = now(&mut client);
    wait_until(GENEROUS, "the next second begins", || now(&mut client) > before);
    let mut caller = begin(&server, &["SESSIONS.KILLALL", "web"]);
    let during = server.info("blocked_clients") == "1";
    for visitor in &visitors {
        let reply = client.run(&["SESSIONS.ROTATE", "web", visitor, "ID", "u1", "MAX", "1"]);
        assert!(!during || reply == Reply::Nil, "{reply:?}");
    }
    caller.receive().int();
    assert_eq!(server.info("sessions_limited"), "0");
    assert_whole(&mut client);
}
