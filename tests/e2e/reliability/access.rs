//! Who may do what: the server's ACLs apply to every way of running a command.

use crate::harness::*;

pub(super) const DENIED: &str = "NOPERM the user's key patterns do not cover this app: see ACL SETUSER";
const DENIED_ALL: &str = "NOPERM the user's key patterns do not cover all apps: see ACL SETUSER";

pub(super) const READS: &[&str] = &[
    "PEEK {app} {token}",
    "EXISTS {app} {token}",
    "SOID {app} u1",
    "SOAPP {app} 60",
    "ACTIVITY {app} 60",
    "COUNT {app}",
    "COUNTSOID {app} u1",
    "USERS {app} 60",
];

pub(super) const WRITES: &[&str] = &[
    "CREATE {app} u1",
    "GET {app} {token}",
    "SET {app} {token} {\"a\":1}",
    "SAVE {app} {token} {}",
    "INCR {app} {token} n",
    "TOUCH {app} {token}",
    "ROTATE {app} {unknown}",
    "KILL {app} {unknown}",
    "KILLSOID {app} nobody",
    "KILLALL {app}",
];

/// A server with one session each in `web` and `shop`, and users of every kind.
pub(super) struct Site {
    pub(super) server: Server,
    pub(super) admin: Client,
    tokens: [String; 2],
}

impl Site {
    #[track_caller]
    pub(super) fn open(builder: Builder) -> Site {
        let server = builder.start();
        let mut admin = server.client();
        let tokens = ["web", "shop"].map(|app| create(&mut admin, app, "u1", &[]));
        let mut site = Site { server, admin, tokens };
        site.user("web", "+@all ~rs:web:*");
        site.user("reader", "+@all %R~rs:web:*");
        site.user("writer", "+@all %W~rs:web:*");
        site.user("halves", "+@all %R~rs:web:* (+@all %W~rs:web:*)");
        site.user("second", "+@all ~rs:shop:* (+@all ~rs:web:*)");
        site.user("splinter", "+@all ~rs:web:us:*");
        site.user("nokeys", "+@all");
        site.user("all", "+@all ~rs:*");
        site.user("few", "-@all +sessions.get +sessions.peek ~*");
        site
    }

    fn user(&mut self, name: &str, rules: &str) {
        let rules = format!("ACL SETUSER {name} on nopass allchannels resetkeys {rules}");
        // A selector is one argument.
        let (plain, selector) = rules
            .split_once(" (")
            .map_or((rules.as_str(), None), |(p, s)| (p, Some(s)));
        let mut words: Vec<String> = plain.split(' ').map(String::from).collect();
        words.extend(selector.map(|selector| format!("({selector}")));
        assert_eq!(self.admin.run(&words), "OK".into());
    }

    #[track_caller]
    pub(super) fn client(&self, user: &str) -> Client {
        let mut client = self.server.client();
        assert_eq!(client.run(&["AUTH", user, "x"]), "OK".into());
        client
    }

    pub(super) fn words(&self, template: &str, app: &str) -> Vec<String> {
        let token = &self.tokens[usize::from(app == "shop")];
        let line = format!("SESSIONS.{template}")
            .replace("{app}", app)
            .replace("{token}", token);
        let line = line.replace("{unknown}", &token_of('n'));
        line.split(' ').map(String::from).collect()
    }

    /// Returns the newest entry of ACL LOG and resets the log.
    #[track_caller]
    pub(super) fn take_denial(&mut self) -> (String, String, String) {
        let log = self.admin.run(&["ACL", "LOG"]);
        let entry = log.list().first().expect("ACL LOG has an entry").session();
        self.admin.run(&["ACL", "LOG", "RESET"]);
        let text = |name| entry.text(name).to_owned();
        (text("username"), text("reason"), text("object"))
    }

    /// Whether each of these commands is allowed, when `run` runs it.
    #[track_caller]
    pub(super) fn check(
        &mut self,
        user: &str,
        app: &str,
        commands: &[&str],
        allowed: bool,
        run: impl Fn(&mut Client, &[String]) -> Reply,
    ) {
        let mut client = self.client(user);
        for template in commands {
            let before = digest(&mut self.admin);
            let words = self.words(template, app);
            let reply = run(&mut client, &words);
            if allowed {
                assert!(!matches!(reply, Reply::Error(_)), "{user}: {words:?}: {reply:?}");
                // The command may have ended the session.
                self.admin.run(&["SESSIONS.KILLALL", app]).int();
                self.tokens[usize::from(app == "shop")] = create(&mut self.admin, app, "u1", &[]);
                continue;
            }
            assert!(
                reply.error().contains(&DENIED["NOPERM ".len()..]),
                "{user}: {words:?}: {reply:?}"
            );
            let wanted = [user, "key", &format!("rs:{app}:_sessions")].map(String::from).into();
            assert_eq!(self.take_denial(), wanted, "{words:?}");
            assert_eq!(digest(&mut self.admin), before, "{words:?}");
        }
    }
}

pub(super) fn plainly(client: &mut Client, words: &[String]) -> Reply {
    client.run(words)
}

pub(super) fn in_a_transaction(client: &mut Client, words: &[String]) -> Reply {
    client.run(&["MULTI"]);
    assert_eq!(client.run(words), "QUEUED".into());
    client.run(&["EXEC"]).list()[0].clone()
}

pub(super) fn in_a_script(client: &mut Client, words: &[String]) -> Reply {
    let script = ["EVAL", "return redis.pcall(unpack(ARGV))", "0"].map(String::from);
    client.run(&[&script[..], words].concat())
}

pub(super) fn in_a_function(client: &mut Client, words: &[String]) -> Reply {
    let call = ["FCALL", "run", "0"].map(String::from);
    client.run(&[&call[..], words].concat())
}

#[test]
fn an_app_is_open_only_to_users_whose_keys_cover_it() {
    let mut site = Site::open(Server::builder());
    let both = [READS, WRITES].concat();
    for (user, app, commands, allowed) in [
        ("web", "web", &both[..], true),
        ("web", "shop", &both, false),
        ("reader", "web", READS, true),
        ("reader", "web", WRITES, false),
        ("writer", "web", &both, false),
        ("halves", "web", &both, true),
        ("halves", "shop", &both, false),
        ("second", "web", &both, true),
        ("second", "shop", &both, true),
        ("splinter", "web", &both, false),
        ("nokeys", "web", &both, false),
        ("all", "shop", &both, true),
    ] {
        site.check(user, app, commands, allowed, plainly);
    }
}

#[test]
fn wipe_requires_the_keys_of_all_apps_and_help_none() {
    let mut site = Site::open(Server::builder());
    for (user, allowed) in [("web", false), ("reader", false), ("nokeys", false), ("all", true)] {
        let mut client = site.client(user);
        let reply = client.run(&["SESSIONS.WIPE"]);
        if allowed {
            assert_eq!(reply, Reply::Int(0));
        } else {
            assert_eq!(reply.error(), DENIED_ALL);
            assert_eq!(
                site.take_denial(),
                [user, "key", "rs:SESSIONS"].map(String::from).into()
            );
        }
        assert!(!client.run(&["SESSIONS.HELP"]).list().is_empty());
    }
}

#[test]
fn the_server_refuses_a_command_that_a_user_may_not_run_on_every_way() {
    let mut site = Site::open(Server::builder());
    let mut client = site.client("few");
    let get = site.words("GET {app} {token}", "web");
    assert_eq!(client.run(&get).session().text("id"), "u1");
    for template in [
        "KILL {app} {token}",
        "CREATE {app} u1",
        "SOAPP {app} 0 WITHTOKENS",
        "KILLALL {app}",
    ] {
        let words = site.words(template, "web");
        assert!(client.run(&words).error().starts_with("NOPERM "), "{words:?}");
        let (user, reason, object) = site.take_denial();
        assert_eq!((user.as_str(), reason.as_str()), ("few", "command"));
        assert_eq!(object, words[0].to_lowercase());
    }
    site.user("few", "+eval");
    let words = site.words("KILL {app} {token}", "web");
    assert!(matches!(in_a_script(&mut client, &words), Reply::Error(_)));
    assert_eq!(site.take_denial().1, "command");
    let both = site.admin.run(&["SESSIONS.EXISTS", "web", &words[2]]);
    assert_eq!(both, Reply::Int(1));
}

#[test]
fn arguments_are_checked_before_the_user() {
    let site = Site::open(Server::builder());
    let mut client = site.client("nokeys");
    assert!(
        client
            .run(&["SESSIONS.GET", "w!", "x"])
            .error()
            .starts_with("ERR invalid app: ")
    );
    assert_eq!(client.run(&["SESSIONS.COUNT", "web"]).error(), DENIED);
}

#[test]
fn a_malformed_token_tells_a_user_without_the_app_nothing() {
    let site = Site::open(Server::builder());
    let mut client = site.client("nokeys");
    for command in [
        "GET web x",
        "PEEK web x",
        "INCR web x n",
        "TOUCH web x",
        "EXISTS web x",
        "ROTATE web x",
        "KILL web x",
    ] {
        let reply = client.line(&format!("SESSIONS.{command}"));
        assert_eq!(reply.error(), DENIED, "{command}");
    }
}

#[test]
fn a_user_may_lose_an_app_and_its_connection_at_any_time() {
    let mut site = Site::open(Server::builder());
    let mut client = site.client("web");
    let get = site.words("GET {app} {token}", "web");
    assert_eq!(client.run(&get).session().text("id"), "u1");
    site.admin.run(&["ACL", "SETUSER", "web", "resetkeys"]);
    assert_eq!(client.run(&get).error(), DENIED);
    site.admin.run(&["ACL", "DELUSER", "web"]);
    assert!(client.try_run(&get).is_err());
}

#[test]
fn each_call_is_checked_for_the_user_that_the_connection_has_by_then() {
    let mut site = Site::open(Server::builder());
    let mut client = site.client("web");
    let get = site.words("GET {app} {token}", "web");
    for _ in 0..2 {
        assert_eq!(client.run(&get).session().text("id"), "u1");
        assert_eq!(in_a_script(&mut client, &get).session().text("id"), "u1");
        client.run(&["AUTH", "nokeys", "x"]);
        assert_eq!(client.run(&get).error(), DENIED);
        assert!(
            in_a_script(&mut client, &get)
                .error()
                .contains(&DENIED["NOPERM ".len()..])
        );
        client.run(&["AUTH", "all", "x"]);
        assert_eq!(in_a_transaction(&mut client, &get).session().text("id"), "u1");
        site.admin.run(&["ACL", "SETUSER", "all", "resetkeys"]);
        assert_eq!(in_a_transaction(&mut client, &get).error(), DENIED);
        site.admin.run(&["ACL", "SETUSER", "all", "~rs:*"]);
        client.run(&["RESET"]);
        assert_eq!(client.run(&get).session().text("id"), "u1");
        client.run(&["AUTH", "web", "x"]);
    }
}
