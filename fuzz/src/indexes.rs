//! Checks that there is no hash without its index entries and no entry without its hash. An
//! anonymous session has no entries by id.

use std::collections::BTreeMap;

use sessions::offline::Value;
use sessions_model::alias::Alias;
use sessions_model::ident::{App, Sid};
use sessions_model::index::{Step, score};
use sessions_model::keys::{self, Keys};
use sessions_model::parts::Part;
use sessions_model::session::{Fields, Session};
use sessions_model::stored_name::{Storage, StoredName};

use crate::NAMESPACE;

/// Also checks that every score is the one that `sessions_model::index` computes.
pub(crate) fn assert_indexes_are_in_step(contents: &BTreeMap<Vec<u8>, Value>, step: Step) {
    let keys = Keys::new(NAMESPACE, Part::Whole);
    let scores = |key: &[u8], member: &[u8]| match contents.get(key) {
        Some(Value::SortedSet(set)) => set.get(member).copied(),
        _ => None,
    };
    let (mut entries, mut of_ids) = (0, 0);
    for (name, value) in contents {
        let (Value::Hash(hash), Some((app, of_token))) = (value, app_and_token(name)) else {
            continue;
        };
        let fields = Fields::read(|field| hash.get(field.name().as_bytes()).cloned());
        let Some(session) = Session::from_fields(fields) else {
            let fields: Vec<_> = hash.clone().into_iter().collect();
            assert!(Alias::from_fields(&fields).is_some(), "neither a session nor an alias");
            continue;
        };
        let (la, id) = (session.last_activity, session.id.as_slice());
        let in_sessions = scores(&keys.sessions(app), &keys::session_member(&of_token, id));
        let follows = step.moves_due();
        let step = score(step.seconds());
        assert!(
            in_sessions.is_some_and(|s| s <= score(la) && score(la) < s + step),
            "_sessions"
        );
        let end = score(la + session.ttl);
        let end = session.until.map_or(end, |until| end.min(score(until)));
        let due = scores(&keys.due(), &keys::due_member(app, &of_token, id));
        assert!(
            due.is_some_and(|due| (end <= due || !follows) && due < end + step),
            "SESSIONS"
        );
        entries += 1;
        if id.is_empty() {
            continue;
        }
        assert!(
            scores(&keys.users(app), id).is_some_and(|s| score(la) < s + step),
            "_users"
        );
        let tokens = contents.get(keys.tokens(app, id).as_slice());
        assert!(
            matches!(tokens, Some(Value::Set(set)) if set.contains(of_token.as_bytes())),
            "us"
        );
        of_ids += 1;
    }
    // There are as many entries of each kind as hashes, so no entry is left over.
    let (mut listed, mut due, mut tokens) = (0, 0, 0);
    for (name, value) in contents {
        match value {
            Value::SortedSet(set) if name.as_slice() == keys.due().as_slice() => due += set.len(),
            Value::SortedSet(set) if name.ends_with(b":_sessions") => listed += set.len(),
            Value::SortedSet(set) => {
                let prefix = name.strip_suffix(b"_users").unwrap_or_default();
                let has_tokens = |id: &Vec<u8>| contents.contains_key(&[prefix, b"us:", id].concat());
                assert!(set.keys().all(has_tokens), "an id without sessions");
            }
            Value::Set(set) => tokens += set.len(),
            Value::Hash(_) => {}
            Value::Stream(entries) => entries.iter().for_each(|entry| assert_is_an_entry(entry)),
        }
    }
    assert_eq!((listed, due, tokens), (entries, entries, of_ids));
}

/// Checks that all sessions are stored in one form.
pub(crate) fn assert_all_are_stored(storage: Storage, contents: &BTreeMap<Vec<u8>, Value>) {
    for value in contents.values() {
        let Value::Hash(hash) = value else { continue };
        let fields = Fields::read(|field| hash.get(field.name().as_bytes()));
        assert!(
            !fields.have_owner() || fields.storage() == storage,
            "another form than {storage:?}"
        );
        let [is_plain, is_sealed] = ["to", "sealed"].map(|target| hash.contains_key(target.as_bytes()));
        assert!(
            fields.have_owner() || (is_plain, is_sealed) == (storage == Storage::Plain, storage == Storage::Hashed)
        );
    }
}

/// Checks that this is an audit stream's entry about a user's session, without a token.
fn assert_is_an_entry(entry: &[(String, Vec<u8>)]) {
    let of = |wanted: &str| entry.iter().find(|(name, _)| name == wanted).map(|(_, value)| value);
    let names = ["event", "sid", "id", "ip", "ua", "cause", "old_sid", "old_id"];
    let mut order = names.iter();
    assert!(
        entry.iter().all(|(name, _)| order.any(|next| next == name)),
        "{entry:?}"
    );
    assert!(entry.iter().all(|(_, value)| !value.is_empty()), "{entry:?}");
    assert!(of("id").or(of("old_id")).is_some(), "nobody's");
    for sid in [of("sid"), of("old_sid")].into_iter().flatten() {
        assert!(Sid::parse(sid).is_ok(), "{entry:?}");
    }
    let event = of("event").map(Vec::as_slice);
    assert_eq!(of("cause").is_some(), event == Some(b"kill"), "{entry:?}");
    assert_eq!(of("old_sid").is_some(), event == Some(b"rotate"), "{entry:?}");
}

fn app_and_token(key: &[u8]) -> Option<(App<'_>, StoredName)> {
    let rest = key.strip_prefix(NAMESPACE)?.strip_prefix(b":")?;
    let colon = rest.iter().position(|&byte| byte == b':')?;
    let (app, token) = rest.split_at_checked(colon)?;
    Some((App::parse(app).ok()?, StoredName::parse(token.strip_prefix(b":")?)?))
}
