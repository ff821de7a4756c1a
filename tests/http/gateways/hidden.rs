//! The session's cookie stays at the gateway.

use super::visitor::Seen;
use super::{Gateway, Site};

#[test]
fn no_site_sees_the_sessions_cookie() {
    for gateway in Gateway::ALL {
        let Some(site) = Site::behind(gateway) else { continue };
        let token = site.visitor_as("ann").sid.expect("a session");
        let sid = format!("sid={token}");
        for (cookies, left) in [
            (sid.clone(), ""),
            (format!("a=1; {sid}; b=2"), "a=1 b=2"),
            (format!("{sid}; b=2"), "b=2"),
            (format!("a=1; {sid}"), "a=1"),
            (format!("a=1;{sid};b=2"), "a=1 b=2"),
            (format!("a=1; xsid=2; {sid}; sid2=3"), "a=1 xsid=2 sid2=3"),
            (format!("a=sid=1; {sid}"), "a=sid=1"),
            (format!("a=1; sid=\"{token}\"; b=2"), "a=1 b=2"),
            (format!("a=1; sid = {token}; b=2"), "a=1 b=2"),
            (format!("a=1; {sid}; {sid}; b=2"), "a=1 b=2"),
        ] {
            for target in ["/", "/forum/"] {
                let seen = Seen::of(&site.front.get(target).header("Cookie", &cookies).send());
                assert_eq!(seen.text("user"), "ann", "{gateway:?} {cookies:?}");
                assert!(!seen.all().contains(&token), "{gateway:?} {cookies:?}: {seen:?}");
                let seen = seen.cookies();
                let pairs: Vec<&str> = seen.split(';').map(str::trim).filter(|pair| !pair.is_empty()).collect();
                assert_eq!(pairs.join(" "), left, "{gateway:?} {cookies:?}");
            }
        }
        // Three times, with other cookies in between: nginx passes no cookie on.
        let thrice = format!("{sid}; a=1; {sid}; b=2; {sid}");
        // In separate headers, which HTTP/2 and newer allow.
        let apart = |request: crate::harness::Request| request.header("Cookie", "a=1").header("Cookie", &sid);
        for target in ["/", "/forum/"] {
            let request = site.front.get(target);
            for request in [request.clone().header("Cookie", &thrice), apart(request)] {
                let seen = Seen::of(&request.send());
                assert_eq!(seen.text("user"), "ann", "{gateway:?}");
                assert!(!seen.all().contains(&token), "{gateway:?}: {seen:?}");
            }
        }
    }
}
