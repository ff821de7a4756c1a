//! Checks of the replies that clients read.

use std::collections::BTreeMap;

use sessions::offline::{Reply, SessionReply};
use sessions_model::error::Error;
use sessions_model::ident::Token;

/// Checks that an error is one line with a code and a text. An internal error would be a bug.
pub(crate) fn assert_is_an_error(error: &Error) {
    let text = error.to_string();
    assert_ne!(*error, Error::Internal);
    let (code, _) = text.split_once(' ').unwrap_or_default();
    assert!(
        !code.is_empty() && code.chars().all(|c| c.is_ascii_uppercase()),
        "{text}"
    );
    assert!(text.is_ascii() && !text.contains(char::is_control), "{text}");
}

/// Checks that no reply counts or lists more than there was.
pub(crate) fn assert_is_a_reply(reply: &Reply, keys: usize) {
    match reply {
        Reply::Null | Reply::Lines(_) => {}
        Reply::Integer(count) => {
            let most = i64::try_from(keys).unwrap_or(i64::MAX);
            assert!((0..=most).contains(count), "{count} of {keys} keys");
        }
        Reply::Token(token) => assert_eq!(Token::parse(token.as_bytes()), Some(*token)),
        Reply::Session(session) => assert_is_a_session(session),
        Reply::Sessions(list) => {
            assert!(list.len() <= keys, "{} of {keys} keys", list.len());
            list.iter().for_each(assert_is_a_session);
        }
        Reply::Ids(ids) => assert!(ids.len() <= keys, "{} of {keys} keys", ids.len()),
    }
}

/// Checks that JSON replies have `d`, even without data.
pub(crate) fn assert_data_is_shown(reply: &Reply) {
    let shown = match reply {
        Reply::Session(session) => std::slice::from_ref(session),
        Reply::Sessions(list) => list,
        _ => &[],
    };
    for SessionReply { json, .. } in shown {
        assert!(json.contains("\"d\":{"), "{json}");
    }
}

/// Checks that a session has as many fields as the reply announces, and that strict JSON parsers
/// find the same fields in its JSON.
fn assert_is_a_session(session: &SessionReply) {
    assert_eq!(session.fields.len(), session.announced);
    let json = &session.json;
    let parsed: Result<BTreeMap<String, serde_json::Value>, _> = serde_json::from_str(json);
    let Ok(fields) = parsed else {
        panic!("a strict reader refuses {json}");
    };
    assert!(fields.get("d").is_none_or(serde_json::Value::is_object), "{json}");
    for (name, _) in &session.fields {
        assert!(fields.contains_key(name), "no {name} in {json}");
    }
}
