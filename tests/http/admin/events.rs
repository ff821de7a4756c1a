//! Events from the audit stream.

use super::Desk;
use crate::harness::*;

fn on() -> Desk {
    Desk::with("", &["sessions.audit-length 100000"])
}

#[test]
fn events_are_listed_newest_first() {
    let desk = on();
    let mut client = desk.client();
    let visitor = create(&mut client, "webapp", "", &["ANON"]);
    let rotate = [
        "SESSIONS.ROTATE",
        "webapp",
        &visitor,
        "ID",
        "ann",
        "IP",
        "203.0.113.7",
        "UA",
        "Firefox/1",
    ];
    client.run(&rotate);
    create(&mut client, "webapp", "bob", &[]);
    client.line("SESSIONS.KILLSOID webapp ann");
    let support = desk.logged_in("support");
    let page = support.get("/admin/apps/webapp/events").assert_status(200);
    let html = page.text();
    let positions: Vec<_> = ["Ended, for the user", ">bob<", "203.0.113.7"]
        .map(|text| html.find(text))
        .into();
    assert!(positions.iter().all(Option::is_some), "{html}");
    assert!(positions[0] < positions[1], "{html}");
    assert_eq!(html.matches("Logged in").count(), 2, "{html}");
    assert!(html.contains(" UTC</time>") && html.contains(">Firefox<"), "{html}");
}

#[test]
fn events_are_listed_by_page_and_filtered_by_id() {
    let desk = on();
    let mut client = desk.client();
    for n in 0..120 {
        create(
            &mut client,
            "webapp",
            if n % 2 == 0 { "ann" } else { "bob" },
            &["IP", &format!("nr-{n:03}")],
        );
    }
    let support = desk.logged_in("support");
    for (of, seen, per_page) in [
        ("", (0..120).rev().collect::<Vec<_>>(), 50),
        ("ann", (0..120).rev().filter(|n| n % 2 == 0).collect(), 50),
    ] {
        let mut target = format!("/admin/apps/webapp/events?of={of}");
        let mut found = Vec::new();
        loop {
            let page = support.get(&target).assert_status(200);
            let numbers = page
                .text()
                .split("nr-")
                .skip(1)
                .filter_map(|rest| rest.get(..3)?.parse::<i32>().ok());
            let numbers: Vec<i32> = numbers.collect();
            assert!(numbers.len() <= per_page, "{target}");
            found.extend(numbers);
            let older = page
                .text()
                .split("rel=\"next\" href=\"")
                .nth(1)
                .and_then(|rest| rest.split('"').next());
            match older {
                Some(older) => target = older.replace("&#38;", "&"),
                None => break,
            }
        }
        // An IPv6 address, which the page may only wrap after colons, appears once per entry.
        assert_eq!(found, seen, "{of:?}");
    }
}

#[test]
fn a_filter_looks_through_the_newest_10000_events() {
    let desk = on();
    let mut client = desk.client();
    let script = "for n = 1, 12000 do redis.call('XADD', 'rs:webapp:_audit', '*', 'event', 'create', 'sid', 's', 'id', 'u' .. n) end";
    client.run(&["EVAL", script, "0"]);
    let support = desk.logged_in("support");
    for (id, is_found) in [("u12000", true), ("u2001", true), ("u2000", false)] {
        let page = support
            .get(&format!("/admin/apps/webapp/events?of={id}"))
            .assert_status(200);
        assert_eq!(page.text().contains("Logged in"), is_found, "{id}");
    }
}

#[test]
fn without_a_stream_the_page_says_how_to_get_one() {
    let desk = Desk::start();
    let support = desk.logged_in("support");
    let page = support.get("/admin/apps/webapp/events").assert_status(200);
    assert!(page.text().contains("sessions.audit-length"), "{page:?}");
    desk.client().line("SET rs:webapp:_audit x");
    let page = support.get("/admin/apps/webapp/events").assert_status(200);
    assert!(
        page.text()
            .contains("The key of the audit stream does not hold a stream: delete or rename the key."),
        "{page:?}"
    );
}

#[test]
fn an_invalid_position_in_the_stream_shows_the_newest_events() {
    let desk = on();
    desk.client().line("SESSIONS.CREATE webapp ann");
    let support = desk.logged_in("support");
    for before in ["", "x", "-", "1-", "18446744073709551616-1", "1-18446744073709551616"] {
        let target = format!("/admin/apps/webapp/events?before={before}");
        let page = support.get(&target).assert_status(200);
        assert!(page.text().contains("Logged in"), "{before}: {page:?}");
    }
}

#[test]
fn the_stream_of_the_configured_namespace_is_read() {
    let server = Server::builder()
        .line("sessions.audit-length 100")
        .line("sessions.namespace other")
        .start();
    let service = super::keys(Service::builder().redis(&server).redis_line("namespace = \"other\"")).start();
    let desk = Desk { server, service };
    desk.client().line("SESSIONS.CREATE webapp ann");
    let page = desk.logged_in("support").get("/admin/apps/webapp/events");
    assert!(page.text().contains("Logged in"), "{page:?}");
}
