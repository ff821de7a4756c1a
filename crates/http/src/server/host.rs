//! Names and origins: a page of another site must not reach the service through a visitor's
//! browser.

use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderMap, header};

use super::door::Door;
use crate::problem::{Kind, Problem};

/// The reason why a request is refused: it uses a host name that is not the service's (DNS
/// rebinding) or, if no key is required, a browser sends it for another site.
///
/// `/auth` is not checked: gateways send the visitor's headers, and without the visitor's cookie
/// the route returns no session. It is recognized by the matched route, because a path of the
/// legacy listener may begin with an app named `auth`.
pub(super) fn refusal(request: &Request, door: &Door) -> Option<Problem> {
    let route = request.extensions().get::<MatchedPath>();
    let gateway = route.is_some_and(|route| route.as_str().starts_with("/auth/"));
    if !gateway && !named(request, door) {
        return Some(Problem::new(
            Kind::WrongHost,
            "Host must be a name of the service: add the name to hosts in the configuration",
        ));
    }
    let is_cross = door.open && !gateway && is_cross_site(request.headers());
    is_cross.then(|| {
        Problem::new(
            Kind::CrossSite,
            "a service without keys refuses requests from web pages: configure keys",
        )
    })
}

/// With a target such as `http://name/path` the name occurs twice, and both must be valid.
fn named(request: &Request, door: &Door) -> bool {
    let mut hosts = request.headers().get_all(header::HOST).iter();
    let (Some(host), None) = (hosts.next(), hosts.next()) else {
        return false;
    };
    let target = request.uri().authority();
    host.to_str().is_ok_and(|host| door.is_called(host)) && target.is_none_or(|target| door.is_called(target.as_str()))
}

/// Whether a browser sends the request for a web page: it has any `Origin`, or is a fetch from
/// another origin.
fn is_cross_site(headers: &HeaderMap) -> bool {
    let mut sites = headers.get_all("sec-fetch-site").iter();
    headers.contains_key(header::ORIGIN) || sites.any(|site| !matches!(site.as_bytes(), b"same-origin" | b"none"))
}
