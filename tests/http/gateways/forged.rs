//! Headers that a visitor sends under the names of the service's headers never reach a site.

use super::visitor::Seen;
use super::{Gateway, Site, Visitor};
use crate::harness::create;

/// Every name that a backend may take for one of the service's headers. WSGI, CGI and PHP do not
/// distinguish them.
const NAMES: [&str; 9] = [
    "X-Session-User",
    "x-session-user",
    "X_Session_User",
    "X-Session_User",
    "X_Session-User",
    "X-Session-Id",
    "X_SESSION_ID",
    "X-Session-Role",
    "x_session_role",
];

/// What a site sees of a request with all these headers.
#[track_caller]
fn seen(visitor: &Visitor, target: &str) -> Seen {
    let request = NAMES.iter().fold(visitor.request("GET", target), |request, name| {
        request.header(name, "forged")
    });
    Seen::of(&request.send())
}

#[test]
fn forged_headers_never_reach_a_site() {
    for gateway in Gateway::ALL {
        let Some(site) = Site::behind(gateway) else { continue };
        let ann = site.visitor_as("ann");
        for target in ["/", "/forum/"] {
            let seen = seen(&ann, target);
            assert_eq!(seen.text("user"), "ann", "{gateway:?} {target}");
            assert!(!seen.all().contains("forged"), "{gateway:?} {target}: {seen:?}");
        }
        // These paths are open, so the gateway does not ask for the session.
        for target in ["/logout", "/forum/logout"] {
            for visitor in [&ann, &site.visitor()] {
                let seen = seen(visitor, target);
                assert_eq!(seen.text("user"), "", "{gateway:?} {target}");
                assert!(!seen.all().contains("forged"), "{gateway:?} {target}: {seen:?}");
            }
        }
        for target in ["/", "/forum/"] {
            let request = site.visitor().request("GET", target).header("X-Session-User", "forged");
            request.send().assert_status(401);
        }
    }
}

#[test]
fn forged_headers_do_not_replace_a_header_of_the_service_that_is_missing_or_empty() {
    for gateway in Gateway::ALL {
        // Without X-Session-Role, which the gateway copies.
        let Some(site) = Site::with_app(gateway, "[apps.webapp]\ncookie = \"sid\"\n") else {
            continue;
        };
        let mut visitor = site.visitor_as("ann");
        for target in ["/", "/forum/"] {
            let seen = seen(&visitor, target);
            assert!(!seen.all().contains("forged"), "{gateway:?} {target}: {seen:?}");
        }
        visitor.sid = Some(create(&mut site.server.client(), "webapp", "", &["ANON"]));
        for target in ["/", "/forum/"] {
            let seen = seen(&visitor, target);
            assert_eq!(seen.text("user"), "", "{gateway:?} {target}");
            assert!(!seen.all().contains("forged"), "{gateway:?} {target}: {seen:?}");
        }
    }
}

#[test]
fn a_connection_header_takes_away_no_more_than_the_visitors_own_name() {
    for gateway in Gateway::ALL {
        let Some(site) = Site::behind(gateway) else { continue };
        let ann = site.visitor_as("ann");
        for listed in [
            "X-Session-User, X-Session-Id, X-Session-Role",
            "Cookie",
            "X-Forwarded-Method",
        ] {
            let request = ann.request("GET", "/forum/").header("Connection", listed);
            let response = request.header("X-Session-User", "forged").send();
            if response.status() == 200 {
                let seen = Seen::of(&response);
                assert!(
                    ["ann", ""].contains(&seen.text("user")),
                    "{gateway:?} {listed}: {seen:?}"
                );
                assert!(!seen.all().contains("forged"), "{gateway:?} {listed}: {seen:?}");
            }
        }
    }
}

#[test]
fn text_in_an_id_never_becomes_a_header_at_a_site() {
    for gateway in Gateway::ALL {
        let Some(site) = Site::behind(gateway) else { continue };
        let data = "{\"role\":\"a\\r\\nX-Session-User: forged\"}";
        let token = create(
            &mut site.server.client(),
            "webapp",
            "x, X-Session-Role: y",
            &["DATA", data],
        );
        let visitor = Visitor {
            sid: Some(token),
            ..site.visitor()
        };
        for target in ["/", "/forum/"] {
            assert_eq!(visitor.seen(target).text("user"), "x, X-Session-Role: y", "{gateway:?}");
        }
    }
}

#[test]
fn four_kilobytes_of_values_come_through() {
    for gateway in Gateway::ALL {
        let Some(site) = Site::behind(gateway) else { continue };
        let role = "r".repeat(4060);
        let data = format!("{{\"role\":\"{role}\"}}");
        let token = create(&mut site.server.client(), "webapp", "ann", &["DATA", &data]);
        let visitor = Visitor {
            sid: Some(token),
            ..site.visitor()
        };
        for target in ["/", "/forum/"] {
            assert!(visitor.seen(target).all().contains(&role), "{gateway:?} {target}");
        }
    }
}
