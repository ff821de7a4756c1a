//! The audit stream of an app: which events of its sessions are recorded, and the fields of an
//! entry.
//!
//! An entry names a session by its sid and contains neither a token nor data. Events of visitors'
//! sessions are not recorded, because robots would fill the stream with them. But it is recorded
//! when a session gets a user or loses its user. A command that makes or moves a session checks the
//! stream's type with its other keys, before it writes. The end of a session must not depend on the
//! stream: the session ends without an entry if necessary.

use super::host::Tally;
use super::keyspace::{StreamKey, WrongType};
use super::removal::{Hash, Target};
use super::{Backend, Store, Use};
use sessions_model::ident::{App, Ip, Owner, Sid, Token, UserAgent};
use sessions_model::keys::Name;
use sessions_model::session::Session;

/// Why a live session is ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    Kill,
    KillOfId,
    KillOfApp,
    /// The id got another session and has no room for this one.
    Max,
}

impl Cause {
    const fn name(self) -> &'static str {
        match self {
            Self::Kill => "kill",
            Self::KillOfId => "killsoid",
            Self::KillOfApp => "killall",
            Self::Max => "max",
        }
    }
}

/// What has happened to a session.
#[derive(Clone, Copy, Debug)]
pub(super) enum Happening<'e> {
    Created,
    /// The session had this token and this owner before.
    Rotated {
        old_sid: Sid,
        old_id: &'e [u8],
    },
    Killed(Option<Cause>),
    Expired,
}

impl Happening<'_> {
    const fn name(self) -> &'static str {
        match self {
            Self::Created => "create",
            Self::Rotated { .. } => "rotate",
            Self::Killed(_) => "kill",
            Self::Expired => "expire",
        }
    }
}

/// An event of a session. The session is described as it is after the event, or as it was at its
/// end.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry<'e> {
    pub(super) happening: Happening<'e>,
    pub(super) sid: Sid,
    /// Empty: the session is anonymous.
    pub(super) id: &'e [u8],
    pub(super) ip: Option<&'e [u8]>,
    pub(super) user_agent: Option<&'e [u8]>,
}

impl Entry<'_> {
    /// The fields that are known.
    fn fields(&self) -> Vec<(&'static str, &[u8])> {
        let is_known = |text: &&[u8]| !text.is_empty();
        let (cause, old_sid, old_id) = match &self.happening {
            Happening::Rotated { old_sid, old_id } => (None, Some(old_sid.as_bytes()), Some(*old_id)),
            Happening::Killed(cause) => (cause.map(Cause::name), None, None),
            Happening::Created | Happening::Expired => (None, None, None),
        };
        let fields = [
            ("event", Some(self.happening.name().as_bytes())),
            ("sid", Some(self.sid.as_bytes())),
            ("id", Some(self.id).filter(is_known)),
            ("ip", self.ip),
            ("ua", self.user_agent),
            ("cause", cause.map(str::as_bytes)),
            ("old_sid", old_sid),
            ("old_id", old_id.filter(is_known)),
        ];
        let mut given = Vec::with_capacity(fields.len());
        given.extend(fields.into_iter().filter_map(|(name, value)| Some((name, value?))));
        given
    }
}

/// An app's audit stream, open.
struct Audit<'a, K: Backend> {
    backend: &'a K,
    key: Name,
    stream: K::Stream,
    length: u64,
}

impl<K: Backend> Audit<'_, K> {
    fn enter(&mut self, entry: &Entry<'_>) {
        if self.stream.append(&entry.fields(), self.length) {
            self.backend.tally(Tally::Audited);
        } else {
            self.backend.not_audited(&self.key);
        }
    }
}

impl<K: Backend> Store<'_, K> {
    pub(super) const fn is_audited(&self) -> bool {
        self.rules.audit_length.is_some()
    }

    /// Fails if an event of a session that belongs or belonged to one of these ids cannot be
    /// recorded because the stream's key has another type.
    pub(super) fn check_audit(&self, app: App<'_>, ids: &[&[u8]]) -> Result<(), WrongType> {
        self.open_audit(app, ids).map(drop)
    }

    /// Opens the stream for such an event. `None`: such events are not recorded.
    fn open_audit(&self, app: App<'_>, ids: &[&[u8]]) -> Result<Option<Audit<'_, K>>, WrongType> {
        let Some(length) = self.rules.audit_length else {
            return Ok(None);
        };
        if ids.iter().all(|id| id.is_empty()) {
            return Ok(None);
        }
        let key = self.keys.audit(app);
        Ok(Some(Audit {
            stream: self.backend.stream(&key)?,
            backend: self.backend,
            key,
            length,
        }))
    }

    /// The same for an event that has happened and is recorded if possible.
    fn open_audit_if_possible(&self, app: App<'_>, ids: &[&[u8]]) -> Option<Audit<'_, K>> {
        self.open_audit(app, ids).unwrap_or_else(|WrongType| {
            self.backend.not_audited(&self.keys.audit(app));
            None
        })
    }

    /// Records the creation of a session.
    pub(super) fn audit_creation(&self, app: App<'_>, token: &Token, session: &Session<&[u8]>) {
        if let Some(mut audit) = self.open_audit_if_possible(app, &[session.id]) {
            audit.enter(&Entry {
                happening: Happening::Created,
                sid: token.sid(),
                id: session.id,
                ip: session.ip,
                user_agent: session.user_agent,
            });
        }
    }

    /// Records that a use has given a session another token or owner.
    pub(super) fn audit_move<B: AsRef<[u8]>>(
        &self,
        app: App<'_>,
        (old_token, old): (&Token, &Session<B>),
        token: &Token,
        usage: &Use<'_>,
    ) {
        let (old_id, client) = (old.id.as_ref(), &usage.client);
        let id = usage.owner.map_or(old_id, Owner::as_bytes);
        let Some(mut audit) = self.open_audit_if_possible(app, &[old_id, id]) else {
            return;
        };
        audit.enter(&Entry {
            happening: Happening::Rotated {
                old_sid: old_token.sid(),
                old_id,
            },
            sid: token.sid(),
            id,
            ip: match &client.ip {
                Some(new) => new.map(Ip::as_bytes),
                None => old.ip.as_ref().map(AsRef::as_ref),
            },
            user_agent: match &client.user_agent {
                Some(new) => new.as_ref().map(UserAgent::as_bytes),
                None => old.user_agent.as_ref().map(AsRef::as_ref),
            },
        });
    }

    /// Records the end of sessions. The cause applies to the live ones.
    pub(super) fn audit_ends(&self, app: App<'_>, gone: &[Target], cause: Option<Cause>) {
        if !self.is_audited() {
            return;
        }
        let ids: Vec<_> = gone
            .iter()
            .filter(|gone| gone.is_session())
            .map(|gone| &*gone.id)
            .collect();
        let Some(mut audit) = self.open_audit_if_possible(app, &ids) else {
            return;
        };
        for gone in gone.iter().filter(|gone| !gone.id.is_empty()) {
            let happening = match gone.hash {
                Hash::Session { live: true, .. } => Happening::Killed(cause),
                Hash::Session { live: false, .. } => Happening::Expired,
                Hash::Broken | Hash::NotIts => continue,
            };
            audit.enter(&Entry {
                happening,
                sid: gone.name.sid(gone.storage),
                id: &gone.id,
                ip: gone.ip.as_deref(),
                user_agent: gone.user_agent.as_deref(),
            });
        }
    }
}
