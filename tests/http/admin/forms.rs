//! Which forms are accepted: only forms on a page of this service, of this log-in, from a key with
//! the right.

use super::Desk;
use super::browser::form_token;
use crate::harness::create;

const ACTIONS: [&str; 4] = [
    "/admin/apps/webapp/end-session?id=ann&sid=0123456789abcdef",
    "/admin/apps/webapp/end-user?id=ann",
    "/admin/apps/webapp/end-others?id=ann&sid=0123456789abcdef",
    "/admin/apps/webapp/end-app",
];

#[test]
fn a_form_of_another_origin_is_refused() {
    let desk = Desk::start();
    let browser = desk.logged_in("lead");
    create(&mut desk.client(), "webapp", "ann", &[]);
    let token = form_token(&browser.get("/admin"));
    let port = desk.service.port();
    let own = format!("http://127.0.0.1:{port}");
    let fields = [("form", token.as_str()), ("confirm", "webapp")];
    for action in ACTIONS.into_iter().chain(["/admin/log-out", "/admin/log-in"]) {
        for origin in [
            "null",
            "http://evil.example",
            "https://127.0.0.1",
            &format!("https://127.0.0.1:{port}"),
            &format!("http://localhost:{port}"),
            &format!("http://127.0.0.1:{}", port.wrapping_add(1)),
            &format!("{own}.evil.example"),
        ] {
            let refused = browser.form_from(origin, action, &fields).send().assert_status(403);
            assert!(refused.text().contains("<h1>The form was refused</h1>"), "{refused:?}");
            assert!(
                refused.text().contains("is not from your current log-in"),
                "{refused:?}"
            );
        }
        let without = desk
            .service
            .post(action)
            .header("Cookie", browser.cookie.as_ref().unwrap())
            .form(&fields);
        without.send().assert_status(403);
        let twice = browser.form(action, &fields).header("Origin", &own);
        twice.send().assert_status(403);
    }
    assert_eq!(desk.client().line("SESSIONS.COUNT webapp").int(), 1);
    browser.get("/admin/apps/webapp").assert_status(200);
}

#[test]
fn a_form_of_another_log_in_is_refused() {
    let desk = Desk::start();
    let (browser, other) = (desk.logged_in("lead"), desk.logged_in("lead"));
    create(&mut desk.client(), "webapp", "ann", &[]);
    let theirs = form_token(&other.get("/admin"));
    assert_ne!(theirs, form_token(&browser.get("/admin")));
    for action in ACTIONS.into_iter().chain(["/admin/log-out"]) {
        for form in [theirs.as_str(), "", browser.token()] {
            browser
                .form(action, &[("form", form), ("confirm", "webapp")])
                .send()
                .assert_status(403);
        }
        browser.form(action, &[("confirm", "webapp")]).send().assert_status(400);
    }
    assert_eq!(desk.client().line("SESSIONS.COUNT webapp").int(), 1);
}

#[test]
fn only_a_key_with_the_right_admin_for_the_app_ends_sessions() {
    let desk = Desk::start();
    let mut client = desk.client();
    create(&mut client, "webapp", "ann", &[]);
    let support = desk.logged_in("support");
    let token = form_token(&support.get("/admin"));
    for action in ACTIONS {
        let form = support.form(action, &[("form", &token), ("confirm", "webapp")]);
        let refused = form.send().assert_status(403);
        assert!(
            refused.text().contains("may see sessions but not end them"),
            "{refused:?}"
        );
        let elsewhere = action.replace("webapp", "shop");
        let form = support.form(&elsewhere, &[("form", &token), ("confirm", "shop")]);
        let refused = form.send().assert_status(403);
        assert!(
            refused.text().contains("Your key does not cover this app"),
            "{refused:?}"
        );
        let nobody = desk
            .browser()
            .form(action, &[("form", &token)])
            .send()
            .assert_status(401);
        assert!(nobody.text().contains("<h1>Log in</h1>"), "{nobody:?}");
    }
    assert_eq!(client.line("SESSIONS.COUNT webapp").int(), 1);
}

#[test]
fn a_get_ends_nothing() {
    let desk = Desk::start();
    let browser = desk.logged_in("lead");
    create(&mut desk.client(), "webapp", "ann", &[]);
    for action in ACTIONS.into_iter().chain(["/admin/log-out"]) {
        browser.get(action).assert_status(405);
    }
    assert_eq!(desk.client().line("SESSIONS.COUNT webapp").int(), 1);
    browser.get("/admin/apps/webapp").assert_status(200);
}

#[test]
fn a_body_that_is_too_large_or_not_a_form_is_refused() {
    let desk = Desk::start();
    let browser = desk.logged_in("lead");
    let long = "x".repeat(20_000);
    let large = browser
        .form("/admin/log-in", &[("key", &long)])
        .send()
        .assert_status(413);
    assert!(large.text().contains("<h1>"), "{large:?}");
    let origin = format!("http://127.0.0.1:{}", desk.service.port());
    let json = desk.service.post("/admin/log-in").header("Origin", &origin).body("{}");
    json.header("Content-Type", "application/json")
        .send()
        .assert_status(415);
    browser.form("/admin/log-in", &[]).send().assert_status(400);
    browser
        .form("/admin/log-in", &[("key", "a"), ("key", "b")])
        .send()
        .assert_status(400);
}
