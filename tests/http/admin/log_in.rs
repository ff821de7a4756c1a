//! Logging in and out: which keys, which cookie, how long.

use super::Desk;
use crate::harness::*;
use serde_json::Value;

const COOKIE_RULES: &str = "; Path=/; HttpOnly; SameSite=Strict";

#[test]
fn a_key_with_the_right_read_logs_in_and_another_does_not() {
    let desk = Desk::start();
    let unknown = Key::new("unknown", &["*"], &["read", "admin"]);
    for (key, status, text) in [
        (desk.service.key("lead").text.as_str(), 303, ""),
        (&desk.service.key("support").text, 303, ""),
        (&format!("  {}\n", desk.service.key("support").text), 303, ""),
        (&desk.service.key("writer").text, 403, "right to see sessions"),
        (&unknown.text, 401, "This key is not valid."),
        ("", 401, "This key is not valid."),
        ("shk_", 401, "This key is not valid."),
    ] {
        let response = desk.browser().log_in(key).assert_status(status);
        assert!(response.text().contains(text), "{response:?}");
        assert_eq!(response.header("set-cookie").is_some(), status == 303, "{response:?}");
        assert!(!response.text().contains("shk_A") && !response.text().contains(&unknown.text));
    }
    assert!(!desk.service.log().contains(&unknown.text));
    desk.service.wait_until_logged("a request without a valid key");
}

#[test]
fn a_log_in_is_a_session_of_an_app_of_its_own_that_ends_after_12_hours() {
    let desk = Desk::start();
    let mut browser = desk.browser();
    let key = desk.service.key("support");
    let response = browser
        .form("/admin/log-in", &[("key", &key.text)])
        .header("User-Agent", "Firefox")
        .send()
        .assert_status(303);
    let cookie = response.header("set-cookie").expect("a cookie");
    let value = cookie
        .strip_prefix("sessions-admin=")
        .and_then(|rest| rest.strip_suffix(COOKIE_RULES));
    let token = value.unwrap_or_else(|| panic!("{cookie}")).to_owned();
    browser.cookie = Some(format!("sessions-admin={token}"));

    let mut client = desk.client();
    let session = client.run(&["SESSIONS.PEEK", "sessions-admin", &token, "JSON"]);
    let session: Value = serde_json::from_str(session.text()).unwrap();
    assert_eq!(session["d"]["key"], "support");
    assert_eq!(session["d"]["sha256"], key.sha256()[..16]);
    assert_eq!(session["d"].as_object().unwrap().len(), 2);
    assert_eq!(
        (&session["id"], &session["ua"], &session["ip"]),
        (&"support".into(), &"Firefox".into(), &"127.0.0.1".into())
    );
    let lifetime = session["until"].as_i64().unwrap() - session["created"].as_i64().unwrap();
    assert_eq!(lifetime, 12 * 3600);

    let page = browser.get("/admin").assert_status(200);
    assert!(page.text().contains("webapp") && !page.text().contains(&token));
    let until = session["created"].as_i64().unwrap() - 1;
    client.run(&[
        "HSET",
        &format!("rs:sessions-admin:{token}"),
        "until",
        &until.to_string(),
    ]);
    assert!(
        browser
            .get("/admin")
            .assert_status(200)
            .text()
            .contains("<h1>Log in</h1>")
    );
    browser.get("/admin/apps/webapp").assert_status(401);
}

#[test]
fn behind_tls_the_cookie_is_secure_and_bound_to_the_host() {
    let server = Server::start();
    let service = super::keys(Service::builder().redis(&server))
        .config("hosts = [\"admin.example\"]\n")
        .start();
    let form = |origin: &str| {
        let key = &service.key("lead").text;
        let request = service.post("/admin/log-in").form(&[("key", key)]);
        request.header("Host", "admin.example").header("Origin", origin).send()
    };
    let response = form("https://admin.example").assert_status(303);
    let cookie = response.header("set-cookie").unwrap();
    assert!(cookie.starts_with("__Host-sessions-admin="), "{cookie}");
    assert!(cookie.ends_with(&format!("{COOKIE_RULES}; Secure")), "{cookie}");
    // The browser would not keep the cookie.
    let response = form("http://admin.example").assert_status(403);
    assert!(response.text().contains("without encryption"), "{response:?}");
    assert_eq!(response.header("set-cookie"), None);

    let pair = cookie.split(';').next().unwrap();
    let page = |cookie: &str| {
        service
            .get("/admin/apps/webapp")
            .header("Host", "admin.example")
            .header("Cookie", cookie)
            .send()
    };
    page(pair).assert_status(200);
    page(&pair.replace("__Host-", "")).assert_status(401);
}

#[test]
fn a_trusted_proxy_says_whether_the_browser_speaks_tls() {
    let server = Server::start();
    for (trusted, expected) in [("trusted-proxies = [\"127.0.0.1/32\"]\n", true), ("", false)] {
        let service = super::keys(Service::builder().redis(&server)).config(trusted).start();
        let scheme = if expected { "https" } else { "http" };
        let response = service
            .post("/admin/log-in")
            .form(&[("key", &service.key("lead").text)])
            .header("X-Forwarded-Proto", "https")
            .header("Origin", format!("{scheme}://127.0.0.1:{}", service.port()))
            .send()
            .assert_status(303);
        assert_eq!(
            response.header("set-cookie").unwrap().contains("__Host-"),
            expected,
            "{trusted:?}"
        );
    }
}

#[test]
fn a_removed_or_replaced_key_is_logged_out_at_once() {
    let desk = Desk::start();
    let (lead, support) = (desk.logged_in("lead"), desk.logged_in("support"));
    let before = desk.service.config();
    let hash = desk.service.key("lead").sha256();

    // Another key of the same name.
    desk.service
        .set_config(&before.replace(&hash, &Key::new("lead", &["*"], &["read"]).sha256()));
    reload(&desk, 1);
    lead.get("/admin/apps/webapp").assert_status(401);
    support.get("/admin/apps/webapp").assert_status(200);

    // The same key with fewer rights.
    desk.service
        .set_config(&before.replace("\"read\",\"admin\"", "\"read\""));
    reload(&desk, 2);
    let page = lead.get("/admin/apps/webapp").assert_status(200);
    assert!(!page.text().contains("End all sessions"));
    let forced = lead.form(
        "/admin/apps/webapp/end-user?id=ann",
        &[("form", &super::browser::form_token(&page))],
    );
    forced.send().assert_status(403);

    // The key without the app.
    desk.service.set_config(&before.replace("[\"webapp\"]", "[\"shop\"]"));
    reload(&desk, 3);
    support.get("/admin/apps/webapp").assert_status(403);
    lead.get("/admin/apps/webapp").assert_status(200);

    // No key of that name.
    let position = before.find("[[keys]]\nname = \"support\"").unwrap();
    let rest = &before[position + 8..];
    let without = before[..position].to_owned() + &rest[rest.find("[[keys]]").unwrap()..];
    desk.service.set_config(&without);
    reload(&desk, 4);
    support.get("/admin/apps/webapp").assert_status(401);
    lead.get("/admin/apps/webapp").assert_status(200);
}

/// Makes the service read its keys again, for the nth time.
#[track_caller]
fn reload(desk: &Desk, nth: usize) {
    desk.service.signal("HUP");
    wait_until(GENEROUS, "the keys were read again", || {
        desk.service
            .log()
            .matches("reloaded keys, certificates and apps")
            .count()
            == nth
    });
}

#[test]
fn a_log_out_ends_the_session() {
    let desk = Desk::start();
    let browser = desk.logged_in("support");
    let page = browser.get("/admin");
    let response = browser.press(&page, "/admin/log-out", &[]).assert_status(303);
    let gone = format!("sessions-admin={COOKIE_RULES}; Max-Age=0");
    assert_eq!(response.header("set-cookie"), Some(gone.as_str()));
    let target = response.header("location").unwrap();
    assert!(
        browser
            .get(target)
            .assert_status(200)
            .text()
            .contains("You are logged out.")
    );
    browser.get("/admin/apps/webapp").assert_status(401);
    let reply = desk
        .client()
        .run(&["SESSIONS.EXISTS", "sessions-admin", browser.token()]);
    assert_eq!(reply.int(), 0);
}

#[test]
fn the_page_that_was_asked_for_comes_after_the_log_in_and_no_other_site() {
    let desk = Desk::start();
    let asked = "/admin/apps/webapp/user?id=a%26b";
    let page = desk.browser().get(asked).assert_status(401);
    assert!(
        page.text()
            .contains("name=\"next\" value=\"/admin/apps/webapp/user?id=a%26b\""),
        "{page:?}"
    );
    assert_eq!(page.header("www-authenticate"), Some("Bearer"));
    let key = desk.service.key("support").text.clone();
    for (next, expected) in [
        (asked, asked),
        ("https://evil.example/admin", "/admin"),
        ("//evil.example", "/admin"),
        ("/admin\\@evil.example", "/admin"),
        ("/admin/\r\nSet-Cookie: x=1", "/admin"),
        ("javascript:alert(1)", "/admin"),
    ] {
        let response = desk
            .browser()
            .form("/admin/log-in", &[("key", &key), ("next", next)])
            .send();
        assert_eq!(response.header("location"), Some(expected), "{next:?}");
    }
}

#[test]
fn after_a_link_of_another_site_the_log_in_leads_on_without_the_key() {
    let desk = Desk::start();
    let browser = desk.logged_in("support");
    // As from a browser that omits the cookie.
    let asked = "/admin/apps/webapp/user?id=ann";
    let page = desk.browser().page(asked).header("Sec-Fetch-Site", "cross-site").send();
    let page = page.assert_status(401);
    assert!(page.text().contains(&format!("<a href=\"{asked}\">")), "{page:?}");
    browser
        .page(asked)
        .header("Sec-Fetch-Site", "same-origin")
        .send()
        .assert_status(200);
    assert!(!desk.browser().get(asked).text().contains("<a href=\"/admin/apps"));
}

#[test]
fn without_keys_nobody_logs_in() {
    let server = Server::start();
    let service = Service::builder().redis(&server).no_auth().start();
    let page = service.get("/admin").send().assert_status(200);
    assert!(page.text().contains("The admin page requires keys"), "{page:?}");
    service.get("/admin/apps/webapp").send().assert_status(401);
    let key = Key::new("any", &["*"], &["read"]);
    let form = service.post("/admin/log-in").form(&[("key", &key.text)]);
    form.send().assert_status(403);
}

#[test]
fn while_the_server_accepts_no_writes_staff_who_are_logged_in_can_still_view_pages() {
    let primary = Server::builder().tcp().start();
    let server = Server::builder().tcp().start();
    let service = super::keys(Service::builder().redis(&server)).start();
    let desk = Desk { server, service };
    let browser = desk.logged_in("lead");
    let mut client = desk.client();
    create(&mut client, "webapp", "ann", &[]);
    // As in a failover: the old primary is already a replica, and the new primary is not known yet.
    // The primary in REPLICAOF does not exist, so the server keeps its data.
    let nobody = free_port();
    drop(primary);
    client.line(&format!("REPLICAOF 127.0.0.1 {nobody}"));
    let page = browser.get("/admin/apps/webapp/user?id=ann").assert_status(200);
    assert!(page.text().contains("1 to 1 of 1"), "{page:?}");
    let refused = browser
        .press(&page, "/admin/apps/webapp/end-user?id=ann", &[])
        .assert_status(503);
    assert_eq!(refused.header("retry-after"), Some("1"));
    assert!(refused.text().contains("did not confirm"), "{refused:?}");
}
