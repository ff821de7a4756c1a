//! The data that each store keeps for a session, and the commands of a request that reads the
//! session and extends its life.
//!
//! Each store has the same information about a session: the id of the user, the address, the time
//! of the log-in and the data. The commands of Spring Session are those of
//! `RedisIndexedSessionRepository` with its minute-based expiration store; connect-redis is version
//! 9.

use crate::client::{Operation, operation};
use crate::crowd::{Crowd, DATA};

const TTL: u64 = 7200;
const SPRING: &str = "spring:session";
const PRINCIPAL: &str = "org.springframework.session.FindByIndexNameSessionRepository.PRINCIPAL_NAME_INDEX_NAME";
/// Spring Session keeps a set for each minute in which sessions end: so many with this timeout.
const MINUTES: usize = 120;

/// How sessions are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Layout {
    Module,
    Text,
    Hash,
    UserHash,
    Spring,
}

impl Layout {
    pub(super) const ALL: [Self; 5] = [Self::Module, Self::Text, Self::Hash, Self::UserHash, Self::Spring];

    /// The server settings that each store's guide requires, in addition to the same form of hashes
    /// for all.
    pub(super) const fn settings(self) -> &'static [&'static str] {
        match self {
            Self::Spring => &["notify-keyspace-events Egx"],
            _ => &[],
        }
    }

    /// A command that the server must have.
    pub(crate) const fn requires(self) -> Option<&'static str> {
        match self {
            Self::UserHash => Some("hgetex"),
            _ => None,
        }
    }

    /// The creation of a session, except for the module, which generates its own tokens.
    pub(crate) fn creation(self, crowd: &Crowd, number: usize) -> Operation {
        let id = crowd.members[number].id.as_str();
        let name = name(self, crowd, number);
        let (created, ttl) = (crate::crowd::now().to_string(), TTL.to_string());
        match self {
            Self::Module => unreachable!("the module draws its own tokens"),
            Self::Text => {
                let text = format!(r#"{{"id":"{id}",{}"#, &json(&created)[1..]);
                words(&["SET", &format!("sess:{name}"), &text, "EX", &ttl])
            }
            Self::Hash => {
                let key = format!("session:{name}");
                let fields = ["id", id, "ip", "127.0.0.1", "created", &created, "d", DATA];
                words(&[&["HSET", &key][..], &fields].concat()).then(&words(&["EXPIRE", &key, &ttl]))
            }
            Self::UserHash => {
                let key = format!("sessions:{id}");
                words(&["HSETEX", &key, "EX", &ttl, "FIELDS", "1", name, &json(&created)])
            }
            Self::Spring => spring_creation(id, name, &created, number % MINUTES),
        }
    }
}

/// A request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rival {
    /// SESSIONS.GET of a session that was used in the present step of the indexes.
    Within,
    First,
    /// Half of the requests are first uses in a step, half are uses within a step.
    Mixed,
    GetExpire,
    GetEx,
    HashExpire,
    UserHash,
    Spring,
}

impl Rival {
    pub(crate) const ALL: [Self; 8] = [
        Self::Within,
        Self::First,
        Self::Mixed,
        Self::GetExpire,
        Self::GetEx,
        Self::HashExpire,
        Self::UserHash,
        Self::Spring,
    ];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Within => "SESSIONS.GET within a step",
            Self::First => "SESSIONS.GET, first use in a step",
            Self::Mixed => "SESSIONS.GET, half of them first uses",
            Self::GetExpire => "string: GET, then EXPIRE (connect-redis)",
            Self::GetEx => "string: GETEX",
            Self::HashExpire => "hash: HGETALL and EXPIRE together",
            Self::UserHash => "one hash per user, field TTLs: HGETEX",
            Self::Spring => "Spring Session, indexed repository",
        }
    }

    pub(crate) const fn layout(self) -> Layout {
        match self {
            Self::Within | Self::First | Self::Mixed => Layout::Module,
            Self::GetExpire | Self::GetEx => Layout::Text,
            Self::HashExpire => Layout::Hash,
            Self::UserHash => Layout::UserHash,
            Self::Spring => Layout::Spring,
        }
    }

    /// Decides which node of a cluster the request goes to.
    pub(crate) fn routed_by(self, crowd: &Crowd, number: usize) -> String {
        let name = name(self.layout(), crowd, number);
        match self.layout() {
            Layout::Module => name.to_owned(),
            Layout::Text => format!("sess:{name}"),
            Layout::Hash => format!("session:{name}"),
            Layout::UserHash => format!("sessions:{}", crowd.members[number].id),
            Layout::Spring => unreachable!("its keys are in several slots"),
        }
    }

    /// The commands of a request that is about one key.
    pub(crate) fn commands(self, crowd: &Crowd, number: usize) -> Vec<Vec<String>> {
        let (key, ttl) = (self.routed_by(crowd, number), TTL.to_string());
        let commands: &[&[&str]] = match self {
            Self::Within | Self::First | Self::Mixed => &[&["SESSIONS.GET", crate::crowd::APP, &key]],
            Self::GetExpire => &[&["GET", &key], &["EXPIRE", &key, &ttl]],
            Self::GetEx => &[&["GETEX", &key, "EX", &ttl]],
            Self::HashExpire => &[&["HGETALL", &key], &["EXPIRE", &key, &ttl]],
            Self::UserHash => {
                let field = name(Layout::UserHash, crowd, number);
                &[&["HGETEX", &key, "EX", &ttl, "FIELDS", "1", field]]
            }
            Self::Spring => unreachable!("its keys are in several slots"),
        };
        let owned = |words: &&[&str]| words.iter().map(|&word| word.to_owned()).collect();
        commands.iter().map(owned).collect()
    }

    /// The round trips of a request. `minutes`: the set of Spring Session that each session is in.
    pub(crate) fn request(self, crowd: &Crowd, minutes: &mut [usize], number: usize) -> Vec<Operation> {
        let commands = || self.commands(crowd, number).into_iter();
        let words = |command: Vec<String>| operation(&command.iter().map(String::as_bytes).collect::<Vec<_>>());
        match self {
            Self::HashExpire => vec![together(&commands().map(words).collect::<Vec<_>>())],
            Self::Spring => {
                // Clicks are about half a minute apart, so every second click is in another minute
                // than the last.
                let from = minutes[number];
                let to = if number.is_multiple_of(2) {
                    (from + 1) % MINUTES
                } else {
                    from
                };
                minutes[number] = to;
                spring_request(name(Layout::Spring, crowd, number), from, to)
            }
            _ => commands().map(words).collect(),
        }
    }
}

pub(crate) fn first_minutes(count: usize) -> Vec<usize> {
    (0..count).map(|number| number % MINUTES).collect()
}

/// The name of a session, with the length that each store uses.
fn name(layout: Layout, crowd: &Crowd, number: usize) -> &str {
    let length = match layout {
        Layout::Module => 64,
        Layout::Text | Layout::Hash | Layout::UserHash => 32,
        Layout::Spring => 36,
    };
    &crowd.members[number].token[..length]
}

/// Combines several round trips into one.
pub(crate) fn together(trips: &[Operation]) -> Operation {
    trips.iter().fold(Operation::new(), Operation::then)
}

fn words(words: &[&str]) -> Operation {
    operation(&words.iter().map(|word| word.as_bytes()).collect::<Vec<_>>())
}

fn json(created: &str) -> String {
    format!(r#"{{"ip":"127.0.0.1","created":{created},"data":{DATA}}}"#)
}

fn spring_creation(id: &str, name: &str, created: &str, minute: usize) -> Operation {
    let (hash, now) = (format!("{SPRING}:sessions:{name}"), format!("{created}000"));
    let principal = format!("sessionAttr:{PRINCIPAL}");
    words(&[
        "HMSET",
        &hash,
        "creationTime",
        &now,
        "lastAccessedTime",
        &now,
        "maxInactiveInterval",
        &TTL.to_string(),
        "sessionAttr:ip",
        "127.0.0.1",
        "sessionAttr:data",
        DATA,
        &principal,
        id,
    ])
    .then(&words(&["SADD", &format!("{SPRING}:index:{PRINCIPAL}:{id}"), name]))
    .then(&together(&spring_expiry(name, minute)))
}

fn spring_minute(minute: usize) -> String {
    format!("{SPRING}:expirations:{}", 1_700_000_000_000 + minute * 60_000)
}

/// The commands that set when a session ends: a set of its minute, a key that expires, and the
/// hash.
fn spring_expiry(name: &str, minute: usize) -> [Operation; 5] {
    let (end, later) = ((TTL * 1000).to_string(), ((TTL + 300) * 1000).to_string());
    let (minute, key) = (spring_minute(minute), format!("{SPRING}:sessions:expires:{name}"));
    [
        words(&["SADD", &minute, &format!("expires:{name}")]),
        words(&["PEXPIRE", &minute, &later]),
        words(&["APPEND", &key, ""]),
        words(&["PEXPIRE", &key, &end]),
        words(&["PEXPIRE", &format!("{SPRING}:sessions:{name}"), &later]),
    ]
}

fn spring_request(name: &str, from: usize, to: usize) -> Vec<Operation> {
    let (hash, now) = (format!("{SPRING}:sessions:{name}"), crate::crowd::now() * 1000);
    let mut trips = vec![
        words(&["HGETALL", &hash]),
        words(&["HMSET", &hash, "lastAccessedTime", &now.to_string()]),
    ];
    if from != to {
        trips.push(words(&["SREM", &spring_minute(from), &format!("expires:{name}")]));
    }
    trips.extend(spring_expiry(name, to));
    trips
}
