//! Writes to the cluster. One script changes one session, completely or not at all.

use crate::cluster::{Cluster, Command};
use crate::connection::Connection;
use crate::failure::Failure;
use crate::mark;
use crate::options::Options;
use crate::reply::{Portion, Reply, Words, portion, words, zscan};
use crate::source::Readable;
use sessions_model::ident::App;
use sessions_model::index::Step;
use sessions_model::keys::{Keys, Name, due_member, session_member};
use sessions_model::parts::Part;
use sessions_model::session::Seconds;
use sessions_model::slot::{SLOTS, Slot};
use sessions_model::stored_name::{Storage, StoredName};

const PUT: &str = include_str!("put.lua");
const REMOVE: &str = include_str!("remove.lua");
pub(crate) const SCRIPTS: [&str; 2] = [PUT, REMOVE];

/// How many entries of one slot a ZSCAN visits.
const PORTION: usize = 100;

pub(crate) struct Writer<'a> {
    pub(crate) cluster: Cluster<'a>,
    options: &'a Options,
    put: String,
    remove: String,
}

/// The result of writing a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Put {
    Copied,
    Updated,
    Unchanged,
    /// Used on the cluster since it was copied, and left unchanged.
    Kept,
    /// Ended on the cluster since it was copied, and not restored.
    Gone,
    /// A key of another type is in its place.
    Blocked,
}

/// Whether a pass over the cluster writes anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pass {
    /// Only finds copies that are unchanged, regardless of the options.
    Look,
    Remove,
}

/// A session in an index of the cluster.
#[derive(Debug)]
pub(crate) struct Listed {
    pub(crate) slot: Slot,
    pub(crate) name: StoredName,
    pub(crate) id: Vec<u8>,
}

/// The result of removing a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Removal {
    Removed,
    /// Created or used on the cluster, and left unchanged.
    Kept,
    /// It has no hash.
    Gone,
    /// One of its keys has another type.
    Blocked,
}

impl<'a> Writer<'a> {
    pub(crate) fn open(options: &'a Options) -> Result<Self, Failure> {
        // The server returns the names of the scripts.
        let mut seed = Connection::open(&options.to.address, &options.to)?;
        let cluster = Cluster::open(options, &SCRIPTS)?;
        let mut name = |script: &str| -> Result<String, Failure> {
            let mut load = words("SCRIPT LOAD");
            load.push(script.as_bytes().to_vec());
            let reply = seed.ask(&load)?;
            Ok(String::from_utf8_lossy(reply.text().unwrap_or_default()).into_owned())
        };
        Ok(Self {
            put: name(PUT)?,
            remove: name(REMOVE)?,
            cluster,
            options,
        })
    }

    /// Writes sessions of an app. Sessions that were last used before `since` have been copied
    /// before.
    pub(crate) fn put(
        &mut self,
        app: App<'_>,
        sessions: &mut [Box<Readable>],
        since: Option<Seconds>,
    ) -> Result<Vec<Put>, Failure> {
        let commands: Vec<_> = sessions
            .iter_mut()
            .map(|session| self.putting(app, session, since))
            .collect();
        let answers = self.cluster.run(&commands)?;
        answers.into_iter().map(read_put).collect()
    }

    /// Takes the session's fields.
    fn putting(&self, app: App<'_>, readable: &mut Readable, since: Option<Seconds>) -> Command {
        let Readable {
            name,
            slot,
            session,
            fields,
        } = readable;
        let id = &session.id;
        let la = session.last_activity;
        let known = since.is_some_and(|since| la < since);
        let mut words = self.script(&self.put, *slot, app, name, id);
        words.extend([self.options.dry_run, self.options.force, known].map(flag));
        words.extend(names(app, name, id));
        // The exact end, so the score is never late with any index step: the module corrects the
        // score of a session that has been used since.
        let due = Step::SHORTEST.due(name, &session.life());
        words.extend([la, due].map(|number| number.to_string().into_bytes()));
        words.extend(mark::take_out(fields).map(|field| field.as_bytes().to_vec()));
        words.append(fields);
        Command { slot: *slot, words }
    }

    /// Removes sessions of an app that are unchanged copies, or all of them with `--force`.
    pub(crate) fn remove(&mut self, app: App<'_>, sessions: &[Listed], pass: Pass) -> Result<Vec<Removal>, Failure> {
        let looks = pass == Pass::Look;
        let removing = |Listed { slot, name, id }: &Listed| {
            let mut words = self.script(&self.remove, *slot, app, name, id);
            words.extend([self.options.dry_run || looks, self.options.force && !looks].map(flag));
            words.extend(names(app, name, id));
            words.extend(mark::FIELDS.map(|field| field.as_bytes().to_vec()));
            Command { slot: *slot, words }
        };
        let commands: Vec<_> = sessions.iter().map(removing).collect();
        let answers = self.cluster.run(&commands)?;
        answers.into_iter().map(read_removal).collect()
    }

    /// A script and its keys, which are all in the session's slot.
    fn script(&self, script: &str, slot: Slot, app: App<'_>, name: &StoredName, id: &[u8]) -> Words {
        let keys = self.keys(slot);
        let mut command = words(&format!("EVALSHA {script} 5"));
        let names = [
            keys.session(app, name),
            keys.sessions(app),
            keys.users(app),
            keys.tokens(app, id),
            keys.due(),
        ];
        command.extend(names.map(Name::into_vec));
        command
    }

    fn keys(&self, slot: Slot) -> Keys<'a> {
        Keys::new(self.options.namespace.as_bytes(), Part::Slot(slot))
    }

    /// The entries of an app in all slots, from these positions on; the first positions are those
    /// of `everywhere`.
    pub(crate) fn entries(&mut self, app: App<'_>, places: &[(Slot, Vec<u8>)]) -> Result<Vec<Portion>, Failure> {
        let scan = |(slot, cursor): &(Slot, Vec<u8>)| Command {
            slot: *slot,
            words: zscan(&self.keys(*slot).sessions(app), cursor, PORTION),
        };
        let commands: Vec<_> = places.iter().map(scan).collect();
        let answers = self.cluster.run(&commands)?.into_iter();
        answers
            .map(|answer| {
                refused(&answer)?;
                portion(answer).ok_or_else(|| Failure::new("the cluster's ZSCAN is unreadable"))
            })
            .collect()
    }

    pub(crate) fn everywhere() -> impl Iterator<Item = (Slot, Vec<u8>)> {
        (0..SLOTS).filter_map(|number| Some((Slot::from_number(number)?, b"0".to_vec())))
    }

    /// When the last complete run of an app from this source began, by the source's clock.
    pub(crate) fn last_run(&mut self, app: App<'_>) -> Result<Option<Seconds>, Failure> {
        let mut command = vec![b"HGET".to_vec()];
        command.extend(self.note_place(app));
        Ok(self.run_one(app, command)?.number())
    }

    pub(crate) fn set_last_run(&mut self, app: App<'_>, began: Seconds) -> Result<(), Failure> {
        let mut command = vec![b"HSET".to_vec()];
        command.extend(self.note_place(app));
        command.push(began.to_string().into_bytes());
        self.run_one(app, command).map(|_| ())
    }

    /// Key and field of the note. The field names the source, because an app may be copied from
    /// several servers.
    fn note_place(&self, app: App<'_>) -> [Vec<u8>; 2] {
        let name = self.keys(Slot::of(app.as_bytes())).sessions(app);
        let mut key = name.strip_suffix(b"_sessions").unwrap_or(&name).to_vec();
        key.extend_from_slice(b"COPIED");
        let source = format!("{}/{}", self.options.from.address, self.options.database);
        [key, source.into_bytes()]
    }

    fn run_one(&mut self, app: App<'_>, words: Words) -> Result<Reply, Failure> {
        let slot = Slot::of(app.as_bytes());
        let answer = self
            .cluster
            .run(&[Command { slot, words }])?
            .pop()
            .unwrap_or(Reply::Nil);
        refused(&answer)?;
        Ok(answer)
    }
}

/// The name of a session in both scripts. The sid in a mark only distinguishes sessions, so it is
/// computed from the stored name in either form.
fn names(app: App<'_>, name: &StoredName, id: &[u8]) -> [Vec<u8>; 5] {
    [
        id.to_vec(),
        name.as_bytes().to_vec(),
        name.sid(Storage::Plain).as_bytes().to_vec(),
        session_member(name, id).into_vec(),
        due_member(app, name, id).into_vec(),
    ]
}

fn flag(set: bool) -> Vec<u8> {
    if set { b"1".to_vec() } else { b"0".to_vec() }
}

fn read_put(answer: Reply) -> Result<Put, Failure> {
    match answer.text() {
        Some(b"copied") => Ok(Put::Copied),
        Some(b"updated") => Ok(Put::Updated),
        Some(b"unchanged") => Ok(Put::Unchanged),
        Some(b"kept") => Ok(Put::Kept),
        Some(b"gone") => Ok(Put::Gone),
        _ => refused(&answer).map(|()| Put::Blocked),
    }
}

fn read_removal(answer: Reply) -> Result<Removal, Failure> {
    match answer.text() {
        Some(b"removed") => Ok(Removal::Removed),
        Some(b"kept") => Ok(Removal::Kept),
        Some(b"gone") => Ok(Removal::Gone),
        _ => refused(&answer).map(|()| Removal::Blocked),
    }
}

/// An error of the cluster ends the run, unless it concerns only one key.
fn refused(answer: &Reply) -> Result<(), Failure> {
    match answer.error() {
        Some(error) if !error.contains("WRONGTYPE ") => Err(Failure::answered("the cluster", error)),
        _ => Ok(()),
    }
}
