//! The data for each template. Texts from outside have passed `visible` before, and the templates
//! escape them.

use askama::Template;

use super::frame::Frame;
use super::plot::Plot;
use super::time::Moment;

#[derive(Template)]
#[template(path = "admin/log_in.html")]
pub(super) struct LogIn {
    pub(super) frame: Frame,
    pub(super) refusal: Option<&'static str>,
    /// The requested page, if a link from another site was followed.
    pub(super) again: Option<String>,
    /// The page to show after the log-in.
    pub(super) next: String,
}

#[derive(Template)]
#[template(path = "admin/apps.html")]
pub(super) struct Apps {
    pub(super) frame: Frame,
    pub(super) apps: Vec<ListedApp>,
    /// Whether the key includes apps that the configuration does not name.
    pub(super) may_name_one: bool,
    pub(super) named: String,
    pub(super) wrong_name: bool,
}

pub(super) struct ListedApp {
    pub(super) name: String,
    pub(super) url: String,
    /// The number of sessions; `None`: the server did not return it.
    pub(super) sessions: Option<String>,
}

#[derive(Template)]
#[template(path = "admin/overview.html")]
pub(super) struct Overview {
    pub(super) frame: Frame,
    pub(super) app: String,
    pub(super) sessions: String,
    pub(super) five_minutes: String,
    pub(super) hour: String,
    pub(super) day: String,
    /// The plots of the sessions and of the users.
    pub(super) plots: Option<[Plot; 2]>,
    pub(super) servers: Vec<Server>,
    /// Why `servers` is empty.
    pub(super) servers_unknown: Option<&'static str>,
    pub(super) end_url: String,
}

pub(super) struct Server {
    /// Distinguishes the nodes of a cluster.
    pub(super) port: Option<String>,
    pub(super) version: String,
    pub(super) role: String,
    pub(super) memory: String,
    pub(super) module: String,
    pub(super) backlog: String,
}

/// A session in a list.
pub(super) struct Row {
    pub(super) user: Option<User>,
    pub(super) sid: String,
    /// The session's page; a visitor's session has none.
    pub(super) url: Option<String>,
    pub(super) client: Option<Client>,
    pub(super) ip: Option<String>,
    pub(super) since: Option<Moment>,
    pub(super) used: Moment,
    pub(super) ends: Moment,
    /// The address of the button that ends the session.
    pub(super) end_url: String,
}

/// The user of a session.
pub(super) struct User {
    pub(super) name: String,
    pub(super) url: String,
}

/// The description of a user agent.
pub(super) struct Client {
    /// The browser and the system, or the whole text.
    pub(super) name: String,
    pub(super) user_agent: String,
}

impl Client {
    pub(super) fn is_recognised(&self) -> bool {
        self.name != self.user_agent
    }
}

/// The links to the previous and the next page of a list.
#[derive(Default)]
pub(super) struct Pages {
    pub(super) newer: Option<String>,
    pub(super) older: Option<String>,
}

impl Pages {
    pub(super) fn is_needed(&self) -> bool {
        self.newer.is_some() || self.older.is_some()
    }
}

#[derive(Template)]
#[template(path = "admin/sessions.html")]
pub(super) struct Sessions {
    pub(super) frame: Frame,
    pub(super) app: String,
    /// Which items are shown, of how many.
    pub(super) range: String,
    pub(super) choices: Vec<Choice>,
    pub(super) rows: Vec<Row>,
    /// The text if there are no rows.
    pub(super) empty: &'static str,
    pub(super) pages: Pages,
    /// Why there is no further page.
    pub(super) limit: Option<String>,
}

/// How far a list looks back.
pub(super) struct Choice {
    pub(super) name: &'static str,
    pub(super) url: String,
    pub(super) is_chosen: bool,
}

#[derive(Template)]
#[template(path = "admin/user.html")]
pub(super) struct UserPage {
    pub(super) frame: Frame,
    pub(super) user: String,
    pub(super) summary: String,
    pub(super) rows: Vec<Row>,
    /// The text if there are no rows.
    pub(super) empty: &'static str,
    pub(super) pages: Pages,
    pub(super) end_url: String,
}

#[derive(Template)]
#[template(path = "admin/session.html")]
pub(super) struct SessionPage {
    pub(super) frame: Frame,
    pub(super) user: String,
    pub(super) user_url: String,
    pub(super) sid: String,
    pub(super) session: Option<Details>,
    /// The text if there is no session.
    pub(super) missing: &'static str,
}

pub(super) struct Details {
    pub(super) client: Option<Client>,
    pub(super) ip: Option<String>,
    pub(super) since: Option<Moment>,
    pub(super) used: Moment,
    pub(super) ends: Moment,
    /// What decides when the session ends.
    pub(super) why: String,
    pub(super) time_out: String,
    pub(super) uses: String,
    pub(super) data: Data,
    pub(super) end_url: String,
    pub(super) end_others_url: String,
}

pub(super) enum Data {
    /// The configuration does not allow showing the data.
    Hidden,
    Empty,
    Json(String),
    /// Text that another program has stored in the place of the data.
    Other(String),
}

#[derive(Template)]
#[template(path = "admin/events.html")]
pub(super) struct Events {
    pub(super) frame: Frame,
    pub(super) app: String,
    pub(super) url: String,
    pub(super) summary: String,
    /// The id that the list is filtered by.
    pub(super) of: String,
    pub(super) rows: Vec<EventRow>,
    pub(super) empty: &'static str,
    pub(super) pages: Pages,
}

pub(super) struct EventRow {
    pub(super) at: Moment,
    pub(super) what: &'static str,
    pub(super) user: Option<User>,
    pub(super) sid: String,
    pub(super) client: Option<Client>,
    pub(super) ip: Option<String>,
}

#[derive(Template)]
#[template(path = "admin/problem.html")]
pub(super) struct ProblemPage {
    pub(super) frame: Frame,
    pub(super) title: &'static str,
    pub(super) text: String,
    pub(super) back: &'static str,
}
