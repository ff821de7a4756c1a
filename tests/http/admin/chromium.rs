//! The admin page in Chromium, used as a person would: `chromium/run.cjs` runs a case, and the
//! tests here check its effects.

use super::shown::plant_hostile;
use super::{Desk, browser::form_token};
use crate::chromium::run_in_chromium;
use crate::harness::*;
use serde_json::{Value, json};

const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

/// Runs a case; `more` are facts in addition to the address and the keys. False if the test is
/// skipped.
#[track_caller]
pub(super) fn drive(desk: &Desk, case: &str, mut more: Value) -> bool {
    more["url"] = json!(format!("http://127.0.0.1:{}", desk.service.port()));
    more["app"] = json!("webapp");
    let keys = ["lead", "support", "writer"].map(|name| (name.to_owned(), json!(desk.service.key(name).text)));
    more["keys"] = Value::Object(keys.into_iter().collect());
    run_in_chromium("admin/chromium/run.cjs", &[case], more)
}

/// Creates a session with an address; returns its sid.
fn session(client: &mut Client, id: &str, ip: &str) -> String {
    let token = create(
        client,
        "webapp",
        id,
        &["IP", ip, "UA", FIREFOX, "DATA", r#"{"cart":3}"#],
    );
    sid_of(&token)
}

#[test]
fn in_chromium_support_finds_a_user_among_many_sessions() {
    let desk = Desk::start();
    let mut client = desk.client();
    let many = Planted {
        app: "webapp",
        count: 2_500,
        ids: 2_000,
        idle: 1_000,
        ..Planted::default()
    };
    many.plant(&mut client);
    for ip in ["203.0.113.7", "203.0.113.8", "203.0.113.9"] {
        session(&mut client, "ann", ip);
    }
    session(&mut client, "bob", "198.51.100.1");
    if drive(&desk, "see", json!({})) {
        assert_eq!(client.line("SESSIONS.COUNT webapp").int(), 2_504);
        assert_eq!(client.line("SESSIONS.COUNT sessions-admin").int(), 0);
    }
}

#[test]
fn in_chromium_sessions_are_ended_one_all_but_one_all_and_of_the_app() {
    let desk = Desk::with("", &["sessions.audit-length 1000"]);
    let mut client = desk.client();
    for n in 5..10 {
        session(&mut client, "ann", &format!("203.0.113.{n}"));
    }
    for id in ["bob", "bob", "carol", "carol", "dave"] {
        session(&mut client, id, "198.51.100.1");
    }
    create(&mut client, "webapp", "", &["ANON"]);
    create(&mut client, "shop", "ann", &[]);
    if drive(&desk, "end", json!({})) {
        assert_eq!(client.line("SESSIONS.COUNT webapp").int(), 0);
        assert_eq!(client.line("SESSIONS.COUNT shop").int(), 1);
    }
}

#[test]
fn in_chromium_the_keyboard_is_enough_and_the_focus_is_seen() {
    let desk = Desk::with("[admin]\nshow-data = true\n", &["sessions.audit-length 1000"]);
    let mut client = desk.client();
    let sid = ["203.0.113.7", "203.0.113.8", "203.0.113.9"].map(|ip| session(&mut client, "ann", ip));
    session(&mut client, "bob", "198.51.100.1");
    session(&mut client, "carol", "198.51.100.1");
    if drive(&desk, "type", json!({ "sid": sid[0] })) {
        assert_eq!(client.line("SESSIONS.COUNT webapp").int(), 0);
    }
}

#[test]
fn in_chromium_pages_have_no_barriers_and_fit_a_phone_in_light_and_dark() {
    let desk = Desk::with("[admin]\nshow-data = true\n", &["sessions.audit-length 1000"]);
    let mut client = desk.client();
    let (long, address) = ("w".repeat(512), "2001:db8:85a3:8d3:1319:8a2e:370:7348");
    let sid = session(&mut client, "ann", address);
    session(&mut client, "ann", "");
    create(
        &mut client,
        "webapp",
        &long,
        &["UA", &"u".repeat(512), "IP", &"i".repeat(256), "NORESAVE"],
    );
    create(&mut client, "webapp", "", &["ANON"]);
    let data = json!({ "k".repeat(300): "v".repeat(300), "list": [1, 2, {}] }).to_string();
    create(&mut client, "webapp", "ann", &["DATA", &data, "LIFETIME", "100"]);
    for n in 0..100 {
        session(&mut client, &format!("user{n}"), "203.0.113.7");
    }
    drive(&desk, "look", json!({ "sid": sid, "long": long }));
}

#[test]
fn in_chromium_forms_and_frames_of_other_sites_do_nothing() {
    let desk = Desk::start();
    let mut client = desk.client();
    session(&mut client, "ann", "203.0.113.7");
    // The most that another site could know of a form.
    let form = form_token(&desk.logged_in("lead").get("/admin"));
    if drive(&desk, "attack", json!({ "form": form })) {
        assert_eq!(client.line("SESSIONS.COUNT webapp").int(), 1);
    }
}

#[test]
fn in_chromium_hostile_ids_and_user_agents_run_nothing() {
    let desk = Desk::with("[admin]\nshow-data = true\n", &["sessions.audit-length 1000"]);
    let mut client = desk.client();
    let ids = plant_hostile(&mut client);
    drive(&desk, "show", json!({ "ids": ids }));
}
