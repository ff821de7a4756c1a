//! One session of a user: its fields and, if the configuration allows it, its data.

use axum::http::StatusCode;
use axum::response::Response;
use sessions_model::ident::Sid;

use super::frame::{Aftermath, AppBar};
use super::json::indented;
use super::links::{self, Link};
use super::pages::{Data, Details, SessionPage};
use super::rows::{client, end_of};
use super::staff::Visit;
use super::text::{counted, visible};
use super::time::{Moment, span};
use super::trouble::{Trouble, rendered};
use super::user::Sought;
use crate::clock::{Unix, now};
use crate::state::State;
use crate::store::{Command, Failure, Page, Session, Shown};

pub(super) async fn show(
    visit: &Visit,
    state: &State,
    sought: &Sought,
    aftermath: &Aftermath,
) -> Result<Response, Trouble> {
    let Visit { staff, app } = visit;
    let id = sought.id.as_str();
    let sid = sought.sid.trim().to_ascii_lowercase();
    let is_sid = Sid::parse(sid.as_bytes()).is_ok();
    let shown = if state.settings.admin.show_data {
        Shown::WithData
    } else {
        Shown::WithoutData
    };
    let found = match is_sid {
        true => find(app, id, &sid, shown, state).await?,
        false => None,
    };
    let status = match found {
        Some(_) => StatusCode::OK,
        None => StatusCode::NOT_FOUND,
    };
    let page = SessionPage {
        frame: staff.frame(Some(AppBar::sought(app, id, &sid)), aftermath.notice()),
        user: visible(id),
        user_url: links::user(app, id).into_string(),
        session: found.map(|session| details(app, id, &session, shown, now())),
        sid: visible(&sid),
        missing: if is_sid {
            "This user has no session with this sid. The session may have ended, or it has a new token and with it a \
             new sid."
        } else {
            "A sid has 16 characters of 0-9 a-f."
        },
    };
    Ok(rendered(status, &page))
}

/// The session of the id with that sid. With `Shown::WithoutData`, the server does not send the
/// data.
pub(super) async fn find(
    app: &str,
    id: &str,
    sid: &str,
    shown: Shown,
    state: &State,
) -> Result<Option<Session>, Failure> {
    let command = Command::at("SESSIONS.SOID", app, id.as_bytes()).arg("ONLY").arg(sid);
    let first = Page { offset: 0, count: 1 };
    let found = state.store.sessions_of(command, first, shown).await?;
    Ok(found.into_iter().next())
}

fn details(app: &str, id: &str, session: &Session, shown: Shown, now: Unix) -> Details {
    Details {
        client: client(session.ua.as_deref()),
        ip: session.ip.as_deref().map(visible),
        since: session.created.map(|at| Moment::new(at, now)),
        used: Moment::new(now - session.idle, now),
        ends: Moment::new(now + session.remaining(now), now),
        why: why(session, now),
        time_out: match session.no_resave {
            Some(true) => "Use does not extend the session".to_owned(),
            _ => span(session.ttl),
        },
        uses: format!(
            "{}, {}",
            counted(session.r.unsigned_abs(), "read"),
            counted(session.w.unsigned_abs(), "write")
        ),
        data: data(session, shown),
        end_url: end_of(app, id, &session.sid),
        end_others_url: Link::to(app, "/end-others")
            .with("id", id)
            .with("sid", &session.sid)
            .into_string(),
    }
}

/// A sentence about what decides when the session ends.
fn why(session: &Session, now: Unix) -> String {
    let fixed = "whether it is used or not";
    match session.until {
        _ if session.no_resave == Some(true) => fixed.to_owned(),
        Some(until) if until - now <= session.ttl - session.idle => fixed.to_owned(),
        Some(until) => format!("if it is not used; at the latest {}", Moment::new(until, now).date),
        None => "if it is not used".to_owned(),
    }
}

fn data(session: &Session, shown: Shown) -> Data {
    let json = session.data.as_ref().map_or("{}", |data| data.get());
    match (shown, &session.data_text) {
        (Shown::WithoutData, _) => Data::Hidden,
        (Shown::WithData, Some(text)) => Data::Other(visible(text)),
        (Shown::WithData, None) if json == "{}" => Data::Empty,
        (Shown::WithData, None) => Data::Json(indented(json)),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test ends by panicking")]
mod tests {
    use super::*;

    fn session(more: &str) -> Session {
        let json = format!(r#"{{"sid":"81d8ee2d588f4ead","id":"u1","r":1,"w":1,"ttl":100,"idle":40{more}}}"#);
        serde_json::from_str(&json).unwrap()
    }

    #[test]
    fn a_page_says_when_a_session_ends() {
        for (more, expected) in [
            ("", "if it is not used"),
            (r#","no_resave":true"#, "whether it is used or not"),
            (r#","until":1060"#, "whether it is used or not"),
            (
                r#","until":1061"#,
                "if it is not used; at the latest 1970-01-01 00:17:41 UTC",
            ),
        ] {
            assert_eq!(why(&session(more), 1_000), expected, "{more}");
        }
    }

    #[test]
    fn data_is_hidden_unless_it_was_asked_for() {
        let stored = session(r#","d":{"a":1}"#);
        assert!(matches!(data(&stored, Shown::WithoutData), Data::Hidden));
        assert!(matches!(data(&stored, Shown::WithData), Data::Json(text) if text.contains("\"a\": 1")));
        assert!(matches!(data(&session(r#","d":{}"#), Shown::WithData), Data::Empty));
        let other = session(r#","d":{},"d_text":"[1]""#);
        assert!(matches!(data(&other, Shown::WithData), Data::Other(text) if text == "[1]"));
    }
}
