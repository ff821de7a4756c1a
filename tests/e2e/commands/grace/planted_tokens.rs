//! Session fixation, in random sequences: an attacker knows every token that a visitor has ever
//! had, and can send every command. A victim visits, rotates, logs in and out, and time passes.
//! None of the attacker's tokens ever reads or changes a session of the victim's id.
//!
//! The one exception is `ROTATE … ID victim`: the application sends it only after the victim has
//! proved who they are, so the attacker can cause it only for the attacker's own id.

use super::*;
use std::collections::BTreeSet;
use std::time::Duration;

const SEQUENCES: u64 = 120;
const ACTS: usize = 60;

const VICTIM: &str = "victim";
const MALLORY: &str = "mallory";

/// What the victim writes after a log-in. Nobody else may read or change it.
const SECRET: &str = r#"{"secret":"of the victim"}"#;

struct Run<'a> {
    site: &'a Site,
    dice: Dice,
    application: Client,
    attacker: Client,
    /// The cookie of the victim's browser.
    cookie: String,
    is_logged_in: bool,
    /// The tokens of all sessions that the victim has ever logged in.
    of_log_ins: BTreeSet<String>,
    /// The tokens that the attacker knows.
    known: Vec<String>,
    journal: Vec<String>,
}

impl Drop for Run<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("{}\n{}", self.journal.join("\n"), shown_seed());
        }
    }
}

impl<'a> Run<'a> {
    fn begin(site: &'a Site, dice: Dice) -> Run<'a> {
        let mut run = Run {
            site,
            dice,
            application: site.server.client(),
            attacker: site.server.client(),
            cookie: String::new(),
            is_logged_in: false,
            of_log_ins: BTreeSet::new(),
            known: Vec::new(),
            journal: Vec::new(),
        };
        run.application.run(&["FLUSHALL"]).assert_ok();
        run.plant();
        run
    }

    /// The attacker visits, rotates as the site does, and plants the resulting token in the
    /// victim's browser.
    fn plant(&mut self) {
        let mine = match self.dice.below(3) {
            0 => create(&mut self.attacker, "web", "v", &["ANON"]),
            1 => create(&mut self.attacker, "web", MALLORY, &[]),
            _ => {
                let drawn = self.dice.token();
                self.attacker.run(&["SESSIONS.SAVE", "web", &drawn, "{}"]);
                drawn
            }
        };
        self.known.push(mine.clone());
        self.set_cookie(mine, false);
    }

    fn set_cookie(&mut self, token: String, is_logged_in: bool) {
        self.journal.push(format!("cookie {token} {is_logged_in}"));
        if is_logged_in {
            self.of_log_ins.insert(token.clone());
        } else if !self.of_log_ins.contains(&token) {
            self.known.push(token.clone());
        }
        (self.cookie, self.is_logged_in) = (token, is_logged_in);
    }

    fn grace(&mut self) -> String {
        match self.dice.below(3) {
            0 => String::new(),
            1 => "GRACE 60".into(),
            _ => format!("GRACE {}", self.dice.between(1, 60)),
        }
    }

    /// What the site does with a request of the victim's browser.
    fn victim_acts(&mut self) {
        let cookie = self.cookie.clone();
        let grace = self.grace();
        match (self.is_logged_in, self.dice.below(10)) {
            (_, 0..3) => {
                let reply = self.application.run(&["SESSIONS.GET", "web", &cookie]);
                self.journal.push(format!("victim GET {cookie}: {reply:?}"));
                if reply.is_nil() {
                    let token = create(&mut self.application, "web", "v", &["ANON"]);
                    self.set_cookie(token, false);
                } else if let Some(token) = reply.session().get("token") {
                    let token = token.text().to_owned();
                    // The session that is named by its old token is still the victim's.
                    self.set_cookie(token, self.is_logged_in);
                }
            }
            (is_logged_in, 3..5) => {
                if let Some(token) = self.rotates(&cookie, &grace) {
                    self.set_cookie(token, is_logged_in);
                }
            }
            (false, 5..8) => self.logs_in_by_rotation(&cookie, &grace),
            (false, _) => self.logs_in_by_saving(&cookie),
            (true, 5..7) => {
                // Another log-in of a user who is already logged in.
                self.logs_in_by_rotation(&cookie, &grace);
            }
            (true, 7) => {
                self.application.run(&["SESSIONS.KILL", "web", &cookie]);
                let token = create(&mut self.application, "web", "v", &["ANON"]);
                self.set_cookie(token, false);
            }
            (true, 8) => {
                // The secret is removed before the session becomes anonymous.
                let gone = r#"{"secret":null,"x":1}"#;
                self.application
                    .run(&["SESSIONS.SET", "web", &cookie, gone, "IFID", VICTIM]);
                if let Some(token) = self.rotates(&cookie, &format!("ANON {grace}")) {
                    self.set_cookie(token, false);
                }
            }
            (true, _) => {
                self.application
                    .run(&["SESSIONS.KILLSOID", "web", VICTIM, "EXCEPT", &cookie]);
            }
        }
    }

    fn rotates(&mut self, token: &str, options: &str) -> Option<String> {
        let rotated = rotate(&mut self.application, token, options);
        self.journal.push(format!("site ROTATE {token} {options}: {rotated:?}"));
        rotated
    }

    fn logs_in_by_rotation(&mut self, cookie: &str, grace: &str) {
        let options = format!("ID {VICTIM} {grace}");
        let Some(token) = self.rotates(cookie, &options) else {
            return;
        };
        if !grace.is_empty() && self.dice.chance(40) {
            let repeated = self.rotates(cookie, &options);
            assert_eq!(repeated.as_ref(), Some(&token), "the repeat of a log-in");
        }
        self.logged_in(token);
    }

    /// As frameworks do: a new token with the data, and the old session is ended.
    fn logs_in_by_saving(&mut self, cookie: &str) {
        let token = self.dice.token();
        let save = ["SESSIONS.SAVE", "web", &token, "{}", "NX", "ID", VICTIM];
        assert_eq!(self.application.run(&save), Reply::Int(2));
        self.application.run(&["SESSIONS.KILL", "web", cookie]);
        self.journal.push(format!("site SAVE {token}, KILL {cookie}"));
        self.logged_in(token);
    }

    fn logged_in(&mut self, token: String) {
        assert!(
            !self.known.contains(&token),
            "a log-in has a token that the attacker knows"
        );
        self.application.run(&["SESSIONS.SET", "web", &token, SECRET]);
        self.set_cookie(token, true);
    }

    /// Any command with any token, and with no id except the attacker's own.
    fn attacker_acts(&mut self) {
        let at = self.dice.below(self.known.len());
        let token = self.known[at].clone();
        let grace = self.grace();
        let command = match self.dice.below(17) {
            0 => format!("GET web {token}"),
            1 => format!("PEEK web {token} JSON"),
            2 => format!("SET web {token} {{\"planted\":1}}"),
            3 => format!("INCR web {token} planted"),
            4 => format!("TOUCH web {token} TTL 9000"),
            5 => format!("SAVE web {token} {{\"planted\":1}}"),
            6 => format!("SAVE web {token} {{\"planted\":1}} XX"),
            7 => format!("SAVE web {token} {{\"planted\":1}} NX ID {MALLORY}"),
            8 => format!("SAVE web {token} {{}} ANON"),
            9 => format!("SAVE web {token} {{}} ID {MALLORY} LIFETIME 9000"),
            10 | 11 => format!("ROTATE web {token} {grace}"),
            12 => format!("ROTATE web {token} ANON {grace}"),
            13 => format!("ROTATE web {token} ID {MALLORY} {grace}"),
            14 => format!("KILL web {token}"),
            15 => format!("KILLSOID web {MALLORY} EXCEPT {token}"),
            _ => format!("EXISTS web {token}"),
        };
        let reply = self.attacker.line(&format!("SESSIONS.{command}"));
        self.journal.push(format!("attacker {command}: {reply:?}"));
        let is_secret = format!("{reply:?}").contains("secret");
        assert!(!is_secret, "the attacker reads the victim's session");
        match &reply {
            Reply::Text(token) if command.starts_with("ROTATE") => {
                self.learns(String::from_utf8(token.clone()).expect("a token"));
            }
            Reply::List(_) if command.starts_with("GET") => {
                if let Some(token) = reply.session().get("token") {
                    self.learns(token.text().to_owned());
                }
            }
            _ => {}
        }
    }

    fn learns(&mut self, token: String) {
        let is_of_log_in = self.of_log_ins.contains(&token);
        assert!(!is_of_log_in, "the attacker gets the token of a log-in");
        self.known.push(token);
    }

    /// No token of the attacker names a session of the victim, or can come to name one.
    fn check(&mut self) {
        for token in self.known.clone() {
            let session = self.attacker.run(&["SESSIONS.PEEK", "web", &token]);
            if session.is_nil() {
                continue;
            }
            let session = session.session();
            assert!(
                session.get("id") != Some(&Reply::from(VICTIM)),
                "{token} names the victim's session: {session:?}"
            );
            let shown = session.get("token").map(|token| token.text().to_owned());
            assert!(shown.is_none_or(|token| !self.of_log_ins.contains(&token) || !session.has("id")));
        }
        if self.is_logged_in {
            let session = self.application.run(&["SESSIONS.PEEK", "web", &self.cookie]);
            if !session.is_nil() {
                let session = session.session();
                assert_eq!(session.text("id"), VICTIM, "the session was taken from the victim");
                assert_eq!(session.text("d").matches("of the victim").count(), 1, "{session:?}");
            } else {
                panic!("the victim's session was ended");
            }
        }
    }

    fn time_passes(&mut self) {
        let seconds = [1, 5, 30, 62][self.dice.below(4)];
        self.journal.push(format!("{seconds} s pass"));
        self.site.server.let_pass(Duration::from_secs(seconds));
    }
}

#[test]
fn no_sequence_of_commands_leads_a_visitors_token_to_a_log_in() {
    in_both_storages(&[], |site, client| {
        let mut log_ins = 0;
        for number in 0..SEQUENCES {
            let mut run = Run::begin(site, Dice::nth(number));
            for _ in 0..ACTS {
                match run.dice.below(40) {
                    0 => run.time_passes(),
                    1..16 => run.victim_acts(),
                    _ => run.attacker_acts(),
                }
                run.check();
            }
            log_ins += run.of_log_ins.len();
            assert_whole(client);
        }
        assert!(log_ins as u64 > SEQUENCES, "{log_ins} log-ins only");
    });
}
