//! All commands in a transaction, in a script, and in another database.

use super::digest;
use crate::harness::*;

/// Every command with its usual reply, each given to `run`.
fn story(mut run: impl FnMut(&[&str]) -> Reply) {
    let token = run(&["SESSIONS.CREATE", "web", "u:1", "TTL", "500", "DATA", r#"{"a":1}"#]);
    let token = token.text();
    assert_eq!(run(&["SESSIONS.GET", "web", token]).session().int("r"), 1);
    assert_eq!(run(&["SESSIONS.PEEK", "web", token]).session().int("r"), 2);
    let set = run(&["SESSIONS.SET", "web", token, r#"{"b":null,"c":"x"}"#]).session();
    assert_eq!((set.int("w"), set.text("d")), (2, r#"{"a":1,"c":"x"}"#));
    assert_eq!(run(&["SESSIONS.INCR", "web", token, "a", "BY", "4"]), Reply::Int(5));
    let data = r#"{"a":5,"c":"x"}"#;
    assert_eq!(run(&["SESSIONS.SAVE", "web", token, data, "NX"]), Reply::Int(0));
    assert_eq!(run(&["SESSIONS.SAVE", "web", token, data, "IFW", "3"]), Reply::Int(1));
    assert_eq!(run(&["SESSIONS.TOUCH", "web", token, "TTL", "600"]), Reply::Int(1));
    assert_eq!(run(&["SESSIONS.EXISTS", "web", token]), Reply::Int(1));
    let new = run(&["SESSIONS.ROTATE", "web", token, "ID", "u:2"]);
    assert_eq!(run(&["SESSIONS.GET", "web", token]), Reply::Nil);
    run(&["SESSIONS.CREATE", "web", "u:2"]).text();
    assert_eq!(run(&["SESSIONS.SOID", "web", "u:2", "WITHTOKENS"]).list().len(), 2);
    assert_eq!(run(&["SESSIONS.SOAPP", "web", "60"]).sessions().len(), 2);
    let json = run(&["SESSIONS.SOAPP", "web", "60", "JSON"]);
    assert!(json.text().starts_with(r#"[{"sid":""#), "{json:?}");
    assert_eq!(run(&["SESSIONS.ACTIVITY", "web", "60"]), Reply::Int(1));
    assert_eq!(run(&["SESSIONS.COUNT", "web"]), Reply::Int(2));
    assert_eq!(run(&["SESSIONS.COUNTSOID", "web", "u:2"]), Reply::Int(2));
    assert_eq!(run(&["SESSIONS.USERS", "web", "60"]).texts(), ["u:2"]);
    assert_eq!(
        run(&["SESSIONS.KILLSOID", "web", "u:2", "EXCEPT", new.text()]),
        Reply::Int(1)
    );
    assert_eq!(run(&["SESSIONS.KILL", "web", new.text()]), Reply::Int(1));
    run(&["SESSIONS.CREATE", "web", "u:3"]).text();
    assert_eq!(run(&["SESSIONS.KILLALL", "web"]), Reply::Int(1));
    assert_eq!(run(&["SESSIONS.WIPE"]), Reply::Int(0));
    assert!(!run(&["SESSIONS.HELP"]).list().is_empty());
    assert_eq!(run(&["SESSIONS.GET", "web", "short"]), Reply::Nil);
    let error = run(&["SESSIONS.GET", "web", "short", "XML"]);
    assert_eq!(
        error.error(),
        "ERR syntax error: unknown option at argument 3; usage: SESSIONS.GET app token [JSON]"
    );
}

#[test]
fn commands_work_plainly_in_both_protocols() {
    let server = Server::start();
    for mut client in [server.client(), server.client_resp3()] {
        story(|command| client.run(command));
        assert_no_keys(&mut client);
    }
}

#[test]
fn commands_work_in_a_transaction() {
    let server = Server::start();
    let mut client = server.client();
    story(|command| {
        client.run(&["MULTI"]);
        assert_eq!(client.run(command), "QUEUED".into());
        client.run(&["EXEC"]).list()[0].clone()
    });
    assert_no_keys(&mut client);
}

#[test]
fn commands_work_in_a_script() {
    let server = Server::start();
    for mut client in [server.client(), server.client_resp3()] {
        let script = "return redis.pcall(unpack(ARGV))";
        story(|command| client.run(&[&["EVAL", script, "0"], command].concat()));
        let resp3 = "redis.setresp(3) return redis.pcall(unpack(ARGV))";
        let token = create(&mut client, "web", "u1", &[]);
        let reply = client.run(&["EVAL", resp3, "0", "SESSIONS.PEEK", "web", &token]);
        assert_eq!(reply.session().text("id"), "u1");
        client.run(&["SESSIONS.KILL", "web", &token]);
        assert_no_keys(&mut client);
    }
}

#[test]
fn commands_work_only_in_the_selected_database() {
    let server = Server::start();
    let (mut client, mut other) = (server.client(), server.client());
    client.run(&["SELECT", "9"]);
    let token = create(&mut other, "web", "u:1", &[]);
    let before = client.run(&["DBSIZE"]);
    story(|command| client.run(command));
    assert_eq!(client.run(&["DBSIZE"]), before);
    assert_eq!(client.run(&["SESSIONS.GET", "web", &token]), Reply::Nil);
    assert_eq!(other.run(&["SESSIONS.GET", "web", &token]).session().int("r"), 1);
    assert_eq!(other.run(&["DBSIZE"]), Reply::Int(5));
}

#[test]
fn a_transaction_of_several_commands_is_replicated_in_one_piece() {
    let server = Server::builder().aof().start();
    let mut client = server.client();
    client.run(&["SELECT", "3"]);
    let kept = create(&mut client, "web", "u1", &[]);
    let effects = server.effects(|| {
        client.run(&["MULTI"]);
        client.run(&["SESSIONS.CREATE", "web", "u2"]);
        client.run(&["SESSIONS.SET", "web", &kept, r#"{"a":1}"#]);
        client.run(&["SET", "theirs", "1"]);
        client.run(&["EXEC"]).list();
    });
    super::assert_plain_but(&effects, "SET");
    let before = digest(&mut client);
    client.run(&["DEBUG", "LOADAOF"]);
    assert_eq!(digest(&mut client), before);
}

#[test]
fn effects_carry_the_database_in_which_the_command_ran() {
    let server = Server::builder().aof().start();
    let (mut zero, mut nine) = (server.client(), server.client());
    nine.run(&["SELECT", "9"]);
    create(&mut zero, "web", "u1", &[]);
    let effects = server.effects(|| {
        create(&mut nine, "web", "u1", &[]);
    });
    assert_eq!(
        effects.iter().filter(|effect| effect[0] == "SELECT").count(),
        1,
        "{effects:?}"
    );
    assert!(
        effects.contains(&vec!["SELECT".to_owned(), "9".to_owned()]),
        "{effects:?}"
    );
    super::assert_plain(&effects);
}

#[test]
fn a_wrong_count_aborts_the_transaction_and_a_wrong_argument_only_its_command() {
    let server = Server::start();
    let mut client = server.client();
    client.run(&["MULTI"]);
    let reply = client.run(&["sessions.get", "web"]);
    assert_eq!(
        reply.error(),
        "ERR wrong number of arguments for 'sessions.get' command"
    );
    assert!(client.run(&["EXEC"]).error().starts_with("EXECABORT "));
    client.run(&["MULTI"]);
    client.run(&["SESSIONS.CREATE", "web", ""]);
    client.run(&["SESSIONS.CREATE", "web", "u1"]);
    let replies = client.run(&["EXEC"]);
    assert!(replies.list()[0].error().starts_with("ERR invalid id: "));
    assert!(is_token(replies.list()[1].text()));
}
