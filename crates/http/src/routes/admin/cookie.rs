//! The cookie of a log-in.

use axum::http::{HeaderMap, HeaderValue, header};
use sessions_model::ident::Token;

use super::approach::Scheme;
use crate::routes::auth::named;

/// The prefix makes browsers refuse such a cookie from a neighbouring sub-domain and without
/// encryption.
const fn name(scheme: Scheme) -> &'static str {
    match scheme {
        Scheme::Https => "__Host-sessions-admin",
        Scheme::Http => "sessions-admin",
    }
}

/// The token in the cookie.
pub(super) fn token(headers: &HeaderMap, scheme: Scheme) -> Option<Token> {
    let lines = headers.get_all(header::COOKIE).iter().map(HeaderValue::as_bytes);
    Token::parse(named(lines, name(scheme))?)
}

/// For `Set-Cookie`. The browser forgets it when it is closed, the server at the end of the
/// session.
pub(super) fn keeping(token: &Token, scheme: Scheme) -> Option<HeaderValue> {
    let token = std::str::from_utf8(token.as_bytes()).ok()?;
    HeaderValue::from_str(&line(token, scheme, "")).ok()
}

/// For `Set-Cookie` at a log-out.
pub(super) fn forgetting(scheme: Scheme) -> Option<HeaderValue> {
    HeaderValue::from_str(&line("", scheme, "; Max-Age=0")).ok()
}

fn line(value: &str, scheme: Scheme, more: &str) -> String {
    let secure = match scheme {
        Scheme::Https => "; Secure",
        Scheme::Http => "",
    };
    format!(
        "{}={value}; Path=/; HttpOnly; SameSite=Strict{secure}{more}",
        name(scheme)
    )
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test ends by panicking")]
mod tests {
    use super::*;

    #[test]
    fn the_cookie_is_for_this_host_and_no_script() {
        let token = Token::parse(&[b'a'; 64]).unwrap();
        let a = "a".repeat(64);
        for (scheme, expected) in [
            (
                Scheme::Https,
                format!("__Host-sessions-admin={a}; Path=/; HttpOnly; SameSite=Strict; Secure"),
            ),
            (
                Scheme::Http,
                format!("sessions-admin={a}; Path=/; HttpOnly; SameSite=Strict"),
            ),
        ] {
            assert_eq!(keeping(&token, scheme).unwrap(), expected);
        }
        let forgotten = "sessions-admin=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0";
        assert_eq!(forgetting(Scheme::Http).unwrap(), forgotten);
    }

    #[test]
    fn the_token_is_found_only_under_the_name_of_the_scheme() {
        let line = format!("x=1; sessions-admin={}", "a".repeat(64));
        let headers = HeaderMap::from_iter([(header::COOKIE, line.parse().unwrap())]);
        assert!(token(&headers, Scheme::Http).is_some());
        assert!(token(&headers, Scheme::Https).is_none());
    }
}
