//! COUNTSOID, SOID, SOAPP and USERS over very many sessions: they run in slices, their client is
//! blocked, and other clients are served.

use crate::harness::*;
use std::thread::{self, JoinHandle};

const MANY: i64 = 20_000;

/// The lists, and how many each has of `MANY` sessions of as many ids or of one.
const LISTS: [(&str, i64); 5] = [
    ("SESSIONS.COUNTSOID web u:0", 1),
    // Read from the id's own set, and from the app's sorted set.
    ("SESSIONS.SOID web u:0 LIMIT 19000 50", 1),
    ("SESSIONS.SOID web u:0 ASC LIMIT 9000 1 JSON", 1),
    ("SESSIONS.SOAPP web 0 LIMIT 19000 100", 1),
    ("SESSIONS.USERS web 0 LIMIT 19000 100", MANY),
];

fn plant(client: &mut Client, ids: i64) {
    let planted = Planted {
        count: MANY,
        ids,
        ..Planted::default()
    };
    planted.plant(client);
}

fn words(line: &str) -> Vec<&str> {
    line.split(' ').collect()
}

/// How long the reply is: the number itself, or the elements of the list.
fn length(reply: &Reply) -> i64 {
    match reply {
        Reply::Int(number) => *number,
        Reply::Text(json) => String::from_utf8_lossy(json).matches("\"sid\"").count() as i64,
        list => list.list().len() as i64,
    }
}

fn expected(list: &str) -> i64 {
    match list.split_once("LIMIT ") {
        None => MANY,
        Some((_, limit)) => words(limit)[1].parse().unwrap(),
    }
}

/// Sends a list command; its client is blocked when this returns.
fn begin(server: &Server, list: &str) -> Client {
    let mut caller = server.client();
    caller.send(&words(list));
    wait_until(GENEROUS, &format!("the caller of {list} is blocked"), || {
        server.info("blocked_clients") == "1"
    });
    caller
}

#[test]
fn others_are_served_while_a_list_is_gathered() {
    let server = Server::start();
    let mut other = server.client();
    for (list, ids) in LISTS {
        plant(&mut other, ids);
        let mut caller = begin(&server, list);
        let reply = caller.receive();
        assert_eq!(length(&reply), expected(list), "{list}");
        other.run(&["FLUSHALL"]).assert_ok();
    }
}

#[test]
fn a_replica_gathers_lists_in_slices_too() {
    let primary = Server::builder().tcp().start();
    let replica = Server::builder().replica_of(&primary).start();
    for (list, ids) in LISTS {
        plant(&mut primary.client(), ids);
        replica.catch_up_with(&primary);
        let mut caller = begin(&replica, list);
        assert_eq!(length(&caller.receive()), expected(list), "{list}");
        primary.client().run(&["FLUSHALL"]).assert_ok();
    }
}

#[test]
fn a_list_is_gathered_while_writes_are_paused() {
    let server = Server::start();
    let mut other = server.client();
    plant(&mut other, 1);
    other.run(&["CLIENT", "PAUSE", "100000", "WRITE"]).assert_ok();
    let (list, _) = LISTS[0];
    assert_eq!(server.client().line(list), Reply::Int(MANY));
    other.run(&["CLIENT", "UNPAUSE"]).assert_ok();
}

#[test]
fn inside_a_transaction_or_a_script_a_list_is_gathered_in_one_go() {
    let server = Server::start();
    let mut client = server.client();
    for (list, ids) in LISTS {
        plant(&mut client, ids);
        client.run(&["MULTI"]).assert_ok();
        client.run(&words(list));
        let replies = client.run(&["EXEC"]);
        assert_eq!(length(&replies.list()[0]), expected(list), "{list}");
        let script = "return redis.call(unpack(ARGV))";
        let reply = client.run(&[&["EVAL", script, "0"], &words(list)[..]].concat());
        assert_eq!(length(&reply), expected(list), "{list}");
        client.run(&["FLUSHALL"]).assert_ok();
    }
}

#[test]
fn a_list_whose_caller_is_gone_is_given_up() {
    let server = Server::start();
    let mut other = server.client();
    for (list, ids) in LISTS {
        plant(&mut other, ids);
        drop(begin(&server, list));
        wait_until(GENEROUS, &format!("{list} is given up"), || {
            server.info("blocked_clients") == "0"
        });
        // A module that has a timer cannot be unloaded.
        wait_until(GENEROUS, "nothing is under way", || {
            other.run(&["MODULE", "UNLOAD", "sessions"]) == "OK".into()
        });
        let path = module_path();
        other.run(&["MODULE", "LOAD", path.to_str().unwrap()]).assert_ok();
        other.run(&["FLUSHALL"]).assert_ok();
    }
}

#[test]
fn a_list_shows_no_session_twice_and_each_that_is_left_alone() {
    let server = Server::start();
    let mut client = server.client();
    for list in ["SESSIONS.SOID web u:0 WITHTOKENS", "SESSIONS.SOAPP web 0 WITHTOKENS"] {
        plant(&mut client, 1);
        let mut busy: Vec<String> = (0..50).map(|_| create(&mut client, "web", "u:0", &[])).collect();
        let mut caller = begin(&server, list);
        while server.info("blocked_clients") == "1" {
            for (place, token) in busy.iter_mut().enumerate() {
                match place % 3 {
                    0 => *token = client.run(&["SESSIONS.ROTATE", "web", token]).text().to_owned(),
                    1 => drop(client.run(&["SESSIONS.GET", "web", token])),
                    _ => {
                        client.run(&["SESSIONS.KILL", "web", token]).int();
                        *token = create(&mut client, "web", "u:0", &[]);
                    }
                }
            }
        }
        let listed = caller.receive();
        let mut tokens: Vec<String> = listed
            .sessions()
            .iter()
            .map(|session| session.text("token").into())
            .collect();
        let all = tokens.len();
        tokens.sort();
        tokens.dedup();
        assert_eq!(tokens.len(), all, "{list} shows a session twice");
        let planted = tokens.iter().filter(|token| token.starts_with("00000000"));
        assert_eq!(planted.count() as i64, MANY, "{list}");
        client.run(&["FLUSHALL"]).assert_ok();
    }
}

#[test]
fn members_of_infinite_score_are_listed() {
    let server = Server::start();
    let mut client = server.client();
    for number in 0..20 {
        let token = create(&mut client, "web", &format!("u{number}"), &[]);
        for (key, member) in [
            ("rs:web:_sessions", format!("{token}:u{number}")),
            ("rs:web:_users", format!("u{number}")),
        ] {
            client.run(&["ZADD", key, "+inf", &member]).int();
        }
    }
    assert_eq!(client.line("SESSIONS.SOAPP web 0").list().len(), 20);
    assert_eq!(client.line("SESSIONS.USERS web 0").list().len(), 20);
    assert_eq!(client.line("SESSIONS.SOAPP web 600 LIMIT 15 -1").list().len(), 5);
}

#[test]
fn pages_behind_many_sessions_of_one_second_are_those_of_the_whole_list() {
    let server = Server::start();
    let mut client = server.client();
    plant(&mut client, MANY);
    let all = client.line("SESSIONS.SOAPP web 0 WITHTOKENS").sessions();
    assert_eq!(all.len() as i64, MANY);
    for offset in [0, 1, 40, 1999, 10_000, 19_990] {
        let page = client.line(&format!("SESSIONS.SOAPP web 0 LIMIT {offset} 10 WITHTOKENS"));
        let tokens = |sessions: &[Session]| -> Vec<String> {
            sessions
                .iter()
                .map(|session| session.text("token").to_owned())
                .collect()
        };
        assert_eq!(
            tokens(&page.sessions()),
            tokens(&all[offset..offset + 10]),
            "offset {offset}"
        );
    }
}

#[test]
fn lists_do_not_hold_up_a_killsoid_however_many_they_are() {
    let server = Server::start();
    let mut client = server.client();
    plant(&mut client, MANY);
    let killed = Planted {
        app: "shop",
        first: "k",
        count: MANY,
        ..Planted::default()
    };
    killed.plant(&mut client);
    let mut readers: Vec<Client> = (0..30).map(|_| server.client()).collect();
    // Different pages, because clients that ask for the same page wait for it together.
    for (number, reader) in readers.iter_mut().enumerate() {
        reader.send(&words(&format!("SESSIONS.SOAPP web 0 LIMIT {} 1", 19_990 - number)));
    }
    wait_until(GENEROUS, "the readers are blocked", || {
        server.info("blocked_clients") == "30"
    });
    assert_eq!(client.line("SESSIONS.KILLSOID shop u:0"), Reply::Int(MANY));
    assert_ne!(server.info("blocked_clients"), "0", "the lists came first");
    for reader in &mut readers {
        assert_eq!(reader.receive().list().len(), 1);
    }
}

#[test]
fn clients_that_ask_for_the_same_list_meanwhile_all_see_what_was_there_when_they_asked() {
    let server = Server::start();
    let mut client = server.client();
    plant(&mut client, 1);
    let mut first = begin(&server, "SESSIONS.COUNTSOID web u:0");
    create(&mut client, "web", "u:0", &[]);
    let mut later: Vec<Client> = (0..20).map(|_| server.client()).collect();
    for caller in &mut later {
        caller.send(&words("SESSIONS.COUNTSOID web u:0"));
    }
    // One of these clients disconnects before it has a reply, and another asks for something else.
    drop(later.pop());
    let mut other = server.client();
    other.send(&words("SESSIONS.COUNTSOID web u:0 DT 1000"));
    assert!([MANY, MANY + 1].contains(&first.receive().int()));
    for caller in &mut later {
        assert_eq!(caller.receive(), Reply::Int(MANY + 1));
    }
    assert_eq!(other.receive(), Reply::Int(MANY + 1));
    assert_eq!(client.line("SESSIONS.COUNTSOID web u:0"), Reply::Int(MANY + 1));
}

#[test]
fn a_page_of_an_id_with_very_many_sessions_reads_as_many_as_it_needs() {
    let server = Server::start();
    let mut client = server.client();
    for idle in [1000, 500] {
        let planted = Planted {
            first: if idle == 1000 { "old" } else { "new" },
            count: MANY,
            idle,
            ..Planted::default()
        };
        planted.plant(&mut client);
    }
    let newest: Vec<String> = (0..60).map(|_| create(&mut client, "web", "u:0", &[])).collect();
    let reads = || server.info("keyspace_hits").parse::<i64>().unwrap();
    let before = reads();
    let page = client.line("SESSIONS.SOID web u:0 LIMIT 0 50 WITHTOKENS").sessions();
    assert!(reads() - before < 2000, "{} reads", reads() - before);
    assert_eq!(page.len(), 50);
    for session in page {
        assert!(newest.contains(&session.text("token").to_owned()), "{session:?}");
    }
    let oldest = client
        .line("SESSIONS.SOID web u:0 ASC LIMIT 0 50 WITHTOKENS")
        .sessions();
    assert_eq!(oldest.len(), 50);
    assert!(oldest.iter().all(|session| session.text("token").starts_with("old")));
}

#[test]
fn however_many_clients_ask_for_the_same_list_one_is_in_progress_and_one_waits() {
    let server = Server::start();
    let mut client = server.client();
    plant(&mut client, 1);
    let reads = |client: &mut Client| {
        let stats = client.run(&["INFO", "stats"]).text().to_owned();
        let hits = stats.lines().find_map(|line| line.strip_prefix("keyspace_hits:"));
        hits.unwrap().trim().parse::<i64>().unwrap()
    };
    let count = "SESSIONS.COUNTSOID web u:0";
    let before = reads(&mut client);
    assert_eq!(client.line(count), Reply::Int(MANY));
    let one = reads(&mut client) - before;
    let mut begun = reads(&mut client);
    let callers: Vec<Client> = (0..12)
        .map(|_| {
            let mut caller = server.client();
            caller.send(&words(count));
            // A few slices apart.
            let last = begun;
            wait_until(GENEROUS, "the count goes on", || {
                begun = reads(&mut client);
                begun > last + one / 20
            });
            caller
        })
        .collect();
    let first = begun - one;
    for mut caller in callers {
        assert_eq!(caller.receive(), Reply::Int(MANY));
    }
    let all = reads(&mut client) - first;
    assert!(all < 4 * one, "{all} reads, {one} for one count");
}

#[test]
fn a_list_that_waits_shows_a_session_that_was_rotated_before_it_was_asked_for() {
    let server = Server::start();
    let mut client = server.client();
    plant(&mut client, 1);
    let token = create(&mut client, "web", "u:0", &[]);
    let list = "SESSIONS.SOAPP web 0 WITHTOKENS";
    let first = begin(&server, list);
    let mut second = server.client();
    second.send(&words(list));
    // Or the first client already has its reply.
    wait_until(GENEROUS, "both wait", || server.info("blocked_clients") != "1");
    let new = client.run(&["SESSIONS.ROTATE", "web", &token]).text().to_owned();
    let listed = client.line(list).sessions();
    assert!(listed.iter().any(|session| session.text("token") == new));
    for mut caller in [first, second] {
        caller.receive();
    }
}

#[test]
fn others_are_served_between_the_replies_to_clients_that_waited_for_the_same_list() {
    let server = Server::start();
    let mut client = server.client();
    plant(&mut client, 1);
    let list = "SESSIONS.SOID web u:0";
    let mut callers: Vec<Client> = (0..8).map(|_| server.client()).collect();
    // Sent so that the server sees all of them at once.
    let mut other = server.client();
    other.send(&["DEBUG", "SLEEP", "1"]);
    for caller in &mut callers {
        caller.send(&words(list));
    }
    other.receive().assert_ok();
    let mut seen = std::collections::BTreeSet::new();
    wait_until(GENEROUS, "all have their replies", || {
        let blocked = server.info("blocked_clients");
        seen.insert(blocked.clone());
        blocked == "0"
    });
    assert!(seen.len() > 3, "blocked clients: {seen:?}");
    for caller in &mut callers {
        assert_eq!(length(&caller.receive()), MANY);
    }
}

#[test]
fn clients_that_wait_for_the_same_list_are_shown_nothing_from_before_the_window_of_the_last_one() {
    let server = Server::builder().own_clock().start();
    let mut client = server.client();
    let replies = catch_under_way(|count| {
        client.run(&["FLUSHALL"]).assert_ok();
        // Its id was active within the windows of the first two clients alone.
        let token = create(&mut client, "web", "old", &[]);
        let last_activity = (now(&mut client) - 50).to_string();
        client
            .run(&["HSET", &format!("rs:web:{token}"), "la", &last_activity])
            .int();
        client.run(&["ZADD", "rs:web:_users", &last_activity, "old"]).int();
        let planted = Planted {
            count,
            ids: count,
            ..Planted::default()
        };
        planted.plant(&mut client);
        let list = format!("SESSIONS.USERS web 60 LIMIT {} 100", count - 10);
        let mut callers: Vec<JoinHandle<Reply>> = Vec::new();
        for number in 1..=3 {
            if number == 3 {
                server.set_calendar(20);
            }
            let (mut caller, list) = (server.client(), list.clone());
            callers.push(thread::spawn(move || caller.run(&words(&list))));
            wait_until(GENEROUS, "the client is blocked", || {
                server.info("blocked_clients") == number.to_string() || callers.iter().any(JoinHandle::is_finished)
            });
        }
        let all_wait = !callers.iter().any(JoinHandle::is_finished);
        let replies: Vec<Reply> = callers.into_iter().map(|caller| caller.join().unwrap()).collect();
        all_wait.then_some(replies)
    });
    let lengths: Vec<usize> = replies.iter().map(|reply| reply.list().len()).collect();
    assert_eq!(lengths, [11, 10, 10]);
}
