//! Ending sessions: which sessions end, the message on the page, and the line in the log.

use super::browser::form_token;
use super::{Browser, Desk};
use crate::harness::*;
use serde_json::Value;

/// The sids of a user, most recently used first.
fn sids(client: &mut Client, id: &str) -> Vec<String> {
    let list = client.run(&["SESSIONS.SOID", "webapp", id, "JSON"]);
    let list: Vec<Value> = serde_json::from_str(list.text()).unwrap();
    list.iter()
        .map(|session| session["sid"].as_str().unwrap().to_owned())
        .collect()
}

/// The last line of the log about sessions that were ended.
#[track_caller]
fn logged(desk: &Desk) -> Value {
    desk.service.wait_until_logged("sessions were ended");
    let lines = desk.service.log_lines();
    let line = lines
        .into_iter()
        .rev()
        .find(|line| line["message"] == "sessions were ended");
    line.expect("it was just there")
}

/// The message on the page that a form leads to.
#[track_caller]
fn assert_says(browser: &Browser, done: &Response, text: &str) {
    let target = done.header("location").expect("a redirect");
    let page = browser.get(target).assert_status(200);
    let status = format!("role=\"status\">{text}<");
    assert!(page.text().contains(&status), "no {text:?} in {}", page.text());
}

#[test]
fn one_session_is_ended() {
    let desk = Desk::start();
    let mut client = desk.client();
    for id in ["ann", "ann", "bob"] {
        create(&mut client, "webapp", id, &[]);
    }
    let lead = desk.logged_in("lead");
    let sid = sids(&mut client, "ann").remove(0);
    let page = lead.get("/admin/apps/webapp/user?id=ann");
    let action = format!("/admin/apps/webapp/end-session?id=ann&sid={sid}");
    let done = lead.press(&page, &action, &[]).assert_status(303);
    assert_says(&lead, &done, "The session was ended.");
    assert!(!sids(&mut client, "ann").contains(&sid));
    assert_eq!((sids(&mut client, "ann").len(), sids(&mut client, "bob").len()), (1, 1));
    let line = logged(&desk);
    assert_eq!(
        (&line["key"], &line["app"], &line["sid"], &line["count"]),
        (&"lead".into(), &"webapp".into(), &sid.as_str().into(), &1.into())
    );

    let again = lead.press(&page, &action, &[]).assert_status(303);
    assert_says(&lead, &again, "The session had already ended.");
}

#[test]
fn all_sessions_of_a_user_are_ended() {
    let desk = Desk::start();
    let mut client = desk.client();
    for id in ["a&b", "a&b", "a&b", "bob"] {
        create(&mut client, "webapp", id, &[]);
    }
    let lead = desk.logged_in("lead");
    let page = lead.get("/admin/apps/webapp/user?id=a%26b");
    let done = lead
        .press(&page, "/admin/apps/webapp/end-user?id=a%26b", &[])
        .assert_status(303);
    assert_says(&lead, &done, "3 sessions of this user were ended.");
    assert_eq!((sids(&mut client, "a&b").len(), sids(&mut client, "bob").len()), (0, 1));
    let line = logged(&desk);
    // printf 'a&b' | sha256sum
    assert_eq!((&line["id_sha256"], &line["count"]), (&ID_HASH.into(), &3.into()));
    assert!(!desk.service.log().contains("a&b") && !desk.service.log().contains("a%26b"));
}

const ID_HASH: &str = "4e012385d7caf841";

#[test]
fn all_sessions_of_a_user_but_one_are_ended() {
    for setting in ["sessions.hash-tokens no", "sessions.hash-tokens yes"] {
        let desk = Desk::with("", &[setting]);
        let mut client = desk.client();
        for n in 0..230 {
            create(&mut client, "webapp", if n % 23 == 0 { "bob" } else { "ann" }, &[]);
        }
        let lead = desk.logged_in("lead");
        let kept = sids(&mut client, "ann").remove(130);
        let page = lead.get(&format!("/admin/apps/webapp/user?id=ann&sid={kept}"));
        let action = format!("/admin/apps/webapp/end-others?id=ann&sid={kept}");
        let done = lead.press(&page, &action, &[]).assert_status(303);
        assert_says(
            &lead,
            &done,
            "219 sessions of this user were ended. The session below was kept.",
        );
        assert_eq!(sids(&mut client, "ann"), [kept.as_str()], "{setting}");
        assert_eq!(sids(&mut client, "bob").len(), 10);
        let line = logged(&desk);
        assert_eq!((&line["sid"], &line["count"]), (&kept.as_str().into(), &219.into()));

        // If the session to keep does not exist, no session ends.
        client.run(&["SESSIONS.KILLSOID", "webapp", "ann"]);
        create(&mut client, "webapp", "ann", &[]);
        let nothing = lead.press(&page, &action, &[]).assert_status(303);
        let page = lead.get(nothing.header("location").unwrap()).assert_status(404);
        assert!(
            page.text()
                .contains("The session to keep was not found. No session was ended."),
            "{page:?}"
        );
        assert_eq!(sids(&mut client, "ann").len(), 1);
    }
}

#[test]
fn sessions_that_got_hashed_before_the_setting_went_off_are_ended_but_one() {
    let desk = Desk::with("", &["sessions.hash-tokens yes"]);
    let mut client = desk.client();
    for _ in 0..3 {
        create(&mut client, "webapp", "ann", &[]);
    }
    let hashed = sids(&mut client, "ann").remove(1);
    client.line("SAVE");
    drop(client);
    let Desk { mut server, service } = desk;
    server.restart_with(|line| Some(line.replace("hash-tokens yes", "hash-tokens no")));
    let desk = Desk { server, service };
    desk.wait_until_connected();
    let mut client = desk.client();
    create(&mut client, "webapp", "ann", &[]);
    let lead = desk.logged_in("lead");
    let page = lead.get(&format!("/admin/apps/webapp/user?id=ann&sid={hashed}"));
    let action = format!("/admin/apps/webapp/end-others?id=ann&sid={hashed}");
    lead.press(&page, &action, &[]).assert_status(303);
    assert_eq!(sids(&mut client, "ann"), [hashed.as_str()]);
}

#[test]
fn an_app_is_ended_after_its_name_was_typed() {
    let desk = Desk::start();
    let mut client = desk.client();
    for (app, id) in [("webapp", "ann"), ("webapp", "bob"), ("shop", "ann")] {
        create(&mut client, app, id, &[]);
    }
    create(&mut client, "webapp", "", &["ANON"]);
    let lead = desk.logged_in("lead");
    let page = lead.get("/admin/apps/webapp");
    for wrong in ["", "shop", "Webapp", "webapp2", "*"] {
        let done = lead
            .press(&page, "/admin/apps/webapp/end-app", &[("confirm", wrong)])
            .assert_status(303);
        let page = lead.get(done.header("location").unwrap()).assert_status(200);
        assert!(
            page.text().contains("role=\"alert\">The name that was typed is not"),
            "{page:?}"
        );
    }
    assert_eq!(client.line("SESSIONS.COUNT webapp").int(), 3);
    let done = lead
        .press(&page, "/admin/apps/webapp/end-app", &[("confirm", " webapp ")])
        .assert_status(303);
    assert_says(&lead, &done, "3 sessions of this app were ended.");
    assert_eq!(client.line("SESSIONS.COUNT webapp").int(), 0);
    assert_eq!(client.line("SESSIONS.COUNT shop").int(), 1);
    let line = logged(&desk);
    assert_eq!(
        (&line["what"], &line["count"]),
        (&"all sessions of the app".into(), &3.into())
    );
    // The person who ends the sessions of an app stays logged in.
    lead.get("/admin/apps/webapp").assert_status(200);
}

#[test]
fn an_invalid_session_or_user_ends_nothing_and_the_page_says_so() {
    let desk = Desk::start();
    create(&mut desk.client(), "webapp", "\u{fffd}", &[]);
    let lead = desk.logged_in("lead");
    let page = lead.get("/admin");
    for (action, text) in [
        ("end-session?id=ann&sid=x", "invalid sid: exactly 16"),
        ("end-others?id=ann&sid=x", "invalid sid: exactly 16"),
        ("end-session?id=&sid=0123456789abcdef", "invalid id"),
        ("end-user?id=", "invalid id"),
        ("end-user", "address of the page"),
        ("end-user?id=a&id=b", "address of the page"),
        // Not the user whose id has the replacement character.
        ("end-user?id=%FF", "address of the page"),
    ] {
        let form = lead.form(
            &format!("/admin/apps/webapp/{action}"),
            &[("form", form_token(&page).as_str())],
        );
        let refused = form.send().assert_status(400);
        assert!(refused.text().contains(text), "{action}: {refused:?}");
    }
    assert_eq!(desk.client().line("SESSIONS.COUNT webapp").int(), 1);
    assert!(!desk.service.log().contains("may have been ended"));
}

#[test]
fn an_end_is_logged_even_if_the_browser_goes_away() {
    let desk = Desk::start();
    let mut client = desk.client();
    Planted {
        app: "webapp",
        count: 50_000,
        ids: 50_000,
        ..Planted::default()
    }
    .plant(&mut client);
    // The script that plants them may block the server for so long that the service treats it as
    // lost.
    desk.wait_until_connected();
    let lead = desk.logged_in("lead");
    let form = form_token(&lead.get("/admin"));
    let body = format!("form={form}&confirm=webapp");
    let port = desk.service.port();
    let request = format!(
        "POST /admin/apps/webapp/end-app HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nOrigin: http://127.0.0.1:{port}\r\nCookie: {}\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
        lead.cookie.as_ref().unwrap(),
        body.len()
    );
    let mut stream = desk.service.stream();
    std::io::Write::write_all(&mut stream, request.as_bytes()).unwrap();
    wait_until(GENEROUS, "the server has begun", || {
        client.line("SESSIONS.COUNT webapp").int() < 50_000
    });
    drop(stream);
    let line = logged(&desk);
    assert_eq!((&line["app"], &line["count"]), (&"webapp".into(), &50_000.into()));
}
