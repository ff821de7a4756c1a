//! Which apps are accessible: a key sees its own apps, and no key can access the app with the
//! page's own log-ins.

use super::Desk;
use super::browser::form_token;
use crate::harness::*;

const PAGES: [&str; 4] = ["", "/sessions", "/user?id=ann", "/events"];

#[test]
fn a_key_sees_its_own_apps() {
    let desk = Desk::with("[apps.shop]\ncookie = \"shop\"\n", &[]);
    let (lead, support) = (desk.logged_in("lead"), desk.logged_in("support"));
    create(&mut desk.client(), "webapp", "ann", &[]);

    let home = support.get("/admin").assert_status(200);
    assert!(
        home.text().contains("webapp") && home.text().contains("1 session"),
        "{home:?}"
    );
    assert!(
        !home.text().contains("shop") && !home.text().contains("Another app"),
        "{home:?}"
    );
    let home = lead.get("/admin").assert_status(200);
    assert!(
        home.text().contains("webapp") && home.text().contains("shop"),
        "{home:?}"
    );
    // An app that is not listed can be typed in.
    let typed = lead.get("/admin?app=intranet").assert_status(303);
    assert_eq!(typed.header("location"), Some("/admin/apps/intranet"));
    let wrong = lead.get("/admin?app=a%2Fb").assert_status(200);
    assert!(wrong.text().contains("1 to 64 characters"), "{wrong:?}");

    for page in PAGES {
        support.get(&format!("/admin/apps/webapp{page}")).assert_status(200);
        support.get(&format!("/admin/apps/shop{page}")).assert_status(403);
        lead.get(&format!("/admin/apps/shop{page}")).assert_status(200);
        lead.get(&format!("/admin/apps/a%20b{page}")).assert_status(400);
        desk.browser()
            .get(&format!("/admin/apps/webapp{page}"))
            .assert_status(401);
    }
}

#[test]
fn the_app_of_the_log_ins_is_out_of_reach_and_not_listed() {
    let desk = Desk::start();
    let lead = desk.logged_in("lead");
    let home = lead.get("/admin");
    assert!(!home.text().contains("sessions-admin"), "{home:?}");
    let form = form_token(&home);
    for page in PAGES {
        let refused = lead
            .get(&format!("/admin/apps/sessions-admin{page}"))
            .assert_status(403);
        assert!(!refused.text().contains(lead.token()));
    }
    for action in [
        "end-user?id=lead",
        "end-app",
        "end-session?id=lead&sid=0123456789abcdef",
        "end-others?id=lead&sid=0123456789abcdef",
    ] {
        let target = format!("/admin/apps/sessions-admin/{action}");
        let form = lead.form(&target, &[("form", &form), ("confirm", "sessions-admin")]);
        form.send().assert_status(403);
    }
    lead.get("/admin").assert_status(200);
}

#[test]
fn another_app_may_be_configured_for_the_log_ins() {
    let desk = Desk::with("[admin]\napp = \"desk\"\n", &[]);
    let lead = desk.logged_in("lead");
    let mut client = desk.client();
    assert_eq!(client.run(&["SESSIONS.EXISTS", "desk", lead.token()]).int(), 1);
    lead.get("/admin/apps/desk").assert_status(403);
    lead.get("/admin/apps/sessions-admin").assert_status(200);
}

#[test]
fn pages_carry_the_headers_that_keep_other_sites_out() {
    let desk = Desk::start();
    let lead = desk.logged_in("lead");
    let policy = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";
    for target in [
        "/admin",
        "/admin/apps/webapp",
        "/admin/apps/webapp/user",
        "/admin/apps/other!",
        "/admin/icon.svg",
    ] {
        let page = lead.get(target);
        assert_eq!(page.header("content-security-policy"), Some(policy), "{target}");
        assert_eq!(page.header("referrer-policy"), Some("no-referrer"), "{target}");
        assert_eq!(page.header("x-content-type-options"), Some("nosniff"), "{target}");
        if target != "/admin/icon.svg" {
            assert_eq!(page.header("cache-control"), Some("no-store"), "{target}");
            let html = page.text();
            for never in ["<script", " style=", "javascript:", "http://", "https://"] {
                assert!(!html.contains(never), "{never} in {html}");
            }
            let handler = html.split(" on").skip(1).find(|rest| {
                let name = rest.trim_start_matches(|c: char| c.is_ascii_alphabetic());
                name.trim_start().starts_with('=')
            });
            assert_eq!(handler, None, "{target} has an event handler");
        }
    }
    let html = desk.browser().get("/admin").text().to_owned();
    let sheet = html
        .split("rel=\"stylesheet\" href=\"")
        .nth(1)
        .and_then(|rest| rest.split('"').next())
        .unwrap();
    let sheet = desk.browser().get(sheet).assert_status(200);
    assert_eq!(sheet.header("content-type"), Some("text/css; charset=utf-8"));
    assert!(sheet.header("cache-control").unwrap().contains("immutable"));
}

#[test]
fn no_token_and_no_key_is_in_a_page_or_a_log() {
    let desk = Desk::with("[admin]\nshow-data = true\n", &["sessions.audit-length 1000"]);
    let mut client = desk.client();
    let sessions: Vec<String> = ["1", "2"]
        .map(|n| create(&mut client, "webapp", "ann", &["IP", n]))
        .into();
    let sid = sid_of(&sessions[0]);
    let lead = desk.logged_in("lead");
    let mut seen = String::new();
    for page in [
        "",
        "/apps/webapp",
        "/apps/webapp/sessions",
        "/apps/webapp/events",
        "/apps/webapp/user?id=ann",
        &format!("/apps/webapp/user?id=ann&sid={sid}"),
    ] {
        let response = lead.get(&format!("/admin{page}")).assert_status(200);
        seen += &format!("{response:?}{}", response.text());
    }
    let page = lead.get(&format!("/admin/apps/webapp/user?id=ann&sid={sid}"));
    let action = format!("/admin/apps/webapp/end-others?id=ann&sid={sid}");
    let response = lead.press(&page, &action, &[]).assert_status(303);
    seen += &format!("{response:?}");
    desk.service.wait_until_logged("sessions were ended");
    seen += &desk.service.log();
    let key = desk.service.key("lead");
    for secret in sessions
        .iter()
        .map(String::as_str)
        .chain([lead.token(), &key.text, &key.sha256()])
    {
        assert!(!seen.contains(secret), "{secret} in {seen}");
    }
    // Log lines leave the query out, and with it ids.
    assert!(!desk.service.log().contains("ann"), "{}", desk.service.log());
}
