//! The server's ACLs apply: a user can use an app if the user may use the app's keys.

use crate::harness::*;

const APP: &str = "NOPERM the user's key patterns do not cover this app: see ACL SETUSER";
const ALL: &str = "NOPERM the user's key patterns do not cover all apps: see ACL SETUSER";

/// A client of a user with these rules.
fn user(server: &Server, name: &str, rules: &[&str]) -> Client {
    let mut client = server.client();
    let set = client.run(&[&["ACL", "SETUSER", name, "on", ">secret", "+@all"], rules].concat());
    assert_eq!(set, "OK".into(), "{rules:?}");
    assert_eq!(client.run(&["AUTH", name, "secret"]), "OK".into());
    client
}

#[test]
fn a_user_of_one_app_is_kept_out_of_the_others() {
    let server = Server::start();
    let token = create(&mut server.client(), "shop", "u1", &[]);
    let mut client = user(&server, "web", &["~rs:web:*"]);
    create(&mut client, "web", "u1", &[]);
    for command in [
        "CREATE shop u1",
        "GET shop {}",
        "PEEK shop {}",
        "SET shop {} {\"a\":1}",
        "SAVE shop {} {\"a\":1}",
        "INCR shop {} n",
        "TOUCH shop {}",
        "EXISTS shop {}",
        "ROTATE shop {}",
        "KILL shop {}",
        "KILLSOID shop u1",
        "KILLALL shop",
        "SOID shop u1",
        "SOAPP shop 0",
        "ACTIVITY shop 0",
        "COUNT shop",
        "COUNTSOID shop u1",
        "USERS shop 0",
        "GET web2 {}",
    ] {
        let command = format!("SESSIONS.{}", command.replace("{}", &token));
        assert_eq!(client.line(&command).error(), APP, "{command}");
    }
    assert_eq!(client.run(&["SESSIONS.WIPE"]).error(), ALL);
    assert_eq!(client.run(&["SESSIONS.KILLALL", "web"]), Reply::Int(1));
    let mut administrator = server.client();
    assert_eq!(
        administrator.run(&["SESSIONS.PEEK", "shop", &token]).session().int("r"),
        1
    );
    let log = administrator.run(&["ACL", "LOG"]);
    let entry = log.list().first().expect("denials are in ACL LOG").session();
    assert_eq!((entry.text("username"), entry.text("reason")), ("web", "key"));
    assert!(!entry.text("object").contains(&token), "{entry:?}");
}

#[test]
fn a_user_who_may_only_read_the_keys_may_only_read_sessions() {
    let server = Server::start();
    let token = create(&mut server.client(), "web", "u1", &[]);
    let mut client = user(&server, "reader", &["%R~rs:web:*"]);
    for command in [
        "PEEK web {}",
        "EXISTS web {}",
        "SOID web u1",
        "SOAPP web 0",
        "ACTIVITY web 0",
        "COUNT web",
        "COUNTSOID web u1",
        "USERS web 0",
    ] {
        let reply = client.line(&format!("SESSIONS.{}", command.replace("{}", &token)));
        assert!(
            !matches!(reply, Reply::Error(_) | Reply::Nil | Reply::Int(0)),
            "{command}: {reply:?}"
        );
    }
    for command in [
        "GET web {}",
        "SAVE web {} {\"a\":1}",
        "INCR web {} n",
        "TOUCH web {}",
        "KILL web {}",
        "CREATE web u1",
        "KILLALL web",
    ] {
        let reply = client.line(&format!("SESSIONS.{}", command.replace("{}", &token)));
        assert_eq!(reply.error(), APP, "{command}");
    }
}

#[test]
fn a_transaction_and_a_script_obey_the_same_rule() {
    let server = Server::start();
    let token = create(&mut server.client(), "shop", "u1", &[]);
    let mut client = user(&server, "web", &["~rs:web:*"]);
    client.run(&["MULTI"]);
    client.run(&["SESSIONS.GET", "shop", &token]);
    client.run(&["SESSIONS.CREATE", "web", "u1"]);
    let replies = client.run(&["EXEC"]);
    assert_eq!(replies.list()[0].error(), APP);
    assert!(is_token(replies.list()[1].text()));
    let script = "return redis.pcall('SESSIONS.KILL', 'shop', ARGV[1])";
    assert_eq!(client.run(&["EVAL", script, "0", &token]).error(), APP);
    assert_eq!(server.client().run(&["SESSIONS.EXISTS", "shop", &token]), Reply::Int(1));
}
