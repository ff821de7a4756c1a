//! SESSIONS.HELP

use super::check_counts;
use crate::harness::*;

#[test]
fn help_has_one_line_for_every_command() {
    let server = Server::start();
    let lines = server.client().run(&["SESSIONS.HELP"]);
    let syntaxes = [
        "SESSIONS.CREATE app id [ANON] [IP ip] [UA ua] [TTL s] [NORESAVE] [LIFETIME s] [MAX n [REJECT]] [DATA json]",
        "SESSIONS.GET app token [JSON]",
        "SESSIONS.PEEK app token [JSON]",
        "SESSIONS.SET app token json [IFW w] [IFID id] [TTL s] [LIFETIME s] [JSON]",
        "SESSIONS.SAVE app token json [NX | XX] [ID id | ANON] [IP ip] [UA ua] [TTL s] [LIFETIME s] [NORESAVE] [MAX n [REJECT]] [IFW w]",
        "SESSIONS.INCR app token key [BY n]",
        "SESSIONS.TOUCH app token [TTL s]",
        "SESSIONS.EXISTS app token",
        "SESSIONS.ROTATE app token [ID id | ANON] [GRACE seconds] [IP ip] [UA ua] [TTL s] [LIFETIME s] [MAX n [REJECT]] [DATA json]",
        "SESSIONS.KILL app token",
        "SESSIONS.KILLSOID app id [EXCEPT token | ONLY sid]",
        "SESSIONS.KILLALL app",
        "SESSIONS.SOID app id [ONLY sid] [DT seconds] [ASC | DESC] [LIMIT offset count] [NODATA] [WITHTOKENS] [JSON]",
        "SESSIONS.SOAPP app dt [LIMIT offset count] [NODATA] [WITHTOKENS] [JSON]",
        "SESSIONS.ACTIVITY app dt",
        "SESSIONS.COUNT app [DT seconds]",
        "SESSIONS.COUNTSOID app id [DT seconds]",
        "SESSIONS.USERS app dt [LIMIT offset count]",
        "SESSIONS.WIPE",
        "SESSIONS.HELP",
    ];
    let lines = lines.texts();
    assert_eq!(lines.len(), syntaxes.len(), "{lines:#?}");
    for syntax in syntaxes {
        let found = lines.iter().filter_map(|line| line.split_once(" -- "));
        let found = found.filter(|(left, summary)| nameless(left) == nameless(syntax) && !summary.is_empty());
        assert_eq!(found.count(), 1, "{syntax:?} in {lines:#?}");
    }
}

/// A syntax without the names of its arguments.
fn nameless(syntax: &str) -> String {
    let is_name = |word: &str| word.bytes().any(|byte| byte.is_ascii_lowercase());
    let words = syntax
        .split_whitespace()
        .map(|word| if is_name(word) { "name" } else { word });
    words.collect::<Vec<_>>().join(" ")
}

#[test]
fn help_and_wipe_take_no_arguments() {
    check_counts("SESSIONS.HELP", false);
    check_counts("SESSIONS.WIPE", false);
}
