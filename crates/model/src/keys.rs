//! Every key name and index member. No other module contains key names.
//!
//! | key | type | content |
//! |---|---|---|
//! | `{namespace}:{app}:{token}` | hash | the session |
//! | `{namespace}:{app}:_sessions` | sorted set | `{token}:{id}`, score last activity |
//! | `{namespace}:{app}:_users` | sorted set | `{id}`, score last activity of any of its sessions |
//! | `{namespace}:{app}:us:{id}` | set | tokens |
//! | `{namespace}:{app}:_audit` | stream | events of the sessions, if they are recorded |
//! | `{namespace}:SESSIONS` | sorted set | `{app}:{token}:{id}`, score: when the cleanup pass checks the session |
//!
//! The id of an anonymous session is empty; the session is in no `us:` set and not in `_users`.
//!
//! `{token}` is the [stored name](crate::stored_name), which differs from the token if tokens are
//! hashed. redis-sessions 4.0.0 uses the same names. In a cluster each slot has its own indexes:
//! the slot's tag, in braces, precedes the last part of every name, as in
//! `{namespace}:{app}:{3Ab}:_users`.

use crate::ident::{App, TOKEN_LENGTH};
use crate::slot::{Slot, TAG_LENGTH};
use crate::stored_name::StoredName;

use smallvec::SmallVec;

use crate::parts::Part;

/// A key name or an index member. Most of them fit into this type without an allocation.
pub type Name = SmallVec<[u8; 128]>;

/// Makes the key names of one namespace and part.
#[derive(Clone, Copy, Debug)]
pub struct Keys<'a> {
    namespace: &'a [u8],
    tag: Option<[u8; TAG_LENGTH + 2]>,
}

impl<'a> Keys<'a> {
    pub fn new(namespace: &'a [u8], part: Part) -> Self {
        let tag = match part {
            Part::Whole => None,
            Part::Slot(slot) => Some(in_braces(slot)),
        };
        Self { namespace, tag }
    }

    /// The hash of one session.
    pub fn session(&self, app: App<'_>, name: &StoredName) -> Name {
        self.name(Some(app), &[name.as_bytes()])
    }

    /// All sessions of an app by last activity.
    pub fn sessions(&self, app: App<'_>) -> Name {
        self.name(Some(app), &[b"_sessions"])
    }

    /// All ids of an app by last activity.
    pub fn users(&self, app: App<'_>) -> Name {
        self.name(Some(app), &[b"_users"])
    }

    /// The audit stream of an app.
    pub fn audit(&self, app: App<'_>) -> Name {
        self.name(Some(app), &[b"_audit"])
    }

    /// The tokens of one id.
    pub fn tokens(&self, app: App<'_>, id: &[u8]) -> Name {
        self.name(Some(app), &[b"us", id])
    }

    /// All sessions of all apps, by the time when the cleanup pass checks them.
    pub fn due(&self) -> Name {
        self.name(None, &[b"SESSIONS"])
    }

    fn name(&self, app: Option<App<'_>>, rest: &[&[u8]]) -> Name {
        let app = app.map(App::as_bytes);
        let tag = self.tag.as_ref().map(|tag| tag.as_slice());
        let parts = [Some(self.namespace), app, tag].into_iter().flatten();
        let mut name = Name::new();
        for part in parts {
            name.extend_from_slice(part);
            name.push(b':');
        }
        for (position, part) in rest.iter().enumerate() {
            if position > 0 {
                name.push(b':');
            }
            name.extend_from_slice(part);
        }
        name
    }

    /// The channel on which redis-sessions' client-side caches listen.
    pub fn cache_channel(&self) -> Name {
        joined(&[self.namespace, b"cache"])
    }
}

/// A member of an app's `_sessions`.
pub fn session_member(name: &StoredName, id: &[u8]) -> Name {
    joined(&[name.as_bytes(), id])
}

/// A member of `SESSIONS`.
pub fn due_member(app: App<'_>, name: &StoredName, id: &[u8]) -> Name {
    joined(&[app.as_bytes(), name.as_bytes(), id])
}

/// What is published on the cache channel.
pub fn cache_message(app: App<'_>, name: &StoredName) -> Name {
    joined(&[app.as_bytes(), name.as_bytes()])
}

/// Splits a member of `_sessions`. An id may contain colons, and is empty for an anonymous session.
/// `None`: not a member that the module writes.
pub fn parse_session_member(member: &[u8]) -> Option<(StoredName, &[u8])> {
    let (name, rest) = member.split_at_checked(TOKEN_LENGTH)?;
    Some((StoredName::parse(name)?, rest.strip_prefix(b":")?))
}

/// Splits a member of `SESSIONS`. `None`: not a member that the module writes.
pub fn parse_due_member(member: &[u8]) -> Option<(App<'_>, StoredName, &[u8])> {
    let colon = member.iter().position(|&b| b == b':')?;
    let (app, rest) = member.split_at_checked(colon)?;
    let (name, id) = parse_session_member(rest.strip_prefix(b":")?)?;
    Some((App::parse(app).ok()?, name, id))
}

/// The slot's tag in braces, as in key names, which puts a key into the slot.
pub fn in_braces(slot: Slot) -> [u8; TAG_LENGTH + 2] {
    let [a, b, c] = slot.tag();
    [b'{', a, b, c, b'}']
}

fn joined(parts: &[&[u8]]) -> Name {
    let mut name = Name::new();
    for (position, part) in parts.iter().enumerate() {
        if position > 0 {
            name.push(b':');
        }
        name.extend_from_slice(part);
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_those_of_redis_sessions() {
        let keys = Keys::new(b"rs", Part::Whole);
        let app = App::parse(b"web").unwrap();
        let name = StoredName::parse(&[b'a'; 64]).unwrap();
        let a = "a".repeat(64);
        for (key, expected) in [
            (keys.session(app, &name), format!("rs:web:{a}")),
            (keys.sessions(app), "rs:web:_sessions".to_owned()),
            (keys.users(app), "rs:web:_users".to_owned()),
            (keys.tokens(app, b"x:y"), "rs:web:us:x:y".to_owned()),
            (keys.audit(app), "rs:web:_audit".to_owned()),
            (keys.due(), "rs:SESSIONS".to_owned()),
            (keys.cache_channel(), "rs:cache".to_owned()),
        ] {
            assert_eq!(String::from_utf8(key.into_vec()).unwrap(), expected);
        }
    }

    #[test]
    fn in_a_cluster_all_keys_of_a_slot_are_in_that_slot() {
        let slot = Slot::from_number(12_182).unwrap();
        let tag = String::from_utf8(in_braces(slot).to_vec()).unwrap();
        let keys = Keys::new(b"rs", Part::Slot(slot));
        let app = App::parse(b"web").unwrap();
        let name = StoredName::parse(&[b'a'; 64]).unwrap();
        let a = "a".repeat(64);
        for (key, expected) in [
            (keys.session(app, &name), format!("rs:web:{tag}:{a}")),
            (keys.sessions(app), format!("rs:web:{tag}:_sessions")),
            (keys.users(app), format!("rs:web:{tag}:_users")),
            (keys.tokens(app, b"x{y}"), format!("rs:web:{tag}:us:x{{y}}")),
            (keys.due(), format!("rs:{tag}:SESSIONS")),
        ] {
            assert_eq!(Slot::of(&key), slot);
            assert_eq!(String::from_utf8(key.into_vec()).unwrap(), expected);
        }
    }

    #[test]
    fn members_split_at_the_first_colons_only() {
        let name = StoredName::parse(&[b'a'; 64]).unwrap();
        let member = session_member(&name, b"x:y:z");
        assert_eq!(parse_session_member(&member), Some((name, &b"x:y:z"[..])));
        let app = App::parse(b"web").unwrap();
        let member = due_member(app, &name, b"x:y:z");
        assert_eq!(parse_due_member(&member), Some((app, name, &b"x:y:z"[..])));
        let anonymous = session_member(&name, b"");
        assert_eq!(anonymous.last(), Some(&b':'));
        assert_eq!(parse_session_member(&anonymous), Some((name, &b""[..])));
    }

    #[test]
    fn rubbish_is_not_a_member() {
        let a = "a".repeat(64);
        for rubbish in [String::new(), a.clone(), format!("{a}x:id"), format!("{}-:id", &a[1..])] {
            assert_eq!(parse_session_member(rubbish.as_bytes()), None, "{rubbish}");
            let due = format!("web:{rubbish}");
            assert_eq!(parse_due_member(due.as_bytes()), None, "{due}");
        }
        let without_app = format!(":{a}:id");
        assert_eq!(parse_due_member(without_app.as_bytes()), None);
    }
}
