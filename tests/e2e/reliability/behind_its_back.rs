//! Other programs that change the module's keys.

use crate::harness::*;

/// Contains a character that no token contains, so no token can be mistaken for this id. His data
/// contains the id.
const BOB: &str = "bob@x";

/// The errors that commands may return when they find other programs' values.
const ERRORS: [&str; 3] = [
    WRONGTYPE,
    "ERR stored data is not a JSON object of at most 32 levels: replace it with SAVE",
    "ERR not a whole number: the value of the key must be a 64-bit integer without fraction or exponent",
];

/// Bob's and Eve's session in `web`, one in `shop`.
pub(super) struct Site {
    pub(super) server: Server,
    pub(super) client: Client,
    bob: String,
    eve: String,
    pub(super) shop: String,
}

impl Site {
    #[track_caller]
    pub(super) fn open() -> Site {
        Site::open_on(Server::start())
    }

    #[track_caller]
    pub(super) fn open_on(server: Server) -> Site {
        let mut client = server.client();
        let mut one = |app, id, pin| create(&mut client, app, id, &["DATA", &format!(r#"{{"pin":"{pin}"}}"#)]);
        let (bob, eve, shop) = (
            one("web", BOB, "bob@s"),
            one("web", "eve", "eves"),
            one("shop", BOB, "shops"),
        );
        Site {
            server,
            client,
            bob,
            eve,
            shop,
        }
    }

    /// Empties the server and creates the same sessions again.
    #[track_caller]
    pub(super) fn renewed(mut self) -> Site {
        self.client.line("FLUSHALL").assert_ok();
        Site::open_on(self.server)
    }

    /// Runs the commands, one per line.
    #[track_caller]
    pub(super) fn act(&mut self, lines: &str) {
        for line in lines.split(';') {
            let line = line.replace("{bob}", &self.bob).replace("{eve}", &self.eve);
            let reply = self.client.line(line.trim());
            assert!(!matches!(reply, Reply::Error(_)), "{line}: {reply:?}");
        }
    }

    /// Every command returns a reply or an error, and no reply to Eve's commands shows anything of
    /// Bob.
    #[track_caller]
    fn ask_everything(&mut self, what: &str) {
        let commands = [
            "PEEK web {eve}",
            "GET web {eve}",
            "SET web {eve} {\"pin\":\"eves\"} IFID eve LIFETIME 500",
            "SET web {eve} {\"pin\":\"eves\"}",
            "INCR web {eve} logins",
            "SAVE web {eve} {\"pin\":\"eves\"} XX ID eve UA x",
            "TOUCH web {eve} TTL 500",
            "EXISTS web {eve}",
            "SOID web eve WITHTOKENS",
            "SOID web eve ONLY 0123456789abcdef NODATA",
            "COUNTSOID web eve",
            "SOAPP web 60 LIMIT 0 10",
            "ACTIVITY web 60",
            "COUNT web DT 60",
            "USERS web 60",
            "GET web {bob}",
            "CREATE web carol",
            "CREATE web carol ANON",
            "SAVE web {eve} {\"pin\":\"eves\"} ID eve",
            "ROTATE web {eve} ID eve TTL 500 DATA {\"seen\":1}",
            "KILLSOID web eve",
            "KILL web {bob}",
            "WIPE",
            "KILLALL web",
        ];
        for command in commands {
            let line = format!(
                "SESSIONS.{}",
                command.replace("{bob}", &self.bob).replace("{eve}", &self.eve)
            );
            let reply = self.client.line(&line);
            match &reply {
                Reply::Error(error) => assert!(ERRORS.contains(&error.as_str()), "{what}: {command}: {error}"),
                reply if command.contains(" eve") || command.contains("{eve}") => {
                    let shown = format!("{reply:?}");
                    assert!(
                        !shown.contains("bob@") && !shown.contains(&self.bob),
                        "{what}: {command}: {shown}"
                    );
                }
                _ => {}
            }
        }
        assert_eq!(self.client.line("PING"), "PONG".into(), "{what}");
        let shop = self.shop.clone();
        let session = self.client.run(&["SESSIONS.PEEK", "shop", &shop]).session();
        assert_eq!(
            (session.text("id"), session.text("d")),
            (BOB, r#"{"pin":"shops"}"#),
            "{what}"
        );
    }
}

const KEYS: [&str; 5] = [
    "rs:web:{eve}",
    "rs:web:us:eve",
    "rs:web:_sessions",
    "rs:web:_users",
    "rs:SESSIONS",
];

#[test]
fn a_key_that_was_deleted_moved_or_expired_harms_nothing() {
    let mut site = Site::open();
    for key in KEYS {
        for act in [
            "DEL {}",
            "RENAME {} elsewhere",
            "MOVE {} 5",
            "PEXPIRE {} 1",
            "UNLINK {}",
        ] {
            site = site.renewed();
            let act = act.replace("{}", key);
            site.act(&act);
            std::thread::sleep(std::time::Duration::from_millis(2));
            site.ask_everything(&act);
        }
    }
}

#[test]
fn a_key_of_the_wrong_type_is_an_error_at_most() {
    let mut site = Site::open();
    for key in KEYS {
        for act in [
            "SET {} x",
            "RPUSH {} x",
            "SADD {} x",
            "ZADD {} 1 x",
            "HSET {} f x",
            "XADD {} * f x",
            "PFADD {} x",
        ] {
            site = site.renewed();
            site.act(&format!("DEL {key}"));
            let act = act.replace("{}", key);
            site.act(&act);
            site.ask_everything(&act);
            let bad = key.replace("{eve}", &site.eve);
            site.client.run(&["DEL", &bad]).int();
            site.client.run(&["SESSIONS.WIPE"]).int();
            site.client.run(&["SESSIONS.KILLALL", "web"]).int();
        }
    }
}

#[test]
fn an_index_that_names_another_users_session_shows_and_ends_none() {
    let mut site = Site::open();
    for act in [
        "SADD rs:web:us:eve {bob}",
        "ZADD rs:web:_sessions 9999999999 {bob}:eve",
        "ZADD rs:SESSIONS 1 web:{bob}:eve",
        "ZADD rs:web:_users 9999999999 eve; SADD rs:web:us:eve {bob}; ZADD rs:SESSIONS 1 web:{bob}:eve",
        "SADD rs:web:us:eve _sessions _users us:bob@x SESSIONS {bob}x",
        "ZADD rs:web:_sessions 9999999999 {bob}:; ZADD rs:SESSIONS 1 web:{bob}:; SADD rs:web:us: {bob}",
        "ZADD rs:SESSIONS 1 web:_sessions:bob@x 1 shop:{bob}:bob@x 1 web:{bob}",
    ] {
        site = site.renewed();
        site.act(act);
        let bob = site.bob.clone();
        for command in [
            "SESSIONS.SOID web eve",
            "SESSIONS.KILLSOID web eve",
            "SESSIONS.WIPE",
            "SESSIONS.SOID web eve",
        ] {
            let reply = format!("{:?}", site.client.line(command));
            assert!(!reply.contains("bob@"), "{act}: {command}: {reply}");
        }
        let session = site.client.run(&["SESSIONS.PEEK", "web", &bob]).session();
        assert_eq!(
            (session.text("id"), session.text("d")),
            (BOB, r#"{"pin":"bob@s"}"#),
            "{act}"
        );
        assert_eq!(site.client.run(&["SESSIONS.KILLALL", "web"]), Reply::Int(1), "{act}");
        assert_eq!(site.client.run(&["SESSIONS.WIPE"]), Reply::Int(0));
    }
}

#[test]
fn an_index_that_names_an_anonymous_session_under_an_id_shows_and_ends_none() {
    let server = Server::start();
    let mut client = server.client();
    let visitor = create(&mut client, "web", "anybody", &["ANON"]);
    for act in [
        format!("SADD rs:web:us:eve {visitor}"),
        format!("ZADD rs:web:_sessions 9999999999 {visitor}:eve"),
        format!("ZADD rs:SESSIONS 1 web:{visitor}:eve"),
    ] {
        for command in ["SOID web eve", "COUNTSOID web eve", "KILLSOID web eve", "WIPE"] {
            client.line(&act).int();
            let reply = client.line(&format!("SESSIONS.{command}"));
            let nothing = if command == "SOID web eve" {
                Reply::List(vec![])
            } else {
                Reply::Int(0)
            };
            assert_eq!(reply, nothing, "{act}: {command}");
            assert_eq!(
                client.run(&["SESSIONS.EXISTS", "web", &visitor]),
                Reply::Int(1),
                "{act}: {command}"
            );
        }
    }
    client.line("ZREM rs:web:_users eve").int();
    assert_eq!(client.line("SESSIONS.KILLALL web"), Reply::Int(1));
    client.line("SESSIONS.WIPE").int();
    assert_no_keys(&mut client);
}

#[test]
fn rubbish_in_a_field_or_a_member_is_survived_and_wiped() {
    let mut site = Site::open();
    let rubbish: [&[u8]; 12] = [
        b"",
        b"-1",
        b"1e400",
        b"nan",
        b"99999999999999999999999",
        b"\xff\xfe",
        b"%s%n%s",
        b"a\0b",
        b"{\"pin\"",
        b"[1]",
        b"\r\n+OK\r\n",
        &[b'x'; 70_000],
    ];
    for field in [
        "id",
        "r",
        "w",
        "ip",
        "ua",
        "la",
        "ttl",
        "d",
        "no_resave",
        "created",
        "until",
        "unknown",
    ] {
        for value in rubbish {
            site = site.renewed();
            let key = format!("rs:web:{}", site.eve);
            site.client
                .run(&[b"HSET", key.as_bytes(), field.as_bytes(), value])
                .int();
            site.ask_everything(&format!("{field} = {}", value[..value.len().min(30)].escape_ascii()));
        }
    }
    for key in ["rs:SESSIONS", "rs:web:_sessions", "rs:web:_users", "rs:web:us:eve"] {
        for value in rubbish {
            for score in ["-inf", "1", "1e300", "+inf"] {
                site = site.renewed();
                match key {
                    "rs:web:us:eve" => site.client.run(&[b"SADD", key.as_bytes(), value]),
                    _ => site.client.run(&[b"ZADD", key.as_bytes(), score.as_bytes(), value]),
                };
                site.ask_everything(key);
            }
        }
    }
}
