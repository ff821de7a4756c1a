//! A visitor's device: a browser with one cookie for all parts of the site.

use super::{PARTS, Site};
use crate::frameworks::Cookie;
use crate::harness::{percent_encoded, sid_of};
use serde_json::{Map, Value};

/// Keys that frameworks store in a session for themselves begin with these words or with `_`.
const OWN: [&str; 4] = ["cookie", "passport", "user", "login_"];

#[derive(Clone)]
pub(super) struct Device<'site> {
    pub(super) site: &'site Site,
    pub(super) cookie: Cookie,
}

impl<'site> Device<'site> {
    pub(super) fn of(site: &'site Site) -> Device<'site> {
        let cookie = Cookie::default();
        Device { site, cookie }
    }

    /// Opens a page of a part of the site, and keeps the cookie that it sets.
    #[track_caller]
    pub(super) fn open(&mut self, part: &str, page: &str) -> Value {
        let request = self.site.front.get(&format!("/{part}/{page}"));
        let response = self.cookie.of(request.header("User-Agent", "test")).send();
        assert_eq!(response.status(), 200, "/{part}/{page}: {response:?}");
        for line in response.all("set-cookie") {
            let (pair, attributes) = line.split_once(';').unwrap_or((line, ""));
            let value = pair.strip_prefix("sid=");
            let value = value.unwrap_or_else(|| panic!("/{part}/{page} sets another cookie: {line}"));
            assert!(attributes.to_lowercase().contains("path=/"), "{line}");
            let is_removed = matches!(value, "" | "\"\"") || attributes.to_lowercase().contains("max-age=0");
            self.cookie.0 = Some(value.to_owned()).filter(|_| !is_removed);
        }
        response.json()
    }

    /// The session's data in this part of the site, without the frameworks' own keys.
    #[track_caller]
    pub(super) fn read(&mut self, part: &str) -> Value {
        shared(self.open(part, "read"))
    }

    #[track_caller]
    pub(super) fn set(&mut self, part: &str, changes: &Value) {
        let data = percent_encoded(&changes.to_string());
        self.open(part, &format!("set?data={data}"));
    }

    #[track_caller]
    pub(super) fn log_in(&mut self, part: &str, user: &str) {
        self.open(part, &format!("login?user={user}"));
    }

    /// Logs out the user's other devices; returns how many.
    #[track_caller]
    pub(super) fn end_others(&mut self, part: &str) -> Value {
        self.open(part, "others")["ended"].clone()
    }

    /// The session that is stored, as the server's JSON.
    #[track_caller]
    pub(super) fn stored(&self) -> Value {
        let token = self.cookie.token();
        let reply = self
            .site
            .server
            .client()
            .run(&["SESSIONS.PEEK", "webapp", &token, "JSON"]);
        serde_json::from_str(reply.text()).expect("a session in JSON")
    }

    /// Checks that each part has this data in the session, that `/auth` names the session's user,
    /// and that reading writes nothing. Two frameworks write once because they store something in
    /// every session: Fastify the cookie's attributes, Laravel a token against forged forms.
    #[track_caller]
    pub(super) fn assert_everywhere(&self, user: &str, data: &Value, why: &str) {
        for part in ["fastify", "laravel"] {
            self.clone().read(part);
        }
        let before = self.stored()["w"].clone();
        for part in PARTS {
            assert_eq!(&self.clone().read(part), data, "{part}, {why}");
        }
        assert_eq!(self.stored()["w"], before, "{why}");
        let told = self.cookie.of(self.site.service.get("/auth/webapp")).send();
        assert_eq!(told.header("x-session-user"), Some(user), "{why}: {told:?}");
        let sid = sid_of(&self.cookie.token());
        assert_eq!(told.header("x-session-id"), Some(sid.as_str()), "{why}");
    }

    /// Checks that the cookie opens no session in these parts. Laravel, the last one, begins
    /// another session under the same cookie.
    #[track_caller]
    pub(super) fn assert_nowhere(&self, parts: &[&str], why: &str) {
        let told = self.cookie.of(self.site.service.get("/auth/webapp")).send();
        assert_eq!(told.status(), 401, "{why}");
        for part in parts {
            let seen = self.clone().read(part);
            assert_eq!(seen, Value::Object(Map::new()), "{part}, {why}");
        }
    }
}

pub(super) fn shared(seen: Value) -> Value {
    let Value::Object(mut members) = seen else {
        panic!("{seen}")
    };
    members.retain(|name, _| !(name.starts_with('_') || OWN.iter().any(|own| name.starts_with(own))));
    Value::Object(members)
}
