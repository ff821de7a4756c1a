//! Keyspace events: `sessions.*` on the session's key, if `notify-keyspace-events` includes `Kd` or
//! `Ed`.

use crate::harness::*;

/// Receives all events while commands run.
struct Ear {
    subscriber: Client,
    client: Client,
}

impl Ear {
    #[track_caller]
    fn new(server: &Server) -> Ear {
        let mut subscriber = server.client();
        subscriber.line("PSUBSCRIBE __key*__:* over");
        subscriber.receive();
        let client = server.client();
        Ear { subscriber, client }
    }

    /// The events of one command, `channel message`, sorted.
    #[track_caller]
    fn hears(&mut self, command: &str) -> Vec<String> {
        let reply = self.client.line(command);
        assert!(!matches!(reply, Reply::Error(_)), "{command}: {reply:?}");
        self.client.line("PUBLISH over over");
        let mut heard = Vec::new();
        loop {
            let message = self.subscriber.receive();
            let words = message.texts();
            if words[2] == "over" {
                heard.sort();
                return heard;
            }
            heard.push(format!("{} {}", words[2], words[3]));
        }
    }
}

fn server_with(events: &str) -> Server {
    Server::builder()
        .line(format!("notify-keyspace-events {events}"))
        .start()
}

/// A timed-out session.
#[track_caller]
fn old(client: &mut Client) -> String {
    let token = create(client, "web", "u7", &["TTL", "100"]);
    age_everywhere(client, "web", &token, 200);
    token
}

/// The event that each command fires for the sessions that were prepared for it, and how often.
#[test]
fn each_command_fires_the_event_that_its_page_names_and_no_other() {
    let server = server_with("Ed");
    for page in command_pages() {
        let name = page.command();
        let mut client = server.client();
        client.line("FLUSHALL");
        let token = create(&mut client, "web", "u1", &[]);
        create(&mut client, "web", "u1", &[]);
        old(&mut client);
        let (arguments, count) = match name.trim_start_matches("SESSIONS.") {
            "CREATE" => ("web u1", 1),
            "SET" | "SAVE" => ("web {} {\"a\":1}", 1),
            "INCR" => ("web {} n", 1),
            "ROTATE" => ("web {} ID u2", 1),
            "KILL" => ("web {}", 1),
            "KILLSOID" => ("web u1", 2),
            "KILLALL" => ("web", 2),
            "WIPE" => ("", 1),
            "GET" | "PEEK" | "TOUCH" | "EXISTS" => ("web {}", 0),
            "SOID" | "COUNTSOID" => ("web u1", 0),
            "SOAPP" | "USERS" | "ACTIVITY" => ("web 0", 0),
            "COUNT" => ("web", 0),
            "HELP" => ("", 0),
            other => panic!("{other} is not tried"),
        };
        let command = format!("{name} {arguments}").replace("{}", &token);
        let heard = Ear::new(&server).hears(&command);
        let named = page.fact("Event").unwrap_or_default().split(" or ");
        let named: Vec<_> = named
            .map(|event| format!("__keyevent@0__:{} ", event.trim_matches('`')))
            .collect();
        let is_named = |event: &&String| named.iter().any(|named| event.starts_with(named));
        assert_eq!(heard.iter().filter(is_named).count(), count, "{command}: {heard:#?}");
        // KILLALL also removes the timed-out session, with the event of an expired one.
        let others = if name == "SESSIONS.KILLALL" { 1 } else { 0 };
        assert_eq!(heard.len(), count + others, "{command}: {heard:#?}");
    }
}

#[test]
fn the_event_is_on_the_sessions_key_and_after_a_rotation_on_the_new_key() {
    let server = server_with("Kd");
    let mut client = server.client();
    let mut ear = Ear::new(&server);
    let token = create(&mut client, "web", "u1", &[]);
    assert_eq!(ear.hears("PING").len(), 1, "CREATE's");
    let on = |token: &str, event: &str| vec![format!("__keyspace@0__:rs:web:{token} sessions.{event}")];
    assert_eq!(
        ear.hears(&format!("SESSIONS.SET web {token} {{\"a\":1}}")),
        on(&token, "set")
    );
    assert_eq!(ear.hears(&format!("SESSIONS.INCR web {token} a")), on(&token, "set"));
    let heard = ear.hears(&format!("SESSIONS.ROTATE web {token}"));
    let listed = client.line("SESSIONS.SOID web u1 WITHTOKENS").sessions();
    let new = listed[0].text("token");
    assert_eq!(heard, on(new, "rotate"));
    assert_eq!(ear.hears(&format!("SESSIONS.KILL web {new}")), on(new, "kill"));
    let gone = old(&mut client);
    ear.hears("PING");
    assert_eq!(ear.hears(&format!("SESSIONS.KILL web {gone}")), on(&gone, "expire"));
}

#[test]
fn events_come_from_the_database_of_the_session_and_without_d_only_those_of_an_ids_set() {
    let server = server_with("KEd");
    let mut ear = Ear::new(&server);
    ear.client.line("SELECT 3");
    let heard = ear.hears("SESSIONS.CREATE web u1");
    assert_eq!(heard.len(), 2, "{heard:?}");
    assert!(
        heard[0].starts_with("__keyevent@3__:sessions.create rs:web:"),
        "{heard:?}"
    );
    assert!(heard[1].starts_with("__keyspace@3__:rs:web:"), "{heard:?}");
    ear.client.line("CONFIG SET notify-keyspace-events Kg$lshzxe");
    let token = create(&mut ear.client, "web", "u2", &[]);
    assert_eq!(ear.hears("PING"), ["__keyspace@3__:rs:web:us:u2 sadd"]);
    let other = create(&mut ear.client, "web", "u2", &[]);
    ear.hears("PING");
    let heard = ear.hears(&format!("SESSIONS.KILL web {token}"));
    assert_eq!(heard, ["__keyspace@3__:rs:web:us:u2 srem"]);
    let heard = ear.hears(&format!("SESSIONS.KILL web {other}"));
    assert_eq!(heard, Vec::<String>::new(), "the set goes with its last token");
}

#[test]
fn events_of_sessions_that_a_timed_pass_removed_come_too() {
    let server = Server::builder()
        .own_clock()
        .line("notify-keyspace-events Kd")
        .line("sessions.wipe-interval 10")
        .start();
    let mut ear = Ear::new(&server);
    let token = old(&mut ear.client);
    ear.hears("PING");
    server.let_pass(std::time::Duration::from_secs(10));
    let message = ear.subscriber.receive();
    let wanted = [
        "pmessage",
        "__key*__:*",
        &format!("__keyspace@0__:rs:web:{token}"),
        "sessions.expire",
    ];
    assert_eq!(message.texts(), wanted);
}
