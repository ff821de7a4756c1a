//! A session as these routes show it: the properties of rest-sessions, in its order.

use super::javascript::{self, Object};
use crate::store::{Failure, Session};

fn write(session: &Session, text: &mut String) {
    let Session { r, w, ttl, idle, .. } = session;
    text.push_str("{\"id\":");
    // rest-sessions shows an empty id for an anonymous session.
    javascript::write_string(session.id.as_deref().unwrap_or_default(), text);
    text.push_str(&format!(",\"r\":{r},\"w\":{w},\"ttl\":{ttl},\"idle\":{idle},\"ip\":"));
    match &session.ip {
        Some(ip) => javascript::write_string(ip, text),
        None => text.push_str("null"),
    }
    if session.no_resave == Some(true) {
        text.push_str(",\"no_resave\":true");
    }
    let data = session.data.as_ref().map_or("{}", |data| data.get());
    let data: Object<'_> = serde_json::from_str(data).unwrap_or_default();
    if !data.is_empty() {
        text.push_str(",\"d\":");
        data.write(text);
    }
    text.push('}');
}

/// One session; `{}` if there is none.
pub(super) fn one(reply: Option<Vec<u8>>) -> Result<String, Failure> {
    let Some(reply) = reply else { return Ok("{}".into()) };
    let session = serde_json::from_slice(&reply).map_err(|_| Failure::Unexpected)?;
    let mut text = String::with_capacity(reply.len());
    write(&session, &mut text);
    Ok(text)
}

/// Sessions of one or more nodes, those that were used last first.
pub(super) fn list(replies: &[Vec<u8>]) -> Result<String, Failure> {
    let mut sessions: Vec<Session> = Vec::new();
    for reply in replies {
        let of_node: Vec<Session> = serde_json::from_slice(reply).map_err(|_| Failure::Unexpected)?;
        sessions.extend(of_node);
    }
    if replies.len() > 1 {
        sessions.sort_by_key(|session| session.idle);
    }
    let mut text = String::from("{\"sessions\":[");
    for (at, session) in sessions.iter().enumerate() {
        if at > 0 {
            text.push(',');
        }
        write(session, &mut text);
    }
    text.push_str("]}");
    Ok(text)
}
