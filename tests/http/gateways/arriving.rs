//! Which parts of a visitor's request arrive at the service; the sites get the whole request.

use super::visitor::Seen;
use super::{Gateway, Site};

#[test]
fn the_visitors_method_path_and_cookies_arrive() {
    for gateway in Gateway::ALL {
        let Some(site) = Site::behind(gateway) else { continue };
        let ann = site.visitor_as("ann");
        for (method, target) in [
            ("GET", "/"),
            ("HEAD", "/a/b.c?d=e&f=%2F"),
            ("POST", "/forum/post?x"),
            ("DELETE", "/forum/topics/1"),
        ] {
            let request = ann.request(method, target).header("Cookie", "a=1");
            let request = request
                .header("Sec-Fetch-Site", "same-origin")
                .header("Sec-Fetch-Dest", "document");
            let (response, asked) = site.recorder.asked_by(|| request.send());
            assert_eq!(response.status(), 200, "{gateway:?} {method} {target}: {response:?}");
            let [asked] = asked.as_slice() else {
                panic!("{gateway:?} {target}: {asked:?}")
            };
            let expected = match gateway {
                Gateway::Nginx => "/auth/webapp",
                Gateway::Caddy => "/auth/webapp?login",
            };
            assert_eq!((asked.method.as_str(), asked.target.as_str()), ("GET", expected));
            assert_eq!(asked.all("x-forwarded-method"), [method]);
            assert_eq!(asked.all("x-forwarded-uri"), [target]);
            assert_eq!(asked.all("sec-fetch-dest"), ["document"]);
            let sid = format!("sid={}", ann.sid.clone().unwrap_or_default());
            assert_eq!(asked.all("cookie").join("; "), format!("{sid}; a=1"), "{gateway:?}");
            for length in asked.all("content-length") {
                assert_eq!(length, "0", "{gateway:?}");
            }
        }
    }
}

#[test]
fn what_a_visitor_claims_to_be_forwarded_is_replaced() {
    for gateway in Gateway::ALL {
        let Some(site) = Site::behind(gateway) else { continue };
        let request = site.visitor().request("POST", "/forum/post");
        let request = request
            .header("X-Forwarded-Method", "GET")
            .header("X-Forwarded-Uri", "//other.example/");
        let request = request
            .header("X-Original-URI", "//other.example/")
            .header("Sec-Fetch-Dest", "document");
        let (response, asked) = site.recorder.asked_by(|| request.send());
        assert_eq!(response.status(), 401, "{gateway:?}");
        assert_eq!(asked[0].all("x-forwarded-method"), ["POST"]);
        assert_eq!(asked[0].all("x-forwarded-uri"), ["/forum/post"]);
    }
}

#[test]
fn the_body_goes_to_the_site() {
    for gateway in Gateway::ALL {
        let Some(site) = Site::behind(gateway) else { continue };
        let ann = site.visitor_as("ann");
        let request = ann.request("POST", "/cart").header("Sec-Fetch-Site", "same-origin");
        let body = "b".repeat(100_000);
        let seen = Seen::of(&request.body(body.clone()).send());
        assert_eq!(
            (seen.text("user"), seen.text("body")),
            ("ann", body.as_str()),
            "{gateway:?}"
        );
    }
}

#[test]
fn open_pages_ask_for_no_session() {
    for gateway in Gateway::ALL {
        let Some(site) = Site::behind(gateway) else { continue };
        let ann = site.visitor_as("ann");
        for target in ["/login", "/logout", "/forum/logout"] {
            let (response, asked) = site.recorder.asked_by(|| ann.page(target));
            assert_eq!(response.status(), 200, "{gateway:?} {target}");
            assert!(asked.is_empty(), "{gateway:?} {target}: {asked:?}");
        }
    }
}
