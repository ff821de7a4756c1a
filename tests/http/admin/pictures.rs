//! The pictures of docs/admin.md. `scripts/admin-pictures.sh` runs this; it takes six minutes,
//! because the plots of the overview show what was measured while it runs.

use super::chromium::drive;
use super::{Desk, keys};
use crate::harness::*;
use serde_json::json;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// Typical users of a site, most recently active first; an empty id is a visitor.
const USERS: [&str; 17] = [
    "ann@example.org",
    "j.fischer@example.com",
    "b7f3c9d2-4c1e-4f0a-9c62-8f6f2f5a1d11",
    "",
    "maria.santos@example.net",
    "ann@example.org",
    "li.wei@example.com",
    "kofi.mensah@example.org",
    "",
    "ann@example.org",
    "olivia.b@example.org",
    "tomasz.k@example.com",
    "ann@example.org",
    "u-18833",
    "r.okafor@example.net",
    "",
    "ann@example.org",
];

const AGENTS: [&str; 5] = [
    "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Mobile Safari/537.36",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36 Edg/131.0.0.0",
];

const ADDRESSES: [&str; 5] = [
    "203.0.113.7",
    "198.51.100.23",
    "192.0.2.141",
    "2001:db8:17::a3",
    "203.0.113.88",
];

/// The time that the overview's plots cover.
const MEASURED: Duration = Duration::from_secs(330);

#[test]
#[ignore = "makes pictures, and takes six minutes"]
fn pictures_of_the_admin_page() {
    let server = Server::builder().line("sessions.audit-length 100000").start();
    let mut client = server.client();
    plant_crowd(&mut client);
    let service = keys(Service::builder().redis(&server))
        .key("maria", &["webapp", "shop", "intranet"], &["read", "admin"])
        .config("[admin]\nshow-data = true\n")
        .start();
    let desk = Desk { server, service };
    come_and_go(&mut client);
    some_users(&mut client);
    let folder = std::env::var("SESSIONS_PICTURES").expect("SESSIONS_PICTURES names a folder");
    let key = &desk.service.key("maria").text;
    assert!(drive(&desk, "picture", json!({ "folder": folder, "key": key })));
}

/// Sessions that exist before the measurement.
fn plant_crowd(client: &mut Client) {
    for (app, first, count, ids, idle) in [
        ("webapp", "a", 2_900, 2_900, 1_200),
        ("webapp", "b", 5_200, 4_900, 20_000),
        ("shop", "a", 1_204, 1_204, 60),
        ("intranet", "a", 86, 86, 60),
    ] {
        let many = Planted {
            app,
            first,
            count,
            ids,
            idle,
            ttl: 86_400,
            ..Planted::default()
        };
        many.plant(client);
    }
    for n in 0..900 {
        let token = someone(client, n);
        age_everywhere(client, "webapp", &token, n as i64 / 3);
    }
}

/// A log-in of user n.
fn someone(client: &mut Client, n: usize) -> String {
    let id = format!("u-{}", 20_000 + n * 37 % 9_999);
    let (ip, agent) = (ADDRESSES[n * 7 % 5], AGENTS[n * 11 % 5]);
    create(client, "webapp", &id, &["IP", ip, "UA", agent])
}

/// Users log in and out while the service measures.
fn come_and_go(client: &mut Client) {
    let start = Instant::now();
    let (mut tokens, mut number) = (Vec::new(), 1_000);
    while start.elapsed() < MEASURED {
        let time = start.elapsed().as_secs_f64() / MEASURED.as_secs_f64();
        let coming = 1.5 + 1.4 * (time * 11.0).sin();
        for _ in 0..coming.round() as usize {
            number += 1;
            tokens.push(someone(client, number));
        }
        if number % 3 == 0 && tokens.len() > 20 {
            let token = tokens.swap_remove(number % tokens.len());
            client.run(&["SESSIONS.KILL", "webapp", &token]);
        }
        // This pause determines the rate; it does not wait for anything.
        sleep(Duration::from_millis(400));
    }
}

/// Sessions with the devices, addresses and times of real users.
fn some_users(client: &mut Client) {
    let data = r#"{"cart":[{"item":"bread","count":2},{"item":"coffee","count":1}],"lang":"en","theme":"dark"}"#;
    for (n, id) in USERS.into_iter().enumerate() {
        let (agent, ip) = (AGENTS[n * 3 % 5], ADDRESSES[n * 2 % 5]);
        let options = ["IP", ip, "UA", agent, "TTL", "14400", "DATA", data];
        let anonymous = if id.is_empty() { &["ANON"][..] } else { &[] };
        let token = create(client, "webapp", id, &[anonymous, &options].concat());
        let since = now(client) - (n as i64 * 7_919) % 90_000 - 400;
        let key = format!("rs:webapp:{token}");
        client.run(&["HSET", &key, "created", &since.to_string()]).int();
        client.run(&["HSET", &key, "r", &(n * n + 3).to_string()]).int();
        let idle = if n < 8 { n } else { n * n * 5 };
        age_everywhere(client, "webapp", &token, idle as i64);
    }
}
