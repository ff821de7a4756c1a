//! The single server: it is only read, in small portions that do not block other clients.

use std::collections::BTreeSet;

use crate::connection::Connection;
use crate::failure::Failure;
use crate::options::Options;
use crate::reply::{Portion, Reply, Words, portion, seconds, words, zscan};
use crate::writer::Listed;
use sessions_model::alias::Alias;
use sessions_model::ident::App;
use sessions_model::keys::{Keys, parse_due_member, parse_session_member};
use sessions_model::parts::Part;
use sessions_model::session::{Field, Fields, Seconds, Session};
use sessions_model::slot::Slot;
use sessions_model::stored_name::{Storage, StoredName};

/// How many members one ZSCAN visits, in some hundred microseconds of the server's time.
const PORTION: usize = 500;
/// How many sessions are read together before their size is known, and at most.
const FIRST_AT_ONCE: usize = 20;
const MOST_AT_ONCE: usize = 100;
/// About this many bytes are read and written together; the limit for one session's data is 16 MiB.
pub(crate) const BYTES_AT_ONCE: usize = 4 * 1024 * 1024;

pub(crate) struct Source<'a> {
    connection: Connection,
    at_once: usize,
    keys: Keys<'a>,
}

/// A session that can be copied.
pub(crate) struct Readable {
    pub(crate) name: StoredName,
    /// The slot of its token.
    pub(crate) slot: Slot,
    pub(crate) session: Session<Vec<u8>>,
    /// The fields of its hash and their values, unknown ones too.
    pub(crate) fields: Vec<Vec<u8>>,
}

impl Readable {
    pub(crate) fn bytes(&self) -> usize {
        self.fields.iter().map(Vec::len).sum()
    }
}

/// The kind of an entry of `_sessions`.
pub(crate) enum Entry {
    Live(Box<Readable>),
    /// A live session with an id whose token has another slot than the id: redis-sessions or the
    /// client of SAVE has generated the token.
    NotAffine,
    TimedOut,
    /// An entry without a session: the session has just been killed or rotated with a grace, or the
    /// entry is a leftover.
    Gone,
    Broken,
}

impl<'a> Source<'a> {
    /// Connects and checks that this is a single server with the namespace of the run.
    pub(crate) fn open(options: &'a Options) -> Result<Self, Failure> {
        let mut connection = Connection::open(&options.from.address, &options.from)?;
        let address = connection.address.clone();
        let mut says = |section: &str, wanted: &str| -> Result<bool, Failure> {
            let info = connection.ask(&words(&format!("INFO {section}")))?;
            let info = String::from_utf8_lossy(info.text().unwrap_or_default()).into_owned();
            Ok(info.lines().any(|line| line.trim_end() == wanted))
        };
        if says("cluster", "cluster_enabled:1")? {
            return Err(Failure::new(format!(
                "FROM: {address} is a node of a cluster; sessions are copied from a single server"
            )));
        }
        // A replica's clock may differ from the clock of the sessions, and the replica may lag
        // behind.
        if !says("replication", "role:master")? {
            return Err(Failure::new(format!("FROM: {address} is a replica; name its primary")));
        }
        if options.database != 0 {
            connection.ask(&words(&format!("SELECT {}", options.database)))?;
        }
        connection.check_namespace(&options.namespace)?;
        Ok(Self {
            connection,
            at_once: FIRST_AT_ONCE,
            keys: Keys::new(options.namespace.as_bytes(), Part::Whole),
        })
    }

    /// The time by the source's clock.
    pub(crate) fn now(&mut self) -> Result<Seconds, Failure> {
        let reply = self.connection.ask(&words("TIME"))?;
        seconds(&reply).ok_or_else(|| Failure::new("the source's TIME is unreadable"))
    }

    /// All apps that have sessions.
    pub(crate) fn apps(&mut self) -> Result<BTreeSet<String>, Failure> {
        let key = self.keys.due();
        let mut apps = BTreeSet::new();
        let mut cursor = Some(b"0".to_vec());
        while let Some(at) = cursor {
            let portion = self.scan(&key, &at)?;
            let found = portion.members.iter().filter_map(|member| parse_due_member(member));
            for (app, _, _) in found {
                let app = String::from_utf8_lossy(app.as_bytes());
                if !apps.contains(app.as_ref()) {
                    apps.insert(app.into_owned());
                }
            }
            cursor = portion.next;
        }
        Ok(apps)
    }

    /// About how many sessions an app has.
    pub(crate) fn count(&mut self, app: App<'_>) -> Result<u64, Failure> {
        let command = vec![b"ZCARD".to_vec(), self.keys.sessions(app).into_vec()];
        let count = self.connection.ask(&command)?.number().unwrap_or(0);
        Ok(u64::try_from(count).unwrap_or(0))
    }

    /// Entries of an app from a cursor on, which is `0` at first. An entry that exists during the
    /// whole scan is returned at least once; some are returned twice.
    pub(crate) fn entries(&mut self, app: App<'_>, cursor: &[u8]) -> Result<Portion, Failure> {
        self.scan(&self.keys.sessions(app), cursor)
    }

    fn scan(&mut self, key: &[u8], cursor: &[u8]) -> Result<Portion, Failure> {
        let reply = self.connection.ask(&zscan(key, cursor, PORTION))?;
        portion(reply).ok_or_else(|| Failure::new("the source's ZSCAN is unreadable"))
    }

    /// How many sessions to read together, from the size of the largest one that was read last.
    pub(crate) const fn at_once(&self) -> usize {
        self.at_once
    }

    /// Reads these entries.
    pub(crate) fn read(&mut self, app: App<'_>, members: &[Vec<u8>]) -> Result<Vec<Entry>, Failure> {
        let named: Vec<_> = members.iter().map(|member| parse_session_member(member)).collect();
        let mut commands = vec![words("TIME")];
        let tokens = named.iter().flatten().map(|(token, _)| token);
        commands.extend(tokens.map(|token| vec![b"HGETALL".to_vec(), self.keys.session(app, token).into_vec()]));
        let mut replies = self.connection.ask_all(&commands)?.into_iter();
        let now = replies.next().as_ref().and_then(seconds);
        let now = now.ok_or_else(|| Failure::new("the source's TIME is unreadable"))?;
        let mut entries = Vec::with_capacity(members.len());
        let mut largest = 1;
        for name in named {
            let Some((token, id)) = name else {
                entries.push(Entry::Broken);
                continue;
            };
            let reply = replies.next().unwrap_or(Reply::Nil);
            if let Some(error) = reply.error().filter(|error| !error.starts_with("WRONGTYPE ")) {
                return Err(Failure::answered(&self.connection.address, error));
            }
            let entry = judged(token, id, reply, now);
            if let Entry::Live(session) = &entry {
                largest = largest.max(session.bytes());
            }
            entries.push(entry);
        }
        let most = MOST_AT_ONCE.min(self.at_once.saturating_mul(2));
        self.at_once = (BYTES_AT_ONCE / largest).clamp(1, most);
        Ok(entries)
    }

    /// Which of these sessions the source does not have, or has under another id.
    pub(crate) fn missing(&mut self, app: App<'_>, sessions: &[Listed]) -> Result<Vec<bool>, Failure> {
        let owner_of = |listed: &Listed| {
            let key = self.keys.session(app, &listed.name).into_vec();
            let fields = [Field::Hashed, Field::Id].map(|field| field.name().as_bytes().to_vec());
            let [hashed, id] = fields;
            vec![b"HMGET".to_vec(), key, hashed, id]
        };
        let commands: Vec<Words> = sessions.iter().map(owner_of).collect();
        let replies = self.connection.ask_all(&commands)?;
        let missing = |(reply, listed): (Reply, &Listed)| match reply {
            Reply::List(owners) => {
                let owner = owners.iter().find_map(Reply::text);
                Ok(owner.is_none_or(|owner| owner != listed.id))
            }
            Reply::Error(error) if error.starts_with("WRONGTYPE ") => Ok(false),
            Reply::Error(error) => Err(Failure::answered(&self.connection.address, &error)),
            _ => Err(Failure::new("the source's HMGET is unreadable")),
        };
        replies.into_iter().zip(sessions).map(missing).collect()
    }
}

fn judged(name: StoredName, id: &[u8], hash: Reply, now: Seconds) -> Entry {
    let Reply::List(items) = hash else {
        return Entry::Broken;
    };
    let text = |item| match item {
        Reply::Text(bytes) => bytes,
        _ => Vec::new(),
    };
    let fields: Vec<Vec<u8>> = items.into_iter().map(text).collect();
    if fields.is_empty() || is_alias(&fields) {
        return Entry::Gone;
    }
    let Some(session) = session_of(&fields).filter(|session| session.id == id) else {
        return Entry::Broken;
    };
    if !session.life().is_live(now) {
        return Entry::TimedOut;
    }
    match slot_of_token(&name, &session, &fields) {
        None => Entry::Broken,
        Some(slot) if !session.is_anonymous() && slot != Slot::of(&session.id) => Entry::NotAffine,
        Some(slot) => Entry::Live(Box::new(Readable {
            name,
            slot,
            session,
            fields,
        })),
    }
}

/// The slot of a session's token, from the token itself. If it is stored hashed, the field `slot`
/// contains the slot, or the id has the same slot. `None`: the slot is unknown.
fn slot_of_token(name: &StoredName, session: &Session<Vec<u8>>, fields: &[Vec<u8>]) -> Option<Slot> {
    match (session.storage, value_of(fields, Field::Slot)) {
        (Storage::Plain, _) => Some(Slot::of(name.as_bytes())),
        (Storage::Hashed, Some(number)) => Slot::from_number(std::str::from_utf8(number).ok()?.parse().ok()?),
        (Storage::Hashed, None) => (!session.is_anonymous()).then(|| Slot::of(&session.id)),
    }
}

/// Whether the fields are the alias of an old token within its grace.
fn is_alias(fields: &[Vec<u8>]) -> bool {
    let owners = [Field::Id, Field::Hashed].map(|field| value_of(fields, field));
    let pairs = fields.chunks_exact(2).filter_map(|pair| match pair {
        [name, value] => Some((name.clone(), value.clone())),
        _ => None,
    });
    owners == [None, None] && Alias::from_fields(&pairs.collect::<Vec<_>>()).is_some()
}

fn session_of(fields: &[Vec<u8>]) -> Option<Session<Vec<u8>>> {
    Session::from_fields(Fields::read(|field| value_of(fields, field).cloned()))
}

/// The value of a field among names and values.
fn value_of(fields: &[Vec<u8>], field: Field) -> Option<&Vec<u8>> {
    fields.chunks_exact(2).find_map(|pair| match pair {
        [name, value] if name == field.name().as_bytes() => Some(value),
        _ => None,
    })
}
