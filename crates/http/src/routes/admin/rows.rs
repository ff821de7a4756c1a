//! Sessions as the pages show them.

use super::browser::browser_and_system;
use super::links::{self, Link};
use super::pages::{Client, Row, User};
use super::text::{number, visible};
use super::time::Moment;
use crate::clock::Unix;
use crate::store::Session;

pub(super) fn row(app: &str, session: &Session, now: Unix) -> Row {
    let id = session.id.as_deref();
    Row {
        user: id.map(|id| user(app, id)),
        url: id.map(|id| links::session(app, id, &session.sid).into_string()),
        end_url: end_of(app, id.unwrap_or_default(), &session.sid),
        sid: session.sid.clone(),
        client: client(session.ua.as_deref()),
        ip: session.ip.as_deref().map(visible),
        since: session.created.map(|at| Moment::new(at, now)),
        used: Moment::new(now - session.idle, now),
        ends: Moment::new(now + session.remaining(now), now),
    }
}

pub(super) fn user(app: &str, id: &str) -> User {
    User {
        name: visible(id),
        url: links::user(app, id).into_string(),
    }
}

/// Which items are shown, of how many. The total may count sessions that have timed out and are not
/// removed yet.
pub(super) fn range(offset: usize, shown: usize, total: u64) -> String {
    let end = offset + shown;
    if shown == 0 {
        return String::new();
    }
    let (first, last) = (number(offset as u64 + 1), number(end as u64));
    format!(
        "{first} to {last} of {}, most recently used first",
        number(total.max(end as u64))
    )
}

/// `None`: the user agent is not known.
pub(super) fn client(user_agent: Option<&str>) -> Option<Client> {
    let user_agent = user_agent.filter(|text| !text.is_empty())?;
    let shown = visible(user_agent);
    Some(Client {
        name: browser_and_system(user_agent).unwrap_or_else(|| shown.clone()),
        user_agent: shown,
    })
}

/// The address of the button that ends a session.
pub(super) fn end_of(app: &str, id: &str, sid: &str) -> String {
    Link::to(app, "/end-session")
        .with("id", id)
        .with("sid", sid)
        .into_string()
}
