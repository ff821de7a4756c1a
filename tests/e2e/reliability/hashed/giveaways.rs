//! Searches everything that a server stores, sends or logs for the tokens of a busy run.

use super::super::times_longer;
use super::traces::{Traces, Wiretap, all_until};
use super::*;
use std::time::Duration;

const THE_END: &str = "that was all";
const COMMANDS: usize = 3000;

/// Clients, and all the tokens that they have sent or received.
struct Crowd {
    dice: Dice,
    tokens: Vec<String>,
}

impl Crowd {
    fn act(&mut self, client: &mut Client) {
        let dice = &mut self.dice;
        let id = format!("u:{}", dice.below(8));
        let seconds = dice.between(1, 60).to_string();
        let data = format!(r#"{{"k{}":"é{}"}}"#, dice.below(5), dice.below(1000));
        let own = dice.token();
        let token = match self.tokens.len() {
            0 => own.clone(),
            // Mostly recent tokens, sometimes tokens of ended sessions.
            count if dice.chance(90) => self.tokens[count - 1 - dice.below(count.min(40))].clone(),
            count => self.tokens[dice.below(count)].clone(),
        };
        let sid = &stored_name(&token)[..16];
        let owner: &[&str] = match dice.below(4) {
            0 => &["ANON"],
            1 | 2 => &["ID", &id],
            _ => &[],
        };
        let words: Vec<&str> = match dice.below(100) {
            0..10 => [
                &["SESSIONS.CREATE", "web", &id],
                &["UA", "curl", "IP", "::1", "DATA", &data][..],
            ]
            .concat(),
            10..13 => vec!["SESSIONS.CREATE", "web", &id, "MAX", "3"],
            13..16 => vec!["SESSIONS.CREATE", "web", &id, "MAX", "2", "REJECT"],
            16..22 => vec!["SESSIONS.CREATE", "web", "", "ANON", "TTL", &seconds],
            22..25 => vec!["SESSIONS.CREATE", "web", &id, "NORESAVE", "LIFETIME", &seconds],
            25..31 => [&["SESSIONS.SAVE", "web", &own, &data], owner].concat(),
            31..36 => [&["SESSIONS.SAVE", "web", &token, &data], owner].concat(),
            36..39 => [&["SESSIONS.SAVE", "web", &token, &data, "XX", "TTL", &seconds], owner].concat(),
            39..44 => vec!["SESSIONS.GET", "web", &token],
            44..48 => vec!["SESSIONS.SET", "web", &token, &data, "JSON"],
            48..50 => vec!["SESSIONS.INCR", "web", &token, "n"],
            50..52 => vec!["SESSIONS.TOUCH", "web", &token, "TTL", &seconds],
            52..55 => vec!["SESSIONS.PEEK", "web", &token],
            55..57 => vec!["SESSIONS.EXISTS", "web", &token],
            57..63 => [&["SESSIONS.ROTATE", "web", &token], owner].concat(),
            63..75 => [&["SESSIONS.ROTATE", "web", &token, "GRACE", &seconds], owner].concat(),
            75..77 => vec!["SESSIONS.ROTATE", "web", &token, "DATA", &data, "TTL", &seconds],
            77..81 => vec!["SESSIONS.KILL", "web", &token],
            81 => vec!["SESSIONS.KILLSOID", "web", &id],
            82..84 => vec!["SESSIONS.KILLSOID", "web", &id, "EXCEPT", &token],
            84 => vec!["SESSIONS.KILLSOID", "web", &id, "ONLY", sid],
            85..89 => vec!["SESSIONS.SOID", "web", &id],
            89..91 => vec!["SESSIONS.SOAPP", "web", "0", "LIMIT", "0", "10", "JSON"],
            91 => vec!["SESSIONS.USERS", "web", "60"],
            92 => vec!["SESSIONS.COUNTSOID", "web", &id],
            93 => vec!["SESSIONS.ACTIVITY", "web", "60"],
            94..96 => vec!["SESSIONS.WIPE"],
            96 => vec!["SESSIONS.GET", "web", &token, "XML"],
            97 => vec!["SESSIONS.GET", &token, "web"],
            98 => vec!["SESSIONS.EXISTS", "web", &token[1..]],
            _ if dice.chance(10) => vec!["SESSIONS.KILLALL", "web"],
            _ => vec!["SESSIONS.COUNT", "web"],
        };
        let is_save = words.contains(&own.as_str());
        let is_drawn = ["SESSIONS.CREATE", "SESSIONS.ROTATE"].contains(&words[0]);
        let reply = client.run(&words);
        match reply {
            Reply::Text(token) if is_drawn => self.tokens.push(String::from_utf8(token).expect("a token")),
            _ if is_save => self.tokens.push(own),
            _ => {}
        }
    }
}

/// The places where a busy run has left half a token or more, and all places that were searched.
fn told(setting: &str) -> (Vec<String>, Vec<String>) {
    let server = Server::builder()
        .own_clock()
        .tcp()
        .aof()
        .line("rdbcompression no")
        .line("loglevel debug")
        .line("notify-keyspace-events KEAmn")
        .line("slowlog-log-slower-than 0")
        .line("slowlog-max-len 1000000")
        .line("client-output-buffer-limit replica 0 0 0")
        .line("sessions.publish-changes yes")
        .line("sessions.audit-length 1000")
        .line("sessions.wipe-interval 10")
        .line(setting)
        .start();
    let replica = Server::builder()
        .replica_of(&server)
        .line("rdbcompression no")
        .line("loglevel debug")
        .line("notify-keyspace-events KEAmn")
        .line("sessions.publish-changes yes")
        .line("sessions.audit-length 1000")
        .line(setting)
        .start();
    let plain = Server::builder().without_module().replica_of(&server).start();
    replica.catch_up_with(&server);
    let mut monitor = server.client();
    monitor.run(&["MONITOR"]);
    let mut listeners = [&server, &replica].map(Server::client);
    for listener in &mut listeners {
        listener.run(&["PSUBSCRIBE", "*"]);
    }
    let wiretap = Wiretap::begin(&server);

    let mut traces = Traces::default();
    let mut crowd = Crowd {
        dice: Dice::nth(0),
        tokens: Vec::new(),
    };
    let mut clients = [server.client(), server.client_resp3()];
    let mut admin = server.client();
    for part in 0..6 {
        for _ in 0..COMMANDS * times_longer() / 6 {
            let number = crowd.dice.below(2);
            crowd.act(&mut clients[number]);
        }
        let aliases = admin.line("SCAN 0 MATCH rs:web:* COUNT 100000").list()[1].texts().len();
        assert!(aliases > 0);
        replica.catch_up_with(&server);
        traces.add_keys("the primary", &mut admin);
        traces.add_keys("the replica", &mut replica.client());
        if part == 3 {
            traces.add_files("the primary", &server);
            admin.line("BGREWRITEAOF").text();
            wait_until(GENEROUS, "the AOF is rewritten", || {
                server.info("aof_rewrite_in_progress") == "0" && server.info("aof_rewrite_scheduled") == "0"
            });
            let of_the_base = server.dir().join("appendonlydir");
            assert!(of_the_base.is_dir());
        }
        // Graces and sessions end.
        server.let_pass(Duration::from_secs(7));
    }
    admin.line("SAVE").assert_ok();
    replica.client().line("SAVE").assert_ok();

    admin.run(&["SET", "last", THE_END]).assert_ok();
    wiretap.wait_for(THE_END.as_bytes());
    replica.catch_up_with(&server);
    traces.add("the replication stream", wiretap.end());
    traces.add("MONITOR", all_until(&mut monitor, THE_END));
    for (server, listener) in [&server, &replica].iter().zip(&mut listeners) {
        server.client().run(&["PUBLISH", "last", THE_END]);
        traces.add("events and messages", all_until(listener, THE_END));
    }
    let slow = admin.run(&["SLOWLOG", "GET", "-1"]);
    assert!(slow.list().len() > COMMANDS, "{} are slow", slow.list().len());
    traces.add("SLOWLOG", format!("{slow:?}"));
    for command in [
        "INFO everything",
        "CLIENT LIST",
        "ACL LOG",
        "LATENCY DOCTOR",
        "MEMORY STATS",
    ] {
        traces.add(command, format!("{:?}", admin.line(command)));
    }
    traces.add_files("the primary", &server);
    traces.add_files("the replica", &replica);

    assert_whole(&mut admin);
    for copy in [&replica, &plain] {
        copy.catch_up_with(&server);
        let mut copy = copy.client();
        // Aliases whose grace is over are removed on one server before the other.
        wait_until(GENEROUS, "all hold the same", || {
            digest(&mut admin) == digest(&mut copy)
        });
    }
    for counter in ["rotated", "graced", "killed", "limited", "wiped", "missed"] {
        assert_ne!(server.info(&format!("sessions_{counter}")), "0", "{counter}");
    }
    let owned = |places: Vec<&str>| places.into_iter().map(ToOwned::to_owned).collect();
    (owned(traces.telling(&crowd.tokens)), owned(traces.places()))
}

#[test]
fn with_hashed_tokens_nothing_that_is_stored_sent_or_logged_contains_a_token() {
    let (telling, all) = told(ON);
    assert_eq!(telling, Vec::<String>::new(), "{}", shown_seed());
    for place in [
        "the primary's dump.rdb",
        "the replica's dump.rdb",
        "the primary's redis.log",
    ] {
        assert!(
            all.iter().any(|looked_at| looked_at == place),
            "{place} is not among {all:?}"
        );
    }
}

/// Proves that the search of the test above finds tokens.
#[test]
fn without_hashed_tokens_the_same_search_finds_tokens_in_all_these_places() {
    let (telling, _) = told(OFF);
    for place in [
        "the primary's keys",
        "the replica's keys",
        "the primary's dump.rdb",
        "the replica's dump.rdb",
        "the primary's appendonly.aof.1.incr.aof",
        "the primary's appendonly.aof.2.base.rdb",
        "the primary's appendonly.aof.2.incr.aof",
        "the replication stream",
        "MONITOR",
        "events and messages",
    ] {
        assert!(
            telling.iter().any(|told| told == place),
            "{place} is not among {telling:?}"
        );
    }
    for place in ["the primary's redis.log", "SLOWLOG", "INFO everything", "CLIENT LIST"] {
        let shows_inner_calls = place == "SLOWLOG";
        assert!(
            shows_inner_calls || !telling.iter().any(|told| told == place),
            "{telling:?}"
        );
    }
}
