//! Finds the route for the method and the path of a request.

use axum::http::Method;

use super::query::decoded;
use super::refusal::Refusal;
use crate::keys::Right;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Route {
    Ping,
    Activity,
    Create,
    Get,
    Set,
    Soapp,
    Soid,
    Kill,
    Killsoid,
    Killall,
}

/// What follows the route's word in the path.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Subject {
    Nothing,
    Id,
    Token,
}

impl Route {
    pub(super) const ALL: [Self; 10] = [
        Self::Ping,
        Self::Activity,
        Self::Create,
        Self::Get,
        Self::Set,
        Self::Soapp,
        Self::Soid,
        Self::Kill,
        Self::Killsoid,
        Self::Killall,
    ];

    const fn row(self) -> (Method, &'static str, Subject, Right) {
        match self {
            Self::Ping => (Method::GET, "ping", Subject::Nothing, Right::Read),
            Self::Activity => (Method::GET, "activity", Subject::Nothing, Right::Read),
            Self::Create => (Method::PUT, "create", Subject::Id, Right::Write),
            Self::Get => (Method::GET, "get", Subject::Token, Right::Read),
            Self::Set => (Method::POST, "set", Subject::Token, Right::Write),
            Self::Soapp => (Method::GET, "soapp", Subject::Nothing, Right::Read),
            Self::Soid => (Method::GET, "soid", Subject::Id, Right::Read),
            Self::Kill => (Method::DELETE, "kill", Subject::Token, Right::Write),
            Self::Killsoid => (Method::DELETE, "killsoid", Subject::Id, Right::Write),
            Self::Killall => (Method::DELETE, "killall", Subject::Nothing, Right::Admin),
        }
    }

    /// The right that a key must have in the app of the path. `None`: the path has no app.
    pub(super) fn right(self) -> Option<Right> {
        (self != Self::Ping).then_some(self.row().3)
    }

    /// The value of the header Allow for the path.
    pub(super) fn methods(self) -> &'static str {
        match self.row().0 {
            Method::PUT => "PUT",
            Method::POST => "POST",
            Method::DELETE => "DELETE",
            _ => "GET,HEAD",
        }
    }

    pub(super) fn pattern(self) -> String {
        let (_, word, subject, _) = self.row();
        match subject {
            _ if self == Self::Ping => format!("/{word}"),
            Subject::Nothing => format!("/{{app}}/{word}"),
            Subject::Id => format!("/{{app}}/{word}/{{id}}"),
            Subject::Token => format!("/{{app}}/{word}/{{token}}"),
        }
    }

    pub(super) fn has(self, path: &str) -> bool {
        self.segments(path).is_some()
    }

    /// App and subject as they are in the path, if the path belongs to this route.
    fn segments(self, path: &str) -> Option<(&str, &str)> {
        let path = path.strip_prefix('/')?;
        let mut segments = path.strip_suffix('/').unwrap_or(path).split('/');
        let app = match self {
            Self::Ping => "",
            _ => segments.next().filter(|app| !app.is_empty())?,
        };
        let (_, word, subject, _) = self.row();
        if !segments.next()?.eq_ignore_ascii_case(word) {
            return None;
        }
        let named = match subject {
            Subject::Nothing => "",
            _ => segments.next().filter(|named| !named.is_empty())?,
        };
        segments.next().is_none().then_some((app, named))
    }
}

/// The route, the app and the subject of a request.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) route: Route,
    /// Empty for `/ping`.
    pub(super) app: String,
    pub(super) subject: String,
}

impl Target {
    /// `None`: there is no such route, or not with this method.
    pub(super) fn of(method: &Method, path: &str) -> Result<Option<Self>, Refusal> {
        let method = if method == Method::HEAD { &Method::GET } else { method };
        for route in Route::ALL {
            if let Some((app, subject)) = route.segments(path).filter(|_| route.row().0 == *method) {
                let text = |segment| decoded(segment).ok_or(Refusal::MALFORMED);
                return Ok(Some(Self {
                    route,
                    app: text(app)?,
                    subject: text(subject)?,
                }));
            }
        }
        Ok(None)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test ends by panicking")]
mod tests {
    use super::*;

    #[test]
    fn a_route_is_named_in_any_capitals_and_with_one_slash_at_the_end() {
        for (method, path, route, app, subject) in [
            (Method::GET, "/ping", Route::Ping, "", ""),
            (Method::HEAD, "/PING/", Route::Ping, "", ""),
            (Method::GET, "/web/activity/", Route::Activity, "web", ""),
            (Method::PUT, "/web/Create/u1", Route::Create, "web", "u1"),
            (
                Method::PUT,
                "/web/create/a%2Fb%20%C3%BC+",
                Route::Create,
                "web",
                "a/b ü+",
            ),
            (Method::PUT, "/web/create/..", Route::Create, "web", ".."),
            (Method::GET, "/we%62/GET/t/", Route::Get, "web", "t"),
            (Method::HEAD, "/web/get/t", Route::Get, "web", "t"),
            (Method::POST, "/web/set/t", Route::Set, "web", "t"),
            (Method::GET, "/web/soapp", Route::Soapp, "web", ""),
            (Method::GET, "/web/soid/u1", Route::Soid, "web", "u1"),
            (Method::DELETE, "/web/kill/t", Route::Kill, "web", "t"),
            (Method::DELETE, "/web/killsoid/u1", Route::Killsoid, "web", "u1"),
            (Method::DELETE, "/web/killall", Route::Killall, "web", ""),
        ] {
            let expected = Target {
                route,
                app: app.into(),
                subject: subject.into(),
            };
            assert_eq!(Target::of(&method, path).unwrap(), Some(expected), "{method} {path}");
        }
    }

    #[test]
    fn other_paths_and_methods_have_no_route() {
        for (method, path) in [
            (Method::GET, "/"),
            (Method::GET, "//ping"),
            (Method::GET, "/ping//"),
            (Method::POST, "/ping"),
            (Method::GET, "/web/get"),
            (Method::GET, "/web/get/"),
            (Method::GET, "//get/t"),
            (Method::GET, "/web/get/t/x"),
            (Method::PUT, "/web/get/t"),
            (Method::GET, "/web/activity/x"),
            (Method::DELETE, "/web/soid/u1"),
            (Method::TRACE, "/ping"),
            (Method::GET, "*"),
        ] {
            assert_eq!(Target::of(&method, path).unwrap(), None, "{method} {path}");
        }
    }

    #[test]
    fn a_path_that_is_wrongly_encoded_is_refused() {
        for path in ["/web/get/%ff", "/web/get/%zz", "/web/get/%4", "/%ff/soapp"] {
            assert!(Target::of(&Method::GET, path).is_err(), "{path}");
        }
    }
}
