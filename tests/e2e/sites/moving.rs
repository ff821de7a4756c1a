//! The recipes of docs/migration.md, unchanged, in a site that has old sessions of the real
//! packages.

use super::site::link;
use super::{Answer, Browser, Site};
use crate::harness::*;
use serde_json::{Value, json};
use std::fs;
use std::process::Command;

/// A site with old and new sessions, and a client of its server; `None` if packages are missing.
#[track_caller]
fn moving_site() -> Option<(Server, Client, Site)> {
    let packages = client_folder("sites", "node_modules/redisess")?.join("node_modules");
    let server = Server::builder().tcp().start();
    let site = server.dir().join("site");
    fs::create_dir_all(&site).expect("a directory");
    link(&packages, &site.join("node_modules"));
    for recipe in ["moving.mjs", "from-redisess.mjs", "from-connect-redis.mjs"] {
        fs::write(site.join(recipe), block(recipe)).expect("the recipe is written");
    }
    fs::copy(repository("tests/e2e/sites/moving.mjs"), site.join("site.mjs")).expect("the site is copied");
    let mut command = Command::new("node");
    command.arg(site.join("site.mjs")).env("OLD_SECRET", "an old secret");
    let client = server.client();
    let site = Site::run(command, &server);
    Some((server, client, site))
}

/// The block of the documentation that begins with the comment `// <name>`.
#[track_caller]
fn block(name: &str) -> String {
    let page = fs::read_to_string(repository("docs/migration.md")).expect("the documentation");
    let start = format!("```js\n// {name}\n");
    let (_, rest) = page
        .split_once(&start)
        .unwrap_or_else(|| panic!("no {name} in docs/migration.md"));
    rest.split_once("```").expect("the block ends").0.to_owned()
}

fn keys(client: &mut Client, pattern: &str) -> usize {
    client.run(&["KEYS", pattern]).list().len()
}

#[track_caller]
fn session(answer: &Answer) -> Value {
    assert_eq!(answer.status, 200, "{answer:?}");
    serde_json::from_str(&answer.body).unwrap_or_else(|error| panic!("{error} in {answer:?}"))
}

#[test]
fn a_session_of_redisess_moves_at_its_next_request() {
    let Some((_server, mut client, site)) = moving_site() else {
        return;
    };
    let mut browser = Browser::new(site.port);
    browser.post("/old/redisess", "");
    assert_eq!(browser.cookies["sid"].len(), 32);

    let moved = session(&browser.get("/me"));

    assert_eq!(moved["id"], json!("ann@example.com"));
    assert_eq!(moved["ttl"], json!(240));
    assert_eq!(
        moved["d"],
        json!({
            "groupId": "111",
            "name": "Änn",
            "visits": 7,
            "paid": "true",
            "since": "2024-05-06T07:08:09.000Z",
            "cart": [{ "item": "bread", "count": 2 }],
            "key": { "type": "Buffer", "data": [1, 2] }
        })
    );
    assert_eq!(
        browser.cookies.keys().collect::<Vec<_>>(),
        ["session"],
        "the old cookie is gone"
    );
    assert_eq!(keys(&mut client, "myapp:sess_*"), 0, "the old session is gone");
    assert_eq!(session(&browser.get("/me"))["id"], json!("ann@example.com"));
    assert_eq!(client.run(&["SESSIONS.COUNT", "webapp"]).int(), 1);
}

#[test]
fn a_ttl_that_the_module_does_not_take_becomes_the_nearest_that_it_takes() {
    let Some((_server, _client, site)) = moving_site() else {
        return;
    };
    for (old, ttl) in [("240.5", 241), ("1e9", 315_360_000), ("0", 315_360_000)] {
        let mut browser = Browser::new(site.port);
        browser.post(&format!("/old/redisess?ttl={old}"), "");
        assert_eq!(session(&browser.get("/me"))["ttl"], json!(ttl), "{old}");
    }
}

#[test]
fn a_session_of_connect_redis_moves_at_its_next_request() {
    let Some((_server, mut client, site)) = moving_site() else {
        return;
    };
    let mut browser = Browser::new(site.port);
    browser.post("/old/connect?user=42", "");
    assert_eq!(keys(&mut client, "sess:*"), 1);

    let moved = session(&browser.get("/me"));

    assert_eq!((&moved["id"], &moved["ttl"]), (&json!("42"), &json!(3600)));
    assert_eq!(
        moved["d"],
        json!({ "visits": 7, "paid": true, "cart": [{ "item": "bread", "count": 2 }] })
    );
    assert_eq!(browser.cookies.keys().collect::<Vec<_>>(), ["session"]);
    assert_eq!(keys(&mut client, "sess:*"), 0);
    assert_eq!(session(&browser.get("/me"))["id"], json!("42"));
}

#[test]
fn a_visitor_of_the_old_site_keeps_the_cart() {
    let Some((_server, mut client, site)) = moving_site() else {
        return;
    };
    let mut browser = Browser::new(site.port);
    browser.post("/old/connect", "");
    let moved = session(&browser.get("/me"));
    assert_eq!(moved.get("id"), None, "an anonymous session: {moved}");
    assert_eq!(moved["d"]["visits"], json!(7));
    assert_eq!(client.run(&["SESSIONS.ACTIVITY", "webapp", "0"]).int(), 0);
}

#[test]
fn requests_at_the_same_time_get_the_same_session() {
    let Some((_server, mut client, site)) = moving_site() else {
        return;
    };
    for way in ["/old/redisess", "/old/connect?user=42"] {
        let mut browser = Browser::new(site.port);
        browser.post(way, "");
        let old = browser.cookies.clone();
        let tokens: Vec<String> = std::thread::scope(|scope| {
            let requests: Vec<_> = (0..8)
                .map(|_| {
                    let cookies = old.clone();
                    scope.spawn(move || {
                        let mut browser = Browser::new(site.port);
                        browser.cookies = cookies;
                        session(&browser.get("/me"));
                        browser.cookies["session"].clone()
                    })
                })
                .collect();
            requests.into_iter().map(|it| it.join().expect("an answer")).collect()
        });
        assert!(tokens.iter().all(|token| *token == tokens[0]), "{way}: {tokens:?}");
        assert_eq!(client.run(&["SESSIONS.KILL", "webapp", &tokens[0]]).int(), 1);
        assert_eq!(client.run(&["SESSIONS.COUNT", "webapp"]).int(), 0, "{way}");
    }
}

#[test]
fn an_old_cookie_that_is_forged_ended_or_unknown_opens_nothing() {
    let Some((_server, mut client, site)) = moving_site() else {
        return;
    };
    let mut expired = Browser::new(site.port);
    expired.post("/old/redisess?expired", "");
    let mut forged = Browser::new(site.port);
    forged.post("/old/connect?user=42", "");
    let signed = forged.cookies["connect.sid"].clone();
    let (sid, _) = signed.split_once('.').expect("a signed cookie");
    forged.cookies.insert("connect.sid".into(), format!("{sid}.AAAA"));
    let mut unknown = Browser::new(site.port);
    unknown.cookies.insert("sid".into(), "0".repeat(32));
    for browser in [&mut expired, &mut forged, &mut unknown] {
        assert_eq!(browser.get("/me").status, 401);
        assert!(!browser.cookies.contains_key("session"));
    }
    assert_eq!(client.run(&["SESSIONS.COUNT", "webapp"]).int(), 0);
}
