//! The addresses of the admin page. Ids and sids are in the query, which log lines omit.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// The unreserved characters of RFC 3986 need no encoding.
const IN_QUERY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

pub(super) const HOME: &str = "/admin";

/// An address below an app's pages, made piece by piece.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Link(String);

impl Link {
    pub(super) fn home() -> Self {
        Self(HOME.to_owned())
    }

    /// `page` is the path below the app: `""`, `/sessions` and so on.
    pub(super) fn to(app: &str, page: &str) -> Self {
        Self(format!("{HOME}/apps/{app}{page}"))
    }

    #[must_use]
    pub(super) fn with(mut self, name: &str, value: &str) -> Self {
        let separator = if self.0.contains('?') { '&' } else { '?' };
        self.0.push(separator);
        self.0.push_str(name);
        self.0.push('=');
        self.0.extend(utf8_percent_encode(value, IN_QUERY));
        self
    }

    pub(super) fn with_some(self, name: &str, value: Option<impl ToString>) -> Self {
        match value {
            Some(value) => self.with(name, &value.to_string()),
            None => self,
        }
    }

    /// Adds the offset for a page of a list; the first page has none.
    pub(super) fn with_offset(self, offset: usize) -> Self {
        self.with_some("offset", Some(offset).filter(|it| *it > 0))
    }

    pub(super) fn into_string(self) -> String {
        self.0
    }
}

/// The sessions of a user.
pub(super) fn user(app: &str, id: &str) -> Link {
    Link::to(app, "/user").with("id", id)
}

/// One session of a user.
pub(super) fn session(app: &str, id: &str, sid: &str) -> Link {
    user(app, id).with("sid", sid)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_percent_encoded_in_the_query() {
        let link = session("webapp", "a&b=c d\r\n\0/..#?é\"<", "81d8ee2d588f4ead").into_string();
        let expected = "/admin/apps/webapp/user?id=a%26b%3Dc%20d%0D%0A%00%2F..%23%3F%C3%A9%22%3C&sid=81d8ee2d588f4ead";
        assert_eq!(link, expected);
    }

    #[test]
    fn a_link_has_only_the_parameters_that_are_given() {
        let page = Link::to("webapp", "/sessions");
        assert_eq!(
            page.clone().with_some("offset", None::<u64>).into_string(),
            "/admin/apps/webapp/sessions"
        );
        assert_eq!(
            page.with_some("offset", Some(50)).into_string(),
            "/admin/apps/webapp/sessions?offset=50"
        );
    }
}
