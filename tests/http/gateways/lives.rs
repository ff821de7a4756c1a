//! One log-in for both sites, and how it ends.

use super::{Gateway, Site, Visitor};
use crate::harness::Response;

/// Checks that the visitor is not logged in at either site.
#[track_caller]
fn assert_logged_out(visitor: &Visitor) {
    for target in ["/", "/forum/"] {
        let response = visitor.page(target).assert_status(302);
        let location = response.header("location").unwrap_or_default();
        assert!(location.starts_with("/login"), "{location}");
        visitor.request("GET", target).send().assert_status(401);
    }
}

#[test]
fn one_log_in_serves_both_sites_and_log_out_at_one_ends_both() {
    for gateway in Gateway::ALL {
        let Some(site) = Site::behind(gateway) else { continue };
        for log_out in ["/logout", "/forum/logout"] {
            let mut visitor = site.visitor();
            assert_logged_out(&visitor);
            visitor.log_in("ann", "/").assert_status(303);
            assert_eq!(visitor.seen("/").site_and_user(), ("shop", "ann"));
            assert_eq!(visitor.seen("/forum/").site_and_user(), ("forum", "ann"));

            let thief = Visitor {
                sid: visitor.sid.clone(),
                ..site.visitor()
            };
            visitor.submit(log_out, &[]).assert_status(303);
            assert_eq!(visitor.sid, None, "{gateway:?} {log_out}");
            assert_logged_out(&visitor);
            assert_logged_out(&thief);
        }
    }
}

#[test]
fn two_visitors_are_two_users_and_a_name_comes_through_as_it_is() {
    for gateway in Gateway::ALL {
        let Some(site) = Site::behind(gateway) else { continue };
        let (ann, zoe) = (site.visitor_as("ann"), site.visitor_as("zoë@example.com"));
        assert_eq!(ann.seen("/").text("user"), "ann");
        for target in ["/", "/forum/"] {
            assert_eq!(zoe.seen(target).text("user"), "zoë@example.com", "{gateway:?}");
        }
    }
}

#[test]
fn the_log_in_page_is_open_and_leads_back() {
    for gateway in Gateway::ALL {
        let Some(site) = Site::behind(gateway) else { continue };
        for wanted in ["/", "/forum/topics?page=2&order=new", "/a%2Fb?c=%26"] {
            let mut visitor = site.visitor();
            let response = visitor.page(wanted).assert_status(302);
            assert_eq!(response.header("cache-control"), Some("no-store"));
            let location = response.header("location").unwrap_or_default().to_owned();
            let page = visitor.page(&location).assert_status(200);
            let back = way_back_of(&page);
            assert_eq!(back, wanted, "{gateway:?} {location}");
            let response = visitor.log_in("ann", &back).assert_status(303);
            assert_eq!(response.header("location"), Some(wanted));
            assert_eq!(visitor.seen(wanted).text("user"), "ann");
        }
    }
}

/// The value that the form of the log-in page sends as `return`.
#[track_caller]
fn way_back_of(page: &Response) -> String {
    let field = page.text().split("name=\"return\" value=\"").nth(1);
    let value = field
        .and_then(|rest| rest.split('"').next())
        .expect("the form has a way back");
    value.replace("&#38;", "&")
}

#[test]
fn no_way_back_leads_to_another_host() {
    for gateway in Gateway::ALL {
        let Some(site) = Site::behind(gateway) else { continue };
        // Caddy writes the backslash as %5C, which browsers treat as a part of the path.
        let backslash = match gateway {
            Gateway::Nginx => "/login",
            Gateway::Caddy => "/login?return=%2F%255Cother.example%2F",
        };
        for (target, expected) in [
            ("//other.example/", "/login"),
            ("///other.example/", "/login"),
            ("//other.example/%2e%2e", "/login"),
            ("/\\other.example/", backslash),
        ] {
            let head = format!("GET {target} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\n", site.front.port());
            let head = head + "Sec-Fetch-Dest: document\r\nConnection: close\r\n\r\n";
            let response = String::from_utf8(site.front.raw(head)).expect("text");
            let location = response.lines().find_map(|line| line.strip_prefix("Location: "));
            assert_eq!(location, Some(expected), "{gateway:?} {target}");
        }
        // The page refuses such a `return` in a link of another site.
        for back in ["//other.example/", "/\\other.example/", "https://other.example/"] {
            let response = site.visitor().log_in("ann", back).assert_status(303);
            assert_eq!(response.header("location"), Some("/"), "{back}");
        }
    }
}

#[test]
fn forms_of_other_sites_end_no_session() {
    for gateway in Gateway::ALL {
        let Some(site) = Site::behind(gateway) else { continue };
        let visitor = site.visitor_as("ann");
        for target in ["/logout", "/forum/logout", "/forum/post", "/cart"] {
            let form = || visitor.request("POST", target);
            form()
                .header("Sec-Fetch-Site", "cross-site")
                .form(&[])
                .send()
                .assert_status(403);
            form()
                .header("Origin", "https://other.example")
                .form(&[])
                .send()
                .assert_status(403);
            form().form(&[]).send().assert_status(403);
        }
        assert_eq!(visitor.seen("/forum/").text("user"), "ann");
        let own = format!("http://127.0.0.1:{}", site.front.port());
        visitor
            .request("POST", "/forum/post")
            .header("Origin", own)
            .form(&[])
            .send()
            .assert_status(200);
    }
}
