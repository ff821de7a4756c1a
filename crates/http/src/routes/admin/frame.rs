//! The frame of every page: the logged-in user, the app, and a message about what has just been
//! done.

use serde::Deserialize;

use super::assets;
use super::links::Link;
use super::text::counted;

/// The part of every template that `layout.html` shows.
#[derive(Clone, Debug)]
pub(super) struct Frame {
    /// The style sheet's address, which changes with its content.
    pub(super) style_sheet: &'static str,
    pub(super) who: Option<Who>,
    pub(super) app: Option<AppBar>,
    pub(super) notice: Option<Notice>,
}

impl Frame {
    /// The frame of a page for a visitor who is not logged in.
    pub(super) fn bare() -> Self {
        Self {
            style_sheet: assets::style_sheet_url(),
            who: None,
            app: None,
            notice: None,
        }
    }

    /// The logged-in user, if they may end sessions.
    pub(super) fn ending(&self) -> Option<&Who> {
        self.who.as_ref().filter(|who| who.may_end)
    }

    pub(super) fn may_end(&self) -> bool {
        self.ending().is_some()
    }

    pub(super) fn is_refused(&self) -> bool {
        self.notice.as_ref().is_some_and(Notice::is_refusal)
    }
}

/// The logged-in user.
#[derive(Clone, Debug)]
pub(super) struct Who {
    /// The key's name.
    pub(super) key: String,
    /// Whether the key has the right to end sessions.
    pub(super) may_end: bool,
    /// The form token that every form sends.
    pub(super) form: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tab {
    Overview,
    Sessions,
    Events,
}

/// The tabs of an app and the search.
#[derive(Clone, Debug)]
pub(super) struct AppBar {
    pub(super) name: String,
    /// The page that is shown; `None`: a page that a search led to.
    pub(super) tab: Option<Tab>,
    pub(super) sought_id: String,
    pub(super) sought_sid: String,
}

impl AppBar {
    pub(super) fn new(name: &str, tab: Tab) -> Self {
        Self {
            name: name.to_owned(),
            tab: Some(tab),
            sought_id: String::new(),
            sought_sid: String::new(),
        }
    }

    pub(super) fn sought(name: &str, id: &str, sid: &str) -> Self {
        Self {
            name: name.to_owned(),
            tab: None,
            sought_id: id.to_owned(),
            sought_sid: sid.to_owned(),
        }
    }

    pub(super) fn overview(&self) -> String {
        Link::to(&self.name, "").into_string()
    }

    pub(super) fn sessions(&self) -> String {
        Link::to(&self.name, "/sessions").into_string()
    }

    pub(super) fn events(&self) -> String {
        Link::to(&self.name, "/events").into_string()
    }

    pub(super) fn user(&self) -> String {
        Link::to(&self.name, "/user").into_string()
    }

    pub(super) fn is_overview(&self) -> bool {
        self.tab == Some(Tab::Overview)
    }

    pub(super) fn is_sessions(&self) -> bool {
        self.tab == Some(Tab::Sessions)
    }

    pub(super) fn is_events(&self) -> bool {
        self.tab == Some(Tab::Events)
    }
}

/// What a form has done, as a value in the query of the next page. The text comes from here, so a
/// link cannot put its own text on the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Done {
    One,
    User,
    Others,
    App,
    /// The typed name is not the app's name.
    WrongName,
    /// The session to be kept does not exist.
    NothingToKeep,
    LoggedOut,
}

const DONE: [(Done, &str); 7] = [
    (Done::One, "one"),
    (Done::User, "user"),
    (Done::Others, "others"),
    (Done::App, "app"),
    (Done::WrongName, "wrong-name"),
    (Done::NothingToKeep, "nothing-to-keep"),
    (Done::LoggedOut, "logged-out"),
];

/// The part of a page's query that says what a form has done.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Aftermath {
    done: Option<String>,
    count: Option<u64>,
}

impl Aftermath {
    pub(super) fn notice(&self) -> Option<Notice> {
        let (done, _) = DONE.into_iter().find(|(_, word)| Some(*word) == self.done.as_deref())?;
        Some(Notice::new(done, self.count.unwrap_or(0)))
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Notice {
    pub(super) text: String,
    done: Done,
}

impl Notice {
    /// `count` is how many sessions were ended.
    pub(super) fn new(done: Done, count: u64) -> Self {
        let ended = counted(count, "session");
        let was = if count == 1 { "was" } else { "were" };
        let text = match (done, count) {
            (Done::WrongName, _) => {
                "The name that was typed is not the name of this app. No session was ended.".to_owned()
            }
            (Done::NothingToKeep, _) => "The session to keep was not found. No session was ended.".to_owned(),
            (Done::LoggedOut, _) => "You are logged out.".to_owned(),
            (Done::One, 0) => "The session had already ended.".to_owned(),
            (Done::One, _) => "The session was ended.".to_owned(),
            (Done::User, _) => format!("{ended} of this user {was} ended."),
            (Done::Others, _) => format!("{ended} of this user {was} ended. The session below was kept."),
            (Done::App, _) => format!("{ended} of this app {was} ended."),
        };
        Self { text, done }
    }

    pub(super) fn is_refusal(&self) -> bool {
        matches!(self.done, Done::WrongName | Done::NothingToKeep)
    }
}

/// The page to show after a form, with what the form has done.
pub(super) fn after(page: Link, done: Done, count: u64) -> String {
    let word = DONE
        .into_iter()
        .find(|(it, _)| *it == done)
        .map_or("", |(_, word)| word);
    page.with("done", word).with("count", &count.to_string()).into_string()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test ends by panicking")]
mod tests {
    use super::*;

    fn aftermath(done: Option<&str>, count: Option<u64>) -> Aftermath {
        Aftermath {
            done: done.map(str::to_owned),
            count,
        }
    }

    #[test]
    fn a_page_says_what_a_form_has_done_and_how_often() {
        for (done, count, expected) in [
            (Done::One, 1, "The session was ended."),
            (Done::One, 0, "The session had already ended."),
            (Done::User, 1, "1 session of this user was ended."),
            (Done::User, 1_234, "1,234 sessions of this user were ended."),
            (
                Done::Others,
                2,
                "2 sessions of this user were ended. The session below was kept.",
            ),
            (Done::App, 0, "0 sessions of this app were ended."),
        ] {
            let url = after(Link::to("webapp", ""), done, count);
            let query = url.split_once("?done=").unwrap().1;
            let (word, number) = query.split_once("&count=").unwrap();
            let notice = aftermath(Some(word), number.parse().ok()).notice().unwrap();
            assert_eq!(notice.text, expected);
            assert!(!notice.is_refusal());
        }
    }

    #[test]
    fn a_link_cannot_put_a_text_on_the_page() {
        for word in [None, Some(""), Some("One"), Some("<b>"), Some("call 0123456")] {
            assert_eq!(aftermath(word, Some(1)).notice(), None);
        }
    }
}
