//! Sessions as any program may have stored them.

use std::collections::BTreeSet;

use sessions::offline::{COMMANDS, Database, Reply, Value};
use sessions_model::ident::App;
use sessions_model::index::Step;
use sessions_model::keys::Keys;
use sessions_model::parts::Part;
use sessions_model::session::{Field, Fields, Seconds, Session, Terms};
use sessions_model::stored_name::{Storage, StoredName};

use crate::replies::{assert_is_a_reply, assert_is_an_error};
use crate::{BETWEEN_PARTS, NAMESPACE, START, STEPS, database};

/// In the place of a field: the hash does not have that field.
const NO_FIELD: &[u8] = &[0xFE];
const APP: &[u8] = b"web";
/// The data that SAVE stores in the place of the old data.
const SAVED: &[u8] = b"{\"n\":null}";

/// The input has the fields of a hash, in their order.
pub fn stored_fields(input: &[u8]) {
    let mut parts = input.split(|&byte| byte == BETWEEN_PARTS);
    let mut given = Vec::new();
    let fields = Fields::read(|field| {
        let value = parts.next().filter(|&value| value != NO_FIELD);
        given.extend(value.map(|value| (field, value)));
        value
    });
    let token = StoredName::parse(&[b'a' + input.len() as u8 % 26; 64]).expect("64 letters");
    let is_hashed = given.iter().any(|(field, _)| *field == Field::Hashed);
    let stored = Stored::new(token, given.into_iter());
    let Some(session) = Session::from_fields(fields) else {
        assert!(stored.peek(START).is_none());
        if !is_hashed {
            stored.assert_save_starts_empty();
        }
        return;
    };
    let life = session.life();
    for now in [i64::MIN, 0, START, session.last_activity, i64::MAX] {
        let live = life.is_live(now);
        for step in STEPS {
            let due = step.due(&token, &life);
            assert!(!live || due >= now, "the wipe would come early: {due} before {now}");
            step.is_left(&token, session.last_activity, now);
        }
        assert!(life.idle(now) >= 0);
        let after = life.used(now, &Terms::default());
        assert!(after.last_activity >= session.last_activity.max(now));
        assert_eq!(
            after.used(now, &Terms::default()),
            after,
            "a second use in the same second changes nothing"
        );
        if live {
            assert!(life.ttl_shown(now) >= 0);
            assert!(after.is_live(now), "a use ended it");
        }
        let is_found = stored.peek(now).is_some();
        assert_eq!(is_found, live && session.storage == Storage::Plain);
        if !session.is_anonymous() {
            assert_eq!(stored.list(session.id, now), usize::from(live));
        }
    }
    if is_hashed {
        return;
    }
    if life.is_live(START) {
        assert_eq!(stored.save(), 1);
        let reply = stored.peek(START).expect("a use ended it");
        assert_eq!(data_of(&reply), Some(SAVED));
    } else {
        stored.assert_save_starts_empty();
    }
}

fn data_of(reply: &Reply) -> Option<&[u8]> {
    let Reply::Session(session) = reply else { return None };
    let found = session.fields.iter().find(|(name, _)| name == "d");
    found.map(|(_, data)| data.as_slice())
}

/// A session that another program has stored, in its own app.
pub(crate) struct Stored {
    database: Database,
    token: StoredName,
}

impl Stored {
    pub(crate) fn new<'a>(token: StoredName, fields: impl Iterator<Item = (Field, &'a [u8])>) -> Self {
        let database = database(Step::DEFAULT);
        let keys = Keys::new(NAMESPACE, Part::Whole);
        let app = App::parse(APP).expect("an app");
        let named = fields.map(|(field, value)| (field.name().as_bytes().to_vec(), value.to_vec()));
        let hash: std::collections::BTreeMap<_, _> = named.collect();
        let owner = [Field::Hashed, Field::Id].map(|field| hash.get(field.name().as_bytes()));
        if let Some(id) = owner.into_iter().flatten().next() {
            let tokens = BTreeSet::from([token.as_bytes().to_vec()]);
            database.put(&keys.tokens(app, id), Value::Set(tokens));
        }
        database.put(&keys.session(app, &token), Value::Hash(hash));
        Self { database, token }
    }

    /// The reply of PEEK, if it is a session.
    pub(crate) fn peek(&self, now: Seconds) -> Option<Reply> {
        let reply = self.run("SESSIONS.PEEK", &[APP, self.token.as_bytes()], now);
        (!matches!(reply, Reply::Null)).then_some(reply)
    }

    /// How many sessions SOID lists.
    fn list(&self, id: &[u8], now: Seconds) -> usize {
        match self.run("SESSIONS.SOID", &[APP, id, b"WITHTOKENS"], now) {
            Reply::Sessions(list) => list.len(),
            other => panic!("{other:?} is no list"),
        }
    }

    /// What SAVE returns, given no options.
    fn save(&self) -> i64 {
        match self.run("SESSIONS.SAVE", &[APP, self.token.as_bytes(), SAVED], START) {
            Reply::Integer(saved) => saved,
            other => panic!("{other:?} is no number"),
        }
    }

    /// Checks that SAVE creates a session that has nothing of the stored one.
    fn assert_save_starts_empty(&self) {
        assert_eq!(self.save(), 2);
        let key = Keys::new(NAMESPACE, Part::Whole).session(App::parse(APP).expect("an app"), &self.token);
        let contents = self.database.contents();
        let Some(Value::Hash(hash)) = contents.get(key.as_slice()) else {
            panic!("no session");
        };
        let start = START.to_string();
        let wanted: [(&str, &[u8]); 7] = [
            ("created", start.as_bytes()),
            ("d", SAVED),
            ("id", b""),
            ("la", start.as_bytes()),
            ("r", b"1"),
            ("ttl", b"7200"),
            ("w", b"1"),
        ];
        let found = hash.iter().map(|(name, value)| (name.as_slice(), value.as_slice()));
        assert!(
            found.eq(wanted.map(|(name, value)| (name.as_bytes(), value))),
            "{hash:?}"
        );
    }

    fn run(&self, name: &str, arguments: &[&[u8]], now: Seconds) -> Reply {
        let command = COMMANDS.iter().find(|command| command.name == name).expect(name);
        match command.run(&self.database, arguments, now) {
            Ok(reply) => {
                assert_is_a_reply(&reply, self.database.contents().len());
                reply
            }
            Err(error) => {
                assert_is_an_error(&error);
                panic!("{name} returns {error}");
            }
        }
    }
}
