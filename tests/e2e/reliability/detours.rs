//! Access control for commands that run inside a transaction, a script, a function or another
//! module.

use super::access::{DENIED, READS, Site, WRITES, in_a_function, in_a_script, in_a_transaction, plainly};
use super::filled::{MANY, fill};
use crate::harness::*;

fn by_a_module(client: &mut Client, words: &[String]) -> Reply {
    let call = ["CALLER.CALL", "C"].map(String::from);
    client.run(&[&call[..], words].concat())
}

#[test]
fn no_way_of_calling_a_command_bypasses_the_rules() {
    let module = library("caller");
    let mut site = Site::open(Server::builder().line(format!("loadmodule {}", module.display())));
    let library =
        "#!lua name=lib\nredis.register_function('run', function(keys, args) return redis.pcall(unpack(args)) end)";
    assert_eq!(site.admin.run(&["FUNCTION", "LOAD", library]), "lib".into());
    let both = [READS, WRITES].concat();
    for way in [in_a_transaction, in_a_script, in_a_function, by_a_module] {
        site.check("web", "web", &both, true, way);
        site.check("web", "shop", &both, false, way);
        site.check("reader", "web", READS, true, way);
        site.check("reader", "web", WRITES, false, way);
        site.check("second", "web", &both, true, way);
        site.check("nokeys", "shop", &both, false, way);
    }
}

#[test]
fn calls_of_another_module_without_a_user_neither_crash_nor_are_limited() {
    let module = library("caller");
    let mut site = Site::open(Server::builder().line(format!("loadmodule {}", module.display())));
    let mut client = site.client("nokeys");
    client.run(&["ACL", "LOG", "RESET"]);
    let all = [READS, WRITES, &["WIPE", "HELP"]].concat();
    for template in &all {
        for flags in ["-", "E", "S", "3"] {
            for way in ["CALLER.CALL", "CALLER.DETACHED"] {
                let words = site.words(template, "web");
                let call = [&[way.to_owned(), flags.to_owned()][..], &words].concat();
                let reply = client.run(&call);
                assert!(!matches!(reply, Reply::Error(_)), "{call:?}: {reply:?}");
            }
        }
        let words = site.words(template, "web");
        client.run(&[&["CALLER.LATER", "-"].map(String::from)[..], &words].concat());
        let mut reply = Reply::Nil;
        wait_until(GENEROUS, "the timer has called", || {
            reply = client.run(&["CALLER.RESULT"]);
            !reply.is_nil()
        });
        let proto = reply.text();
        assert!(
            proto.starts_with([':', '$', '*', '_', '%']),
            "{words:?} from a timer: {proto:?}"
        );
    }
    assert_eq!(site.admin.run(&["ACL", "LOG"]), Reply::List(vec![]));
}

#[test]
fn another_modules_calls_in_a_users_name_have_that_users_rights() {
    let module = library("caller");
    let mut site = Site::open(Server::builder().line(format!("loadmodule {}", module.display())));
    let mut client = site.server.client();
    for (user, app, allowed) in [
        ("web", "web", true),
        ("web", "shop", false),
        ("nokeys", "web", false),
        ("second", "shop", true),
    ] {
        for template in READS {
            let words = site.words(template, app);
            let call = ["CALLER.AS", user, "C"].map(String::from);
            let reply = client.run(&[&call[..], &words].concat());
            if allowed {
                assert!(!matches!(reply, Reply::Error(_)), "{user}: {words:?}: {reply:?}");
            } else {
                assert_eq!(reply.error(), DENIED, "{user}: {words:?}");
                assert_eq!(site.take_denial().0, user);
            }
        }
    }
}

#[test]
fn where_no_client_can_be_blocked_the_work_is_done_in_one_go() {
    let module = library("caller");
    let site = Site::open(Server::builder().line(format!("loadmodule {}", module.display())));
    let mut client = site.server.client();
    let words = |line: &str| line.split(' ').map(String::from).collect::<Vec<String>>();
    let detached: fn(&mut Client, &[String]) -> Reply =
        |client, words| client.run(&[&["CALLER.DETACHED", "-"].map(String::from)[..], words].concat());
    for way in [in_a_transaction, in_a_script, by_a_module, detached] {
        fill(&mut client, "big", MANY, 0);
        assert_eq!(way(&mut client, &words("SESSIONS.KILLALL big")), Reply::Int(MANY));
        fill(&mut client, "big", MANY, 10_000);
        assert_eq!(way(&mut client, &words("SESSIONS.WIPE")), Reply::Int(MANY));
    }
    assert_eq!(plainly(&mut client, &words("SESSIONS.COUNT big")), Reply::Int(0));
}
