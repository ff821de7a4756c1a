//! The journey through each site: a visitor's cart, logging in, the devices, logging out.

use super::{Browser, LANGUAGES, Site};
use crate::harness::*;
use serde_json::Value;

/// Runs a test on each site, each with an empty server of its own.
#[track_caller]
pub(super) fn on_every_site(variables: &[(&str, &str)], test: impl Fn(&mut Client, u16)) {
    for language in LANGUAGES {
        let server = Server::builder().tcp().start();
        let Some(site) = Site::start(language, &server, variables) else {
            continue;
        };
        eprintln!("the site in {language}:");
        test(&mut server.client(), site.port);
    }
}

pub(super) fn log_in(browser: &mut Browser, user: &str) {
    browser
        .post("/login", &format!("user={user}&password=demo"))
        .goes_to("/");
}

fn sessions(client: &mut Client, id: &str) -> Vec<Value> {
    let reply = client.run(&["SESSIONS.SOID", "shop", id, "WITHTOKENS", "JSON"]);
    serde_json::from_str(reply.text()).expect("JSON")
}

#[test]
fn a_visitors_cart_is_kept_through_logging_in() {
    on_every_site(&[], |client, port| {
        let mut browser = Browser::new(port);
        browser.get("/").shows("nothing yet");
        assert!(browser.cookies.is_empty(), "looking around makes no session");
        browser.post("/cart", "item=bread").goes_to("/");
        browser.post("/cart", "item=bread").goes_to("/");
        browser.post("/cart", "item=cheese").goes_to("/");
        let before = browser.cookies["session"].clone();

        log_in(&mut browser, "ann");

        let after = browser.cookies["session"].clone();
        assert_ne!(before, after, "the token changes");
        assert_eq!(
            client.run(&["SESSIONS.EXISTS", "shop", &before]).int(),
            0,
            "the old one is dead"
        );
        let page = browser.get("/");
        page.shows("2 × bread");
        page.shows("1 × cheese");
        page.shows("<span>ann</span>");
        let listed = sessions(client, "ann");
        assert_eq!(listed.len(), 1);
        assert_eq!(
            (&listed[0]["token"], &listed[0]["ip"]),
            (&after.into(), &"127.0.0.1".into())
        );
        assert_eq!(
            client.run(&["SESSIONS.COUNT", "shop"]).int(),
            1,
            "nothing of the visitor is left"
        );
    });
}

#[test]
fn a_visitors_session_belongs_to_nobody_and_times_out_soon() {
    on_every_site(&[], |client, port| {
        let mut browser = Browser::new(port);
        browser.post("/cart", "item=bread").goes_to("/");
        let token = &browser.cookies["session"];
        let visitors = client.run(&["SESSIONS.PEEK", "shop", token]).session();
        assert_eq!(visitors.names(), ["sid", "r", "w", "ttl", "idle", "ip", "created", "d"]);
        assert_eq!((visitors.int("ttl"), visitors.text("d")), (1800, r#"{"bread":1}"#));
        assert_eq!(client.run(&["SESSIONS.USERS", "shop", "0"]), Reply::List(vec![]));
    });
}

#[test]
fn a_log_in_ends_after_two_hours_without_use_and_after_a_week() {
    on_every_site(&[], |client, port| {
        let mut visitor = Browser::new(port);
        visitor.post("/cart", "item=bread").goes_to("/");
        // The week begins when the visitor logs in.
        let token = visitor.cookies["session"].clone();
        age(client, "shop", &token, 600);
        client
            .run(&["HINCRBY", &format!("rs:shop:{token}"), "created", "-600"])
            .int();
        for mut browser in [visitor, Browser::new(port)] {
            let before = now(client);
            log_in(&mut browser, "ann");
            let session = client
                .run(&["SESSIONS.PEEK", "shop", &browser.cookies["session"]])
                .session();
            let week = 7 * 86400;
            assert_eq!(session.int("ttl"), 7200);
            assert!(
                (before + week..=now(client) + week).contains(&session.int("until")),
                "{session:?}"
            );
        }
    });
}

#[test]
fn the_devices_are_named_by_their_browsers() {
    const CHROME: &str =
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36";
    on_every_site(&[], |_, port| {
        let edge = format!("{CHROME} Edg/140.0.0.0");
        let safari = CHROME.replace("Chrome/140.0.0.0", "Version/26.0");
        let firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
        for (header, name) in [
            (edge.as_str(), "Edge"),
            (&safari, "Safari"),
            (firefox, "Firefox"),
            (CHROME, "Chrome"),
            ("curl/8.0", "Another browser"),
        ] {
            let mut browser = Browser::new(port).with("User-Agent", header);
            if name == "Chrome" {
                browser.post("/cart", "item=bread").goes_to("/");
            }
            log_in(&mut browser, "ann");
            browser.get("/devices").shows(&format!(">{name}"));
        }
        let mut nameless = Browser::new(port);
        log_in(&mut nameless, "ann");
        nameless.get("/devices").shows(">Unknown browser");
    });
}

#[test]
fn another_users_cart_is_not_carried_over() {
    on_every_site(&[], |client, port| {
        let mut browser = Browser::new(port);
        log_in(&mut browser, "ann");
        browser.post("/cart", "item=bread").goes_to("/");
        log_in(&mut browser, "bob");
        browser.get("/").shows("nothing yet");
        assert_eq!((sessions(client, "ann").len(), sessions(client, "bob").len()), (0, 1));
    });
}

#[test]
fn a_wrong_password_changes_nothing() {
    on_every_site(&[], |client, port| {
        let mut browser = Browser::new(port);
        browser.post("/cart", "item=bread").goes_to("/");
        let before = browser.cookies.clone();
        for form in ["user=ann&password=no", "user=nobody&password=demo", "user=ann", ""] {
            let page = browser.post("/login", form);
            assert_eq!(page.status, 401, "{form}");
            assert!(page.body.contains("Wrong name or password"), "{form}");
        }
        assert_eq!(browser.cookies, before);
        assert_eq!(sessions(client, "ann").len(), 0);
    });
}

#[test]
fn one_device_is_logged_out_from_another() {
    on_every_site(&[], |client, port| {
        let (mut laptop, mut phone) = (Browser::new(port), Browser::new(port));
        log_in(&mut laptop, "ann");
        log_in(&mut phone, "ann");
        let page = laptop.get("/devices");
        page.shows("127.0.0.1");
        assert_eq!(page.body.matches("this device").count(), 1);
        let listed = sessions(client, "ann");
        assert_eq!(listed.len(), 2);
        for session in &listed {
            page.shows(session["sid"].as_str().expect("a sid"));
            page.hides(session["token"].as_str().expect("a token"));
        }
        let phones = listed
            .iter()
            .find(|it| it["token"] == phone.cookies["session"].as_str());
        let sid = phones.expect("the phone")["sid"].as_str().expect("a sid");

        laptop
            .post("/devices/logout", &format!("sid={sid}"))
            .goes_to("/devices");

        phone.get("/devices").goes_to("/");
        phone.get("/").shows("Log in");
        laptop.get("/devices").hides(sid);
        assert_eq!(sessions(client, "ann").len(), 1);
    });
}

#[test]
fn a_server_that_takes_a_second_to_reply_breaks_no_page() {
    on_every_site(&[], |client, port| {
        let mut browser = Browser::new(port);
        log_in(&mut browser, "ann");
        client.line("CLIENT PAUSE 1200 ALL").assert_ok();
        browser.get("/").shows("<span>ann</span>");
    });
}

#[test]
fn the_log_in_on_a_sixth_device_logs_out_the_least_recently_used_one() {
    on_every_site(&[], |client, port| {
        let mut devices: Vec<Browser> = (0..5).map(|_| Browser::new(port)).collect();
        for (number, device) in devices.iter_mut().enumerate() {
            log_in(device, "ann");
            let idle = if number == 2 { 600 } else { 60 };
            age(client, "shop", &device.cookies["session"], idle);
        }
        // A user who is logged in logs in again: it is the same device.
        log_in(&mut devices[0], "ann");
        assert_eq!(sessions(client, "ann").len(), 5);
        // A visitor with a cart, and one without.
        for (without_cookie, logged_out) in [(false, 2), (true, 1)] {
            let mut sixth = Browser::new(port);
            if !without_cookie {
                sixth.post("/cart", "item=bread").goes_to("/");
                age(client, "shop", &devices[1].cookies["session"], 60);
            }
            log_in(&mut sixth, "ann");
            sixth.get("/").shows("<span>ann</span>");
            assert_eq!(sessions(client, "ann").len(), 5);
            let token = &devices[logged_out].cookies["session"];
            assert_eq!(client.run(&["SESSIONS.EXISTS", "shop", token]), Reply::Int(0));
            devices[logged_out].get("/devices").goes_to("/");
        }
        log_in(&mut Browser::new(port), "bob");
        assert_eq!(sessions(client, "ann").len(), 5, "another user's devices count apart");
    });
}

#[test]
fn nobody_logs_out_another_users_device() {
    on_every_site(&[], |client, port| {
        let (mut ann, mut bob) = (Browser::new(port), Browser::new(port));
        log_in(&mut ann, "ann");
        log_in(&mut bob, "bob");
        let anns = sessions(client, "ann")[0]["sid"].as_str().expect("a sid").to_owned();
        bob.post("/devices/logout", &format!("sid={anns}")).goes_to("/devices");
        let stranger = Browser::new(port).post("/devices/logout", &format!("sid={anns}"));
        assert_eq!(stranger.status, 303);
        ann.get("/devices").shows(&anns);
        for sid in ["", "sid=", "sid=*", "sid=0123456789ABCDEF"] {
            assert_eq!(ann.post("/devices/logout", sid).status, 400, "{sid}");
        }
    });
}

#[test]
fn all_other_devices_are_logged_out_at_once() {
    on_every_site(&[], |client, port| {
        let mut browsers: Vec<Browser> = (0..4).map(|_| Browser::new(port)).collect();
        browsers.iter_mut().for_each(|browser| log_in(browser, "ann"));
        browsers[2].post("/devices/logout", "sid=others").goes_to("/devices");
        for (number, browser) in browsers.iter_mut().enumerate() {
            let status = browser.get("/devices").status;
            assert_eq!(status, if number == 2 { 200 } else { 303 }, "browser {number}");
        }
        assert_eq!(sessions(client, "ann").len(), 1);
    });
}

#[test]
fn logging_out_ends_the_session_and_removes_the_cookie() {
    on_every_site(&[], |client, port| {
        let mut browser = Browser::new(port);
        log_in(&mut browser, "ann");
        browser.post("/logout", "").goes_to("/");
        assert!(browser.cookies.is_empty());
        browser.get("/devices").goes_to("/");
        assert_no_keys(client);
    });
}
