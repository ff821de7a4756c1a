//! A random run of one client on its own app. The client knows every entry that the stream must
//! get.

use super::{Entry, entry, sid};
use crate::harness::*;

const IDS: [&str; 4] = ["u1", "u:2", "ü 3", "u4"];
const IPS: [&str; 3] = ["", "::1", "192.0.2.7"];
const AGENTS: [&str; 3] = ["", "Browser 1.0", "Brøwser"];

/// A session that the run has created.
#[derive(Clone)]
struct Known {
    token: String,
    /// Empty: it is anonymous.
    id: String,
    ip: String,
    agent: String,
    is_over: bool,
}

impl Known {
    fn entry(&self, event: &str, more: &[(&str, &str)]) -> Entry {
        let fields = [
            ("event", event),
            ("sid", &sid(&self.token)),
            ("id", &self.id),
            ("ip", &self.ip),
            ("ua", &self.agent),
        ];
        entry(&[&fields[..], more].concat())
    }
}

pub(super) struct Run {
    client: Client,
    dice: Dice,
    app: String,
    sessions: Vec<Known>,
    pub(super) expected: Vec<Entry>,
    pub(super) tokens: Vec<String>,
}

/// Options for an IP and a user agent, and the values that a session has after them.
struct From {
    words: Vec<String>,
    ip: Option<&'static str>,
    agent: Option<&'static str>,
}

impl Run {
    pub(super) fn new(client: Client, number: u64, app: String) -> Run {
        Run {
            client,
            dice: Dice::nth(number),
            app,
            sessions: Vec::new(),
            expected: Vec::new(),
            tokens: Vec::new(),
        }
    }

    pub(super) fn step(&mut self) {
        match self.dice.below(100) {
            0..30 => self.create(),
            30..50 => self.rotate(),
            50..65 => self.save(),
            65..73 => self.use_one(),
            73..80 => self.kill(),
            80..86 => self.kill_of_id(),
            86..98 => self.age(),
            _ => self.kill_all(),
        }
    }

    /// A cleanup pass has removed all timed-out sessions.
    pub(super) fn wiped(&mut self) {
        let (over, live) = std::mem::take(&mut self.sessions)
            .into_iter()
            .partition(|known| known.is_over);
        self.sessions = live;
        self.ended(over, "");
    }

    #[track_caller]
    fn run(&mut self, words: &[&str], more: &[String]) -> Reply {
        let command = [&[words[0], &self.app], &words[1..]].concat();
        let more = more.iter().map(String::as_str);
        let reply = self.client.run(&command.into_iter().chain(more).collect::<Vec<_>>());
        assert!(!matches!(reply, Reply::Error(_)), "{reply:?}");
        reply
    }

    fn from(&mut self) -> From {
        let (ip, agent) = (self.dice.pick(&IPS), self.dice.pick(&AGENTS));
        let mut words = Vec::new();
        let ip = self.dice.chance(50).then_some(ip);
        let agent = self.dice.chance(50).then_some(agent);
        for (option, value) in [("IP", ip), ("UA", agent)] {
            words.extend(
                value
                    .into_iter()
                    .flat_map(|value| [option.to_owned(), value.to_owned()]),
            );
        }
        From { words, ip, agent }
    }

    /// An id, the empty id for an anonymous session, or `None` for no owner in the command.
    fn owner(&mut self) -> Option<&'static str> {
        match self.dice.below(4) {
            0 => None,
            1 => Some(""),
            _ => Some(self.dice.pick(&IDS)),
        }
    }

    /// The position of a random session.
    fn any(&mut self) -> Option<usize> {
        let count = self.sessions.len();
        (count > 0).then(|| self.dice.below(count))
    }

    fn made(&mut self, token: &str, id: &str, from: &From) {
        let new = Known {
            token: token.to_owned(),
            id: id.to_owned(),
            ip: from.ip.unwrap_or_default().to_owned(),
            agent: from.agent.unwrap_or_default().to_owned(),
            is_over: false,
        };
        if !id.is_empty() {
            self.expected.push(new.entry("create", &[]));
        }
        self.tokens.push(token.to_owned());
        self.sessions.push(new);
    }

    fn ended(&mut self, gone: Vec<Known>, cause: &str) {
        let entries = gone.iter().filter(|known| !known.id.is_empty()).map(|known| {
            if known.is_over {
                known.entry("expire", &[])
            } else {
                known.entry("kill", &[("cause", cause)])
            }
        });
        self.expected.extend(entries);
    }

    fn create(&mut self) {
        let from = self.from();
        let (id, anonymous) = match self.owner().unwrap_or_default() {
            "" => ("x", vec!["ANON".to_owned()]),
            id => (id, Vec::new()),
        };
        let options = [&anonymous[..], &from.words].concat();
        let token = self.run(&["SESSIONS.CREATE", id], &options).text().to_owned();
        self.made(&token, if anonymous.is_empty() { id } else { "" }, &from);
    }

    fn rotate(&mut self) {
        let Some(place) = self.any() else { return };
        let (owner, from) = (self.owner(), self.from());
        let old = self.sessions[place].clone();
        let grace: &[String] = if self.dice.chance(40) {
            &["GRACE".to_owned(), "60".to_owned()]
        } else {
            &[]
        };
        let options = [&owner_words(owner)[..], &from.words, grace].concat();
        let reply = self.run(&["SESSIONS.ROTATE", &old.token], &options);
        if old.is_over {
            assert!(reply.is_nil(), "{reply:?}");
            return;
        }
        if reply.text() == old.token {
            assert!(
                !grace.is_empty(),
                "a rotation that keeps the token is one within a grace"
            );
            self.used(place, &from);
            return;
        }
        self.tokens.push(reply.text().to_owned());
        self.moved(place, reply.text(), owner, &from);
    }

    /// A session has a new token or another owner.
    fn moved(&mut self, place: usize, token: &str, owner: Option<&str>, from: &From) {
        let known = &mut self.sessions[place];
        let (old_sid, old_id) = (sid(&known.token), known.id.clone());
        known.token = token.to_owned();
        known.id = owner.unwrap_or(&old_id).to_owned();
        self.used(place, from);
        let known = &self.sessions[place];
        if !known.id.is_empty() || !old_id.is_empty() {
            let entry = known.entry("rotate", &[("old_sid", &old_sid), ("old_id", &old_id)]);
            self.expected.push(entry);
        }
    }

    /// A session has been used from somewhere.
    fn used(&mut self, place: usize, from: &From) {
        let known = &mut self.sessions[place];
        known.ip = from.ip.unwrap_or(&known.ip).to_owned();
        known.agent = from.agent.unwrap_or(&known.agent).to_owned();
    }

    fn save(&mut self) {
        let (owner, from) = (self.owner(), self.from());
        let options = [&owner_words(owner)[..], &from.words].concat();
        let place = self.any().filter(|_| self.dice.chance(70));
        let token = place.map_or_else(|| self.dice.token(), |place| self.sessions[place].token.clone());
        let reply = self.run(&["SESSIONS.SAVE", &token, "{}"], &options);
        match place {
            Some(place) if !self.sessions[place].is_over => {
                assert_eq!(reply, Reply::Int(1));
                if owner.is_some_and(|owner| owner != self.sessions[place].id) {
                    self.moved(place, &token, owner, &from);
                } else {
                    self.used(place, &from);
                }
            }
            _ => {
                assert_eq!(reply, Reply::Int(2));
                let over = place.map(|place| self.sessions.swap_remove(place));
                self.ended(over.into_iter().collect(), "");
                self.made(&token, owner.unwrap_or_default(), &from);
            }
        }
    }

    fn use_one(&mut self) {
        let Some(place) = self.any() else { return };
        let token = self.sessions[place].token.clone();
        self.run(&["SESSIONS.GET", &token], &[]);
        self.run(&["SESSIONS.SET", &token, r#"{"a":1}"#], &[]);
    }

    fn kill(&mut self) {
        let Some(place) = self.any() else { return };
        let known = self.sessions.swap_remove(place);
        let reply = self.run(&["SESSIONS.KILL", &known.token], &[]);
        assert_eq!(reply, Reply::Int((!known.is_over).into()));
        self.ended(vec![known], "kill");
    }

    fn kill_of_id(&mut self) {
        let (id, place) = (self.dice.pick(&IDS).to_owned(), self.any());
        let one = place.map(|place| self.sessions[place].clone());
        let (words, kind) = match (self.dice.below(3), &one) {
            (1, Some(one)) => (vec!["EXCEPT".to_owned(), one.token.clone()], 1),
            (2, Some(one)) => (vec!["ONLY".to_owned(), sid(&one.token)], 2),
            _ => (Vec::new(), 0),
        };
        let reply = self.run(&["SESSIONS.KILLSOID", &id], &words);
        let named = one.map(|one| one.token).unwrap_or_default();
        let goes = |known: &Known| match kind {
            1 => known.token != named || known.is_over,
            2 => known.token == named,
            _ => true,
        };
        let all = std::mem::take(&mut self.sessions).into_iter();
        let (gone, kept): (Vec<_>, Vec<_>) = all.partition(|known| known.id == id && goes(known));
        self.sessions = kept;
        let live = gone.iter().filter(|known| !known.is_over).count();
        assert_eq!(reply, Reply::Int(live as i64));
        self.ended(gone, "killsoid");
    }

    fn kill_all(&mut self) {
        let reply = self.run(&["SESSIONS.KILLALL"], &[]);
        let gone = std::mem::take(&mut self.sessions);
        let live = gone.iter().filter(|known| !known.is_over).count();
        assert_eq!(reply, Reply::Int(live as i64));
        self.ended(gone, "killall");
    }

    fn age(&mut self) {
        let Some(place) = self.any() else { return };
        let known = &mut self.sessions[place];
        if !known.is_over {
            age_everywhere(&mut self.client, &self.app, &known.token, 100_000);
            known.is_over = true;
        }
    }
}

fn owner_words(owner: Option<&str>) -> Vec<String> {
    match owner {
        None => Vec::new(),
        Some("") => vec!["ANON".to_owned()],
        Some(id) => vec!["ID".to_owned(), id.to_owned()],
    }
}
