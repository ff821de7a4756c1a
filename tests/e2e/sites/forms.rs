//! The security of the sites: how they set cookies, which forms they accept, what they escape.

use super::Browser;
use super::login::{log_in, on_every_site};
use std::collections::BTreeSet;

fn rules(cookie: &str) -> BTreeSet<String> {
    cookie
        .split(';')
        .skip(1)
        .map(|rule| rule.trim().to_lowercase())
        .collect()
}

fn set(rules: &[&str]) -> BTreeSet<String> {
    rules.iter().map(|&rule| rule.to_owned()).collect()
}

#[test]
fn the_cookie_is_for_this_site_and_no_script() {
    on_every_site(&[], |_, port| {
        let answer = Browser::new(port).post("/login", "user=ann&password=demo");
        let cookie = answer.header("set-cookie");
        assert!(cookie.starts_with("session="), "{cookie}");
        assert_eq!(rules(cookie), set(&["path=/", "httponly", "samesite=lax"]));
    });
}

#[test]
fn behind_tls_the_cookie_is_secure_and_the_address_comes_from_the_proxy() {
    on_every_site(&[("BEHIND_TLS", "1")], |_, port| {
        let mut browser = Browser::new(port).with("X-Forwarded-For", "192.0.2.1, 203.0.113.7");
        let answer = browser.post("/login", "user=ann&password=demo");
        let cookie = answer.header("set-cookie");
        assert!(cookie.starts_with("__Host-session="), "{cookie}");
        assert_eq!(rules(cookie), set(&["path=/", "httponly", "samesite=lax", "secure"]));
        let page = browser.get("/devices");
        page.shows("203.0.113.7");
        page.hides("192.0.2.1");
        browser.post("/logout", "").goes_to("/");
        assert!(browser.cookies.is_empty());
    });
}

#[test]
fn without_a_proxy_nobody_chooses_an_address() {
    on_every_site(&[], |_, port| {
        let mut browser = Browser::new(port).with("X-Forwarded-For", "203.0.113.7");
        log_in(&mut browser, "ann");
        let page = browser.get("/devices");
        page.shows("127.0.0.1");
        page.hides("203.0.113.7");
    });
}

#[test]
fn forms_of_other_sites_are_refused() {
    on_every_site(&[], |_, port| {
        let mut browser = Browser::new(port);
        log_in(&mut browser, "ann");
        let own = format!("http://{}", browser.host());
        let evil = "http://evil.example";
        let tries: [(&[(&str, &str)], u16); 8] = [
            (&[("Sec-Fetch-Site", "same-origin"), ("Origin", &own)], 303),
            (&[("Origin", &own)], 303),
            (&[], 403),
            (&[("Origin", evil)], 403),
            (&[("Origin", "null")], 403),
            (&[("Origin", &format!("{own}.evil.example"))], 403),
            (&[("Sec-Fetch-Site", "same-site"), ("Origin", &own)], 403),
            (&[("Sec-Fetch-Site", "cross-site"), ("Origin", evil)], 403),
        ];
        for (headers, status) in tries {
            let answer = browser.send("POST", "/cart", headers, "item=bread");
            assert_eq!(answer.status, status, "{headers:?}");
        }
        browser.get("/").shows("2 × bread");
    });
}

#[test]
fn only_what_is_on_sale_gets_into_the_cart() {
    on_every_site(&[], |_, port| {
        for form in ["", "item=", "item=gold", "item=__proto__"] {
            let mut browser = Browser::new(port);
            assert_eq!(browser.post("/cart", form).status, 400, "{form}");
            assert!(browser.cookies.is_empty(), "{form}");
        }
    });
}

#[test]
fn what_comes_from_outside_is_escaped() {
    on_every_site(&[("BEHIND_TLS", "1")], |_, port| {
        let mut browser = Browser::new(port)
            .with("X-Forwarded-For", "<script>x")
            .with("User-Agent", "\"><script>y");
        log_in(&mut browser, "ann");
        let page = browser.get("/devices");
        page.shows("&lt;script&gt;x");
        page.shows("&lt;script&gt;y");
        page.hides("<script>");
        assert!(page.header("content-security-policy").contains("default-src 'none'"));
        assert_eq!(page.header("cache-control"), "no-store");
    });
}

#[test]
fn a_cookie_that_is_not_a_token_opens_no_session() {
    on_every_site(&[], |_, port| {
        for value in ["x", &"z".repeat(64), &"é".repeat(32), "%00", "a=b"] {
            let mut browser = Browser::new(port);
            browser.cookies.insert("session".into(), value.into());
            browser.get("/").shows("Log in");
            browser.get("/devices").goes_to("/");
            log_in(&mut browser, "ann");
            browser.get("/devices").shows("this device");
        }
    });
}
